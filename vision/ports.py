"""What the pipeline asks of its parts; the adapters are in `detect`, `read`, `sources` and `alternatives`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from vision.types import Detection, Frame, Image, Luma, PlateRead


class Detector(Protocol):
    """Finds plates."""

    def detect(self, image: Image) -> list[Detection]:
        """The plates in a picture, likeliest first; empty where there is none. The picture is not changed."""


class Reader(Protocol):
    """Reads one plate that was found."""

    def read(self, image: Image, detection: Detection) -> PlateRead:
        """What the plate says. The picture is not changed. A plate that cannot be read has `text` None."""


class FrameGate(Protocol):
    """Says which frames of a stream are read."""

    def passes(self, luma: Luma, is_eager: bool) -> bool:
        """Whether this frame should be read; called with every frame that was decoded, in order.

        `is_eager` says that there is a plate in view of which more reads are worth having.
        """

    @property
    def rests(self) -> bool:
        """Whether a frame like the ones before would not pass."""

    def is_moved_by(self, luma: Luma) -> bool:
        """Whether this frame would pass though the gate rests; asking changes nothing."""


class FrameSource(Protocol):
    """Gives frames in the order they were taken."""

    def frames(self) -> Iterator[Frame]:
        """The frames, until the source ends. Raises SourceUnavailable when it should give some and gives none."""

    def close(self) -> None:
        """Lets go of the device or file; safe to call twice, and from another thread to end `frames`."""

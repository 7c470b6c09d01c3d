"""From frames to plates, and from the frames of one vehicle to a Sighting.

    from vision.decode_image import load_image
    from vision.pipeline import Pipeline

    pipeline = Pipeline.load()
    for plate in pipeline.read(load_image("car.jpg")):
        print(plate.printed, plate.confidence)

A pipeline uses one core and is not to be shared by threads; several cores want a process with a pipeline each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2

from models.card import Card, Precision
from models.errors import UnknownModel
from models.registry import Registry
from vision.alternatives.described_detector import DescribedDetector
from vision.alternatives.described_reader import DescribedReader
from vision.alternatives.rapidocr_reader import rapidocr_card
from vision.detect import OnnxDetector
from vision.grammar import Grammar, RegionHint
from vision.motion import MotionGate
from vision.picture import pictures_of
from vision.ports import Detector, FrameGate, FrameSource, Reader
from vision.read import OnnxReader
from vision.session import PrecisionChoice, Provider, Session
from vision.standing import Look, likeliest_own, standing_vehicle
from vision.track import Track
from vision.types import Detection, Frame, Image, PlateRead, Sighting
from vision.vote import fuse
from vision.watcher import Watcher

DEFAULT_DETECTOR = "detector"
DEFAULT_READER = "reader"
"""The models that come with the project."""

LIKELY_A_PLATE = 0.5
"""Mean score of the detector from which something unreadable is taken for a vehicle's plate when watching a stream."""
READ_ENOUGH = 0.9
"""Confidence that the reads of a vehicle must have together: one sure read, or more unsure ones. A passing vehicle is
seen in many frames; lettering that looks like a plate for one frame seldom does so again."""
LIKELIER_RIGHT = 0.5
"""Confidence from which a stream's Sighting tells its text: nobody is there to look at it again, as at a gate."""


class Pipeline:
    """A detector, a reader and the grammar, ready to read.

    `choices` tells, by model name, which precision the start-up self-test took and what it measured.
    """

    def __init__(
        self,
        detector: Detector,
        reader: Reader,
        grammar: Grammar,
        choices: dict[str, PrecisionChoice] | None = None,
    ) -> None:
        """A pipeline of any two parts; `load` builds one of models by name."""
        self._detector = detector
        self._reader = reader
        self._grammar = grammar
        self.choices = choices or {}

    @classmethod
    def load(
        cls,
        detector: str = DEFAULT_DETECTOR,
        reader: str = DEFAULT_READER,
        *,
        region: RegionHint = "any",
        provider: Provider = "cpu",
        precision: Precision | None = None,
        long_side: int | None = None,
        registry: Registry | None = None,
    ) -> Pipeline:
        """A pipeline of two models by name or path, run by onnxruntime as their cards say; or of alternatives: as
        detector a `.pt` file of ultralytics, as reader `rapidocr` or `easyocr`.

        `region` only weighs the grammar. `precision` None takes the faster file of each model, as measured now; an
        alternative has `fp32` alone. `long_side` is what the detector scales a picture's longer side to, in pixels, in
        place of what its card or file says. Sets OpenCV to one thread for the whole process. Raises the errors of
        `models.errors`, ProviderUnavailable, WrongModelShape, and ExtraMissing for an alternative not installed.
        """
        cv2.setNumThreads(1)
        models = registry or Registry()
        grammar = Grammar(region)
        choices: dict[str, PrecisionChoice] = {}

        def session(card: Card) -> Session:
            opened = Session(card, provider, precision)
            choices[opened.card.name] = opened.choice
            return opened

        finder: Detector
        recogniser: Reader
        if detector.endswith(".pt"):
            from vision.alternatives.ultralytics_detector import UltralyticsDetector

            _require_float(detector, precision)
            finder = UltralyticsDetector(Path(detector), provider, long_side)
        else:
            found = models.find(detector, "detector")
            finder = _onnx_detector(session(replace(found, long_side=long_side) if long_side else found))
        if reader == "easyocr":
            from vision.alternatives.easyocr_reader import EasyOcrReader

            _require_float(reader, precision)
            recogniser = EasyOcrReader(grammar, provider)
        else:
            card = rapidocr_card() if reader == "rapidocr" else models.find(reader, "reader")
            recogniser = _onnx_reader(session(card), grammar)
        return cls(finder, recogniser, grammar, choices)

    def read(self, image: Image) -> list[PlateRead]:
        """Every plate of a picture (H, W, 3) uint8 BGR, surest first; empty where there is none.

        The picture is not changed.
        """
        return self.read_found(image, self.detect(image))

    def detect(self, image: Image) -> list[Detection]:
        """The first half of `read`: the plates of a picture as yet unread, likeliest first."""
        return self._detector.detect(image)

    def read_found(self, image: Image, found: Sequence[Detection]) -> list[PlateRead]:
        """The second half of `read`: what plates say that were found in a picture, surest first."""
        reads = [self._reader.read(image, detection) for detection in found]
        return sorted(reads, key=lambda read: -read.confidence)

    def look(self, frame: Frame) -> tuple[PlateRead, ...]:
        """A frame of a lane's burst: the plates that may be its vehicle's, read, surest first."""
        return tuple(self.read_found(frame.image, likeliest_own(frame, self.detect(frame.image))))

    def sight(self, frames: Sequence[Frame]) -> Sighting | None:
        """The vehicle that stands at the lane in a burst of frames: see `vision.standing.standing_vehicle`."""
        return standing_vehicle([Look(frame, self.look(frame)) for frame in frames], self._grammar)

    def watch(self, source: FrameSource, gate: FrameGate | None = None) -> Iterator[Sighting]:
        """One Sighting for each vehicle that passes or stands before a fixed camera, given once it has gone.

        Frames in which nothing moves are not read; `gate` may choose others. No vehicle goes from one view into
        another, and what is printed on the picture is none. What could hardly be read is reported only where the
        detector was sure of a plate for more than a frame: lamps and signs stand before a camera for years. Closes the
        source at the end. Raises SourceUnavailable.
        """
        watcher = Watcher(self.read, gate or MotionGate())
        try:
            for picture in pictures_of(source, watcher):
                yield from self._vehicles(watcher.look(picture))
            yield from self._vehicles(watcher.finish())
        finally:
            source.close()

    def _vehicles(self, gone: Sequence[Track]) -> Iterator[Sighting]:
        for track in gone:
            reads = [e.read for e in track.evidence]
            is_read = sum(read.confidence for read in reads) >= READ_ENOUGH
            score = sum(read.detection.confidence for read in reads) / len(reads)
            if is_read or (track.frames_read > 1 and score >= LIKELY_A_PLATE):
                yield fuse(track.evidence, track.frames_read, self._grammar, LIKELIER_RIGHT)


def _onnx_detector(session: Session) -> Detector:
    return DescribedDetector(session) if session.card.decoding else OnnxDetector(session)


def _onnx_reader(session: Session, grammar: Grammar) -> Reader:
    return DescribedReader(session, grammar) if session.card.decoding else OnnxReader(session, grammar)


def _require_float(name: str, precision: Precision | None) -> None:
    if precision not in (None, "fp32"):
        raise UnknownModel(f"{name} has no {precision} file; it runs in fp32")

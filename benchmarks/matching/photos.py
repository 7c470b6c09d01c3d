"""Reads by the shipped models of plates that the reader was not trained on.

Validation photos go through the whole pipeline, as one frame at a lane would. Photos held back from training are mostly
bare plates, which no detector is needed for: they are read as if found with a detector's usual errors, and so are
generated ones.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets.truth_json import truth_folders
from benchmarks.matching.reads import Part, PlateReading
from benchmarks.types import TruePlate
from lot_server.domain.evidence import PPM
from lot_server.lane_read import to_evidence
from models.registry import Registry
from models.train.reader_samples import SampleMaker, glyph_source, load_real
from models.train.synthetic.degrade import imperfect_corners
from vision.decode_image import load_image
from vision.geometry import bounds, to_corners
from vision.grammar import Grammar
from vision.pipeline import DEFAULT_READER, Pipeline
from vision.read import NEUTRAL_SCORE, OnnxReader
from vision.session import Session
from vision.types import Box, Detection, EvidenceFrame, Frame, Image, Sighting
from vision.vote import fuse

VALIDATION = "val"
LATIN_TWINS = str.maketrans("OI", "01")
"""On Latin plates labels mix O and 0, I and 1, as the plates themselves do."""


def all_readings(data: Path, teacher: Path, drawn: int, seed: int) -> Iterator[PlateReading]:
    """Validation photos, the development split and `drawn` generated plates, as the functions below tell."""
    yield from validation_readings(data)
    yield from development_readings(data, teacher, seed)
    yield from drawn_readings(drawn, seed)


def validation_readings(data: Path) -> Iterator[PlateReading]:
    """Each photo of the sets in DATA/val as a burst of one frame; one plate a photo, the one the lane would take."""
    pipeline = Pipeline.load()
    for folder in truth_folders(data / VALIDATION):
        for sample in folder.samples:
            frame = Frame(load_image(sample.path), sample.id)
            sighting = pipeline.sight([frame])
            true = _own(frame, sample.truth, sighting)
            if true is not None:
                yield _reading(f"{VALIDATION}/{folder.path.name}", "validation", true.text, sighting)


def development_readings(data: Path, teacher: Path, seed: int) -> Iterator[PlateReading]:
    """The real plates that training held back. `teacher` is the table that `models.train.teacher` wrote."""
    reader, rng = _reader(), np.random.default_rng(seed)
    _, plates = load_real(data, teacher)
    for plate in plates:
        if plate.text is not None:
            sighting = _sight(reader, plate.image, plate.corners, rng)
            yield _reading(plate.origin.name, "development", plate.text, sighting)


def drawn_readings(count: int, seed: int) -> Iterator[PlateReading]:
    """Generated plates, each photographed by the training's own camera; nobody's."""
    reader, rng = _reader(), np.random.default_rng(seed)
    maker = SampleMaker(seed, glyph_source(None), [], (), 0.0)
    for _ in range(count):
        shot = maker.shoot()
        if shot.text:
            yield _reading("drawn", "drawn", shot.text, _sight(reader, shot.image, shot.corners, rng))


def _reader() -> OnnxReader:
    return OnnxReader(Session(Registry().find(DEFAULT_READER, "reader"), "cpu", None), Grammar())


def _sight(reader: OnnxReader, image: Image, corners: NDArray[np.float32], rng: np.random.Generator) -> Sighting:
    found = imperfect_corners(rng, corners)
    read = reader.read(image, Detection(bounds(found), to_corners(found), NEUTRAL_SCORE))
    return fuse([EvidenceFrame(Frame(image, "plate"), read)], 1, Grammar())


def _reading(source: str, part: Part, text: str, sighting: Sighting | None) -> PlateReading:
    true = "".join(each for each in text.upper() if each.isalnum())
    if sighting is None or not sighting.guess:
        return PlateReading(source, part, true, None, 0, None)
    if true.isascii():
        true = _as_read(true, sighting.guess)
    return PlateReading(source, part, true, sighting.guess, round(sighting.confidence * PPM), to_evidence(sighting))


def _as_read(true: str, guess: str) -> str:
    """The guess where nothing but O and 0, I and 1 tells it from the label; else the label."""
    return guess if guess.translate(LATIN_TWINS) == true.translate(LATIN_TWINS) else true


def _own(frame: Frame, truth: tuple[TruePlate, ...], sighting: Sighting | None) -> TruePlate | None:
    """The labelled plate that the lane took for its vehicle's; the widest where it took none.

    None where it took something that is no labelled plate: that is a read of something else, such as a printed date.
    """
    if not truth:
        return None
    boxed = [plate for plate in truth if plate.box is not None]
    if sighting is not None and boxed:
        taken = sighting.evidence[0].read.detection.box
        best = max(boxed, key=lambda plate: _shared(taken, plate.box))
        return best if _shared(taken, best.box) > 0 else None
    return max(truth, key=lambda plate: plate.box.width if plate.box else frame.width)


def _shared(box: Box, other: Box | None) -> float:
    if other is None:
        return 0.0
    width = min(box.x2, other.x2) - max(box.x1, other.x1)
    height = min(box.y2, other.y2) - max(box.y1, other.y1)
    return max(0.0, width) * max(0.0, height)

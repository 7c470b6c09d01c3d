"""Openlot's pipeline as a candidate, timed stage by stage, on one core or on several."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from benchmarks.candidates.outcome import Nature, Outcome, Stopwatch, failed
from benchmarks.candidates.spec import PipelineSpec, UltralyticsSpec
from benchmarks.run_folder import ReadPlate
from models.card import Precision
from models.errors import ModelError
from models.registry import Registry
from vision.alternatives.rapidocr_reader import rapidocr_card
from vision.decode_image import load_image
from vision.errors import VisionError
from vision.pipeline import Pipeline
from vision.rectify import timed_rectifying
from vision.types import PlateRead


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a process needs to build its own pipeline."""

    spec: PipelineSpec | UltralyticsSpec

    def load(self) -> Pipeline:
        """Errors as `Pipeline.load`."""
        spec = self.spec
        if isinstance(spec, PipelineSpec):
            return Pipeline.load(
                spec.detector,
                spec.reader,
                region=spec.region,
                provider=spec.provider,
                precision=spec.precision,
                long_side=spec.size,
            )
        pipeline = Pipeline.load(
            spec.weights,
            spec.reader,
            region=spec.region,
            provider=spec.provider,
            precision="fp32",
            long_side=spec.size,
        )
        import torch

        torch.set_num_threads(spec.threads)
        return pipeline


class PipelineCandidate:
    """One pipeline in this process; for a PipelineSpec of several threads, one in each of so many child processes."""

    def __init__(self, spec: PipelineSpec | UltralyticsSpec) -> None:
        """Errors as `Pipeline.load`."""
        recipe = Recipe(spec)
        self._pipeline: Pipeline | None = None
        self._pool: ProcessPoolExecutor | None = None
        if isinstance(spec, PipelineSpec) and spec.threads > 1:
            self._pool = ProcessPoolExecutor(spec.threads, get_context("spawn"), _start, (recipe,))
            self.nature = self._pool.submit(_nature_in_process, spec).result()
        else:
            self._pipeline = recipe.load()
            self.nature = _nature(spec, self._pipeline)

    def read(self, photos: Sequence[Path]) -> Iterator[Outcome]:
        """As `Candidate.read`; an error where a reading process died."""
        if self._pool is not None:
            yield from self._pool.map(_read_in_process, photos)
        elif self._pipeline is not None:
            for photo in photos:
                yield read_timed(self._pipeline, photo)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def read_timed(pipeline: Pipeline, photo: Path) -> Outcome:
    """What a pipeline makes of one photo, and how long each stage took. What this project raises is an error of the
    photo; anything else is left to rise."""
    watch = Stopwatch()
    try:
        image = load_image(photo)
        watch.lap("decode")
        found = pipeline.detect(image)
        watch.lap("detect")
        with timed_rectifying() as seconds:
            reads = pipeline.read_found(image, found)
        watch.lap("read")
        watch.part("rectify", "read", sum(seconds))
    except (VisionError, ModelError) as error:
        return failed(error.code, str(error))
    cpu_ms = watch.stop()
    return Outcome(tuple(map(read_plate, reads)), watch.ms, cpu_ms)


def read_plate(read: PlateRead) -> ReadPlate:
    """A plate as a run keeps it."""
    return ReadPlate(
        read.text, read.guess, round(read.confidence, 6), read.detection.box, read.color, read.layout, read.region
    )


def _nature(spec: PipelineSpec | UltralyticsSpec, pipeline: Pipeline) -> Nature:
    """What truly runs; a provider that could not be had was refused on loading."""
    chosen = {name: choice.chosen for name, choice in pipeline.choices.items()}
    known = set(chosen.values()) if isinstance(spec, PipelineSpec) else {"fp32"}
    precision = known.pop() if len(known) == 1 else ", ".join(f"{name} {each}" for name, each in chosen.items())
    return Nature(spec.provider, precision or "fp32", _bytes(spec, chosen))


def _bytes(spec: PipelineSpec | UltralyticsSpec, chosen: Mapping[str, Precision]) -> int | None:
    """The size of both models' files; None for a reader whose package keeps its weights to itself."""
    if spec.reader == "easyocr":
        return None
    models = Registry()
    cards = [rapidocr_card() if spec.reader == "rapidocr" else models.find(spec.reader, "reader")]
    size = 0
    if isinstance(spec, UltralyticsSpec):
        size = Path(spec.weights).stat().st_size
    elif spec.detector.endswith(".pt"):
        size = Path(spec.detector).stat().st_size
    else:
        cards.append(models.find(spec.detector, "detector"))
    return size + sum(card.files[chosen[card.name]].bytes for card in cards)


_of_this_process: Pipeline | VisionError | ModelError | None = None
"""A reading process builds its pipeline once, or knows why it could not; a pool hands its photos no other way to it."""


def _start(recipe: Recipe) -> None:
    global _of_this_process
    try:
        _of_this_process = recipe.load()
    except (VisionError, ModelError) as error:  # raised here it would end the process without a word
        _of_this_process = error


def _pipeline_here() -> Pipeline:
    if isinstance(_of_this_process, Pipeline):
        return _of_this_process
    raise _of_this_process or RuntimeError("the reading process has no pipeline")


def _nature_in_process(spec: PipelineSpec) -> Nature:
    return _nature(spec, _pipeline_here())


def _read_in_process(photo: Path) -> Outcome:
    return read_timed(_pipeline_here(), photo)

"""Watches clips and keeps what was sighted, so that verdicts are worked out from files alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import NoTruth
from benchmarks.videos.clips import Recipe
from benchmarks.videos.judge import Seen
from benchmarks.videos.render import render
from benchmarks.videos.truth import SUFFIX, ClipTruth, check_clip, make_truth, read_truth, write_truth
from vision.pipeline import Pipeline
from vision.report import sighting_as_json
from vision.sources.video import VideoSource

SHIPPED = Path(__file__).with_name("truth")
"""Truth of public clips that are no part of the project."""


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """A video file with its truth."""

    file: Path
    truth: ClipTruth


def rendered_clip(recipe: Recipe, folder: Path) -> LabelledClip:
    """The clip of a recipe, drawn into `folder` with its truth beside it. Raises ClipNotWritten."""
    file = folder / f"{recipe.name}.mp4"
    # a generated plate is nobody's, so the same salt may serve every time
    truth = make_truth(file, render(recipe, file), salt=f"{recipe.seed:032x}")
    write_truth(truth, file.with_name(file.name + SUFFIX))
    return LabelledClip(file, truth)


def labelled_clips(folder: Path) -> list[LabelledClip]:
    """The clips of a folder whose truth lies beside them as CLIP.truth.json, or comes with the project.

    Raises NoTruth where there is none, or a clip is not the one its truth was made for.
    """
    files = [*sorted(SHIPPED.glob(f"*{SUFFIX}")), *sorted(folder.glob(f"*{SUFFIX}"))]
    known = {truth.clip: truth for truth in map(read_truth, files)}
    clips = [LabelledClip(folder / name, truth) for name, truth in sorted(known.items()) if (folder / name).is_file()]
    if not clips:
        raise NoTruth(f"{folder} holds no clip that has a truth; make one with `openlot bench video-truth`")
    for clip in clips:
        check_clip(clip.truth, clip.file)
    return clips


def watch(pipeline: Pipeline, clip: LabelledClip, file: Path) -> None:
    """Watch a clip; one JSON line a sighting, as `openlot watch --json` prints them, goes into `file`."""
    with file.open("w", encoding="utf-8") as lines:
        for sighting in pipeline.watch(VideoSource(clip.file)):
            lines.write(json.dumps(sighting_as_json(sighting), ensure_ascii=False) + "\n")


def sightings_in(file: Path) -> Iterator[Seen]:
    """What `watch` kept."""
    for line in file.read_text(encoding="utf-8").splitlines():
        sighting = json.loads(line)
        yield Seen(sighting["text"], tuple(evidence["index"] for evidence in sighting["evidence"]))

"""Clips are watched from file to Sighting with the shipped networks."""

from pathlib import Path

import pytest

from benchmarks.videos.clips import Drive, Recipe, Shot
from benchmarks.videos.judge import Verdict, judge
from benchmarks.videos.watching import LabelledClip, labelled_clips, rendered_clip, sightings_in, watch
from vision.pipeline import Pipeline

ROLL_UP = Recipe(
    "roll_up", 31, (Shot(3.2, (Drive(0, ((0.0, 10.0), (1.2, 4.6), (2.0, 4.6), (3.0, -4.0))),), overlay="strip"),)
)
CUT = Recipe(
    "cut",
    32,
    (
        Shot(1.4, (Drive(0, ((0.0, 7.0), (1.4, 4.8))),), overlay="strip"),
        Shot(1.4, (Drive(1, ((0.0, 6.0), (1.2, 4.6))),), view=2, overlay="strip"),
    ),
)


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    """The shipped networks, without the self-test that chooses a precision."""
    return Pipeline.load(precision="int8")


def _verdict(pipeline: Pipeline, clip: LabelledClip, folder: Path) -> Verdict:
    kept = folder / "sightings.jsonl"
    watch(pipeline, clip, kept)
    return judge(clip.truth, list(sightings_in(kept)))


@pytest.mark.parametrize(("recipe", "vehicles"), [(ROLL_UP, 1), (CUT, 2)], ids=lambda value: getattr(value, "name", ""))
def test_every_vehicle_of_a_rendered_clip_is_one_sighting(
    tmp_path: Path, pipeline: Pipeline, recipe: Recipe, vehicles: int
) -> None:
    """A vehicle that rolls up, stops and drives on is read right once; so are those before and after a cut; the strip
    of text along the top, another plate in it, is none."""
    clip = rendered_clip(recipe, tmp_path)
    verdict = _verdict(pipeline, clip, tmp_path)
    assert verdict == Verdict(clip.truth.clip, vehicles, vehicles, 0, 0, 0, 0)


def test_a_recipe_gives_the_same_clip_again(tmp_path: Path) -> None:
    """Rendering depends on nothing but the recipe: file and truth come out byte for byte."""
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    glimpse = Recipe("glimpse", 33, (Shot(0.4, (Drive(0, ((0.0, 5.0), (0.4, 4.6))),), overlay="strip_and_inset"),))
    first, second = (rendered_clip(glimpse, folder) for folder in folders)
    assert first.truth == second.truth
    assert first.file.read_bytes() == second.file.read_bytes()


@pytest.mark.data
def test_the_toll_lane_makes_no_sighting_of_what_is_printed(
    tmp_path: Path, pipeline: Pipeline, openlot_data: Path
) -> None:
    """In a real lane's spliced clip no vehicle is told twice, no text is that of the overlay or of painted doors, and
    the vehicles that drive through the lane are read right."""
    (clip,) = (each for each in labelled_clips(openlot_data / "videos") if each.file.name == "toll_lane_vn.mp4")
    verdict = _verdict(pipeline, clip, tmp_path)
    assert (verdict.doubled, verdict.wrong) == (0, 0)
    assert verdict.right >= 3

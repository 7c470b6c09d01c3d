"""What a clip should say is kept without telling a plate, and sightings are held against it."""

import json
from pathlib import Path

import pytest

from benchmarks.errors import NoTruth
from benchmarks.videos.judge import Seen, Verdict, judge
from benchmarks.videos.truth import Span, check_clip, make_truth, read_list, read_truth, write_truth
from benchmarks.videos.watching import labelled_clips

SPANS = [Span("苏E05EV8", 0, 40), Span("B0I234", 50, 90), Span("浙A93KQ1", 60, 95, doubtful=True), Span(None, 100, 120)]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A file that stands for a clip."""
    path = tmp_path / "lane.mp4"
    path.write_bytes(b"frames")
    return path


def test_a_truth_file_tells_no_plate_and_says_the_same_when_read(clip: Path) -> None:
    """Hashes alone are written, and reading gives back what was written."""
    truth = make_truth(clip, SPANS)
    file = clip.with_name("lane.mp4.truth.json")
    write_truth(truth, file)
    content = file.read_text(encoding="utf-8")
    assert not any(span.plate in content for span in SPANS if span.plate)
    assert read_truth(file) == truth


def test_two_truths_of_one_clip_share_no_hash(clip: Path) -> None:
    """Each file has a salt of its own, so that plates cannot be looked for across files."""
    first, second = (make_truth(clip, SPANS) for _ in range(2))
    assert first.salt != second.salt
    assert first.vehicles[0].plate_hash != second.vehicles[0].plate_hash


def test_another_clip_of_the_same_name_is_refused(clip: Path) -> None:
    """A truth belongs to one file, byte for byte."""
    truth = make_truth(clip, SPANS)
    check_clip(truth, clip)
    clip.write_bytes(b"other frames")
    with pytest.raises(NoTruth, match="another file"):
        check_clip(truth, clip)


def test_a_persons_list_is_read(tmp_path: Path) -> None:
    """Plates are normalised, an empty one is unreadable, and doubt is kept."""
    file = tmp_path / "list.csv"
    file.write_text("plate,first,last,doubtful\n苏E·05ev8,0,40,\n,3,9,\nB 01,5,6,yes\n", encoding="utf-8")
    assert read_list(file) == [Span("苏E05EV8", 0, 40), Span(None, 3, 9), Span("B01", 5, 6, doubtful=True)]


@pytest.mark.parametrize("content", ["", "plate,first\nB1,0", "plate,first,last,doubtful\nB1,a,3,", "[]"])
def test_what_is_no_list_or_truth_is_refused(tmp_path: Path, content: str) -> None:
    """A file with other columns or values is an error that says what was expected."""
    file = tmp_path / "list.csv"
    file.write_text(content, encoding="utf-8")
    if content not in ("", "[]"):
        with pytest.raises(NoTruth, match="plate,first,last,doubtful"):
            read_list(file)
    with pytest.raises(NoTruth, match="video-truth"):
        read_truth(file)


def test_a_folder_without_labelled_clips_is_refused(tmp_path: Path) -> None:
    """Nothing to measure is said, not counted as all right."""
    with pytest.raises(NoTruth, match="no clip"):
        labelled_clips(tmp_path)


ALL = [Seen("苏E05EV8", (10, 12)), Seen("B01234", (60,))]


@pytest.mark.parametrize(
    ("sightings", "counts"),
    [
        (ALL, (2, 0, 0, 0, 0)),
        ([], (0, 2, 0, 0, 0)),
        ([*ALL, Seen("苏E05EV8", (35,))], (2, 0, 1, 0, 0)),
        ([*ALL, Seen("苏E05EV8", (70,))], (2, 0, 0, 1, 0)),
        ([*ALL, Seen("粤B12345", (20,))], (2, 0, 0, 1, 0)),
        ([*ALL, Seen(None, (20,))], (2, 0, 0, 0, 1)),
        ([*ALL, Seen(None, (110,))], (2, 0, 0, 0, 0)),
        ([*ALL, Seen("浙A93KQ1", (70,))], (2, 0, 0, 0, 0)),
        ([*ALL, Seen("浙A93KQ1", (70,)), Seen("浙A93KQ1", (80,))], (2, 0, 1, 0, 0)),
        ([*ALL, Seen("浙A93KQ7", (70,))], (2, 0, 0, 1, 0)),
        ([ALL[1], Seen(None, (10,))], (1, 1, 0, 0, 1)),
    ],
    ids=[
        "all right", "nothing seen", "twice", "right text at another time", "a plate that is not there",
        "unread where all can be read", "unread where none can be", "doubtful read right", "doubtful twice",
        "doubtful read wrong", "seen and not read",
    ],
)  # fmt: skip
def test_sightings_are_counted(clip: Path, sightings: list[Seen], counts: tuple[int, ...]) -> None:
    """Right, missed, doubled, wrong and unread are told apart; Latin O and 0, I and 1 are one."""
    verdict = judge(make_truth(clip, SPANS, salt="00" * 16), sightings)
    assert (verdict.right, verdict.missed, verdict.doubled, verdict.wrong, verdict.unread) == counts
    assert verdict.vehicles == 2
    assert verdict.is_all_right == (sum(counts[1:]) == 0)


def test_a_car_that_comes_twice_gives_two_sightings(clip: Path) -> None:
    """The same plate in two spans is two visits."""
    truth = make_truth(clip, [Span("苏E05EV8", 0, 40), Span("苏E05EV8", 200, 240)], salt="00" * 16)
    seen = [Seen("苏E05EV8", (5,)), Seen("苏E05EV8", (220,))]
    assert judge(truth, seen) == Verdict("lane.mp4", 2, 2, 0, 0, 0, 0)


def test_the_shipped_truth_can_be_read() -> None:
    """Every truth that comes with the project is one, and holds nothing but hashes of the length scrypt gave them."""
    folder = Path(__file__).parents[2] / "benchmarks" / "videos" / "truth"
    files = sorted(folder.iterdir())
    assert files
    for file in files:
        truth = read_truth(file)
        assert file.name == f"{truth.clip}.truth.json"
        assert all(v.plate_hash is None or len(v.plate_hash) == 32 for v in truth.vehicles)
        assert all(
            set(vehicle) <= {"plate", "frames", "doubtful"} for vehicle in json.loads(file.read_text())["vehicles"]
        )

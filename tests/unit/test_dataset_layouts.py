"""Every layout of labelled photos gives the same kind of sample, and is told from the others."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.datasets import file_names
from benchmarks.datasets.formats import Format, find_format, load_dataset
from benchmarks.errors import BenchmarkError, NoTruth, UnknownFormat
from vision.types import Box


def picture(path: Path, level: int = 128, width: int = 400, height: int = 200) -> Path:
    """A picture of one grey level."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", np.full((height, width, 3), level, np.uint8))[1].tobytes())
    return path


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


def test_truth_json_tells_boxes_corners_and_conditions(tmp_path: Path) -> None:
    """A set in a folder has its name as a condition; conditions that a photo states win over those seen."""
    picture(tmp_path / "yard" / "a.png", level=20)
    picture(tmp_path / "yard" / "b.png")
    listed = {
        "a.png": [
            {"text": "苏e·05ev8", "box": [10, 20, 110, 50], "corners": [[10, 20], [110, 20], [110, 50], [10, 50]]}
        ],
        "b.png": {"plates": [], "conditions": {"light": "dusk"}},
    }
    written(tmp_path / "yard" / "truth.json", json.dumps(listed))
    found = load_dataset(tmp_path)
    first, second = found.samples
    assert found.format is Format.TRUTH
    assert (first.id, first.truth[0].text, first.truth[0].box) == ("yard/a.png", "苏E05EV8", Box(10, 20, 110, 50))
    assert first.conditions == {
        "set": "yard", "light": "night", "region": "cn", "distance": "plate 60 to 120 px", "rows": "1",
        "angle": "under 10°",
    }  # fmt: skip
    assert (second.truth, second.conditions) == ((), {"set": "yard", "light": "dusk"})


@pytest.mark.parametrize(
    "content", ["[]", '{"a.png": [{"text": "A1", "bx": null}]}', '{"a.png": [{"text": ""}]}', '{"../a.png": []}']
)
def test_a_truth_json_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    """A misspelt key, an empty text or a photo elsewhere is an error that names the file."""
    picture(tmp_path / "set" / "a.png")
    picture(tmp_path / "a.png")
    written(tmp_path / "set" / "truth.json", content)
    with pytest.raises(NoTruth, match=r"truth\.json"):
        load_dataset(tmp_path / "set")


def test_openalpr_boxes_are_corner_and_size(tmp_path: Path) -> None:
    """A tab-separated line beside the picture gives box and text; two lines are two plates."""
    picture(tmp_path / "eu" / "a.png")
    written(tmp_path / "eu" / "a.txt", "a.png\t10\t20\t100\t30\tab-12\na.png\t0\t0\t5\t5\tCD34\n")
    found = load_dataset(tmp_path)
    (sample,) = found.samples
    assert found.format is Format.OPENALPR
    assert [plate.text for plate in sample.truth] == ["AB12", "CD34"]
    assert sample.truth[0].box == Box(10, 20, 110, 50)
    assert sample.conditions["set"] == "eu"


EASYPR = """<?xml version="1.0" encoding="ISO-8859-1"?>
<tagset>
  <image><imageName>E:\\photos\\test\\京A00001.jpg</imageName><taggedRectangles>
    <taggedRectangle x="100" y="50" width="80" height="20" rotation="0" locateType="1">蓝牌:京A00001</taggedRectangle>
  </taggedRectangles></image>
  <image><imageName>second</imageName><taggedRectangles>
    <taggedRectangle x="100" y="50" width="20" height="80" rotation="-90" locateType="1">黄牌:京A00002</taggedRectangle>
    <taggedRectangle x="10" y="5" width="8" height="2" rotation="0" locateType="1">蓝牌:空车牌</taggedRectangle>
  </taggedRectangles></image>
</tagset>"""


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_easypr_labels_are_read_whatever_encoding_they_state(tmp_path: Path, encoding: str) -> None:
    """Windows folders are left away; middle and turn become a box and corners; a high rectangle lies on its side."""
    picture(tmp_path / "京A00001.jpg")
    picture(tmp_path / "second.png")
    written(tmp_path / "GroundTruth.xml", EASYPR, encoding)
    found = load_dataset(tmp_path)
    second, first = found.samples
    assert found.format is Format.EASYPR
    assert [plate.text for plate in (*first.truth, *second.truth)] == ["京A00001", "京A00002"]
    assert first.truth[0].box == second.truth[0].box == Box(60, 40, 140, 60)
    assert first.truth[0].corners == ((60, 40), (140, 40), (140, 60), (60, 60))
    assert (first.conditions["color"], second.conditions["color"]) == ("blue", "yellow")


def test_an_xml_file_with_entities_is_refused(tmp_path: Path) -> None:
    """Entities, which can grow without bound, are never expanded."""
    written(tmp_path / "GroundTruth.xml", '<!DOCTYPE a [<!ENTITY b "c">]><tagset/>')
    with pytest.raises(NoTruth, match="DOCTYPE"):
        load_dataset(tmp_path)


CCPD = "025-95_113-100&300_340&390-340&390_120&375_100&300_320&315-{}-37-15.jpg"


def test_ccpd_names_tell_plate_box_and_corners(tmp_path: Path) -> None:
    """The indices become a text, and the corners start at the plate's top left."""
    picture(tmp_path / CCPD.format("0_0_24_25_26_27_28"))
    picture(tmp_path / "ccpd_green" / CCPD.format("14_1_3_24_24_24_24_24"))
    found = load_dataset(tmp_path)
    blue, green = found.samples
    assert found.format is Format.CCPD
    assert blue.truth[0].text == "皖A01234"
    assert blue.truth[0].box == Box(100, 300, 340, 390)
    assert blue.truth[0].corners == ((100, 300), (320, 315), (340, 390), (120, 375))
    assert green.truth[0].text == "赣BD00000"
    assert (green.conditions["set"], green.conditions["color"]) == ("ccpd_green", "green")
    assert blue.conditions["angle"] == "10° to 25°"


def test_ccpd_indices_that_name_nothing_are_refused(tmp_path: Path) -> None:
    """An index past the end of its table is an error, not another character."""
    picture(tmp_path / CCPD.format("0_25_24_25_26_27_28"))
    with pytest.raises(NoTruth, match="names no plate"):
        load_dataset(tmp_path)


def yolo_set(folder: Path, label: str, table: str) -> Path:
    picture(folder / "images" / "day" / "a.png")
    written(folder / "labels" / "day" / "a.txt", label)
    written(folder / "texts.csv", table)
    return folder


@pytest.mark.parametrize(
    ("values", "has_corners"),
    [
        ("0 0.5 0.5 0.5 0.2", False),
        ("0 0.5 0.5 0.5 0.2 0.25 0.4 0.75 0.4 0.75 0.6 0.25 0.6", True),
        ("0 0.5 0.5 0.5 0.2 0.25 0.4 2 0.75 0.4 2 0.75 0.6 2 0.25 0.6 2", True),
        ("0 0.25 0.4 0.75 0.4 0.75 0.6 0.25 0.6", True),
    ],
    ids=["box", "keypoints", "keypoints seen", "polygon"],
)
def test_yolo_labels_are_shares_of_the_picture(tmp_path: Path, values: str, has_corners: bool) -> None:
    """Boxes, keypoints and polygons become pixels; the CSV gives the text."""
    found = load_dataset(yolo_set(tmp_path, values, "file,text\nday/a.png,AB 12 CD\n"))
    (plate,) = found.samples[0].truth
    assert (found.format, plate.text) == (Format.YOLO, "AB12CD")
    assert plate.box is not None
    assert [plate.box.x1, plate.box.y1, plate.box.x2, plate.box.y2] == pytest.approx([100, 80, 300, 120])
    assert (plate.corners is not None) is has_corners
    if plate.corners:
        assert np.ravel(plate.corners) == pytest.approx([100, 80, 300, 80, 300, 120, 100, 120])


def test_several_plates_of_a_yolo_photo_are_numbered(tmp_path: Path) -> None:
    """The CSV's column `plate` is the line of the label file."""
    table = "file,text,plate\nday/a.png,CD34,2\nday/a.png,AB12,1\n"
    found = load_dataset(yolo_set(tmp_path, "0 .2 .2 .1 .1\n0 .8 .8 .1 .1\n", table))
    assert [plate.text for plate in found.samples[0].truth] == ["AB12", "CD34"]


@pytest.mark.parametrize(
    ("label", "table", "says"),
    [
        ("0 .5 .5 .5 .2\n0 .1 .1 .1 .1", "file,text\nday/a.png,AB12\n", "no CSV line"),
        ("", "file,text\nday/a.png,AB12\n", "no label"),
        ("0 .5 .5 .5", "file,text\nday/a.png,AB12\n", "4 values"),
        ("0 .5 .5 x .2", "file,text\nday/a.png,AB12\n", "numbers alone"),
        ("0 .5 .5 .5 .2", "photo,text\nday/a.png,AB12\n", "columns"),
        ("0 .5 .5 .5 .2", "file,text,plate\nday/a.png,AB12,one\n", "from 1"),
        ("0 .5 .5 .5 .2", "file,text\nday/a.png,AB12\nday/a.png,AB13\n", "already"),
        ("0 .5 .5 .5 .2", "file,text\nday/b.png,AB12\n", "not in"),
    ],
)
def test_yolo_labels_and_texts_must_fit(tmp_path: Path, label: str, table: str, says: str) -> None:
    """A plate without a text, a text without a plate and a broken line are errors that say which."""
    with pytest.raises(NoTruth, match=says):
        load_dataset(yolo_set(tmp_path, label, table))


def test_photos_named_after_plates_are_known_by_their_texts(tmp_path: Path) -> None:
    """What stands before an underline is the plate."""
    for name in ("苏E05EV8.png", "AB12CDE.png", "XY34ZZ_2.png"):
        picture(tmp_path / name)
    found = load_dataset(tmp_path)
    assert found.format is Format.NAMES
    assert [sample.truth[0].text for sample in found.samples] == ["AB12CDE", "XY34ZZ", "苏E05EV8"]


@pytest.mark.parametrize("names", [["DSC01234", "DSC01235", "DSC01236"], ["yard", "gate7"], ["12345", "12346"]])
def test_photos_numbered_by_a_camera_are_not_taken_for_plates(tmp_path: Path, names: list[str]) -> None:
    """Names that look like a camera's or anybody's make no labels by themselves."""
    for name in names:
        picture(tmp_path / f"{name}.png")
    assert not file_names.fits(tmp_path)
    with pytest.raises(UnknownFormat, match="--format"):
        find_format(tmp_path)


def corrected(read: str | None, text: str | None, time: str = "2026-03-01T08:15:00+08:00") -> str:
    return json.dumps({"photo": "photos/a.png", "read": read, "text": text, "time": time, "lane": "in-1"}) + "\n"


@pytest.mark.parametrize(
    ("read", "text", "was"),
    [
        ("苏E05EV6", "苏E·05EV8", "corrected"),
        ("AB12", "ab 12", "right"),
        (None, None, "right"),
        ("AB12", None, "corrected"),
    ],
)
def test_a_lots_corrected_reads_are_labels(tmp_path: Path, read: str | None, text: str | None, was: str) -> None:
    """What the operator saw is the truth, no plate included; lane and the lot's own success are conditions."""
    picture(tmp_path / "photos" / "a.png")
    written(tmp_path / "reads.jsonl", corrected(read, text))
    found = load_dataset(tmp_path)
    (sample,) = found.samples
    assert found.format is Format.LOT
    assert len(sample.truth) == (text is not None)
    assert (sample.conditions["lane"], sample.conditions["lot's read"]) == ("in-1", was)


@pytest.mark.parametrize("lines", [corrected("A1", "A1", "2026-03-01T08:15:00"), corrected("A1", "A1") * 2, "{}\n", ""])
def test_broken_corrected_reads_are_refused(tmp_path: Path, lines: str) -> None:
    """A time without offset, a photo twice, missing keys or no line at all is an error."""
    picture(tmp_path / "photos" / "a.png")
    written(tmp_path / "reads.jsonl", lines)
    with pytest.raises(NoTruth, match=r"reads\.jsonl"):
        load_dataset(tmp_path)


def test_labels_of_two_kinds_ask_for_a_format(tmp_path: Path) -> None:
    """Where two layouts fit, nothing is guessed; a format that is named is used; names count only without labels."""
    picture(tmp_path / "AB12CD.png")
    picture(tmp_path / "XY34ZZ.png")
    written(tmp_path / "truth.json", '{"AB12CD.png": []}')
    assert find_format(tmp_path) is Format.TRUTH
    written(tmp_path / "reads.jsonl", "{}\n")
    with pytest.raises(UnknownFormat, match="truth, lot"):
        load_dataset(tmp_path)
    assert len(load_dataset(tmp_path, Format.NAMES).samples) == 2


def test_fewer_photos_are_drawn_by_a_seed(tmp_path: Path) -> None:
    """So many of the photos are taken, the same ones for the same seed, in their order; no more than there are."""
    names = [f"{number}.png" for number in range(9)]
    for name in names:
        picture(tmp_path / name)
    written(tmp_path / "truth.json", json.dumps({name: [] for name in names}))
    first, again, other = (
        [sample.id for sample in load_dataset(tmp_path, most=5, seed=seed).samples] for seed in (1, 1, 2)
    )
    assert len(first) == 5
    assert first == again == sorted(first)
    assert first != other
    assert len(load_dataset(tmp_path, most=50).samples) == 9


@pytest.mark.parametrize("format_", [each for each in Format if each is not Format.AUTO])
def test_an_empty_folder_is_an_error_in_every_layout(tmp_path: Path, format_: Format) -> None:
    """No layout takes a folder without labels for a set without photos."""
    with pytest.raises(BenchmarkError, match=str(tmp_path)):
        load_dataset(tmp_path, format_)


@pytest.mark.data
def test_the_shared_photos_have_conditions(openlot_data: Path) -> None:
    """Of every validation photo set and light are known, and of most plates the distance."""
    found = load_dataset(openlot_data / "val")
    assert found.format is Format.TRUTH
    assert all({"set", "light"} <= sample.conditions.keys() for sample in found.samples)
    assert sum("distance" in sample.conditions for sample in found.samples) > len(found.samples) / 2

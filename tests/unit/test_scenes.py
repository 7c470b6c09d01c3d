"""Composed training scenes: what is labelled is what is there."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.train.datasets import PlateLabel, Scene, hold_out, read_scenes
from models.train.synthetic.clutter import add_clutter
from models.train.synthetic.glyphs import OpenGlyphs
from models.train.synthetic.pool import PlatePool
from models.train.synthetic.scenes import LEAST_VISIBLE, Sample, UprightPlate, compose
from vision.geometry import is_clockwise_convex

QUAD = np.array([[200, 150], [300, 155], [298, 187], [199, 181]], dtype=np.float32)


@pytest.fixture(scope="module")
def pool() -> PlatePool:
    return PlatePool(OpenGlyphs(), {}, {}, stock=8, seed=3)


def scene(*plates: PlateLabel, set_name: str = "es_scenes") -> Scene:
    picture = np.random.default_rng(1).integers(60, 90, (360, 480, 3)).astype(np.uint8)
    return Scene(set_name, "images/1.jpg", picture, plates)


def samples(pool: PlatePool, source: Scene, count: int = 60, size: int = 256) -> list[Sample]:
    return [compose(np.random.default_rng(seed), source, pool, size) for seed in range(count)]


def test_every_label_is_a_proper_quad_on_the_picture(pool: PlatePool) -> None:
    """Labelled plates run clockwise from their top left and lie mostly inside the picture, mirrored views included."""
    composed = samples(pool, scene(PlateLabel(QUAD, True)))
    assert sum(len(sample.quads) for sample in composed) > 30
    for sample in composed:
        assert sample.image.shape == (256, 256, 3)
        assert sample.image.dtype == np.uint8
        assert len(sample.quads) == len(sample.has_corners)
        for quad in sample.quads:
            assert is_clockwise_convex(quad)
            seen, _ = cv2.intersectConvexConvex(quad, np.float32([[0, 0], [256, 0], [256, 256], [0, 256]]))
            assert seen / cv2.contourArea(quad) > LEAST_VISIBLE - 0.15


def test_a_pasted_plate_lies_exactly_under_its_corners() -> None:
    """Straightening a composed picture by a label's corners gives back the pasted plate."""

    class OnePlate:
        def draw(self, rng: np.random.Generator) -> UprightPlate:
            plate = np.full((70, 220, 3), 240, dtype=np.uint8)
            plate[:, :110] = (200, 30, 30)
            return UprightPlate(plate, exact=True)

    checked = 0
    for seed in range(80):
        sample = compose(np.random.default_rng(seed), scene(set_name="negatives"), OnePlate(), 320)
        for quad in sample.quads:
            if np.linalg.norm(quad[1] - quad[0]) < 60:
                continue
            flat = np.float32([[0, 0], [220, 0], [220, 70], [0, 70]])
            upright = cv2.warpPerspective(sample.image, cv2.getPerspectiveTransform(quad, flat), (220, 70))
            left, right = upright[15:55, 20:90].astype(float), upright[15:55, 130:200].astype(float)
            inside = (quad >= 0).all() and (quad < 320).all()
            if inside and np.ptp(sample.image) > 80:
                checked += 1
                assert right[..., 2].mean() > left[..., 2].mean() + 15
    assert checked > 15


def test_unknown_corners_stay_unknown_unless_a_plate_is_pasted(pool: PlatePool) -> None:
    """A plate labelled with a box alone is marked so; one that a generated plate replaced has known corners."""
    box_only = PlateLabel(np.array([[200, 150], [300, 150], [300, 182], [200, 182]], dtype=np.float32), False)
    marks = np.concatenate([sample.has_corners for sample in samples(pool, scene(box_only))])
    assert marks.any()
    assert not marks.all()


def test_composing_leaves_the_scene_as_it_was(pool: PlatePool) -> None:
    """The same scene can be composed again and again: its picture and labels do not change."""
    source = scene(PlateLabel(QUAD.copy(), True))
    before = source.image.copy()
    samples(pool, source, count=10)
    assert np.array_equal(source.image, before)
    assert np.array_equal(source.plates[0].quad, QUAD)


def test_the_same_seed_composes_the_same_picture() -> None:
    """Training is repeatable: seed for seed, pictures and labels are equal."""
    source = scene(PlateLabel(QUAD, True))
    first = samples(PlatePool(OpenGlyphs(), {}, {}, stock=4, seed=5), source, count=6)
    second = samples(PlatePool(OpenGlyphs(), {}, {}, stock=4, seed=5), source, count=6)
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(one.image, other.image)
        assert np.array_equal(one.quads, other.quads)


def test_clutter_keeps_clear_of_plates() -> None:
    """Nothing but glare is ever drawn over a labelled plate."""
    quad = np.array([[40, 100], [216, 100], [216, 156], [40, 156]], dtype=np.float32)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        picture = np.full((256, 256, 3), 100, dtype=np.uint8)
        add_clutter(rng, picture, [quad])
        inner = picture[104:152, 44:212].astype(int)
        assert inner.min() >= 99, f"seed {seed} painted on the plate"


def test_every_twelfth_scene_of_a_set_is_held_out() -> None:
    """The held-out split is by position within each set, so that it is the same in training and export."""
    scenes = [scene(set_name=name) for name in ("es_scenes", "negatives") for _ in range(24)]
    training, held_out = hold_out(scenes)
    assert len(training) == 44
    assert [one.set_name for one in held_out] == ["es_scenes"] * 2 + ["negatives"] * 2


def test_a_missing_set_says_where_it_looked(tmp_path: Path) -> None:
    """A wrong data folder is an error that names the folder, not an empty training set."""
    with pytest.raises(FileNotFoundError, match="OPENLOT_DATA"):
        list(read_scenes(tmp_path, ["es_scenes"]))


def test_labels_shrink_with_their_pictures(tmp_path: Path) -> None:
    """A large picture is shrunk to the asked side and its boxes and corners with it; unlabelled CCPD is left out."""
    folder = tmp_path / "cn_ccpd_samples"
    (folder / "images").mkdir(parents=True)
    for name in ("1.png", "2.png"):
        cv2.imwrite(str(folder / "images" / name), np.zeros((400, 800, 3), dtype=np.uint8))
    (folder / "labels.csv").write_text(
        "file,text,x1,y1,x2,y2,cx1,cy1,cx2,cy2,cx3,cy3,cx4,cy4,corners,text_source,split\n"
        "images/1.png,,100,100,300,160,,,,,,,,,,,\n"
        "images/1.png,,400,100,600,160,400,100,600,110,600,160,400,150,teacher,,\n"
        "images/2.png,,,,,,,,,,,,,,,,\n",
        encoding="utf-8",
    )
    (only,) = read_scenes(tmp_path, ["cn_ccpd_samples"], long_side=400)
    assert only.image.shape == (200, 400, 3)
    assert [plate.has_corners for plate in only.plates] == [False, True]
    assert only.plates[0].quad.tolist() == [[50, 50], [150, 50], [150, 80], [50, 80]]
    assert only.plates[1].quad[2].tolist() == [300, 80]


def test_the_teacher_completes_labels_and_adds_plates_without_one(tmp_path: Path) -> None:
    """Taught corners stand in only for missing ones, and a plate that no label names becomes a label."""
    folder = tmp_path / "es_scenes"
    (folder / "images").mkdir(parents=True)
    cv2.imwrite(str(folder / "images" / "1.png"), np.zeros((400, 800, 3), dtype=np.uint8))
    corners = "cx1,cy1,cx2,cy2,cx3,cy3,cx4,cy4"
    (folder / "labels.csv").write_text(
        f"file,text,x1,y1,x2,y2,{corners},corners,text_source,split\n"
        "images/1.png,,100,100,300,160,,,,,,,,,,,\n"
        "images/1.png,,400,100,600,160,400,100,600,110,600,160,400,150,teacher,,\n",
        encoding="utf-8",
    )
    taught = tmp_path / "corners.csv"
    taught.write_text(
        f"set,file,row,{corners}\n"
        "es_scenes,images/1.png,0,101,102,299,104,298,158,102,156\n"
        "es_scenes,images/1.png,1,1,1,2,1,2,2,1,2\n"
        "es_scenes,images/1.png,-1,10,300,90,300,90,320,10,320\n"
        "es_scenes,images/1.png,-1,110,300,190,300,190,320,110,320\n",
        encoding="utf-8",
    )
    (only,) = read_scenes(tmp_path, ["es_scenes"], long_side=800, corners=taught)
    assert all(plate.has_corners for plate in only.plates)
    assert [plate.quad[0].tolist() for plate in only.plates] == [[101, 102], [400, 100], [10, 300], [110, 300]]

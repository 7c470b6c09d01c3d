import re
from pathlib import Path

import numpy as np
import pytest

from models.train.synthetic.chinese import STYLES, draw_chinese
from models.train.synthetic.degrade import Surroundings, imperfect_corners, photograph
from models.train.synthetic.glyphs import CollectedGlyphs, OpenGlyphs
from models.train.synthetic.plates import KINDS, TWO_ROW_KINDS, kind_of, render_plate
from models.train.synthetic.serials import EUROPE, OFFICES, USA, chinese_text, latin_text, normalised
from vision.alphabet import ALPHABET, PROVINCES
from vision.rectify import rectify_single


@pytest.fixture(scope="module")
def glyphs() -> OpenGlyphs:
    return OpenGlyphs()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_from_open_fonts(kind: str, glyphs: OpenGlyphs) -> None:
    """Each kind renders with the packaged fonts alone, and its text is one the reader can say."""
    for seed in range(3):
        plate = render_plate(np.random.default_rng(seed), kind, glyphs=glyphs)
        assert plate.text
        assert all(char in ALPHABET for char in plate.text)
        assert plate.image.dtype == np.uint8
        assert plate.image.std() > 15
        assert plate.layout == ("double" if kind in TWO_ROW_KINDS else "single")


@pytest.mark.data
def test_the_collections_glyphs_draw_every_kind(openlot_data: Path) -> None:
    """The official bitmaps of the photo collection render each kind too, missing characters coming from open fonts."""
    collected = CollectedGlyphs(openlot_data / "glyphs")
    for seed, kind in enumerate(KINDS):
        plate = render_plate(np.random.default_rng(seed), kind, glyphs=collected)
        assert plate.image.std() > 15


def test_a_folder_without_glyphs_is_an_error(tmp_path: Path) -> None:
    """Pointed at the wrong folder, the source says what to set instead of drawing something else."""
    with pytest.raises(FileNotFoundError, match="OPENLOT_DATA"):
        CollectedGlyphs(tmp_path)


def test_one_seed_draws_one_plate(glyphs: OpenGlyphs) -> None:
    """The same seed gives the same plate to the last pixel."""
    first, second = (render_plate(np.random.default_rng(9), glyphs=glyphs) for _ in range(2))
    assert first.text == second.text
    assert (first.image == second.image).all()


@pytest.mark.parametrize(
    ("text", "kind", "color"),
    [
        ("苏E05EV8", "cn_blue", "blue"),
        ("粤AD12345", "cn_green_small", "green"),
        ("京A12345D", "cn_green_large", "green"),
        ("鲁B1234学", "cn_learner", "yellow"),
        ("川A1234警", "cn_police", "white"),
        ("粤Z1234港", "cn_hk_macao", "black"),
        ("WJ1612345", "cn_army", "white"),
        ("皖1912345", "cn_tractor", "green"),
        ("ABC1D23", "br_mercosul", "white"),
    ],
)
def test_a_given_text_chooses_its_plate(text: str, kind: str, color: str, glyphs: OpenGlyphs) -> None:
    """Asked for a text, the plate shows that text on the ground that such a text has in the street."""
    assert kind_of(text) == kind
    plate = render_plate(np.random.default_rng(0), text=text, glyphs=glyphs)
    assert (plate.text, plate.kind, plate.color) == (text, kind, color)


def test_separators_print_but_do_not_count(glyphs: OpenGlyphs) -> None:
    """A dash or blank in a text is drawn and shown, and is no part of the normalised text."""
    plate = render_plate(np.random.default_rng(0), "eu", "ab-123-cd", glyphs=glyphs)
    assert plate.text == "AB123CD"
    assert plate.printed == "AB-123-CD"


@pytest.mark.parametrize(
    ("kind", "text"), [("cn_blue", "苏E1"), ("us", "苏E05EV8"), ("cn_green_small", "苏E05"), ("moon", "A1")]
)
def test_a_text_that_does_not_fit_is_refused(kind: str, text: str, glyphs: OpenGlyphs) -> None:
    """A text that its kind cannot show is an error, never another plate."""
    with pytest.raises(ValueError, match=r"plate"):
        render_plate(np.random.default_rng(0), kind, text, glyphs=glyphs)


def test_chinese_serials_keep_the_standard() -> None:
    """No I or O, at most two letters among five places, and only office letters that the province uses."""
    rng = np.random.default_rng(3)
    for _ in range(500):
        text = chinese_text(rng, "cn_blue")
        assert text[1] in OFFICES[text[0]]
        assert re.fullmatch(r"[0-9A-HJ-NP-Z]{5}", text[2:])
        assert sum(char.isalpha() for char in text[2:]) <= 2


def test_provinces_come_evenly() -> None:
    """Over many texts no province is rare: the reader must not learn that one is likelier."""
    rng = np.random.default_rng(4)
    counts = dict.fromkeys(PROVINCES, 0)
    for _ in range(3100):
        counts[chinese_text(rng, "cn_blue")[0]] += 1
    assert min(counts.values()) > 50
    assert max(counts.values()) < 160


@pytest.mark.parametrize("formats", [EUROPE, USA], ids=["europe", "usa"])
def test_formats_leave_out_what_they_never_use(formats: tuple[object, ...]) -> None:
    """No format ever prints a letter it does not use."""
    rng = np.random.default_rng(5)
    for format_ in EUROPE if formats is EUROPE else USA:
        for _ in range(20):
            assert not set(latin_text(rng, format_)) & set(format_.without)


def test_characters_stand_where_the_standard_puts_them(glyphs: OpenGlyphs) -> None:
    """On a plate at two pixels a millimetre, the first character's cell holds ink and the gap after it holds none."""
    canvas = draw_chinese(np.random.default_rng(0), "cn_police", "京A1234警", glyphs, 2.0)
    ground = np.median(canvas.image, axis=(0, 1))
    ink = np.abs(canvas.image.astype(float) - ground).max(-1) > 90
    assert ink[50:230, 31:121].mean() > 0.15
    assert not ink[60:220, 124:134].any()
    assert STYLES["cn_police"].color == "white"


def test_the_photograph_knows_where_the_plate_is(glyphs: OpenGlyphs) -> None:
    """Straightened by its true corners, a photographed plate resembles the clean one more than by wrong corners."""
    rng = np.random.default_rng(8)
    surroundings = Surroundings(rng, generated=5)
    better = 0
    for _ in range(30):
        plate = render_plate(rng, "cn_blue", glyphs=glyphs)
        shot = photograph(rng, plate.image, surroundings.pick(rng))
        h, w = plate.image.shape[:2]
        flat = rectify_single(plate.image, np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)).mean(-1).ravel()
        seen = rectify_single(shot.image, shot.corners).mean(-1).ravel()
        shifted = rectify_single(shot.image, shot.corners + np.array([0.12 * w, 0.0], np.float32)).mean(-1).ravel()
        better += np.corrcoef(flat, seen)[0, 1] > np.corrcoef(flat, shifted)[0, 1]
    assert better >= 25


def test_imperfect_corners_stay_near(glyphs: OpenGlyphs) -> None:
    """Jittered corners are those of a detector that is a little off, not of another plate."""
    rng = np.random.default_rng(2)
    corners = np.array([[10, 10], [178, 10], [178, 58], [10, 58]], np.float32)
    offsets = np.array([imperfect_corners(rng, corners) - corners for _ in range(400)])
    assert 0.5 < np.abs(offsets).mean() < 6
    assert np.abs(offsets).max() < 60


def test_normalising_drops_everything_but_characters() -> None:
    """Dots, dashes, blanks and case do not tell two texts apart."""
    assert normalised("苏e·05-ev 8") == "苏E05EV8"

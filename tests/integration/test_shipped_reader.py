"""The shipped weights against plates that the project draws itself."""

from collections.abc import Callable

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from models.card import Precision
from models.registry import Registry, read_weights
from models.train.synthetic.degrade import REAL, Surroundings, photograph
from models.train.synthetic.glyphs import OpenGlyphs
from models.train.synthetic.plates import PlateImage, render_plate
from vision.alphabet import ALPHABET
from vision.read_decode import best_path
from vision.rectify import CHINESE_ROWS, EVEN_ROWS, reader_input, rectify_single, rectify_stacked

_FOLD = str.maketrans("OI", "01")
"""O and 0, I and 1 are drawn alike in many open fonts."""

Reader = Callable[[NDArray[np.float32]], tuple[NDArray[np.float32], NDArray[np.float32]]]


@pytest.fixture(scope="module", params=["fp32", "int8"])
def reader(request: pytest.FixtureRequest) -> Reader:
    """The shipped network of one precision: input to logits and layout."""
    precision: Precision = "int8" if request.param == "int8" else "fp32"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        read_weights(Registry().find("reader", "reader"), precision), options, providers=["CPUExecutionProvider"]
    )

    def run(batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        logits, layout = session.run(["logits", "layout"], {"image": batch})
        return np.asarray(logits, np.float32), np.asarray(layout, np.float32)

    return run


@pytest.fixture(scope="module")
def photos() -> list[tuple[PlateImage, NDArray[np.uint8], NDArray[np.float32]]]:
    """Two hundred generated plates, gently photographed: plate, picture, corners."""
    rng = np.random.default_rng(2026)
    glyphs, surroundings = OpenGlyphs(), Surroundings(rng, generated=10)
    taken = []
    for _ in range(200):
        plate = render_plate(rng, glyphs=glyphs)
        shot = photograph(rng, plate.image, surroundings.pick(rng), REAL)
        taken.append((plate, shot.image, shot.corners))
    return taken


def test_it_reads_what_the_project_draws(
    reader: Reader, photos: list[tuple[PlateImage, NDArray[np.uint8], NDArray[np.float32]]]
) -> None:
    """Both shipped precisions read most gently photographed plates of all kinds, to the last character."""
    right = 0
    for plate, image, corners in photos:
        rows = CHINESE_ROWS if plate.region == "cn" else EVEN_ROWS
        double = plate.layout == "double"
        view = rectify_stacked(image, corners, rows) if double else rectify_single(image, corners)
        logits, _ = reader(reader_input([view]))
        assert logits.shape == (1, 42, len(ALPHABET) + 1)
        right += best_path(logits[0]).translate(_FOLD) == plate.text.translate(_FOLD)
    assert right >= 0.8 * len(photos)


def test_it_tells_one_row_from_two(
    reader: Reader, photos: list[tuple[PlateImage, NDArray[np.uint8], NDArray[np.float32]]]
) -> None:
    """On the plain crop the layout head says whether there are two rows."""
    _, layout = reader(reader_input([rectify_single(image, corners) for _, image, corners in photos]))
    double = np.array([plate.layout == "double" for plate, _, _ in photos])
    assert ((layout.argmax(-1) == 1) == double).mean() > 0.95

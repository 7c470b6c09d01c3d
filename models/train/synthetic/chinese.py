"""Chinese plates drawn after the figures of GA 36-2014 (millimetres, origin top left)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.train.synthetic.canvas import Canvas, Colour, varied
from models.train.synthetic.chinese_layout import layout_of
from models.train.synthetic.glyphs import GlyphSource, PrintedFace

BLUE: Colour = (150, 60, 10)
YELLOW: Colour = (20, 175, 235)
GREEN: Colour = (105, 200, 90)
WHITE: Colour = (238, 238, 238)
BLACK: Colour = (28, 26, 25)
RED: Colour = (40, 30, 200)
AIRPORT_GREEN: Colour = (85, 120, 20)


TRACTOR_GREEN: Colour = (75, 120, 20)


@dataclass(frozen=True, slots=True)
class Style:
    """How a kind looks: plate colour name, ground and ink."""

    color: str
    ground: Colour
    ink: Colour


STYLES: dict[str, Style] = {
    "cn_blue": Style("blue", BLUE, WHITE),
    "cn_green_small": Style("green", GREEN, BLACK),
    "cn_green_large": Style("green", GREEN, BLACK),
    "cn_yellow": Style("yellow", YELLOW, BLACK),
    "cn_yellow_double": Style("yellow", YELLOW, BLACK),
    "cn_trailer": Style("yellow", YELLOW, BLACK),
    "cn_learner": Style("yellow", YELLOW, BLACK),
    "cn_motorcycle": Style("yellow", YELLOW, BLACK),
    "cn_moped": Style("blue", BLUE, WHITE),
    "cn_police": Style("white", WHITE, BLACK),
    "cn_police_motorcycle": Style("white", WHITE, BLACK),
    "cn_army": Style("white", WHITE, BLACK),
    "cn_army_double": Style("white", WHITE, BLACK),
    "cn_hk_macao": Style("black", BLACK, WHITE),
    "cn_embassy": Style("black", BLACK, WHITE),
    "cn_consulate": Style("black", BLACK, WHITE),
    "cn_emergency": Style("white", WHITE, BLACK),
    "cn_airport": Style("green", AIRPORT_GREEN, WHITE),
    "cn_tractor": Style("green", TRACTOR_GREEN, WHITE),
}


def draw_chinese(rng: np.random.Generator, kind: str, text: str, glyphs: GlyphSource, scale: float) -> Canvas:
    """The clean plate of a kind. Raises ValueError where the text does not fit the kind's layout."""
    style, layout = STYLES[kind], layout_of(kind, text)
    ground, ink = varied(rng, style.ground), varied(rng, style.ink, 8.0)
    canvas = Canvas(layout.width, layout.height, scale, ground)
    if kind.startswith("cn_green"):
        _new_energy_ground(rng, canvas, kind)
    families = {cell.family for cell in layout.cells}
    faces = {family: PrintedFace(rng, glyphs.face(rng, family)) for family in sorted(families)}
    for place, (char, cell) in enumerate(zip(text, layout.cells, strict=True)):
        colour = _ink_of(rng, kind, place, char, ink)
        canvas.character(faces[cell.family], char, cell.x, cell.y, cell.width, cell.height, colour)
    if layout.dot is not None:
        canvas.disc(layout.dot.x, layout.dot.y, layout.dot.radius, ink)
    small = layout.width < 300.0
    canvas.border(2.0 if small else 1.5, 1.5 if small else 3.0, 8.0 if small else 10.0, ink)
    _mountings(rng, canvas, ground)
    return canvas


def printed(kind: str, text: str) -> str:
    """The text as the plate shows it, with its dot."""
    if kind.startswith("cn_green"):
        return f"{text[:2]} {text[2:]}"
    if kind == "cn_tractor":
        return f"{text[:3]} {text[3:]}"
    split = {"cn_police": 1, "cn_emergency": 1, "cn_embassy": 4 if text.startswith("使") else 3}.get(kind, 2)
    if (kind == "cn_consulate" and text[1:2].isdigit()) or (kind == "cn_army" and len(text) == 9):
        split = 4
    return f"{text[:split]}·{text[split:]}"


def _ink_of(rng: np.random.Generator, kind: str, place: int, char: str, ink: Colour) -> Colour:
    red = char in "警使领应急" or (kind.startswith("cn_army") and place < 2)
    return varied(rng, RED) if red else ink


def _new_energy_ground(rng: np.random.Generator, canvas: Canvas, kind: str) -> None:
    """Small cars: white at the top running into green. Large ones: yellow under province and office, green behind."""
    h, w = canvas.image.shape[:2]
    green = np.array(varied(rng, GREEN, 10.0), np.float32)
    if kind == "cn_green_large":
        canvas.image[:] = varied(rng, GREEN, 10.0)
        canvas.rectangle(0, 0, 143.0, canvas.height, varied(rng, YELLOW, 10.0))
        return
    top = np.array(varied(rng, (235, 240, 235), 8.0), np.float32)
    ramp = np.linspace(0, 1, h, dtype=np.float32)[:, None] ** float(rng.uniform(0.6, 1.3))
    rows = top * (1 - ramp) + green * ramp
    canvas.image[:] = np.broadcast_to(rows[:, None, :], (h, w, 3)).astype(np.uint8)
    if rng.random() < 0.5:  # the emblem between office letter and serial
        canvas.ring(137.0, 70.0, 13.0, 3.0, varied(rng, (120, 150, 60)))


def _mountings(rng: np.random.Generator, canvas: Canvas, ground: Colour) -> None:
    """Screws or caps in the four slots, sometimes only the upper or lower two."""
    left = 25.0 if canvas.width <= 300.0 else 92.5 if canvas.height > 200.0 else 107.5
    cap = varied(rng, (170, 170, 170), 40.0) if rng.random() < 0.6 else ground
    rows = [12.5, canvas.height - 12.5]
    chosen = rows if rng.random() < 0.6 else [rows[int(rng.integers(2))]]
    for y in chosen:
        for x in (left, canvas.width - left):
            if rng.random() < 0.9:
                jitter = rng.uniform(-6, 6, 2)
                radius = float(rng.uniform(4, 9)) * (1.0 if canvas.width > 300.0 else 0.6)
                canvas.disc(x + jitter[0], y + jitter[1] / 3, radius, cap)
                if rng.random() < 0.4:
                    canvas.disc(x + jitter[0], y + jitter[1] / 3, 2.5, (60, 60, 60))

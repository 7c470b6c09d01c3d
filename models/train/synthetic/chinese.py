"""Chinese plates drawn after the figures of GA 36-2014 (millimetres, origin top left)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from models.train.synthetic.canvas import Canvas, Colour, varied
from models.train.synthetic.glyphs import Family, GlyphSource

BLUE: Colour = (150, 60, 10)
YELLOW: Colour = (20, 175, 235)
GREEN: Colour = (105, 200, 90)
WHITE: Colour = (238, 238, 238)
BLACK: Colour = (28, 26, 25)
RED: Colour = (40, 30, 200)
AIRPORT_GREEN: Colour = (85, 120, 20)


@dataclass(frozen=True, slots=True)
class Style:
    """How a kind looks: plate colour name, ground and ink, whether it has two rows or the longer new-energy format."""

    color: str
    ground: Colour
    ink: Colour
    two_rows: bool = False
    new_energy: bool = False


STYLES: dict[str, Style] = {
    "cn_blue": Style("blue", BLUE, WHITE),
    "cn_green_small": Style("green", GREEN, BLACK, new_energy=True),
    "cn_green_large": Style("green", GREEN, BLACK, new_energy=True),
    "cn_yellow": Style("yellow", YELLOW, BLACK),
    "cn_yellow_double": Style("yellow", YELLOW, BLACK, two_rows=True),
    "cn_trailer": Style("yellow", YELLOW, BLACK, two_rows=True),
    "cn_learner": Style("yellow", YELLOW, BLACK),
    "cn_police": Style("white", WHITE, BLACK),
    "cn_army": Style("white", WHITE, BLACK),
    "cn_army_double": Style("white", WHITE, BLACK, two_rows=True),
    "cn_hk_macao": Style("black", BLACK, WHITE),
    "cn_embassy": Style("black", BLACK, WHITE),
    "cn_consulate": Style("black", BLACK, WHITE),
    "cn_emergency": Style("white", WHITE, BLACK),
    "cn_airport": Style("green", AIRPORT_GREEN, WHITE),
}

_SINGLE_X = (15.5, 72.5, 151.5, 208.5, 265.5, 322.5, 379.5)
_EMBASSY_X = (15.5, 72.5, 129.5, 186.5, 265.5, 322.5, 379.5)
_POLICE_X = (15.5, 94.5, 151.5, 208.5, 265.5, 322.5, 379.5)
_NEW_ENERGY_X = (15.5, 69.5, 161.5, 213.5, 265.5, 317.5, 369.5, 421.5)
_LOWER_X = (27.5, 107.5, 187.5, 267.5, 347.5)


def draw_chinese(rng: np.random.Generator, kind: str, text: str, glyphs: GlyphSource, scale: float) -> Canvas:
    """The clean plate of a kind. Raises ValueError where the text does not fit the kind's layout."""
    style = STYLES[kind]
    ground, ink = varied(rng, style.ground), varied(rng, style.ink, 8.0)
    height = 220.0 if style.two_rows else 140.0
    canvas = Canvas(480.0 if style.new_energy else 440.0, height, scale, ground)
    if style.new_energy:
        _new_energy_ground(rng, canvas, kind)
    if style.two_rows:
        _two_rows(rng, canvas, kind, text, glyphs, ink)
    else:
        _one_row(rng, canvas, kind, text, glyphs, ink)
    canvas.border(1.5, 3.0, 10.0, ink)
    _mountings(rng, canvas, ground)
    return canvas


def printed(kind: str, text: str) -> str:
    """The text as the plate shows it, with its dot."""
    style = STYLES[kind]
    if style.new_energy:
        return f"{text[:2]} {text[2:]}"
    split = {"cn_police": 1, "cn_emergency": 1, "cn_embassy": 4, "cn_army_double": 2}.get(kind, 2)
    return f"{text[:split]}·{text[split:]}"


def _one_row(rng: np.random.Generator, canvas: Canvas, kind: str, text: str, glyphs: GlyphSource, ink: Colour) -> None:
    family: Family = "cn_green" if STYLES[kind].new_energy else "cn"
    face = glyphs.face(rng, family)
    xs = _columns(kind, text)
    width = 43.0 if STYLES[kind].new_energy else 45.0
    if len(text) == 8 and not STYLES[kind].new_energy:
        width = 41.0
    for place, (char, x) in enumerate(zip(text, xs, strict=True)):
        cell = 45.0 if place == 0 and STYLES[kind].new_energy else width
        canvas.character(face, char, x, 25.0, cell, 90.0, _ink_of(rng, kind, place, char, ink))
    if not STYLES[kind].new_energy:
        gaps = [right - left for left, right in pairwise(xs)]
        widest = int(np.argmax(gaps))
        radius = 7.0 if kind == "cn_police" else 5.0
        if gaps[widest] > width + 15:
            canvas.disc((xs[widest] + width + xs[widest + 1]) / 2, 70.0, radius, ink)


def _columns(kind: str, text: str) -> tuple[float, ...]:
    if len(text) == 8:
        if STYLES[kind].new_energy:
            return _NEW_ENERGY_X
        return tuple(14.0 + 52.5 * place for place in range(8))
    if len(text) != 7:
        raise ValueError(f"a {kind} plate has 7 or 8 characters, not {text!r}")
    return {"cn_embassy": _EMBASSY_X, "cn_police": _POLICE_X, "cn_emergency": _POLICE_X}.get(kind, _SINGLE_X)


def _ink_of(rng: np.random.Generator, kind: str, place: int, char: str, ink: Colour) -> Colour:
    red = char in "警使领应急" or (kind.startswith("cn_army") and place < 2)
    return varied(rng, RED) if red else ink


def _two_rows(rng: np.random.Generator, canvas: Canvas, kind: str, text: str, glyphs: GlyphSource, ink: Colour) -> None:
    if len(text) != 7:
        raise ValueError(f"a {kind} plate has 7 characters, not {text!r}")
    upper, lower = glyphs.face(rng, "cn_upper"), glyphs.face(rng, "cn_lower")
    for place, x in enumerate((110.0, 250.0)):
        canvas.character(upper, text[place], x, 15.0, 80.0, 60.0, _ink_of(rng, kind, place, text[place], ink))
    canvas.disc(220.0, 44.5, 5.0, ink)
    for place, x in enumerate(_LOWER_X, start=2):
        canvas.character(lower, text[place], x, 90.0, 65.0, 110.0, _ink_of(rng, kind, place, text[place], ink))


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
    left = 92.5 if canvas.height > 200.0 else 107.5
    cap = varied(rng, (170, 170, 170), 40.0) if rng.random() < 0.6 else ground
    rows = [12.5, canvas.height - 12.5]
    chosen = rows if rng.random() < 0.6 else [rows[int(rng.integers(2))]]
    for y in chosen:
        for x in (left, canvas.width - left):
            if rng.random() < 0.9:
                jitter = rng.uniform(-6, 6, 2)
                canvas.disc(x + jitter[0], y + jitter[1] / 3, float(rng.uniform(4, 9)), cap)
                if rng.random() < 0.4:
                    canvas.disc(x + jitter[0], y + jitter[1] / 3, 2.5, (60, 60, 60))

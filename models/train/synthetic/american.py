"""Plates of the United States: a picture or wash as ground, state above, slogan or county below, stickers, emblems."""

from __future__ import annotations

import cv2
import numpy as np

from models.train.synthetic.canvas import Canvas, Colour, varied
from models.train.synthetic.glyphs import GlyphSource
from models.train.synthetic.rows import draw_rows

_WIDTH, _HEIGHT = 305.0, 152.0
_INKS: tuple[Colour, ...] = (
    (30, 25, 25), (30, 25, 25), (110, 40, 20), (120, 40, 20), (130, 70, 40), (40, 90, 30), (50, 40, 150), (90, 50, 60),
)  # fmt: skip
_PALE: tuple[Colour, ...] = ((235, 215, 180), (190, 225, 245), (205, 235, 205), (215, 205, 240), (240, 240, 240))
_STATES = (
    "CALIFORNIA", "TEXAS", "FLORIDA", "NEW YORK", "OHIO", "GEORGIA", "MICHIGAN", "VIRGINIA", "OREGON", "UTAH", "IOWA",
    "WASHINGTON", "ARIZONA", "MAINE", "KANSAS", "ALASKA", "HAWAII", "INDIANA", "ILLINOIS", "MONTANA", "WYOMING",
    "TENNESSEE", "LOUISIANA", "KENTUCKY", "ALABAMA", "MISSOURI", "COLORADO", "NEVADA", "IDAHO", "OKLAHOMA", "ARKANSAS",
    "DELAWARE", "VERMONT", "MARYLAND", "MINNESOTA", "WISCONSIN", "NEBRASKA", "CONNECTICUT", "RHODE ISLAND",
    "NEW JERSEY", "NEW MEXICO", "NORTH CAROLINA", "SOUTH DAKOTA", "WEST VIRGINIA", "PENNSYLVANIA", "MASSACHUSETTS",
)  # fmt: skip
_BELOW = (
    "GARDEN STATE", "FIRST IN FLIGHT", "LAND OF LINCOLN", "SUNSHINE STATE", "GRAND CANYON STATE", "FAMOUS POTATOES",
    "LAKE COUNTY", "FRANKLIN", "JEFFERSON", "WARREN", "MADISON", "MARION", "DAVIDSON", "TRUCK", "COMMERCIAL",
    "GREAT LAKES", "THE FIRST STATE", "IN GOD WE TRUST", "EMPIRE STATE", "GREEN MOUNTAIN STATE", "PEACE GARDEN STATE",
)  # fmt: skip


def draw_american(rng: np.random.Generator, printed: str, glyphs: GlyphSource, scale: float) -> tuple[Canvas, str]:
    """A plate in one of many looks and its colour name; `printed` as for `draw_rows`."""
    canvas = Canvas(_WIDTH, _HEIGHT, scale, (235, 235, 235))
    dark = rng.random() < 0.12
    _ground(rng, canvas, dark)
    if rng.random() < 0.6:
        _scenery(rng, canvas)
    if dark:
        ink = varied(rng, (225, 235, 235) if rng.random() < 0.6 else (60, 190, 235), 14.0)
    else:
        ink = varied(rng, _INKS[int(rng.integers(len(_INKS)))], 18.0)
    if rng.random() < 0.2:  # flat print in a colour not far from the ground's
        ground = canvas.image[canvas.image.shape[0] // 2].mean(0)
        mixed = np.array(ink) + (ground - np.array(ink)) * rng.uniform(0.2, 0.5)
        ink = (int(mixed[0]), int(mixed[1]), int(mixed[2]))
    other = varied(rng, ((170, 60, 30), (40, 40, 190), (50, 130, 40), ink)[int(rng.integers(4))], 20.0)
    _captions(rng, canvas, glyphs, other)
    left, right = (float(n) for n in rng.uniform(7, 26, 2))
    top, height = float(rng.uniform(34, 44)), float(rng.uniform(64, 84))
    look = rng.random()
    if look < 0.09:
        left += _emblem(rng, canvas, glyphs, left, top, height, ink)
    elif look < 0.18:
        right += _emblem(rng, canvas, glyphs, _WIDTH - right, top, height, ink)
    area = (left, top, _WIDTH - left - right, height)
    draw_rows(rng, canvas, glyphs.face(rng, "latin"), printed, area, ink)
    _stickers(rng, canvas, glyphs)
    if rng.random() < 0.4:
        canvas.border(1.5, 3.0, 12.0, varied(rng, other))
    return canvas, "white" if canvas.image.mean() > 185 and canvas.image.std() < 70 else "other"


def _ground(rng: np.random.Generator, canvas: Canvas, dark: bool) -> None:
    """One colour, a wash of several, or a sky: one colour at the top and bottom running into another."""
    h, w = canvas.image.shape[:2]
    look = rng.random()
    if look < 0.35:
        canvas.image[:] = varied(rng, (90, 45, 25) if dark else (235, 235, 235), 18.0)
    elif look < 0.65:
        field = rng.uniform(20, 90, (3, 4, 3)) if dark else rng.uniform(160, 255, (3, 4, 3))
        wash = cv2.resize(field.astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
        canvas.image[:] = np.clip(wash, 0, 255).astype(np.uint8)
    else:
        ends = [varied(rng, (100, 60, 30) if dark else _PALE[int(rng.integers(len(_PALE)))], 25.0) for _ in range(3)]
        stops = np.array(ends, np.float32)[:, None, :]
        canvas.image[:] = np.clip(cv2.resize(stops, (w, h), interpolation=cv2.INTER_LINEAR), 0, 255).astype(np.uint8)


def _scenery(rng: np.random.Generator, canvas: Canvas) -> None:
    """Hills, sun, seals, birds and stripes behind the characters, mostly of little contrast."""
    h, w = canvas.image.shape[:2]
    strength = 14.0 if rng.random() < 0.6 else 32.0
    here = canvas.image[h // 2, w // 2].astype(float)

    def tone() -> Colour:
        shifted = np.clip(here + rng.normal(0, strength) + rng.normal(0, strength, 3), 0, 255)
        return int(shifted[0]), int(shifted[1]), int(shifted[2])

    if rng.random() < 0.4:  # a ridge
        columns = np.linspace(0, w, 9)
        heights = h * (rng.uniform(0.3, 0.8) + rng.normal(0, 0.1, 9))
        ridge = np.concatenate([np.stack([columns, heights], 1), [[w, h], [0, h]]])
        cv2.fillPoly(canvas.image, [ridge.astype(np.int32)], tone(), cv2.LINE_AA)
    if rng.random() < 0.2:  # stripes or rays
        for offset in np.linspace(-0.5, 1.5, int(rng.integers(5, 12))):
            start, end = (int(w * offset), h), (int(w * (offset * rng.uniform(0.6, 1.0))), 0)
            cv2.line(canvas.image, start, end, tone(), max(1, w // 60), cv2.LINE_AA)
    for _ in range(int(rng.integers(0, 5))):
        centre = (int(rng.integers(w)), int(rng.integers(h)))
        axes = (int(rng.integers(w // 25, w // 4)), int(rng.integers(h // 12, h // 2)))
        angle, thickness = float(rng.uniform(0, 180)), -1 if rng.random() < 0.7 else max(1, w // 70)
        cv2.ellipse(canvas.image, centre, axes, angle, 0, float(rng.uniform(120, 360)), tone(), thickness, cv2.LINE_AA)


def _captions(rng: np.random.Generator, canvas: Canvas, glyphs: GlyphSource, colour: Colour) -> None:
    state, below = _STATES[int(rng.integers(len(_STATES)))], _BELOW[int(rng.integers(len(_BELOW)))]
    if rng.random() < 0.2:
        canvas.rectangle(0, 0, _WIDTH, float(rng.uniform(26, 36)), colour)
        canvas.caption(glyphs.face(rng, "caption"), state, 70, 7, 19, 165, varied(rng, (240, 240, 240)))
    elif rng.random() < 0.92:
        canvas.caption(glyphs.face(rng, "caption"), state, 60, 8, float(rng.uniform(14, 26)), 185, colour)
    if rng.random() < 0.15:
        canvas.rectangle(0, 126, _WIDTH, 26, colour)
        canvas.caption(glyphs.face(rng, "caption"), below, 60, 131, 14, 185, varied(rng, (240, 240, 240)))
    elif rng.random() < 0.7:
        canvas.caption(glyphs.face(rng, "caption"), below, 60, 131, float(rng.uniform(9, 16)), 185, colour)


def _emblem(
    rng: np.random.Generator, canvas: Canvas, glyphs: GlyphSource, edge: float, top: float, height: float, ink: Colour
) -> float:
    """What stands beside the serial and is no part of it: a badge, a picture, small letters above each other.

    Drawn inwards from `edge` (mm); returns the width it takes."""
    width = float(rng.uniform(26, 46))
    left = edge if edge < _WIDTH / 2 else edge - width
    tone = varied(rng, ((60, 60, 190), (190, 120, 40), (90, 150, 70), (120, 120, 120), ink)[int(rng.integers(5))], 30.0)
    middle = top + height / 2
    match int(rng.integers(4)):
        case 0:
            canvas.disc(left + width / 2, middle, width * 0.45, tone)
            canvas.disc(left + width / 2, middle, width * 0.25, varied(rng, (220, 220, 220), 30.0))
        case 1:
            canvas.ring(left + width / 2, middle, width * 0.4, 3.0, tone)
            canvas.rectangle(left + width * 0.35, middle - height * 0.1, width * 0.3, height * 0.3, tone)
        case 2:  # no taller than a third of the serial: two or three small letters one above the other
            face, count = glyphs.face(rng, "latin"), int(rng.integers(2, 4))
            small = height / count * 0.72
            for row in range(count):
                letter = "ABCDEFGHKLMNPRSTUVWXYZ"[int(rng.integers(22))]
                canvas.character(face, letter, left + 6, top + row * height / count, small * 0.6, small, tone)
            width = small * 0.6 + 10
        case _:
            h, w = canvas.image.shape[:2]
            shape = np.array([left + width / 2, middle]) + rng.normal(0, 0.35, (7, 2)) * np.array([width, height * 0.7])
            hull = cv2.convexHull((shape * canvas.scale).clip(0, (w, h)).astype(np.int32))
            cv2.fillConvexPoly(canvas.image, hull, tone, cv2.LINE_AA)
    return width + 3.0


def _stickers(rng: np.random.Generator, canvas: Canvas, glyphs: GlyphSource) -> None:
    """Bolts and the month's and year's stickers in the corners."""
    bolt = varied(rng, (120, 120, 120), 50.0)
    for x in (40.0, 265.0):
        for y in (12.0, 140.0):
            if rng.random() < 0.5:
                canvas.disc(x, y, float(rng.uniform(3.5, 7)), bolt)
            if rng.random() < 0.22:
                width, height = float(rng.uniform(24, 42)), float(rng.uniform(17, 26))
                left = 3.0 if x < 100 else _WIDTH - width - 3
                top = 3.0 if y < 50 else _HEIGHT - height - 3
                canvas.rectangle(left, top, width, height, varied(rng, (130, 140, 190), 60.0))
                number = f"{int(rng.integers(1, 13)):02d}"
                tint = varied(rng, (210, 210, 210) if rng.random() < 0.6 else (40, 40, 40), 30.0)
                canvas.caption(glyphs.face(rng, "caption"), number, left + 4, top + 3, height - 6, width - 8, tint)

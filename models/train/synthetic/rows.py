"""Rows of Latin characters on a plate: cells, gaps, dashes, dots and seals, spaced as differently as countries do."""

from __future__ import annotations

import numpy as np

from models.train.synthetic.canvas import Canvas, Colour, varied
from models.train.synthetic.glyphs import Face, PrintedFace


def draw_rows(
    rng: np.random.Generator,
    canvas: Canvas,
    face: Face,
    printed: str,
    area: tuple[float, float, float, float],
    ink: Colour,
) -> None:
    """Write `printed` into the area (x, y, width, height in mm): `/` starts a row, `*` is a seal, blanks are gaps."""
    x, y, width, height = area
    rows = printed.split("/")
    gap = 0.14 * height / len(rows) if len(rows) > 1 else 0.0
    row_height = (height - gap * (len(rows) - 1)) / len(rows)
    squeeze = float(rng.uniform(0.42, 0.75))
    for number, row in enumerate(rows):
        _draw_row(rng, canvas, face, row, (x, y + number * (row_height + gap), width, row_height), ink, squeeze)


def _draw_row(
    rng: np.random.Generator,
    canvas: Canvas,
    face: Face,
    row: str,
    area: tuple[float, float, float, float],
    ink: Colour,
    squeeze: float,
) -> None:
    x, y, width, height = area
    space, gap = height * float(rng.uniform(0.12, 0.3)), height * float(rng.uniform(0.05, 0.17))
    natural = rng.random() < 0.5
    widths: list[float] = []
    for char in row:
        if char.isalnum():
            mask = face.mask(char, max(4, round(height * canvas.scale)))
            own = mask.shape[1] / canvas.scale
            cell = own if natural or char in "1I" else height * squeeze * (1.12 if char in "MW" else 1.0)
            widths.append(cell)
        else:
            widths.append({" ": space, "-": height * 0.28, "*": height * 0.55}.get(char, height * 0.12))
    total = sum(widths) + gap * (len(row) - 1)
    shrink = min(1.0, width / total)
    spread = 1.0
    if total * shrink < width and rng.random() < 0.5:
        spread = 1.0 + min(0.6, (width / (total * shrink) - 1.0)) * float(rng.random())
    struck = PrintedFace(rng, face)
    left = x + (width - total * shrink * spread) / 2
    if rng.random() < 0.25:
        left = x + (width - total * shrink * spread) * float(rng.random())
    for char, cell in zip(row, widths, strict=True):
        drawn = cell * shrink
        middle = y + height / 2
        if char.isalnum():
            canvas.character(struck, char, left, y, drawn, height, ink)
        elif char == "-":
            canvas.rectangle(left + drawn * 0.15, middle - height * 0.05, drawn * 0.7, height * 0.1, ink)
        elif char == ".":
            canvas.disc(left + drawn / 2, y + height * float(rng.choice([0.5, 0.92])), height * 0.06, ink)
        elif char == "*":
            _seal(rng, canvas, left + drawn / 2, middle, drawn * 0.42)
        left += (drawn + gap * shrink) * spread


def _seal(rng: np.random.Generator, canvas: Canvas, x: float, y: float, radius: float) -> None:
    """Registration seals, stickers or arms: one round or shield-like patch, or two above each other."""
    look = rng.random()
    colour = varied(
        rng, ((60, 60, 190), (190, 120, 40), (90, 170, 90), (160, 160, 160), (60, 180, 220))[int(rng.integers(5))], 40.0
    )
    if look < 0.4:
        for offset in (-1.25, 1.25):
            canvas.disc(x, y + offset * radius, radius, colour)
            canvas.disc(x, y + offset * radius, radius * 0.5, varied(rng, (200, 200, 200), 50.0))
    elif look < 0.8:
        canvas.disc(x, y, radius, colour)
        canvas.disc(x, y, radius * 0.5, varied(rng, (150, 150, 150), 70.0))
    else:
        canvas.rectangle(x - radius, y - 1.2 * radius, 2 * radius, 2.4 * radius, colour)
        canvas.rectangle(x - radius / 2, y - radius / 2, radius, radius, varied(rng, (220, 220, 220), 40.0))

"""Plates with Latin letters: Europe, Brazil and the rest of the world, drawn with varied looks."""

from __future__ import annotations

import numpy as np

from models.train.synthetic.canvas import Canvas, Colour, varied
from models.train.synthetic.glyphs import GlyphSource
from models.train.synthetic.rows import draw_rows

WHITE: Colour = (235, 235, 235)
YELLOW: Colour = (30, 190, 245)
BLACK: Colour = (25, 22, 22)
EURO_BLUE: Colour = (150, 50, 10)


def _euroband(
    rng: np.random.Generator, canvas: Canvas, country: str, left: float, width: float, glyphs: GlyphSource
) -> None:
    canvas.rectangle(left, 0, width, canvas.height, varied(rng, EURO_BLUE, 25.0))
    for angle in np.linspace(0, 2 * np.pi, 12, endpoint=False):
        x = left + width / 2 + width * 0.3 * np.cos(angle)
        canvas.disc(x, canvas.height * 0.28 + width * 0.3 * np.sin(angle), 1.8, (40, 210, 240))
    if country:
        face = glyphs.face(rng, "caption")
        canvas.caption(face, country, left + 4, canvas.height * 0.62, min(22.0, canvas.height * 0.22), width - 8, WHITE)


def draw_european(
    rng: np.random.Generator, printed: str, country: str, glyphs: GlyphSource, scale: float
) -> tuple[Canvas, str]:
    """A European plate and its colour name."""
    two_rows = "/" in printed
    yellow = country in ("NL", "L") or (country == "GB" and rng.random() < 0.5) or rng.random() < 0.03
    look = rng.random()
    ground, ink, color = (YELLOW, BLACK, "yellow") if yellow else (WHITE, BLACK, "white")
    if country == "B" and look < 0.8:
        ink = (40, 35, 160)
    elif look < 0.04:
        ground, ink, color = BLACK, WHITE, "black"
    elif look < 0.06:
        ground, ink, color = EURO_BLUE, WHITE, "blue"
    elif look < 0.1:
        ink = varied(rng, (60, 110, 30)) if rng.random() < 0.5 else varied(rng, (120, 40, 20))
    size = (
        (float(rng.uniform(280, 340)), float(rng.uniform(190, 220)))
        if two_rows
        else (520.0, float(rng.uniform(105, 122)))
    )
    if not two_rows and rng.random() < 0.12:
        size = (float(rng.uniform(320, 470)), size[1])
    canvas = Canvas(*size, scale, varied(rng, ground))
    band = rng.random() < (0.25 if country in ("CH", "UA", "B") else 0.85)
    left = right = 8.0
    if band:
        width = float(rng.uniform(38, 52))
        tall = canvas.height if not two_rows else canvas.height * 0.5
        _euroband(rng, canvas, country, 0.0, width, glyphs)
        if tall < canvas.height:
            canvas.rectangle(0, tall, width, canvas.height - tall, varied(rng, ground))
        left = width + 5.0
        if country in ("F", "I", "AL") and rng.random() < 0.85:
            _euroband(rng, canvas, "", canvas.width - width, width, glyphs)
            number = f"{int(rng.integers(1, 96)):02d}"
            canvas.caption(
                glyphs.face(rng, "caption"),
                number,
                canvas.width - width + 6,
                canvas.height * 0.62,
                22.0,
                width - 12,
                WHITE,
            )
            right = width + 5.0
    if country == "P" and rng.random() < 0.6:
        canvas.rectangle(canvas.width - 36, 0, 36, canvas.height, YELLOW)
        for row, stamp in enumerate((int(rng.integers(90, 100)), int(rng.integers(1, 13)))):
            canvas.caption(
                glyphs.face(rng, "caption"), f"{stamp:02d}", canvas.width - 30, 22 + 40 * row, 24.0, 24.0, BLACK
            )
        right = 40.0
    margin = canvas.height * float(rng.uniform(0.1, 0.2))
    top = margin
    if country in ("IRL", "A") and rng.random() < 0.5:
        canvas.caption(glyphs.face(rng, "caption"), "BAILE ATHA", left, 4.0, 10.0, canvas.width - left - right, ink)
        top += 6.0
    area = (left, top, canvas.width - left - right, canvas.height - top - margin)
    draw_rows(rng, canvas, glyphs.face(rng, "latin"), printed, area, varied(rng, ink, 8.0))
    if rng.random() < 0.6:
        canvas.border(1.5, float(rng.uniform(1.5, 4)), 10.0, varied(rng, ink))
    if country == "GB" and rng.random() < 0.4:
        canvas.caption(
            glyphs.face(rng, "caption"),
            "MOTORS LTD",
            canvas.width * 0.3,
            canvas.height - 10,
            6.0,
            canvas.width * 0.4,
            BLACK,
        )
    return canvas, color


def draw_brazilian(
    rng: np.random.Generator, printed: str, mercosul: bool, glyphs: GlyphSource, scale: float
) -> tuple[Canvas, str]:
    """A Brazilian plate, old (grey, red, black or green) or of the Mercosul pattern, and its colour name."""
    two_rows = "/" in printed
    size = (200.0, 170.0) if two_rows else (400.0, 130.0)
    if mercosul:
        canvas = Canvas(*size, scale, varied(rng, WHITE))
        ink = ((25, 22, 22), (25, 22, 22), (30, 30, 180), (150, 60, 20), (60, 120, 30))[int(rng.integers(5))]
        strip = size[1] * float(rng.uniform(0.17, 0.24))
        canvas.rectangle(0, 0, size[0], strip, varied(rng, (160, 50, 0), 20.0))
        canvas.caption(
            glyphs.face(rng, "caption"), "BRASIL", size[0] * 0.3, strip * 0.2, strip * 0.6, size[0] * 0.4, WHITE
        )
        left = 12.0 if two_rows else float(rng.uniform(12, 45))
        if left > 30:
            canvas.caption(glyphs.face(rng, "caption"), "BR", 10.0, size[1] * 0.78, 14.0, 22.0, BLACK)
            canvas.rectangle(10.0, size[1] * 0.4, 18.0, 18.0, varied(rng, (120, 120, 120), 40.0))
        area = (left, strip + size[1] * 0.09, size[0] - left - 12, size[1] * 0.84 - strip)
        color = "white"
    else:
        look = int(rng.integers(6))
        ground, ink, color = (
            ((185, 185, 185), BLACK, "other"), ((185, 185, 185), BLACK, "other"), ((50, 40, 170), WHITE, "other"),
            (WHITE, BLACK, "white"), ((60, 130, 40), WHITE, "green"), ((30, 30, 30), (170, 190, 200), "black"),
        )[look]  # fmt: skip
        canvas = Canvas(*size, scale, varied(rng, ground))
        town = _letters(rng, 2) + " " + _letters(rng, int(rng.integers(4, 12)))
        canvas.caption(
            glyphs.face(rng, "caption"), town, size[0] * 0.15, size[1] * 0.07, size[1] * 0.11, size[0] * 0.7, ink
        )
        if rng.random() < 0.4:
            canvas.disc(size[0] * 0.5, size[1] * 0.5, 3.0, varied(rng, (120, 120, 120)))
        area = (14.0, size[1] * 0.26, size[0] - 28.0, size[1] * 0.62)
    draw_rows(rng, canvas, glyphs.face(rng, "brazil"), printed, area, varied(rng, ink, 8.0))
    if rng.random() < 0.8:
        canvas.border(2.0, 2.5, 8.0, varied(rng, ink))
    return canvas, color


def draw_other(rng: np.random.Generator, printed: str, glyphs: GlyphSource, scale: float) -> tuple[Canvas, str]:
    """A plate of no particular country and its colour name."""
    two_rows = "/" in printed
    height = float(rng.uniform(170, 230)) if two_rows else float(rng.uniform(95, 150))
    canvas = Canvas(float(rng.uniform(290, 350)) if two_rows else float(rng.uniform(380, 530)), height, scale, WHITE)
    looks: tuple[tuple[Colour, Colour, str], ...] = (
        (WHITE, BLACK, "white"), (WHITE, BLACK, "white"), (WHITE, (140, 40, 20), "white"), (YELLOW, BLACK, "yellow"),
        (BLACK, WHITE, "black"), ((90, 120, 30), WHITE, "green"), ((150, 60, 20), WHITE, "blue"),
        (WHITE, (40, 40, 180), "white"),
    )  # fmt: skip
    ground, ink, color = looks[int(rng.integers(len(looks)))]
    canvas.image[:] = varied(rng, ground)
    left = 10.0
    if rng.random() < 0.3:
        left = 45.0
        canvas.rectangle(0, 0, 38, height, varied(rng, ground))
        canvas.caption(glyphs.face(rng, "caption"), "IND", 6, height * 0.6, 16, 28, varied(rng, EURO_BLUE))
    margin = height * float(rng.uniform(0.1, 0.2))
    draw_rows(
        rng,
        canvas,
        glyphs.face(rng, "latin"),
        printed,
        (left, margin, canvas.width - left - 10, height - 2 * margin),
        varied(rng, ink),
    )
    if rng.random() < 0.6:
        canvas.border(float(rng.uniform(1, 5)), float(rng.uniform(2, 5)), 10.0, varied(rng, ink))
    return canvas, color


def _letters(rng: np.random.Generator, count: int) -> str:
    return "".join("ABCDEFGHIJKLMNOPRSTUVZ"[int(k)] for k in rng.integers(0, 22, count))

"""Flat things with lettering or bars that a detector takes for plates: signs, badges, stickers, grilles, panels."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from models.train.synthetic.canvas import Canvas, Colour, varied
from models.train.synthetic.glyphs import GlyphSource, OpenGlyphs
from vision.types import Image

Cover = NDArray[np.float32]

_WORDS = (
    "EXIT", "ENTRANCE", "PARKING", "STOP", "SLOW", "NO ENTRY", "TAXI", "TICKETS", "PAY HERE", "CARS ONLY", "HOTEL",
    "SALE", "OPEN", "ONE WAY", "GATE", "TRUCK", "VIP", "EXPRESS", "SERVICE", "BANK", "CAFE", "NO SMOKING", "STAFF",
    "出口", "入口", "停车场", "收费处", "减速慢行", "请出示", "欢迎光临", "禁止停车", "前方路口", "加油站", "车道",
    "一车一杆", "人行通道", "地下车库", "公司", "酒店", "高速公路", "收费标准", "月租车", "限高",
)  # fmt: skip
_BADGES = (
    "TOYOTA", "HONDA", "FORD", "VOLVO", "NISSAN", "KIA", "BYD", "HAVAL", "GEELY", "CHERY", "MAZDA", "AUDI", "SUZUKI",
    "HYUNDAI", "CRV", "X5", "2.0T", "1.8", "TDI", "HYBRID", "4WD", "AWD", "V6", "SPORT", "GLX", "330i", "TURBO", "EV",
)  # fmt: skip
_GROUNDS: tuple[Colour, ...] = (
    (160, 70, 10), (60, 130, 30), (235, 235, 235), (40, 40, 200), (30, 190, 240), (30, 30, 30), (200, 200, 200),
    (60, 110, 190), (120, 90, 60),
)  # fmt: skip


def sign(rng: np.random.Generator) -> tuple[Image, Cover]:
    """A board of one to four lines in words, with a margin, a frame or an arrow as boards have and plates have not."""
    rows = int(rng.choice([1, 2, 3, 4], p=[0.35, 0.3, 0.2, 0.15]))
    width = float(rng.uniform(90, 260))
    height = rows * float(rng.uniform(26, 44)) + float(rng.uniform(8, 40))
    ground = varied(rng, _GROUNDS[int(rng.integers(len(_GROUNDS)))], 25.0)
    ink = (240, 240, 240) if sum(ground) < 380 else varied(rng, ((30, 30, 30), (160, 50, 20), (30, 30, 190))[rows % 3])
    canvas = Canvas(width, height, 0.5, ground)
    step = height / rows
    for row in range(rows):
        size = step * float(rng.uniform(0.4, 0.75))
        _write(rng, canvas, 6, row * step + (step - size) / 2, size, width - 12, ink)
    if rng.random() < 0.4:
        canvas.border(3.0, 3.0, 8.0, ink)
    if rng.random() < 0.2:
        canvas.disc(height / 2, height / 2, height * 0.35, varied(rng, (40, 40, 200), 30.0))
    return canvas.image, np.ones(canvas.image.shape[:2], np.float32)


def badge(rng: np.random.Generator) -> tuple[Image, Cover]:
    """A maker's letters or emblem in chrome or black on bare bodywork: only the letters cover anything."""
    tone = varied(rng, (215, 215, 215) if rng.random() < 0.75 else (30, 30, 35), 25.0)
    size = float(rng.uniform(24, 50))
    if rng.random() < 0.3:
        canvas = Canvas(70, 50, 0.6, (0, 0, 0))
        axes = (int(rng.integers(10, 20)), int(rng.integers(7, 14)))
        cv2.ellipse(canvas.image, (21, 15), axes, 0, 0, 360, (255, 255, 255), int(rng.integers(2, 4)), cv2.LINE_AA)
        across = int(rng.integers(4, 20))
        cv2.ellipse(
            canvas.image,
            (21, 15),
            (across, axes[1]),
            float(rng.uniform(0, 90)),
            0,
            360,
            (255, 255, 255),
            2,
            cv2.LINE_AA,
        )
    else:
        word = _BADGES[int(rng.integers(len(_BADGES)))]
        canvas = Canvas(len(word) * size * float(rng.uniform(0.6, 1.3)), size + 6, 0.6, (0, 0, 0))
        canvas.caption(_glyphs().face(rng, "caption"), word, 2, 3, size, canvas.width - 4, (255, 255, 255))
    cover = np.asarray(canvas.image[..., 0] / np.float32(255), dtype=np.float32)
    shine = np.linspace(1.1, rng.uniform(0.5, 0.95), canvas.image.shape[0], dtype=np.float32)[:, None, None]
    lit = np.array(tone, np.float32) * shine * np.ones_like(canvas.image)
    return np.clip(lit, 0, 255).astype(np.uint8), cover


def sticker(rng: np.random.Generator) -> tuple[Image, Cover]:
    """A bumper sticker or a label on glass: words or a picture on a small ground of any colour, often oval."""
    width, height = float(rng.uniform(60, 140)), float(rng.uniform(30, 70))
    canvas = Canvas(width, height, 0.7, varied(rng, _GROUNDS[int(rng.integers(len(_GROUNDS)))], 40.0))
    ink = varied(rng, (235, 235, 235) if canvas.image.mean() < 120 else (40, 40, 40), 40.0)
    for row in range(int(rng.integers(1, 4))):
        size = height * float(rng.uniform(0.15, 0.4))
        _write(rng, canvas, width * 0.15, height * (0.12 + 0.3 * row), size, width * 0.7, ink)
    if rng.random() < 0.5:
        canvas.disc(width * rng.uniform(0.1, 0.9), height * 0.5, height * 0.3, varied(rng, (60, 60, 200), 70.0))
    cover = np.ones(canvas.image.shape[:2], np.float32)
    if rng.random() < 0.35:
        cover[:] = 0
        middle = (canvas.image.shape[1] // 2, canvas.image.shape[0] // 2)
        cv2.ellipse(cover, middle, middle, 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    return canvas.image, cover


def grille(rng: np.random.Generator) -> tuple[Image, Cover]:
    """Slats, bars or mesh, as of radiators, vents and barriers."""
    h, w = int(rng.integers(24, 60)), int(rng.integers(60, 160))
    dark, light = rng.uniform(5, 60), rng.uniform(50, 220)
    yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
    step = rng.uniform(3.5, 14)
    look = rng.random()
    if look < 0.4:
        wave = np.sin(2 * np.pi * yy / step)
    elif look < 0.65:
        wave = np.sin(2 * np.pi * (xx + rng.uniform(-1, 1) * yy) / step)
    else:
        wave = np.maximum(np.sin(2 * np.pi * (xx + yy) / step), np.sin(2 * np.pi * (xx - yy) / step))
    bars = 1 / (1 + np.exp(-(wave - rng.uniform(-0.3, 0.6)) * 8))
    tint = np.clip(1 + rng.normal(0, 0.06, 3), 0.7, 1.3) if rng.random() < 0.8 else rng.uniform(0.2, 1.0, 3)
    image = np.clip((dark + (light - dark) * bars)[..., None] * tint, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:  # a chrome surround, with an emblem in its middle
        cv2.rectangle(image, (0, 0), (w - 1, h - 1), varied(rng, (190, 190, 190), 30.0), int(rng.integers(1, 4)))
        if rng.random() < 0.6:
            cv2.circle(image, (w // 2, h // 2), h // 4, varied(rng, (200, 200, 200), 25.0), -1, cv2.LINE_AA)
    return image, np.ones((h, w), np.float32)


def panel(rng: np.random.Generator) -> tuple[Image, Cover]:
    """A bare reflector, lamp or recess with a plate's proportions and nothing on it."""
    h, w = int(rng.integers(14, 30)), int(rng.integers(45, 110))
    ends = np.array([varied(rng, _GROUNDS[int(rng.integers(len(_GROUNDS)))], 30.0)] * 2, np.float32)
    ends[1] *= rng.uniform(0.5, 1.1)
    image = np.clip(cv2.resize(ends[:, None, :], (w, h), interpolation=cv2.INTER_LINEAR), 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        cv2.rectangle(image, (0, 0), (w - 1, h - 1), varied(rng, (90, 90, 90), 60.0), 1)
    return image, np.ones((h, w), np.float32)


BOARDS: tuple[tuple[Callable[[np.random.Generator], tuple[Image, Cover]], float, tuple[float, float]], ...] = (
    (sign, 0.22, (0.08, 0.5)),
    (badge, 0.16, (0.03, 0.2)),
    (sticker, 0.1, (0.04, 0.2)),
    (grille, 0.16, (0.08, 0.45)),
    (panel, 0.08, (0.05, 0.25)),
)
"""What may stand in a scene, how often, and its width as a share of the picture's."""


@cache
def _glyphs() -> GlyphSource:
    return OpenGlyphs()


def _write(
    rng: np.random.Generator, canvas: Canvas, x: float, y: float, height: float, width: float, colour: Colour
) -> None:
    """A line of words, or of more digits than a plate has."""
    text = _WORDS[int(rng.integers(len(_WORDS)))]
    if rng.random() < 0.2:
        text = "".join("0123456789-"[int(n)] for n in rng.integers(0, 11, int(rng.integers(10, 15))))
    face = _glyphs().face(rng, "caption" if text.isascii() else "cn")
    canvas.caption(face, text, x, y, height, width, colour)

"""Rendered pictures of a code that a driver holds up to a lane's camera: on a phone, or printed."""

from typing import Literal

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

from lot_server.domain import ticket
from vision.types import Image

Surface = Literal["phone", "paper"]
WIDTH, HEIGHT = 1280, 720
_DRAWN = 8
"""Pixels a module at which a code is drawn, before it is seen from further away."""


def picture(rng: np.random.Generator, code: str, surface: Surface, module: float) -> Image:
    """One picture (720, 1280, 3) BGR uint8 in which a module of the code is about `module` pixels wide.

    A phone shows its code in light of its own, with a reflection and the grid of its dots; paper is lit unevenly,
    printed by a thermal printer past its best, and bent. Both are held at a slant of up to 20 degrees, turned by up to
    12, and slightly moved while the picture is taken; the camera adds noise and JPEG.
    """
    card = _phone(rng, code) if surface == "phone" else _paper(rng, code)
    scene = _seen(rng, card, module / _DRAWN)
    seen = _shaken(rng, scene, max(1.0, module))
    noisy = seen.astype(np.float32) + rng.normal(0, 5, seen.shape)
    stored = cv2.imencode(".jpg", np.clip(noisy, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    return np.asarray(cv2.imdecode(stored, cv2.IMREAD_COLOR), np.uint8)


def _modules(code: str, border: int) -> NDArray[np.float32]:
    """Grey levels, 0 to 1, of the code as it is drawn: a ticket as lanes draw it, a receipt with less to spare."""
    level = "q" if code.startswith(ticket.FORM) else "m"
    drawn = segno.make(code, micro=False, error=level, boost_error=False)
    dark = np.array([list(row) for row in drawn.matrix_iter(border=border)], np.uint8)
    return np.kron(1.0 - (dark > 0), np.ones((_DRAWN, _DRAWN))).astype(np.float32)


def _phone(rng: np.random.Generator, code: str) -> NDArray[np.float32]:
    grey = _modules(code, 3) * rng.uniform(0.75, 1.0) + rng.uniform(0.0, 0.12)
    grey[::3, :] *= 0.97
    rows, columns = np.mgrid[0 : grey.shape[0], 0 : grey.shape[1]] / max(grey.shape)
    centre, reach = rng.uniform(0, 1, 2), rng.uniform(0.1, 0.3)
    glare = np.exp(-((rows - centre[0]) ** 2 + (columns - centre[1]) ** 2) / (2 * reach**2)) * rng.uniform(0, 0.35)
    shown = np.repeat((grey * 235 + glare * 255)[..., None], 3, axis=2)
    return np.asarray(cv2.copyMakeBorder(shown, 90, 90, 30, 30, cv2.BORDER_CONSTANT, value=(25, 22, 20)), np.float32)


def _paper(rng: np.random.Generator, code: str) -> NDArray[np.float32]:
    grey = _modules(code, 4)
    # Heat spreads in the paper, and single heads of an old printer give less.
    grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), _DRAWN * 0.18), np.float32)
    faded = rng.random(grey.shape[1]) < 0.01
    grey[:, faded] = 0.5 + 0.5 * grey[:, faded]
    grey = 0.28 + 0.62 * grey
    light = np.linspace(rng.uniform(0.6, 1.0), rng.uniform(0.6, 1.0), grey.shape[1], dtype=np.float32)
    bend = (np.sin(np.linspace(0, np.pi, grey.shape[0])) * rng.uniform(0, _DRAWN / 2)).astype(np.float32)
    rows, columns = np.mgrid[0 : grey.shape[0], 0 : grey.shape[1]].astype(np.float32)
    bent = cv2.remap(grey * light, columns + bend[:, None], rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.repeat(bent[..., None] * 245, 3, axis=2).astype(np.float32)


def _seen(rng: np.random.Generator, card: NDArray[np.float32], scale: float) -> Image:
    """The card before a gate's background, slanted and turned."""
    height, width = card.shape[:2]
    slant, tilt = np.radians(rng.uniform(-20, 20, 2))
    turn = np.radians(rng.uniform(-12, 12))
    corners = np.array([[-width, -height], [width, -height], [width, height], [-width, height]], np.float64) / 2
    x, y = corners[:, 0] * np.cos(slant), corners[:, 1] * np.cos(tilt)
    depth = 1 + (corners[:, 0] * np.sin(slant) + corners[:, 1] * np.sin(tilt)) / (4 * max(width, height))
    flat = np.stack([x, y], axis=1) / depth[:, None] * scale
    turned = flat @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    room = np.array([WIDTH, HEIGHT]) / 2 - np.abs(turned).max(axis=0)
    place = np.array([WIDTH, HEIGHT]) / 2 + rng.uniform(-1, 1, 2) * np.maximum(room, 0) * 0.8
    warp = cv2.getPerspectiveTransform(
        np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32), (turned + place).astype(np.float32)
    )
    # Drawn large and seen small: without averaging, modules would be lost that a lens would have mixed.
    blurred = cv2.GaussianBlur(card, (0, 0), max(0.3, 0.35 / scale)) if scale < 1 else card
    ground = cv2.resize(
        rng.uniform(40, 170, (9, 16, 3)).astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC
    )
    seen = cv2.warpPerspective(blurred, warp, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.ones((height, width), np.float32), warp, (WIDTH, HEIGHT))[..., None]
    return np.clip(seen * mask + ground * (1 - mask), 0, 255).astype(np.uint8)


def _shaken(rng: np.random.Generator, scene: Image, module: float) -> Image:
    length = int(rng.uniform(0, 0.6) * module) + 1
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2, :] = 1 / length
    return np.asarray(cv2.filter2D(scene, -1, kernel), np.uint8)

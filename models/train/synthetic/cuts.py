"""Characters cut out of labelled crops of real blue plates, for plates recombined from what cameras really saw."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.train.synthetic.glyphs import Face, Family, Mask

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

_STARTS = np.array([15.5, 72.5, 151.5, 208.5, 265.5, 322.5, 379.5])
_CELL = 45.0
_GAPS = np.array([[4.0, 14.0], [62.0, 71.0], [119.0, 127.0], [141.0, 150.0], [198.0, 207.0], [255.0, 264.0],
                  [312.0, 321.0], [369.0, 378.0], [426.0, 436.0]])  # fmt: skip
"""Bare ground between the characters, either side of the dot too (GA 36-2014 figure 1; millimetres)."""
_LIKENESS, _PROVINCE_LIKENESS = 0.72, 0.6
"""Least correlation of a cut with the drawn character: below it the crop was askew or its label wrong. Provinces have
so many strokes that at few pixels even a good cut resembles them less."""
_CUT_HEIGHT, _CUT_WIDTH = 32, 16
_MOST = 40
_SETS = ("cn_crops_toll", "cn_crops_su", "cn_crops_blue")


@dataclass(frozen=True, slots=True)
class _Fit:
    """Pixels a millimetre across, the plate's left edge, and the characters' top and bottom in pixels."""

    across: float
    left: float
    top: int
    bottom: int


def cut_characters(crop: Image, text: str, drawn: Face) -> Iterator[tuple[str, Mask]]:
    """The characters of a blue plate's crop (H, W, 3, BGR) that resemble their drawn shapes, as ink masks 32 x 16.

    `text` has seven characters; those that `drawn` lacks (as `?`) are passed over."""
    ink = _ink(crop)
    if len(text) != len(_STARTS) or ink is None:
        return
    fit = _fit(ink)
    for char, start in zip(text, _STARTS, strict=True):
        left, right = (round(fit.left + (start + edge) * fit.across) for edge in (-2.0, _CELL + 2.0))
        if char == "?" or not drawn.has(char) or left < -1 or right > ink.shape[1] + 1:
            continue
        piece = ink[fit.top : fit.bottom, max(0, left) : right]
        if min(piece.shape) < 8:
            continue
        cut = np.asarray(cv2.resize(piece, (_CUT_WIDTH, _CUT_HEIGHT), interpolation=cv2.INTER_AREA), np.float32)
        ordered = np.sort(cut, axis=None)
        low, high = float(ordered[ordered.size // 12]), float(ordered[-ordered.size // 32])
        mask = np.clip((cut - low) / max(1.0, high - low) * 255, 0, 255).astype(np.uint8)
        shape = cv2.GaussianBlur(drawn.mask(char, _CUT_HEIGHT, _CUT_WIDTH), (0, 0), 1.0)
        likeness = float(cv2.matchTemplate(mask, shape.astype(np.uint8), cv2.TM_CCOEFF_NORMED)[0, 0])
        if likeness >= (_LIKENESS if char.isascii() else _PROVINCE_LIKENESS):
            yield char, mask


def collect_cuts(crops: Iterable[tuple[Image, str]], drawn: Face, most: int = _MOST) -> dict[str, list[Mask]]:
    """Up to `most` cuts a character from crops and their texts."""
    found: dict[str, list[Mask]] = {}
    for crop, text in crops:
        if all(len(found.get(char, ())) >= most for char in text):
            continue
        for char, mask in cut_characters(crop, text, drawn):
            kept = found.setdefault(char, [])
            if len(kept) < most:
                kept.append(mask)
    return found


def labelled_crops(data: Path, held_out_every: int) -> Iterator[tuple[Image, str]]:
    """The collection's labelled crops of blue plates; every n-th file of a set is held out and never cut."""
    for name in _SETS:
        places: dict[str, int] = {}
        with (data / name / "labels.csv").open(encoding="utf-8", newline="") as table:
            for line in csv.DictReader(table):
                place = places.setdefault(line["file"], len(places))
                if place % held_out_every == 0 or len(line["text"]) != len(_STARTS):
                    continue
                image = cv2.imread(str(data / name / line["file"]))
                if image is None:
                    raise OSError(f"cannot read {data / name / line['file']}")
                yield np.asarray(image, dtype=np.uint8), line["text"]


class CutFace:
    """A face of cuts; a character that was never cut is drawn and made as soft, so that softness tells nothing."""

    def __init__(self, cuts: Mapping[str, Sequence[Mask]], drawn: Face, start: int) -> None:
        self._cuts, self._drawn, self._turn = cuts, drawn, start

    def has(self, char: str) -> bool:
        return self._drawn.has(char)

    def mask(self, char: str, height: int, width: int | None = None) -> Mask:
        variants = self._cuts.get(char, ())
        self._turn += 1
        place = self._turn % (len(variants) + 2)  # drawn ones come among the cuts of every character
        if place < len(variants):
            small = variants[place]
        else:
            small = cv2.GaussianBlur(self._drawn.mask(char, _CUT_HEIGHT, _CUT_WIDTH), (0, 0), 0.8).astype(np.uint8)
        size = (max(1, width if width is not None else height // 2), max(1, height))
        return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


class CutGlyphs:
    """Faces of cuts for single-row Chinese plates; asked for any other family it raises KeyError."""

    def __init__(self, data: Path, drawn: Face, held_out_every: int) -> None:
        self._cuts, self._drawn = collect_cuts(labelled_crops(data, held_out_every), drawn), drawn

    def face(self, rng: np.random.Generator, family: Family) -> Face:
        if family != "cn":
            raise KeyError(f"no cuts for the family {family}: cut characters are of single-row Chinese plates")
        return CutFace(self._cuts, self._drawn, int(rng.integers(_MOST)))


def _ink(crop: Image) -> Floats | None:
    """How light each pixel is on a blue ground, 0..255; None where the ground is not blue."""
    blue, _, red = np.median(crop.reshape(-1, 3), axis=0)
    if blue < red + 25:
        return None
    return np.asarray(crop[..., 1:].mean(-1), dtype=np.float32)


def _fit(ink: Floats) -> _Fit:
    """Where the layout's gaps fall on the darkest columns, and the characters between the darkest rows."""
    height, width = ink.shape
    columns = _sums(ink[round(height * 0.22) : round(height * 0.78)].mean(0))
    scales, offsets = np.linspace(width / 470, width / 385, 20), np.linspace(-0.08 * width, 0.08 * width, 25)
    placed = offsets[None, :, None, None] + scales[:, None, None, None] * _GAPS[1:-1]
    edges = np.clip(np.round(placed), 0, width).astype(int)
    dark = (columns[edges[..., 1]] - columns[edges[..., 0]]) / np.maximum(1, edges[..., 1] - edges[..., 0])
    across, left = np.unravel_index(int(dark.mean(-1).argmin()), dark.shape[:2])
    rows = ink.mean(1)
    sums = _sums(rows)
    edged = np.pad(rows, 2, mode="edge")
    darkest = np.lib.stride_tricks.sliding_window_view(edged, 3).min(-1)  # of the rows before, darkest[n] ends at n
    tops, bottoms = np.arange(round(height * 0.3))[:, None], np.arange(round(height * 0.7), height + 1)[None, :]
    inside = (sums[bottoms] - sums[tops]) / (bottoms - tops)
    score = inside - 0.5 * (darkest[tops] + darkest[bottoms + 1]) + 0.08 * (bottoms - tops)
    top, bottom = np.unravel_index(int(score.argmax()), score.shape)
    return _Fit(float(scales[across]), float(offsets[left]), int(tops[top, 0]), int(bottoms[0, bottom]))


def _sums(values: Floats) -> NDArray[np.float64]:
    return np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])

"""Where the shapes of plate characters come from: open fonts from packages, or glyph bitmaps of a local collection."""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Mask = NDArray[np.uint8]
Family = Literal["cn", "cn_upper", "cn_lower", "cn_green", "latin", "brazil", "caption"]

_ROUND = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
_MOST_STRUCK = 40
_RASTER_PX = 96
"""Height at which a glyph is drawn once; plates are drawn smaller than this."""


class Face(Protocol):
    """One typeface: a shape for each of its characters."""

    def has(self, char: str) -> bool: ...

    def mask(self, char: str, height: int, width: int | None = None) -> Mask:
        """The character stretched to (height, width) pixels, 255 where there is ink; without width its own proportion.

        Raises KeyError for a character the face does not have."""
        ...


class GlyphSource(Protocol):
    """A collection of faces."""

    def face(self, rng: np.random.Generator, family: Family) -> Face:
        """A face of the family, chosen at random."""
        ...


class FontFace:
    """A face drawn from a TrueType or OpenType font; characters missing in it come from a second font."""

    def __init__(self, path: Path, fallback: Path | None = None) -> None:
        self._fonts = [ImageFont.truetype(str(p), _RASTER_PX) for p in (path, fallback) if p is not None]
        self._drawn: dict[str, Mask] = {}

    def has(self, char: str) -> bool:
        return bool(char.strip())

    def mask(self, char: str, height: int, width: int | None = None) -> Mask:
        if char not in self._drawn:
            latin = len(self._fonts) == 1 or char.isascii()
            self._drawn[char] = _draw(self._fonts[0 if latin else 1], char)
        ink = self._drawn[char]
        own = max(1, round(ink.shape[1] * height / ink.shape[0]))
        if width is None:
            return _resize(ink, height, own)
        if char in "1I":  # a stretched 1 would become a block
            narrow = min(own, width)
            cell = np.zeros((height, width), np.uint8)
            left = (width - narrow) // 2
            cell[:, left : left + narrow] = _resize(ink, height, narrow)
            return cell
        return _resize(ink, height, width)


class BitmapFace:
    """A face of ready bitmaps, several a character used by turns; characters it lacks come from another face."""

    def __init__(self, bitmaps: Mapping[str, Sequence[Mask]], fallback: Face) -> None:
        self._bitmaps, self._fallback = bitmaps, fallback
        self._turn = 0

    def has(self, char: str) -> bool:
        return char in self._bitmaps or self._fallback.has(char)

    def mask(self, char: str, height: int, width: int | None = None) -> Mask:
        if char not in self._bitmaps:
            return self._fallback.mask(char, height, width)
        variants = self._bitmaps[char]
        self._turn += 1
        ink = variants[self._turn % len(variants)]
        if width is None:
            width = max(1, round(ink.shape[1] * height / ink.shape[0]))
        return _resize(ink, height, width)


class PrintedFace:
    """A face as one plate carries it: strokes bolder or finer than the drawing, characters a little askew.

    Blanks are pressed and painted by many hands; at few pixels a stroke's weight decides what a province looks like."""

    def __init__(self, rng: np.random.Generator, face: Face) -> None:
        self._rng, self._face = rng, face
        self._weight = float(np.clip(rng.normal(0.0, 0.45), -0.8, 1.2))
        self._lean = float(rng.normal(0.0, 0.02))

    def has(self, char: str) -> bool:
        return self._face.has(char)

    def mask(self, char: str, height: int, width: int | None = None) -> Mask:
        ink = self._face.mask(char, height, width)
        rows, columns = ink.shape
        if min(rows, columns) < 8:
            return ink
        if abs(self._weight) > 0.1:
            turned = cv2.dilate(ink, _ROUND) if self._weight > 0 else cv2.erode(ink, _ROUND)
            share = min(1.0, abs(self._weight))
            ink = np.asarray(cv2.addWeighted(turned, share, ink, 1 - share, 0), dtype=np.uint8)
        tilt, growth, *shift = self._rng.normal(0.0, 0.012, 4).tolist()
        lean, grow = self._lean + tilt, 1 + growth
        matrix = np.array(
            [
                [grow, lean, shift[0] * columns - lean * rows / 2 + (1 - grow) * columns / 2],
                [0.4 * lean, grow, shift[1] * rows - 0.2 * lean * columns + (1 - grow) * rows / 2],
            ]
        )
        return np.asarray(cv2.warpAffine(ink, matrix, (columns, rows), flags=cv2.INTER_LINEAR), dtype=np.uint8)


class OpenGlyphs:
    """Faces from openly licensed fonts that are packages: Noto Sans CJK and a few families of signage lettering."""

    def __init__(self) -> None:
        latin = [_font(family, file) for family, file in _LATIN_FONTS]
        chinese = [_font(family, file) for family, file in _CHINESE_PLATE_FONTS]
        self._latin: list[Face] = [FontFace(path) for path in latin]
        self._chinese: list[Face] = [FontFace(path, fallback=_cjk()) for path in chinese]
        self._captions: list[Face] = [*self._latin, *(FontFace(_font(family, file)) for family, file in _CAPTION_FONTS)]

    def face(self, rng: np.random.Generator, family: Family) -> Face:
        faces = {"latin": self._latin, "brazil": self._latin, "caption": self._captions}.get(family, self._chinese)
        return faces[int(rng.integers(len(faces)))]


class CollectedGlyphs:
    """Faces from the photo collection's `glyphs`: official Chinese bitmaps, European and Brazilian sheets."""

    def __init__(self, folder: Path) -> None:
        chars = folder / "cn_chars"
        if not chars.is_dir():
            raise FileNotFoundError(f"no glyph bitmaps in {chars}: set OPENLOT_DATA to the photo collection")
        open_face = FontFace(_font(*_CHINESE_PLATE_FONTS[0]), fallback=_cjk())
        self._faces: dict[Family, list[Face]] = {
            "cn": [BitmapFace(_bitmaps(chars, "140_"), open_face)],
            "cn_upper": [BitmapFace(_bitmaps(chars, "220_") | _bitmaps(chars, "220_up_"), open_face)],
            "cn_lower": [BitmapFace(_bitmaps(chars, "220_") | _bitmaps(chars, "220_down_"), open_face)],
            "cn_green": [BitmapFace(_bitmaps(chars, "green_"), open_face)],
            "latin": [BitmapFace(_sheet(box), open_face) for box in sorted(folder.glob("*_font_sheets/*.box"))],
        }
        self._faces["latin"].append(FontFace(folder / "cn_font" / "platechar.ttf"))
        struck = BitmapFace(_struck(folder / "br_chars"), open_face)
        brazil = [BitmapFace(_sheet(box), open_face) for box in sorted(folder.glob("br_font_sheets/*.box"))]
        self._faces["brazil"] = [*brazil, struck]
        self._faces["latin"] += [struck, *(BitmapFace(_struck(folder / "gb_chars"), open_face) for _ in "ab")]

    def face(self, rng: np.random.Generator, family: Family) -> Face:
        faces = self._faces["latin" if family == "caption" else family]
        return faces[int(rng.integers(len(faces)))]


class MixedGlyphs:
    """Takes the first source with probability `share`, else the second."""

    def __init__(self, first: GlyphSource, second: GlyphSource, share: Mapping[Family, float]) -> None:
        self._first, self._second, self._share = first, second, share

    def face(self, rng: np.random.Generator, family: Family) -> Face:
        source = self._first if rng.random() < self._share.get(family, 0.0) else self._second
        return source.face(rng, family)


_LATIN_FONTS = (
    ("barlow", "Barlow-Medium.ttf"),
    ("barlow", "Barlow-SemiBold.ttf"),
    ("barlow_semi_condensed", "BarlowSemiCondensed-SemiBold.ttf"),
    ("barlow_semi_condensed", "BarlowSemiCondensed-Medium.ttf"),
    ("barlow_condensed", "BarlowCondensed-Medium.ttf"),
    ("barlow_condensed", "BarlowCondensed-SemiBold.ttf"),
    ("barlow_condensed", "BarlowCondensed-Bold.ttf"),
    ("saira_condensed", "SairaCondensed-Medium.ttf"),
    ("saira_condensed", "SairaCondensed-Bold.ttf"),
    ("fira_sans_condensed", "FiraSansCondensed-Medium.ttf"),
    ("fira_sans_condensed", "FiraSansCondensed-Bold.ttf"),
    ("share_tech", "ShareTech-Regular.ttf"),
    ("rajdhani", "Rajdhani-SemiBold.ttf"),
    ("rajdhani", "Rajdhani-Bold.ttf"),
    ("pt_sans_narrow", "PT_Sans-Narrow-Web-Bold.ttf"),
)
_CHINESE_PLATE_FONTS = (
    ("barlow_semi_condensed", "BarlowSemiCondensed-SemiBold.ttf"),
    ("barlow_condensed", "BarlowCondensed-SemiBold.ttf"),
    ("barlow", "Barlow-SemiBold.ttf"),
    ("saira_condensed", "SairaCondensed-SemiBold.ttf"),
)
_CAPTION_FONTS = (("lobster", "Lobster-Regular.ttf"),)


def _package_file(package: str, *parts: str) -> Path:
    with importlib.resources.as_file(importlib.resources.files(package).joinpath(*parts)) as path:
        return path


def _cjk() -> Path:
    return _package_file("cvttf_NotoSansCJK_Bold", "NotoSansCJKtc-Bold.otf")


def _font(family: str, file: str) -> Path:
    return _package_file(f"fontpkg_{family}", "files", file)


def _draw(font: ImageFont.FreeTypeFont, char: str) -> Mask:
    left, top, right, bottom = font.getbbox(char)
    if right <= left or bottom <= top:
        raise KeyError(char)
    image = Image.new("L", (int(right - left), int(bottom - top)), 0)
    ImageDraw.Draw(image).text((-left, -top), char, font=font, fill=255)
    return np.asarray(image, dtype=np.uint8)


def _resize(ink: Mask, height: int, width: int) -> Mask:
    shrink = height < ink.shape[0] and width < ink.shape[1]
    resized = cv2.resize(
        ink, (max(1, width), max(1, height)), interpolation=cv2.INTER_AREA if shrink else cv2.INTER_LINEAR
    )
    return np.asarray(resized, dtype=np.uint8)


def _read_grey(path: Path) -> Mask:
    image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise OSError(f"cannot read the picture {path}")
    return np.asarray(image, dtype=np.uint8)


def _bitmaps(folder: Path, prefix: str) -> dict[str, list[Mask]]:
    found = {p.stem.removeprefix(prefix): p for p in sorted(folder.glob(f"{prefix}*.jpg"))}
    return {
        char: [_resize(np.asarray(255 - _read_grey(path), dtype=np.uint8), 96, 48)]
        for char, path in found.items()
        if len(char) == 1
    }


def _struck(folder: Path) -> dict[str, list[Mask]]:
    """Characters cut from real plates: black on white, the file's first letter tells which.

    Cut to its ink a 1 or I fills its cell, whatever plate it is stretched to; these two are left out."""
    found: dict[str, list[Mask]] = {}
    for path in sorted(folder.glob("*.jpg")):
        char = path.name[0].upper()
        kept = found.setdefault(char, [])
        if char not in "1I" and len(kept) < _MOST_STRUCK:
            ink = np.asarray(255 - _read_grey(path), dtype=np.uint8)
            kept.append(np.asarray(cv2.GaussianBlur(ink, (0, 0), 0.7), dtype=np.uint8))
    return {char: kept for char, kept in found.items() if kept}


def _sheet(box: Path) -> dict[str, list[Mask]]:
    """Characters cut from a sheet by its box file (lines `char left bottom right top page`, origin bottom left)."""
    sheet = _read_grey(box.with_suffix(".tif"))
    cut: dict[str, list[Mask]] = {}
    for line in box.read_text(encoding="utf-8").splitlines():
        char, left, bottom, right, top, _ = line.split()
        glyph = 255 - sheet[sheet.shape[0] - int(top) : sheet.shape[0] - int(bottom), int(left) : int(right)]
        if len(char) == 1 and char.isascii() and glyph.size:
            cut.setdefault(char, []).append(np.asarray(glyph, dtype=np.uint8))
    return cut

"""Clean, flat number plates of many kinds, drawn from glyphs alone: for training, tests, benchmarks and the demo."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.train.synthetic.american import draw_american
from models.train.synthetic.chinese import STYLES, draw_chinese
from models.train.synthetic.chinese import printed as chinese_printed
from models.train.synthetic.glyphs import GlyphSource
from models.train.synthetic.latin import draw_brazilian, draw_european, draw_other
from models.train.synthetic.serials import (
    EUROPE,
    EUROPE_TWO_ROWS,
    OTHER,
    OTHER_TWO_ROWS,
    USA,
    LatinFormat,
    chinese_text,
    latin_text,
    normalised,
)
from vision.alphabet import LETTERS, PROVINCES

KIND_WEIGHTS: dict[str, float] = {
    "cn_blue": 26.0, "cn_green_small": 9.0, "cn_green_large": 2.5, "cn_yellow": 4.0, "cn_yellow_double": 10.0,
    "cn_trailer": 3.0, "cn_learner": 2.0, "cn_police": 4.0, "cn_army": 3.0, "cn_army_double": 1.2, "cn_hk_macao": 4.0,
    "cn_embassy": 1.5, "cn_consulate": 1.5, "cn_emergency": 1.0, "cn_airport": 0.4,
    "cn_motorcycle": 2.5, "cn_moped": 1.0, "cn_police_motorcycle": 0.6, "cn_tractor": 1.5,
    "eu": 18.0, "eu_double": 4.0, "br_old": 4.5, "br_mercosul": 3.5, "br_double": 0.7, "us": 14.0,
    "other": 4.0, "other_double": 1.5,
}  # fmt: skip
"""How often each kind is drawn when none is asked for."""

KINDS: tuple[str, ...] = tuple(KIND_WEIGHTS)
TWO_ROW_KINDS: tuple[str, ...] = (
    *(kind for kind in KINDS if kind.endswith("_double")),
    "cn_trailer", "cn_motorcycle", "cn_moped", "cn_police_motorcycle", "cn_tractor",
)  # fmt: skip


_CUMULATED = np.cumsum(list(KIND_WEIGHTS.values()))


@dataclass(frozen=True, slots=True, eq=False)
class PlateImage:
    """A clean plate seen from straight ahead.

    `image` is uint8 height x width x 3, BGR, the plate to its very edges. `text` is normalised, `printed` as shown,
    with ` / ` between rows. `color`, `layout` and `region` use the words of `vision.types`."""

    image: NDArray[np.uint8]
    text: str
    printed: str
    kind: str
    layout: str
    color: str
    region: str


def render_plate(
    rng: np.random.Generator,
    kind: str | None = None,
    text: str | None = None,
    *,
    glyphs: GlyphSource,
    scale: float = 0.6,
) -> PlateImage:
    """Draw one plate, `scale` pixels a millimetre.

    Without `kind` one is drawn by KIND_WEIGHTS, or, where a text is given, the kind the text looks like.
    Without `text` a text is drawn by the kind's rules. Separators in `text` print on plates with Latin letters.
    Raises ValueError for an unknown kind or a text that does not fit it."""
    if kind is None:
        kind = _draw_kind(rng) if text is None else kind_of(text)
    if kind not in KIND_WEIGHTS:
        raise ValueError(f"unknown kind of plate {kind!r}; choose one of {', '.join(KINDS)}")
    if kind.startswith("cn_"):
        return _render_chinese(rng, kind, text, glyphs, scale)
    return _render_latin(rng, kind, text, glyphs, scale)


def kind_of(text: str) -> str:
    """The kind a text looks like: Chinese ones by their marks, Brazilian ones by their pattern, all others European."""
    plain = normalised(text)
    if any(mark in plain for mark in "警学挂港澳领使应航"):
        marks = {
            "警": "police",
            "学": "learner",
            "挂": "trailer",
            "港": "hk_macao",
            "澳": "hk_macao",
            "领": "consulate",
        }
        marks |= {"使": "embassy", "应": "emergency", "航": "airport"}
        return "cn_" + next(name for mark, name in marks.items() if mark in plain)
    if plain.startswith("WJ") and len(plain) > 6:
        return "cn_army"
    if plain[:1] in PROVINCES:
        if len(plain) < 8:
            return "cn_blue"
        if plain[1:].isdigit():
            return "cn_tractor"
        return "cn_green_large" if plain[-1] in LETTERS else "cn_green_small"
    if re.fullmatch(r"[A-Z]{3}\d[A-Z]\d\d", plain):
        return "br_mercosul"
    return "eu_double" if "/" in text else "eu"


def _draw_kind(rng: np.random.Generator) -> str:
    return KINDS[int(np.searchsorted(_CUMULATED, rng.random() * _CUMULATED[-1], side="right"))]


def _render_chinese(
    rng: np.random.Generator, kind: str, text: str | None, glyphs: GlyphSource, scale: float
) -> PlateImage:
    while text is None:
        drawn = chinese_text(rng, "cn_army" if kind == "cn_army_double" else kind)
        text = drawn if kind != "cn_army_double" or len(drawn) == 7 else None
    plain = normalised(text)
    canvas = draw_chinese(rng, kind, plain, glyphs, scale)
    canvas.relief(float(rng.uniform(0, 60)))
    style = STYLES[kind]
    layout = "double" if kind in TWO_ROW_KINDS else "single"
    return PlateImage(canvas.image, plain, chinese_printed(kind, plain), kind, layout, style.color, "cn")


def _render_latin(
    rng: np.random.Generator, kind: str, text: str | None, glyphs: GlyphSource, scale: float
) -> PlateImage:
    printed, country = (text.upper(), "") if text is not None else _latin_serial(rng, kind)
    if not normalised(printed).isascii() or not normalised(printed):
        raise ValueError(f"a {kind} plate shows Latin letters and digits only, not {printed!r}")
    match kind:
        case "eu" | "eu_double":
            canvas, color = draw_european(rng, printed, country, glyphs, scale)
        case "br_old" | "br_mercosul" | "br_double":
            mercosul = kind == "br_mercosul" or (kind == "br_double" and bool(rng.integers(2)))
            canvas, color = draw_brazilian(rng, printed, mercosul, glyphs, scale)
        case "us":
            canvas, color = draw_american(rng, printed, glyphs, scale)
        case _:
            canvas, color = draw_other(rng, printed, glyphs, scale)
    canvas.relief(float(rng.uniform(0, 60)))
    shown = " ".join(printed.replace("*", " ").replace("/", " / ").split())
    layout = "double" if "/" in printed else "single"
    return PlateImage(canvas.image, normalised(printed), shown, kind, layout, color, kind.split("_")[0])


def _latin_serial(rng: np.random.Generator, kind: str) -> tuple[str, str]:
    match kind:
        case "eu":
            formats = EUROPE
        case "eu_double":
            formats = EUROPE_TWO_ROWS
        case "us":
            formats = USA
        case "br_old":
            formats = (LatinFormat("BR", "AAA-9999"), LatinFormat("BR", "AAA.9999"), LatinFormat("BR", "AAA 9999"))
        case "br_mercosul":
            formats = (LatinFormat("BR", "AAA9A99"),)
        case "br_double":
            formats = (LatinFormat("BR", "AAA/9A99"), LatinFormat("BR", "AAA/9999"))
        case "other_double":
            formats = OTHER_TWO_ROWS
        case _:
            formats = OTHER
    chosen = formats[int(rng.integers(len(formats)))]
    return latin_text(rng, chosen), chosen.country

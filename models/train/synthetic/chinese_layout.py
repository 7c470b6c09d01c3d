"""Where the characters of Chinese plates stand (GA 36-2014 figures 1-8; millimetres, origin top left)."""

from __future__ import annotations

from dataclasses import dataclass

from models.train.synthetic.glyphs import Family


@dataclass(frozen=True, slots=True)
class Cell:
    """A character's box, and the family of shapes that it is drawn from."""

    x: float
    y: float
    width: float
    height: float
    family: Family = "cn"


@dataclass(frozen=True, slots=True)
class Dot:
    """The round mark between office letter and serial: its centre and radius."""

    x: float
    y: float
    radius: float = 5.0


@dataclass(frozen=True, slots=True)
class Layout:
    """A plate of `width` x `height` with one cell a character, and its dot where it has one."""

    width: float
    height: float
    cells: tuple[Cell, ...]
    dot: Dot | None = None


def _row(xs: tuple[float, ...], y: float, width: float, height: float, family: Family = "cn") -> tuple[Cell, ...]:
    return tuple(Cell(x, y, width, height, family) for x in xs)


def _single(xs: tuple[float, ...], dot: float | None, radius: float = 5.0) -> Layout:
    return Layout(440.0, 140.0, _row(xs, 25.0, 45.0, 90.0), None if dot is None else Dot(dot, 70.0, radius))


_ORDINARY = _single((15.5, 72.5, 151.5, 208.5, 265.5, 322.5, 379.5), 134.5)
_EMBASSY = _single((15.5, 72.5, 129.5, 186.5, 265.5, 322.5, 379.5), 248.5)
_EMBASSY_2018 = _single((15.5, 72.5, 129.5, 208.5, 265.5, 322.5, 379.5), 191.5)
_CONSULATE_2018 = _single((15.5, 72.5, 129.5, 186.5, 265.5, 322.5, 379.5), 248.5)
_POLICE = _single((15.5, 94.5, 151.5, 208.5, 265.5, 322.5, 379.5), 77.5, 7.0)
_NEW_ENERGY = Layout(
    480.0,
    140.0,
    (
        Cell(15.5, 25.0, 45.0, 90.0, "cn_green"),
        *_row((69.5, 161.5, 213.5, 265.5, 317.5, 369.5, 421.5), 25.0, 43.0, 90.0, "cn_green"),
    ),
)
_LARGE = Layout(
    440.0,
    220.0,
    _row((110.0, 250.0), 15.0, 80.0, 60.0, "cn_upper")
    + _row((27.5, 107.5, 187.5, 267.5, 347.5), 90.0, 65.0, 110.0, "cn_lower"),
    Dot(220.0, 44.5),
)
_MOTORCYCLE = Layout(
    220.0,
    140.0,
    _row((45.0, 125.0), 10.0, 50.0, 50.0, "cn_upper") + _row((15.0, 55.0, 95.0, 135.0, 175.0), 70.0, 30.0, 60.0),
    Dot(110.0, 35.0),
)
_TRACTOR = Layout(  # the size is the farm machines' own standard's; the cells are measured on photos
    300.0,
    165.0,
    _row((60.0, 130.0, 185.0), 14.0, 45.0, 45.0, "cn_upper")
    + _row((20.0, 74.0, 128.0, 182.0, 236.0), 70.0, 44.0, 80.0),
)
_ARMED_POLICE_EIGHT = Layout(440.0, 140.0, _row(tuple(14.0 + 52.5 * n for n in range(8)), 25.0, 41.0, 90.0))
_ARMED_POLICE_NINE = Layout(  # WJ, the corps' two small digits, then five of full height
    440.0,
    140.0,
    _row((14.0, 66.0), 25.0, 45.0, 90.0)
    + _row((117.0, 143.0), 62.0, 23.0, 53.0)
    + _row((180.0, 231.0, 282.0, 333.0, 384.0), 25.0, 42.0, 90.0),
    Dot(173.0, 70.0, 4.0),
)
_EMERGENCY = Layout(  # the two last characters share a column
    440.0,
    140.0,
    (
        *_row((15.5, 94.5, 151.5, 208.5, 265.5, 322.5), 25.0, 45.0, 90.0),
        *(Cell(379.5, y, 46.0, 45.0) for y in (22.0, 73.0)),
    ),
    Dot(77.5, 70.0, 7.0),
)

_BY_KIND = {
    "cn_green_small": _NEW_ENERGY, "cn_green_large": _NEW_ENERGY, "cn_yellow_double": _LARGE, "cn_trailer": _LARGE,
    "cn_army_double": _LARGE, "cn_police": _POLICE, "cn_emergency": _EMERGENCY, "cn_motorcycle": _MOTORCYCLE,
    "cn_moped": _MOTORCYCLE, "cn_police_motorcycle": _MOTORCYCLE, "cn_tractor": _TRACTOR,
}  # fmt: skip


def layout_of(kind: str, text: str) -> Layout:
    """The layout of a kind's plate with that text. Raises ValueError where the number of characters differs."""
    layout = _BY_KIND.get(kind, _ORDINARY)
    if kind == "cn_embassy":
        layout = _EMBASSY if text.startswith("使") else _EMBASSY_2018
    elif kind == "cn_consulate" and text[1:2].isdigit():
        layout = _CONSULATE_2018
    elif kind == "cn_army" and len(text) > 7:
        layout = _ARMED_POLICE_NINE if len(text) == 9 else _ARMED_POLICE_EIGHT
    if len(text) != len(layout.cells):
        raise ValueError(f"a {kind} plate has {len(layout.cells)} characters, not {text!r}")
    return layout

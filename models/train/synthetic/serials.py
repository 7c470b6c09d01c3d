"""Texts of plates by kind, drawn at random by the rules of GA 36-2014 and of national formats elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vision.alphabet import DIGITS, LETTERS, PROVINCES

OFFICES: dict[str, str] = {
    "京": "ABCDEFGHJKLMNPQRSTUVWXYZ", "津": "ABCDEFGHJKLMNPQRSTUVWXYZ",
    "沪": "ABCDEFGHJKLMNPQRSTUVWXYZ", "渝": "ABCDEFGHJKLMNPQRSTUVWXYZ",
    "冀": "ABCDEFGHJRT", "晋": "ABCDEFHJKLM", "蒙": "ABCDEFGHJKLM", "辽": "ABCDEFGHJKLMNP", "吉": "ABCDEFGHJK",
    "黑": "ABCDEFGHJKLMNPR", "苏": "ABCDEFGHJKLMN", "浙": "ABCDEFGHJKL", "皖": "ABCDEFGHJKLMNPRS", "闽": "ABCDEFGHJK",
    "赣": "ABCDEFGHJKLM", "鲁": "ABCDEFGHJKLMNPQRSUVYW", "豫": "ABCDEFGHJKLMNPQRSU", "鄂": "ABCDEFGHJKLMNPQRS",
    "湘": "ABCDEFGHJKLMNSU", "粤": "ABCDEFGHJKLMNPQRSTUVWXY", "桂": "ABCDEFGHJKLMNPR", "琼": "ABCDEF",
    "川": "ABCDEFGHJKLMQRSTUVWXYZ", "贵": "ABCDEFGHJ", "云": "ACDEFGHJKLMNPQRS", "藏": "ABCDEFG", "陕": "ABCDEFGHJKV",
    "甘": "ABCDEFGHJKLMNP", "青": "ABCDEFGH", "宁": "ABCDE", "新": "ABCDEFGHJKLMNPQR",
}  # fmt: skip
"""Office letters in use by province (GA 36-2014 appendix A; the municipalities' full row)."""

SERIAL_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""I and O never stand in a Chinese serial."""

_LETTER_PLACES: tuple[tuple[int, ...], ...] = (
    (), (1,), (1, 2), (2,), (3,), (4,), (5,), (1, 5), (4, 5), (1, 3), (2, 3), (1, 4), (2, 4), (2, 5), (3, 4), (3, 5),
)  # fmt: skip
"""Where letters may stand among five places (GA 36-2014 table 3)."""

_ARMY_FIRST = "AKHBSLJNGCVZ"


@dataclass(frozen=True, slots=True)
class LatinFormat:
    """A national format. In `pattern` A is a letter, 9 a digit, `*` a seal or arms, `/` a new row; the rest prints."""

    country: str
    pattern: str
    without: str = ""
    """Letters that the format never uses."""


EUROPE: tuple[LatinFormat, ...] = (
    *(LatinFormat("GB", p, "IQZ") for p in ("AA99 AAA", "AA99 AAA", "A999 AAA", "AAA 999A")),
    *(
        LatinFormat("D", p)
        for p in ("A*AA 9999", "AA*A 999", "AA*AA 99", "AAA*A 99", "AAA*AA 999", "A*A 9999", "AA*AA 999", "AA*AA 9")
    ),
    *(LatinFormat("F", p, "IOU") for p in ("AA-999-AA", "AA-999-AA", "999 AA 99", "9999 AA 99")),
    *(LatinFormat("I", p, "IOQU") for p in ("AA 999AA", "AA 999 AA", "AA*999AA")),
    *(LatinFormat("E", p, "AEIOUQ") for p in ("9999 AAA", "9999-AAA")),
    LatinFormat("E", "A 9999 AA"),
    *(
        LatinFormat("NL", p, "AEIOUCQ")
        for p in ("99-AA-AA", "99-AAA-9", "9-AAA-99", "AA-999-A", "A-999-AA", "AA-99-AA", "99-AA-99", "AA-99-99")
    ),
    *(LatinFormat("PL", p, "Q") for p in ("AA 99999", "AA 9999A", "AAA 9999", "AAA 99AA", "AA 999AA", "AAA A999")),
    *(LatinFormat("CZ", p, "GOQW") for p in ("9A9 9999", "9AA 9999", "9A9*9999")),
    *(LatinFormat("SK", p) for p in ("AA-999AA", "AA*999AA")),
    *(LatinFormat("A", p, "Q") for p in ("A*99999A", "AA*999AA", "A*9999A", "AA 99 AAA", "A 99999A")),
    *(LatinFormat("CH", p) for p in ("AA*999999", "AA*99999", "AA.9999", "AA 999 999")),
    *(LatinFormat("B", p, "IOQ") for p in ("9-AAA-999", "AAA-999", "999-AAA")),
    *(LatinFormat("P", p, "KWY") for p in ("AA 99 AA", "99-AA-99", "99-99-AA", "AA-99-99")),
    *(LatinFormat("S", p, "IQV") for p in ("AAA 999", "AAA 99A")),
    LatinFormat("N", "AA 99999", "IMOQ"),
    LatinFormat("DK", "AA 99 999"),
    LatinFormat("FIN", "AAA-999"),
    *(LatinFormat("H", p) for p in ("AAA-999", "AA AA-999", "AAA*999")),
    *(LatinFormat("RO", p, "Q") for p in ("AA 99 AAA", "A 99 AAA", "A 999 AAA", "AA*99 AAA")),
    *(LatinFormat("HR", p, "QWXY") for p in ("AA*999-A", "AA*999-AA", "AA*9999-A", "AA*9999-AA")),
    *(LatinFormat("SLO", p) for p in ("AA*AA-999", "AA*A9-99A", "AA*99-AAA")),
    *(LatinFormat("IRL", p) for p in ("99-A-99999", "999-A-9999", "99-AA-999", "999-AA-99999")),
    *(LatinFormat("LT", p, "QWX") for p in ("AAA 999", "AAA*999")),
    *(LatinFormat("LV", p) for p in ("AA-9999", "AA-999")),
    LatinFormat("EST", "999 AAA"),
    *(LatinFormat("UA", p, "DFGJLNQRSUVWYZ") for p in ("AA 9999 AA", "AA9999AA")),
    *(LatinFormat("TR", p, "QWX") for p in ("99 A 9999", "99 AA 999", "99 AAA 99", "99 AA 9999", "99 AAA 999")),
    *(LatinFormat("BG", p, "DFGIJLNQRSUVWZ") for p in ("AA 9999 AA", "A 9999 AA")),
    *(LatinFormat("SRB", p, "QWXY") for p in ("AA*999-AA", "AA*9999-AA")),
    *(LatinFormat("L", p, "IOQ") for p in ("AA 9999", "AA9999")),
    *(LatinFormat("GR", p, "CDFGJLQRSUVW") for p in ("AAA-9999",)),
)
EUROPE_TWO_ROWS: tuple[LatinFormat, ...] = (
    *(LatinFormat("D", p) for p in ("A*/AA 999", "AA*/A 999", "AAA*/AA 99", "AA*/AA 99", "A*/AA 99")),
    *(LatinFormat("NL", p, "AEIOUCQ") for p in ("99-AA/AA", "99/AA-AA", "AA/99-99", "9-AA/A-99", "AA-/99-99")),
    *(LatinFormat("GB", p, "IQZ") for p in ("AA99/AAA", "A999/AAA")),
    *(LatinFormat("B", p, "IOQ") for p in ("9-AAA/999", "AAA/999")),
    *(LatinFormat("PL", p, "Q") for p in ("AA/99999", "AAA/9999", "AA/999A")),
    *(LatinFormat("I", p, "IOQU") for p in ("AA/999AA", "AA/99999")),
    *(LatinFormat("CH", p) for p in ("*AA*/999999", "*AA*/99 999")),
    *(LatinFormat("F", p, "IOU") for p in ("AA-999/AA", "999/AA 99")),
    *(LatinFormat("A", p, "Q") for p in ("A*/99999A", "A*/9999A", "AA*/99AAA")),
    *(LatinFormat("FIN", p) for p in ("AAA/999",)),
    *(LatinFormat("N", p, "IMOQ") for p in ("AA/99999",)),
    *(LatinFormat("LT", p, "QWX") for p in ("AAA/999",)),
    *(LatinFormat("CZ", p, "GOQW") for p in ("9A9/9999",)),
)
USA: tuple[LatinFormat, ...] = (
    *(
        LatinFormat("US", p)
        for p in ("9AAA999", "AAA-9999", "AAA 9999", "AA9*A999", "AA9-A999", "AAA A99", "A99 9AA", "999 9AA")
    ),
    *(
        LatinFormat("US", p)
        for p in ("999 AAA", "AA 99999", "AA9 9999", "A99 9999", "9AA A99", "A99-AAA", "AAA999", "AAA*999")
    ),
    *(
        LatinFormat("US", p)
        for p in ("999 AAA", "999*AAA", "AAA 999", "999AAA", "9A 99999", "99-99999", "AA 9999", "99A 999", "A99999")
    ),
    *(
        LatinFormat("US", p)
        for p in ("99*99999", "AA-9999", "9999 AA", "999 999", "A9 99999", "999A999", "AA99999", "AAA 99A")
    ),
    *(LatinFormat("US", p) for p in ("AAAAAA", "AAAAAAA", "AAAAA", "999999A", "A999999", "9999AA", "A 99999")),
)
OTHER: tuple[LatinFormat, ...] = (
    *(
        LatinFormat("IND", p, "IO")
        for p in ("AA 99 AA 9999", "AA 99 A 9999", "AA 9A AA 9999", "AA 99 9999", "AA99AA9999")
    ),
    *(LatinFormat("AR", p) for p in ("AAA 999", "AAA*999", "AA 999 AA")),
    *(LatinFormat("RUS", p, "DFGIJLNQRSUVWZ") for p in ("A999AA 99", "A999AA 999")),
    *(LatinFormat("VN", p) for p in ("99A-999.99", "99A-9999")),
    *(LatinFormat("IL", p) for p in ("99-999-99", "999-99-999")),
    *(LatinFormat("MY", p) for p in ("AAA 9999", "A 9999 A")),
    *(LatinFormat("AU", p) for p in ("AAA 99A", "AAA-999", "999 AAA")),
    *(LatinFormat("PH", p) for p in ("AAA 9999", "AAA 999")),
    *(LatinFormat("ZA", p) for p in ("AA 99 AA", "AAA 999 AA")),
)
OTHER_TWO_ROWS: tuple[LatinFormat, ...] = (
    *(LatinFormat("IND", p, "IO") for p in ("AA 99/AA 9999", "AA 99 A/9999", "AA99 AA/9999")),
    *(LatinFormat("VN", p) for p in ("99A/999.99", "99-A9/999.99", "99A/9999")),
    *(LatinFormat("AR", p) for p in ("A999/AAA",)),
)


def _pick(rng: np.random.Generator, chars: str) -> str:
    return chars[int(rng.integers(len(chars)))]


def _serial(rng: np.random.Generator, places: int) -> str:
    patterns = [p for p in _LETTER_PLACES if all(place <= places for place in p)]
    letters = patterns[int(rng.integers(len(patterns)))]
    return "".join(_pick(rng, SERIAL_LETTERS if place in letters else DIGITS) for place in range(1, places + 1))


def _digits(rng: np.random.Generator, count: int) -> str:
    return "".join(_pick(rng, DIGITS) for _ in range(count))


def chinese_text(rng: np.random.Generator, kind: str) -> str:
    """A text of a Chinese kind (`cn_...`), normalised. All 31 provinces are equally likely."""
    province = _pick(rng, PROVINCES)
    office = _pick(rng, OFFICES[province])
    match kind:
        case "cn_green_small":
            return province + office + _pick(rng, "DFABCEGHJK") + _pick(rng, DIGITS + SERIAL_LETTERS) + _digits(rng, 4)
        case "cn_green_large":
            return province + office + _digits(rng, 5) + _pick(rng, "DFABCEGHJK")
        case "cn_trailer":
            return province + office + _serial(rng, 4) + "挂"
        case "cn_learner":
            return province + office + _serial(rng, 4) + "学"
        case "cn_tractor":
            return province + _digits(rng, 7)
        case "cn_police" | "cn_police_motorcycle":
            return province + _pick(rng, OFFICES[province] + "O") + _serial(rng, 4) + "警"
        case "cn_army":
            if rng.random() < 0.5:
                return _pick(rng, _ARMY_FIRST) + _pick(rng, SERIAL_LETTERS) + _digits(rng, 5)
            if rng.random() < 0.4:
                return "WJ" + _digits(rng, 7)
            tail = _pick(rng, DIGITS + SERIAL_LETTERS)
            return "WJ" + (province if rng.random() < 0.7 else "") + _digits(rng, 4) + tail
        case "cn_hk_macao":
            return "粤Z" + _serial(rng, 4) + _pick(rng, "港澳")
        case "cn_embassy":
            return "使" + _digits(rng, 6) if rng.random() < 0.5 else _digits(rng, 6) + "使"
        case "cn_consulate":
            return province + (office + _serial(rng, 4) if rng.random() < 0.5 else _digits(rng, 5)) + "领"
        case "cn_emergency":
            return province + _pick(rng, "XS") + _digits(rng, 4) + "应急"
        case "cn_airport":
            return "民航" + _pick(rng, SERIAL_LETTERS) + _digits(rng, 4)
        case _:
            return province + office + _serial(rng, 5)


def latin_text(rng: np.random.Generator, format_: LatinFormat) -> str:
    """The pattern filled in, separators, seals and row breaks kept."""
    letters = "".join(c for c in LETTERS if c not in format_.without)
    filled = {"A": letters, "9": DIGITS}
    return "".join(_pick(rng, filled[c]) if c in filled else c for c in format_.pattern)


def normalised(printed: str) -> str:
    """Upper case without separators."""
    return "".join(c for c in printed.upper() if c.isalnum())

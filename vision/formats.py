"""The plate formats that grammar weighs: national rules as patterns, one line a family.

China: GA 36-2014 (appendix A for office letters, 5.8 for serials). Europe, the Americas and the rest: the national
rules as Wikipedia's pages "Vehicle registration plates of ..." give them.

In a pattern `P` is a province, `L` an office letter, `S` a serial character (digit, or letter but I and O), `N` a
new-energy letter, `A` a letter, `9` a digit; a lower-case letter stands for itself, and so does a Chinese character.
Whatever else stands there (`·`, `-`, space) is printed on the plate and no part of its text.
"""

from __future__ import annotations

from dataclasses import dataclass

from vision.types import Color, Region


@dataclass(frozen=True, slots=True)
class PlateFormat:
    """One format: its region, its pattern (see the module), the letters that `A` never is, and the colours of the
    plates that bear it (none stated: any)."""

    region: Region
    pattern: str
    without: str = ""
    colors: tuple[Color, ...] = ()


OFFICE_LETTERS: dict[str, str] = {
    "冀": "ABCDEFGHJRT", "晋": "ABCDEFHJKLM", "蒙": "ABCDEFGHJKLM", "辽": "ABCDEFGHJKLMNP", "吉": "ABCDEFGHJK",
    "黑": "ABCDEFGHJKLMNPR", "苏": "ABCDEFGHJKLMN", "浙": "ABCDEFGHJKL", "皖": "ABCDEFGHJKLMNPRS",
    "闽": "ABCDEFGHJK", "赣": "ABCDEFGHJKLM", "鲁": "ABCDEFGHJKLMNPQRSUVYW", "豫": "ABCDEFGHJKLMNPQRSU",
    "鄂": "ABCDEFGHJKLMNPQRS", "湘": "ABCDEFGHJKLMNSU", "粤": "ABCDEFGHJKLMNPQRSTUVWXYZ", "桂": "ABCDEFGHJKLMNPR",
    "琼": "ABCDEF", "川": "ABCDEFGHJKLMQRSTUVWXYZ", "贵": "ABCDEFGHJ", "云": "ACDEFGHJKLMNPQRS", "藏": "ABCDEFG",
    "陕": "ABCDEFGHJKV", "甘": "ABCDEFGHJKLMNP", "青": "ABCDEFGH", "宁": "ABCDE", "新": "ABCDEFGHJKLMNPQR",
}  # fmt: skip
"""Office letters in use by province; the municipalities 京 津 沪 渝 use the whole alphabet. O is for the police."""

_CHINA: dict[tuple[Color, ...], tuple[str, ...]] = {
    ("blue", "yellow"): ("PL·SSSSS",),
    ("green",): ("PL NS9999", "PL 99999N", "民航A9999", "P9999999"),
    ("yellow",): ("PL·SSSS挂", "PL·SSSS学"),
    ("white",): (
        "P·LSSSS警", "wjP9999S", "wj9999S", "wj9999999", "AA99999", "P·L9999应急",
    ),
    ("black",): ("PL·SSSS领", "P99999领", "粤z·SSSS港", "粤z·SSSS澳", "使999·999", "999·999使"),
}  # fmt: skip
"""Chinese formats by the colours of the plates that bear them (GA 36-2014 table 1)."""

_EUROPE: tuple[tuple[str, str], ...] = (
    ("AA99 AAA", "IQ"), ("A999 AAA", "IQZ"), ("A99 AAA", "IQZ"), ("AAA 999A", "IQZ"),  # United Kingdom
    ("A AA 9999", ""), ("A AA 999", ""), ("A A 9999", ""), ("A A 999", ""), ("AA A 9999", ""), ("AA A 999", ""),
    ("AA A 99", ""), ("AA AA 9999", ""), ("AA AA 999", ""), ("AA AA 99", ""), ("AA AA 9", ""), ("AAA A 999", ""),
    ("AAA A 99", ""), ("AAA A 9999", ""), ("AAA AA 999", ""), ("AAA AA 99", ""),  # Germany
    ("AA-999-AA", "IOU"), ("999 AAA 99", ""), ("9999 AA 99", ""), ("999 AA 99", ""),  # France
    ("AA 999AA", "IOQU"), ("9999 AAA", "AEIOUQ"), ("A 9999 AA", ""), ("AA 9999 AA", ""),  # Italy, Spain, Ukraine
    ("99-AA-AA", "AEIOUCQ"), ("99-AAA-9", "AEIOUCQ"), ("9-AAA-99", "AEIOUCQ"), ("AA-999-A", "AEIOUCQ"),
    ("A-999-AA", "AEIOUCQ"), ("AA-99-AA", ""), ("AA-AA-99", ""), ("AAA-99-A", "AEIOUCQ"),
    ("99-AA-99", ""), ("AA-99-99", ""), ("99-99-AA", ""),  # Netherlands, Portugal
    ("AA 99999", ""), ("AA 9999A", "Q"), ("AAA 9999", "Q"), ("AAA 99999", "Q"), ("AAA 99AA", "Q"), ("AAA A999", "Q"),
    ("AA 999A9", "Q"), ("AAA 9A999", "Q"),  # Poland
    ("9A9 9999", "GOQW"), ("9AA 9999", "GOQW"), ("9A9 999A", "GOQW"),  # Czechia
    ("A 99999A", "Q"), ("A 9999A", "Q"), ("AA 999AA", "Q"), ("AA 99AAA", "Q"), ("AA 9999A", "Q"),  # Austria
    ("AA·9999", ""), ("AA·99999", ""), ("AA·999999", ""),  # Switzerland, Latvia
    ("9-AAA-999", ""), ("AAA-999", ""), ("999-AAA", ""),  # Belgium, Finland, Hungary, Baltic states
    ("AAA 99A", "IQV"), ("AA 99 999", ""), ("AA AA-999", ""),  # Sweden, Denmark, Hungary
    ("AA 99 AAA", "Q"), ("A 99 AAA", "Q"), ("A 999 AAA", "Q"),  # Romania
    ("AA 999-A", "QWXY"), ("AA 999-AA", "QWXY"), ("AA 9999-A", "QWXY"), ("AA 9999-AA", "QWXY"),  # Croatia
    ("AA AA-999", ""), ("AA A9-99A", ""), ("AA 99-AAA", ""),  # Slovenia
    ("99-A-9999", ""), ("99-A-99999", ""), ("999-A-9999", ""), ("999-A-99999", ""), ("99-AA-999", ""),  # Ireland
    ("99 A 9999", "QWX"), ("99 AA 999", "QWX"), ("99 AA 9999", "QWX"), ("99 AAA 99", "QWX"), ("99 AAA 999", "QWX"),
)  # fmt: skip

_USA = (
    "9AAA999", "999AAA9", "AAA-9999", "AA9-A999", "AAA A99", "A99 9AA", "999 9AA", "999 AAA", "AAA 999", "AA 99999",
    "AA9 9999", "A99 9999", "9AA A99", "A99-AAA", "AAA999", "9A 99999", "99-99999", "AA 9999", "99A 999", "A99999",
    "9999 AA", "999 999", "A9 99999", "999A999", "AAA 99A", "9AA999", "A999999", "999999A",
)  # fmt: skip

_OTHER = (
    "AA 99 AA 9999", "AA 99 A 9999", "AA 9 AA 9999", "AA 99 9999",  # India
    "AA 999 AA", "AAA 999", "A999AAA",  # Argentina
    "A999AA 99", "A999AA 999", "99A-99999", "99A-9999",  # Russia, Vietnam
    "AAA 9999", "AAA 99A", "AA 99 AA", "AAA 999 AA", "99-999-99", "999-99-999",  # Malaysia, Australia, others
)  # fmt: skip

FORMATS: tuple[PlateFormat, ...] = (
    *(PlateFormat("cn", pattern, colors=colors) for colors, patterns in _CHINA.items() for pattern in patterns),
    *(PlateFormat("eu", pattern, without) for pattern, without in _EUROPE),
    *(PlateFormat("us", pattern) for pattern in _USA),
    *(PlateFormat("br", pattern) for pattern in ("AAA-9999", "AAA9A99")),
    *(PlateFormat("other", pattern) for pattern in _OTHER),
)
"""Every known format."""

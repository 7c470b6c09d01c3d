"""Which characters cameras take for each other.

Pairs that several readers are known for: Latin ones from the ALPR matchers and reviews gathered in the project's
notes on plates ({0 O D Q} 1/I 2/Z 5/S 8/B 6/G first, then the rarer shapes), Chinese ones from bug reports of open
readers. Symmetric: who reads B for 8 also reads 8 for B.
"""

_GROUPS = (
    "0ODQ", "1I", "2Z", "5S", "8B", "6G",
    "PB", "PR", "CG", "A4", "KX", "FE", "VW", "XY", "VU", "68", "53", "38", "08", "39", "49", "MW", "VY", "1T", "AR",
    "豫琼", "琼京", "鄂粤", "苏鄂", "苏桂", "辽宁", "苏渝", "苏甘",
)  # fmt: skip


def _gather() -> dict[str, str]:
    found: dict[str, str] = {}
    for group in _GROUPS:
        for character in group:
            found[character] = found.get(character, "") + group.replace(character, "")
    return found


LOOK_ALIKES: dict[str, str] = _gather()
"""Character -> every character it is mistaken for."""

"""The console's colours can be told apart: text on its ground has the contrast that WCAG 2.2 AA asks for."""

import re
from pathlib import Path

import pytest

import lot_server.console.app as app

CSS = (Path(app.__file__).parent / "static" / "console.css").read_text(encoding="utf-8")
LEAST = 4.5
PAIRS = (
    ("ink", "ground"),
    ("ink", "card"),
    ("quiet", "ground"),
    ("quiet", "card"),
    ("accent", "ground"),
    ("accent", "card"),
    ("on-accent", "accent"),
    ("good", "card"),
    ("good", "good-soft"),
    ("warn", "warn-soft"),
    ("card", "warn"),
    ("bad", "bad-soft"),
    ("card", "bad"),
)


def themes() -> dict[str, dict[str, tuple[float, ...]]]:
    """The colours by name, light and dark, as red, green, blue from 0 to 1."""
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    return {
        name: {key: rgb(value) for key, value in re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", block)}
        for name, block in zip(("light", "dark"), blocks, strict=True)
    }


def rgb(color: str) -> tuple[float, ...]:
    digits = color.removeprefix("#")
    whole = "".join(each * 2 for each in digits) if len(digits) == 3 else digits
    return tuple(int(whole[place : place + 2], 16) / 255 for place in (0, 2, 4))


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """The contrast ratio of WCAG 2.2, 1 to 21."""

    def luminance(color: tuple[float, ...]) -> float:
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_read(theme: str, text: str, ground: str) -> None:
    """Each text has a contrast of at least 4.5 to 1 to what it stands on, in light and in dark."""
    colors = themes()[theme]
    assert contrast(colors[text], colors[ground]) >= LEAST

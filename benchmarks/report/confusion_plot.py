"""Which characters are taken for which, as a grid."""

from markupsafe import Markup

from benchmarks.judging.confusion import Confusion
from benchmarks.report.svg import element, picture, text

MOST = 24
"""Kinds of mistakes that are shown, the commonest."""
CELL, LEFT, TOP = 17.0, 24.0, 34.0
NOTHING = "∅"


def confusion_plot(name: str, place_colour: str, confusion: Confusion) -> Markup:
    """True characters down, read ones across, darker the more often; ∅ for what was lost or added."""
    shown = dict(list(confusion.mistakes.items())[:MOST])
    rows = sorted({true for true, _ in shown}, key=_order)
    columns = sorted({read for _, read in shown}, key=_order)
    most = max(shown.values())
    width, height = max(LEFT + CELL * len(columns) + 4, 120.0), TOP + CELL * len(rows) + 4
    parts = [text(LEFT, 11, "read as", class_="title"), text(0, TOP - 6, "true", class_="title")]
    for i, read in enumerate(columns):
        parts.append(text(LEFT + CELL * (i + 0.5), TOP - 6, read or NOTHING, "middle", class_="character"))
    for j, true in enumerate(rows):
        y = TOP + CELL * j
        parts.append(text(LEFT - 7, y + 12.5, true or NOTHING, "end", class_="character"))
        for i, read in enumerate(columns):
            x, times = LEFT + CELL * i, shown.get((true, read), 0)
            depth = 0.15 + 0.85 * times / most if times else 0.0
            parts.append(element("rect", x=x, y=y, width=CELL - 1, height=CELL - 1, class_="cell"))
            if times:
                fill = {"width": CELL - 1, "height": CELL - 1, "fill": place_colour, "fill_opacity": depth}
                parts.append(element("rect", x=x, y=y, **fill))
                ink = "deep" if depth > 0.55 else "light"
                parts.append(text(x + CELL / 2 - 0.5, y + 12, str(times), "middle", class_=f"count {ink}"))
    return picture(width, height, f"Characters confused by {name}", *parts)


def _order(character: str) -> tuple[bool, str]:
    return (not character, character)

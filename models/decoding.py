"""What a card says of a network that was not made by this project: how it takes a picture and what its output means.

A card of one of the project's own networks has none of this; `vision.detect` and `vision.read` know theirs.

    [pixels]                              # the value of each channel is (0..255 - mean) / deviation
    channels = "bgr"                      # "rgb" | "bgr"
    mean = [127.5, 127.5, 127.5]
    deviation = [127.5, 127.5, 127.5]
    least_width = 320                     # optional, readers: narrower pictures are padded with the mean to this width

    [decode]                              # a reader
    form = "ctc"                          # "ctc": a class a column; "slots": a class a place of the text
    values = "probabilities"              # "probabilities" | "logits"
    blank = "first"                       # where the class for no character stands: "first" | "last"
    metadata = "character"                # optional: key of the network's own list of characters, one a line, that
                                          # stand before those of the card's `alphabet`

    [decode]                              # a detector of the YOLO family
    form = "candidates"                   # each begins with centre x, centre y, width, height, in pixels of the input
    each = "row"                          # "row": output (1, N, values); "column": (1, values, N)
    scores = [13, 15]                     # classes that are plates: first value and the one after the last
    objectness = 4                        # optional: the value that these are multiplied by
    corners = 5                           # optional: first of the four corners, clockwise from the plate's top left
    corner_values = 2                     # 3 where each corner's visibility stands after its x and y

    [decode]                              # a detector of text by a map, as PaddleOCR's (DB)
    form = "map"                          # output (1, 1, H, W): the probability that a pixel is of text
    grow = 1.6                            # a region's area over its outline, times this, is added on every side
                                          # [thresholds]: `map` of a pixel, `score` of a region's mean
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from models.errors import BadCard
from models.toml_table import TomlTable

Channels = Literal["rgb", "bgr"]
TextForm = Literal["ctc", "slots"]
Values = Literal["probabilities", "logits"]
Place = Literal["first", "last"]
Each = Literal["row", "column"]


@dataclass(frozen=True, slots=True)
class Pixels:
    """How a picture becomes the input: channel order, then (value - mean) / deviation by channel."""

    channels: Channels
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    least_width: int


@dataclass(frozen=True, slots=True)
class Characters:
    """A reader's output: probabilities or logits over the alphabet and one class for no character, for each column of
    the picture (`ctc`, equal neighbours are one character) or each place of the text (`slots`)."""

    form: TextForm
    values: Values
    blank: Place
    metadata: str | None


@dataclass(frozen=True, slots=True)
class Candidates:
    """A detector's output: N candidates of some values each, `scores` a range of them."""

    each: Each
    scores: tuple[int, int]
    objectness: int | None
    corners: int | None
    corner_values: int

    @property
    def needed(self) -> int:
        """The fewest values that a candidate may have."""
        corners_end = self.corners + 4 * self.corner_values if self.corners else 0
        return max(self.scores[1], (self.objectness or 0) + 1, corners_end)


@dataclass(frozen=True, slots=True)
class TextMap:
    """A detector's output: for each pixel the probability that it belongs to text."""

    grow: float


Decoding = Characters | Candidates | TextMap


def read_pixels(table: TomlTable) -> Pixels:
    """The table `[pixels]`. Raises BadCard."""
    order = table.choice("channels", get_args(Channels))
    mean, deviation = table.vector("mean", 3), table.vector("deviation", 3)
    if min(deviation) <= 0:
        raise BadCard(f"{table.where}: `deviation` must be above 0")
    least = table.whole("least_width") if "least_width" in table else 1
    table.close()
    return Pixels("rgb" if order == "rgb" else "bgr", mean, deviation, least)


def read_decoding(table: TomlTable, kind: str) -> Decoding:
    """The table `[decode]` of a card of that kind. Raises BadCard."""
    decoding = _characters(table) if kind == "reader" else _detections(table)
    table.close()
    return decoding


def _characters(table: TomlTable) -> Characters:
    form = table.choice("form", get_args(TextForm))
    values = table.choice("values", get_args(Values))
    blank = table.choice("blank", get_args(Place))
    return Characters(
        "ctc" if form == "ctc" else "slots",
        "logits" if values == "logits" else "probabilities",
        "first" if blank == "first" else "last",
        table.text("metadata") if "metadata" in table else None,
    )


def _detections(table: TomlTable) -> Candidates | TextMap:
    if table.choice("form", ("candidates", "map")) == "map":
        return TextMap(table.number("grow"))
    each = table.choice("each", get_args(Each))
    first, end = table.vector("scores", 2)
    if not 4 <= first < end:
        raise BadCard(f"{table.where}: `scores` must be [first value, the one after the last], after the box's four")
    corner_values = table.whole("corner_values") if "corner_values" in table else 2
    if corner_values not in (2, 3):
        raise BadCard(f"{table.where}: `corner_values` must be 2, or 3 with a visibility after x and y")
    return Candidates(
        "row" if each == "row" else "column",
        (int(first), int(end)),
        table.whole("objectness") if "objectness" in table else None,
        table.whole("corners") if "corners" in table else None,
        corner_values,
    )

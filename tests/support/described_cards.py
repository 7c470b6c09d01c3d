"""Cards of networks that are not the project's own, for tests."""

from pathlib import Path

from tiny_models import file_table

HEAD = """name = "foreign"
version = "1"
licence = "Apache-2.0"
"""
READER = (
    HEAD
    + """kind = "reader"
alphabet = " "

[input]
name = "x"
shape = ["batch", 3, 48, "width"]

[outputs.classes]
shape = ["batch", "columns", 40]

[pixels]
channels = "bgr"
mean = [1, 2, 3]
deviation = [4, 5, 6]
least_width = 320

[decode]
form = "ctc"
values = "probabilities"
blank = "first"
metadata = "character"
"""
)
DETECTOR = (
    HEAD
    + """kind = "detector"

[input]
name = "x"
shape = [1, 3, 64, 64]
long_side = 64

[outputs.found]
shape = [1, "candidates", 15]

[thresholds]
score = 0.3
iou = 0.5

[pixels]
channels = "rgb"
mean = [0, 0, 0]
deviation = [255, 255, 255]

[decode]
form = "candidates"
each = "row"
scores = [13, 15]
objectness = 4
corners = 5
"""
)
MAP_DETECTOR = (
    HEAD
    + """kind = "detector"

[input]
name = "x"
shape = ["batch", 3, "height", "width"]
long_side = 960

[outputs.fetch_name_0]
shape = ["batch", 1, "height", "width"]

[thresholds]
map = 0.3
score = 0.5

[pixels]
channels = "bgr"
mean = [127.5, 127.5, 127.5]
deviation = [127.5, 127.5, 127.5]

[decode]
form = "map"
grow = 1.6
"""
)


def write_card(folder: Path, text: str, weights: bytes) -> Path:
    """A card of this text, with its weight file beside it; returns the card's path."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "foreign.onnx"
    file.write_bytes(weights)
    card = folder / "foreign.toml"
    card.write_text(text + file_table("fp32", file), encoding="utf-8")
    return card

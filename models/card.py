"""A model's card: what the network takes and gives, which files hold it, and what it was measured at.

A card is one TOML file. Every key is checked; an unknown one is refused, so that a misspelt threshold never
turns silently into a default.

    name = "plate-reader"                 # letters, digits, dots, dashes, underscores
    kind = "reader"                       # "detector" | "reader"
    version = "1.0.0"
    licence = "AGPL-3.0-or-later"
    summary = "One line on what it is."   # optional
    alphabet = "0123...应急"              # readers only: class k + 1 is character k, class 0 the CTC blank

    [input]
    name = "images"
    type = "float32"
    shape = [1, 3, "height", "width"]     # a word is a dimension that may vary
    long_side = 416                       # detectors only: pixels that the longer side is scaled to

    [outputs.logits]                      # one table an output, by its name in the graph
    type = "float32"                      # optional, float32
    shape = ["batch", 42, 78]

    [files.fp32]                          # and [files.int8] where there is one
    path = "weights/plate-reader.onnx"    # see `Card.root`
    sha256 = "64 hex digits"
    bytes = 1900000

    [pixels]                              # networks of other makers: see models/decoding.py
    [decode]
    [thresholds]                          # detectors: score and iou
    [calibration]                         # numbers the confidence is worked out with
    [training]                            # free: how it was trained
    [metrics]                             # free: what it was measured at
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, get_args

from models.decoding import Decoding, Pixels, read_decoding, read_pixels
from models.errors import BadCard, UnsafeModel
from models.toml_table import Dimension, Fact, TomlTable

Kind = Literal["detector", "reader"]
Precision = Literal["fp32", "int8"]
TensorType = Literal["float32", "uint8", "int64"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One input or output of the graph: its name, element type and shape."""

    name: str
    type: TensorType
    shape: tuple[Dimension, ...]


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One ONNX file: where it lies (absolute), the checksum that pins it, and its size."""

    path: Path
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Card:
    """A parsed card. `thresholds` and `calibration` are numbers by name; `training` and `metrics` are free.

    `pixels` and `decoding` are None for the project's own networks, which need not say how they are used.
    """

    name: str
    kind: Kind
    version: str
    licence: str
    summary: str
    input: TensorSpec
    long_side: int | None
    outputs: tuple[TensorSpec, ...]
    files: Mapping[Precision, WeightFile]
    alphabet: tuple[str, ...]
    pixels: Pixels | None
    decoding: Decoding | None
    thresholds: Mapping[str, float]
    calibration: Mapping[str, float]
    training: Mapping[str, Fact]
    metrics: Mapping[str, Fact]
    path: Path

    def threshold(self, name: str) -> float:
        """The threshold called `name`. Raises BadCard when the card lacks it."""
        if name not in self.thresholds:
            raise BadCard(f"{self.path}: add `{name}` to [thresholds]; the pipeline needs it")
        return self.thresholds[name]


def load_card(path: Path, root: Path | None = None) -> Card:
    """The card in the TOML file at `path`; its weight paths start from `root`.

    Raises BadCard for a file that breaks the schema, UnsafeModel for a weight path that leaves the root. Without one,
    that is the folder above for a card in a folder called `cards`, and the card's own folder otherwise.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadCard(f"{path}: not a TOML file ({error}); see models/card.py for the schema") from error
    table = TomlTable(document, str(path), "")
    kind = table.choice("kind", get_args(Kind))
    entry = table.table("input")
    card = Card(
        name=table.text("name", _NAME),
        kind="detector" if kind == "detector" else "reader",
        version=table.text("version"),
        licence=table.text("licence"),
        summary=table.text("summary") if "summary" in table else "",
        input=TensorSpec(entry.text("name"), _tensor_type(entry), entry.shape("shape")),
        long_side=entry.whole("long_side") if kind == "detector" else None,
        outputs=_outputs(table.table("outputs")),
        files=_files(table.table("files"), root.resolve() if root else _root(path)),
        alphabet=tuple(table.text("alphabet")) if kind == "reader" else (),
        pixels=read_pixels(table.table("pixels")) if "pixels" in table else None,
        decoding=read_decoding(table.table("decode"), kind) if "decode" in table else None,
        thresholds=table.table("thresholds").numbers() if "thresholds" in table else {},
        calibration=table.table("calibration").numbers() if "calibration" in table else {},
        training=table.table("training").facts() if "training" in table else {},
        metrics=table.table("metrics").facts() if "metrics" in table else {},
        path=path,
    )
    entry.close()
    table.close()
    if len(set(card.alphabet)) != len(card.alphabet):
        raise BadCard(f"{path}: `alphabet` holds a character twice")
    if (card.pixels is None) != (card.decoding is None):
        raise BadCard(f"{path}: give [pixels] and [decode] both, or neither for a network of the project's own")
    return card


def _root(path: Path) -> Path:
    folder = path.resolve().parent
    return folder.parent if folder.name == "cards" else folder


def _tensor_type(table: TomlTable) -> TensorType:
    word = table.choice("type", get_args(TensorType)) if "type" in table else "float32"
    types: dict[str, TensorType] = {"float32": "float32", "uint8": "uint8", "int64": "int64"}
    return types[word]


def _outputs(table: TomlTable) -> tuple[TensorSpec, ...]:
    specs = []
    for name in table.names():
        output = table.table(name)
        specs.append(TensorSpec(name, _tensor_type(output), output.shape("shape")))
        output.close()
    if not specs:
        raise BadCard(f"{table.where}: name at least one output")
    return tuple(specs)


def _files(table: TomlTable, root: Path) -> dict[Precision, WeightFile]:
    files: dict[Precision, WeightFile] = {}
    for precision in get_args(Precision):
        if precision not in table:
            continue
        entry = table.table(precision)
        stated = entry.text("path")
        files[precision] = WeightFile(_inside(root, stated), entry.text("sha256", _SHA256), entry.whole("bytes"))
        entry.close()
    table.close()
    if not files:
        raise BadCard(f"{table.where}: give [files.fp32], [files.int8] or both")
    return files


def _inside(root: Path, stated: str) -> Path:
    plain = PurePosixPath(stated)
    target = (root / plain).resolve()
    if plain.is_absolute() or ".." in plain.parts or not target.is_relative_to(root):
        raise UnsafeModel(f"weight path {stated!r} leaves {root}; keep the file, and what it links to, inside")
    return target

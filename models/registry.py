"""Where models are found and how their bytes are trusted: by the checksum in their card, every time they are loaded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from models.card import Card, Kind, Precision, WeightFile, load_card
from models.errors import MissingWeights, TamperedWeights, UnknownModel
from models.onnx_safety import check_self_contained

SHIPPED = Path(__file__).parent / "cards"
"""The cards that come with the project."""


@dataclass(frozen=True, slots=True)
class Registry:
    """The models whose cards lie in one folder, and any other by the path of its card."""

    folder: Path = SHIPPED

    def cards(self) -> list[Card]:
        """Every card of the folder, by name. Raises BadCard or UnsafeModel for the first bad one."""
        return sorted((load_card(path) for path in self.folder.glob("*.toml")), key=lambda card: card.name)

    def find(self, name: str, kind: Kind) -> Card:
        """The card called `name` (or whose file is), or the one at the path `name`: a `.toml` card, or an `.onnx` file
        with its card beside it under the same stem.

        Raises UnknownModel where there is none, or it is of another kind; BadCard and UnsafeModel as `load_card`.
        """
        card = self._at_path(Path(name)) if name.endswith((".toml", ".onnx")) else self._called(name)
        if card.kind != kind:
            raise UnknownModel(f"{name} is a {card.kind}, not a {kind}; `openlot models list` shows what there is")
        return card

    def _called(self, name: str) -> Card:
        known = self.cards()
        for card in known:
            if name in (card.name, card.path.stem):
                return card
        names = ", ".join(card.name for card in known) or "none"
        raise UnknownModel(f"no model is called {name!r} (known: {names}); give one of these or the path of a card")

    def _at_path(self, path: Path) -> Card:
        card_path = path.with_suffix(".toml")
        if not path.is_file():
            raise UnknownModel(f"there is no file {path}; give the path of a card (.toml) or of an ONNX file with one")
        if not card_path.is_file():
            raise UnknownModel(f"{path} has no card; write {card_path} beside it (schema: models/card.py)")
        return load_card(card_path)


def read_weights(card: Card, precision: Precision) -> bytes:
    """The bytes of the card's weight file, checked against its checksum and for being self-contained.

    A runtime is handed these bytes, never the path, so that what was checked is what runs. Raises UnknownModel when
    the card has no file of that precision, MissingWeights, TamperedWeights, UnsafeModel.
    """
    if precision not in card.files:
        raise UnknownModel(f"{card.name} has no {precision} file; it has {', '.join(card.files)}")
    return verified_bytes(card.files[precision])


def verified_bytes(file: WeightFile) -> bytes:
    """The file's bytes. Raises MissingWeights, TamperedWeights or UnsafeModel."""
    try:
        size = file.path.stat().st_size
        content = file.path.read_bytes() if size == file.bytes else b""
    except OSError as error:
        raise MissingWeights(f"cannot read {file.path} ({error.strerror}); install openlot again") from error
    if size != file.bytes:
        raise TamperedWeights(f"{file.path} has {size} bytes, its card says {file.bytes}; install openlot again")
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise TamperedWeights(f"{file.path} is not the file its card pins (sha256 differs); install openlot again")
    check_self_contained(content, str(file.path))
    return content

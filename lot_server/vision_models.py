"""Which models the configuration names."""

from lot_server.config import LotConfig


def model_place(config: LotConfig, name: str) -> str:
    """A model's name as it is; the path of a card or of its weights starts at the configuration's folder."""
    return str(config.folder / name) if name.endswith((".toml", ".onnx")) else name

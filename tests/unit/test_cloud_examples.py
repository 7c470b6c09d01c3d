"""The documented configurations of the cloud and its sandbox provider are configurations."""

import shutil
from pathlib import Path

from api.config import load
from api.payments.sandbox_config import load_sandbox

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"


def test_the_examples_are_configurations_that_fit_each_other(tmp_path: Path) -> None:
    """cloud.toml and sandbox.toml are read as they stand, and the cloud finds the provider where that one listens."""
    for name in ("cloud.toml", "sandbox.toml"):
        shutil.copy(EXAMPLES / name, tmp_path)
    (tmp_path / "sandbox.secret").write_text("0123456789abcdef0123456789abcdef", encoding="ascii")
    cloud, sandbox = load(tmp_path / "cloud.toml"), load_sandbox(tmp_path / "sandbox.toml")
    assert cloud.sandbox is not None
    assert cloud.sandbox.url == sandbox.server.public_url
    assert cloud.sandbox.secret == sandbox.secret
    assert cloud.database_url.startswith("sqlite+aiosqlite")

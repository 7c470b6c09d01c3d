"""Every section of every service's configuration refuses a key that it does not know, and names its line."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from api.config import load as load_cloud
from api.errors import BadConfig as CloudConfigWrong
from api.payments.sandbox_config import load_sandbox
from cloud_sync.config import load_config as load_sync
from cloud_sync.errors import BadConfig as SyncConfigWrong
from lot_server.config import load_config as load_lot
from lot_server.errors import BadConfig as LotConfigWrong
from lot_server.tariff_config import load_tariffs

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
LOADERS: dict[str, Callable[[Path], object]] = {
    "lot.toml": load_lot,
    "lot-hardware.toml": load_lot,
    "tariffs.toml": load_tariffs,
    "sync.toml": load_sync,
    "cloud.toml": load_cloud,
    "sandbox.toml": load_sandbox,
}


def headers() -> list[tuple[str, int]]:
    """Each example with the line of each of its headers, from 1."""
    return [
        (name, number)
        for name in LOADERS
        for number, line in enumerate((EXAMPLES / name).read_text(encoding="utf-8").splitlines(), start=1)
        if re.match(r"\[", line)
    ]


@pytest.mark.parametrize(("name", "line"), headers())
def test_an_unknown_key_is_refused_by_its_line(tmp_path: Path, name: str, line: int) -> None:
    """A key that means nothing is an error of that file and line, wherever it stands."""
    lines = (EXAMPLES / name).read_text(encoding="utf-8").splitlines()
    file = tmp_path / name
    (tmp_path / "sandbox.secret").write_text("0123456789abcdef")
    file.write_text("\n".join([*lines[:line], "nonsense = 1", *lines[line:]]), encoding="utf-8")
    with pytest.raises((LotConfigWrong, SyncConfigWrong, CloudConfigWrong)) as refused:
        LOADERS[name](file)
    assert str(refused.value).startswith(f"{file}:{line + 1}: ")
    assert "nonsense" in str(refused.value)


@pytest.mark.parametrize("name", LOADERS)
def test_an_unknown_section_is_refused_by_its_line(tmp_path: Path, name: str) -> None:
    """So is a section."""
    file = tmp_path / name
    text = (EXAMPLES / name).read_text(encoding="utf-8").rstrip() + "\n[nonsense]\n"
    file.write_text(text, encoding="utf-8")
    with pytest.raises((LotConfigWrong, SyncConfigWrong, CloudConfigWrong)) as refused:
        LOADERS[name](file)
    assert str(refused.value).startswith(f"{file}:{len(text.splitlines())}: ")

"""docs/tariffs.md shows what the command prints."""

import re
import shlex
from pathlib import Path

import pytest

import openlot

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "tariffs.md").read_text(encoding="utf-8")
SHOWN = [block.split("\n", 1) for block in re.findall(r"```console\n\$ openlot (.*?)```", PAGE, re.DOTALL)]


@pytest.mark.parametrize(("command", "printed"), SHOWN, ids=lambda text: text[:70])
def test_the_page_is_true(
    command: str, printed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each command on the page prints what stands below it."""
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as ended:
        openlot.main(shlex.split(command))
    assert not ended.value.code
    assert capsys.readouterr().out == printed


def test_there_are_examples() -> None:
    """The page has its examples, so that this test cannot pass by finding none."""
    assert len(SHOWN) == 3

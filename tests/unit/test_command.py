"""The `openlot` command itself: what it lists, refuses and asks for."""

import importlib
import subprocess
import sys

import pytest

import openlot


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """--help names each command with its line of help and ends well."""
    openlot.main(["--help"])
    printed = capsys.readouterr().out
    assert all(f"{name} " in printed and text in printed for name, (_, _, text) in openlot.COMMANDS.items())


@pytest.mark.parametrize("words", [[], ["reed"]])
def test_wrong_usage_exits_2_and_lists_the_commands(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """No command, or one that there is none of, exits 2 and says which there are."""
    with pytest.raises(SystemExit) as ended:
        openlot.main(words)
    assert ended.value.code == 2
    assert "Commands" in capsys.readouterr().err


@pytest.mark.parametrize("name", list(openlot.COMMANDS))
def test_each_command_leads_somewhere(name: str) -> None:
    """The module and attribute of each command exist."""
    module, attribute, _ = openlot.COMMANDS[name]
    assert callable(getattr(importlib.import_module(module), attribute))


def test_a_missing_extra_is_named() -> None:
    """Without the packages of an extra, its command exits 1 and says what to install."""
    hidden = "import sys; sys.modules['httpx2'] = sys.modules['websockets'] = None"
    call = [sys.executable, "-c", f"{hidden}; import openlot; openlot.main(['sync', 'status'])"]
    ended = subprocess.run(call, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 1
    assert "pip install 'openlot[sync]'" in ended.stderr
    assert "Traceback" not in ended.stderr

"""docs/operations.md names commands and options that exist, and figures that are given."""

import re
from pathlib import Path

import pytest
import typer

from lot_server.cli import app

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_group(app).commands


def options() -> list[tuple[str, str]]:
    """Each `openlot lot COMMAND` of a code block with each of its options."""
    found = []
    for line in PAGE.splitlines():
        for command, rest in re.findall(r"openlot lot ([a-z-]+)((?: +[^|>]+)?)", line if line[:1] != " " else ""):
            found += [(command, option) for option in ["", *re.findall(r"--[a-z-]+", rest.split("`")[0])]]
    return sorted(set(found))


@pytest.mark.parametrize(("command", "option"), options())
def test_a_command_and_its_option_exist(command: str, option: str) -> None:
    """What the page tells an operator to type is understood."""
    assert command in COMMANDS
    found = COMMANDS[command]
    known = {
        name for each in getattr(found, "commands", {"": found}).values() for one in each.params for name in one.opts
    }
    assert option in known | {""}


@pytest.mark.parametrize("command", ["backup", "restore", "upgrade", "audit", "doctor", "clock", "systemd-unit"])
def test_every_command_for_running_it_is_on_the_page(command: str) -> None:
    """No such command is left out."""
    assert (command, "--config") in options()


def test_every_figure_on_the_page_is_given() -> None:
    """The names stand in the code that gives them."""
    sources = (Path(__file__).parents[2] / "lot_server" / "metrics").glob("*.py")
    code = "\n".join(source.read_text(encoding="utf-8") for source in sources)
    names = {name.removesuffix("_total") for name in re.findall(r"openlot_[a-z_]+", PAGE)}
    assert len(names) >= 8
    assert {name for name in names if f'"{name}"' not in code} == set()

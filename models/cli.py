"""`openlot models`: what models there are, whether they are what they should be, and how to make them."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from models.card import Card, Kind
from models.errors import ModelError, TrainingStackMissing, UnknownModel
from models.registry import Registry
from vision.errors import VisionError
from vision.session import Session

app = typer.Typer(add_completion=False, no_args_is_help=True, help="List, verify, export and train the plate models.")

FAILED, WRONG_USAGE = 1, 2
_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

_NEEDED: dict[Kind, tuple[str, ...]] = {
    "detector": ("torch", "torchvision", "ultralytics", "onnx"),
    "reader": ("torch", "onnx"),
}
"""Packages that the tools of each kind import, all of the extra `train`."""

WhichKind = Annotated[Kind, typer.Argument(help="Which of the two networks.")]


@app.command("list")
def list_models() -> None:
    """The models that come with this installation."""
    table = Table("name", "kind", "version", "licence", "files", "summary")
    with _explained():
        for card in Registry().cards():
            files = ", ".join(f"{name} {file.bytes / 1e6:.2f} MB" for name, file in card.files.items())
            table.add_row(card.name, card.kind, card.version, card.licence, files, card.summary)
    Console().print(table)


@app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Names, or paths of cards.")] = None,
) -> None:
    """Check each model's card, checksum and shape by loading it; all shipped ones by default.

    Exit status: 0 if all are sound, 1 if one is not, 2 for an unknown name.
    """
    with _explained():
        registry = Registry()
        cards = [_find(registry, name) for name in names] if names else registry.cards()
        for card in cards:
            for precision in card.files:
                Session(card, precision=precision)
                typer.echo(f"{card.name} {precision}: sound")


@app.command(context_settings=_PASSED_ON)
def export(context: typer.Context, kind: WhichKind) -> None:
    """Turn a training run into ONNX files and a card; options as of `python -m models.export.KIND --help`."""
    _run("export", kind, context.args)


@app.command(context_settings=_PASSED_ON)
def train(context: typer.Context, kind: WhichKind) -> None:
    """Train a network; options as of `python -m models.train.KIND --help`."""
    _run("train", kind, context.args)


def _find(registry: Registry, name: str) -> Card:
    """The card of either kind."""
    try:
        return registry.find(name, "detector")
    except UnknownModel:
        return registry.find(name, "reader")


def _run(tool: str, kind: Kind, arguments: list[str]) -> None:
    """Runs a tool that needs the training stack, as `python -m` would."""
    module = f"models.{tool}.{kind}"
    with _explained():
        missing = [name for name in _NEEDED[kind] if find_spec(name) is None]
        if missing:
            raise TrainingStackMissing(
                f"{' and '.join(missing)} not installed; install the extra: pip install 'openlot[train]' "
                "(models/train/requirements.txt names versions that go together)"
            )
        sys.argv = [module, *arguments]
        runpy.run_module(module, run_name="__main__", alter_sys=True)


@contextmanager
def _explained() -> Iterator[None]:
    """Turns a model's error into a message and an exit status."""
    try:
        yield
    except (ModelError, VisionError) as error:
        typer.echo(f"openlot: {error.code}: {error}", err=True)
        raise typer.Exit(WRONG_USAGE if isinstance(error, UnknownModel) else FAILED) from error

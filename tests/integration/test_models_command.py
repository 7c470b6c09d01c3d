"""`openlot models` lists and verifies models, and says what training needs."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from tiny_models import write_detector, write_reader
from typer.testing import CliRunner

import models.cli
from models.export.parity import ParityError
from models.registry import Registry

RUN = CliRunner()


def test_every_shipped_model_is_listed() -> None:
    """The list names each card that comes with the project."""
    result = RUN.invoke(models.cli.app, ["list"], env={"COLUMNS": "300"})
    assert result.exit_code == 0
    for card in Registry().cards():
        assert card.name in result.output


def test_every_shipped_model_is_sound() -> None:
    """Each shipped file has its pinned checksum, is self-contained, and is the network its card describes."""
    result = RUN.invoke(models.cli.app, ["verify"])
    assert result.exit_code == 0, result.output
    assert result.output.count(": sound") == sum(len(card.files) for card in Registry().cards())


def test_a_model_is_verified_by_path(tmp_path: Path) -> None:
    """A card of either kind may be named by its path."""
    paths = [str(write_detector(tmp_path, [])), str(write_reader(tmp_path, "A1"))]
    result = RUN.invoke(models.cli.app, ["verify", *paths])
    assert result.exit_code == 0, result.output
    assert "tiny-reader fp32: sound" in result.output


def test_tampered_weights_fail_and_unknown_names_are_wrong_usage(tmp_path: Path) -> None:
    """Verification ends with 1 for a changed file and with 2 for a name that nothing has, each with its code."""
    path = write_detector(tmp_path, [])
    path.with_suffix(".onnx").write_bytes(b"x")
    changed = RUN.invoke(models.cli.app, ["verify", str(path)])
    unknown = RUN.invoke(models.cli.app, ["verify", "nope"])
    assert (changed.exit_code, unknown.exit_code) == (1, 2)
    assert "tampered_weights" in changed.output
    assert "unknown_model" in unknown.output


@pytest.mark.parametrize("command", ["train", "export"])
def test_without_torch_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """Where torch is missing, training and export say which extra to install."""
    monkeypatch.setattr("models.cli.find_spec", lambda name: None if name == "torch" else find_spec(name))
    result = RUN.invoke(models.cli.app, [command, "reader"])
    assert result.exit_code == 1
    assert "openlot[train]" in result.output


def test_a_detectors_tools_need_ultralytics_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every package that is missing is named at once, before anything is imported."""
    monkeypatch.setattr("models.cli.find_spec", lambda name: None)
    result = RUN.invoke(models.cli.app, ["train", "detector"])
    assert result.exit_code == 1
    assert "training_stack_missing" in result.output
    assert "ultralytics" in result.output


def test_an_export_that_differs_is_an_error_with_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an exported network says other things than the trained one, the command fails and says so."""

    def differ(*_: object, **__: object) -> None:
        raise ParityError("input 0: the export is off by 1")

    monkeypatch.setattr("models.cli.find_spec", lambda name: find_spec("models"))
    monkeypatch.setattr("models.cli.runpy.run_module", differ)
    result = RUN.invoke(models.cli.app, ["export", "reader"])
    assert result.exit_code == 1
    assert "export_differs" in result.output

"""Both recipes from nothing to a read, by the commands that `models/train` names. Run by `make test-extras`."""

import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from openlot_command import openlot
from rendered_scene import rendered_scene

import models.train

pytestmark = pytest.mark.extras

A_FEW_STEPS = "0.1"
"""Minutes. A run ends after the step that spends them, so that there is always one."""
CHECKPOINTS = Path(models.train.__path__[0]) / "checkpoints"
"""What a run can begin with: so a few steps end with networks that read."""


def run(*arguments: object) -> str:
    """What `openlot models` prints, without a collection of photos. Fails the test if it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "OPENLOT_DATA"}
    command = [sys.executable, "-m", "openlot", "models", *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with cards/ and weights/ of two networks, each taught for a few more steps on generated pictures."""
    folder = tmp_path_factory.mktemp("trained")
    out, detector, reader = folder / "models", folder / "detector", folder / "reader"
    start = ("--minutes", A_FEW_STEPS, "--start")
    run("train", "detector", "--out", detector, *start, CHECKPOINTS / "detector.pt")
    printed = run(
        "export", "detector", "--checkpoint", detector / "checkpoint.pt", "--version", "0.0.1", "--models", out
    )
    assert "agrees with the trained network" in printed
    run("train", "reader", "--out", reader, "--batch", 8, "--peak", "1e-5", *start, CHECKPOINTS / "reader.pt")
    printed = run("export", "reader", "--checkpoint", reader / "last.pt", "--out", out, "--calibrate-on", 60)
    assert "parity of logits" in printed
    return out


def test_what_was_exported_is_sound(trained: Path) -> None:
    """Every file of both new cards, float and int8, loads in a session: checksum, operators, shapes are as stated."""
    for name in ("detector", "reader"):
        printed = run("verify", trained / "cards" / f"{name}.toml")
        assert f"{name} fp32: sound" in printed
        assert f"{name} int8: sound" in printed


def test_what_was_exported_reads(trained: Path, tmp_path: Path) -> None:
    """The command finds and reads a drawn plate with the new pair, in the precision that its self-test takes."""
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), rendered_scene("苏E05EV8", 0))
    cards = [trained / "cards" / f"{name}.toml" for name in ("detector", "reader")]
    result = openlot("read", photo, "--json", "--detector", cards[0], "--reader", cards[1])
    assert (result.status, result.err) == (0, "")
    (line,) = result.lines
    assert [plate["text"] for plate in line["plates"]] == ["苏E05EV8"]

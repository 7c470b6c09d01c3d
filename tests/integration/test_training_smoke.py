"""Both recipes from nothing to a read, by the commands that `models/train` names. Run by `make test-extras`."""

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.registry import Registry
from models.train.synthetic.glyphs import OpenGlyphs
from models.train.synthetic.plates import render_plate
from vision.grammar import Grammar
from vision.pipeline import Pipeline
from vision.read import OnnxReader
from vision.session import Session
from vision.types import Box, Detection

pytestmark = pytest.mark.extras

A_FEW_STEPS = "0.1"
"""Minutes. A run ends after the step that spends them, so that there is always one."""


def run(*arguments: object) -> str:
    """What `openlot models` prints, without a collection of photos. Fails the test if it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "OPENLOT_DATA"}
    command = [sys.executable, "-m", "openlot", "models", *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with cards/ and weights/ of two networks, each trained for a few steps on generated pictures."""
    folder = tmp_path_factory.mktemp("trained")
    models, detector, reader = folder / "models", folder / "detector", folder / "reader"
    run("train", "detector", "--out", detector, "--minutes", A_FEW_STEPS)
    printed = run(
        "export", "detector", "--checkpoint", detector / "checkpoint.pt", "--version", "0.0.1", "--models", models
    )
    assert "agrees with the trained network" in printed
    run("train", "reader", "--out", reader, "--minutes", A_FEW_STEPS, "--batch", 8)
    printed = run("export", "reader", "--checkpoint", reader / "last.pt", "--out", models, "--calibrate-on", 60)
    assert "parity of logits" in printed
    return models


def test_what_was_exported_is_sound(trained: Path) -> None:
    """Every file of both new cards loads in a session: checksum, operators and shapes are as the card says."""
    for name in ("detector", "reader"):
        assert f"{name} fp32: sound" in run("verify", trained / "cards" / f"{name}.toml")


def test_what_was_exported_reads(trained: Path) -> None:
    """A pipeline runs on the new cards, and the new reader gives a whole read of a plate whose corners are known."""
    plate = render_plate(np.random.default_rng(3), "eu", glyphs=OpenGlyphs()).image
    height, width = plate.shape[:2]
    picture = cv2.copyMakeBorder(plate, 200, 200, 200, 200, cv2.BORDER_CONSTANT, value=(90, 90, 90)).astype(np.uint8)
    registry = Registry(trained / "cards")
    for read in Pipeline.load(registry=registry).read(picture):
        assert 0 <= read.confidence <= 1
    corners = ((200.0, 200.0), (200.0 + width, 200.0), (200.0 + width, 200.0 + height), (200.0, 200.0 + height))
    found = Detection(Box(200, 200, 200 + width, 200 + height), corners, 0.9)
    read = OnnxReader(Session(registry.find("reader", "reader")), Grammar()).read(picture, found)
    assert 0 <= read.confidence <= 1
    assert len(read.positions) == len(read.guess)
    assert len(read.insertions) == len(read.guess) + 1

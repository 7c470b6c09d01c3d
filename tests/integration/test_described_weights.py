"""Real weights opened as if another maker had trained them: by what a card says of them and nothing else."""

from pathlib import Path

import cv2
import pytest
from described_cards import write_card
from openlot_command import openlot
from rendered_scene import rendered_scene

from models.card import Card
from models.registry import Registry, read_weights
from vision.alternatives.described_detector import DescribedDetector
from vision.detect_decode import decode, letterbox
from vision.geometry import to_quad
from vision.session import Session

PIXELS = """
[pixels]
channels = "rgb"
mean = [{mean}, {mean}, {mean}]
deviation = [{deviation}, {deviation}, {deviation}]
"""
OURS_AS_CANDIDATES = """
[decode]
form = "candidates"
each = "column"
scores = [4, 5]
corners = 5
"""
OURS_AS_CTC = """
[decode]
form = "ctc"
values = "logits"
blank = "first"
"""


def described(folder: Path, card: Card, long_side: int | None, output: str, tables: str) -> Path:
    """The card of a shipped network, described anew, beside a copy of its weights."""
    shapes = {spec.name: list(spec.shape) for spec in (card.input, *card.outputs)}
    lines = ['name = "described"', f'kind = "{card.kind}"', 'version = "1"', f'licence = "{card.licence}"']
    lines += [f'alphabet = "{"".join(card.alphabet)}"'] if card.alphabet else []
    lines += ["[input]", f'name = "{card.input.name}"', f"shape = {shapes[card.input.name]}"]
    lines += [f"long_side = {long_side}"] if long_side else []
    lines += [f"[outputs.{output}]", f"shape = {shapes[output]}"]
    thresholds = "".join(f"{name} = {value}\n" for name, value in card.thresholds.items())
    calibration = "".join(f"{name} = {value}\n" for name, value in card.calibration.items())
    text = "\n".join(lines) + f"\n[thresholds]\n{thresholds}\n[calibration]\n{calibration}" + tables
    return write_card(folder, text, read_weights(card, "fp32"))


@pytest.mark.parametrize("text", ["浙A93KQ1", "AB12CDE"])
def test_the_command_reads_with_a_described_pair(tmp_path: Path, text: str) -> None:
    """`openlot read --detector CARD --reader CARD` reads a drawn scene with real weights known by their cards alone."""
    detector = Registry().find("detector", "detector")
    reader = Registry().find("reader", "reader")
    looks = PIXELS.format(mean=0, deviation=255) + OURS_AS_CANDIDATES
    finds = described(tmp_path / "detector", detector, detector.long_side, "predictions", looks)
    reads = described(
        tmp_path / "reader", reader, None, "logits", PIXELS.format(mean=127.5, deviation=127.5) + OURS_AS_CTC
    )
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), rendered_scene(text, 1))
    result = openlot("read", photo, "--json", "--detector", finds, "--reader", reads)
    assert (result.status, result.err) == (0, "")
    (line,) = result.lines
    assert [plate["text"] for plate in line["plates"]] == [text]


def test_a_described_detector_finds_what_ours_finds(tmp_path: Path) -> None:
    """Box, corners and score of a plate are those that the same weights give to the project's own decoding."""
    card = Registry().find("detector", "detector")
    scene = rendered_scene("浙A93KQ1", 1)
    planes, transform = letterbox(scene, card.long_side or 0)
    (output,) = Session(card, precision="fp32").run(planes).values()
    ours = decode(output, transform, card.threshold("score"), card.threshold("iou"))
    looks = PIXELS.format(mean=0, deviation=255) + OURS_AS_CANDIDATES
    path = described(tmp_path, card, card.long_side, "predictions", looks)
    theirs = DescribedDetector(Session(Registry().find(str(path), "detector"))).detect(scene)
    assert len(theirs) == len(ours) > 0
    for one, other in zip(theirs, ours, strict=True):
        assert one.confidence == pytest.approx(other.confidence, abs=1e-4)
        assert to_quad(one.corners) == pytest.approx(to_quad(other.corners), abs=0.01)


def test_the_wrong_kind_of_description_is_refused_by_the_command(tmp_path: Path) -> None:
    """A card that names more characters than its network has classes ends the command with the reason."""
    reader = Registry().find("reader", "reader")
    tables = PIXELS.format(mean=127.5, deviation=127.5) + OURS_AS_CTC
    path = described(tmp_path, reader, None, "logits", tables)
    path.write_text(path.read_text(encoding="utf-8").replace('alphabet = "0', 'alphabet = "!0', 1), encoding="utf-8")
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), rendered_scene("AB12CDE", 1))
    result = openlot("read", photo, "--json", "--reader", path)
    assert result.status == 1
    assert "bad_card" in result.err
    assert "characters and the blank" in result.err

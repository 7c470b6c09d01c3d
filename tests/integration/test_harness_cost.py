"""What the bench costs is told by a ratio of runs in turn."""

import json
from pathlib import Path

import pytest
from openlot_command import openlot
from shell_reader import grey_photos
from tiny_models import write_detector, write_reader

from benchmarks.judging.ratios import ratio_of_medians


def test_a_ratio_of_medians_has_an_interval_that_pairs_runs() -> None:
    """What slows a whole run slows both sides and widens nothing; a steady difference is the ratio."""
    plain = [1.0, 5.0, 2.0, 9.0, 3.0, 1.5, 4.0, 2.5, 6.0, 7.0]
    found = ratio_of_medians([1.02 * time for time in plain], plain, 0)
    assert (found.value, found.low, found.high) == pytest.approx((1.02, 1.02, 1.02))
    noisy = ratio_of_medians([1.0, 2.0, 3.0, 4.0, 5.0], [2.0, 2.0, 2.0, 2.0, 2.0], 0)
    assert noisy.low < noisy.value == 1.5 < noisy.high
    with pytest.raises(ValueError, match="two runs"):
        ratio_of_medians([1.0], [1.0], 0)


def test_the_harness_is_measured_against_a_plain_loop(tmp_path: Path) -> None:
    """Both read the same photos, and the command tells the ratio with its interval."""
    grey_photos(tmp_path / "photos", 3)
    cards = {
        "detector": str(write_detector(tmp_path, [(32, 32, 20, 8, 0.9)])),
        "reader": str(write_reader(tmp_path, "AB12")),
    }
    file = tmp_path / "one.toml"
    rest = "\n".join(f"{key} = {json.dumps(value)}" for key, value in cards.items())
    file.write_text(f'[[candidate]]\nname = "x"\nkind = "openlot"\nprecision = "fp32"\n{rest}\n', encoding="utf-8")
    done = openlot("bench", "harness", "--data", tmp_path / "photos", "--candidate", file, "--runs", 3)
    assert done.status == 0, done.err
    assert "medians of 3 runs of 3 photos in turn" in done.out
    other = tmp_path / "two.toml"
    other.write_text('[[candidate]]\nname = "x"\nkind = "command"\ncommand = ["true"]\n', encoding="utf-8")
    refused = openlot("bench", "harness", "--data", tmp_path / "photos", "--candidate", other)
    assert (refused.status, "bad_candidate" in refused.err) == (2, True)

"""What a comparison means, in words."""

from benchmarks.judging.comparison import Comparison
from benchmarks.judging.intervals import Interval

SAME_COST = 0.05
"""A cost that differs by less than this is told as the same."""


def verdict(comparison: Comparison) -> str:
    """One sentence, such as `B reads 1.2 points more (0.3 to 2.1), costs 1.8×: switch`."""
    advice = {
        "switch": "switch",
        "stay": "don't switch",
        "alike": f"don't switch: at most {max(-comparison.net.low, comparison.net.high):.1f} points lie between them",
        "unsure": f"need {comparison.more_photos:,} more photos to tell"
        if comparison.more_photos
        else "need more photos to tell",
    }
    return f"{comparison.second} {_reads(comparison.gain)}{_costs(comparison)}: {advice[comparison.decision]}"


def reason(comparison: Comparison) -> str:
    """Why: what the cost must bring, and what McNemar's test says of the photos that only one reads."""
    split = (
        f"{_photos(comparison.only_second)} only {comparison.second} reads, {comparison.only_first} only "
        f"{comparison.first} (McNemar's exact p {_p(comparison.p)})"
    )
    if comparison.cost is None:
        return f"{split}; cost is left out: it was not measured alike for both."
    price = comparison.gain.value - comparison.net.value
    owed = f"must bring {points(price)}" if price >= 0 else f"may lose {points(-price)}"
    net = f"the difference to that is {signed(comparison.net.value)} ({_ends(comparison.net)})"
    return f"{split}; by {comparison.cost_of}, at {points(comparison.worth)} a doubling, the change {owed}, and {net}."


def _photos(number: int) -> str:
    return "1 photo" if number == 1 else f"{number:,} photos"


def points(number: float) -> str:
    """A number of points, as it is printed."""
    text = f"{number:.1f}".removesuffix(".0")
    return f"{text} point" if text == "1" else f"{number:.1f} points"


def signed(number: float) -> str:
    """A number of points with its sign, as it is printed; no sign at 0."""
    text = f"{number:+.1f}".replace("-", "\N{MINUS SIGN}")
    return "0.0" if text in ("+0.0", "\N{MINUS SIGN}0.0") else text


def _reads(gain: Interval) -> str:
    if f"{abs(gain.value):.1f}" == "0.0":
        return f"reads as much ({_ends(gain)})"
    if gain.value > 0:
        ends = f"{gain.low:.1f} to {gain.high:.1f}" if gain.low >= 0 else _ends(gain)
        return f"reads {points(gain.value)} more ({ends})"
    ends = f"{-gain.high:.1f} to {-gain.low:.1f}" if gain.high <= 0 else _ends(gain)
    return f"reads {points(-gain.value)} less ({ends})"


def _ends(interval: Interval) -> str:
    return f"{signed(interval.low)} to {signed(interval.high)}"


def _costs(comparison: Comparison) -> str:
    cost = comparison.cost
    if cost is None:
        return ""
    if abs(cost.value - 1) < SAME_COST:
        return ", costs the same"
    times = f"{cost.value:.1f}×" if cost.value >= 1 else f"{cost.value:.2f}×"
    return f", costs {times}"


def _p(value: float) -> str:
    return "under 0.001" if value < 0.001 else f"{value:.3f}"

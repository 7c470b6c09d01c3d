"""Which characters are taken for which."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from benchmarks.cards.edits import changes, is_another
from benchmarks.judging.outcomes import PlateOutcome


@dataclass(frozen=True, slots=True)
class Confusion:
    """`characters`: how often each true character was to be read. `mistakes`: (true, read) -> times, the commonest
    first; of a character that was lost `read` is empty, of one that was added `true` is."""

    characters: Mapping[str, int]
    mistakes: Mapping[tuple[str, str], int]


def confusion(plates: Iterable[PlateOutcome]) -> Confusion:
    """Over the best strings of all plates, each aligned with its truth; another text altogether tells nothing."""
    characters: Counter[str] = Counter()
    mistakes: Counter[tuple[str, str]] = Counter()
    for plate in plates:
        steps = changes(plate.true, plate.best)
        if plate.best and not is_another(plate.true, steps):
            characters.update(plate.true)
            mistakes.update((true, read) for _, true, read in steps)
    return Confusion(characters, dict(mistakes.most_common()))

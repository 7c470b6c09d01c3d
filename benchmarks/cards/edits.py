"""What tells a misread from the truth, as marks that name no plate."""

from collections.abc import Sequence

FAR = 0.5
"""Share of a true text's characters from which a read that differs in as many is another text altogether."""

Step = tuple[int, str, str]
"""Place in the true text (from 0), true character and read character; either is empty where there is none."""


def edit_marks(true: str, read: str) -> list[str]:
    """The fewest changes that make `read` of `true`: `浙>皖 at 1`, `lost 3 at 4`, `added X after 2`; places from 1.

    `another text` where half of the characters or more differ. Empty where both are the same.
    """
    steps = changes(true, read)
    if is_another(true, steps):
        return ["another text"]
    return [_mark(place, there, seen) for place, there, seen in steps]


def is_another(true: str, steps: Sequence[Step]) -> bool:
    """Whether so many changes make another text of a true one: at least two, and half of its characters."""
    return len(steps) >= max(2.0, FAR * len(true))


def nearest(read: str, true: Sequence[str]) -> str:
    """The true text that takes the fewest changes to become `read`."""
    return min(true, key=lambda text: len(changes(text, read)))


def changes(true: str, read: str) -> list[Step]:
    """The changes of the cheapest alignment (Levenshtein), in the order of the true text; empty where both are one."""
    if true == read:
        return []
    best: list[list[list[Step]]] = [[[] for _ in range(len(read) + 1)] for _ in range(len(true) + 1)]
    for i in range(len(true) + 1):
        for j in range(len(read) + 1):
            ways = []
            if i and j:
                same = true[i - 1] == read[j - 1]
                ways.append(best[i - 1][j - 1] + ([] if same else [(i - 1, true[i - 1], read[j - 1])]))
            if i:
                ways.append([*best[i - 1][j], (i - 1, true[i - 1], "")])
            if j:
                ways.append([*best[i][j - 1], (i, "", read[j - 1])])
            if ways:
                best[i][j] = min(ways, key=len)
    return best[-1][-1]


def _mark(place: int, there: str, seen: str) -> str:
    if not seen:
        return f"lost {there} at {place + 1}"
    return f"{there}>{seen} at {place + 1}" if there else f"added {seen} after {place}"

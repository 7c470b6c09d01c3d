"""The parts of a model's page, in Markdown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

from benchmarks.cards.curve import Look
from benchmarks.cards.figures import EmptyFigures, SetFigures
from benchmarks.cards.gallery import MOST, Gallery
from benchmarks.cards.reliability import reliability
from models.card import Card
from models.toml_table import Fact
from vision.session import PrecisionChoice

MARKS = 12
"""Kinds of mistakes that are listed for a set, the commonest first."""
SURE = 0.95


def identity(card: Card, choice: PrecisionChoice) -> str:
    """What the model is: licence, files and their checksums, and which file runs where this was written."""
    rows = [(precision, f"`{f.path.name}`", f"{f.bytes:,}", f"`{f.sha256}`") for precision, f in card.files.items()]
    times = ", ".join(f"{precision} {1000 * seconds:.1f} ms" for precision, seconds in choice.seconds.items())
    ran = f"{times}; {choice.chosen} runs" if times else f"{choice.chosen} runs"
    words = f"models/cards/{card.path.stem}.md"
    return f"""# {card.name} {card.version}

{card.summary} Licence {card.licence}. What it takes and gives, and its limits: [{words}](../../{words}).
What moved its figures: [log.md](log.md).

{table(("form", "file", "bytes", "sha256"), rows)}

`openlot models verify {card.name}` checks these. A session times both forms when it starts and takes the faster: where
this page was written, {ran}.
"""


def training(card: Card, looks: Sequence[Look]) -> str:
    """What the model was taught with, and how that went: plates found by a detector, texts read by a reader."""
    text = f"## Training\n\n{facts(card.training)}\n"
    if looks:
        done = "read right" if card.kind == "reader" else "found"
        rows = [(f"{look.step:,}", f"{look.right}/{look.total}", percent(look.right, look.total)) for look in looks]
        text += f"\nOn the development split, real pictures alone:\n\n{table(('step', done, '%'), rows)}\n"
    return text


def development(card: Card) -> str:
    """What the export measured, from the card."""
    plain = {key: fact for key, fact in card.metrics.items() if not isinstance(fact, Mapping)}
    text = f"## Development split\n\n{facts(plain)}\n"
    for precision, groups in card.metrics.items():
        if isinstance(groups, Mapping):
            scores = {name: group for name, group in groups.items() if isinstance(group, Mapping)}
            heads = list(dict.fromkeys(chain.from_iterable(group for group in scores.values())))
            rows = [(name, *(str(group.get(head, "")) for head in heads)) for name, group in scores.items()]
            text += f"\n{precision}:\n\n{table(('set', *heads), rows)}\n"
    return text


def photos_read(sets: Sequence[SetFigures], empty: Sequence[EmptyFigures], command: str) -> str:
    """How the pair reads whole photos."""
    rows = [
        (s.name, f"{s.right}/{s.photos}", percent(s.right, s.photos), f"{s.plates_read}/{s.plates}",
         "-" if s.false is None else str(s.false), f"{s.median_ms:.0f}")
        for s in sets
    ]  # fmt: skip
    text = f"""## Whole photos

Both shipped models together, on photos that took no part in training or tuning. Right: the surest text of the photo is
a true one (on Latin plates O = 0 and I = 1). False: texts on no labelled plate; some plates on the photos have none.

{table(("set", "right", "%", "plates read", "false", "median ms"), rows)}

`{command}`
"""
    for figures in empty:
        text += (
            f"\nOf {figures.photos} pictures without plates (`{figures.name}`, most of them shown to the detector in "
            f"training) {figures.texts} gave a text, {figures.likely} above 0.5, {figures.sure} above 0.8.\n"
        )
    return text


def photos_found(sets: Sequence[SetFigures]) -> str:
    """How many labelled plates of whole photos are found."""
    rows = [(s.name, f"{s.found}/{s.plates}", percent(s.found, s.plates)) for s in sets if s.found is not None]
    return f"""## Whole photos

Labelled plates that are found (IoU 0.5 or more; boxes are loose in part), whatever is read on them:

{table(("set", "found", "%"), rows)}
"""


def reliability_curve(sets: Sequence[SetFigures]) -> str:
    """How often reads are right, by their confidence."""
    bins = [b for b in reliability(list(chain.from_iterable(s.judged for s in sets))) if b.reads]
    rows = [
        (f"{b.low:g}-{b.high:g}", str(b.reads), str(b.right), f"{b.confidence:.3f}", f"{b.share:.3f}") for b in bins
    ]
    sure = [r for s in sets for r in s.judged if r.confidence >= SURE]
    right = sum(r.is_right for r in sure)
    names = ", ".join(f'"{b.low:g}-{b.high:g}"' for b in bins)
    return f"""## Reliability

Every text that was reported on these photos; one on a plate without a label counts as wrong.

{table(("confidence", "reads", "right", "mean confidence", "share right"), rows)}

```mermaid
xychart-beta
    title "Share right (bars) and mean confidence (line)"
    x-axis [{names}]
    y-axis 0 --> 1
    bar [{", ".join(f"{b.share:.3f}" for b in bins)}]
    line [{", ".join(f"{b.confidence:.3f}" for b in bins)}]
```

Of {len(sure)} reads at {SURE} or more {right} are right ({percent(right, len(sure))} %).
"""


def mistakes(sets: Sequence[SetFigures]) -> str:
    """What went wrong on real photos, as marks that show no plate."""
    rows = []
    for figures in sets:
        if figures.misses:
            named = [f"{mark} ({n})" if n > 1 else mark for mark, n in Counter(figures.misses).most_common(MARKS)]
            more = len(figures.misses) - MARKS
            rows.append((figures.name, ", ".join(named) + (f", {more} more" if more > 0 else "")))
    return f"""## Mistakes on real photos

True character > read character and its place; real photos cannot be shown here. Held back: found, but too unsure to
give a text.

{table(("set", "marks"), rows)}
"""


def gallery(rendered: Gallery, sheet: Path | None, shown: str, command: str) -> str:
    """What went wrong on rendered scenes, with a picture of it."""
    rows = [(kind, str(n), f"{found}/{n}", f"{right}/{n}") for kind, (n, found, right) in rendered.by_kind.items()]
    rows.append(
        ("all", str(rendered.scenes), f"{rendered.found}/{rendered.scenes}", f"{rendered.right}/{rendered.scenes}")
    )
    picture = f"![{shown}]({sheet.name})\n\n" if sheet else f"None of these scenes: {shown}.\n\n"
    return f"""## Rendered scenes

Plates of every kind on drawn vehicles, made as hard to read as in training: harder than a gate's. The sheet shows up to
{MOST} of them: {shown}. Below each the true text, then what was read; `?` was held back.

{picture}{table(("kind", "scenes", "found", "right"), rows)}

`{command}` writes this page.
"""


def facts(entries: Mapping[str, Fact]) -> str:
    """A list of facts."""
    return "\n".join(f"- {name.replace('_', ' ')}: {_plain(fact)}" for name, fact in entries.items())


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = ["| " + " | ".join(row) + " |" for row in (heads, ["---"] * len(heads), *rows)]
    return "\n".join(lines)


def percent(part: int | None, whole: int) -> str:
    """A share in per cent with one digit; `-` of nothing."""
    return f"{100 * (part or 0) / whole:.1f}" if whole else "-"


def _plain(fact: Fact) -> str:
    if isinstance(fact, tuple):
        return ", ".join(_plain(item) for item in fact)
    if isinstance(fact, Mapping):
        return "; ".join(f"{name} {_plain(item)}" for name, item in fact.items())
    return f"`{fact}`" if isinstance(fact, str) and fact.startswith("python -m") else str(fact)

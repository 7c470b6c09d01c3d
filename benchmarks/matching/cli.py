"""`openlot bench matching`: record reads, fit matching to a part of them, judge it on another."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.errors import BenchmarkError
from benchmarks.matching import fit as fitting
from benchmarks.matching import reads, recording
from benchmarks.matching.figures import Rate, RivalFigures, figures, missed_bars
from benchmarks.matching.patterns import order_of, pattern_of, taken_for
from benchmarks.matching.photos import all_readings
from benchmarks.matching.reads import PlateReading
from benchmarks.matching.rivals import shipped_rivals
from benchmarks.matching.simulation import Simulation, Traffic
from benchmarks.matching.speed import milliseconds_a_match
from lot_server.domain.look_alikes import FITTED, Fitted
from models.errors import ModelError
from models.registry import Registry
from vision.errors import VisionError
from vision.pipeline import DEFAULT_READER

BELOW_THE_BARS, FAILED = 1, 2
app = typer.Typer(help="Measure exit matching on reads of photos.", no_args_is_help=True, add_completion=False)

_Recording = Annotated[Path, typer.Option("--recording", help="A recording; else the one that ships.")]
_Visits = Annotated[int, typer.Option(min=1, help="Visits in all.")]
_Inside = Annotated[int, typer.Option(min=1, help="Vehicles inside at a time.")]
_Twins = Annotated[float, typer.Option(min=0, max=1, help="Share of vehicles that come while a twin is inside.")]
_Unknown = Annotated[float, typer.Option(min=0, max=1, help="Share of vehicles that come in without a stay.")]
_Seed = Annotated[int, typer.Option(help="Another seed, other visits.")]


@app.command()
def record(
    data: Annotated[Path, typer.Option(help="The photo collection.")],
    out: Annotated[Path, typer.Option(help="File for the reads with their true texts: keep it with the photos.")],
    shipped: Annotated[Path | None, typer.Option(help="File for the recording without anybody's plate.")] = None,
    teacher: Annotated[Path, typer.Option(help="Texts of models.train.teacher.")] = Path(
        "models/train/runs/teacher.csv"
    ),
    drawn: Annotated[int, typer.Option(min=1, help="Generated plates to read for look-alikes.")] = 2000,
    seed: _Seed = 1,
) -> None:
    """Read the photos that the reader was not trained on, and generated plates."""
    try:
        found = list(all_readings(data, teacher, drawn, seed))
        reads.save(found, out)
        if shipped is not None:
            _publish(found, shipped)
    except (BenchmarkError, ModelError, VisionError, OSError) as error:
        typer.echo(f"openlot bench: {error}", err=True)
        raise typer.Exit(FAILED) from error
    typer.echo(f"{out}: {len(found)} reads")


@app.command()
def publish(
    source: Annotated[Path, typer.Option("--reads", help="What `record` wrote.")],
    out: Annotated[Path, typer.Option(help="File for the recording without anybody's plate.")],
) -> None:
    """Take the plates out of recorded reads: what is left may be published, and the other commands want it."""
    try:
        _publish(reads.load(source), out)
    except (BenchmarkError, ModelError) as error:
        typer.echo(f"openlot bench: {error}", err=True)
        raise typer.Exit(FAILED) from error


@app.command()
def fit(
    limit: Annotated[float, typer.Option(help="Share of wrong opens to hold, of all exits.")] = 1e-4,
    out: Annotated[Path, typer.Option(help="File for the figures.")] = FITTED,
    source: _Recording = recording.SHIPPED,
    visits: _Visits = 50_000,
    inside: _Inside = 300,
    twins: _Twins = 0.01,
    unknown: _Unknown = 0.005,
    seed: _Seed = 1,
) -> None:
    """Fit matching to one half of the photos held back from training; no other read is looked at."""
    try:
        recorded = recording.load(source)
        misreading, likelihood = fitting.fit_misreading(recorded, seed)
        patterns = recorded.fitted_to()
        traffic = Traffic(visits, inside, twins=twins, unknown=unknown)
        exits = fitting.judged(patterns, recorded.order, misreading, traffic, seed + 1)
    except BenchmarkError as error:
        typer.echo(f"openlot bench: {error}", err=True)
        raise typer.Exit(FAILED) from error
    fitted = Fitted(misreading, limit, fitting.most_doubt(exits, limit))
    told = [
        f"How reads by {recorded.reader} fail: fitted to half of its reads of photos held back, {len(patterns)} reads,",
        f"and {visits:,} visits replayed from it, {inside} inside, {twins:.1%} twins, {unknown:.1%} without a stay.",
        f"openlot bench matching fit --limit {limit:g} --visits {visits} --seed {seed}",
        f"Mean log probability of the true plate: {likelihood:.4f}.",
    ]
    fitting.write(out, fitted, told)
    typer.echo(f"{out}: most doubt {fitted.most_doubt:g}")


@app.command()
def run(
    source: _Recording = recording.SHIPPED,
    every_kind: Annotated[bool, typer.Option("--every-kind", help="Latin plates too, not Chinese ones alone.")] = False,
    visits: _Visits = 100_000,
    inside: _Inside = 300,
    twins: _Twins = 0.01,
    unknown: _Unknown = 0.005,
    seed: _Seed = 1,
    check: Annotated[bool, typer.Option("--check", help="Exit status 1 below the bars.")] = False,
) -> None:
    """Replay visits and count whom each way of matching traps, and for whom it opens wrongly."""
    try:
        recorded = recording.load(source)
        patterns = recorded.held_back(chinese=not every_kind)
        simulation = Simulation(patterns, recorded.order, Traffic(visits, inside, twins=twins, unknown=unknown), seed)
        rivals = shipped_rivals()
        exits = simulation.run(rivals)
    except BenchmarkError as error:
        typer.echo(f"openlot bench: {error}", err=True)
        raise typer.Exit(FAILED) from error
    found = figures(list(rivals), exits, len(patterns), seed)
    used = simulation.used
    wrong = sum(not each.is_right for each in used)
    _show(found, f"{visits:,} visits, {inside} inside, {len(used)} reads, {wrong} of them wrong")
    missed = missed_bars(found)
    for each in missed:
        typer.echo(f"below the bar: {each}", err=True)
    if check and missed:
        raise typer.Exit(BELOW_THE_BARS)


@app.command()
def speed(
    source: _Recording = recording.SHIPPED,
    inside: Annotated[str, typer.Option(help="Numbers of vehicles inside, with commas.")] = "300,3000",
    seed: _Seed = 1,
) -> None:
    """Say how long one match takes on one core."""
    try:
        recorded = recording.load(source)
        patterns = recorded.held_back(chinese=True)
        for count in map(int, inside.split(",")):
            took = milliseconds_a_match(patterns, recorded.order, count, seed)
            typer.echo(f"{count:,} inside: {took:.2f} ms a match")
    except BenchmarkError as error:
        typer.echo(f"openlot bench: {error}", err=True)
        raise typer.Exit(FAILED) from error
    except ValueError as error:
        raise typer.BadParameter("numbers with commas between them, as 300,3000", param_hint="--inside") from error


def _publish(found: list[PlateReading], file: Path) -> None:
    """Write the recording: patterns of photos; of generated plates only which characters were mixed up."""
    counts = recording.thousandths(taken_for([each for each in found if each.part == "drawn"]))
    order = order_of(counts)
    card = Registry().find(DEFAULT_READER, "reader")
    patterns = [pattern_of(each, order) for each in found if each.part != "drawn"]
    recording.save(f"{card.name} {card.version}", counts, patterns, file)


def _show(found: list[RivalFigures], title: str) -> None:
    table = Table("in 10,000 visits", "trapped", "of them twins", "wrong opens", title=title)
    for each in found:
        table.add_row(each.name, _cell(each.trapped), str(each.trapped_twins), _cell(each.wrong))
    Console().print(table)


def _cell(rate: Rate) -> str:
    return f"{rate.value:.2f} ({rate.low:.2f} to {rate.high:.2f}; {rate.count:,} seen)"

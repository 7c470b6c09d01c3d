"""`openlot bench run` and `openlot bench harness`."""

import os
import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks.candidates.spec import PipelineSpec, expanded, load_specs
from benchmarks.datasets.formats import Format, load_dataset
from benchmarks.errors import BadCandidate, BenchmarkError
from benchmarks.run_folder import Prediction, RunFolder, stored_path
from benchmarks.running.harness_cost import harness_cost
from benchmarks.running.run import CHUNK, Plan, Runner

FAILED, INTERRUPTED = 2, 130


def run(
    data: Annotated[Path, typer.Option(help="The folder of labelled photos.")],
    out: Annotated[Path, typer.Option(help="Folder for what was read; the same one again goes on with a killed run.")],
    candidate: Annotated[
        list[Path] | None, typer.Option(help="A TOML file of candidates, may be repeated; none: the shipped models.")
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="How the labels are laid out.")] = Format.AUTO,
    photos: Annotated[
        int | None, typer.Option(min=1, help="Read so many of the photos only, drawn by the seed.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Times that every photo is read.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Shuffles photos and candidates otherwise.")] = 0,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds that a candidate may take for one photo.")] = 60.0,
) -> None:
    """Run candidates over labelled photos, and keep what each read and what it cost. Nothing is judged here.

    Exit status: 0 when every candidate was given every photo (errors on photos are kept and counted), 2 otherwise.
    """
    files = candidate or []
    try:
        specs = load_specs(files)
        dataset = load_dataset(data, format_, photos, seed)
        typer.echo(f"{len(dataset.samples)} photos, labels as `{dataset.format}`", err=True)
        plan = Plan(dataset, specs, rounds, seed, timeout, _command(data, files, format_, photos, rounds, seed))
        names, folder = [spec.name for spec in specs], RunFolder(out)
        with _bars() as bars:
            tasks = {name: bars.add_task(name, total=rounds * len(dataset.samples)) for name in names}
            runner = Runner(plan, folder, lambda name, count: bars.advance(tasks[name], count))
            for name, count in runner.done.items():
                bars.advance(tasks[name], count)
            runner.run()
        for name in names:
            _tell_failures(name, folder.predictions(name))
        typer.echo(f"openlot bench report {shlex.quote(os.fspath(out))} says what came out", err=True)
    except BenchmarkError as error:
        typer.echo(f"openlot bench: {error.code}: {error}", err=True)
        raise typer.Exit(FAILED) from error
    except KeyboardInterrupt as error:
        typer.echo(f"openlot bench: stopped; the same command goes on from {out}", err=True)
        raise typer.Exit(INTERRUPTED) from error


def harness(
    data: Annotated[Path, typer.Option(help="The folder of labelled photos.")],
    candidate: Annotated[
        Path | None, typer.Option(help="A TOML file whose first candidate is of the kind openlot; none: the usual.")
    ] = None,
    photos: Annotated[int, typer.Option(min=1, help="Photos that are read in each run.")] = CHUNK,
    runs: Annotated[int, typer.Option(min=2, help="Runs, each by the bench and by a plain loop.")] = 12,
    seed: Annotated[int, typer.Option(min=0, help="Chooses other photos and another order.")] = 0,
) -> None:
    """Measure what the bench itself costs over calling the reader in a loop."""
    try:
        spec = expanded(load_specs([candidate] if candidate else [])[0])
        if not isinstance(spec, PipelineSpec) or spec.threads > 1:
            raise BadCandidate(f"{spec.name} is not openlot's pipeline on one thread; give one that is")
        chosen = load_dataset(data, most=photos, seed=seed).samples
        cost = harness_cost(spec, [sample.path for sample in chosen], runs, seed)
    except BenchmarkError as error:
        typer.echo(f"openlot bench: {error.code}: {error}", err=True)
        raise typer.Exit(FAILED) from error
    typer.echo(
        f"by the bench over a plain loop: {cost.value:.3f} ({cost.low:.3f} to {cost.high:.3f}), medians of {runs} runs "
        f"of {len(chosen)} photos in turn"
    )


def _tell_failures(name: str, predictions: Sequence[Prediction]) -> None:
    """Photos that a candidate failed on count as wrong: who ran it must hear of them before reading any figure."""
    errors = [prediction.error for prediction in predictions if prediction.error is not None]
    codes = Counter(error.code for error in errors)
    for code, times in codes.most_common():
        example = next(error.message for error in errors if error.code == code)
        typer.echo(f"{name}: {times} of {len(predictions)} reads failed: {code}: {example}", err=True)


def _bars() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


def _command(data: Path, files: list[Path], format_: Format, photos: int | None, rounds: int, seed: int) -> str:
    """The command as a report shows it: where the photos lie is told by their collection's variable."""
    words = ["openlot", "bench", "run", "--data", stored_path(data)]
    for file in files:
        words += ["--candidate", os.fspath(file)]
    words += [] if format_ is Format.AUTO else ["--format", format_]
    words += [] if photos is None else ["--photos", str(photos)]
    words += ["--rounds", str(rounds), "--seed", str(seed), "--out", "OUT"]
    return " ".join(word if word.startswith("$") else shlex.quote(word) for word in words)

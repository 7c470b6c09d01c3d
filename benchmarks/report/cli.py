"""`openlot bench report` and `openlot bench compare`: what a run says, and whether a change may go in."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.errors import BadRunFolder, BenchmarkError
from benchmarks.judging.comparison import WORTH, Comparison, compare, on_one_machine
from benchmarks.judging.figures import figures_of
from benchmarks.judging.reads import CandidateReads, read_candidate
from benchmarks.judging.verdict import reason, signed, verdict
from benchmarks.out_folder import make_out_folder
from benchmarks.report.gallery import galleries
from benchmarks.report.headline import headline
from benchmarks.report.machine import as_json, comparison_json
from benchmarks.report.markdown import markdown
from benchmarks.report.page import page
from benchmarks.run_folder import Run, RunFolder
from benchmarks.videos.video_folder import watched_alike

LOST, FAILED = 1, 2
Worth = Annotated[float, typer.Option(min=0, help="Points of photos read that a doubling of cost must bring.")]


class Proof(StrEnum):
    """Which end of the loss is held against the limit."""

    MEASURED = "measured"
    SURE = "sure"


def report(
    run: Annotated[Path, typer.Argument(help="The folder that `openlot bench run` wrote.")],
    out: Annotated[Path | None, typer.Option(help="Folder for report.html, report.md and report.json.")] = None,
    baseline: Annotated[str | None, typer.Option(help="The candidate that the others are compared with.")] = None,
    worth: Worth = WORTH,
    photos: Annotated[
        bool, typer.Option("--photos/--no-photos", help="Show what was misread, or only how, so that it may be shared.")
    ] = True,
    video: Annotated[
        list[Path] | None, typer.Option(help="A folder of `openlot bench video`; repeat it for others on its clips.")
    ] = None,
    gallery: Annotated[int, typer.Option(min=0, help="Photos to show of each candidate's mistakes.")] = 24,
) -> None:
    """Write the report of a run, from its files alone: a page, Markdown for CI, and JSON. Nothing is run again."""
    folder = out or run
    try:
        made = RunFolder(run)
        figures = figures_of(made, baseline, worth)
        if photos:
            made.photo_folder(figures.run)  # Says which variable is missing, where the photos lie below one.
        videos = watched_alike(video or [])
        make_out_folder(folder)
        shown = galleries(figures.candidates, gallery) if photos else None
    except BenchmarkError as error:
        raise _failed(error) from error
    (folder / "report.html").write_text(page(figures, shown, videos), encoding="utf-8")
    (folder / "report.md").write_text(markdown(figures, videos), encoding="utf-8")
    told = json.dumps(as_json(figures, videos, names_plates=photos), ensure_ascii=False, indent=1)
    (folder / "report.json").write_text(told + "\n", encoding="utf-8")
    if (answer := headline(figures)) is not None:
        typer.echo(answer)
    for comparison in figures.comparisons:
        typer.echo(verdict(comparison))
    typer.echo(f"{folder}: report.html, report.md and report.json")


def compare_runs(
    first: Annotated[str, typer.Argument(metavar="A", help="RUN, or RUN:CANDIDATE where a run has several.")],
    second: Annotated[str, typer.Argument(metavar="B", help="The same; on the same photos.")],
    max_loss: Annotated[float | None, typer.Option(help="Points of photos read that B may lose against A.")] = None,
    max_cost: Annotated[float | None, typer.Option(min=0, help="Times A's cost that B may take.")] = None,
    proof: Annotated[
        Proof,
        typer.Option(help="`measured`: the loss on these photos counts. `sure`: the worst end of its 95 % interval."),
    ] = Proof.MEASURED,
    worth: Worth = WORTH,
    as_lines: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare two candidates. Exits 1 if B loses more than --max-loss or costs more than --max-cost allows."""
    try:
        one, one_run = _named(first)
        other, other_run = _named(second)
        compared = compare(one, other, worth, on_one_machine(one_run, other_run))
        broken = _broken(compared, max_loss, max_cost, proof)
    except BenchmarkError as error:
        raise _failed(error) from error
    if as_lines:
        typer.echo(json.dumps({**comparison_json(compared), "broken": broken}, ensure_ascii=False))
    else:
        typer.echo(f"{verdict(compared)}\n{reason(compared)}")
    for limit in broken:
        typer.echo(f"openlot bench compare: {limit}", err=True)
    if broken:
        raise typer.Exit(LOST)


def _named(reference: str) -> tuple[CandidateReads, Run]:
    """The candidate that `RUN` or `RUN:CANDIDATE` names. Raises BadRunFolder, UnfinishedRun."""
    path, colon, name = (reference, "", "") if Path(reference).is_dir() else reference.rpartition(":")
    folder = RunFolder(Path(path if colon else reference))
    run = folder.run()
    if not name:
        if len(run.candidates) != 1:
            names = ", ".join(f"{folder.path}:{candidate.name}" for candidate in run.candidates)
            raise BadRunFolder(f"{folder.path} holds several candidates; name one: {names}")
        name = run.candidates[0].name
    return read_candidate(folder, run, folder.samples(), name), run


def _broken(compared: Comparison, max_loss: float | None, max_cost: float | None, proof: Proof) -> list[str]:
    """The limits that B breaks, each in a sentence. Raises BadRunFolder where the cost to be held is unknown."""
    broken = []
    gain, cost = compared.gain, compared.cost
    least = gain.value if proof is Proof.MEASURED else gain.low
    if max_loss is not None and -least > max_loss + 1e-9:
        how = "reads" if proof is Proof.MEASURED else "may read"
        broken.append(
            f"{compared.second} {how} {signed(least)} points against {compared.first}; at most {max_loss:g} may be "
            f"lost (--max-loss; 95 % interval {signed(gain.low)} to {signed(gain.high)})"
        )
    if max_cost is not None:
        if cost is None:
            raise BadRunFolder("the cost of both was not measured alike on one machine; leave --max-cost out")
        most = cost.value if proof is Proof.MEASURED else cost.high
        if most > max_cost + 1e-9:
            broken.append(
                f"{compared.second} costs {most:.2f} times the {compared.cost_of} of {compared.first}; at most "
                f"{max_cost:g} may be taken (--max-cost)"
            )
    return broken


def _failed(error: BenchmarkError) -> typer.Exit:
    typer.echo(f"openlot bench: {error.code}: {error}", err=True)
    return typer.Exit(FAILED)

"""`openlot lot doctor`."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from lot_server.commands.terminal import FAILED, Config, print_table
from lot_server.doctor.examination import examine

LEAST_FREE_GIB = 5.0


def doctor(
    config: Config,
    least_free: Annotated[
        float, typer.Option("--least-free", min=0, help="GiB that must be free for the store; twice that is a warning.")
    ] = LEAST_FREE_GIB,
    as_json: Annotated[bool, typer.Option("--json", help="One object a check.")] = False,
) -> None:
    """Check configuration, files, clock, disk, store, models, cameras, devices and lanes, and say what to do.

    Changes nothing. Exit status: 0 if nothing failed (there may be warnings), 1 if something did.
    """
    findings = examine(config, least_free)
    if as_json:
        for finding in findings:
            print(json.dumps(asdict(finding), ensure_ascii=False))
    else:
        print_table([asdict(finding) for finding in findings], ("verdict", "check", "text", "advice"))
    if any(finding.verdict == "fail" for finding in findings):
        raise typer.Exit(FAILED)

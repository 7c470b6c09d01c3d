"""One day from the first picture to the verdict."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.console import Console

from benchmarks.simulation.bursts import draw_bursts
from benchmarks.simulation.checks import Evidence
from benchmarks.simulation.drivers import TERMINAL, Phone
from benchmarks.simulation.errors import ServiceDied, ServiceSilent
from benchmarks.simulation.journal import Journal
from benchmarks.simulation.records import Taken, Taking, read_cloud, read_lot
from benchmarks.simulation.scenario import Scenario
from benchmarks.simulation.settings import LATITUDE, LONGITUDE, LOT_ID, Files
from benchmarks.simulation.site import Site, running_site
from benchmarks.simulation.timeline import Timeline
from benchmarks.simulation.traffic import Traffic
from benchmarks.simulation.verdict import Verdict, judge
from benchmarks.simulation.visits import visits_of
from lot_server.domain.clock import SimulatedClock

STARTING = timedelta(seconds=5)
"""Real time the services get before the simulated day begins."""
MIRRORED_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Spent:
    """Real seconds of each part."""

    drawing_s: float
    starting_s: float
    day_s: float
    judging_s: float


async def run_day(scenario: Scenario, files: Files, speed: float, console: Console) -> tuple[Verdict, Spent]:
    """Draw the pictures, run the site, judge the day; everything stays in the folder of `files`.

    `speed` is simulated seconds a real one. What goes wrong once the site runs makes the verdict red. Raises
    SimulationError where the site does not even start.
    """
    journal = Journal()
    marks = [time.monotonic()]
    await asyncio.to_thread(draw_bursts, scenario, files.frames)
    marks.append(time.monotonic())
    clock = SimulatedClock(scenario.starts_at, speed, datetime.now(UTC) + STARTING)
    async with running_site(files, scenario, clock) as site:
        marks.append(time.monotonic())
        phone = Phone(site.cloud_url, LOT_ID, journal)
        try:
            faults = await _live_through(scenario, site, phone, journal, Timeline(console, clock))
            takings, free_spaces = _terminal_takings(journal), None
            try:
                takings += await site.sandbox_takings([each.reference for each in journal.payments_by("phone")])
                free_spaces = (await phone.nearby(LATITUDE, LONGITUDE)).get(LOT_ID)
            except ServiceSilent as error:
                faults.append(str(error))
        finally:
            await phone.close()
    marks.append(time.monotonic())
    lot = read_lot(files.lot_database, files.lot_store / "photos")
    cloud = read_cloud(files.cloud_database, LOT_ID, free_spaces)
    visits = visits_of(scenario, journal, lot)
    verdict = judge(Evidence(scenario, journal, lot, cloud, takings, visits, tuple(faults)))
    marks.append(time.monotonic())
    return verdict, Spent(*(later - earlier for earlier, later in itertools.pairwise(marks)))


async def _live_through(
    scenario: Scenario, site: Site, phone: Phone, journal: Journal, timeline: Timeline
) -> list[str]:
    """The day itself, with an eye on every service; returns what went wrong."""
    traffic = Traffic(scenario, site.files, site.lot, phone, journal, timeline, site.clock, site.act)
    faults: list[str] = []
    with timeline.running():
        watch = asyncio.create_task(site.watch())
        day = asyncio.create_task(_whole_day(traffic, site))
        try:
            await asyncio.wait((watch, day), return_when=asyncio.FIRST_COMPLETED)
            for task in (watch, day):
                if task.done():
                    task.result()
        except* (ServiceDied, ServiceSilent) as group:
            for error in _leaves(group):
                timeline.say("fault", str(error))
                faults.append(str(error))
        finally:
            for task in (watch, day):
                task.cancel()
                with suppress(BaseException):
                    await task
    return faults


async def _whole_day(traffic: Traffic, site: Site) -> None:
    await traffic.run()
    await site.until_mirrored(MIRRORED_WITHIN_S)


def _terminal_takings(journal: Journal) -> tuple[Taking, ...]:
    return tuple(
        Taking(Taken(TERMINAL, each.reference, each.amount.minor, each.amount.currency), None)
        for each in journal.payments_by("barrier")
    )


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error

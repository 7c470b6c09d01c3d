"""A simulated day whose server is killed at random points, and what is left of it in the end."""

import asyncio
import os
import signal
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from benchmarks.kill.errors import LifeFailed
from benchmarks.kill.judge import Faults, judge
from benchmarks.kill.life import live
from benchmarks.kill.world import World
from lot_server.domain.stay import Direction

VISITS_A_KILL = 1.2
ERRORS = "errors.log"
"""The file in the day's folder that says why a server ended by itself."""

AT_START = 0.15
"""The share of kills that come while the server starts; the others come while vehicles pass."""

_START_SECONDS, _LONGEST_LIFE_SECONDS = 0.03, 0.06
_DRIVES_ON = 0.5
"""How often a vehicle whose barrier has opened drives through before the next server starts."""


@dataclass(frozen=True, slots=True)
class KilledDay:
    """What a day of kills came to; `faults` are the promises that did not hold, none of them a good day."""

    seed: int
    kills: int
    visits: int
    passages: int
    payments: int
    unseen: int
    faults: Faults


def killed_days(folder: Path, seed: int, kills: int, processes: int) -> list[KilledDay]:
    """As many days as processes at once, each with its share of the kills, in folders below. Raises LifeFailed."""
    shares = [kills // processes + (number < kills % processes) for number in range(processes)]
    folders = [folder / f"day-{number + 1}" for number in range(processes)]
    for each in folders:
        each.mkdir(parents=True)
    # Spawned, so that each has one thread when it forks its servers.
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        return list(pool.map(killed_day, folders, range(seed, seed + processes), shares))


def killed_day(folder: Path, seed: int, kills: int) -> KilledDay:
    """Kill a server so many times, let a last one finish the day, and judge it from its disk and the world's log.

    Servers are forked from this process, which must have one thread. Raises LifeFailed.
    """
    random, visits = Random(seed), max(1, round(kills * VISITS_A_KILL))
    with TemporaryDirectory() as elsewhere:
        # What is imported, mapped and compiled once here is not to be done anew by each server.
        asyncio.run(live(Path(elsewhere), seed, 1, lambda: None))
    for number in range(kills):
        _kill_one(folder, seed * 1_000_000 + number, visits, random)
        _meanwhile(folder, random)
    pid, _ = _fork(folder, seed, visits)
    _, status = os.waitpid(pid, 0)
    if status != 0:
        raise LifeFailed(f"the last server of the day ended with status {status}: look at {folder / ERRORS}")
    world = World(folder / "world.log")
    world.close()
    passages = len(world.inside) + 2 * len(world.gone)
    return KilledDay(seed, kills, visits, passages, len(world.paid), len(world.unseen), judge(folder, world, visits))


def _kill_one(folder: Path, seed: int, visits: int, random: Random) -> None:
    pid, begun = _fork(folder, seed, visits)
    with os.fdopen(begun, "rb") as told:
        if random.random() < AT_START:
            time.sleep(random.uniform(0, _START_SECONDS))
        else:
            told.read(1)
            time.sleep(random.uniform(0, _LONGEST_LIFE_SECONDS))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    # A server that was done with the day, or is dead already, ended by itself.
    if status not in (0, signal.SIGKILL):
        raise LifeFailed(f"a server ended with status {status} before it was killed: look at {folder / ERRORS}")


def _meanwhile(folder: Path, random: Random) -> None:
    """While no server runs, some vehicles before an open barrier drive on."""
    world = World(folder / "world.log")
    world.tell("kill")
    gates: tuple[Direction, ...] = ("entry", "exit")
    for gate in gates:
        if gate in world.through and random.random() < _DRIVES_ON:
            world.tell("unseen", gate, world.gates[gate])
    world.close()


def _fork(folder: Path, seed: int, visits: int) -> tuple[int, int]:
    """A server in a process of its own, and the pipe that ends or brings a byte once its lanes work."""
    told, tell = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(told)
            asyncio.run(live(folder, seed, visits, lambda: _tell(tell)))
            status = 0
        except BaseException:
            with (folder / ERRORS).open("a") as errors:
                traceback.print_exc(file=errors)
        finally:
            os._exit(status)
    os.close(tell)
    return pid, told


def _tell(pipe: int) -> None:
    os.write(pipe, b"1")

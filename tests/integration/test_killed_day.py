"""A lot whose server is killed again and again in a simulated day keeps what it promises."""

import sqlite3
from pathlib import Path

from benchmarks.kill.day import killed_day, killed_days
from benchmarks.kill.judge import judge
from benchmarks.kill.world import World

KILLS = 200


def test_kills_lose_no_opened_barrier_and_charge_nobody_twice(tmp_path: Path) -> None:
    """After 200 SIGKILLs each opened barrier is explained on disk, nothing acknowledged is lost, all paid once."""
    days = killed_days(tmp_path, seed=20261122, kills=KILLS, processes=2)
    assert [day.faults for day in days] == [(), ()]
    assert sum(day.kills for day in days) == KILLS
    assert sum(day.payments for day in days) > KILLS / 2


def test_the_judge_finds_what_is_missing(tmp_path: Path) -> None:
    """A payment, an admission or a photo taken from a good day's store, and a forgotten fact, are each said."""
    day = killed_day(tmp_path, seed=3, kills=14)
    assert day.faults == ()
    world = World(tmp_path / "world.log")
    world.close()
    next((tmp_path / "photos").rglob("*.jpg")).unlink()
    _tamper(tmp_path, "DELETE FROM settlement")
    found = judge(tmp_path, world, day.visits)
    assert any("0 payments are counted" in fault for fault in found)
    assert any("is not in" in fault for fault in found)
    world.opened["entry", 1] += 9
    assert any("the entry opened" in fault for fault in judge(tmp_path, world, day.visits))
    _tamper(tmp_path, "UPDATE outbox SET kind = 'exit_abandoned' WHERE kind = 'exit_admitted'")
    assert any("does not follow" in fault for fault in judge(tmp_path, world, day.visits))


def _tamper(folder: Path, *statements: str) -> None:
    with sqlite3.connect(folder / "lot.db") as store:
        for statement in statements:
            store.execute(statement)
    store.close()

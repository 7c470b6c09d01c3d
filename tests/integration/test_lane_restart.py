"""A server that starts while something stands or has just happened at a lane."""

import asyncio
from pathlib import Path

import pytest
from hand_lane import HandLane, sighting
from lane_lot import PLATE, SOON, Lot, lane_test, until, until_told

from lot_server import lane_world
from lot_server.domain.stay import Direction
from lot_server.handlers import Handlers


def test_a_barrier_found_open_is_closed_but_not_on_a_vehicle(tmp_path: Path) -> None:
    """A server that starts under an open barrier waits for the closing loop to be free, and counts whoever left it."""

    async def story(lot: Lot) -> None:
        hand = HandLane(barrier="open", standing={"closing"})
        async with lot.lane("entry", hand) as lane:
            await until(lambda: lane.snapshot().state == "passing")
            assert hand.commands == []
            hand.roll("closing", False)
            await until(lambda: lane.snapshot().state == "idle")
            assert hand.commands == ["close"]
            await until_told(lot, ["unread_passage"])
        assert len(await lot.stays()) == 1

    lane_test(story, tmp_path)


@pytest.mark.parametrize("seen_at", ["entry", "exit"])
def test_what_a_crash_left_open_is_settled_by_the_next_read(tmp_path: Path, seen_at: Direction) -> None:
    """A vehicle admitted before a crash is abandoned when it stands at an entry again, confirmed when at an exit."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("entry", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
        lot.handlers = Handlers(lot.clock)
        await lot.ask(lot.handlers.recover)
        await lot.ask(lot.handlers.recover)
        assert await lot.alerts() == ["unfinished_passage"]
        again = HandLane(seen=sighting(PLATE))
        async with lot.lane(seen_at, again) as lane:
            again.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
        kinds = await lot.kinds()
        assert kinds.count("entry_abandoned") == (1 if seen_at == "entry" else 0)
        assert kinds.count("entry_confirmed") == (1 if seen_at == "exit" else 0)
        assert await lot.alerts() == []

    lane_test(story, tmp_path)


def test_a_barrier_is_not_closed_while_the_loops_cannot_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that starts under an open barrier with dead loops waits for the loops before it closes."""
    monkeypatch.setattr(lane_world, "RETRY_SECONDS", SOON.total_seconds())

    async def story(lot: Lot) -> None:
        hand = HandLane(barrier="open", broken={"loops"})
        async with lot.lane("entry", hand) as lane:
            await until(lambda: lane.snapshot().state == "blocked")
            await asyncio.sleep(SOON.total_seconds() * 3)
            assert hand.commands == []
            hand.broken.clear()
            await until(lambda: hand.commands == ["close"])

    lane_test(story, tmp_path)

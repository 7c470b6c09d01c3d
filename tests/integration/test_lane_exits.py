"""A vehicle at an exit: matched, priced, paid for, or helped by an operator."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from hand_lane import HandLane, sighting
from lane_lot import PATIENT, PLATE, SOON, TWIN, Lot, lane_test, until

from lot_server.domain.money import Money
from lot_server.domain.stay import Settlement
from lot_server.errors import NothingWaits, UnknownStay
from lot_server.store.unit_of_work import SqliteWork

T = TypeVar("T")


def test_the_barrier_opens_the_moment_a_settlement_arrives(tmp_path: Path) -> None:
    """A vehicle that owes sees amount and QR, waits, and leaves when the money is there."""

    async def story(lot: Lot) -> None:
        stay = await lot.park(PLATE)
        lot.clock.forward(minutes=61)
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("exit", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "waiting_for_payment")
            shown = lane.snapshot()
            assert (shown.due, shown.qr) == (Money(1000, "CNY"), "https://pay.example/pay?lot=test")
            paid = Settlement("s1", stay.stay_id, Money(1000, "CNY"), "sandbox", "o1", lot.clock.now(), lot.clock.now())
            outcomes = [await lot.ask(lambda work: lot.handlers.apply_settlement(work, paid)) for _ in range(2)]
            assert outcomes == ["applied", "already_applied"]
            lane.settlement_arrived("another stay")
            lane.settlement_arrived(stay.stay_id)
            await until(lambda: lane.snapshot().state == "open")
            hand.drive_through()
            await until(lambda: lane.snapshot().state == "idle")
        assert (await lot.kinds())[-3:] == ["settlement_applied", "exit_admitted", "exit_confirmed"]
        assert await lot.stays() == []
        assert await lot.ask(lambda work: work.free_spaces()) == 3

    lane_test(story, tmp_path)


def test_paying_less_than_is_due_by_now_asks_for_the_rest(tmp_path: Path) -> None:
    """A payment for an older, lower price brings the price down to the rest and opens nothing yet."""

    async def story(lot: Lot) -> None:
        await lot.park(PLATE)
        lot.clock.forward(minutes=59)
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("exit", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "waiting_for_payment")
            assert await lane.take_payment(Money(300, "CNY"), "terminal", "t1") == "applied"
            await until(lambda: lane.snapshot().due == Money(200, "CNY"))
            assert await lane.take_payment(Money(300, "CNY"), "terminal", "t1") == "already_applied"
            await lane.take_payment(Money(200, "CNY"), "terminal", "t2")
            await until(lambda: hand.commands == ["open"])

    lane_test(story, tmp_path)


def test_the_price_on_the_display_rises_while_the_vehicle_waits(tmp_path: Path) -> None:
    """A vehicle that waits without paying is priced again, so that it never sees an old amount for long."""

    async def story(lot: Lot) -> None:
        await lot.park(PLATE)
        lot.clock.forward(minutes=59)
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("exit", hand, replace(PATIENT, payment=SOON)) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().due == Money(500, "CNY"))
            lot.clock.forward(minutes=10)
            await until(lambda: lane.snapshot().due == Money(1000, "CNY"))

    lane_test(story, tmp_path)


def test_near_twins_wait_for_the_operator_who_picks_one(tmp_path: Path) -> None:
    """Two stays that differ in the smudged character are shown to the operator; a wrong stay id is refused."""

    async def story(lot: Lot) -> None:
        await lot.park(PLATE)
        other = await lot.park(TWIN)
        hand = HandLane(seen=sighting(PLATE, {6: (("5", 0.5), ("6", 0.45))}, sure=False))
        async with lot.lane("exit", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "waiting_for_operator")
            assert {each.stay.plate for each in lane.snapshot().candidates} == {PLATE, TWIN}
            assert await lot.alerts() == ["ambiguous_exit"]
            with pytest.raises(UnknownStay):
                await lane.resolve("nobody", "Li", "a slip")
            await lane.resolve(other.stay_id, "Li", "saw the 6 on the photo")
            await until(lambda: hand.commands == ["open"])
            hand.drive_through()
            await until(lambda: lane.snapshot().state == "idle")
        assert [stay.plate for stay in await lot.stays()] == [PLATE]
        assert await lot.alerts() == []
        (resolved,) = [
            each for each in await lot.ask(lambda work: list(work.envelopes())) if each.kind == "alert_resolved"
        ]
        assert (resolved.body["operator"], resolved.body["reason"]) == ("Li", "saw the 6 on the photo")

    lane_test(story, tmp_path)


def test_an_unmatched_exit_is_read_again_until_it_matches(tmp_path: Path) -> None:
    """A vehicle that waits for an operator is read again by itself, and leaves if that read fits."""

    async def story(lot: Lot) -> None:
        await lot.park(PLATE)
        hand = HandLane(seen=None)
        async with lot.lane("exit", hand, replace(PATIENT, operator=SOON)) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "waiting_for_operator")
            assert await lot.alerts() == ["unreadable_exit"]
            hand.seen = sighting(PLATE)
            await until(lambda: hand.commands == ["open"])
        assert await lot.alerts() == []

    lane_test(story, tmp_path)


def test_an_operator_opens_an_exit_for_a_vehicle_of_no_stay(tmp_path: Path) -> None:
    """An unknown vehicle is let out by the operator; no stay ends for it and the order is kept."""

    async def story(lot: Lot) -> None:
        await lot.park(PLATE)
        hand = HandLane(seen=sighting("粤Z99999"))
        async with lot.lane("exit", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "waiting_for_operator")
            await lane.open("Li", "delivery that came in on foot")
            hand.drive_through()
            await until(lambda: lane.snapshot().state == "idle")
        assert [stay.plate for stay in await lot.stays()] == [PLATE]
        assert await lot.alerts() == []
        assert "alert_resolved" in await lot.kinds()

    lane_test(story, tmp_path)


def test_a_dead_camera_at_an_exit_calls_the_operator(tmp_path: Path) -> None:
    """Without a camera the exit waits for an operator, loudly, who finds the stay by hand."""

    async def story(lot: Lot) -> None:
        stay = await lot.park(PLATE)
        hand = HandLane(camera_works=False)
        async with lot.lane("exit", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "waiting_for_operator")
            assert lane.snapshot().fault == "source_unavailable"
            assert sorted(await lot.alerts()) == ["source_unavailable", "unreadable_exit"]
            await lane.resolve(stay.stay_id, "Li", "asked for the plate")
            await until(lambda: hand.commands == ["open"])

    lane_test(story, tmp_path)


def test_orders_are_refused_where_nothing_waits(tmp_path: Path) -> None:
    """Resolving or paying at an empty lane is an error that says so, not a silent success."""

    async def story(lot: Lot) -> None:
        hand = HandLane()
        async with lot.lane("exit", hand) as lane:
            with pytest.raises(NothingWaits):
                await lane.resolve("any", "Li", "why not")
            with pytest.raises(NothingWaits):
                await lane.take_payment(Money(1, "CNY"), "terminal", "t")

    lane_test(story, tmp_path)


def test_a_lane_that_stops_tells_who_waits_for_it(tmp_path: Path) -> None:
    """An order that the ending server can no longer follow is refused, not left hanging."""

    async def story(lot: Lot) -> None:
        stay = await lot.park(PLATE)
        hand = HandLane(seen=None)
        hold = asyncio.Event()
        works = lot.writer.transact

        async def slow(job: Callable[[SqliteWork], T]) -> T:
            await hold.wait()
            return await works(job)

        async with lot.lane("exit", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "waiting_for_operator")
            lot.writer.transact = slow  # type: ignore[method-assign]
            order = asyncio.create_task(lane.resolve(stay.stay_id, "Li", "in vain"))
            await until(lambda: lane.snapshot().state == "deciding")
        with pytest.raises(NothingWaits, match="stops"):
            await order
        hold.set()

    lane_test(story, tmp_path)


def test_a_settlement_that_crosses_the_decision_is_not_missed(tmp_path: Path) -> None:
    """Money that arrives between the pricing of a stay and its display opens the barrier all the same."""

    async def story(lot: Lot) -> None:
        stay = await lot.park(PLATE)
        lot.clock.forward(minutes=30)
        hand, hold, works = HandLane(seen=sighting(PLATE)), asyncio.Event(), lot.writer.transact

        async def late(job: Callable[[SqliteWork], T]) -> T:
            answer = await works(job)
            await hold.wait()
            return answer

        async with lot.lane("exit", hand) as lane:
            lot.writer.transact = late  # type: ignore[method-assign]
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "deciding")
            assert "settlement_applied" not in [each.kind for each in await works(lambda work: list(work.envelopes()))]
            now = lot.clock.now()
            paid = Settlement("s1", stay.stay_id, Money(500, "CNY"), "sandbox", "o1", now, now)
            await works(lambda work: lot.handlers.apply_settlement(work, paid))
            lane.settlement_arrived(stay.stay_id)
            hold.set()
            await until(lambda: hand.commands == ["open"])

    lane_test(story, tmp_path)


def test_a_vehicle_whose_stay_left_elsewhere_is_looked_at_anew(tmp_path: Path) -> None:
    """When the stay a waiting vehicle was taken for ends at another lane, the vehicle is read and matched again."""

    async def story(lot: Lot) -> None:
        await lot.park(PLATE)
        lot.clock.forward(minutes=30)
        waiting, leaving = HandLane(seen=sighting(PLATE)), HandLane(seen=sighting(PLATE))
        async with lot.lane("exit", waiting, replace(PATIENT, payment=SOON, operator=SOON)) as one:
            waiting.roll("arming", True)
            await until(lambda: one.snapshot().message == "please_pay")
            async with lot.lane("exit", leaving) as other:
                leaving.roll("arming", True)
                await until(lambda: other.snapshot().message == "please_pay")
                await other.open("Li", "paid in cash")
                await until(lambda: leaving.commands == ["open"])
                leaving.drive_through()
                await until(lambda: other.snapshot().state == "idle")
            async with asyncio.timeout(20):
                while "unmatched_exit" not in await lot.alerts():  # noqa: ASYNC110 - the store tells nobody
                    await asyncio.sleep(0.002)
            assert waiting.commands == []

    lane_test(story, tmp_path)

"""Tickets and receipts at an exit, on the real store, with a camera whose codes the test holds up."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from hand_lane import HandArchive, HandClock, HandLane, open_lot, sighting

from cloud_sync.signing import new_key, sign_receipt
from lot_server import lane_codes
from lot_server.adapters.receipt_keys import ReceiptKeys
from lot_server.domain.money import Money
from lot_server.domain.receipt import Receipt
from lot_server.domain.stay import Direction, Settlement, Stay
from lot_server.domain.ticket import to_code
from lot_server.errors import CodeNotTaken, NothingWaits, PrinterOutOfPaper
from lot_server.handlers import Handlers
from lot_server.lane_loop import LaneLoop
from lot_server.lane_setup import LaneHardware, LaneTiming
from lot_server.ports import TicketSlip
from lot_server.presented import Desk
from lot_server.store.writer import Writer
from vision.errors import UnreadableImage
from vision.types import Frame

LONG = timedelta(hours=1)
PATIENT = LaneTiming(read=LONG, barrier=LONG, passage=LONG, payment=LONG, operator=LONG, refused=LONG)
PLATE, OTHER = "京A12345", "沪B67890"
PRIVATE, PUBLIC = new_key()


@dataclass
class HandCodes:
    """What the driver holds up. `looks` counts how often somebody looked."""

    up: str | Exception | None = None
    looks: int = 0

    async def codes(self, frame: Frame) -> tuple[str, ...]:
        self.looks += 1
        if isinstance(self.up, Exception):
            raise self.up
        return () if self.up is None else (self.up,)


@dataclass
class HandPrinter:
    slips: list[TicketSlip] = field(default_factory=list)
    broken: Exception | None = None

    async def print(self, slip: TicketSlip) -> None:
        if self.broken is not None:
            raise self.broken
        self.slips.append(slip)


class Lot:
    """One lot with a desk, and the lanes that a test runs."""

    def __init__(self, folder: Path, keys: tuple[str, ...] = (PUBLIC,)) -> None:
        self.writer, self.clock = Writer(folder / "lot.db", "lot-1"), HandClock()
        self.handlers, self.held, self.printer = Handlers(self.clock), HandCodes(), HandPrinter()
        self.desk = Desk("lot-1", self.held, ReceiptKeys(keys), self.handlers, self.clock)

    @asynccontextmanager
    async def lane(self, direction: Direction, hand: HandLane) -> AsyncIterator[LaneLoop]:
        hardware = LaneHardware(hand, hand, hand, hand, self.printer if direction == "entry" else None)
        loop = LaneLoop(
            f"{direction}-1", direction, hardware, hand, HandArchive(), self.writer, self.handlers, self.clock,
            PATIENT, 3, 0.5, "https://pay.example/pay?lot=lot-1", self.desk,
        )  # fmt: skip
        task = asyncio.create_task(loop.run())
        try:
            yield loop
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def stays(self) -> list[Stay]:
        return await self.writer.transact(lambda work: work.open_stays())

    async def stay(self, stay_id: str) -> Stay:
        found = await self.writer.transact(lambda work: work.stay(stay_id))
        assert found is not None
        return found

    async def alerts(self) -> list[str]:
        return [each.raised.code for each in await self.writer.transact(lambda work: work.open_alerts())]

    async def until_told(self, codes: list[str]) -> None:
        async with asyncio.timeout(20):
            while await self.alerts() != codes:  # noqa: ASYNC110 - the store tells nobody that it changed
                await asyncio.sleep(0.002)

    async def settlements(self, stay_id: str) -> list[Settlement]:
        return await self.writer.transact(lambda work: work.settlements(stay_id))

    async def park(self, plate: str | None) -> Stay:
        before = {stay.stay_id for stay in await self.stays()}
        hand = HandLane(seen=None if plate is None else sighting(plate))
        async with self.lane("entry", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
            hand.drive_through()
            await until(lambda: lane.snapshot().state == "idle")
        return next(stay for stay in await self.stays() if stay.stay_id not in before)

    def receipt(self, stay_id: str, minor: int = 500, reference: str = "o-1", private: str = PRIVATE) -> str:
        return sign_receipt(private, Receipt("lot-1", self.paid(stay_id, minor, reference)))

    def paid(self, stay_id: str, minor: int = 500, reference: str = "o-1") -> Settlement:
        now = self.clock.now()
        return Settlement(f"s-{reference}", stay_id, Money(minor, "CNY"), "sandbox", reference, now, now)


def story(told: Callable[[Lot], Coroutine[None, None, None]], folder: Path, keys: tuple[str, ...] = (PUBLIC,)) -> None:
    async def tell() -> None:
        lot = Lot(folder, keys)
        try:
            await lot.writer.transact(open_lot)
            await told(lot)
        finally:
            lot.writer.close()

    asyncio.run(tell())


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not reached():  # noqa: ASYNC110 - a snapshot tells nobody that it changed
            await asyncio.sleep(0.002)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane_codes, "PAUSE_SECONDS", 0.002)


def test_a_ticket_held_up_finds_its_stay(tmp_path: Path) -> None:
    """A vehicle without a plate enters by a printed ticket, and leaves when the exit's camera sees its code."""

    async def told(lot: Lot) -> None:
        stay = await lot.park(None)
        assert stay.ticket_id is not None
        (slip,) = lot.printer.slips
        assert (slip.ticket_id, slip.code, slip.lot_name) == (stay.ticket_id, to_code("lot-1", stay.ticket_id), "Test")
        hand = HandLane()
        async with lot.lane("exit", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().notice == "show_ticket")
            assert await lot.alerts() == ["unreadable_exit"]
            lot.held.up = slip.code
            await until(lambda: lane.snapshot().state == "open")
            hand.drive_through()
            await until(lambda: lane.snapshot().state == "idle")
        assert (await lot.stay(stay.stay_id)).state == "closed"
        assert await lot.alerts() == []
        passages = await lot.writer.transact(
            lambda work: [each.body for each in work.envelopes() if each.kind == "exit_admitted"]
        )
        assert (passages[0]["operator"], passages[0]["reason"]) == ("lot", f"ticket shown: {stay.ticket_id}")

    story(told, tmp_path)


def test_a_ticket_is_priced_before_it_opens(tmp_path: Path) -> None:
    """A ticket's stay that owes something is asked to pay, and who chose it is kept until it leaves."""

    async def told(lot: Lot) -> None:
        stay = await lot.park(None)
        lot.clock.forward(minutes=50)
        hand = HandLane()
        async with lot.lane("exit", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "waiting_for_operator")
            await lane.type_code(f" {stay.ticket_id} ".lower(), "li.na", "the driver read it out")
            await until(lambda: lane.snapshot().due == Money(500, "CNY"))
            await lane.take_payment(Money(500, "CNY"), "cash", "1")
            await until(lambda: lane.snapshot().state == "open")
        bodies = await lot.writer.transact(
            lambda work: [each.body for each in work.envelopes() if each.kind == "exit_admitted"]
        )
        assert bodies[0]["operator"] == "li.na"
        assert "the driver read it out" in bodies[0]["reason"]

    story(told, tmp_path)


@pytest.mark.parametrize(
    ("code", "notice", "alert"),
    [
        pytest.param(to_code("lot-2", "ABCDE23456"), "ticket_of_another_lot", None, id="another lot"),
        pytest.param(to_code("lot-1", "ABCDE23456"), "unknown_ticket", "unknown_ticket", id="never given out"),
        pytest.param("OLT1short", "unknown_ticket", None, id="torn"),
        pytest.param("OLR1:nonsense.", "bad_receipt", None, id="no receipt"),
    ],
)
def test_a_ticket_that_is_none_opens_nothing(tmp_path: Path, code: str, notice: str, alert: str | None) -> None:
    """The display says what is wrong, the lane goes on waiting, and a person is told of what may be a fraud."""

    async def told(lot: Lot) -> None:
        await lot.park(None)
        hand = HandLane()
        async with lot.lane("exit", hand) as lane:
            hand.roll("arming", True)
            lot.held.up = code
            await until(lambda: lane.snapshot().notice == notice)
            assert (lane.snapshot().state, hand.commands) == ("waiting_for_operator", [])
            looks = lot.held.looks
            await until(lambda: lot.held.looks > looks + 3)
            assert await lot.alerts() == ["unreadable_exit", *([alert] if alert else [])]
            with pytest.raises(CodeNotTaken) as refused:
                await lane.type_code(code, "li.na", "shown")
            assert refused.value.code == notice

    story(told, tmp_path)


def test_codes_that_are_not_ours_are_nobodys_business(tmp_path: Path) -> None:
    """An advertisement in view changes nothing and tells nobody; typed in, it is refused."""

    async def told(lot: Lot) -> None:
        hand = HandLane()
        async with lot.lane("exit", hand) as lane:
            with pytest.raises(NothingWaits):
                await lane.type_code("ABCDE23456", "li.na", "shown")
            hand.roll("arming", True)
            lot.held.up = "https://example.com"
            await until(lambda: lot.held.looks > 3)
            assert lane.snapshot().notice == "show_ticket"
            with pytest.raises(CodeNotTaken) as refused:
                await lane.type_code("https://example.com", "li.na", "shown")
            assert refused.value.code == "bad_code"

    story(told, tmp_path)


def test_a_used_ticket_stays_for_a_person(tmp_path: Path) -> None:
    """A ticket whose stay has left is refused, and its alert stays open after the vehicle was let through."""

    async def told(lot: Lot) -> None:
        stay = await lot.park(None)
        assert stay.ticket_id is not None
        lot.held.up = to_code("lot-1", stay.ticket_id)
        for _ in range(2):
            hand = HandLane()
            async with lot.lane("exit", hand) as lane:
                hand.roll("arming", True)
                if await lot.stays():
                    await until(lambda: lane.snapshot().state == "open")
                    hand.drive_through()
                    await until(lambda: lane.snapshot().state == "idle")
                else:
                    await until(lambda: lane.snapshot().notice == "ticket_used")
        assert "ticket_used" in await lot.alerts()

    story(told, tmp_path)


def test_a_swapped_ticket_is_for_an_operator(tmp_path: Path) -> None:
    """A ticket whose vehicle surely had another plate as it came in opens nothing by itself; typed in, it does."""

    async def told(lot: Lot) -> None:
        await lot.park(PLATE)
        twin = await lot.park(PLATE)
        assert twin.ticket_id is not None
        hand = HandLane(seen=sighting(OTHER))
        async with lot.lane("exit", hand) as lane:
            hand.roll("arming", True)
            lot.held.up = to_code("lot-1", twin.ticket_id)
            await until(lambda: lane.snapshot().notice == "ticket_contradicted")
            assert hand.commands == []
            await lane.type_code(twin.ticket_id, "li.na", "both seen")
            await until(lambda: lane.snapshot().state == "open")
        # The operator has answered what the lane asked; the twins and the other plate are still to be looked at.
        assert sorted(await lot.alerts()) == ["already_inside", "changed_plates"]

    story(told, tmp_path)


async def at_the_exit(lane: LaneLoop, hand: HandLane) -> None:
    hand.roll("arming", True)
    await until(lambda: lane.snapshot().state == "waiting_for_payment")


def test_a_receipt_held_up_pays(tmp_path: Path) -> None:
    """A receipt opens the barrier with no network; the settlement itself counts nothing when sync brings it later."""

    async def told(lot: Lot) -> None:
        stay = await lot.park(PLATE)
        lot.clock.forward(minutes=50)
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("exit", hand) as lane:
            await at_the_exit(lane, hand)
            lot.held.up = lot.receipt(stay.stay_id)
            await until(lambda: lane.snapshot().state == "open")
        came = lot.paid(stay.stay_id)
        assert await lot.writer.transact(lambda work: lot.handlers.apply_settlement(work, came)) == "already_applied"
        assert await lot.settlements(stay.stay_id) == [came]

    story(told, tmp_path)


def test_a_receipt_that_came_by_sync_first_counts_once(tmp_path: Path) -> None:
    """A receipt whose settlement the lot has already is known, and what is still due stays due."""

    async def told(lot: Lot) -> None:
        stay = await lot.park(PLATE)
        lot.clock.forward(minutes=50)
        code = lot.receipt(stay.stay_id)
        await lot.writer.transact(lambda work: lot.handlers.apply_settlement(work, lot.paid(stay.stay_id)))
        lot.clock.forward(minutes=50)
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("exit", hand) as lane:
            await at_the_exit(lane, hand)
            lot.held.up = code
            await until(lambda: lane.snapshot().notice == "receipt_short")
            assert (lane.snapshot().due, hand.commands) == (Money(500, "CNY"), [])
        assert len(await lot.settlements(stay.stay_id)) == 1

    story(told, tmp_path)


def test_a_receipt_whose_grace_is_over_counts_and_the_rest_is_due(tmp_path: Path) -> None:
    """Paid 50 minutes ago, the money counts; what has come up since is asked for, and shown so."""

    async def told(lot: Lot) -> None:
        stay = await lot.park(PLATE)
        lot.clock.forward(minutes=50)
        code = lot.receipt(stay.stay_id)
        lot.clock.forward(minutes=50)
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("exit", hand) as lane:
            await at_the_exit(lane, hand)
            assert lane.snapshot().due == Money(1000, "CNY")
            lot.held.up = code
            await until(lambda: (lane.snapshot().notice, lane.snapshot().due) == ("receipt_short", Money(500, "CNY")))
            assert hand.commands == []

    story(told, tmp_path)


def test_receipts_for_something_else_are_refused(tmp_path: Path) -> None:
    """Forged, for another stay or lot, from before the stay, or against what was counted: each is said, none counts."""

    async def told(lot: Lot) -> None:
        other = await lot.park(OTHER)
        lot.clock.forward(minutes=1)
        stay = await lot.park(PLATE)
        lot.clock.forward(minutes=50)
        now = lot.paid(stay.stay_id)
        old = replace(now, settled_at=now.settled_at - timedelta(hours=3))
        shown = {
            "forged_receipt": lot.receipt(stay.stay_id, private=new_key()[0]),
            "receipt_of_another_stay": lot.receipt(other.stay_id),
            "receipt_of_another_lot": sign_receipt(PRIVATE, Receipt("lot-2", now)),
            "receipt_out_of_time": sign_receipt(PRIVATE, Receipt("lot-1", old)),
            "receipt_conflict": lot.receipt(stay.stay_id, minor=900),
        }
        await lot.writer.transact(lambda work: lot.handlers.apply_settlement(work, lot.paid(other.stay_id)))
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("exit", hand) as lane:
            await at_the_exit(lane, hand)
            for notice, code in shown.items():
                lot.held.up = code
                await until(lambda notice=notice: lane.snapshot().notice == notice)  # type: ignore[misc]
            assert (lane.snapshot().state, hand.commands) == ("waiting_for_payment", [])
        assert await lot.settlements(stay.stay_id) == []
        assert await lot.alerts() == [each for each in shown if each != "receipt_of_another_lot"]

    story(told, tmp_path)


def test_a_receipt_alone_does_not_say_whose_vehicle_it_is(tmp_path: Path) -> None:
    """Where no plate was read, a receipt is for the operator; once the stay is chosen, the same code pays it."""

    async def told(lot: Lot) -> None:
        stay = await lot.park(PLATE)
        lot.clock.forward(minutes=50)
        hand = HandLane()
        async with lot.lane("exit", hand) as lane:
            hand.roll("arming", True)
            lot.held.up = lot.receipt(stay.stay_id)
            await until(lambda: lane.snapshot().notice == "receipt_before_stay")
            assert await lot.settlements(stay.stay_id) == []
            told_of = await lot.writer.transact(lambda work: work.open_alerts())
            assert [each.raised.stay_id for each in told_of] == [None, stay.stay_id]
            await lane.resolve(stay.stay_id, "li.na", "both photos show it")
            await until(lambda: lane.snapshot().state == "open")
        assert await lot.alerts() == []

    story(told, tmp_path)


def test_a_lot_without_a_key_takes_no_receipt(tmp_path: Path) -> None:
    """Receipts count only where the cloud's key is configured; the administrator is told what is missing."""

    async def told(lot: Lot) -> None:
        stay = await lot.park(PLATE)
        lot.clock.forward(minutes=50)
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("exit", hand) as lane:
            await at_the_exit(lane, hand)
            lot.held.up = lot.receipt(stay.stay_id)
            await until(lambda: lane.snapshot().notice == "no_receipt_key")
        assert await lot.alerts() == ["no_receipt_key"]

    story(told, tmp_path, ())


def test_a_reader_that_fails_is_a_fault_until_it_works(tmp_path: Path) -> None:
    """Codes that cannot be looked for are told once, and the alert is resolved when they can be again."""

    async def told(lot: Lot) -> None:
        hand = HandLane()
        async with lot.lane("exit", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "waiting_for_operator")
            lot.held.up = UnreadableImage("torn: look at the camera")
            await until(lambda: lane.snapshot().fault == "unreadable_image")
            lot.held.up = None
            await until(lambda: lane.snapshot().fault is None)
            await lot.until_told(["unreadable_exit"])

    story(told, tmp_path)


def test_nobody_looks_while_nobody_waits(tmp_path: Path) -> None:
    """An empty exit, an entry, and a vehicle that is let go cost no look."""

    async def told(lot: Lot) -> None:
        await lot.park(PLATE)
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("exit", hand) as lane:
            await asyncio.sleep(0.02)
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
            await asyncio.sleep(0.02)
        assert lot.held.looks == 0

    story(told, tmp_path)


def test_a_printer_without_paper_stops_nobody(tmp_path: Path) -> None:
    """The barrier opens with the ticket on the display, and a person is told about the paper."""

    async def told(lot: Lot) -> None:
        lot.printer.broken = PrinterOutOfPaper("put a roll in")
        hand = HandLane()
        async with lot.lane("entry", hand) as lane:
            for told_of in (["printer_out_of_paper"], []):
                hand.roll("arming", True)
                await until(lambda: lane.snapshot().state == "open")
                assert lane.snapshot().message == "take_ticket"
                await lot.until_told(told_of)
                hand.drive_through()
                await until(lambda: lane.snapshot().state == "idle")
                lot.printer.broken = None
        assert len(await lot.stays()) == 2

    story(told, tmp_path)

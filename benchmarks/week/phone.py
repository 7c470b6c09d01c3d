"""Paying by phone: real requests to the real cloud and provider, while the week's time stands still."""

from benchmarks.simulation.drivers import Phone
from benchmarks.simulation.journal import Journal
from benchmarks.simulation.scenario import Car, Vehicle
from benchmarks.simulation.settings import LOT_ID
from benchmarks.week.glance import Glance
from benchmarks.week.journal import Payment, WeekJournal
from benchmarks.week.plan import BEGINS, Visit
from benchmarks.week.real_time import RealTime, until
from lot_server.domain.money import Money

GLANCE_S = 0.01
SANDBOX = "sandbox"


class WeekPhone:
    """Every driver's phone. Raises ServiceSilent where cloud or provider do not answer as promised, WeekStuck."""

    def __init__(self, cloud_url: str, real: RealTime, glance: Glance, journal: WeekJournal) -> None:
        self._day = Journal()
        self._cloud_url, self._real, self._glance, self._journal = cloud_url, real, glance, journal
        self._phone: Phone | None = None

    async def close(self) -> None:
        if self._phone is not None:
            await self._real.do(self._phone.close())

    async def pay(self, visit: Visit, known_from: int, line_is_up: bool) -> bool:
        """Whether the driver paid, or had nothing to pay; with the line up the lot has the money on disk then.

        `known_from`: the fact of the lot's ledger from which on the cloud knows all of this stay.
        """
        paid, settled = await self._real.do(self._pay(visit, known_from, line_is_up))
        if paid is not None:
            reference = self._day.payments[-1].reference
            self._journal.payments.append(Payment(visit.number, SANDBOX, reference, paid))
            self._journal.account(visit.number).paid.append(paid)
        return settled

    async def until_delivered(self) -> None:
        """Wait in real time until the lot has all the money that phones have paid."""
        count = len(self._day.payments)
        await self._real.do(until(lambda: self._glance.has_money(SANDBOX, count), "settlements to come down"))

    async def until_mirrored(self, seq: int) -> None:
        """Wait in real time until the cloud has acknowledged a fact."""
        await self._real.do(until(lambda: self._glance.acked(seq), f"the cloud to acknowledge seq {seq}"))

    @property
    def orders(self) -> list[str]:
        """The cloud's orders that phones have paid."""
        return [each.reference for each in self._day.payments]

    async def _pay(self, visit: Visit, known_from: int, line_is_up: bool) -> tuple[Money | None, bool]:
        if self._phone is None:
            self._phone = Phone(self._cloud_url, LOT_ID, self._day, GLANCE_S)
        if line_is_up:
            await until(lambda: self._glance.acked(known_from), f"the cloud to know of {visit.name}")
        vehicle = Vehicle(visit.name, Car((visit.plate,)), "ordinary", "phone", 0, None, BEGINS, None, "clear", "clear")
        fee = await self._phone.fee(vehicle, asks=1)
        if fee is None or fee.due.minor == 0:
            return None, fee is not None
        paid = await self._phone.pay(vehicle, fee)
        if paid is not None and line_is_up:
            count = len(self._day.payments)
            await until(lambda: self._glance.has_money(SANDBOX, count), "a settlement to come down")
        return paid, paid is not None

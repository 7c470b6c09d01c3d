"""A whole car park with its cloud on this machine: four services as real processes, and the line between them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx2

from api.payments.sandbox_messages import ASK_PATH, AskOrder, OrderStatus, decode, encode
from api.payments.stamp import stamp
from benchmarks.simulation.errors import ServiceSilent
from benchmarks.simulation.lot_client import LotClient
from benchmarks.simulation.records import Taken, Taking
from benchmarks.simulation.scenario import IncidentKind, Scenario
from benchmarks.simulation.service import READY_S, Service, openlot
from benchmarks.simulation.settings import LOT_ID, Files, Ports, free_ports, write_settings
from benchmarks.simulation.uplink import Uplink
from lot_server.domain.clock import Clock, SimulatedClock


class Site:
    """The running site. `lot` is its loopback API, `uplink` the line that can be cut."""

    def __init__(self, files: Files, ports: Ports, clock: SimulatedClock) -> None:
        self.files, self.ports, self.clock = files, ports, clock
        self.cloud_url = f"http://127.0.0.1:{ports.cloud}"
        self.sandbox_url = f"http://127.0.0.1:{ports.sandbox}"
        self.lot = LotClient(f"http://127.0.0.1:{ports.lot}", files.lot_store / "loopback.token")
        self.uplink = Uplink(ports.uplink, ports.cloud)
        self._sandbox = self._service("sandbox", ("cloud", "sandbox", "--config", str(files.sandbox)))
        self._cloud = self._service("cloud", ("cloud", "serve", "--config", str(files.cloud)))
        self._lot = self._service("lot", ("lot", "serve", "--config", str(files.lot)))
        self._sync = self._service("sync", ("sync", "serve", "--config", str(files.sync)))

    @property
    def services(self) -> Sequence[Service]:
        """In the order in which they start; they stop in the opposite one."""
        return self._sandbox, self._cloud, self._lot, self._sync

    async def start(self) -> None:
        """Enrol the lot, start everything, and wait until all of it answers. Raises ServiceDied, ServiceSilent."""
        await self._enrol()
        await self.uplink.restore()
        await asyncio.gather(*(service.start() for service in self.services))
        await asyncio.gather(
            self._sandbox.until_answers(f"{self.sandbox_url}/healthz"),
            self._cloud.until_answers(f"{self.cloud_url}/healthz"),
            self._until_lot_answers(),
        )

    async def stop(self) -> None:
        """End every process, whatever happened before."""
        for service in reversed(self.services):
            await service.stop()
        await self.uplink.cut()
        await self.lot.close()

    async def act(self, incident: IncidentKind) -> None:
        """Make an incident happen."""
        match incident:
            case "sync_killed":
                await self._sync.kill()
            case "sync_restarted":
                await self._sync.start()
            case "uplink_cut":
                await self.uplink.cut()
            case "uplink_restored":
                await self.uplink.restore()

    async def watch(self) -> None:
        """Runs until cancelled. Raises ServiceDied as soon as a service ends that was not asked to."""
        while True:
            for service in self.services:
                service.check()
            await asyncio.sleep(0.25)

    async def until_mirrored(self, patience_s: float) -> None:
        """Wait until the cloud has acknowledged all that the lot has recorded. Raises ServiceSilent."""
        deadline = asyncio.get_running_loop().time() + patience_s
        while True:
            seq, _, acked = (await self.lot.seen()).ledger
            if seq == acked:
                return
            if asyncio.get_running_loop().time() > deadline:
                raise ServiceSilent(f"the cloud acknowledged {acked} of {seq} facts within {patience_s:.0f} s")
            await asyncio.sleep(0.1)

    async def sandbox_takings(self, order_ids: Sequence[str]) -> tuple[Taking, ...]:
        """What the provider itself says it took for these orders."""
        shared = self.files.secret.read_bytes().strip()
        return await sandbox_takings(self.sandbox_url, shared, self.clock, order_ids)

    async def _enrol(self) -> None:
        public_key = (await openlot("sync", "keygen", "--out", str(self.files.key))).strip()
        enrol = ("cloud", "add-lot", "--config", str(self.files.cloud), "--lot-id", LOT_ID)
        await openlot(*enrol, f"--public-key={public_key}")

    async def _until_lot_answers(self) -> None:
        for _ in range(int(READY_S / 0.1)):
            self._lot.check()
            try:
                await self.lot.seen()
            except ServiceSilent:
                await asyncio.sleep(0.1)
            else:
                return
        raise ServiceSilent(f"the lot does not answer; the end of its log:\n{self._lot.log_tail()}")

    def _service(self, name: str, arguments: tuple[str, ...]) -> Service:
        return Service(name, arguments, self.files.log(name))


@asynccontextmanager
async def running_site(files: Files, scenario: Scenario, clock: SimulatedClock) -> AsyncIterator[Site]:
    """A site that runs while the block does; nothing of it is left running afterwards."""
    ports = free_ports()
    write_settings(files, ports, scenario, clock)
    site = Site(files, ports, clock)
    try:
        await site.start()
        yield site
    finally:
        await site.stop()


async def sandbox_takings(url: str, shared: bytes, clock: Clock, order_ids: Sequence[str]) -> tuple[Taking, ...]:
    """What the provider at an address says it took for these orders, asked as the cloud asks it, by a shared secret."""
    takings = []
    async with httpx2.AsyncClient(base_url=url, trust_env=False) as http:
        for order_id in order_ids:
            body = encode(AskOrder(order_id))
            headers = {"content-type": "application/json", **stamp(shared, body, clock)}
            answer = await http.post(ASK_PATH, content=body, headers=headers)
            if answer.is_error:
                raise ServiceSilent(f"the sandbox answers {answer.status_code} about order {order_id}")
            payment = decode(OrderStatus, answer.content).payment
            if payment is not None:
                taken = Taken("sandbox", payment.reference, payment.amount.minor, payment.amount.currency)
                takings.append(Taking(taken, order_id))
    return tuple(takings)

"""The lot's line to the cloud, and whether anybody can reach the cloud at all."""

from benchmarks.simulation.uplink import Uplink
from benchmarks.week.real_time import RealTime


class Line:
    """`hindrances` are what else keeps money from coming down: a killed service, a full disk. `back_soon` while a cut
    line is about to come back."""

    def __init__(self, port: int, target_port: int, real: RealTime) -> None:
        self._uplink, self._real = Uplink(port, target_port), real
        self._holds = False
        self.hindrances: set[str] = set()
        self.back_soon = False

    @property
    def is_up(self) -> bool:
        """Whether what a driver pays by phone reaches the lot at once."""
        return self._holds and not self.hindrances

    async def restore(self) -> None:
        await self._real.do(self._uplink.restore())
        self._holds, self.back_soon = True, False

    async def cut(self) -> None:
        self._holds = False
        await self._real.do(self._uplink.cut())

"""The lanes as they are now, looked at once for all who watch."""

import asyncio
import time
from dataclasses import dataclass

from lot_server.console.pages import Frame
from lot_server.domain.alert import OpenAlert
from lot_server.domain.lane import RULES, LaneEvent, LaneState
from lot_server.lane_view import LaneSnapshot
from lot_server.loopback.lot import RunningLot
from lot_server.store.lane_history import PassageStory
from lot_server.store.look import ReadStore
from lot_server.store.owing import OpenBalance

LOOK_S = 0.5
_TAKES_ORDERS = {rule.source for rule in RULES if rule.event is LaneEvent.OPERATOR_DECIDED}


@dataclass(frozen=True, slots=True)
class LaneNow:
    """A lane, the text its display shows, its last passage and open alerts, how often its stay paid so far, and what
    earlier stays of the plate here still owe.
    """

    snapshot: LaneSnapshot
    lines: tuple[str, ...]
    last: PassageStory | None
    alerts: tuple[OpenAlert, ...]
    payments: int
    debts: tuple[OpenBalance, ...] = ()

    @property
    def opens(self) -> bool:
        """Whether the lane takes an order to open now."""
        return self.snapshot.state in _TAKES_ORDERS

    @property
    def resolves(self) -> bool:
        """Whether an operator may say whose vehicle stands here."""
        here = self.snapshot
        return here.direction == "exit" and self.opens and here.state is not LaneState.IDLE

    @property
    def takes_codes(self) -> bool:
        """Whether the vehicle here waits for what a ticket or a receipt can bring."""
        here = self.snapshot
        return here.direction == "exit" and (self.waits or here.state is LaneState.WAITING_FOR_PAYMENT)

    @property
    def charges(self) -> bool:
        """Whether the driver here is asked to pay."""
        return self.snapshot.state is LaneState.WAITING_FOR_PAYMENT and self.snapshot.due is not None

    @property
    def waits(self) -> bool:
        """Whether a person is needed here."""
        return self.snapshot.state is LaneState.WAITING_FOR_OPERATOR

    @property
    def photo(self) -> str | None:
        """Of the vehicle that stands here, else of the last one."""
        photos = self.snapshot.photos or (self.last.photos if self.last else ())
        return photos[0] if photos else None


@dataclass(frozen=True, slots=True)
class LotNow:
    """The lot and its lanes at one instant."""

    frame: Frame
    lanes: tuple[LaneNow, ...]

    def lane(self, lane_id: str) -> LaneNow | None:
        return next((lane for lane in self.lanes if lane.snapshot.lane_id == lane_id), None)


class LiveLanes:
    """Looks at the lanes for the pages; many watchers cost one look each `LOOK_S` real seconds."""

    def __init__(self, lot: RunningLot, store: ReadStore) -> None:
        self._lot, self._store = lot, store
        self._turn = asyncio.Lock()
        self._seen: LotNow | None = None
        self._seen_at = -LOOK_S

    async def now(self, fresh: bool = False) -> LotNow:
        """The lot, at most `LOOK_S` old, or looked at anew. Raises StoreError, NotDescribed."""
        async with self._turn:
            if fresh or self._seen is None or time.monotonic() - self._seen_at >= LOOK_S:
                # Snapshots are taken on the loop that runs the lanes, the store is looked at in a thread.
                snapshots = [lane.snapshot() for lane in self._lot.lanes.values()]
                self._seen = await asyncio.to_thread(self._look, snapshots)
                self._seen_at = time.monotonic()
            return self._seen

    def _look(self, snapshots: list[LaneSnapshot]) -> LotNow:
        with self._store.look() as look:
            frame, alerts = Frame.of(look), look.work.open_alerts()
            return LotNow(
                frame,
                tuple(
                    LaneNow(
                        here,
                        self._lot.displays[here.lane_id].lines,
                        look.lanes.last(here.lane_id),
                        tuple(alert for alert in alerts if alert.raised.lane_id == here.lane_id),
                        len(look.work.settlements(here.stay_id)) if here.stay_id and here.due else 0,
                        tuple(look.work.owing.of_plate(here.plate)) if here.passage_id and here.plate else (),
                    )
                    for here in snapshots
                ),
            )

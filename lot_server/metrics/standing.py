"""How a lot stands now, asked anew at every scrape."""

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from lot_server.domain.lane import LaneState
from lot_server.hardware_site import HardwareSite
from lot_server.lane_view import LaneSnapshot
from lot_server.store.unit_of_work import SqliteWork


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """`behind_since` is when the oldest fact that the cloud lacks was recorded; `alerts` are the open ones by code."""

    spaces: int
    free_spaces: int
    seq: int
    acked_seq: int
    behind_since: datetime | None
    alerts: Mapping[str, int]


def store_figures(work: SqliteWork) -> StoreFigures:
    """What the store says, by indexed look-ups and the facts of the lot alone."""
    lot = work.lot()
    seq, _ = work.head()
    return StoreFigures(
        0 if lot is None else lot.spaces,
        0 if lot is None else lot.free_spaces,
        seq,
        work.acked_seq,
        work.behind_since(),
        Counter(alert.raised.code for alert in work.open_alerts()),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Standing(Collector):
    """Everything at one moment, as Prometheus' families. `workers` live, `replaced` died since the start."""

    now: datetime
    store: StoreFigures
    lanes: tuple[LaneSnapshot, ...]
    folder: Path
    workers: int
    replaced: int
    hardware: HardwareSite | None

    def collect(self) -> Iterator[Metric]:
        store = self.store
        yield _one("openlot_spaces", "Spaces of the lot.", store.spaces)
        yield _one("openlot_free_spaces", "Spaces that are free.", store.free_spaces)
        yield _one("openlot_ledger_seq", "Facts in the ledger.", store.seq)
        yield _one("openlot_outbox_waiting", "Facts that the cloud has not acknowledged.", store.seq - store.acked_seq)
        behind = 0.0 if store.behind_since is None else max(0.0, (self.now - store.behind_since).total_seconds())
        yield _one("openlot_outbox_oldest_seconds", "Age of the oldest of those, by the lot's clock.", behind)
        yield _labelled("openlot_alerts_open", "Alerts that wait for a person.", "code", store.alerts)
        yield from self._lanes()
        disk = shutil.disk_usage(self.folder)
        yield _one("openlot_disk_free_bytes", "Free room under the store.", disk.free)
        yield _one("openlot_disk_bytes", "The whole disk under the store.", disk.total)
        yield _one("openlot_vision_workers", "Vision workers that live.", self.workers)
        replaced = CounterMetricFamily("openlot_vision_worker_deaths", "Vision workers that ended and were replaced.")
        replaced.add_metric([], self.replaced)
        yield replaced
        yield from self._hardware()

    def _lanes(self) -> Iterator[Metric]:
        states = GaugeMetricFamily("openlot_lane_state", "1 for the state a lane is in.", labels=["lane", "state"])
        faults = GaugeMetricFamily("openlot_lane_fault", "1 while a part of a lane fails.", labels=["lane"])
        for lane in self.lanes:
            faults.add_metric([lane.lane_id], lane.fault is not None)
            for state in LaneState:
                states.add_metric([lane.lane_id, state.value], state is lane.state)
        yield states
        yield faults

    def _hardware(self) -> Iterator[Metric]:
        if self.hardware is None:
            return
        devices = {name: int(health.fault is None) for name, health in self.hardware.device_health().items()}
        yield _labelled("openlot_device_up", "1 while a device answers.", "device", devices)
        cameras = {id_: int(parts.camera.health().state == "ok") for id_, parts in self.hardware.lanes.items()}
        yield _labelled("openlot_camera_up", "1 while a lane's camera gives frames.", "lane", cameras)


def _one(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _labelled(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for each, value in values.items():
        family.add_metric([each], value)
    return family

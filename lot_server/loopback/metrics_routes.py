"""`/metrics`, for a Prometheus on the same machine; it needs the loopback token like everything here."""

from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from lot_server.adapters.vision_workers import VisionWorkers
from lot_server.hardware_site import HardwareSite
from lot_server.loopback.lot import RunningLot
from lot_server.metrics.counts import LotCounts
from lot_server.metrics.standing import Standing, store_figures


@dataclass(frozen=True, slots=True)
class Measured:
    """What the figures are of, besides the lot itself; `folder` is the store's."""

    counts: LotCounts
    workers: VisionWorkers
    folder: Path
    hardware: HardwareSite | None


def metrics_routes(lot: RunningLot, measured: Measured) -> APIRouter:
    """The one route, in Prometheus' text format."""
    router = APIRouter()

    @router.get("/metrics")
    async def metrics() -> Response:
        figures = await lot.writer.transact(store_figures)
        now = CollectorRegistry()
        now.register(
            Standing(
                lot.clock.now(),
                figures,
                tuple(lane.snapshot() for lane in lot.lanes.values()),
                measured.folder,
                len(measured.workers.pids),
                measured.workers.replaced,
                measured.hardware,
            )
        )
        content = generate_latest(measured.counts.registry) + generate_latest(now)
        return Response(content, media_type=CONTENT_TYPE_LATEST)

    return router

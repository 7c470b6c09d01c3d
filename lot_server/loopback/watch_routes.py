"""Orders for lanes that are watched in place of loops, over the loopback API."""

from fastapi import APIRouter

from lot_server.errors import LaneNotWatched
from lot_server.hardware_site import HardwareSite
from lot_server.loopback.lot import RunningLot
from lot_server.loopback.schemas import Message, Order


class EmptyLaneShown(Message):
    """Which share of the passing zone, 0..1, are marks on the ground; `outcome` says it in words."""

    marks: float
    outcome: str


def watch_routes(lot: RunningLot, site: HardwareSite) -> APIRouter:
    """The routes that a site of hardware has for its watched lanes."""
    router = APIRouter()

    @router.post("/lanes/{lane_id}/empty")
    async def show_empty(lane_id: str, order: Order) -> EmptyLaneShown:
        lot.lane(lane_id)
        watched = site.lanes[lane_id].watched
        if watched is None:
            raise LaneNotWatched(f"{lane_id} has loops: look at its wiring")
        await lot.note(order.operator, "show_empty_lane", lane_id, order.reason)
        marks = await watched.eye.learn()
        return EmptyLaneShown(
            marks=marks, outcome=f"done: {marks:.0%} of the passing zone are marks on the ground that a vehicle hides"
        )

    return router

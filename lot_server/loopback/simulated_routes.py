"""Routes that drive a simulated site: vehicles come, wait, leave, and cameras die."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query

from lot_server.adapters.simulated import SimulatedSite, SimulatedVehicle
from lot_server.loopback.schemas import CameraOrder, ContactOrder, Done, PicturesShown, VehicleArrival, VehicleView

MOST_WAIT_S = 30.0


def simulated_routes(site: SimulatedSite) -> APIRouter:
    """The routes that only a simulated site has."""
    router = APIRouter(prefix="/simulated")

    @router.post("/lanes/{lane_id}/vehicles", status_code=201)
    async def arrive(lane_id: str, arrival: VehicleArrival) -> VehicleView:
        return _view(site.send(lane_id, [Path(frame) for frame in arrival.frames], arrival.behaviour))

    @router.get("/vehicles/{vehicle_id}")
    async def vehicle(vehicle_id: str, wait_s: Annotated[float, Query(ge=0, le=MOST_WAIT_S)] = 0.0) -> VehicleView:
        found = site.vehicle(vehicle_id)
        await found.wait(wait_s)
        return _view(found)

    @router.post("/lanes/{lane_id}/show")
    async def show(lane_id: str, pictures: PicturesShown) -> Done:
        site.lane(lane_id).show([Path(frame) for frame in pictures.frames])
        return Done()

    @router.post("/lanes/{lane_id}/leave")
    async def leave(lane_id: str) -> Done:
        site.lane(lane_id).leave()
        return Done()

    @router.post("/lanes/{lane_id}/camera")
    async def camera(lane_id: str, order: CameraOrder) -> Done:
        site.lane(lane_id).camera_works = order.working
        return Done()

    @router.post("/emergency")
    async def emergency(order: ContactOrder) -> Done:
        site.emergency.pressed = order.on
        return Done()

    return router


def _view(vehicle: SimulatedVehicle) -> VehicleView:
    return VehicleView(vehicle_id=vehicle.vehicle_id, lane_id=vehicle.lane_id, state=vehicle.state)

"""How the devices and cameras of a lot are, over the loopback API."""

from fastapi import APIRouter

from lot_server.domain.clock import to_text
from lot_server.hardware_site import HardwareSite
from lot_server.loopback.schemas import Message


class DeviceView(Message):
    """A device; `fault` is an error's code, None where it answers."""

    name: str
    since: str
    fault: str | None
    text: str


class CameraView(Message):
    """A lane's camera; `state` is ok, stalled or away, `size` width and height in pixels."""

    lane_id: str
    state: str
    since: str
    size: tuple[int, int] | None
    fps: float | None
    text: str


class HardwareState(Message):
    """All of them. A loop that is not to be believed is a fault of its lane."""

    devices: tuple[DeviceView, ...]
    cameras: tuple[CameraView, ...]


def hardware_routes(site: HardwareSite) -> APIRouter:
    """The route that only a site of hardware has."""
    router = APIRouter()

    @router.get("/hardware")
    async def hardware() -> HardwareState:
        cameras = {lane_id: parts.camera.health() for lane_id, parts in site.lanes.items()}
        return HardwareState(
            devices=tuple(
                DeviceView(name=name, since=to_text(health.since), fault=health.fault, text=health.text)
                for name, health in site.device_health().items()
            ),
            cameras=tuple(
                CameraView(
                    lane_id=lane_id,
                    state=health.state,
                    since=to_text(health.since),
                    size=health.size,
                    fps=None if health.fps is None else round(health.fps, 1),
                    text=health.text,
                )
                for lane_id, health in cameras.items()
            ),
        )

    return router

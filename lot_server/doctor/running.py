"""The lot's server, asked over its loopback API: whether it answers, and what it says of lanes, cameras and devices."""

from collections.abc import Iterator
from typing import Any

from lot_server.config import LotConfig
from lot_server.doctor.finding import Finding
from lot_server.errors import LoopbackRefused, LoopbackUnavailable
from lot_server.loopback.client import LoopbackClient


def check_running(config: LotConfig) -> Iterator[Finding]:
    """A server that does not run is a warning; one that runs and does not answer is a failure."""
    client = LoopbackClient(config.store)
    try:
        state, alerts = client.get("/state"), client.get("/alerts")["alerts"]
        hardware = _hardware(client)
    except LoopbackUnavailable as error:
        if not config.store.address.exists():
            yield Finding("server", "warn", f"no lot server runs on {config.store.folder}", "openlot lot serve")
        else:
            advice = "look at its log; if it was killed, start it again"
            yield Finding("server", "fail", str(error), advice)
        return
    except LoopbackRefused as error:
        yield Finding("server", "fail", f"{error.code}: {error}", "look at its log")
        return
    yield Finding("server", "ok", f"answers: {state['free_spaces']} of {state['spaces']} spaces free")
    if any(lane["held"] for lane in state["lanes"]):
        yield Finding("emergency", "warn", "all barriers are held open", "openlot lot emergency show")
    yield from map(_lane, state["lanes"])
    yield from _parts(hardware)
    if alerts:
        yield Finding("alerts", "warn", f"{len(alerts)} wait for a person", "openlot lot alerts")


def _hardware(client: LoopbackClient) -> dict[str, Any]:
    try:
        return client.get("/hardware")
    except LoopbackRefused as error:
        # Only a site of hardware has the route.
        if error.code == "unknown_path":
            return {"devices": [], "cameras": []}
        raise


def _lane(lane: dict[str, Any]) -> Finding:
    check = f"lane {lane['lane_id']}"
    if lane["fault"] is None:
        return Finding(check, "ok", f"is {lane['state']}")
    return Finding(check, "fail", f"is {lane['state']} with {lane['fault']}", "openlot lot alerts")


def _parts(hardware: dict[str, Any]) -> Iterator[Finding]:
    for device in hardware["devices"]:
        check = f"device {device['name']}"
        if device["fault"] is None:
            yield Finding(check, "ok", f"answers since {device['since']}")
        else:
            text = f"{device['fault']} since {device['since']}: {device['text']}"
            yield Finding(check, "fail", text, "check its power, cable and address in [[devices]]")
    for camera in hardware["cameras"]:
        check = f"camera {camera['lane_id']}"
        if camera["state"] == "ok":
            yield Finding(check, "ok", f"gives {_size(camera)}")
        else:
            text = f"{camera['state']} since {camera['since']}: {camera['text']}"
            yield Finding(check, "fail", text, "check its power, network and [[lanes]] camera")


def _size(camera: dict[str, Any]) -> str:
    size = "frames" if camera["size"] is None else "{} x {} pixels".format(*camera["size"])
    return size if camera["fps"] is None else f"{size}, {camera['fps']:g} a second"

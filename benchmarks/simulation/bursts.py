"""Every vehicle's pictures, drawn to files before the day begins, on all cores."""

import multiprocessing
import os
import signal
import zlib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import cv2
import numpy as np

from benchmarks.simulation.cameras import GateCamera, draw_look
from benchmarks.simulation.grain import Grain
from benchmarks.simulation.photos import WIDEST, degraded_burst, read_photo
from benchmarks.simulation.scenario import TIME_ZONE, Car, Scenario, Vehicle, fitting_roles
from models.train.synthetic.glyphs import OpenGlyphs
from models.train.synthetic.serials import EUROPE, chinese_text, latin_text, normalised
from vision.types import Image

Direction = Literal["entry", "exit"]
DIRECTIONS: tuple[Direction, ...] = ("entry", "exit")
FRAMES = 3
"""Pictures in a burst."""
_KINDS = ("cn_blue", "cn_green_small", "cn_blue", "cn_blue", "eu", "cn_green_small", "cn_blue", "cn_yellow")
"""Kinds of plates that drawn vehicles carry by turns."""

_PROVINCES = {"苏": 0.6, "浙": 0.12, "沪": 0.12, "皖": 0.08, "far": 0.08}
"""Shares of provinces among the Chinese plates."""


def drawn_cars(count: int, seed: int) -> list[Car]:
    """Cars with generated plates, no two alike."""
    rng = np.random.default_rng(seed)
    cars: dict[str, Car] = {}
    while len(cars) < count:
        kind = _KINDS[len(cars) % len(_KINDS)]
        european = EUROPE[int(rng.integers(len(EUROPE)))]
        printed = latin_text(rng, european) if kind == "eu" else _local_text(rng, kind)
        cars.setdefault(normalised(printed), Car((normalised(printed),), printed, kind))
    return list(cars.values())


def _local_text(rng: np.random.Generator, kind: str) -> str:
    """A plate as it is seen in Suzhou: most from 苏 (Jiangsu), some from around, few from far away."""
    province = str(rng.choice(list(_PROVINCES), p=list(_PROVINCES.values())))
    while True:
        text = chinese_text(rng, kind)
        if text.startswith(province) or (province == "far" and text[0] not in _PROVINCES):
            return text


def with_drawn_cars(photographed: Sequence[Car], seed: int) -> list[Car]:
    """The photographed cars, and drawn ones for the roles that no photo can play: those without a readable plate."""
    count = len(photographed)
    while True:
        drawn = [role in ("no_plate", "unreadable") for role in fitting_roles(count)]
        if count - sum(drawn) >= len(photographed):
            break
        count += 1
    photos, scenes = iter(photographed), iter(drawn_cars(sum(drawn), seed))
    return [next(scenes) if each else next(photos) for each in drawn]


def frame_paths(folder: Path, vehicle: Vehicle, direction: Direction) -> list[Path]:
    """Where a vehicle's pictures lie."""
    return [folder / vehicle.vehicle_id / f"{direction}-{number}.jpg" for number in range(1, FRAMES + 1)]


def draw_bursts(scenario: Scenario, folder: Path) -> None:
    """Write every vehicle's pictures as JPEG files under `folder`."""
    workers = max(1, min(os.cpu_count() or 1, 8))
    shares = [scenario.vehicles[worker::workers] for worker in range(workers)]
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _die_quietly) as pool:
        for done in [pool.submit(_draw_share, share, scenario.seed, folder) for share in shares]:
            done.result()


def _die_quietly() -> None:
    """Ctrl-C ends a drawing process at once, without a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _draw_share(vehicles: Sequence[Vehicle], seed: int, folder: Path) -> None:
    cv2.setNumThreads(1)
    studio = _Studio(seed)
    for vehicle in vehicles:
        (folder / vehicle.vehicle_id).mkdir(parents=True)
        for direction in DIRECTIONS[: 1 if vehicle.leaves_at is None else 2]:
            rng = np.random.default_rng([seed, zlib.crc32(f"{vehicle.vehicle_id} {direction}".encode())])
            burst = studio.burst(rng, vehicle, direction)
            quality = int(rng.integers(75, 93))
            for path, picture in zip(frame_paths(folder, vehicle, direction), burst, strict=True):
                _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
                path.write_bytes(coded.tobytes())


class _Studio:
    """Both lanes' cameras and what they share, built once in each process."""

    def __init__(self, seed: int) -> None:
        glyphs = OpenGlyphs()
        self._seed = seed
        self._grain = Grain(np.random.default_rng(seed), WIDEST, WIDEST, 4.0)
        self._cameras = {each: GateCamera(glyphs, self._grain, seed + offset) for offset, each in enumerate(DIRECTIONS)}

    def burst(self, rng: np.random.Generator, vehicle: Vehicle, direction: Direction) -> list[Image]:
        car, entry = vehicle.car, direction == "entry"
        view = vehicle.entry_view if entry else vehicle.exit_view
        photo = car.entry_photo if entry else car.exit_photo
        if photo is not None:
            return degraded_burst(rng, self._grain, read_photo(photo), view, FRAMES)
        own = np.random.default_rng([self._seed, zlib.crc32(vehicle.vehicle_id.encode())])
        light = _daylight(vehicle.arrives_at if entry or vehicle.leaves_at is None else vehicle.leaves_at)
        return self._cameras[direction].burst(rng, draw_look(own, car.kind), car.kind, car.printed, view, light, FRAMES)


def _daylight(instant: datetime) -> float:
    """0..1 from the height of the sun, roughly: full from nine to three, dusk by six."""
    local = instant.astimezone(ZoneInfo(TIME_ZONE))
    hours = abs(local.hour + local.minute / 60 - 12)
    return float(np.clip(1.2 - hours / 6, 0.15, 1.0))

"""What a lane looks like when empty, on disk: a restart must not take a vehicle under the barrier for the road."""

import io
import logging
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lot_server.durable import sync
from lot_server.errors import StoreError
from vision.ground import Floats
from vision.lane_watch import LaneZones
from vision.zone import Zone

log = logging.getLogger(__name__)


class EmptyLaneFile:
    """One lane's file; it is of use only with the zones it was made for."""

    def __init__(self, path: Path, zones: LaneZones) -> None:
        self._path = path
        self._zones = zones

    def load(self) -> tuple[Floats, Floats] | None:
        """The arrival and the passing zone, empty, float32 (2, h, w) each; None where none is known for these zones."""
        try:
            # Given a path, a damaged file would stay open.
            with self._path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                found = {name: np.asarray(kept[name], np.float32) for name in _NAMES}
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            log.error("%s cannot be read (%s): show the lot the empty lane again", self._path, error)
            return None
        same = all(
            np.array_equal(found[f"{name}_corners"], _corners(zone))
            for name, zone in (("arrival", self._zones.arrival), ("passing", self._zones.passing))
        )
        if not same:
            log.error("%s is of other zones than the lane has now: show the lot the empty lane again", self._path)
            return None
        return found["arrival"], found["passing"]

    def save(self, empty: tuple[Floats, Floats]) -> None:
        """Put it in place of what was there, durably. Raises StoreError."""
        content = io.BytesIO()
        np.savez(
            content,
            arrival=empty[0],
            passing=empty[1],
            arrival_corners=_corners(self._zones.arrival),
            passing_corners=_corners(self._zones.passing),
        )
        partial = self._path.with_name(self._path.name + ".part")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            partial.write_bytes(content.getvalue())
            sync(partial)
            partial.replace(self._path)
            sync(self._path.parent)
        except OSError as error:
            raise StoreError(f"{self._path} cannot be written ({error.strerror}): check its disk") from error


_NAMES = ("arrival", "passing", "arrival_corners", "passing_corners")


def _corners(zone: Zone) -> NDArray[np.float32]:
    return np.array(zone.corners, np.float32)

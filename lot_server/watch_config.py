"""What lot.toml says of a lane without loops: where in its camera's picture vehicles arrive and where they pass."""

from dataclasses import dataclass

from lot_server.errors import BadConfig
from vision.lane_traffic import TrafficPace
from vision.lane_watch import COVERED_SHARE, LaneZones
from vision.zone import Zone

_PACE = TrafficPace()


@dataclass(frozen=True, slots=True)
class WatchSection:
    """Two zones, each as corners `[across, down]` in shares of the picture's width and height, and real seconds.

    `arrival` is where the plate of a vehicle is that waits at the barrier, `passing` what it drives over under the
    barrier; vehicles go from the one to the other. The rest as in `LaneZones` and `TrafficPace`.
    """

    arrival: tuple[tuple[float, ...], ...]
    passing: tuple[tuple[float, ...], ...]
    covered_share: float = COVERED_SHARE
    clear_s: float = _PACE.clear_s
    leave_s: float = _PACE.leave_s
    unread_s: float = _PACE.unread_s

    @property
    def zones(self) -> LaneZones:
        """The same as zones, once checked."""
        return LaneZones(_zone(self.arrival), _zone(self.passing), self.covered_share)

    @property
    def pace(self) -> TrafficPace:
        """How long what is seen must last."""
        return TrafficPace(self.clear_s, self.leave_s, self.unread_s)

    def check(self, where: str) -> None:
        """Raises BadConfig; `where` names the section."""
        for name in ("arrival", "passing"):
            corners = getattr(self, name)
            if len(corners) < 3 or any(len(corner) != 2 for corner in corners):
                raise BadConfig(f"{where} {name} must be three or more corners [across, down]")
            if any(not 0 <= share <= 1 for corner in corners for share in corner):
                raise BadConfig(f"{where} {name} corners must be shares of the picture, from 0 to 1")
            bounds = _zone(corners).bounds
            if min(bounds.width, bounds.height) < _LEAST_SIDE:
                raise BadConfig(f"{where} {name} is too narrow: draw it over the lane's width")
        zones = self.zones
        if zones.arrival.holds(zones.passing.middle) or zones.passing.holds(zones.arrival.middle):
            raise BadConfig(f"{where} arrival and passing lie on one another: draw one before the other")
        if not 0 < self.covered_share < 1:
            raise BadConfig(f"{where} covered_share must be above 0 and below 1")
        for name in ("clear_s", "leave_s", "unread_s"):
            if not 0 < getattr(self, name) < float("inf"):
                raise BadConfig(f"{where} {name} must be above 0 seconds")


_LEAST_SIDE = 0.02
"""Of a zone's bounds, in shares of the picture."""


def _zone(corners: tuple[tuple[float, ...], ...]) -> Zone:
    return Zone(tuple((corner[0], corner[1]) for corner in corners))

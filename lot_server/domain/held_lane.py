"""A lane whose barrier is held open: who is on its loops, and who has driven through. Pure, as `domain.lane` is.

Nobody is stopped here, so nothing is decided before a vehicle has passed: it is seen on the arming loop, and counted
once the closing loop is free again behind it.
"""

from dataclasses import dataclass, replace

from lot_server.domain.lane import LaneEvent


@dataclass(frozen=True, slots=True)
class HeldVehicle:
    """A vehicle by its passage; `onward`: it has left the arming loop."""

    passage_id: str
    onward: bool = False


@dataclass(frozen=True, slots=True)
class HeldLane:
    """What the loops feel, and the vehicles that have not passed yet, the foremost first."""

    arming: bool = False
    closing: bool = False
    vehicles: tuple[HeldVehicle, ...] = ()

    @property
    def on_the_way(self) -> bool:
        """Whether somebody is, or may be, under the barrier: it must not close now."""
        return self.closing or any(vehicle.onward for vehicle in self.vehicles)


@dataclass(frozen=True, slots=True)
class HeldStep:
    """The lane afterwards, who came to it, who has passed, and who turned back."""

    lane: HeldLane
    came: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


def hold_step(lane: HeldLane, event: LaneEvent, passage_id: str) -> HeldStep:
    """What an event of the loops, or the end of the time to drive through, means. `passage_id` is for who may come.

    Whoever left the arming loop has passed when the closing loop becomes free. A vehicle on the closing loop that was
    never seen before it came unseen. One that left the arming loop and never reached the closing loop turned back.
    """
    match event:
        case LaneEvent.ARMING_ON if not lane.arming:
            vehicles = (*lane.vehicles, HeldVehicle(passage_id))
            return HeldStep(replace(lane, arming=True, vehicles=vehicles), came=(passage_id,))
        case LaneEvent.ARMING_OFF if lane.arming:
            vehicles = tuple(replace(each, onward=True) for each in lane.vehicles)
            return HeldStep(replace(lane, arming=False, vehicles=vehicles))
        case LaneEvent.CLOSING_ON if not lane.closing:
            if lane.vehicles:
                return HeldStep(replace(lane, closing=True))
            unseen = HeldVehicle(passage_id, onward=True)
            return HeldStep(replace(lane, closing=True, vehicles=(unseen,)), came=(passage_id,))
        case LaneEvent.CLOSING_OFF if lane.closing:
            passed, left = _parted(lane)
            return HeldStep(replace(lane, closing=False, vehicles=left), passed=passed)
        case LaneEvent.TIMED_OUT if not lane.closing:
            gone, left = _parted(lane)
            return HeldStep(replace(lane, vehicles=left), gone=gone)
    return HeldStep(lane)


def _parted(lane: HeldLane) -> tuple[tuple[str, ...], tuple[HeldVehicle, ...]]:
    """Those that left the arming loop, and those that stand there still."""
    onward = tuple(each.passage_id for each in lane.vehicles if each.onward)
    return onward, tuple(each for each in lane.vehicles if not each.onward)

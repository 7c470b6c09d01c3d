"""Under what the gate is measured, and what each scenario is held against."""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Scenario(StrEnum):
    """What goes on while vehicles come.

    In all but FULL one vehicle is at the lot's gates at a time, and nothing else runs in IDLE. In the CLOUD scenarios
    the lot is mirrored, to a cloud on this machine or to an address where nobody answers.
    """

    IDLE = "idle"
    FULL = "full"
    CLOUD_UP = "cloud-up"
    CLOUD_DOWN = "cloud-down"
    DISK_BUSY = "disk-busy"


HELD_AGAINST: Mapping[Scenario, tuple[Scenario, ...]] = {
    Scenario.IDLE: (),
    Scenario.FULL: (Scenario.IDLE,),
    Scenario.CLOUD_UP: (Scenario.IDLE,),
    Scenario.CLOUD_DOWN: (Scenario.IDLE, Scenario.CLOUD_UP),
    Scenario.DISK_BUSY: (Scenario.IDLE,),
}
"""What the waiting time of a scenario is divided by."""

ONE_AT_A_TIME = frozenset(Scenario) - {Scenario.FULL}
"""Where the vehicles of a round are the same, in the same order, at the same point between two frames."""


def with_comparisons(asked: Iterable[Scenario]) -> tuple[Scenario, ...]:
    """The scenarios that were asked for and those they are held against, each once, in one order."""
    wanted = set(asked)
    for scenario in tuple(wanted):
        wanted.update(HELD_AGAINST[scenario])
    return tuple(scenario for scenario in Scenario if scenario in wanted)

"""What keeps a simulated week from running, or stands in somebody's way in it."""

from benchmarks.simulation.errors import SimulationError


class WeekStuck(SimulationError):
    """The week does not go on: something that it waits for in real time does not happen."""

    code = "week_stuck"


class LotDown(SimulationError):
    """The lot server has no power just now."""

    code = "lot_down"

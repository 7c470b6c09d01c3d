"""Pictures of the visits that are read from pixels: scenes drawn as for the simulated day, one burst a passage."""

from pathlib import Path

from benchmarks.simulation.bursts import draw_bursts
from benchmarks.simulation.scenario import Scenario, Vehicle
from benchmarks.week.clocks import after
from benchmarks.week.plan import BEGINS, Visit, Week


def draw_pictures(week: Week, folder: Path) -> bool:
    """Whether there is anything to draw; then it lies in `folder`, in one folder a visit."""
    drawn = tuple(_vehicle(visit) for visit in week.visits if visit.car is not None)
    if drawn:
        draw_bursts(Scenario(week.seed, week.spaces, drawn), folder)
    return bool(drawn)


def _vehicle(visit: Visit) -> Vehicle:
    assert visit.car is not None
    arrives, leaves = after(BEGINS, visit.arrives), after(BEGINS, visit.arrives + visit.parks)
    return Vehicle(visit.name, visit.car, "ordinary", "barrier", 0, 0, arrives, leaves, "clear", "clear")

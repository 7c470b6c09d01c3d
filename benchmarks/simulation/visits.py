"""How each visit went: the lot's stay beside the vehicle's true plate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from benchmarks.metrics import same_plate
from benchmarks.simulation.journal import Journal
from benchmarks.simulation.records import LotRecord, StayAccount
from benchmarks.simulation.scenario import Scenario, Vehicle

Outcome = Literal["right", "wrong", "ticketed", "operator"]
"""right: carried by the read alone, in and out; wrong: another plate or another's stay, or it never got through;
ticketed: a ticket stood for the plate; operator: a person had to say which stay it was."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One vehicle that meant to park. `stay_id` is the stay it came in by, `read` that stay's plate."""

    vehicle: Vehicle
    outcome: Outcome
    stay_id: str | None
    read: str | None
    note: str
    left_on: str | None = None
    """The stay that was closed when it went out; None for a vehicle that never got through."""


def visits_of(scenario: Scenario, journal: Journal, lot: LotRecord) -> tuple[Visit, ...]:
    """Every vehicle of the day that meant to come in."""
    accounts = lot.accounts()
    return tuple(_visit(vehicle, journal, accounts) for vehicle in scenario.vehicles if vehicle.comes_in)


def own_stays(visits: tuple[Visit, ...]) -> dict[str, str]:
    """Vehicle -> the stay it came in by."""
    return {each.vehicle.vehicle_id: each.stay_id for each in visits if each.stay_id is not None}


def _visit(vehicle: Vehicle, journal: Journal, accounts: Mapping[str, StayAccount]) -> Visit:
    came, left = (journal.crossing(vehicle.vehicle_id, direction) for direction in ("entry", "exit"))
    own = next(
        (stay for stay, each in accounts.items() if came is not None and each.entry.passage_id == came.passage_id), None
    )
    if own is None or came is None or came.end != "crossed":
        return Visit(vehicle, "wrong", own, None, "never came in")
    account = accounts[own]
    out = next(
        (each for each in accounts.values() if left and each.exit and each.exit.passage_id == left.passage_id), None
    )
    plate = account.plate
    if left is None or left.end != "crossed" or out is None:
        return Visit(vehicle, "wrong", own, plate, "never got out")
    if out is not account:
        note = f"left on the stay of {out.plate or out.entry.ticket_id}"
        return Visit(vehicle, "wrong", own, plate, note, out.entry.stay_id)
    if plate is None:
        return Visit(vehicle, "ticketed", own, None, f"ticket {account.entry.ticket_id}", own)
    if not any(same_plate(plate, true) for true in vehicle.car.plates):
        return Visit(vehicle, "wrong", own, plate, f"read as {plate}", own)
    if left.with_operator or (out.exit is not None and out.exit.decision == "operator"):
        return Visit(vehicle, "operator", own, plate, "an operator picked the stay", own)
    seen = out.exit.read_plate if out.exit is not None else None
    matched = "" if seen == plate else f"matched though seen as {seen or 'nothing sure'}"
    return Visit(vehicle, "right", own, plate, matched, own)

"""Who may enter: every combination of what can be known about a vehicle."""

from itertools import product

import pytest

from lot_server.domain.access import Admission, Refusal, decide_entry
from lot_server.domain.occupancy import Occupancy

FACTS = ("readable", "has_pass", "blocked", "full", "already_inside", "opened_by_operator")
# A vehicle whose plate is unreadable has no known pass, block or twin inside.
POSSIBLE = [
    facts
    for facts in (dict(zip(FACTS, each, strict=True)) for each in product((False, True), repeat=len(FACTS)))
    if facts["readable"] or not (facts["has_pass"] or facts["blocked"] or facts["already_inside"])
]
NOTHING = dict.fromkeys(FACTS, False)


@pytest.mark.parametrize(
    ("facts", "decided"),
    [
        pytest.param({"readable"}, Admission("read", True), id="a plain plate"),
        pytest.param(set(), Admission("ticket", False), id="no plate"),
        pytest.param({"readable", "has_pass"}, Admission("pass", True), id="a pass"),
        pytest.param({"readable", "has_pass", "full"}, Admission("pass", True), id="a pass in a full lot"),
        pytest.param({"readable", "full"}, Refusal("full"), id="a full lot"),
        pytest.param({"full"}, Refusal("full"), id="no plate in a full lot"),
        pytest.param({"readable", "blocked"}, Refusal("blocked"), id="blocked"),
        pytest.param({"readable", "blocked", "has_pass"}, Refusal("blocked"), id="blocked with a pass"),
        pytest.param({"readable", "already_inside"}, Admission("ticket", False, "already_inside"), id="twice"),
        pytest.param({"readable", "already_inside", "has_pass", "full"}, Refusal("full"), id="one pass, two vehicles"),
        pytest.param({"readable", "blocked", "full", "opened_by_operator"}, Admission("operator", True), id="operator"),
    ],
)
def test_decisions(facts: set[str], decided: Admission | Refusal) -> None:
    """Each vehicle is let in or kept out for the reason that weighs most."""
    assert decide_entry(**NOTHING | dict.fromkeys(facts, True)) == decided


@pytest.mark.parametrize("facts", POSSIBLE, ids=lambda facts: "+".join(k for k, v in facts.items() if v) or "nothing")
def test_no_dead_end(facts: dict[str, bool]) -> None:
    """Only a blocked plate or a full lot keeps a vehicle out, and an operator overrules both."""
    decided = decide_entry(**facts)
    if isinstance(decided, Refusal):
        assert facts["blocked"] or facts["full"]
        assert not facts["opened_by_operator"]
        assert isinstance(decide_entry(**facts | {"opened_by_operator": True}), Admission)
    else:
        assert decided.by_plate == (facts["readable"] and not facts["already_inside"])
        assert (decided.alert is not None) == facts["already_inside"]


@pytest.mark.parametrize(
    ("spaces", "inside", "arriving", "free", "full"),
    [
        pytest.param(2, 0, 0, 2, False, id="empty"),
        pytest.param(2, 1, 0, 1, False, id="one left"),
        pytest.param(2, 1, 1, 1, True, id="the last one is promised"),
        pytest.param(2, 2, 0, 0, True, id="full"),
        pytest.param(2, 3, 0, -1, True, id="a pass more than fits"),
        pytest.param(0, 0, 0, 0, True, id="no spaces at all"),
    ],
)
def test_occupancy(spaces: int, inside: int, arriving: int, free: int, full: bool) -> None:
    """Free spaces count open stays, fullness also those that are driving in."""
    occupancy = Occupancy(spaces, inside, arriving)
    assert (occupancy.free, occupancy.full) == (free, full)

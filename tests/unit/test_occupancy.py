"""How many vehicles are inside: the count is right where the loops are, its bounds hold where they are not."""

from dataclasses import dataclass, field
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from lot_server.domain.occupancy import Occupancy, SpaceCount

Step = Literal[
    "visitor_in",
    "pass_in",
    "out",
    "stray_in",
    "stray_out",
    "ghost_in",
    "ghost_out",
    "unseen_out",
    "orphan",
    "recount",
]
SEEN: tuple[Step, ...] = ("visitor_in", "pass_in", "out", "stray_in", "stray_out")
ANY: tuple[Step, ...] = (*SEEN, "ghost_in", "ghost_out", "unseen_out", "orphan", "recount")


@dataclass
class Parked:
    """An open stay: whether its vehicle is here, and whether it began before the last recount."""

    here: bool = True
    older: bool = False


@dataclass
class World:
    """A lot whose vehicles a test knows; `nameless` ones are here without a stay."""

    count: Occupancy
    stays: list[Parked] = field(default_factory=list)
    nameless: int = 0

    @property
    def truth(self) -> int:
        return sum(each.here for each in self.stays) + self.nameless

    def live(self, step: Step) -> None:
        standing = [each for each in self.stays if each.here]
        match step:
            case "visitor_in" if not self.count.full:
                self._enter(0)
            case "pass_in":
                self._enter(1)
            case "out" if standing:
                self.stays = [each for each in self.stays if each is not standing[0]]
                self.count = self.count.after(stays=-1, older=-standing[0].older)
            case "stray_in":
                self.nameless += 1
                self.count = self.count.after(strays_in=1)
            case "stray_out" if self.nameless:
                self.nameless -= 1
                self.count = self.count.after(strays_out=1)
            case "stray_out" if standing:
                self._go_unseen(standing[-1])
                self.count = self.count.after(strays_out=1)
            case "ghost_in":
                self.count = self.count.after(strays_in=1)
            case "ghost_out":
                self.count = self.count.after(strays_out=1)
            case "unseen_out" if standing:
                self._go_unseen(standing[-1])
            case "orphan" if standing:
                self.count = self.count.after(orphans=1)
            case "recount":
                before = self.count
                self.count = before.after(
                    uncounted=self.truth - before.stays - before.uncounted,
                    orphans=-before.orphans,
                    strays_in=-before.strays_in,
                    strays_out=-before.strays_out,
                    older=before.stays - before.older,
                )
                for each in self.stays:
                    each.older = True

    def _enter(self, passes: int) -> None:
        self.stays.append(Parked())
        self.count = self.count.after(stays=1, passes=passes)

    def _go_unseen(self, parked: Parked) -> None:
        """Its stay goes on; sooner or later somebody or the night believes it gone."""
        parked.here = False
        self.count = self.count.after(orphans=1)


@given(st.lists(st.sampled_from(SEEN), max_size=60))
def test_what_the_loops_see_is_counted_exactly(steps: list[Step]) -> None:
    """Whoever drove through a loop is counted, with or without a stay: the count is the truth."""
    world = World(Occupancy(20, 0))
    for step in steps:
        world.live(step)
        assert world.count.inside == world.truth


@given(st.lists(st.sampled_from(ANY), max_size=60))
def test_the_bounds_hold(steps: list[Step]) -> None:
    """With loops that see ghosts and miss vehicles, and stays believed gone that are not, the truth is between."""
    world = World(Occupancy(20, 0))
    for step in steps:
        world.live(step)
        count = world.count
        assert count.least_inside <= world.truth <= count.most_inside, step
        assert count.least_inside <= count.inside <= count.most_inside


@given(st.lists(st.sampled_from(ANY), max_size=40))
def test_a_recount_makes_it_exact(steps: list[Step]) -> None:
    """After somebody counted, the count is what they found, and nothing is unsure."""
    world = World(Occupancy(20, 0))
    for step in (*steps, "recount"):
        world.live(step)  # type: ignore[arg-type]
    assert (world.count.inside, world.count.count) == (world.truth, None)


@given(
    spaces=st.integers(1, 30),
    kept=st.integers(0, 30),
    steps=st.lists(
        st.sampled_from(["visitor", "pass", "arrive_visitor", "arrive_pass", "confirm", "leave"]), max_size=80
    ),
)
def test_visitors_never_take_a_kept_space(spaces: int, kept: int, steps: list[str]) -> None:
    """Whatever comes in which order, a visitor enters only where every pass holder not here would find a kept space."""
    count = Occupancy(spaces, 0, kept_for_passes=min(kept, spaces))
    visitors_arriving = 0
    for step in steps:
        if step in ("visitor", "arrive_visitor"):
            if count.full:
                continue
            count = count.after(**({"stays": 1} if step == "visitor" else {"arriving": 1}))
            visitors_arriving += step == "arrive_visitor"
            assert count.stays + count.arriving + count.kept <= spaces
        elif step in ("pass", "arrive_pass"):
            count = count.after(passes=1, **({"stays": 1} if step == "pass" else {"arriving": 1}))
        elif step == "confirm" and count.arriving:
            count = count.after(stays=1, arriving=-1)
        elif step == "leave" and count.stays > count.passes:
            count = count.after(stays=-1)


def test_a_count_that_is_sure_says_nothing_more() -> None:
    """Bounds are told only where they differ from the count, or where spaces are kept."""
    sure = Occupancy(10, 4)
    assert sure.count is None
    assert Occupancy(10, 4, kept_for_passes=2, passes=1).count == SpaceCount(6, 6, 1)
    assert Occupancy(10, 4, strays_out=1, orphans=2).count == SpaceCount(6, 8, 0)

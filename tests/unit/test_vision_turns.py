"""Lanes take turns at what is free."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from lot_server.adapters.vision_turns import Turns


def served(wanted: list[str]) -> list[str]:
    """Whose turn it was, one after the other, when lanes had come in this order."""

    async def main() -> list[str]:
        turns: Turns[str] = Turns()
        order: list[str] = []

        async def come(lane: str) -> None:
            worker = await turns.take(lane)
            order.append(lane)
            turns.give(worker)

        coming = [asyncio.create_task(come(lane)) for lane in wanted]
        await asyncio.sleep(0)
        turns.give("worker")
        await asyncio.gather(*coming)
        return order

    return asyncio.run(main())


def test_a_lane_that_wants_much_waits_for_the_others() -> None:
    """Whoever came with one frame after ten of another lane is served after one of them."""
    assert served(["busy"] * 10 + ["quiet", "third"])[:4] == ["busy", "quiet", "third", "busy"]


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=40))
def test_no_lane_is_passed_over_twice(wanted: list[str]) -> None:
    """Whatever is wanted, all are served, and no lane waits while another one is served twice."""
    order = served(wanted)
    assert sorted(order) == sorted(wanted)
    for lane in set(wanted):
        places = [index for index, each in enumerate(order) if each == lane]
        for before, after in zip([-1, *places], places, strict=False):
            between = order[before + 1 : after]
            assert len(between) == len(set(between))


def test_what_is_free_is_taken_at_once_and_given_to_who_waits() -> None:
    """Nobody waits while something is free, and nothing is free while somebody waits."""

    async def main() -> None:
        turns: Turns[str] = Turns()
        turns.give("first")
        assert await turns.take("a") == "first"
        waiting = asyncio.create_task(turns.take("a"))
        await asyncio.sleep(0)
        turns.give("second")
        assert await waiting == "second"

    asyncio.run(main())


def test_who_gives_up_keeps_nothing() -> None:
    """A turn given up before it comes goes to the next; one given up in the moment it comes, too."""

    async def main() -> None:
        turns: Turns[str] = Turns()
        early, late, last = (asyncio.create_task(turns.take(lane)) for lane in ("a", "b", "c"))
        await asyncio.sleep(0)
        early.cancel()
        await asyncio.sleep(0)
        turns.give("worker")
        late.cancel()
        assert await last == "worker"
        turns.give("worker")
        assert await turns.take("d") == "worker"

    asyncio.run(main())

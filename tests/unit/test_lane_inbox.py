"""A lane's inbox: in order, one call, one timer, and nothing from those that were replaced."""

import asyncio
from collections.abc import Awaitable, Callable

from hand_lane import HandClock

from lot_server.domain.lane import LaneEvent
from lot_server.lane_calls import Outcome
from lot_server.lane_inbox import LaneInbox


def answering(event: LaneEvent) -> Callable[[], Awaitable[Outcome]]:
    async def call() -> Outcome:
        return Outcome(event)

    return call


async def heard(inbox: LaneInbox) -> LaneEvent:
    async with asyncio.timeout(20):
        return (await inbox.next()).outcome.event


async def settle() -> None:
    """Let calls and timers that are due post what they have."""
    await asyncio.sleep(0.02)


def test_what_happens_is_heard_in_order() -> None:
    """Events are heard as they came, the answer of a call among them."""

    async def story() -> None:
        inbox = LaneInbox(HandClock())
        inbox.post(LaneEvent.ARMING_ON)
        inbox.start_call(answering(LaneEvent.READ_DONE))
        await settle()
        inbox.post(LaneEvent.ARMING_OFF)
        assert [await heard(inbox) for _ in range(3)] == [
            LaneEvent.ARMING_ON,
            LaneEvent.READ_DONE,
            LaneEvent.ARMING_OFF,
        ]

    asyncio.run(story())


def test_an_answer_in_the_queue_is_dropped_with_its_call() -> None:
    """A read that was done before its vehicle left, but is heard after, reaches no other vehicle."""

    async def story() -> None:
        inbox = LaneInbox(HandClock())
        inbox.start_call(answering(LaneEvent.READ_DONE))
        await settle()
        inbox.drop_call()
        inbox.start_call(answering(LaneEvent.BARRIER_OPENED))
        assert await heard(inbox) is LaneEvent.BARRIER_OPENED

    asyncio.run(story())


def test_a_timer_that_was_replaced_is_not_heard() -> None:
    """A timer that ran out just before its state was left does not end the next state."""

    async def story() -> None:
        inbox = LaneInbox(HandClock())
        inbox.set_timer(0)
        await settle()
        inbox.set_timer(None)
        inbox.post(LaneEvent.ARMING_ON)
        assert await heard(inbox) is LaneEvent.ARMING_ON
        inbox.set_timer(0)
        assert await heard(inbox) is LaneEvent.TIMED_OUT

    asyncio.run(story())


def test_what_matters_only_here_is_dropped_when_the_lane_moves_on() -> None:
    """A settlement for the vehicle that waited is not heard once the lane has gone on."""

    async def story() -> None:
        inbox = LaneInbox(HandClock())
        inbox.set_timer(None)
        inbox.post_while_here(LaneEvent.SETTLEMENT_ARRIVED)
        inbox.set_timer(None)
        inbox.post(LaneEvent.ARMING_OFF)
        assert await heard(inbox) is LaneEvent.ARMING_OFF

    asyncio.run(story())

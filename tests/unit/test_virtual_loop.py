"""The loop of the simulated week, whose time leaps."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path

from benchmarks.week.clocks import SharedClock, WeekClock
from benchmarks.week.plan import BEGINS
from benchmarks.week.real_time import RealTime
from benchmarks.week.virtual_loop import VirtualLoop, run


def test_days_of_waiting_take_no_time() -> None:
    """Two who sleep for days wake in their order, at their times to the microsecond."""

    async def main(loop: VirtualLoop) -> list[tuple[str, float]]:
        woke = []

        async def sleeper(name: str, seconds: float) -> None:
            await asyncio.sleep(seconds)
            woke.append((name, round(loop.time(), 6)))

        await asyncio.gather(sleeper("late", 300_000.25), sleeper("early", 86_400.5))
        return woke

    assert run(main) == [("early", 86_400.5), ("late", 300_000.25)]


def test_time_stands_still_for_a_thread() -> None:
    """A timer that is due at once does not fire before a job that a thread has, however long that takes."""

    async def main(loop: VirtualLoop) -> list[str]:
        order: list[str] = []
        loop.call_later(0.001, order.append, "timer")
        await asyncio.to_thread(time.sleep, 0.05)
        order.append("job")
        assert loop.time() == 0.0
        await asyncio.sleep(0.002)
        return order

    assert run(main) == ["job", "timer"]


def test_time_stands_still_for_real_time() -> None:
    """What is done in real time takes none of the week's, and a failure of it comes back."""

    async def pause() -> str:
        await asyncio.sleep(0.02)
        return "done"

    async def main(loop: VirtualLoop) -> tuple[str, float]:
        with RealTime() as real:
            ticking = asyncio.create_task(asyncio.sleep(5.0))
            answer = await real.do(pause())
            still = loop.time()
            await ticking
        return answer, still

    assert run(main) == ("done", 0.0)


def test_another_process_sees_the_same_time(tmp_path: Path) -> None:
    """The bytes of a clock's file show each leap to whoever opens them."""

    async def main(loop: VirtualLoop) -> None:
        clock = WeekClock(loop, BEGINS)
        shared = SharedClock.start(tmp_path / "clock", BEGINS)
        loop.show_time_to(lambda: shared.show(clock.true_now()))
        other = SharedClock(tmp_path / "clock")
        assert other.now() == BEGINS
        await asyncio.sleep(3.5)
        assert other.now() == clock.now() == BEGINS + timedelta(seconds=3.5)

    run(main)

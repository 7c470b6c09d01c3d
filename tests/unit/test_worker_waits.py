"""How long the worker waits after each step, told without sleeping."""

from datetime import UTC, datetime

import pytest

from cloud_sync.backoff import Backoff
from cloud_sync.mirror import Moved, Smaller, Stopped, Unreachable
from cloud_sync.watermark import Halt, Position
from cloud_sync.worker import Worker

AT = datetime(2026, 1, 31, tzinfo=UTC)
MOVED = Moved(Position(1, "0" * 64, AT))
STOPPED = Stopped(Halt("ledger_fork", "compare", AT))


@pytest.fixture
def worker():
    return Worker(None, None, Backoff(1, 30, 300), moved=lambda position: None, draw=lambda: 1.0)


def test_failures_in_a_row_wait_longer_and_longer(worker):
    """Each failure doubles the wait, up to the cap."""
    assert [worker.wait_after(Unreachable("down")) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize("step", [MOVED, Smaller(10), STOPPED], ids=["moved", "smaller", "stopped"])
def test_an_answer_ends_the_row_of_failures(worker, step):
    """Once the cloud answered, the next failure waits as the first one did."""
    for _ in range(5):
        worker.wait_after(Unreachable("down"))
    worker.wait_after(step)
    assert worker.wait_after(Unreachable("down")) == 1


def test_progress_waits_for_nothing_and_a_refusal_for_long(worker):
    """What moved goes on at once; what was refused is asked about at the rare pace."""
    assert worker.wait_after(MOVED) == 0
    assert worker.wait_after(STOPPED) == 300

"""What every test may ask for."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is slow, which is no failure: nothing is asserted on time. A build is judged by the same cases each
# time; elsewhere they vary, and find more.
settings.register_profile(
    "openlot",
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("openlot")


@pytest.fixture(scope="session")
def openlot_data() -> Path:
    """The folder of real photos, for tests marked `data`; `docs/datasets.md` says what is in it."""
    named = os.environ.get("OPENLOT_DATA")
    assert named, "set OPENLOT_DATA to the folder of photos, or deselect these tests with -m 'not data'"
    folder = Path(named)
    assert (folder / "val").is_dir(), f"OPENLOT_DATA={named} holds no folder val"
    return folder

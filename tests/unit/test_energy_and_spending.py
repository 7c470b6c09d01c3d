"""What a candidate uses: the processor's energy counters, memory and processor time."""

from pathlib import Path

import pytest

from benchmarks.running.energy import EnergyMeter
from benchmarks.running.machine import machine_facts
from benchmarks.running.spending import spent


def zone(root: Path, name: str, now: int, most: int = 1000) -> Path:
    folder = root / name
    folder.mkdir(exist_ok=True)
    (folder / "energy_uj").write_text(f"{now}\n", encoding="ascii")
    (folder / "max_energy_range_uj").write_text(f"{most}\n", encoding="ascii")
    return folder


def test_packages_are_added_and_their_parts_are_not(tmp_path: Path) -> None:
    """Two packages count, their cores do not count again, and a counter that began anew is followed."""
    zone(tmp_path, "intel-rapl:0", 100)
    zone(tmp_path, "intel-rapl:0:0", 50)
    zone(tmp_path, "intel-rapl:1", 900)
    meter = EnergyMeter(tmp_path)
    before = meter.read()
    zone(tmp_path, "intel-rapl:0", 400)
    zone(tmp_path, "intel-rapl:0:0", 350)
    zone(tmp_path, "intel-rapl:1", 100)
    assert meter.joules(before) == pytest.approx((300 + 200) * 1e-6)


def test_without_counters_that_may_be_read_energy_is_unknown(tmp_path: Path) -> None:
    """No counter, or one that vanished, is None and never zero."""
    assert EnergyMeter(tmp_path).joules(EnergyMeter(tmp_path).read()) is None
    assert EnergyMeter(tmp_path / "none").read() == {}
    zone(tmp_path, "intel-rapl:0", 100)
    meter = EnergyMeter(tmp_path)
    before = meter.read()
    (tmp_path / "intel-rapl:0" / "energy_uj").unlink()
    assert meter.joules(before) is None


def test_memory_at_its_most_and_processor_time_only_grow() -> None:
    """What was held once stays counted after it is let go."""
    before = spent()
    held = bytearray(64 << 20)
    held[::4096] = b"x" * len(held[::4096])
    del held
    after = spent()
    assert after.peak_rss_bytes >= before.peak_rss_bytes > 1 << 20
    assert after.cpu_s >= before.cpu_s > 0


def test_facts_of_the_machine_name_what_figures_depend_on() -> None:
    """Processor, cores, memory and versions are there."""
    facts = machine_facts()
    assert {"processor", "cores", "memory_bytes", "load_before", "system", "python", "onnxruntime"} <= facts.keys()
    assert all(value is not None for value in facts.values())

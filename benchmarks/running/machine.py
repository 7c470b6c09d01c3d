"""Facts of the machine that figures depend on. Nothing in them names it or its owner."""

import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

Fact = str | int | float | None
_PACKAGES = ("openlot", "onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino", "opencv-python-headless", "numpy")
_PACKAGES_OF_OTHERS = ("torch", "ultralytics", "easyocr", "rapidocr")


def machine_facts() -> Mapping[str, Fact]:
    """Processor, cores that may be used, memory, load, system, and the versions of what is installed."""
    facts: dict[str, Fact] = {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "load_before": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }
    for package in (*_PACKAGES, *_PACKAGES_OF_OTHERS):
        try:
            facts[package] = version(package)
        except PackageNotFoundError:
            continue
    return facts


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())

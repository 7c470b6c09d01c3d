"""A candidate, ready to read, of what describes it. Each kind's packages are imported only when it is asked for."""

from typing import assert_never

from benchmarks.candidates.outcome import Candidate
from benchmarks.candidates.spec import (
    CommandSpec,
    EasyOcrSpec,
    HttpSpec,
    PipelineSpec,
    RapidOcrSpec,
    Spec,
    UltralyticsSpec,
)


def load(spec: Spec) -> Candidate:
    """The candidate, its models loaded. Raises what the kind does: errors of `models`, `vision` and `benchmarks`."""
    if isinstance(spec, PipelineSpec | UltralyticsSpec):
        from benchmarks.candidates.pipeline import PipelineCandidate

        return PipelineCandidate(spec)
    if isinstance(spec, EasyOcrSpec):
        from benchmarks.candidates.easyocr import EasyOcrCandidate

        return EasyOcrCandidate(spec)
    if isinstance(spec, RapidOcrSpec):
        from benchmarks.candidates.rapidocr import RapidOcrCandidate

        return RapidOcrCandidate(spec)
    if isinstance(spec, CommandSpec):
        from benchmarks.candidates.command import CommandCandidate

        return CommandCandidate(spec)
    if isinstance(spec, HttpSpec):
        from benchmarks.candidates.http_endpoint import HttpCandidate

        return HttpCandidate(spec)
    assert_never(spec)

"""RapidOCR on whole photos, as its own package runs it, with the weights that it brings. Needs the extra `rapidocr`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from benchmarks.candidates.outcome import Nature, Outcome, Stopwatch
from benchmarks.candidates.spec import RapidOcrSpec
from benchmarks.candidates.text_lines import Line, read_whole
from vision.errors import ExtraMissing, ProviderUnavailable
from vision.session import PROVIDERS, require_provider
from vision.types import Image

_ENGINE = "EngineConfig.onnxruntime"


class RapidOcrCandidate:
    """Finds and reads every line of text of a photo, and keeps those that could be plates."""

    def __init__(self, spec: RapidOcrSpec) -> None:
        """Raises ExtraMissing, and ProviderUnavailable where a network would not run by the provider asked for."""
        package = find_spec("rapidocr")
        if package is None or package.origin is None:
            raise ExtraMissing("rapidocr is not installed; run: pip install 'openlot[rapidocr]'")
        require_provider(spec.provider)
        from rapidocr import RapidOCR

        self._engine = RapidOCR(
            params={
                "Global.log_level": "error",
                "Det.limit_side_len": spec.size,
                "Rec.rec_batch_num": spec.batch,
                f"{_ENGINE}.intra_op_num_threads": spec.threads,
                f"{_ENGINE}.inter_op_num_threads": 1,
                f"{_ENGINE}.use_cuda": spec.provider == "cuda",
            }
        )
        # Its parts load at their first use, and go on by the processor where another provider fails.
        parts = (self._engine._load_det_model(), self._engine._load_cls_model(), self._engine._load_rec_model())
        for part in parts:
            running = part.session.session.get_providers()
            if PROVIDERS[spec.provider] not in running:
                raise ProviderUnavailable(
                    f"rapidocr was asked for {spec.provider} and runs by {running}; check the driver"
                )
        weights = (Path(package.origin).parent / "models").glob("*.onnx")
        self.nature = Nature(spec.provider, "fp32", sum(file.stat().st_size for file in weights))

    def read(self, photos: Sequence[Path]) -> Iterator[Outcome]:
        """As `Candidate.read`. Turning lines upright counts as reading."""
        return read_whole(photos, self._lines)

    def close(self) -> None:
        """Nothing was started."""

    def _lines(self, image: Image, watch: Stopwatch) -> list[Line]:
        found = self._engine(image)
        if not found.elapse_list:  # it found no text, and tells no times
            watch.lap("detect")
        else:
            watch.ms["detect"] = 1000 * found.elapse_list[0]
            watch.ms["read"] = 1000 * sum(each or 0.0 for each in found.elapse_list[1:])
        texts = found.txts or ()
        return [
            Line(text, float(score), [(float(x), float(y)) for x, y in corners])
            for text, score, corners in zip(texts, found.scores or (), found.boxes if texts else (), strict=True)
        ]

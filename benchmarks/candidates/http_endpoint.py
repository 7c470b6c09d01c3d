"""A recognition service over HTTP as a candidate: a photo goes up as the multipart file `upload`, JSON comes back.

    {"results": [{"plate": "ab12cde", "score": 0.9, "box": {"xmin": 10, "ymin": 20, "xmax": 110, "ymax": 50},
                  "region": {"code": "gb"}}]}

as Plate Recognizer's Snapshot API answers. The time is what its caller waits, the way there and back included.
"""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx2
from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from benchmarks.candidates.outcome import Nature, Outcome, failed, plain_text
from benchmarks.candidates.spec import HttpSpec
from benchmarks.errors import BadCandidate
from benchmarks.run_folder import ReadPlate
from vision.types import Box

_TAIL = 200
"""Characters of a refusal that an error shows."""


@dataclass(frozen=True)
class _Box:
    xmin: float
    ymin: float
    xmax: float
    ymax: float


@dataclass(frozen=True)
class _Region:
    code: str


@dataclass(frozen=True)
class _Result:
    plate: str
    score: float
    box: _Box | None = None
    region: _Region | None = None


@dataclass(frozen=True)
class _Answer:
    results: tuple[_Result, ...]


_ANSWER = TypeAdapter(_Answer)


class HttpCandidate:
    """Sends one photo after another over one held connection."""

    def __init__(self, spec: HttpSpec) -> None:
        """Raises BadCandidate where the token's variable is not set."""
        self._spec = spec
        self.nature = Nature()
        headers = {"Accept": "application/json"}
        if spec.token_env is not None:
            token = os.environ.get(spec.token_env, "")
            if not token:
                raise BadCandidate(f"set {spec.token_env} to the service's token")
            headers["Authorization"] = f"Token {token}"
        self._client = httpx2.Client(headers=headers, timeout=spec.timeout_s)

    def read(self, photos: Sequence[Path]) -> Iterator[Outcome]:
        """As `Candidate.read`. A service that refuses or cannot be reached is an error of each photo."""
        for photo in photos:
            time.sleep(self._spec.pause_s)
            yield self._read_one(photo)

    def close(self) -> None:
        self._client.close()

    def _read_one(self, photo: Path) -> Outcome:
        start = time.perf_counter()
        try:
            content = photo.read_bytes()
            answer = self._client.post(
                self._spec.url,
                files={"upload": (photo.name, content)},
                data={"regions": list(self._spec.regions)},
            )
        except OSError as error:
            return failed("unreadable_image", f"cannot read {photo}: {error.strerror}; check its permissions")
        except httpx2.TimeoutException:
            return failed("no_answer", f"no answer within {self._spec.timeout_s:g} s; raise `timeout_s`")
        except httpx2.HTTPError as error:
            return failed("not_reached", f"{self._spec.url}: {error or type(error).__name__}; check the address")
        if not answer.is_success:
            return failed(f"http_{answer.status_code}", answer.text[:_TAIL])
        try:
            found = _ANSWER.validate_json(answer.content)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            return failed(
                "bad_answer", f"the answer is not {{results: [{{plate, score, box}}]}}: {where} {first['msg']}"
            )
        plates = sorted(map(_plate, found.results), key=lambda plate: -plate.confidence)
        return Outcome(tuple(plates), {"total": 1000 * (time.perf_counter() - start)}, None)


def _plate(result: _Result) -> ReadPlate:
    text = plain_text(result.plate)
    box = Box(result.box.xmin, result.box.ymin, result.box.xmax, result.box.ymax) if result.box else None
    return ReadPlate(text or None, text, result.score, box, region=result.region.code if result.region else None)

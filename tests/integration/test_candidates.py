"""Every kind of candidate gives the same kind of outcome, and an error for each photo that it failed on."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest
from shell_reader import grey_photos, photos_given, shell_reader
from tiny_models import write_detector, write_reader

from benchmarks.candidates.load import load
from benchmarks.candidates.outcome import Outcome, plain_text
from benchmarks.candidates.spec import CommandSpec, HttpSpec, PipelineSpec
from benchmarks.candidates.text_lines import Line, plates_of
from benchmarks.errors import BadCandidate, CandidateFailed
from benchmarks.run_folder import ReadPlate
from benchmarks.running.child import outcomes
from models.errors import UnknownModel
from vision.errors import ProviderUnavailable
from vision.types import Box

AB12 = ReadPlate("AB12", "AB12", 0.5, Box(1, 2, 3, 4))


def codes(found: list[Outcome]) -> list[str | None]:
    return [outcome.error.code if outcome.error else None for outcome in found]


@pytest.fixture
def models(tmp_path: Path) -> dict[str, str]:
    """A detector that finds one plate everywhere, and a reader that reads AB12CD on it."""
    return {
        "detector": str(write_detector(tmp_path, [(32, 32, 20, 8, 0.9)])),
        "reader": str(write_reader(tmp_path, "AB12CD")),
    }


@pytest.mark.parametrize("threads", [1, 2])
def test_a_pipeline_tells_its_stages_on_one_core_or_two(tmp_path: Path, models: dict[str, str], threads: int) -> None:
    """Plates, the time of each stage, and the processor's; a photo that cannot be decoded is an error of its own."""
    photos = grey_photos(tmp_path / "photos", 3)
    photos[1].write_bytes(b"no picture")
    candidate = load(PipelineSpec(name="x", kind="openlot", precision="fp32", threads=threads, **models))
    try:
        found = list(candidate.read(photos))
    finally:
        candidate.close()
    assert codes(found) == [None, "unreadable_image", None]
    for outcome in (found[0], found[2]):
        assert [plate.text for plate in outcome.plates] == ["AB12CD"]
        assert sum(outcome.ms[stage] for stage in ("decode", "detect", "rectify", "read")) == pytest.approx(
            outcome.ms["total"], rel=0.2, abs=1
        )
        assert min(outcome.ms.values()) > 0
        assert outcome.cpu_ms is not None
    size = sum(file.stat().st_size for file in tmp_path.glob("*.onnx"))
    assert (candidate.nature.provider, candidate.nature.precision, candidate.nature.bytes) == ("cpu", "fp32", size)


def test_a_pipelines_size_is_the_detectors(tmp_path: Path, models: dict[str, str]) -> None:
    """At half the size the detector's plate, always at the same place of its input, is twice as large in the photo."""
    photo = tmp_path / "square.png"
    photo.write_bytes(cv2.imencode(".png", np.full((160, 160, 3), 128, np.uint8))[1].tobytes())
    widths = []
    for size in (256, 128):
        candidate = load(PipelineSpec(name="x", kind="openlot", precision="fp32", size=size, **models))
        (outcome,) = candidate.read([photo])
        box = outcome.plates[0].box
        assert box is not None
        widths.append(box.width)
    assert widths[1] == pytest.approx(2 * widths[0], rel=0.1)


@pytest.mark.parametrize("threads", [1, 2])
def test_models_and_providers_that_are_not_there_are_refused(models: dict[str, str], threads: int) -> None:
    """What cannot be had is an error on loading, in this process or in reading processes, never something else run."""
    unknown = PipelineSpec(name="x", kind="openlot", reader="nobody", precision="fp32", threads=threads)
    with pytest.raises(UnknownModel, match="nobody"):
        load(unknown)
    with pytest.raises(ProviderUnavailable, match="CUDAExecutionProvider"):
        load(PipelineSpec(name="x", kind="openlot", provider="cuda", precision="fp32", threads=threads, **models))


def test_a_program_reads_photos_in_batches(tmp_path: Path) -> None:
    """The program is given at most so many photos at once, and its lines become outcomes; only the total is known."""
    photos = grey_photos(tmp_path, 5)
    candidate = load(CommandSpec(name="x", kind="command", command=(str(shell_reader(tmp_path)),), batch=2))
    found = list(candidate.read(photos))
    assert found == [Outcome((AB12,), {"total": 1.5}, None)] * 5
    assert photos_given(tmp_path) == [photo.name for photo in photos]


CASES = """
    *01.png) echo '{"file": "01.png", "error": {"code": "too_dark", "message": "no light"}}'; continue ;;
    *02.png) echo 'Loading...'; continue ;;
    *03.png) echo '{"file": "other.png", "ms": 1, "plates": []}'; continue ;;
    *04.png) echo '{"file": "04.png", "plates": []}'; continue ;;
    *05.png) plate='{"text": null, "guess": "a?b", "confidence": 0.1}'
      echo "{\\"file\\": \\"05.png\\", \\"ms\\": 1, \\"plates\\": [$plate]}"; continue ;;
    *06.png) echo 'out of memory' >&2; exit 3 ;;
"""


def test_what_a_program_gets_wrong_is_an_error_of_the_photo(tmp_path: Path) -> None:
    """Its own errors, lines that are none, lines about another photo, and photos that it died on are told apart."""
    photos = grey_photos(tmp_path, 8)
    candidate = load(CommandSpec(name="x", kind="command", command=(str(shell_reader(tmp_path, CASES)),)))
    found = list(candidate.read(photos))
    assert codes(found) == [None, "too_dark", "bad_line", "wrong_file", "bad_line", None, "no_line", "no_line"]
    assert found[5].plates == (ReadPlate(None, "AB", 0.1),)
    assert found[7].error is not None
    assert "status 3" in found[7].error.message
    assert "out of memory" in found[7].error.message


def test_a_program_that_is_not_there_is_refused() -> None:
    """A missing program is found before a photo is read."""
    with pytest.raises(CandidateFailed, match="no program"):
        load(CommandSpec(name="x", kind="command", command=("/no/such/program",)))


class _Service(BaseHTTPRequestHandler):
    """Answers by the photo's name, and notes what came."""

    server: "_Server"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((self.headers["Authorization"], body))
        status, answer = next(answer for name, answer in self.server.answers.items() if f'"{name}"'.encode() in body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answers: dict[str, tuple[int, str]]) -> None:
        super().__init__(("127.0.0.1", 0), _Service)
        self.answers = answers
        self.came: list[tuple[str | None, bytes]] = []


@contextmanager
def service(answers: dict[str, tuple[int, str]]) -> Iterator[_Server]:
    """A recognition service on a free port."""
    server = _Server(answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_service_is_sent_photos_and_its_answers_are_plates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The photo goes up as `upload` with token and regions; plates come back surest first, or an error of the photo."""
    monkeypatch.setenv("PLATE_TOKEN", "not-a-secret")
    box = {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}
    results = [{"plate": "xy34", "score": 0.4}, {"plate": "ab12", "score": 0.5, "box": box, "region": {"code": "gb"}}]
    answers = {
        "00.png": (201, json.dumps({"results": results, "processing_time": 12.5})),
        "01.png": (200, '{"results": []}'),
        "02.png": (429, "slow down"),
        "03.png": (200, '{"plates": []}'),
    }
    photos = grey_photos(tmp_path, 5)
    photos[4].unlink()
    with service(answers) as server:
        url = f"http://127.0.0.1:{server.server_port}/v1/plate-reader/"
        spec = HttpSpec(name="x", kind="http", url=url, token_env="PLATE_TOKEN", regions=("gb", "fr"))
        candidate = load(spec)
        found = list(candidate.read(photos))
        candidate.close()
    assert codes(found) == [None, None, "http_429", "bad_answer", "unreadable_image"]
    assert found[0].plates == (
        ReadPlate("AB12", "AB12", 0.5, Box(1, 2, 3, 4), region="gb"),
        ReadPlate("XY34", "XY34", 0.4),
    )
    assert set(found[0].ms) == {"total"}
    token, body = server.came[0]
    assert token == "Token not-a-secret"
    assert photos[0].read_bytes() in body
    assert body.count(b'name="regions"') == 2
    assert all(piece in body for piece in (b'name="upload"; filename="00.png"', b"gb", b"fr"))


def test_a_service_that_is_not_there_is_an_error_of_each_photo(tmp_path: Path) -> None:
    """No connection is counted, photo by photo, and no token is refused at once."""
    with service({}) as server:
        url = f"http://127.0.0.1:{server.server_port}/"
    candidate = load(HttpSpec(name="x", kind="http", url=url))
    assert codes(list(candidate.read(grey_photos(tmp_path, 2)))) == ["not_reached", "not_reached"]
    candidate.close()
    assert "NO_SUCH_TOKEN" not in os.environ
    with pytest.raises(BadCandidate, match="NO_SUCH_TOKEN"):
        load(HttpSpec(name="x", kind="http", url=url, token_env="NO_SUCH_TOKEN"))


def test_lines_of_text_that_could_be_plates_are_kept() -> None:
    """Of all lettering what could be a plate stays, and of two the one that plates look like comes first."""
    corners = [(10.0, 5.0), (50.0, 6.0), (49.0, 20.0), (9.0, 19.0)]
    texts = {"TOYOTA": 0.99, "1": 0.99, "Call 0800 123 456 now": 0.99, "9x9x9x9x": 0.9, "苏E·05EV8": 0.9}
    found = plates_of([Line(text, sure, corners) for text, sure in texts.items()])
    assert [plate.text for plate in found] == ["苏E05EV8", "9X9X9X9X"]
    assert found[0].confidence == 0.9 > found[1].confidence
    assert found[0].box == Box(9, 5, 50, 20)


@pytest.mark.parametrize(("text", "plain"), [("ab-12", "AB12"), ("a?b!", "AB"), ("", ""), ("*" * 50, "")])
def test_any_text_is_compared_as_plates_are(text: str, plain: str) -> None:
    """What no plate says is left away, and nothing fails."""
    assert plain_text(text) == plain


class _Moody:
    """Raises on one photo."""

    nature = None

    def read(self, photos):
        for photo in photos:
            if photo.name == "01.png":
                raise ZeroDivisionError("a bug")
            yield Outcome((AB12,), {"total": 1.0}, None)

    def close(self) -> None:
        """Nothing to end."""


def test_a_candidates_own_failure_counts_on_its_photo_alone() -> None:
    """Whatever another project's code raises is that photo's error, and the photos after it are read."""
    found = list(outcomes(_Moody(), [Path("00.png"), Path("01.png"), Path("02.png")]))
    assert codes(found) == [None, "candidate_error", None]
    assert found[1].error is not None
    assert "ZeroDivisionError: a bug" in found[1].error.message

"""The lot server as a process: it starts loudly or not at all, ends cleanly, and comes back from kill -9."""

import http.client
import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lot_process import LotProcess, write_config
from pixel_plates import write_picture

import openlot
from lot_server.domain.clock import to_text
from lot_server.domain.ledger import GENESIS, verify
from lot_server.store.store import Store

Start = Callable[..., LotProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a lot on this test's folder, anew as often as wanted; what still runs at the end is ended."""
    started: list[LotProcess] = []

    def run(config: Path | None = None) -> LotProcess:
        process = LotProcess(config or write_config(tmp_path))
        process.start()
        started.append(process)
        return process

    yield run
    for process in started:
        if process.running:
            process.stop(signal.SIGKILL)


def run_cli(*words: str) -> int:
    """The exit status of `openlot` with these words."""
    with pytest.raises(SystemExit) as ended:
        openlot.main(words)
    return int(ended.value.code or 0)


def test_it_says_what_it_is_and_ends_cleanly(start: Start, tmp_path: Path) -> None:
    """A simulated clock is said in the ready line, /state and the log; a second server on the same store is refused;
    SIGTERM, with a vehicle at a lane and a client waiting for it, ends with status 0 and nothing left over.
    """
    started_at = to_text(datetime.now(UTC))
    clock = f'\n[clock]\nsimulated = true\norigin = 2026-03-01T06:00:00Z\nspeed = 60\nstarted_at = "{started_at}"\n'
    lot = start(write_config(tmp_path, more=clock))
    assert lot.ready.endswith("with a simulated clock")
    state = lot.get("/state")
    assert state["simulated"]
    assert state["now"].startswith("2026-03-01T")
    assert "the clock is simulated" in lot.log()

    second = subprocess.run(lot._command, env=lot._environment, capture_output=True, text=True, timeout=120)
    assert second.returncode == 1
    assert "another lot server has" in second.stderr

    vehicle = lot.send("entry-1", [write_picture(tmp_path / "a.png", "ZZ99ZZ")])
    lot.until("entry-1", "refused")
    address = json.loads((lot.folder / "loopback.json").read_text())
    waiting = http.client.HTTPConnection(address["host"], address["port"])
    token = (lot.folder / "loopback.token").read_text()
    path = f"/loopback/v1/simulated/vehicles/{vehicle}?wait_s=30"
    waiting.request("GET", path, headers={"authorization": f"Bearer {token}"})
    assert lot.stop() == 0
    waiting.close()
    assert "Traceback" not in lot.log()
    assert not (lot.folder / "loopback.json").exists()


def test_a_killed_server_recovers(start: Start, tmp_path: Path) -> None:
    """After kill -9 while a barrier opens: stays are as they were, the ledger holds, and a person is told."""
    config = write_config(tmp_path)
    quick = config.read_text()
    config.write_text(quick.replace("opening_s = 0.01", "opening_s = 60"))
    car = write_picture(tmp_path / "a.png", "AB12CD")
    lot = start(config)
    lot.send("entry-1", [car])
    lane = lot.until("entry-1", "opening")
    before = lot.get("/state")
    assert lot.stop(signal.SIGKILL) == -signal.SIGKILL

    config.write_text(quick)
    lot = start(config)
    after = lot.get("/state")
    assert after["free_spaces"] == before["free_spaces"] == 5
    assert after["ledger"]["seq"] == before["ledger"]["seq"] + 1
    assert lot.get("/stays")["stays"] == []
    assert [stay["plate"] for stay in lot.get("/stays?state=intended")["stays"]] == ["AB12CD"]
    (alert,) = lot.get("/alerts")["alerts"]
    assert (alert["code"], alert["passage_id"]) == ("unfinished_passage", lane["passage_id"])
    # The world answers: the vehicle is still outside, so its first approach never became a passage.
    assert lot.fate(lot.send("entry-1", [car])) == "crossed"
    lot.until("entry-1", "idle")
    assert lot.get("/stays?state=intended")["stays"] == []
    assert [stay["plate"] for stay in lot.get("/stays")["stays"]] == ["AB12CD"]
    assert lot.stop() == 0
    store = Store(lot.folder / "lot.db", "lot-1")
    with store.transaction() as work:
        assert verify(work.envelopes(), 0, GENESIS) == work.head()[1]
    store.close()


def test_a_dead_vision_worker_does_not_end_the_lot(start: Start, tmp_path: Path) -> None:
    """kill -9 of the reading process costs nobody their entry."""
    lot = start()
    children = [pid for pid in _children(lot) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert children
    for pid in children:
        subprocess.run(["kill", "-9", str(pid)], check=True)
    assert lot.fate(lot.send("entry-1", [write_picture(tmp_path / "a.png", "AB12CD")])) == "crossed"
    lot.until("entry-1", "idle")
    assert [stay["plate"] for stay in lot.get("/stays")["stays"]] == ["AB12CD"]


@pytest.mark.parametrize(
    ("old", "new", "status", "complaint"),
    [
        pytest.param("spaces = 5", "spcs = 5", 2, "openlot lot: bad_config: ", id="unknown-key"),
        pytest.param('"simulated"', '"hydraulic"', 2, "kind must be one of", id="unknown-site"),
        pytest.param("[vision]", '[vision]\nreader = "nonesuch"', 1, "vision_unavailable: ", id="unknown-model"),
        pytest.param('currency = "EUR"', 'currency = "EUR"\nlanguages = ["xx"]', 2, "displays speak", id="language"),
    ],
)
def test_a_server_that_cannot_start_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, status: int, complaint: str
) -> None:
    """One line on standard error with the code and what to do, and an exit status that is not 0."""
    config = write_config(tmp_path)
    config.write_text(config.read_text().replace(old, new))
    assert run_cli("lot", "serve", "--config", str(config)) == status
    said = capsys.readouterr()
    assert complaint in said.err
    assert len(said.err.splitlines()) == 1
    assert said.out == ""


def test_the_operators_commands_go_through_the_api(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`openlot lot state|stays|alerts|display|correct-plate|pay|open|resolve` do at a running lot what they say."""
    lot = start()
    config = ("--config", str(lot.config))
    ann = ("--operator", "ann")
    who = (*ann, "--reason", "test")
    car = write_picture(tmp_path / "a.png", "AB12CD")
    lot.fate(lot.send("entry-1", [car]))
    lot.until("entry-1", "idle")
    (stay,) = lot.get("/stays")["stays"]
    assert run_cli("lot", "state", *config) == 0
    assert "4 of 5 spaces free" in capsys.readouterr().out
    assert run_cli("lot", "stays", *config, "--json") == 0
    assert "AB12CD" in capsys.readouterr().out
    assert run_cli("lot", "correct-plate", stay["stay_id"], "AB12CO", *config, *who) == 0
    assert lot.get("/stays")["stays"][0]["plate"] == "AB12CO"
    assert run_cli("lot", "correct-plate", stay["stay_id"], "AB12CD", *config, *who) == 0
    vehicle = lot.send("exit-1", [car])
    lot.until("exit-1", "waiting_for_payment")
    capsys.readouterr()
    assert run_cli("lot", "display", "exit-1", *config) == 0
    assert "Please pay\nAB12CD\n2.00 EUR\nhttp://127.0.0.1/pay?lot=lot-1\n" in capsys.readouterr().out
    assert run_cli("lot", "pay", "exit-1", "200", "EUR", *config, "--provider", "cash", "--reference", "1", *ann) == 0
    assert capsys.readouterr().out == "applied\n"
    assert lot.fate(vehicle) == "crossed"
    lot.until("exit-1", "idle")
    assert run_cli("lot", "pay", "exit-1", "200", "EUR", *config, "--provider", "cash", "--reference", "2", *ann) == 1
    assert "nothing_waits" in capsys.readouterr().err
    assert run_cli("lot", "open", "entry-1", *config, *who) == 0
    assert run_cli("lot", "resolve", "exit-9", stay["stay_id"], *config, *who) == 1
    assert "unknown_lane" in capsys.readouterr().err
    assert run_cli("lot", "alerts", *config) == 0
    assert lot.stop() == 0
    capsys.readouterr()
    assert run_cli("lot", "state", *config) == 1
    assert "loopback_unavailable" in capsys.readouterr().err


def _children(lot: LotProcess) -> list[int]:
    assert lot._process is not None
    listing = Path(f"/proc/{lot._process.pid}/task/{lot._process.pid}/children").read_text()
    return [int(word) for word in listing.split()]

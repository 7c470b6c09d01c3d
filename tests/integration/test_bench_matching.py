"""`openlot bench matching` on the recording that ships and on generated plates."""

import random
import tomllib
from pathlib import Path

from typer.testing import CliRunner

from benchmarks.cli import app
from benchmarks.matching import reads, recording
from benchmarks.matching.figures import figures
from benchmarks.matching.patterns import pattern_of, replay
from benchmarks.matching.photos import drawn_readings
from benchmarks.matching.rivals import shipped_rivals
from benchmarks.matching.simulation import Simulation, Traffic
from lot_server.domain.alignment import align, doubted_row
from lot_server.domain.look_alikes import fitted
from lot_server.domain.shortlist import Shortlist, entry_of

TRAFFIC = Traffic(visits=2_500, inside=60)


def test_few_are_trapped_and_none_let_out_for_another() -> None:
    """On reads that matching was not fitted to, it traps at least five times fewer than exact text and fewer than edit
    distance, and opens no barrier wrongly."""
    recorded = recording.load()
    patterns = recorded.held_back(chinese=True)
    rivals = shipped_rivals()
    exits = Simulation(patterns, recorded.order, TRAFFIC, 1).run(rivals)
    exact, edits, own = figures(list(rivals), exits, len(patterns), 1)
    assert len(exits) == TRAFFIC.visits
    assert own.trapped.count * 5 <= exact.trapped.count
    assert own.trapped.count < edits.trapped.count
    assert own.wrong.count == 0


def test_the_same_seed_makes_the_same_visits() -> None:
    """A simulation can be repeated."""
    recorded = recording.load()
    patterns = recorded.held_back(chinese=True)
    traffic = Traffic(visits=150, inside=20)
    runs = [Simulation(patterns, recorded.order, traffic, 7).run(shipped_rivals()) for _ in range(2)]
    assert runs[0] == runs[1]


def test_the_shortlist_drops_no_stay_that_could_matter() -> None:
    """Every entry whose probability reaches what could matter is aligned, among reads of every quality on record."""
    recorded, chance = recording.load(), random.Random(5)
    misreading, negligible, looked = fitted().misreading, 1e-7, 0
    plates = [f"苏E{chance.randrange(10**5):05}" for _ in range(12)]
    patterns = [each for each in recorded.held_back(chinese=True) if each.kinds == "PSSSSSS"]
    for _ in range(60):
        plate = chance.choice(plates)
        seen = replay(chance.choice(patterns), plate, recorded.order, chance)
        assert seen.evidence is not None
        row = doubted_row(seen.evidence, misreading, 2)
        shortlist = Shortlist(row, negligible)
        for other in plates:
            came = replay(chance.choice(patterns), other, recorded.order, chance)
            entry = entry_of(came.guess, came.evidence)
            assert entry is not None
            if align(row, entry.row, misreading).same > 10 * negligible:
                looked += 1
                assert shortlist.holds(entry)
    assert looked >= 60


def test_the_shipped_reader_is_recorded_and_published(tmp_path: Path) -> None:
    """What the shipped reader reads on generated plates becomes a recording that replays those reads."""
    found = list(drawn_readings(12, 3))
    assert sum(each.guess == each.true for each in found) >= 6
    assert reads.save(found, tmp_path / "reads.jsonl") == len(found)
    words = ["matching", "publish", "--reads", str(tmp_path / "reads.jsonl"), "--out", str(tmp_path / "made.jsonl")]
    ended = CliRunner().invoke(app, words)
    assert ended.exit_code == 0, ended.output
    made = recording.load(tmp_path / "made.jsonl")
    assert (made.patterns, made.reader.split()[0]) == ((), "reader")
    again = replay(pattern_of(found[0], made.order), found[0].true, made.order, random.Random(1))
    assert again.evidence == found[0].evidence


def test_fitting_writes_what_the_lot_server_reads(tmp_path: Path) -> None:
    """`fit` states its provenance, and a threshold too strict to harm where it saw too few visits."""
    out = tmp_path / "fitted.toml"
    ended = CliRunner().invoke(app, ["matching", "fit", "--visits", "60", "--inside", "20", "--out", str(out)])
    assert ended.exit_code == 0, ended.output
    text = out.read_text(encoding="utf-8")
    table = tomllib.loads(text)
    assert "openlot bench matching fit --limit 0.0001 --visits 60" in text
    assert table["threshold"] == {"limit": 1e-4, "most_doubt": 1e-6}
    assert 0 < table["misreading"]["look_alike"] < 0.1
    assert table["look_alikes"]["B"]["8"] > 0


def test_a_run_below_the_bars_says_so_and_exits_1() -> None:
    """With --check the exit status tells a run that showed too little."""
    ended = CliRunner().invoke(app, ["matching", "run", "--visits", "40", "--inside", "10", "--check"])
    assert ended.exit_code == 1
    assert "below the bar" in ended.output


def test_wrong_input_exits_2(tmp_path: Path) -> None:
    """A missing recording and a wrong number are told apart from a run below the bars."""
    ended = CliRunner().invoke(app, ["matching", "run", "--recording", str(tmp_path / "none.jsonl")])
    assert (ended.exit_code, "record it first" in ended.output) == (2, True)
    assert CliRunner().invoke(app, ["matching", "speed", "--inside", "many"]).exit_code == 2


def test_the_time_of_a_match_is_told_for_each_size() -> None:
    """`speed` prints one line for each number of vehicles inside."""
    ended = CliRunner().invoke(app, ["matching", "speed", "--inside", "5,8"])
    assert ended.exit_code == 0, ended.output
    assert [line.split(" inside: ")[0] for line in ended.output.splitlines()] == ["5", "8"]

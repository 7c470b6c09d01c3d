"""`openlot sync serve` as a real process beside a little cloud and a little lot."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from little_cloud import TOKEN, LittleCloud, LittleLot, eventually
from outbox_file import OutboxFile

CONFIG = """
[lot]
id = "{lot_id}"
database = "lot.db"
loopback_url = "{loopback_url}"
token_file = "loopback.token"

[cloud]
url = "{cloud_url}"

[key]
file = "lot.key"

[worker]
watermark = "watermark.db"
batch_envelopes = {batch_envelopes}

[backoff]
base_s = 0.05
cap_s = 0.2
halted_s = {halted_s}
"""


def write_config(
    folder: Path,
    lot_id: str,
    key: str,
    cloud_url: str,
    loopback_url: str,
    batch_envelopes: int = 20,
    halted_s: float = 0.4,
) -> Path:
    """sync.toml with the key beside it."""
    (folder / "lot.key").write_text(key)
    (folder / "lot.key").chmod(0o600)
    file = folder / "sync.toml"
    file.write_text(
        CONFIG.format(
            lot_id=lot_id,
            cloud_url=cloud_url,
            loopback_url=loopback_url,
            batch_envelopes=batch_envelopes,
            halted_s=halted_s,
        )
    )
    return file


class SyncProcess:
    """The process of one configuration, started and killed as often as a test wants. `log` holds all it ever said."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self._log = config.with_suffix(".log")
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "openlot", "sync", "serve", "--config", str(self.config)],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=os.environ | {"PYTHONSAFEPATH": "1"},
            )
        ready = self._process.stdout.readline()
        assert ready.startswith("sync ready"), self._log.read_text()

    def kill(self) -> None:
        """kill -9, which may come at any point; waits for nothing."""
        os.kill(self._process.pid, signal.SIGKILL)

    def reap(self) -> int:
        """Wait for the end; returns the exit status."""
        status = self._process.wait(30)
        self._process.stdout.close()
        self._process = None
        return status

    def stop(self) -> int:
        """SIGTERM; returns the exit status."""
        self._process.terminate()
        return self.reap()

    @property
    def running(self) -> bool:
        return self._process is not None

    @property
    def log(self) -> list[dict]:
        return [json.loads(line) for line in self._log.read_text().splitlines() if line.startswith("{")]

    def events(self, name: str) -> list[dict]:
        return [line for line in self.log if line["event"] == name]


class Site:
    """Everything around one sync process: an outbox file, a cloud and a lot, all real and on this machine."""

    LOT = "demo"

    def __init__(self, folder: Path, **config) -> None:
        self.file = OutboxFile(folder / "lot.db", self.LOT)
        self.little = LittleCloud()
        self.lot = LittleLot({"stay-1", "stay-2"})
        (folder / "loopback.token").write_text(TOKEN)
        key = self.little.enrol(self.LOT)
        self.key = key
        self.sync = SyncProcess(
            write_config(folder, self.LOT, key, self.little.server.url, self.lot.server.url, **config)
        )

    def __enter__(self):
        self.little.server.start()
        self.lot.server.start()
        return self

    def __exit__(self, *error) -> None:
        if self.sync.running:
            self.sync.kill()
            self.sync.reap()
        self.little.server.stop()
        self.lot.server.stop()
        self.file.close()

    @property
    def applied(self) -> list[int]:
        return [each.seq for each in self.little.cloud.envelopes(self.LOT)]

    def until_mirrored(self) -> None:
        """Wait until the cloud has every row, then hold that it applied each of them once and in order."""
        eventually(lambda: sum(map(len, self.little.batches)) >= self.file.head[0])
        assert self.applied == list(range(1, self.file.head[0] + 1))
        assert [seq for batch in self.little.batches for seq in batch] == self.applied
        assert self.little.cloud.envelopes(self.LOT)[-1].hash == self.file.head[1]

"""`openlot cloud serve` and `openlot cloud sandbox` as real processes."""

import os
import re
import subprocess
import sys
from pathlib import Path

CLOUD = """
[server]
port = 0

[database]
url = "sqlite+aiosqlite:///{database}"

[limits]
fee_per_minute = 1000
plate_per_minute = 1000

[sandbox]
url = "{sandbox_url}"
secret_file = "sandbox.secret"
"""
SANDBOX = """
[server]
port = 0

[webhook]
secret_file = "sandbox.secret"
delay_s = 0.01
"""


class ServerProcess:
    """A sub-command that prints `... ready on URL`; `url` is there once it has started."""

    def __init__(self, *words: object) -> None:
        self._command = [sys.executable, "-m", "openlot", *map(str, words)]
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def __enter__(self):
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONSAFEPATH": "1"}
        )
        line = self._process.stdout.readline()
        ready = re.search(r"ready on (http://\S+)", line)
        assert ready, f"{self._command} is not ready: {line!r}"
        self.url = ready.group(1)
        return self

    def __exit__(self, *error) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._process.stdout.close()


def sandbox(folder: Path) -> ServerProcess:
    """The sandbox payment provider, with a secret in `folder`."""
    (folder / "sandbox.secret").write_text("a secret of this test, long enough")
    (folder / "sandbox.toml").write_text(SANDBOX)
    return ServerProcess("cloud", "sandbox", "--config", folder / "sandbox.toml")


def cloud(folder: Path, sandbox_url: str) -> tuple[Path, ServerProcess]:
    """The cloud service on a SQLite file in `folder`, and its configuration."""
    config = folder / "cloud.toml"
    config.write_text(CLOUD.format(database=folder / "cloud.db", sandbox_url=sandbox_url))
    return config, ServerProcess("cloud", "serve", "--config", config)

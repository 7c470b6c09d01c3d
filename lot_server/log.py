"""The server's log on standard error: lines for a person, or one JSON object a line for a machine.

No line above DEBUG holds a plate, a token, a key or a request's body: plates are personal data, and logs are copied to
where photos and ledgers never go. What happened to which vehicle is in the ledger, who looked at it in the audit trail.
"""

import json
import logging
import sys
from dataclasses import dataclass
from typing import Literal

from lot_server.domain.clock import Clock, to_text

OURS = ("lot_server", "vision", "models")
"""Whose lines are written from the section's level on; libraries', some of which log whole addresses, from WARNING."""

LINES = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@dataclass(frozen=True, slots=True)
class LogSection:
    """`format` of the lines, and the lowest `level` that is written."""

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "info"


class JsonLines(logging.Formatter):
    """Formats a record as `{"at", "level", "part", "event"}`, with `"trace"` of what was raised; `at` by `clock`."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": to_text(self._clock.now()),
            "level": record.levelname.lower(),
            "part": record.name,
            "event": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def start_logging(section: LogSection, clock: Clock) -> None:
    """Send this process's log to standard error; what was set up before is replaced."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(clock) if section.format == "json" else logging.Formatter(LINES))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(section.level.upper())

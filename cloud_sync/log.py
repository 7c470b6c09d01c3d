"""Log lines that a machine can read: one JSON object a line, with the facts beside the event's name."""

import json
import logging

from lot_server.domain.clock import Clock, to_text

Fact = str | int | float | bool | None


class JsonLines(logging.Formatter):
    """Formats a record as `{"at", "level", "event", ...facts}`; `at` is by the service's own clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def format(self, record: logging.LogRecord) -> str:
        line = {"at": to_text(self._clock.now()), "level": record.levelname.lower(), "event": record.getMessage()}
        line |= getattr(record, "facts", {})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class EventLog:
    """Writes events of one part of the service. Facts never hold keys, tokens, headers or bodies."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def info(self, event: str, **facts: Fact) -> None:
        self._logger.info(event, extra={"facts": facts})

    def warning(self, event: str, **facts: Fact) -> None:
        self._logger.warning(event, extra={"facts": facts})

    def alert(self, event: str, **facts: Fact) -> None:
        """Something a person must look at."""
        self._logger.critical(event, extra={"facts": facts})


def start_logging(clock: Clock) -> None:
    """Send this process's log to standard error as JSON lines, from level INFO on for openlot, WARNING for others."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines(clock))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("openlot").setLevel(logging.INFO)

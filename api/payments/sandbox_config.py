"""What the sandbox payment provider is told at its start."""

from dataclasses import dataclass
from pathlib import Path

from api.config import Server, read_clock, read_secret, read_server
from api.errors import BadConfig
from api.toml_section import sections
from lot_server.domain.clock import Clock


@dataclass(frozen=True, slots=True)
class WebhookHabits:
    """How the sandbox sends webhooks, as real providers do: `repeats` more times than once, `reorder`ed, late.

    `delay_s` and `retry_s` (the first wait after a failure, doubled each time) are real seconds. `send = false` makes
    a provider whose webhooks never come. `seed` makes the order of a run repeatable.
    """

    repeats: int = 1
    reorder: bool = True
    delay_s: float = 0.2
    send: bool = True
    attempts: int = 8
    retry_s: float = 0.5
    seed: int = 1


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    secret: bytes
    clock: Clock
    server: Server
    webhook: WebhookHabits = WebhookHabits()


def load_sandbox(file: Path) -> SandboxConfig:
    """The configuration in `file`. Raises BadConfig naming file and key."""
    parts = sections(file, ("server", "webhook", "clock"))
    webhook, default = parts["webhook"], WebhookHabits()
    config = SandboxConfig(
        secret=read_secret(webhook),
        clock=read_clock(parts["clock"]),
        server=read_server(parts["server"], 8090),
        webhook=WebhookHabits(
            webhook.take("repeats", int, default.repeats),
            webhook.take("reorder", bool, default.reorder),
            webhook.take("delay_s", float, default.delay_s),
            webhook.take("send", bool, default.send),
            webhook.positive("attempts", default.attempts),
            webhook.take("retry_s", float, default.retry_s),
            webhook.take("seed", int, default.seed),
        ),
    )
    for part in parts.values():
        part.finish()
    for key in ("repeats", "delay_s", "retry_s"):
        if getattr(config.webhook, key) < 0:
            raise BadConfig(f"{webhook.where(key)} cannot be negative")
    return config

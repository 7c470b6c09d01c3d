"""What the sandbox payment provider is told at its start."""

from dataclasses import dataclass
from pathlib import Path

from api.config import Server, complaining, read_secret, read_server
from lot_server.domain.clock import Clock
from lot_server.domain.errors import BadToml


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


@dataclass(frozen=True, slots=True)
class WebhookSection:
    """`[webhook]` as it is written: the habits, and the file that holds the secret shared with the cloud."""

    secret_file: Path
    repeats: int = WebhookHabits().repeats
    reorder: bool = WebhookHabits().reorder
    delay_s: float = WebhookHabits().delay_s
    send: bool = WebhookHabits().send
    attempts: int = WebhookHabits().attempts
    retry_s: float = WebhookHabits().retry_s
    seed: int = WebhookHabits().seed

    def habits(self) -> WebhookHabits:
        """Raises BadToml."""
        for key in ("repeats", "delay_s", "retry_s"):
            if getattr(self, key) < 0:
                raise BadToml(f"[webhook] {key} cannot be negative")
        if self.attempts < 1:
            raise BadToml("[webhook] attempts must be at least 1")
        return WebhookHabits(
            self.repeats, self.reorder, self.delay_s, self.send, self.attempts, self.retry_s, self.seed
        )


def load_sandbox(file: Path) -> SandboxConfig:
    """The configuration in `file`. Raises BadConfig naming the file, the line and the key."""
    with complaining(file, ("server", "webhook", "clock")) as found:
        webhook = found.section(WebhookSection, "webhook")
        return SandboxConfig(
            secret=read_secret("webhook", webhook.secret_file),
            clock=found.clock(),
            server=read_server(found, Server(port=8090)),
            webhook=webhook.habits(),
        )

"""Sends the sandbox's webhooks: signed, some more than once, some late, and again until they are taken."""

import asyncio
import logging
import random
import uuid
from datetime import timedelta

import httpx2

from api.payments.sandbox_config import SandboxConfig
from api.payments.sandbox_messages import OrderStatus, WebhookEvent, encode
from api.payments.stamp import stamp

log = logging.getLogger(__name__)
TIMEOUT_S = 5.0
MAX_WAIT = timedelta(minutes=5)


class Webhooks:
    """The webhooks on their way; each is a task of its own, so that a slow one holds up no other."""

    def __init__(self, config: SandboxConfig) -> None:
        self._config = config
        self._random = random.Random(config.webhook.seed)  # noqa: S311 - a repeatable disorder, not a secret
        self._client = httpx2.AsyncClient(timeout=TIMEOUT_S)
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, url: str, order: OrderStatus) -> None:
        """Send how an order stands, now and as often as the habits say."""
        habits = self._config.webhook
        if not habits.send:
            return
        event = encode(WebhookEvent(uuid.uuid4().hex, order))
        for _ in range(1 + habits.repeats):
            wait = habits.delay_s * (self._random.uniform(0, 3) if habits.reorder else 1)
            task = asyncio.create_task(self._send(url, event, wait))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Give up what is still on its way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    async def _send(self, url: str, event: bytes, wait: float) -> None:
        await asyncio.sleep(wait)
        for attempt in range(self._config.webhook.attempts):
            if await self._taken(url, event):
                return
            backoff = min(self._config.webhook.retry_s * 2**attempt, MAX_WAIT.total_seconds())
            await asyncio.sleep(backoff * self._random.uniform(0.5, 1))
        log.error("a webhook to %s was given up after %d attempts", url, self._config.webhook.attempts)

    async def _taken(self, url: str, event: bytes) -> bool:
        headers = {"content-type": "application/json", **stamp(self._config.secret, event, self._config.clock)}
        try:
            response = await self._client.post(url, content=event, headers=headers)
        except httpx2.HTTPError as error:
            log.warning("a webhook to %s failed: %s", url, type(error).__name__)
            return False
        if not response.is_success:
            log.warning("a webhook to %s was answered %d", url, response.status_code)
        return bool(response.is_success)

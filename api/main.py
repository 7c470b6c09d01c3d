"""Puts the cloud service together: the one place where its parts meet."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from api.body_limit import BodyLimit
from api.config import CloudConfig
from api.db import Database
from api.deps import Cloud, TheCloud
from api.downlink.bell import Bell
from api.downlink.routes import router as downlink
from api.driver_page.routes import router as driver_page
from api.errors import install_handlers
from api.fees.routes import router as fees
from api.ingest.routes import router as ingest
from api.limits import RateLimit
from api.lots.routes import router as lots
from api.payments.following import keep_sweeping
from api.payments.provider import PaymentProvider
from api.payments.routes import router as payments
from api.payments.sandbox_adapter import NAME, SandboxProvider
from api.refunds.executing import keep_refunding
from api.security_headers import SecurityHeaders
from lot_server.domain.clock import to_text

ORDER_QUERIES_PER_MINUTE = 60


def create_app(config: CloudConfig) -> FastAPI:
    """The cloud service of `config`. It opens its database and tasks when it starts, and closes them when it stops."""
    cloud = _cloud(config)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        sweeping = [asyncio.create_task(keep(cloud)) for keep in (keep_sweeping, keep_refunding)]
        try:
            await cloud.database.prepare()
            yield
        finally:
            for task in sweeping:
                task.cancel()
            await asyncio.gather(*sweeping, return_exceptions=True)
            for provider in cloud.providers.values():
                await provider.close()
            await cloud.database.close()

    app = FastAPI(title="openlot cloud", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.cloud = cloud
    install_handlers(app)
    app.add_middleware(BodyLimit, unbounded=("/batches",))
    app.add_middleware(
        SecurityHeaders,
        form_targets=tuple(provider.origin for provider in cloud.providers.values()),
        https=(config.server.public_url or "").startswith("https://"),
    )
    for router in (ingest, lots, fees, payments, downlink, driver_page):
        app.include_router(router)
    app.mount("/static", StaticFiles(packages=[("api.driver_page", "static")]))

    @app.get("/healthz")
    async def health(cloud: TheCloud) -> dict[str, object]:
        """Whether the service is up, and by which clock."""
        return {"status": "ok", "now": to_text(cloud.clock.now()), "simulated": cloud.clock.simulated}

    return app


def _cloud(config: CloudConfig) -> Cloud:
    clock, limits = config.clock, config.limits
    return Cloud(
        config=config,
        clock=clock,
        database=Database(config.database_url),
        bell=Bell(),
        providers=_providers(config),
        by_address=RateLimit(limits.fee_per_minute, limits.remembered, clock),
        by_plate=RateLimit(limits.plate_per_minute, limits.remembered, clock),
        order_queries=RateLimit(ORDER_QUERIES_PER_MINUTE, limits.remembered, clock),
    )


def _providers(config: CloudConfig) -> dict[str, PaymentProvider]:
    if config.sandbox is None:
        return {}
    return {NAME: SandboxProvider(config.sandbox, config.clock)}

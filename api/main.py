"""Puts the cloud service together: the one place where its parts meet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api.config import CloudConfig
from api.db import Database
from api.deps import Cloud, TheCloud
from api.downlink.bell import Bell
from api.errors import install_handlers
from api.ingest.routes import router as ingest
from api.limits import RateLimit
from api.lots.routes import router as lots
from lot_server.domain.clock import to_text

ORDER_QUERIES_PER_MINUTE = 60


def create_app(config: CloudConfig) -> FastAPI:
    """The cloud service of `config`. It opens its database and tasks when it starts, and closes them when it stops."""
    cloud = _cloud(config)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            await cloud.database.prepare()
            yield
        finally:
            await cloud.database.close()

    app = FastAPI(title="openlot cloud", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.cloud = cloud
    install_handlers(app)
    for router in (ingest, lots):
        app.include_router(router)

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
        providers={},
        by_address=RateLimit(limits.fee_per_minute, limits.remembered, clock),
        by_plate=RateLimit(limits.plate_per_minute, limits.remembered, clock),
        order_queries=RateLimit(ORDER_QUERIES_PER_MINUTE, limits.remembered, clock),
    )

"""What a request works with: the parts of one running cloud, made once by `create_app`."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from api.config import CloudConfig
from api.db import Database
from api.downlink.bell import Bell
from api.limits import RateLimit
from api.payments.provider import PaymentProvider
from lot_server.domain.clock import Clock


@dataclass(frozen=True, slots=True)
class Cloud:
    """`by_address` and `by_plate` limit fee queries; `order_queries` limits how often a provider is asked."""

    config: CloudConfig
    clock: Clock
    database: Database
    bell: Bell
    providers: dict[str, PaymentProvider]
    by_address: RateLimit
    by_plate: RateLimit
    order_queries: RateLimit


def cloud_of(connection: HTTPConnection) -> Cloud:
    """The cloud that serves this connection."""
    return cast(Cloud, connection.app.state.cloud)


TheCloud = Annotated[Cloud, Depends(cloud_of)]


def client_address(connection: HTTPConnection) -> str:
    """The client's address, as a trusted proxy may have named it."""
    return connection.client.host if connection.client else "unknown"

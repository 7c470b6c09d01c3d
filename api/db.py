"""The database behind one URL: SQLite through aiosqlite, or PostgreSQL through asyncpg; the same code on both."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from api.errors import BadConfig
from api.migrations.schema import prepare

BUSY_TIMEOUT_S = 10
POOL_SIZE = 10


class Database:
    """One engine; `writing()` and `reading()` are its transactions."""

    def __init__(self, url: str) -> None:
        """Connects at the first use. Raises BadConfig for a URL of another driver."""
        self._engine = _engine(url)
        self._writers = async_sessionmaker(
            self._engine.execution_options(begin="BEGIN IMMEDIATE"), class_=AsyncSession, expire_on_commit=False
        )
        self._readers = async_sessionmaker(self._engine, class_=AsyncSession, expire_on_commit=False)

    async def prepare(self) -> None:
        """Create the schema where there is none. Raises BadConfig for a newer one, or a database out of reach."""
        try:
            if self._engine.dialect.name == "sqlite":
                # A file that cannot be opened fails here, because aiosqlite leaves a thread behind when it does.
                sqlite3.connect(self._engine.url.database or "").close()
            async with self._engine.execution_options(begin="BEGIN IMMEDIATE").begin() as connection:
                await prepare(connection)
        except (DBAPIError, OSError, sqlite3.Error) as error:
            raise BadConfig(
                f"database.url: the database cannot be used ({error}): is it there, and running?"
            ) from error

    async def close(self) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """One transaction that may write: committed at the end of the block, rolled back by an exception."""
        async with self._writers.begin() as session:
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """One transaction that only reads."""
        async with self._readers.begin() as session:
            yield session


def _engine(url: str) -> AsyncEngine:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise BadConfig(f"database.url: {error}") from error
    if parsed.drivername == "postgresql+asyncpg":
        return create_async_engine(parsed, pool_size=POOL_SIZE, pool_pre_ping=True, hide_parameters=True)
    if parsed.drivername == "sqlite+aiosqlite":
        if parsed.database in (None, "", ":memory:"):
            raise BadConfig("database.url: SQLite needs a file, for example sqlite+aiosqlite:///cloud.db")
        # One connection: SQLite writes one transaction at a time, and before 3.51.3 two connections of one WAL may
        # lose it. The queue for it is fair, which SQLite's busy handler is not.
        engine = create_async_engine(
            parsed, pool_size=1, max_overflow=0, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_S}
        )
        event.listen(engine.sync_engine, "connect", _configure_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    raise BadConfig(f"database.url: {parsed.drivername} is not known; use sqlite+aiosqlite:// or postgresql+asyncpg://")


def _configure_sqlite(connection: Any, _: object) -> None:
    # The driver's own transactions start too late and never IMMEDIATE.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

"""A disk that is full: SQLite itself refuses to make the lot's file larger, as it does when no block is left."""

from sqlalchemy import Connection

from lot_server.store.unit_of_work import SqliteWork

NO_LIMIT = 4_294_967_294
"""SQLite's own."""


def fill(work: SqliteWork) -> None:
    """From now on the file has no more room than it takes."""
    _limit(work, int(_connection(work).exec_driver_sql("PRAGMA page_count").scalar_one()))


def make_room(work: SqliteWork) -> None:
    """Somebody has freed some space."""
    _limit(work, NO_LIMIT)


def _limit(work: SqliteWork, pages: int) -> None:
    _connection(work).exec_driver_sql(f"PRAGMA max_page_count = {pages}")


def _connection(work: SqliteWork) -> Connection:
    # Nothing in production may ask for this, so there is no other way to it.
    return work._session.connection()

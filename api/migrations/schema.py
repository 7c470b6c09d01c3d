"""Creates the schema, brings an older one forward, and refuses a newer one. The version stands in a row of its own."""

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.errors import BadConfig
from api.migrations.versions import VERSIONS
from api.tables import Row, SchemaVersion

SCHEMA_VERSION = len(VERSIONS) + 1
_LOCK = 7_016_110_001
"""An arbitrary number that only this project locks on."""


async def prepare(connection: AsyncConnection) -> None:
    """Bring a database, empty or of an older version, to SCHEMA_VERSION, in the transaction of `connection`.

    Raises BadConfig for a database that a newer openlot wrote, or that holds other tables under these names.
    """
    if connection.dialect.name == "postgresql":
        # Two services that start together must not both create the tables.
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    await connection.run_sync(_prepare)


def _prepare(connection: Connection) -> None:
    table = Row.metadata.tables[SchemaVersion.__tablename__]
    table.create(connection, checkfirst=True)
    found = connection.execute(table.select()).first()
    if found is None:
        Row.metadata.create_all(connection)
        connection.execute(table.insert().values(singleton=1, version=SCHEMA_VERSION))
        return
    if found.version > SCHEMA_VERSION:
        raise BadConfig(
            f"database.url: the schema has version {found.version}, this openlot knows {SCHEMA_VERSION}: "
            "run the openlot that wrote it, or a newer one"
        )
    for statements in VERSIONS[found.version - 1 :]:
        for statement in statements:
            connection.execute(text(statement))
    connection.execute(table.update().values(version=SCHEMA_VERSION))

"""Creates the schema, and refuses a database of a newer one. The version stands in the database's own row."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.errors import BadConfig
from api.tables import Row, SchemaVersion

SCHEMA_VERSION = 1
_LOCK = 7_016_110_001
"""An arbitrary number that only this project locks on."""


async def prepare(connection: AsyncConnection) -> None:
    """Bring an empty database to SCHEMA_VERSION, in the transaction of `connection`.

    Raises BadConfig for a database that a newer openlot wrote, or that holds other tables under these names.
    """
    if connection.dialect.name == "postgresql":
        # Two services that start together must not both create the tables.
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    table = Row.metadata.tables[SchemaVersion.__tablename__]
    await connection.run_sync(lambda sync: table.create(sync, checkfirst=True))
    found = (await connection.execute(table.select())).first()
    if found is None:
        await connection.run_sync(Row.metadata.create_all)
        await connection.execute(table.insert().values(singleton=1, version=SCHEMA_VERSION))
    elif found.version != SCHEMA_VERSION:
        raise BadConfig(
            f"database.url: the schema has version {found.version}, this openlot knows {SCHEMA_VERSION}: "
            "run the openlot that wrote it, or a newer one"
        )

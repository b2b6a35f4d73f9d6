"""How Alembic runs: on the connection the program hands it, or, for writing new migrations, on `-x url=...`."""

import asyncio
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection
from sqlalchemy.types import TypeDecorator, TypeEngine

from db.tables import Table


def _plain(what: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column types as the plain ones they stand for: a migration does not follow the code."""
    if what != "type" or not isinstance(item, TypeDecorator):
        return False
    plain: TypeEngine[Any] = item.impl_instance
    autogen.imports.add("import sqlalchemy as sa")
    return f"sa.{plain!r}"


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        render_item=_plain,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def _run_on(url: str) -> None:
    from db.engine import Database  # noqa: PLC0415 - it imports this folder's runner

    database = Database(url)
    async with database.writing() as session:
        await (await session.connection()).run_sync(_run)
    await database.dispose()


given = context.config.attributes.get("connection")
if given is None:
    asyncio.run(_run_on(context.get_x_argument(as_dictionary=True)["url"]))
else:
    _run(given)

"""The two databases that benchmarks run on: fresh, empty, and gone afterwards."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.engines.postgres import running_postgres


@asynccontextmanager
async def fresh_databases() -> AsyncIterator[Mapping[str, str]]:
    """Give the address of a database of each kind by the kind's name, as `BATON_DATABASE_URL` takes it."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="baton-bench-"))
        server = await asyncio.to_thread(stack.enter_context, running_postgres())
        yield {"SQLite": f"sqlite:///{Path(folder) / 'bench.db'}", "PostgreSQL": server.create_database()}

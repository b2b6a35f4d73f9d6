"""The line to Temporal of a process that has work to do while Temporal is away.

It connects when somebody first asks, waits briefly, and remembers for a moment that nobody answered, so that a
thousand requests during an outage do not each wait for it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from time import monotonic

from temporalio.client import Client

from runtime.client import TemporalUnreachable, connect, connection

PATIENCE = timedelta(seconds=2)
"""How long a connection may take."""

REMEMBERED = timedelta(seconds=1)
"""How long a failure is told again without another try."""


class Line:
    """A client of Temporal, once one can be had. Several who ask at once wait for the same try."""

    def __init__(self, reach: Callable[[], Awaitable[Client]] = connect, patience: timedelta = PATIENCE) -> None:
        self._reach, self._patience = reach, patience
        self._client: Client | None = None
        self._failed: tuple[TemporalUnreachable, float] | None = None
        self._turn = asyncio.Lock()

    async def client(self) -> Client:
        """Give the client, connecting if need be. Raises `TemporalUnreachable`, within two seconds.

        A client that is given may still find Temporal away: then its calls raise `RPCError` (`is_away` tells).
        """
        if self._client is not None:
            return self._client
        async with self._turn:
            if self._client is None:
                self._refuse_for_a_while()
                self._client = await self._connect()
            return self._client

    def _refuse_for_a_while(self) -> None:
        if self._failed is not None:
            failure, at = self._failed
            if monotonic() - at < REMEMBERED.total_seconds():
                raise TemporalUnreachable(failure.address, failure.because)

    async def _connect(self) -> Client:
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                return await self._reach()
        except TemporalUnreachable as error:
            failure = error
        except TimeoutError:
            within = f"no answer in {self._patience.total_seconds():g} s"
            failure = TemporalUnreachable(connection()["target_host"], within)
        self._failed = (failure, monotonic())
        raise failure

"""The only wiring of the HTTP process: settings in, everything that its doors stand on out.

It needs the database and nothing else to open: Temporal may be away (`line`), and so may the keys for links and
secrets. `bootstrap` wires a worker; `store` wires the database.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from adapters.links import AcceptLinks
from adapters.oidc import Provider
from config.settings import Settings
from runtime import clock
from runtime.bulk import Bulks
from runtime.hooks import Hooks, hooks_of
from runtime.intake.door import Door
from runtime.intake.starting import Prompt
from runtime.line import Line
from runtime.sealing import Sealer, sealer_of
from runtime.signing_in import provider_of
from runtime.store import Store, open_store
from runtime.talking.saying import Speaker


@dataclass(frozen=True)
class Front:
    """What the doors stand on. `links` and `sealer` are None without `BATON_SECRET_KEYS`."""

    settings: Settings
    store: Store
    line: Line
    clock: Callable[[], datetime] = clock.now

    @cached_property
    def links(self) -> AcceptLinks | None:
        """The links in messages to people."""
        keys = [key.get_secret_value().encode() for key in self.settings.secret_keys]
        return AcceptLinks(keys, self.settings.public_url) if keys else None

    @cached_property
    def sealer(self) -> Sealer | None:
        """What opens the secrets that the database keeps."""
        return sealer_of(self.settings)

    @cached_property
    def provider(self) -> Provider | None:
        """Who vouches for people at the console; None where nobody does."""
        return provider_of(self.settings)

    @cached_property
    def speaker(self) -> Speaker:
        """Who says people's messages to leads."""
        return Speaker(self.line, self.store)

    @cached_property
    def bulks(self) -> Bulks:
        """What is being said to many leads at once."""
        return Bulks()

    @cached_property
    def door(self) -> Door:
        """Who takes leads in."""
        return Door(self.store, Prompt(self.store, self.line, self.settings.task_queue, self.clock))

    @cached_property
    def hooks(self) -> Hooks:
        """Who takes webhooks in."""
        return hooks_of(self.store, self.door, self.sealer)


@asynccontextmanager
async def open_front(settings: Settings) -> AsyncIterator[Front]:
    """Open everything for the HTTP process, and let it go at the end. Does not migrate the database."""
    async with open_store(settings) as store:
        yield Front(settings, store, Line())

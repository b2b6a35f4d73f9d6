"""The seam every enrichment provider fits: a question, a time budget, an outcome.

A vendor writes `_look_up` and says what it is (`tells`, `needs_domain`); the budget, ordinary trouble and answers about
another company than the one asked about are seen to here.
"""

import asyncio
from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from typing import final

from adapters.enrichers.findings import EnrichedField, Failed, Findings, Found, NothingKnown, Query
from policy.cleaning.addresses import registrable


class EnricherError(Exception):
    """A provider could not answer; says why, repeating nothing of the answer or of our credentials."""


class TemporaryEnricherError(EnricherError):
    """Asking again later may help: the provider is slow, down or throttles us; not before `after` is over."""

    def __init__(self, because: str, after: timedelta = timedelta(0)) -> None:
        super().__init__(because)
        self.after = after


class PermanentEnricherError(EnricherError):
    """Asking again will not help until somebody changes something: credentials, mapping, contract."""


def seconds(span: timedelta) -> str:
    """Say a time span in seconds as people write it: `2 s`, `0.25 s`."""
    return f"{span.total_seconds():.3g} s"


class Enricher(ABC):
    """One provider of company facts. A vendor writes `_look_up`; callers use `find`.

    `tells`: the fields it may know. `local`: it answers out of this machine's memory. `needs_domain`: a name alone is
    nothing to ask it with. `knows_aliases`: it knows companies by further domains, and answers with their main one.
    """

    name: str
    tells: frozenset[EnrichedField] = frozenset(EnrichedField)
    local: bool = False
    needs_domain: bool = False
    knows_aliases: bool = False

    @final
    async def find(self, query: Query, *, now: datetime, budget: timedelta) -> Findings:
        """Ask the provider and answer within `budget`: found, nothing known, or failed with the reason (R43).

        `now` is the instant put on findings. Ordinary trouble (slow, down, throttled, garbage) is `Failed`,
        never an exception; so is an answer about another company. Raises ValueError for a naive `now`.
        """
        if now.tzinfo is None:
            raise ValueError("now needs a UTC offset")
        if query.is_empty:
            return NothingKnown(because="neither a domain nor a company name to ask with")
        if budget <= timedelta(0):
            return Failed(because="no time left to ask", temporary=True)
        limit = asyncio.timeout(budget.total_seconds())
        try:
            async with limit:
                answer = await self._look_up(query, now, budget)
                return answer if self.knows_aliases else _of_whom_was_asked(query, answer)
        except TemporaryEnricherError as error:
            return Failed(because=str(error), temporary=True, after=error.after)
        except EnricherError as error:
            return Failed(because=str(error), temporary=False)
        except TimeoutError:
            # A time-out that is not ours is a provider's bug, and a bug is not to look like slowness.
            if not limit.expired():
                raise
            return Failed(because=f"timed out after {seconds(budget)}", temporary=True)

    @abstractmethod
    async def _look_up(self, query: Query, now: datetime, budget: timedelta, /) -> Findings:
        """Answer for a query that is not empty; may raise `EnricherError` instead of returning `Failed`."""


class Wrapper(Enricher):
    """Something before a provider: it goes by its name, and is what it is."""

    def __init__(self, inner: Enricher) -> None:
        self.name, self.tells, self.local = inner.name, inner.tells, inner.local
        self.needs_domain, self.knows_aliases = inner.needs_domain, inner.knows_aliases
        self._inner = inner


def _of_whom_was_asked(query: Query, answer: Findings) -> Findings:
    """Distrust all of an answer that is about a company with another domain (R46): half of it would be no better.

    The same name under another ending (`siemens.de`, `siemens.com`) is the same company's.
    """
    asked = query.domain or query.email_domain
    if asked is None or not isinstance(answer, Found):
        return answer
    said = next((str(one.value) for one in answer.findings if one.field is EnrichedField.DOMAIN), None)
    if said is None or _brand(said) == _brand(asked):
        return answer
    return Failed(because="answered about another company: its domain is not the one asked for", temporary=False)


def _brand(domain: str) -> str:
    return (registrable(domain) or domain).split(".")[0]

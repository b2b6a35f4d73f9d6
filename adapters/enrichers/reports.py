"""What came of asking several providers: what each answered, what it cost, and what all of them together know."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from adapters.enrichers.findings import EnrichedField, Failed, Finding, Found, NothingKnown
from models.base import Inside


class NotAsked(Inside):
    """The provider was not asked: nothing was missing any more, or no time was left."""

    kind: Literal["not_asked"] = "not_asked"
    because: str
    notes: tuple[str, ...] = ()


Outcome = Annotated[Found | NothingKnown | Failed | NotAsked, Field(discriminator="kind")]


class ProviderReport(Inside):
    """What one provider answered, how long it took and what it cost; `counted`: its question is counted already."""

    provider: str
    outcome: Outcome
    took: timedelta
    cost: float = 0
    counted: bool = False


class Enriched(Inside):
    """The facts found, each with its origin, what is still missing, and what each provider did.

    `overruled`: what others said of fields that somebody is rather believed about, or that nobody asked for. `late`:
    who was too slow, or may have an answer later, to something that is still open.
    """

    findings: tuple[Finding, ...]
    missing: tuple[EnrichedField, ...]
    reports: tuple[ProviderReport, ...]
    took: timedelta
    overruled: tuple[Finding, ...] = ()
    late: tuple[str, ...] = ()
    again_after: timedelta = timedelta(0)

    @property
    def unknown_because(self) -> str | None:
        """Why something is still unknown, provider by provider; None when nothing is."""
        if not self.missing:
            return None
        accounts = "; ".join(f"{report.provider}: {report.outcome.because}" for report in self.reports)
        return f"unknown, because {accounts or 'there is no provider to ask'}"

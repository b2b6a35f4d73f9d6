"""What became of a lead in the end, as a person or a tool says it, long after its workflow closed."""

from enum import StrEnum

from pydantic import Field

from models.base import Instant, Outside


class OutcomeResult(StrEnum):
    """What became of a lead.

    `qualified`: sales took it on as an opportunity; it is still open. The others are final: `won` and `lost` tell how
    that ended, `disqualified` that sales looked and it is none for us, `bad` that it was no lead at all, `unreachable`
    that nobody ever answered.
    """

    QUALIFIED = "qualified"
    WON = "won"
    LOST = "lost"
    DISQUALIFIED = "disqualified"
    BAD = "bad"
    UNREACHABLE = "unreachable"


FINAL = frozenset(OutcomeResult) - {OutcomeResult.QUALIFIED}
"""Results after which nobody holds the lead any more."""

TO_THE_GOOD = frozenset({OutcomeResult.QUALIFIED, OutcomeResult.WON})
"""Results that speak for whoever held the lead (R22)."""

TO_THE_BAD = frozenset({OutcomeResult.LOST, OutcomeResult.UNREACHABLE})
"""Results that speak against them. A `bad` or `disqualified` lead does neither: it is nobody's doing."""

CONVERTED = TO_THE_GOOD
"""Results that count as a conversion for scores; every other final one counts as none (R38, R40)."""


class Outcome(Outside):
    """What became of a lead: the result, what it was worth, when (left out: now), and who says so.

    `key` makes it idempotent: a repeat changes nothing and gets the first answer.
    """

    result: OutcomeResult
    value: float | None = Field(None, ge=0, le=1e12, allow_inf_nan=False)
    currency: str = Field("EUR", pattern=r"^[A-Z]{3}$")
    at: Instant | None = None
    by: str | None = Field(None, min_length=1, max_length=64)
    key: str | None = Field(None, min_length=1, max_length=200)

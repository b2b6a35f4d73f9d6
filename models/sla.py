"""Promises and ladders as a policy file writes them: durations, rungs, SLA classes (R30, R31)."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from models.base import Outside
from models.ladder import OFFERING, Clock, RungKind, Target
from models.roster import Slug
from models.validity import Timed

BUSINESS_DAY = timedelta(hours=8)
"""What `1bd` stands for on a business clock."""

_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "bd": BUSINESS_DAY,
}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|bd|s|m|h|d)")


def _duration(value: Any) -> Any:
    """Read `90s`, `15m`, `1h30m`, `2d`, `5bd` (business days of 8 h)."""
    if isinstance(value, int | float) and value != 0:
        raise ValueError(f"{value} of what? write for example {value}s, {value}m or {value}h")
    if not isinstance(value, str) or value.startswith(("P", "-P")):
        return value
    parts = _PART.findall(value)
    if not parts or _PART.sub("", value).strip():
        raise ValueError(f"{value[:40]!r} is not a duration; write for example 90s, 15m, 1h30m, 2d or 5bd")
    try:
        return sum((float(number) * _UNITS[unit] for number, unit in parts), timedelta())
    except OverflowError:
        raise ValueError("is longer than anybody waits (ten years at most)") from None


Duration = Annotated[
    timedelta, BeforeValidator(_duration), Field(ge=timedelta(0), le=timedelta(days=3660), strict=False)
]
Condition = Annotated[str, Field(min_length=1, max_length=4000)]
"""CEL text over the fields of `policy.conditions.vocabulary`."""


class RungRule(Outside):
    """One rung: what, and how long after the offer before it, on which clock."""

    do: RungKind
    to: Target | None = None
    after: Duration = timedelta(0)
    clock: Clock | None = Field(None, description="left out: the class's clock")
    times: int = Field(1, ge=1, le=20, description="the rung repeated, each `after` the one before")

    @model_validator(mode="after")
    def _aimed(self) -> "RungRule":
        if self.to is None:
            return self
        if self.do not in (RungKind.OFFER, RungKind.REASSIGN):
            raise ValueError(f"to: {self.do} goes to nobody else; leave it out")
        if self.to is Target.NAMED:
            raise ValueError("to: only a person names a person; write primary, backup or next")
        return self


class SlaClass(Timed):
    """A promise and what happens when it is about to break (R30, R31). The first class whose `when` holds is taken."""

    name: Slug
    when: Condition | None = Field(None, description="left out: every lead (must stand last)")
    response: Duration = Field(description="the promise: received to accepted, on `response_clock`")
    clock: Clock = Clock.TEAM
    response_clock: Clock = Clock.TEAM
    ladder: list[RungRule] = Field(max_length=50)
    contact: list[RungRule] = Field(
        default_factory=list, max_length=50, description="rungs after acceptance, until contact"
    )

    @model_validator(mode="after")
    def _climbs(self) -> "SlaClass":
        if not self.ladder or self.ladder[0].do is not RungKind.OFFER:
            raise ValueError("ladder: the first rung has to be an offer")
        if any(rung.to is Target.PRIMARY for rung in self.ladder[1:]):
            raise ValueError("ladder: only the first rung goes to the primary")
        if self.ladder[-1].do is not RungKind.TRIAGE:
            raise ValueError("ladder: the last rung has to be triage")
        if any(rung.do is RungKind.TRIAGE for rung in self.ladder[:-1]):
            raise ValueError("ladder: triage stands last and once")
        self._monotone("ladder", self.ladder)
        self._monotone("contact", self.contact)
        if bad := [rung.do for rung in self.contact if rung.do in (RungKind.OFFER, RungKind.TRIAGE)]:
            raise ValueError(f"contact: {bad[0]} has no place there (remind, alert, reassign)")
        return self

    def _monotone(self, where: str, rungs: list[RungRule]) -> None:
        last = timedelta(0)
        for place, rung in enumerate(rungs):
            if rung.after < last:
                raise ValueError(
                    f"{where}: rung {place + 1} ({rung.do}) is due before the one above it; "
                    "`after` counts from the offer before"
                )
            last = timedelta(0) if rung.do in OFFERING else rung.after * rung.times

"""From when until when a rule counts (R51): a campaign's, a holiday season's, a trial's."""

from datetime import UTC, date, datetime, time, timedelta

from pydantic import Field, model_validator

from models.base import Outside

_DAY = timedelta(days=1)


class Timed(Outside):
    """What may count for a time only: from `from` on and until `until`; left out: always.

    Days are whole days in UTC, the last one included; an instant needs its offset, and `until` one is over then.
    """

    valid_from: date | datetime | None = Field(None, alias="from", description="a day, or an instant with an offset")
    valid_until: date | datetime | None = Field(None, alias="until", description="a day (included), or an instant")

    def counts(self, at: datetime) -> bool:
        """Say whether the rule counts at `at`."""
        if self.valid_from is None and self.valid_until is None:
            return True
        starts, ends = _begin(self.valid_from), _end(self.valid_until)
        return (starts is None or at >= starts) and (ends is None or at < ends)

    def why_not(self, at: datetime) -> str:
        """Say why it does not count at `at`: "counts from 2026-12-01 on"; nothing when it does."""
        if self.counts(at):
            return ""
        starts = _begin(self.valid_from)
        if starts is not None and at < starts:
            return f"counts from {self.valid_from} on"
        return f"counted until {self.valid_until}"

    @model_validator(mode="after")
    def _runs_forward(self) -> "Timed":
        for name, moment in (("from", self.valid_from), ("until", self.valid_until)):
            if isinstance(moment, datetime) and moment.tzinfo is None:
                raise ValueError(f"{name}: an instant needs its offset, for example 2026-12-01T09:00:00Z")
        starts, ends = _begin(self.valid_from), _end(self.valid_until)
        if starts is not None and ends is not None and ends <= starts:
            raise ValueError("until: lies before `from`, so the rule would never count")
        return self


def _begin(moment: date | datetime | None) -> datetime | None:
    if moment is None or isinstance(moment, datetime):
        return moment
    return datetime.combine(moment, time.min, UTC)


def _end(moment: date | datetime | None) -> datetime | None:
    if moment is None or isinstance(moment, datetime):
        return moment
    return None if moment == date.max else datetime.combine(moment + _DAY, time.min, UTC)

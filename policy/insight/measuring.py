"""What is measured of one lead, from where it stands, whom it was offered to, and what was said of it.

A promise is kept by the first acceptance (or contact) at its instant or before, and belongs to whoever gave it; it is
broken when the instant passes, and belongs to whoever had the lead then (R32). Both are by the promise's own instant,
which was counted in business time; every span is wall time. This room refuses to read rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from models.lead import SETTLED, Stage
from models.outcome import TO_THE_GOOD, OutcomeResult
from policy.insight.buckets import bucket_of
from policy.insight.shifts import hour_of_week

_TAKEN_BACK = frozenset({OutcomeResult.BAD, OutcomeResult.UNREACHABLE})
_LONGEST = 2**31 - 1
_MOST = 2**15 - 1


@dataclass(frozen=True, slots=True)
class OfferSeen:
    """One offer of a lead, as it was made and ended."""

    offer: int
    rep_id: str
    by_hand: bool
    offered_at: datetime
    accepted_at: datetime | None
    contacted_at: datetime | None
    ended_at: datetime | None
    declined: bool = False
    ran_out: bool = False


@dataclass(frozen=True, slots=True)
class LeadSeen:
    """One lead as it stands, its offers in their order, and the results that were said of it, oldest first."""

    stage: Stage
    received_at: datetime
    due_at: datetime | None
    contacted_at: datetime | None
    closed_at: datetime | None
    changed_at: datetime
    owner: str | None
    breached: bool
    backfill: bool
    points: float | None
    offers: Sequence[OfferSeen]
    results: Sequence[OutcomeResult]


@dataclass(frozen=True, slots=True)
class Measures:
    """What is measured of a lead, by the names of its columns."""

    day: date
    hour_of_week: int
    answered_hour: int | None
    rep_id: str | None
    promise_rep_id: str | None
    band: int | None
    offers: int
    declines: int
    ran_out: int
    handed: int
    offered_s: int | None
    accepted_s: int | None
    contacted_s: int | None
    target_s: int | None
    offered_b: int | None
    accepted_b: int | None
    contacted_b: int | None
    left_b: int | None
    kept: bool | None
    settled: bool
    result: OutcomeResult | None
    qualified: bool


def measure(lead: LeadSeen, zone: ZoneInfo) -> Measures:
    """Measure one lead; its hours are told where `zone` is."""
    contacted_at = _first([lead.contacted_at, *(one.contacted_at for one in lead.offers)])
    answered_at = _first([contacted_at, *(one.accepted_at for one in lead.offers)])
    offered_s = span(lead.received_at, _first([one.offered_at for one in lead.offers]))
    accepted_s, contacted_s = span(lead.received_at, answered_at), span(lead.received_at, contacted_at)
    left_s = span(lead.received_at, _left_at(lead)) if contacted_at is None else None
    kept = kept_of(lead, answered_at)
    return Measures(
        day=lead.received_at.date(),
        hour_of_week=hour_of_week(lead.received_at, zone),
        answered_hour=None if answered_at is None else hour_of_week(answered_at, zone),
        rep_id=_holder(lead),
        promise_rep_id=_whose_promise(lead, answered_at, kept),
        band=None if lead.points is None else max(-_MOST, min(_MOST, int(lead.points // 10 * 10))),
        offers=min(_MOST, len(lead.offers)),
        declines=min(_MOST, sum(one.declined for one in lead.offers)),
        ran_out=min(_MOST, sum(one.ran_out for one in lead.offers)),
        handed=min(_MOST, sum(one.by_hand for one in lead.offers)),
        offered_s=offered_s,
        accepted_s=accepted_s,
        contacted_s=contacted_s,
        target_s=span(lead.received_at, lead.due_at),
        offered_b=bucket(offered_s),
        accepted_b=bucket(accepted_s),
        contacted_b=bucket(contacted_s),
        left_b=bucket(left_s),
        kept=kept,
        settled=lead.stage in SETTLED,
        result=lead.results[-1] if lead.results else None,
        qualified=any(one in TO_THE_GOOD for one in lead.results) and lead.results[-1] not in _TAKEN_BACK,
    )


def span(start: datetime, end: datetime | None) -> int | None:
    """Give whole seconds between two instants; 0 where the end lies before the start, as senders' clocks have it."""
    return None if end is None else max(0, min(_LONGEST, int((end - start).total_seconds())))


def bucket(seconds: int | None) -> int | None:
    """Say which bucket a span is in, if there is one."""
    return None if seconds is None else bucket_of(seconds)


def kept_of(lead: LeadSeen, answered_at: datetime | None) -> bool | None:
    """Say whether the promise was kept; None without one, while it is open, and where the lead went another way."""
    if lead.due_at is None or lead.backfill:
        return None
    if answered_at is not None:
        return answered_at <= lead.due_at
    return False if lead.breached else None


def _holder(lead: LeadSeen) -> str | None:
    """Say who has a lead, or had it last."""
    return lead.owner or (lead.offers[-1].rep_id if lead.offers else None)


def _whose_promise(lead: LeadSeen, answered_at: datetime | None, kept: bool | None) -> str | None:
    due_at = lead.due_at
    if kept is None or due_at is None:
        return None
    if kept:
        whose = (one.rep_id for one in lead.offers if answered_at in (one.accepted_at, one.contacted_at))
        return next(whose, _holder(lead))
    had = (one for one in lead.offers if one.offered_at <= due_at and (one.ended_at is None or one.ended_at > due_at))
    return next((one.rep_id for one in had), None)


def _left_at(lead: LeadSeen) -> datetime | None:
    """Say when a lead that nobody is in touch with went another way; None while it is on its way."""
    if lead.stage not in SETTLED:
        return None
    ends = [one.ended_at for one in lead.offers if one.ended_at is not None]
    return _first([lead.closed_at, max(ends, default=None)]) or lead.changed_at


def _first(instants: Sequence[datetime | None]) -> datetime | None:
    return min((one for one in instants if one is not None), default=None)

"""A policy's page, fourth part: what is promised, and what happens minute by minute until somebody has it (R31)."""

from collections.abc import Iterable
from datetime import UTC, datetime

from cli.page_words import Lines, clock_words, columns, counts, heading, on_one_line, working
from models.ladder import Clock, Rung
from models.policy import Policy
from models.sla import SlaClass
from policy.ladder import Clocks, plan_contact, plan_ladder

_START = datetime(2026, 1, 1, tzinfo=UTC)
_WHOSE = {Clock.REP: "the rep's", Clock.TEAM: "the team's", Clock.LEAD: "the lead's", Clock.WALL: "the wall"}


def promises(policy: Policy) -> Lines:
    """Tell each promise as a line in time; the first class whose condition holds."""
    yield from heading("Promises: the first that matches")
    for one in policy.sla:
        length = f"{working(one.response, one.response_clock)}{clock_words(one.response_clock)}"
        yield f"  {one.name}: accepted within {length}"
        rows = [("when", on_one_line(one.when) or "every other lead"), ("valid", counts(one))]
        yield from columns([row for row in rows if row[1]], indent=5)
        offered = [("0 min", "offer it to the one whose turn it is")]
        yield from columns([*offered, *_times(one, plan_ladder(policy, one.name, 0, Clocks(), _START, "").rungs)], 5)
        if one.contact:
            yield "     once accepted, until there was contact:"
            yield from columns(_times(one, plan_contact(policy, one.name, Clocks(), _START, "").rungs), 5)


def _times(one: SlaClass, rungs: Iterable[Rung]) -> Iterable[tuple[str, str]]:
    for rung in rungs:
        other = f" (on {_WHOSE[rung.clock]} clock)" if rung.clock is not one.clock else ""
        yield working(rung.due_at - _START, rung.clock), f"{rung.says}{other}"

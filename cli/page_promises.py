"""A policy's page, fourth part: what is promised, and what happens minute by minute until somebody has it (R31)."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from cli.output import span
from cli.page_words import Lines, clock_words, columns, counts, heading, listed, on_one_line, paragraph, working
from models.ladder import OFFERING, Clock, Rung, RungKind
from models.policy import Policy
from models.sla import Late, LateRule, SlaClass
from policy.ladder import Clocks, opening, plan_contact, plan_ladder

_START = datetime(2026, 1, 1, tzinfo=UTC)
_WHOSE = {Clock.REP: "the rep's", Clock.TEAM: "the team's", Clock.LEAD: "the lead's", Clock.WALL: "the wall"}


def promises(policy: Policy) -> Lines:
    """Tell each promise as a line in time, the first class whose condition holds; then how managers hear of it all."""
    yield from heading("Promises: the first that matches")
    for one in policy.sla:
        length = f"{working(one.response, one.response_clock)}{clock_words(one.response_clock)}"
        yield f"  {one.name}: accepted within {length}"
        rows = [
            ("when", on_one_line(one.when) or "every other lead"),
            ("valid", counts(one)),
            ("late", _late(one.late)),
        ]
        yield from columns([row for row in rows if row[1]], indent=5)
        ladder = (opening(policy, one.name, _START), *plan_ladder(policy, one.name, 0, Clocks(), _START, "").rungs)
        yield from columns(_times(one, ladder), 5)
        if one.contact:
            yield "     once accepted, until there was contact:"
            yield from columns(_times(one, plan_contact(policy, one.name, Clocks(), _START, "").rungs), 5)
    yield from heading("Managers and whoever lets leads lie")
    for sentence in _managers(policy):
        yield from paragraph(sentence)


def _late(rule: LateRule) -> str:
    if rule.do is Late.HOLD:
        return ""
    nobody = "nobody is on shift before it is due: "
    if rule.do is Late.FOLLOW:
        return f"{nobody}{listed(rule.pools, 'then')} may get it, whoever is there"
    return f"{nobody}it waits, and {rule.who or 'the manager'} hears of it at once"


def _times(one: SlaClass, rungs: Iterable[Rung]) -> Iterable[tuple[str, str]]:
    """Tell rungs with the time that counts until each: what passes in a pause does not."""
    opened = timedelta(0)
    for rung in rungs:
        counted = opened + (rung.budget or timedelta(0))
        yield working(counted, rung.clock) if counted else "0 min", f"{rung.says}{_how(one, rung)}"
        if rung.kind in OFFERING or rung.kind is RungKind.PAUSE:
            opened = counted


def _how(one: SlaClass, rung: Rung) -> str:
    how = [f"on {_WHOSE[rung.clock]} clock"] if rung.clock is not one.clock else []
    if rung.channels:
        how.append(f"only by {listed(rung.channels, 'or')}")
    if rung.urgent:
        how.append("in quiet hours too")
    if rung.kind is RungKind.PAUSE:
        how.append("what passes until then does not count")
    if rung.text:
        how.append(f'"{on_one_line(rung.text)}"')
    return f" ({'; '.join(how)})" if how else ""


def _managers(policy: Policy) -> Lines:
    alerts, coaching, aside, digest = policy.alerts, policy.coaching, policy.routing.aside, policy.digest
    if alerts.bundle:
        yield f"What comes within {span(alerts.bundle)} of an alert to a manager is told in one message at its end."
    else:
        yield "Managers hear of each alert at once."
    yield f"An alert that was acknowledged is not repeated for {span(alerts.acknowledged)}."
    if digest:
        days = listed([day.capitalize() for day in digest.days])
        yield f"Where their teams stand, managers read at {digest.at} of their own time on {days}."
    yield (
        f"Who lets {coaching.misses} offers run out, or breaks as many promises, within {span(coaching.within)} "
        "is on the coaching list."
    )
    if aside:
        yield (
            f"Who lets {aside.misses} offers run out within {span(aside.within)} is offered nothing for "
            f"{span(aside.lasts)}."
        )

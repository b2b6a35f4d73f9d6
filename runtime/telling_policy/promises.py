"""A policy's page, fourth part: what is promised, and what happens minute by minute until somebody has it (R31)."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from models.ladder import OFFERING, Clock, Rung, RungKind
from models.policy import Policy
from models.sla import Late, LateRule, SlaClass
from policy.ladder import Clocks, opening, plan_contact, plan_ladder
from runtime.telling_policy.spans import span
from runtime.telling_policy.words import (
    Item,
    Items,
    Rows,
    Say,
    Section,
    clock_words,
    counts,
    listed,
    on_one_line,
    pairs,
    rows,
    working,
)

_START = datetime(2026, 1, 1, tzinfo=UTC)
_WHOSE = {Clock.REP: "the rep's", Clock.TEAM: "the team's", Clock.LEAD: "the lead's", Clock.WALL: "the wall"}


def promises(policy: Policy) -> Iterator[Section]:
    """Tell each promise as a line in time, the first class whose condition holds; then how managers hear of it all."""
    told = Items(tuple(_promise(one, policy) for one in policy.sla))
    yield Section("promises", "Promises: the first that matches", (told,))
    yield Section("managers", "Managers and whoever lets leads lie", tuple(map(Say, _managers(policy))))


def _promise(one: SlaClass, policy: Policy) -> Item:
    length = f"{working(one.response, one.response_clock)}{clock_words(one.response_clock)}"
    about = pairs(
        ("when", on_one_line(one.when) or "every other lead"),
        ("valid", counts(one)),
        ("late", _late(one.late)),
    )
    ladder = (opening(policy, one.name, _START), *plan_ladder(policy, one.name, 0, Clocks(), _START, "").rungs)
    parts: list[Say | Rows] = [about, rows(_times(one, ladder))]
    if one.contact:
        parts.append(Say("once accepted, until there was contact:"))
        parts.append(rows(_times(one, plan_contact(policy, one.name, Clocks(), _START, "").rungs)))
    return Item(f"{one.name}: accepted within {length}", tuple(parts))


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


def _managers(policy: Policy) -> Iterator[str]:
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

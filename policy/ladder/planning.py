"""A plan made from the policy: the rungs behind an offer, or behind an acceptance (contract, section 4; R30-R32).

`after` counts from the offer before, in business time of the rung's clock. The instants of a plan never run
backwards, even where its clocks do: a rung waits for the one above it. Rungs behind the next offering one are
projected, as if each offer before them were made exactly when due. A pause counts for nothing: what of a rung's
`after` goes beyond the pause's is counted from where the pause ends.

This room refuses to move what is planned already (`policy.ladder.moving`).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import NamedTuple

from models.ladder import OFFERING, Plan, Rung, RungKind, Target
from models.policy import Policy
from models.roster import Roster
from models.sla import RungRule, SlaClass
from policy.ladder.away import watching_leave
from policy.ladder.clocks import Clocks, counted, not_before
from policy.ladder.words import NOBODY_KNOWN, Names, says
from policy.reporting import chief_of
from policy.wall_times import next_after

_ZERO = timedelta(0)


def plan_ladder(
    policy: Policy,
    sla_name: str,
    rungs_done: int,
    clocks: Clocks,
    at: datetime,
    cause: str,
    *,
    backup: str | None = None,
    manager: str | None = None,
    roster: Roster | None = None,
    holder_id: str | None = None,
    asks: bool = False,
) -> Plan:
    """Plan the rungs behind the offer being made at `at`: those from number `rungs_done` on, never rung 0.

    A rung with `times` takes that many numbers, and so does each one that is repeated. `backup` and `manager` are names
    for the rungs that are not projected. `holder_id` is who has yet to answer: with the roster, the plan says when they
    go on leave. `asks`: somebody is asked; behind the last rung they have that one before them again, for nobody is
    asked without an end. Raises `LookupError` for an SLA class that the policy does not have.
    """
    sla = _sla(policy, sla_name)
    behind = list(_steps(sla.ladder, 0))[1:]
    steps = behind[max(rungs_done, 1) - 1 :] or (behind[-1:] if asks else [])
    chief = chief_of(roster, manager) if roster is not None and manager is not None else None
    rungs = tuple(_climbed(steps, sla, clocks, at, Names(backup, manager, chief)))
    return watching_leave(Plan(made_at=at, cause=cause, rungs=rungs), roster, holder_id)


def plan_contact(
    policy: Policy,
    sla_name: str,
    clocks: Clocks,
    accepted_at: datetime,
    cause: str,
    *,
    manager: str | None = None,
    roster: Roster | None = None,
) -> Plan:
    """Plan the contact clock's rungs from acceptance on; they are numbered on from the ladder's last.

    Raises `LookupError` for an SLA class that the policy does not have.
    """
    sla = _sla(policy, sla_name)
    steps = _steps(sla.contact, sum(1 for _ in _steps(sla.ladder, 0)))
    chief = chief_of(roster, manager) if roster is not None and manager is not None else None
    rungs = tuple(_climbed(steps, sla, clocks, accepted_at, Names(None, manager, chief)))
    return Plan(made_at=accepted_at, cause=cause, rungs=rungs)


def opening(policy: Policy, sla_name: str, at: datetime) -> Rung:
    """Give the rung that the first offer is, made at `at`: no plan holds it, for a plan is what comes behind.

    Raises `LookupError` for an SLA class that the policy does not have.
    """
    sla = _sla(policy, sla_name)
    return next(_climbed(_steps(sla.ladder, 0), sla, Clocks(), at, NOBODY_KNOWN))


def offering_rule(policy: Policy, sla_name: str, rungs_done: int) -> RungRule:
    """Give the rule by which an offer is made when so many rungs are behind, itself included: its own words.

    Where a person moved the lead on from a rung that offers nothing, it is the last that did. Raises `LookupError` for
    an SLA class that the policy does not have.
    """
    steps = list(_steps(_sla(policy, sla_name).ladder, 0))[: max(rungs_done, 1)]
    return next((one.rule for one in reversed(steps) if one.rule.do in OFFERING), steps[0].rule)


def response_due_at(policy: Policy, sla_name: str, clocks: Clocks, received_at: datetime) -> datetime:
    """Find when the response promised for a lead received at `received_at` is due.

    Raises `LookupError` for an SLA class that the policy does not have.
    """
    sla = _sla(policy, sla_name)
    return counted(clocks.calendar(sla.response_clock), received_at, sla.response).due_at


class _Step(NamedTuple):
    """One rung of the policy with its number, repetitions written out."""

    n: int
    rule: RungRule
    after: timedelta


def _sla(policy: Policy, name: str) -> SlaClass:
    classes = {one.name: one for one in policy.sla}
    if name not in classes:
        near = get_close_matches(name, classes, n=1)
        hint = f", did you mean {near[0]!r}?" if near else f" (known: {', '.join(classes)})"
        raise LookupError(f"policy {policy.name!r} has no SLA class {name!r}{hint}")
    return classes[name]


def _steps(rules: list[RungRule], first: int) -> Iterator[_Step]:
    n = first
    for rule in SlaClass.written_out(rules):
        for time in range(1, rule.times + 1):
            # An offering rung opens a new window: its repetition counts from the one before as it is.
            yield _Step(n, rule, rule.after if rule.do in OFFERING else rule.after * time)
            n += 1


class _Window(NamedTuple):
    """Where rungs count from: the offer before, or the pause behind it, which has spent a part of their `after`."""

    opened_at: datetime
    spent: timedelta = _ZERO


def _climbed(steps: Iterable[_Step], sla: SlaClass, clocks: Clocks, at: datetime, names: Names) -> Iterator[Rung]:
    window, above = _Window(at), list[Rung]()
    for step in steps:
        rung = _rung(step, sla, clocks, window, above, names)
        yield rung
        above.append(rung)
        if rung.kind in OFFERING:
            window, names = _Window(rung.due_at), NOBODY_KNOWN
        elif rung.until_at is not None:
            window = _Window(rung.until_at, step.after)


def _rung(step: _Step, sla: SlaClass, clocks: Clocks, window: _Window, above: list[Rung], names: Names) -> Rung:
    rule = step.rule
    clock, budget, to = rule.clock or sla.clock, step.after - window.spent, _target(step.n, rule)
    then = not_before(above, counted(clocks.calendar(clock), window.opened_at, budget))
    until_at = next_after(then.due_at, rule.until, clocks.zone(clock)) if rule.until is not None else None
    return Rung(
        n=step.n,
        kind=rule.do,
        to=to,
        who=rule.who,
        due_at=then.due_at,
        clock=clock,
        counted_from=window.opened_at,
        budget=budget,
        trace=then.trace,
        projected=any(rung.kind in OFFERING for rung in above),
        says=says(rule, to, names),
        channels=tuple(rule.channels),
        text=rule.text,
        urgent=rule.urgent,
        pools=tuple(rule.pools),
        until=rule.until,
        until_at=until_at,
        stage=rule.stage,
    )


def _target(n: int, rule: RungRule) -> Target | None:
    if rule.to is not None:
        return rule.to
    match rule.do:
        case RungKind.OFFER | RungKind.REASSIGN:
            return Target.PRIMARY if n == 0 else Target.NEXT
        case _:
            return None

"""Nobody is on shift before a lead is due: what becomes of it by its class's `late` (contract, section 4; R19, R30).

It waits for the opening and says so, follows the sun to other pools, or somebody is paged; never is anybody asked who
is off. Where people are there and only full nothing is late: a place may come free at any moment. A lead that is held
for whose it is by a tie goes to nobody else. This room refuses to choose among those who are asked.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from models.decisions import Route, Score
from models.facts import LeadFacts
from models.lead import Touch
from models.orders import AssignLead
from models.roster import Roster
from models.sla import Late, LateRule
from policy import ladder
from policy.compiled import CompiledPolicy
from policy.routing.choices import Choice, NoOne, Waits
from policy.routing.choosing import choose
from policy.routing.situation import Situation

NO_SHIFT = "nobody is on shift before it is due"

Promised = Callable[[str | None], datetime | None]
"""When the response is due in the hours of a person (None: nobody's); None where nothing is promised any more."""


def choose_in_time(
    compiled: CompiledPolicy,
    facts: LeadFacts,
    score: Score,
    order: AssignLead,
    situation: Situation,
    promised: Promised,
    touches: Sequence[Touch] = (),
    *,
    whole: bool = True,
) -> Choice:
    """Decide who gets the lead as `choose` does, and where nobody is there in time, as its class says."""
    answer = choose(compiled, facts, score, order, situation, touches, whole=whole)
    if not isinstance(answer, Waits | NoOne):
        return answer
    rule = late_rule(compiled, score, order)
    if rule is None or not _is_late(answer, situation.at, promised):
        return answer
    if rule.do is Late.FOLLOW and not (isinstance(answer, Waits) and answer.rep_id):
        elsewhere = choose(compiled, facts, score, order, situation, touches, sun=rule.pools, whole=whole)
        if not isinstance(elsewhere, Waits | NoOne):
            return elsewhere
        return _saying(elsewhere, f"{NO_SHIFT}, and in {' or '.join(rule.pools)} nobody can have it yet")
    if isinstance(answer, NoOne):
        return answer
    if rule.do is Late.PAGE:
        duty = rule.who in situation.roster.rotas
        hears = f"whoever is on duty ({rule.who})" if duty else rule.who or "the manager"
        paged = replace(answer, page=True, page_who=rule.who)
        return _saying(paged, f"{NO_SHIFT}, so {hears} is to hear of it now")
    return _saying(answer, f"{NO_SHIFT}, so it waits")


def promise(compiled: CompiledPolicy, sla: str, roster: Roster, timezone: str | None, since: datetime) -> Promised:
    """Give what a class promises a lead of a time zone from `since` on, in the hours of whoever is asked about.

    What is given raises `LookupError` for an SLA class that the policy does not have.
    """

    def due_at(rep_id: str | None) -> datetime:
        clocks = ladder.clocks_of(compiled.policy, roster, rep_id, timezone)
        return ladder.response_due_at(compiled.policy, sla, clocks, since)

    return due_at


def late_rule(compiled: CompiledPolicy, score: Score, order: AssignLead) -> LateRule | None:
    """Give what the lead's SLA class says; None when it is of none that the policy has."""
    way = score.qualification
    name = order.sla or (way.sla if isinstance(way, Route) else None)
    return next((one.late for one in compiled.policy.sla if one.name == name), None)


def _is_late(answer: Waits | NoOne, at: datetime, promised: Promised) -> bool:
    """Say whether nobody is there now, and nobody comes before the response is due."""
    if answer.there_at is None or answer.there_at <= at:
        return False
    due_at = promised(looked_at_first(answer))
    return due_at is not None and answer.there_at > due_at


def looked_at_first(answer: Waits | NoOne) -> str | None:
    """Name in whose hours a lead's promise counts while nobody is asked: whose it is, or who was looked at first."""
    if isinstance(answer, Waits) and answer.rep_id is not None:
        return answer.rep_id
    return next((one.rep_id for one in answer.trace.candidates), None)


def _saying(answer: Waits | NoOne, more: str) -> Waits | NoOne:
    trace = answer.trace.model_copy(update={"because": f"{answer.trace.because}; {more}"})
    return replace(answer, because=f"{answer.because}; {more}", trace=trace)

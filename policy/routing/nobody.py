"""When nobody of any pool may be offered a lead: why, whether waiting helps, and who hears of it.

This room refuses to look for anybody else: all who may be asked were (`policy/routing/choosing.py`).
"""

from dataclasses import replace
from datetime import datetime

from models.roster import Team
from models.routing import WhenNobody
from policy.routing import words
from policy.routing.availability import Against
from policy.routing.case import Case
from policy.routing.choices import NoOne, Waits
from policy.routing.trace import trace_of

_AWAY = frozenset({Against.ON_LEAVE, Against.OFF_HOURS})


def nobody(case: Case, everywhere: Case) -> Waits | NoOne:
    """Say why nobody is eligible, and whether waiting helps; `everywhere` knows the pools that take over, too."""
    looked = {one.rep.id: one for one in (*everywhere.before, *everywhere.looked, *case.looked, *case.aside)}
    members = [one for rep_id, one in looked.items() if rep_id != case.order.holder]
    why = words.against_each((one.rep.id, one.against[0]) for one in members)
    where = " or ".join(dict.fromkeys([*everywhere.overflow, everywhere.pool]))
    elsewhere = (*everywhere.before, *(one._replace(pool=everywhere.pool) for one in everywhere.looked))
    case = replace(case, before=tuple(one for one in elsewhere if one.pool != case.pool))
    held = case.order.holder is not None
    everybody = (*everywhere.before, *everywhere.looked)
    there_at = min(filter(None, map(case.there_at, everybody)), default=None)
    if not members:
        return no_one(case, f"nobody {'else ' if held else ''}is in {where}")
    if held:
        away = all(one.against[0].kind in _AWAY for one in members)
        return no_one(case, f"nobody else {'is on shift' if away else 'may be offered it'}: {why}", there_at)
    if case.placed.nobody is WhenNobody.MANAGER:
        because = f"nobody in {where} may be offered it now, and a manager is to decide: {why}"
        return no_one(case, because, there_at)
    until = min(filter(None, map(case.asks_again_at, everybody)), default=None)
    hold = case.compiled.policy.routing.hold_at_most
    if until is None or there_at is None:
        return no_one(case, f"nobody in {where} may be offered it: {why}", there_at)
    if until - case.at > hold:
        return no_one(case, f"nobody in {where} may be offered it within {words.span(hold)}: {why}", there_at)
    because = f"nobody in {where} may be offered it now: {why}"
    return Waits(until, because, case.pool, manager_of(case), trace_of(case, [because]), there_at)


def no_one(case: Case, because: str, there_at: datetime | None = None) -> NoOne:
    """Say that nobody may be offered it, and who hears of it; `there_at` as in `NoOne`."""
    return NoOne(because, manager_of(case), trace_of(case, [because]), there_at)


def manager_of(case: Case) -> str | None:
    """Say who hears of it: the holder's manager, else the pool's, else who answers for triage."""
    holder = case.crew.reps.get(case.order.holder) if case.order.holder else None
    pool = case.rotation
    teams: list[Team] = [case.crew.team(holder)] if holder else []
    teams += [team for team in case.roster.teams if pool and team.id == pool.team]
    teams += [case.crew.team(one.rep) for one in case.looked]
    return teams[0].manager if teams else case.compiled.policy.triage.answerable

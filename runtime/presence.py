"""Who may be offered a lead at an instant, as doors show it: each rep's open leads, and what speaks against them.

Routing decides anew for each lead, with what that lead needs; this room refuses to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from config.load import read_policy
from models.policy import Policy
from models.roster import Rep, Roster
from policy.routing.aside import Aside, aside_of
from policy.routing.availability import Against, objections
from policy.routing.crew import calendar_of, crew_of
from runtime.store import Store


@dataclass(frozen=True, slots=True)
class Presence:
    """How many leads each rep has open, and why they are offered nothing at an instant; None: they may be."""

    loads: Mapping[str, int]
    reasons: Mapping[str, str | None]


async def presence_of(store: Store, roster: Roster, at: datetime) -> Presence:
    """Look who may be offered a lead at `at`, with the open leads and misses known now."""
    loads, aside = await store.ownerships.loads(), await set_aside(store, roster, at)
    reasons = {rep.id: _reason(roster, rep, loads.get(rep.id, 0), aside.get(rep.id), at) for rep in roster.reps}
    return Presence({rep.id: loads.get(rep.id, 0) for rep in roster.reps}, reasons)


async def policy_in(store: Store) -> Policy | None:
    """Give the published policy; None before the first."""
    active = await store.policies.active()
    return _opened(active.text, active.version) if active else None


@lru_cache(maxsize=4)
def _opened(text: str, version: str) -> Policy:
    """Open a policy once: doors ask for the same one again and again, and reading it takes longer than all else."""
    return read_policy(text, version)[0]


async def set_aside(store: Store, roster: Roster, at: datetime) -> dict[str, Aside]:
    """Say who is set aside by the published policy; nobody where none sets anybody aside."""
    policy = await policy_in(store)
    rule = policy.routing.aside if policy else None
    if rule is None:
        return {}
    crew = crew_of(roster)
    found = {
        rep_id: aside_of(rule, crew.calendar(crew.reps[rep_id]).tz, misses, at)
        for rep_id, misses in (await store.coaching.misses(rule, at)).items()
        if rep_id in crew.reps
    }
    return {rep_id: aside for rep_id, aside in found.items() if aside is not None}


def _reason(roster: Roster, rep: Rep, load: int, aside: Aside | None, at: datetime) -> str | None:
    """Give the first reason against offering them a lead, in the order in which routing tells them."""
    found = [*objections(rep, calendar_of(roster, rep), at, load=load), *([aside.objection] if aside else [])]
    order = list(Against)
    return min(found, key=lambda one: order.index(one.kind)).says if found else None

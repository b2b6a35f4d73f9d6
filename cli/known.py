"""What is loaded and published now, as several commands need it: the roster, the policy, and who is set aside."""

from datetime import datetime

from cli import reach
from cli.exits import BadInput
from config.load import read_policy
from config.settings import Settings
from models.policy import Policy
from models.roster import Roster
from policy.routing.aside import Aside, aside_of
from policy.routing.crew import crew_of
from runtime.store import Store


async def known_roster(settings: Settings) -> Roster:
    """Give the loaded roster. Raises BadInput when there is none."""
    async with reach.store(settings) as store:
        return await roster_in(store)


async def roster_in(store: Store) -> Roster:
    """Give the loaded roster of an open database. Raises BadInput when there is none."""
    roster = await store.rosters.load()
    if roster is None:
        raise BadInput("no roster is loaded yet: roster load FILE")
    return roster


async def policy_in(store: Store) -> Policy | None:
    """Give the published policy; None before the first."""
    active = await store.policies.active()
    return read_policy(active.text, active.version)[0] if active else None


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

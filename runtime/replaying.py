"""Replaying the leads of the past through a policy, and through another beside it: what came of them, and how taken.

A file's leads are brought by `runtime.simulating`; here are those that the database keeps. It writes nothing.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from db.engine import Database
from db.history import Extent, History, PastLead
from models.roster import Roster
from policy.compiled import CompiledPolicy
from policy.simulation.report import report
from policy.simulation.simulator import HANDLING, Simulator
from runtime.simulating import Replay
from runtime.telling_policy.simulation import Side, Told
from runtime.telling_policy.spans import span

Progress = Callable[[int], None]


class NothingToReplay(LookupError):
    """No lead that can be read was received in this while."""


async def replay_past(
    database: Database, replay: Replay, since: datetime, until: datetime, begun: Callable[[int], Progress]
) -> tuple[str, ...]:
    """Let the leads of a while in, and say how they were taken. `begun` is told how many there are.

    Leads are decided on in a thread beside, so that whoever else is served does not wait. Raises `NothingToReplay`.
    """
    history = History(database)
    extent = await history.extent(since, until)
    if not extent.leads:
        raise NothingToReplay(f"no lead was received since {since:%Y-%m-%d %H:%M:%S} UTC")
    reached = begun(extent.leads)
    async for page in history.pages(since, until):
        await asyncio.to_thread(_feed, replay, page)
        reached(replay.leads)
    await asyncio.to_thread(replay.finish)
    return as_kept(extent)


def _feed(replay: Replay, page: Sequence[PastLead]) -> None:
    for past in page:
        replay.feed(past.facts, past.touches)


def sides(
    policies: Sequence[CompiledPolicy], roster: Roster, simulators: Sequence[Simulator]
) -> tuple[Side, Side | None]:
    """Sum up what each policy did: the first is the draft, the second what it is compared with."""
    made = [
        Side(
            compiled.version,
            simulator.verdicts(),
            report(simulator.verdicts(), compiled.policy, roster, simulator.books.peaks),
        )
        for compiled, simulator in zip(policies, simulators, strict=True)
    ]
    return made[0], made[1] if len(made) > 1 else None


async def compare_on_past(
    database: Database, draft: CompiledPolicy, against: CompiledPolicy, roster: Roster, since: datetime, until: datetime
) -> Told:
    """Replay the leads of a while through a draft and through another policy. Raises `NothingToReplay`."""
    policies = (draft, against)
    simulators = [Simulator(one, roster) for one in policies]
    patience = max(one.policy.routing.hold_at_most for one in policies)
    replay = Replay(simulators, patience)
    noted = await replay_past(database, replay, since, until, lambda _: lambda _: None)
    first, second = await asyncio.to_thread(sides, policies, roster, simulators)
    return Told(
        first,
        second,
        roster="the roster of today",
        leads_from=f"the last {replay.leads:,}",
        first_at=replay.first_at,
        last_at=replay.last_at,
        handling=HANDLING,
        assumptions=(*assumed(HANDLING, patience), *noted),
    )


def assumed(handling: timedelta, patience: timedelta) -> tuple[str, ...]:
    """Say what a simulation takes for granted."""
    return (
        f"everybody takes the first offer they get and makes contact after {span(handling)} of their working hours",
        "it begins with nobody having a lead, ledgers even and nobody known to anybody; past results count for nobody",
        "what time alone does to points, triggers and learned scores do nothing: a lead is judged as it came and acts",
        f"it ends {span(patience)} after the last lead: who waits then is still waiting",
    )


def as_kept(extent: Extent) -> tuple[str, ...]:
    """Say how leads of the past are taken, and which are left out."""
    noted = ["leads are taken as they are known today, with what their prospects did when they did it"]
    if extent.folded:
        noted.append(f"{extent.folded:,} that were folded into others count as what those prospects did")
    if extent.unread:
        noted.append(f"{extent.unread:,} that could not be read, or were erased, are left out")
    return tuple(noted)

"""The rounds of one kill, the same whoever is killed: leads are put on every step, then the axe falls.

`waiting` leads stand between two rungs; `orders` are cut in the middle of an activity; a `choice` is committed in the
database and never reported. What must be true afterwards is held here, how one kills is handed in.
"""

import asyncio
import os
import signal
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from models.ladder import EntryKind
from tests.chaos.harness import MEASURED, PROMISED, Site, eventually, now
from tests.chaos.truths import nobody_was_told_twice, nothing_is_lost

PLAN_OF_THE_BACKUP = [("alert", 2.0), ("reassign", 4.0), ("reassign", 8.0), ("triage", 12.0)]
"""What `policy.yaml` has after the backup's offer, in seconds from it."""


class Axe(ABC):
    """Kills one kind of process and brings it back."""

    name: str
    kills_sends: bool
    """Whether what is being sent dies with it."""

    @abstractmethod
    def fall(self, site: Site) -> None:
        """Kill (SIGKILL)."""

    @abstractmethod
    async def bring_back(self, site: Site) -> datetime:
        """Start it again and say from when on it was up."""


async def waiting(site: Site, axe: Axe, name: str) -> None:
    """Kill while leads wait on every step, for longer than several rungs take."""
    remind, backup, accepted, triage, answered, signalled, late = (
        f"{name}-{step}" for step in ("remind", "backup", "accepted", "triage", "answered", "signalled", "late")
    )
    await site.start(backup, accepted)
    await site.start(triage, custom={"ladder": "triage"})
    taker = await site.until_asked(accepted)
    assert "done" == (await site.say(accepted, "accept", rep_id=taker))["verdict"]
    await site.until(triage, stage="triage")
    await site.start(remind, answered, signalled, late)
    owners = {one: await site.until_asked(one) for one in (remind, answered, signalled, late)}
    await site.until_told(backup, EntryKind.REMINDED)
    assert "offer" == (await site.next_steps(backup))[0]["kind"]
    assert "remind" == (await site.next_steps(remind))[0]["kind"]

    if axe.name == "server":
        await site.signal(signalled, "accept", rep_id=owners[signalled])
    assert "done" == (await site.say(answered, "accept", rep_id=owners[answered]))["verdict"]
    axe.fall(site)
    cut = await site.in_mid_send() if axe.kills_sends else set()
    if axe.name == "worker":
        await site.signal(signalled, "accept", rep_id=owners[signalled])
    overdue_at = (await site.until_offer(remind)).offered_at + timedelta(seconds=7.5)
    await asyncio.sleep((overdue_at - now()).total_seconds())
    if axe.name == "worker":
        await site.signal(late, "accept", rep_id=owners[late])
    up_at = await axe.bring_back(site)

    for one in (backup, remind):
        await _one_rung_ran(site, axe, one, up_at)
    honoured = [answered, signalled, *([late] if axe.name == "worker" else [])]
    for one in honoured:
        await _honoured(site, one, owners[one])
    await _still_theirs(site, accepted, taker)
    assert "done" == (await site.say(triage, "take", by="max"))["verdict"]
    await site.until(triage, stage="accepted", owner="max")
    await nothing_is_lost(site)
    nobody_was_told_twice(site.sinks, cut)


def measured(axe: Axe, up_at: datetime, ran_at: datetime) -> float:
    """Note how long after the processes were up an overdue rung ran."""
    lag = max((ran_at - up_at).total_seconds(), 0.0)
    MEASURED.setdefault(f"seconds from the {axe.name} being up again to an overdue rung", []).append(lag)
    return lag


async def _one_rung_ran(site: Site, axe: Axe, lead_id: str, up_at: datetime) -> None:
    """One overdue offering rung ran, in time; what lay behind it was skipped and planned anew from it."""
    second = await site.until_offer(lead_id, 2)
    lag = measured(axe, up_at, second.offered_at)
    assert lag <= PROMISED.total_seconds(), await site.picture(lead_id)
    assert second.assignment is not None
    planned = [
        (rung["kind"], (datetime.fromisoformat(rung["due_at"]) - second.offered_at).total_seconds())
        for rung in second.assignment["plan"]["rungs"]
    ]
    assert planned == PLAN_OF_THE_BACKUP
    skipped = [line for line in await site.story(lead_id) if line.kind is EntryKind.SKIPPED]
    anew = [line.data["rungs"] for line in skipped if "rungs" in line.data]
    assert len(anew) == 1, skipped
    assert 3 in anew[0], "the alert behind the backup was overdue and had to be skipped"
    # It is not burnt: the next one is asked when the new plan says, and not before.
    await asyncio.sleep(max(0.0, (second.offered_at + timedelta(seconds=1.5) - now()).total_seconds()))
    assert [] == [
        one.offer
        for one in (await site.offers(lead_id))[2:]
        if one.offered_at < second.offered_at + timedelta(seconds=4)
    ]


async def _honoured(site: Site, lead_id: str, rep_id: str) -> None:
    """Whoever accepted has it, and nobody else was ever asked."""
    await site.until(lead_id, stage="accepted", owner=rep_id)

    async def accepted_in_the_database() -> bool:
        holder = await site.store.ownerships.open_owner(lead_id)
        return holder is not None and holder.accepted and holder.rep_id == rep_id

    await eventually(f"{rep_id} has {lead_id}", accepted_in_the_database, why=lambda: site.picture(lead_id))
    assert [rep_id] == [one.rep_id for one in await site.offers(lead_id)]


async def _still_theirs(site: Site, lead_id: str, rep_id: str) -> None:
    """The contact clock went on: one reminder and one alert, however long it was dark, and the lead stays theirs."""
    await site.until_told(lead_id, EntryKind.REMINDED)
    await site.until_told(lead_id, EntryKind.ALERTED)
    await _honoured(site, lead_id, rep_id)
    kinds = sorted(line["body"]["kind"] for line in site.sinks.taken(lead_id))
    assert ["alert", "offer", "untouched"] == kinds


async def orders(site: Site, axe: Axe, name: str) -> None:
    """Kill in the middle of enriching, of choosing, of choosing again, and of sending."""
    looked_up, chosen, moved, hook, mail = (
        f"{name}-{step}" for step in ("looked-up", "chosen", "moved", "hook", "mail")
    )
    await site.start(moved)
    first = await site.until_offer(moved)
    with slow_choices(site.folder / "baton.db", 3.0, chosen, moved):
        await asyncio.sleep((first.offered_at + timedelta(seconds=2.2) - now()).total_seconds())
        await site.start(hook, custom={"pool": "slow", "ladder": "patient"})
        await site.start(mail, custom={"pool": "post", "ladder": "patient"})
        await _taken(site, hook, 1)
        await _taken(site, mail, 1)
        await site.start(looked_up, company={"domain": f"slow-{looked_up}.example"}, custom={"ladder": "patient"})
        await eventually("the provider is asked", lambda: _asked(site, looked_up))
        await site.start(chosen, custom={"ladder": "patient"})
        await site.until_pending(chosen, "assign")
        await site.until_pending(moved, "reassign")
        await _writing(site.folder / "baton.db")
        axe.fall(site)
        cut = await site.in_mid_send() if axe.kills_sends else set()
    up_at, up_s = await axe.bring_back(site), time.monotonic()

    measured(axe, up_at, (await site.until_offer(moved, 2)).offered_at)
    for one in (looked_up, chosen, hook, mail):
        await site.until_offer(one)
        await site.until(one, stage="offered")
        await site.until_told(one, EntryKind.SENT)
        assert 1 == len(await site.offers(one)), await site.picture(one)
    second = [line for line in await site.story(moved) if line.kind is EntryKind.OFFERED and line.data["offer"] == 2]
    assert 1 == len(second), await site.picture(moved)
    for one in (hook, mail):
        copies = await _taken(site, one, 2 if axe.kills_sends else 1)
        if axe.kills_sends:
            again = copies[1]["monotonic_s"] - up_s
            MEASURED.setdefault(f"seconds from the {axe.name} being up again to a cut message", []).append(again)
            assert again <= PROMISED.total_seconds()
    await nothing_is_lost(site)
    nobody_was_told_twice(site.sinks, cut)
    nobody_was_told_twice(site.slow, cut)


async def choice(site: Site, axe: Axe, name: str) -> None:
    """Kill after the choice is committed and before anybody has heard of it."""
    assert site.server.pid is not None
    with slow_choices(site.folder / "baton.db", 1.5, name):
        await site.start(name, custom={"ladder": "patient"})
        await site.until_pending(name, "assign")
        await _writing(site.folder / "baton.db")
        os.kill(site.server.pid, signal.SIGSTOP)  # it takes no reports any more
        committed = await site.until_offer(name)
        axe.fall(site)
    if site.server.pid is not None:
        os.kill(site.server.pid, signal.SIGCONT)
    await axe.bring_back(site)

    await site.until(name, stage="offered", owner=committed.rep_id)
    await site.until_told(name, EntryKind.SENT)
    assert [committed.rep_id] == [one.rep_id for one in await site.offers(name)]
    assert 1 == await _turns(site.folder / "baton.db", name)
    await nothing_is_lost(site, [name])
    nobody_was_told_twice(site.sinks)


@contextmanager
def slow_choices(database: Path, seconds: float, *lead_ids: str) -> Iterator[None]:
    """Let the database take so long to open an ownership of these leads; who asks meanwhile waits in line."""
    rows = int(_rows_a_second() * seconds)
    count = f"WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT {rows}) SELECT count(*) FROM n"
    names = ", ".join(f"'{lead_id}'" for lead_id in lead_ids)
    with closing(sqlite3.connect(database, timeout=30, isolation_level=None)) as connection:
        connection.execute(
            "CREATE TRIGGER slow BEFORE INSERT ON ownership "
            f"WHEN NEW.lead_id IN ({names}) AND NEW.offer = (NEW.lead_id LIKE '%moved') + 1 "
            f"BEGIN SELECT ({count}); END"
        )
        try:
            yield
        finally:
            connection.execute("DROP TRIGGER slow")


async def _writing(database: Path) -> None:
    """Wait until somebody writes, and not just for a moment: the slow choice."""
    in_a_row = 0

    async def look() -> bool:
        nonlocal in_a_row
        with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                in_a_row += 1
            else:
                in_a_row = 0
        return in_a_row >= 4

    await eventually("the slow choice writes", look, every=0.03)


def _rows_a_second() -> float:
    tried = 500_000
    with closing(sqlite3.connect(":memory:")) as connection:
        began = time.perf_counter()
        sql = f"WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT {tried}) SELECT count(*) FROM n"
        connection.execute(sql).fetchone()
        return tried / (time.perf_counter() - began)


async def _turns(database: Path, lead_id: str) -> int:
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        asked = "SELECT count(DISTINCT rep_id || '/' || at) FROM ledger WHERE lead_id = ? AND units < 0"
        found: int = connection.execute(asked, (lead_id,)).fetchone()[0]
        return found


async def _asked(site: Site, lead_id: str) -> bool:
    return f"slow-{lead_id}.example" in site.provider.asked


async def _taken(site: Site, lead_id: str, times: int) -> list[dict[str, Any]]:
    async def look() -> list[dict[str, Any]] | None:
        taken = site.slow.taken(lead_id)
        return taken if len(taken) >= times else None

    what = f"the message about {lead_id} arrived {times} times"
    return await eventually(what, look, why=lambda: site.picture(lead_id))

"""A manager is told each day where their teams stand: counts, a few lines of each kind, and once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.digest import LINES, Composed, Composer, Digester, UnknownManager
from activities.policybook import Policybook
from db.coaching import Coaching
from db.digests import Digests
from db.leads import Leads
from models.base import parse
from models.decisions import Delivery, DeliveryState
from models.ladder import Entry, EntryKind
from models.lead import Stage
from models.orders import Holding, RecordLead, SendDigest
from models.roster import Roster
from tests.activities.noticing import AT, ROSTER, Desk, open_desk
from tests.db.samples import facts, give, newcomer, order, standing

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
OFFICE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Mia's team: ana is asked to take `one`; `two` and `three` have just come in and belong to nobody yet."""
    async with open_desk(tmp_path) as desk:
        yield desk


def composer(desk: Desk) -> Composer:
    """Make what puts digests into words."""
    store = desk.store
    policybook = Policybook(store.policies, store.trials)
    return Composer(Digests(store.database), Coaching(store.database), store.rosters, policybook)


async def composed(desk: Desk) -> Composed:
    """Write Mia's digest."""
    _, found = await composer(desk).compose("mia", AT)
    assert found is not None
    return found


async def send(desk: Desk, manager_id: str = "mia", key: str = "digest-mia-2026-03-02") -> Delivery:
    """Send a digest, as the activity does."""
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=AT)
    digester = Digester(composer(desk), desk.messenger().deliver)
    return await environment.run(digester.send_digest, SendDigest(manager_id=manager_id, at=AT, key=key))


async def stands(desk: Desk, record: RecordLead) -> None:
    """Record where a lead stands."""
    await desk.store.leads.record(record)


async def set_roster(desk: Desk, **changes: object) -> None:
    """Change sections of the roster."""
    await desk.store.rosters.save(parse(Roster, ROSTER | changes), at=AT)


async def test_counts_come_first(desk: Desk) -> None:
    """How many are open, late and waiting; then in which stages."""
    await stands(desk, standing("one", 1, Stage.OFFERED, Holding(rep_id="ana", offer=1), breached=True))
    await stands(desk, standing("two", 1, Stage.TRIAGE, due_at=AT + HOUR, next_step="alert the manager again"))
    await stands(desk, standing("three", 1, Stage.NURTURING, due_at=AT + 90 * DAY))
    found = await composed(desk)
    assert "Your teams: 2 open, 1 late, 1 waiting for you" == found.subject
    counts = "2 open, 1 late, 1 waiting for you. By stage: 1 offered, 1 nurturing, 1 triage."
    assert counts == found.text.splitlines()[0]
    assert "Late, and nobody has taken it:\n- one demo request, Company one: offered, ana" in found.text
    two = "- two demo request, Company two: triage; next at Mon 11:00: alert the manager again"
    assert f"Waits for you:\n{two}" in found.text


async def test_what_somebody_acknowledged_is_marked(desk: Desk) -> None:
    """It still waits; but somebody sees to it."""
    seen = Entry(n=0, at=AT, kind=EntryKind.ACKNOWLEDGED, says="mia has seen it")
    await stands(desk, standing("two", 1, Stage.REVIEW, due_at=AT + HOUR, next_step="the review", entries=(seen,)))
    found = await composed(desk)
    assert "1 waiting for you (1 acknowledged)" in found.subject
    assert "- two demo request, Company two: review; next at Mon 11:00: the review (acknowledged)" in found.text


async def test_long_lists_are_cut_and_counted(desk: Desk) -> None:
    """A mail is read to its end when it has one."""
    leads = Leads(desk.store.database)
    for number in range(LINES + 2):
        await leads.admit(newcomer(f"n{number}", facts(f"n{number}", company={"name": f"Company {number}"})))
        await stands(desk, standing(f"n{number}", 1, Stage.TRIAGE, due_at=AT + HOUR))
    lines = (await composed(desk)).text.split("Waits for you:\n")[1].split("\n\n")[0].splitlines()
    assert (LINES + 1, "- and 2 more") == (len(lines), lines[-1])


async def test_who_keeps_missing_offers_is_on_the_list(desk: Desk) -> None:
    """Counted over the policy's while, for whom the policy says; without a word about why."""
    assert "To coach" not in (await composed(desk)).text
    for number in range(3):
        lead_id = f"n{number}"
        await Leads(desk.store.database).admit(newcomer(lead_id))
        await desk.store.ownerships.assign(order(lead_id), give(lead_id, "ana"), at=AT - DAY, ordered_at=AT - DAY)
        await stands(desk, standing(lead_id, 1, Stage.TRIAGE, offer=1, ended="expired", at=AT - HOUR))
    title = "To coach: 3 or more missed within 14 days:"
    line = "- Ana Silva: missed 3 of 3 offers (3 ran out, 0 accepted and not contacted, 0 broken promises)"
    assert f"{title}\n{line}" in (await composed(desk)).text


async def test_hours_that_nobody_covers_and_who_is_away(desk: Desk) -> None:
    """The seven days ahead, in the manager's zone; leave in the days of whoever takes it."""
    teams = [{"id": "emea", "name": "EMEA", "manager": "mia", "calendar": "office", "region": "emea"}]
    calendars = {**ROSTER["calendars"], "office": {"tz": "Europe/Berlin", "week": OFFICE}}
    away = [{"from": "2026-03-04", "to": "2026-03-05"}]
    rep = {"id": "ana", "name": "Ana Silva", "team": "emea", "email": "ana@sales.example", "time_off": away}
    await set_roster(desk, teams=teams, calendars=calendars, reps=[rep])
    text = (await composed(desk)).text
    gaps = "Nobody is there, in the next 7 days:\n- EMEA: Wed 09:00-17:00\n- EMEA: Thu 09:00-17:00"
    assert gaps in text
    assert "On leave, in the next 7 days:\n- Ana Silva: from Wed 00:00 until 5 Mar" in text


async def test_it_is_sent_once_for_each_key(desk: Desk) -> None:
    """A retry after a crash sends nothing twice; the next day's is another message."""
    assert [DeliveryState.DELIVERED] * 2 == [(await send(desk)).state, (await send(desk)).state]
    assert ["Your teams: 1 open, 0 late, 0 waiting for you"] == [mail.subject for mail in desk.mails]
    await send(desk, key="digest-mia-2026-03-03")
    assert 2 == len(desk.mails)


async def test_nothing_to_say_is_not_sent(desk: Desk) -> None:
    """A manager without teams and leads is left in peace, and one who left is no error."""
    managers = [*ROSTER["managers"], {"id": "una", "name": "Una"}]
    await set_roster(desk, managers=managers)
    una = await send(desk, "una", "digest-una")
    assert (DeliveryState.STALE, "there is nothing to say") == (una.state, una.because)
    gone = await send(desk, "gone", "digest-gone")
    assert (DeliveryState.STALE, "gone is not in the roster") == (gone.state, gone.because)
    assert [] == desk.mails
    with pytest.raises(UnknownManager, match="gone is not in the roster"):
        await composer(desk).compose("gone", AT)

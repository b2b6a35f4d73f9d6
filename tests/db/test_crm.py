"""What the CRM is to be told goes up with each change of a lead, and nobody's older word follows a newer one."""

from datetime import timedelta

import pytest

from db import tables
from db.crm import Copy, CrmCopies, UnknownCopy
from db.crm_wanting import CopyState
from db.engine import Database
from db.leads import Leads
from db.outbox import keep_saying
from db.outcomes import Outcomes
from db.ownership import Ownerships
from models.lead import Stage
from models.orders import Holding
from models.outcome import Outcome, OutcomeResult
from tests.db.samples import AT, MINUTE, facts, give, newcomer, order, standing

LEASE = timedelta(minutes=2)
ADA = Holding(rep_id="ada", offer=1)


@pytest.fixture
def copies(staffed: Database) -> CrmCopies:
    """A house with a CRM, and the leads `one`, `two` and `three`."""
    staffed.tells_crm = True
    return CrmCopies(staffed)


async def wants(copies: CrmCopies, lead_id: str = "one") -> int:
    """Say how often a lead changed for the CRM."""
    copy = await copies.of(lead_id)
    return copy.wanted if copy else 0


async def offer(db: Database, lead_id: str = "one") -> None:
    """Give a lead to ada."""
    await Ownerships(db).assign(order(lead_id), give(lead_id, "ada"), at=AT, ordered_at=AT)


async def claim(copies: CrmCopies, after: timedelta = timedelta(0), limit: int = 10) -> dict[str, Copy]:
    """Take what is due."""
    return {one.lead_id: one for one in await copies.claim(limit, now=AT + after, lease=LEASE)}


async def tell(copies: CrmCopies, copy: Copy, after: timedelta = timedelta(0)) -> None:
    """Note that the CRM knows it."""
    await copies.told(copy, at=AT + after, external_id="7", tasks={}, digest="d", because="")


async def test_each_change_of_a_lead_wants_to_be_told(copies: CrmCopies, staffed: Database) -> None:
    """Facts, an offer, a record and an outcome; in a house without a CRM nothing is noted."""
    leads = Leads(staffed)
    await leads.save_facts(facts("one"), at=AT)
    await offer(staffed)
    await leads.record(standing("one", 1, Stage.CONTACTED, ADA, closed=True))
    await Outcomes(staffed).record("one", Outcome(result=OutcomeResult.WON), key="k", now=AT)
    assert await wants(copies) == 4
    staffed.tells_crm = False
    await Outcomes(staffed).record("one", Outcome(result=OutcomeResult.LOST), key="l", now=AT)
    assert await wants(copies) == 4


async def test_a_change_that_is_undone_wants_nothing(copies: CrmCopies, staffed: Database) -> None:
    """It goes up in the transaction that changes the lead, or not at all."""
    with pytest.raises(ZeroDivisionError):
        await Ownerships(staffed).assign(order("one"), lambda _: 1 / 0, at=AT, ordered_at=AT)  # type: ignore[arg-type,return-value]
    assert await copies.of("one") is None


async def test_one_is_told_of_by_one_at_a_time_and_oldest_first(copies: CrmCopies, staffed: Database) -> None:
    """Nobody else gets it before the lease is over; whoever waits longest goes first."""
    await offer(staffed, "two")
    await Leads(staffed).save_facts(facts("one"), at=AT - MINUTE)
    assert list(await claim(copies, limit=1)) == ["one"]
    assert list(await claim(copies)) == ["two"]
    assert await claim(copies) == {}
    again = await claim(copies, LEASE)
    assert {name: one.attempts for name, one in again.items()} == {"one": 2, "two": 2}


async def test_what_changes_while_it_is_told_is_told_again_at_once_and_not_before(
    copies: CrmCopies, staffed: Database
) -> None:
    """A change in between does not end the lease, and is not lost."""
    await offer(staffed)
    mine = (await claim(copies))["one"]
    await Leads(staffed).record(standing("one", 1, Stage.ACCEPTED, ADA))
    assert await claim(copies) == {}
    await tell(copies, mine)
    assert list(await claim(copies)) == ["one"]


async def test_whoever_is_late_changes_nothing(copies: CrmCopies, staffed: Database) -> None:
    """Its lease ran out, and somebody else has told of the lead since."""
    await offer(staffed)
    late = (await claim(copies))["one"]
    quick = (await claim(copies, LEASE))["one"]
    await tell(copies, quick, LEASE)
    heard = [
        await copies.refused(late, "too late", at=AT),
        await copies.put_off(late, "too late", until=AT),
        await copies.telling(late, owner="999", tasks=["k"], at=AT),
    ]
    assert heard == [False, False, False]
    found = await copies.of("one")
    assert found is not None
    assert (found.state, found.because, found.owner, found.attempts) == (CopyState.TOLD, "", None, 0)


async def test_whom_the_crm_is_told_is_remembered_and_whom_before(copies: CrmCopies, staffed: Database) -> None:
    """The same again changes nothing: since when it has them is by when echoes of the one before are known."""
    await offer(staffed)
    for minutes, owner in enumerate(("501", "501", "502", None, "502")):
        copy = (await claim(copies, minutes * MINUTE))["one"]
        assert await copies.telling(copy, owner=owner, tasks=[], at=AT + minutes * MINUTE)
        await copies.put_off(copy, "answered 503", until=AT)
    async with staffed.reading() as session:
        row = await session.get_one(tables.CrmCopy, "one")
        assert (row.owner, row.owner_before, row.named_at) == ("502", "501", AT + 2 * MINUTE)


async def test_one_that_waits_to_be_tried_again_goes_on_waiting(copies: CrmCopies, staffed: Database) -> None:
    """A change of the lead makes no CRM come back; its place in the line is kept."""
    await offer(staffed)
    mine = (await claim(copies))["one"]
    await copies.put_off(mine, "answered 503", until=AT + MINUTE)
    await Leads(staffed).record(standing("one", 1, Stage.ACCEPTED, ADA))
    assert await claim(copies) == {}
    assert (await claim(copies, MINUTE))["one"].due_at == AT + MINUTE


async def test_a_refused_one_is_told_again_once_the_lead_changes_or_by_hand(
    copies: CrmCopies, staffed: Database
) -> None:
    """Until then it is shown with the reason, and not tried."""
    await offer(staffed)
    await copies.refused((await claim(copies))["one"], "answered 400", at=AT)
    assert await claim(copies, timedelta(days=1)) == {}
    refused = await copies.list(states=[CopyState.REFUSED])
    assert [(one.lead_id, one.because) for one in refused] == [("one", "answered 400")]
    await Leads(staffed).record(standing("one", 1, Stage.ACCEPTED, ADA))
    await copies.refused((await claim(copies, MINUTE))["one"], "answered 400", at=AT + MINUTE)
    assert await copies.retry_refused(at=AT + MINUTE) == 1
    assert list(await claim(copies, MINUTE)) == ["one"]


async def test_one_that_changes_while_it_is_refused_is_told_again_at_once(copies: CrmCopies, staffed: Database) -> None:
    """What was refused is how it was."""
    await offer(staffed)
    mine = (await claim(copies))["one"]
    await Leads(staffed).record(standing("one", 1, Stage.ACCEPTED, ADA))
    await copies.refused(mine, "answered 400", at=AT)
    assert list(await claim(copies)) == ["one"]


async def test_by_hand_it_is_told_whole_but_never_beside_somebody(copies: CrmCopies, staffed: Database) -> None:
    """What it was told before is told again; while somebody tells of it, that comes after."""
    await offer(staffed)
    mine = (await claim(copies))["one"]
    await copies.told(mine, at=AT, external_id="7", tasks={"k": {"id": "t"}}, digest="d", because="")
    again = await copies.retry("one", at=AT + MINUTE)
    assert (again.state, again.digest, again.external_id) == (CopyState.WAITING, None, "7")
    assert again.tasks == {"k": {"id": "t"}}
    mine = (await claim(copies, MINUTE))["one"]
    await copies.retry("one", at=AT + MINUTE)
    assert await claim(copies, MINUTE) == {}
    await tell(copies, mine, MINUTE)
    assert [None] == [one.digest for one in (await claim(copies, MINUTE)).values()]
    with pytest.raises(UnknownCopy):
        await copies.retry("nobody", at=AT)


async def test_leads_that_were_there_before_the_crm_can_be_told_of(copies: CrmCopies, staffed: Database) -> None:
    """Those that came since an instant; nobody twice, and none that was folded."""
    await offer(staffed)
    await Leads(staffed).admit(newcomer("old", facts("old", received_at=AT - timedelta(days=9))))
    async with staffed.writing() as session:
        (await session.get_one(tables.Lead, "three")).folded_into = "two"
    assert await copies.want_since(AT - MINUTE, at=AT + MINUTE) == 1
    assert await copies.want_since(AT - MINUTE, at=AT + MINUTE) == 0
    assert list(await claim(copies, MINUTE)) == ["one", "two"]
    assert await copies.counts() == {CopyState.TOLD: 0, CopyState.WAITING: 2, CopyState.REFUSED: 0}


async def test_old_leads_keep_no_new_one_waiting(copies: CrmCopies, staffed: Database) -> None:
    """Thousands that were there before the CRM are told beside what comes now."""
    for number in range(8):
        await Leads(staffed).admit(newcomer(f"old{number}", facts(f"old{number}", received_at=AT - MINUTE)))
    assert await copies.want_since(AT - MINUTE, at=AT) == 11
    second = timedelta(seconds=1)
    await Leads(staffed).admit(newcomer("new"))
    await Leads(staffed).save_facts(facts("new"), at=AT + second)
    assert "new" in await claim(copies, second, limit=6)


async def test_a_lead_is_seen_as_it_is_now(copies: CrmCopies, staffed: Database) -> None:
    """With its tasks, its outcome, and a change of owner that it has not heard of yet."""
    await offer(staffed)
    async with staffed.writing() as session:
        said = {"rep_id": "bo", "by": "crm", "reason": "given to bo in the CRM", "key": "k"}
        await keep_saying(session, "one", "reassign", said, at=AT)
    seen = await copies.see("one")
    assert seen is not None
    assert (seen.owner, seen.moving, [one.key for one in seen.tasks]) == ("ada", True, ["one-1-0"])
    await Leads(staffed).record(standing("one", 1, Stage.CONTACTED, ADA, closed=True))
    await Outcomes(staffed).record("one", Outcome(result=OutcomeResult.WON, value=10), key="k", now=AT)
    seen = await copies.see("one")
    assert seen is not None
    assert (seen.stage, seen.outcome, seen.outcome_value) == (Stage.CONTACTED, "won", 10)
    assert await copies.see("nobody") is None


async def test_a_list_is_read_in_pages(copies: CrmCopies, staffed: Database) -> None:
    """By lead, each once."""
    for lead_id in ("one", "two", "three"):
        await offer(staffed, lead_id)
    first = await copies.list(limit=2)
    rest = await copies.list(limit=2, after=first[-1].lead_id)
    assert [one.lead_id for one in (*first, *rest)] == ["one", "three", "two"]

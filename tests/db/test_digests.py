"""What a digest is made of: a manager's teams, what is late, and what waits for them; on both databases."""

from datetime import timedelta

from db.digests import Digests
from db.engine import Database
from db.leads import Leads
from db.ownership import Ownerships
from models.ladder import Entry, EntryKind
from models.lead import Stage
from models.orders import Holding
from tests.db.samples import AT, give, newcomer, order, standing

HOUR = timedelta(hours=1)


async def test_a_managers_leads_are_those_of_their_teams_and_those_they_answer_for(staffed: Database) -> None:
    """Open ones only; somebody else's are not counted."""
    leads, digests = Leads(staffed), Digests(staffed)
    await Ownerships(staffed).assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    await leads.record(
        standing("one", 1, Stage.OFFERED, Holding(rep_id="ada", offer=1), breached=True, answerable="zoe")
    )
    await leads.record(standing("two", 1, Stage.TRIAGE, answerable="mia"))
    await leads.record(standing("three", 1, Stage.CLOSED, answerable="mia", closed=True))
    await leads.admit(newcomer("four"))
    mia = await digests.standing("mia", ["emea"], most=9)
    assert {Stage.OFFERED: 1, Stage.TRIAGE: 1} == mia.stages
    assert (1, ["one"]) == (mia.late.of, [line.lead_id for line in mia.late.lines])
    assert (1, ["two"], 0) == (mia.waiting.of, [line.lead_id for line in mia.waiting.lines], mia.seen)
    nobody = await digests.standing("una", [], most=9)
    assert ({}, 0, 0) == (nobody.stages, nobody.late.of, nobody.waiting.of)


async def test_what_was_taken_late_is_late_no_more(staffed: Database) -> None:
    """Late is what still waits for an answer."""
    await Ownerships(staffed).assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    holding = Holding(rep_id="ada", offer=1, accepted_at=AT + HOUR)
    await Leads(staffed).record(standing("one", 1, Stage.ACCEPTED, holding, breached=True))
    assert 0 == (await Digests(staffed).standing("mia", ["emea"], most=9)).late.of


async def test_what_somebody_has_seen_is_marked_and_lists_are_cut(staffed: Database) -> None:
    """Longest received first; the number is that of all."""
    seen = Entry(n=0, at=AT, kind=EntryKind.ACKNOWLEDGED, says="mia has seen it")
    for lead_id in ("one", "two", "three"):
        entries = (seen,) if lead_id == "two" else ()
        await Leads(staffed).record(standing(lead_id, 1, Stage.REVIEW, entries=entries))
    mia = await Digests(staffed).standing("mia", ["emea"], most=3)
    assert {"one": False, "three": False, "two": True} == {line.lead_id: line.seen for line in mia.waiting.lines}
    cut = await Digests(staffed).standing("mia", ["emea"], most=2)
    assert (3, 2, 1) == (cut.waiting.of, len(cut.waiting.lines), cut.seen)

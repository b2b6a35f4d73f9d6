"""Leads as they are read: facts, judgements, lists; and no list that reads every row."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from db.coaching import Coaching
from db.decisions import Decisions
from db.engine import Database
from db.handovers import Handovers
from db.holding import UnknownLead
from db.inbox import Inbox
from db.leads import Filters, Leads
from db.notifications import Notifications
from db.outbox import Outbox
from db.ownership import Ownerships
from db.policies import Policies
from db.rosters import Rosters
from db.tables.words import DecisionKind
from db.timelines import Timelines
from models.decisions import Enrichment, Fact, Reason, Route, Score, Unknown
from models.lead import Company, Fit, Intent, Stage
from models.orders import Holding
from models.routing import AsideRule
from tests.db.samples import AT, MINUTE, facts, give, hold, newcomer, order, rep, roster, standing

ENRICHMENT = Enrichment(
    facts=(Fact(field="company.employees", value=120, source="directory"),),
    unknown=(Unknown(field="company.industry", because="timed out after 3 s"),),
)
SCORE = Score(
    points=25,
    reasons=(Reason(rule="demo", points=25, because="asked for a demo"),),
    intent=Intent.HIGH,
    fit=Fit.STRONG,
    qualification=Route(sla="demo", because="high intent, strong fit"),
    policy="p2",
)


async def test_facts_and_enrichment_are_kept(staffed: Database) -> None:
    """What was learned replaces what was known, and the headline follows."""
    leads = Leads(staffed)
    assert (None, None) == (await leads.enrichment("one"), await leads.facts("ghost"))
    known = facts("one", company=Company(name="Acme", country="DE"), region="emea")
    await leads.save_facts(known, ENRICHMENT, at=AT)
    assert (known, ENRICHMENT) == (await leads.facts("one"), await leads.enrichment("one"))
    card = await leads.get("one")
    assert card is not None
    assert ("demo request, Acme (DE)", "emea") == (card.headline, card.region)
    with pytest.raises(UnknownLead):
        await leads.save_facts(facts("ghost"), at=AT)


async def test_a_judgement_is_kept_with_its_reasons(staffed: Database) -> None:
    """The score, and which policy version gave it, is on the lead and among its decisions; a retry adds none."""
    leads = Leads(staffed)
    assert None is await leads.score("one")
    for _ in range(2):
        await leads.save_score("one", SCORE, at=AT)
    assert SCORE == await leads.score("one")
    (decided,) = await Decisions(staffed).of("one")
    assert (DecisionKind.SCORE, "p2", AT) == (decided.kind, decided.policy, decided.at)
    assert SCORE == Score.model_validate(decided.body)
    card = await leads.get("one")
    assert card is not None
    assert (25, "high", "strong", "p2") == (card.points, card.intent, card.fit, card.policy)
    await leads.save_score("one", SCORE, at=AT + MINUTE)
    assert 2 == len(await Decisions(staffed).of("one"))


async def test_a_list_is_read_page_by_page(db: Database) -> None:
    """Last received first, each lead once, also when many came at the same instant."""
    for number in range(12):
        about = facts(f"lead-{number:02}", received_at=AT + timedelta(days=number // 5))
        await Leads(db).admit(newcomer(about.lead_id, about))
    pages: list[str] = []
    after = None
    while page := await Leads(db).list(limit=5, after=after):
        pages += [card.lead_id for card in page]
        after = pages[-1]
    assert [f"lead-{number:02}" for number in (11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)] == pages
    with pytest.raises(UnknownLead):
        await Leads(db).list(after="ghost")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), ["three", "two", "one"]),
        (Filters(stages={Stage.OFFERED, Stage.ACCEPTED}), ["two", "one"]),
        (Filters(owner="ada"), ["one"]),
        (Filters(answerable="mia"), ["two", "one"]),
        (Filters(team="emea", stages=[Stage.ACCEPTED]), ["one"]),
        (Filters(type="demo_request", source="web"), ["three", "two", "one"]),
        (Filters(source="fair"), []),
        (Filters(breached=True), ["two"]),
        (Filters(due_before=AT + 10 * MINUTE), ["one"]),
    ],
)
async def test_a_list_is_filtered(staffed: Database, filters: Filters, expected: list[str]) -> None:
    """Each filter alone and together leaves the leads it names."""
    for lead_id, rep_id in (("one", "ada"), ("two", "bo")):
        await Ownerships(staffed).assign(order(lead_id), give(lead_id, rep_id), at=AT, ordered_at=AT)
    ada, bo = Holding(rep_id="ada", offer=1, accepted_at=AT), Holding(rep_id="bo", offer=1)
    await Leads(staffed).record(standing("one", 1, Stage.ACCEPTED, ada, due_at=AT + 5 * MINUTE))
    await Leads(staffed).record(standing("two", 1, Stage.OFFERED, bo, due_at=AT + 10 * MINUTE, breached=True))
    found = [card.lead_id for card in await Leads(staffed).list(filters)]
    assert sorted(expected) == sorted(found)
    assert found == sorted(found, reverse=True)


async def test_no_question_reads_every_row(tmp_path: Any) -> None:
    """Every question and change that comes in daily work finds its rows by an index, and lists need no sorting."""
    db = Database(f"sqlite:///{tmp_path / 'baton.db'}")
    await db.migrate()
    with _asked() as statements:
        await _a_working_day(db)
    plans = {}
    async with db.reading() as session:
        connection = await session.connection()
        for statement, values in statements.items():
            rows = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)).all()
            plans[statement] = [str(row.detail) for row in rows]
    await db.dispose()
    assert 40 < len(plans)
    small = "calendar|manager|team|rep|rota|room|time_off|pool|balance|policy_version|roster_state|switch"
    few = "met|in_hand|latest|misses"  # what an inner question has limited already
    whole = re.compile(rf"SCAN (?!({small}|{few})\b)(?!CONSTANT)\w+\b(?! USING (COVERING )?INDEX)")
    assert {} == {statement: plan for statement, plan in plans.items() if any(map(whole.match, plan))}
    (tied,) = [" ".join(plan) for one, plan in plans.items() if "in_hand" in one]
    assert (True, True) == ("ix_lead_company " in tied, "ix_lead_company_open " in tied)
    listed = {one: plan for one, plan in plans.items() if "FROM lead \nWHERE" in one and "ORDER BY" in one}
    assert 6 < len(listed)
    assert {} == {one: plan for one, plan in listed.items() if any("TEMP B-TREE" in line for line in plan)}


async def _a_working_day(db: Database) -> None:
    leads, owners = Leads(db), Ownerships(db)
    await Rosters(db).save(roster(reps=[rep("ada", caps=[{"leads": 9}]), rep("bo"), rep("cy")]), at=AT)
    await Policies(db).active()
    for lead_id in ("one", "two"):
        await leads.admit(newcomer(lead_id, facts(lead_id, external_id=lead_id)))
        await leads.save_score(lead_id, SCORE, at=AT)
    await owners.assign(order("one"), give("one", "ada", moves={"ada": -1, "bo": 1}), at=AT, ordered_at=AT)
    asked: Any = {"at": AT, "ordered_at": AT, "companies": ["acme.example", "holding.example"]}
    asked["aside"] = AsideRule()
    await owners.assign(order("one", 2), give("one", "bo", 2), **asked)
    await owners.assign(order("two"), hold(AT), at=AT, ordered_at=AT)
    called = Holding(rep_id="bo", offer=2, accepted_at=AT, contacted_at=AT)
    await leads.record(standing("one", 1, Stage.CONTACTED, called, closed=True))
    await leads.admit(newcomer("one-again", facts("one-again", external_id="one", received_at=AT + MINUTE)))
    await owners.assign(order("one-again"), give("one-again", "bo"), **asked)
    await Rosters(db).set_active("bo", active=False, at=AT)
    await Rosters(db).set_active("bo", active=True, at=AT)
    begun = await Handovers(db).begin("bo", by="mia", reason="bo leaves", to="cy", at=AT)
    await Handovers(db).whereabouts(begun)
    await Coaching(db).tallies(AT, AT + MINUTE)
    await Coaching(db).forgive("cy", by="mia", reason="the phones were down", at=AT)
    await Inbox(db).claim(5, now=AT, lease=MINUTE)
    await Inbox(db).claim(5, now=AT, lease=MINUTE, paced=True)
    await Inbox(db).started(1, at=AT)
    await Inbox(db).counts("spring")
    await Inbox(db).counts()
    await Outbox(db).claim(5, now=AT, lease=MINUTE)
    await Outbox(db).pending()
    await Notifications(db).of("one")
    await Timelines(db).of("one")
    await Timelines(db).touches("one")
    await Decisions(db).of("one")
    await Decisions(db).assignment("one")
    await leads.get("one")
    await leads.facts("one")
    for filters in (
        Filters(),
        Filters(owner="ada"),
        Filters(answerable="mia"),
        Filters(stages=[Stage.TRIAGE]),
        Filters(team="emea"),
        Filters(type="demo_request"),
        Filters(source="web"),
    ):
        await leads.list(filters)
    await leads.list(after="two")


@contextmanager
def _asked() -> Iterator[dict[str, Any]]:
    """Collect every statement, with one set of its values."""
    seen: dict[str, Any] = {}

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if re.match(r"SELECT|UPDATE|DELETE", statement):
            seen[statement] = values[0] if many else values

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)

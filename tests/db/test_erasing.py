"""After an erasure no table holds a word of the lead's person, and what counts for others stays as it was."""

import json
import shutil
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from db import tables
from db.alerts import Alert, Alerts, Turn, Waits
from db.audits import Audits
from db.engine import Database
from db.erasing import Erasing
from db.inbox import Arrival, Inbox
from db.leads import Leads
from db.outbox import Outbox
from db.ownership import LeadOver, Ownerships
from db.payloads import marks_of, names
from db.tables import (
    ActOutcome,
    Alerting,
    DecisionKind,
    Errand,
    HandOffKind,
    HandOffState,
    HookState,
    Intake,
    Sending,
    TaskState,
)
from models.decisions import Enrichment, Over
from models.ladder import Entry, EntryKind
from models.lead import Company, Stage, Touch
from models.orders import Holding
from models.outcome import OutcomeResult
from models.trial import TrialKind
from tests.db.samples import AT, MINUTE, facts, give, hold, newcomer, order, standing

CANARY = "kanarienvogel"
EMAIL = f"{CANARY}@acme.example"
WHO = {"by": "pia", "reason": "asked for by letter"}
LATER = AT + timedelta(hours=1)


async def rows(db: Database) -> dict[str, list[str]]:
    """Give every row of every table, as text."""
    found: dict[str, list[str]] = {}
    async with db.reading() as session:
        for name in tables.Table.metadata.tables:
            asked = await (await session.connection()).execute(text(f'SELECT * FROM "{name}"'))
            found[name] = [
                repr(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)) for row in asked.all()
            ]
    return found


async def tables_with(db: Database, word: str = CANARY) -> set[str]:
    """Name the tables that hold a word."""
    return {name for name, lines in (await rows(db)).items() if any(word in line.lower() for line in lines)}


async def add(db: Database, *made: tables.Table) -> None:
    """Put rows there as they are."""
    async with db.writing() as session:
        for row in made:
            session.add(row)
            await session.flush()


def files_of(folder: Path) -> str:
    """Read every byte of every file."""
    return "".join(path.read_bytes().decode("latin-1") for path in folder.iterdir())


async def undone(db: Database, lead_id: str, what: Errand) -> int:
    """Count a lead's errands that are still to be run."""
    table = tables.Outbox
    async with db.reading() as session:
        found = await session.exec(
            select(table).where(table.lead_id == lead_id, table.what == what, col(table.sent_at).is_(None))
        )
        return len(found.all())


def telling(lead_id: str) -> Collection[tables.Table]:
    """A row of each table that holds something of a lead, each with a word that names its person."""
    at: dict[str, Any] = {"created_at": AT, "changed_at": AT}
    version: dict[str, Any] = {"name": "p", "text": "", "published_at": AT, "published_by": "mia"}
    measured: dict[str, Any] = {"day": AT.date(), "source": CANARY, "type": "demo_request", "policy": "p1"}
    raw = json.dumps({"email": EMAIL.upper(), "message": CANARY})
    return (
        tables.PolicyVersion(version="p1", **version),
        tables.Trial(id=1, kind=TrialKind.SHADOW, version="p1", control="p1", started_at=AT, started_by="mia"),
        tables.ShadowDecision(trial_id=1, lead_id=lead_id, at=AT, failed=CANARY, because=CANARY, sentence=CANARY),
        tables.Inbox(
            lead_id=lead_id, raw=raw, source=CANARY, content=CANARY, because=CANARY, created_at=AT, next_at=AT
        ),
        tables.DoorSign(kind="email", value=EMAIL, lead_id=lead_id, at=AT),
        tables.Came(lead_id=lead_id, source=CANARY, content=CANARY, raw=raw, at=AT),
        tables.PossibleMatchRow(lead_id=lead_id, account_id="acme", score=90, because=CANARY, at=AT),
        tables.Idempotency(scope="k1", key=EMAIL, content=CANARY, answer={"lead_id": lead_id}, at=AT),
        tables.HookDelivery(
            source="form",
            webhook_id="w1",
            raw=raw.encode(),
            state=HookState.TAKEN,
            results=[{"lead_id": lead_id, "because": CANARY}],
            received_at=AT,
            changed_at=AT,
        ),
        tables.HookDelivery(
            source="form",
            raw=f"mail={CANARY}%40Acme.example&x=1".encode(),
            state=HookState.DEAD,
            because="no type",
            results=[],
            received_at=AT,
            changed_at=AT,
        ),
        tables.Outbox(
            lead_id=lead_id,
            what=Errand.SAY,
            body={"name": "event", "message": {"kind": CANARY}},
            created_at=AT,
            next_at=AT,
            because=CANARY,
        ),
        tables.Decision(
            lead_id=lead_id, kind=DecisionKind.SCORE, policy="p1", at=AT - MINUTE, body={"because": CANARY}
        ),
        tables.Notification(
            lead_id=lead_id,
            offer=1,
            rung=0,
            channel="slack",
            kind="offer",
            person_id="ada",
            state=Sending.SENT,
            provider_id="C1:1.2",
            because=CANARY,
            sent_at=AT,
            **at,
        ),
        tables.Alert(
            lead_id=lead_id, offer=1, rung=2, person_id="mia", what=CANARY, because=CANARY, raised_at=AT, send_at=AT
        ),
        tables.HandOff(
            lead_id=lead_id,
            kind=HandOffKind.ENROL,
            body={"email": EMAIL},
            state=HandOffState.SENT,
            provider_id="m-1",
            because=CANARY,
            created_at=AT,
            next_at=AT,
            sent_at=AT,
        ),
        tables.HandOff(lead_id=lead_id, kind=HandOffKind.LEAVE, body={"email": EMAIL}, created_at=AT, next_at=AT),
        tables.CrmCopy(
            lead_id=lead_id,
            external_id="crm-7",
            tasks={},
            because=f"told without {CANARY}",
            changed_at=AT,
            next_at=AT,
            told_at=AT,
        ),
        tables.Evidence(feature=f"tag {CANARY}", good=1),
        tables.EvidenceLead(lead_id=lead_id, converted=True, features=[f"tag {CANARY}"], at=AT),
        tables.LeadMeasure(lead_id=lead_id, **measured, received_at=AT, hour_of_week=9, stage="offered", changed_at=AT),
        tables.OfferMeasure(lead_id=lead_id, **measured, offer=1, rep_id="ada"),
        tables.MeasuredWord(dimension="source", word=CANARY),
        tables.HumanAct(
            at=AT,
            who="mia",
            what="reassign",
            lead_id=lead_id,
            about=CANARY,
            detail={"said": CANARY},
            outcome=ActOutcome.DONE,
            because=CANARY,
        ),
        tables.MeasuredWord(dimension="region", word="emea"),
        tables.Likelihood(lead_id=lead_id, version="spring", likelihood=0.4, points=7, at=AT),
        tables.Outcome(
            lead_id=lead_id, key=CANARY, result=OutcomeResult.WON, industry="steel", rep_id="ada", at=AT, recorded_at=AT
        ),
    )


@pytest.fixture
async def told(staffed: Database) -> Database:
    """A database where `kim` is with `ada`, and every table has a word that names her."""
    leads = Leads(staffed)
    about = facts("kim", email=EMAIL, first_name=CANARY, message=CANARY, region=CANARY, external_id=CANARY)
    about = about.model_copy(update={"source": CANARY, "company": Company(name=CANARY, domain=f"{CANARY}.example")})
    await leads.admit(newcomer("kim", about, raw={"email": EMAIL, "custom": {"note": CANARY}}))
    await leads.save_facts(about, Enrichment(), at=AT)
    chosen = give("kim", "ada", moves={"ada": -1, "bo": 1}, sentence=CANARY)
    await Ownerships(staffed).assign(order("kim"), chosen, at=AT, ordered_at=AT)
    entry = Entry(n=0, at=AT, kind=EntryKind.EVENT, says=CANARY, data={"said": CANARY})
    touch = Touch(kind=CANARY, at=AT, properties={"page": CANARY})
    await leads.record(
        standing("kim", 1, Stage.OFFERED, Holding(rep_id="ada", offer=1), entries=(entry,), touches=((0, touch),))
    )
    await add(staffed, *telling("kim"))
    async with staffed.writing() as session:
        for said in ("ledger SET because", "ownership SET because", "task SET what"):
            await (await session.connection()).execute(text(f"UPDATE {said} = '{CANARY}'"))
        await (await session.connection()).execute(
            text(f"UPDATE lead SET next_step = '{CANARY}', score = :body WHERE lead_id = 'kim'"),
            {"body": json.dumps({"because": CANARY})},
        )
    return staffed


async def test_no_table_holds_a_word_of_the_person(told: Database) -> None:
    """There was one in every table that has a lead's id, and in the webhooks; afterwards there is none in any."""
    with_a_lead = {name for name, table in tables.Table.metadata.tables.items() if "lead_id" in table.columns}
    plain = {"erasure", "waiting", "trial_lead", "likelihood", "measured_until"}  # ids and numbers only
    assert with_a_lead - plain | {"hook_delivery", "idempotency", "evidence", "measured_word"} == await tables_with(
        told
    )
    erased = await Erasing(told).erase("kim", **WHO, at=LATER)
    assert erased is not None
    assert set() == await tables_with(told)


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (b'{"Email": "Kim@Acme.example"}', True),
        (b'{"email": "kim\\u0040acme.example"}', True),
        (b"email=kim%40acme.example&x=1", True),
        (b"\xff\xfe kim@acme.example", True),
        (b'{"phone": "+49 30 5550199"}', True),
        (b'{"email": "tim@acme.example", "phone": "+49 30 5550198"}', False),
        (b"", False),
    ],
)
def test_a_person_is_found_in_any_payload(raw: bytes, named: bool) -> None:
    """In JSON or a form, escaped or not, in whatever case; and nobody else is taken for them."""
    marks = marks_of({"email": "Kim@acme.example ", "phone": "+49 30 5550199"}, {"email": "a@b"}, None, ["x"])
    assert marks == {"kim@acme.example", "+49 30 5550199"}
    assert names(raw, marks) is named


async def test_it_lists_what_was_sent_out(told: Database) -> None:
    """A message and an enrolment left the house; what was never sent is not listed."""
    erased = await Erasing(told).erase("kim", **WHO, at=LATER)
    assert erased is not None
    sent = [(one.what, one.kind, one.channel, one.provider_id, one.at) for one in erased.sent_out]
    assert sent == [
        ("message", "offer", "slack", "C1:1.2", AT),
        ("hand_off", "enrol", None, "m-1", AT),
        ("hand_off", "crm", None, "crm-7", AT),
    ]


async def test_it_lists_a_record_that_the_crm_may_have(told: Database) -> None:
    """It answered in the middle of the first telling that it takes no more: nobody knows its id of the record."""
    async with told.writing() as session:
        copy = await session.get_one(tables.CrmCopy, "kim")
        copy.external_id, copy.told_at, copy.tasks = None, None, {"kim-1-0": {}}
    erased = await Erasing(told).erase("kim", **WHO, at=LATER)
    assert erased is not None
    assert [("crm", None)] == [(one.kind, one.provider_id) for one in erased.sent_out if one.kind == "crm"]


async def test_a_repeat_gets_the_first_answer(told: Database) -> None:
    """Whoever asks again learns who asked first, and nothing is done twice."""
    first = await Erasing(told).erase("kim", **WHO, at=LATER)
    again = await Erasing(told).erase("kim", by="max", reason="again", at=LATER + MINUTE)
    assert first is not None
    assert again is not None
    assert (first.repeat, again.repeat) == (False, True)
    assert (again.by, again.at, again.sent_out) == ("pia", LATER, first.sent_out)
    assert await undone(told, "kim", Errand.ERASE) == 1
    assert await Erasing(told).erase("nobody", **WHO, at=LATER) is None
    assert await Erasing(told).of("nobody") is None


async def test_what_counts_for_others_stays(told: Database) -> None:
    """The ledger's sums, who held it, and how their leads ended: no balance moves but by the refund of the offer."""
    async with told.reading() as session:
        before = [(row.rep_id, row.units) for row in (await session.exec(select(tables.Ledger))).all()]
    await Erasing(told).erase("kim", **WHO, at=LATER)
    async with told.reading() as session:
        lines = (await session.exec(select(tables.Ledger).order_by(col(tables.Ledger.id)))).all()
        owned = (await session.exec(select(tables.Ownership))).one()
        outcome = (await session.exec(select(tables.Outcome))).one()
        task = (await session.exec(select(tables.FollowUp))).one()
    assert [(row.rep_id, row.units) for row in lines][: len(before)] == before
    assert {row.rep_id: sum(one.units for one in lines if one.rep_id == row.rep_id) for row in lines} == {
        "ada": 0,
        "bo": 0,
    }
    assert (owned.rep_id, owned.ended_at, task.state) == ("ada", LATER, TaskState.DROPPED)
    assert (outcome.result, outcome.industry, outcome.rep_id) == ("won", "steel", "ada")
    assert (await Ownerships(told).loads()).get("ada", 0) == 0


async def test_nothing_that_waits_goes_out_any_more(told: Database) -> None:
    """Not the start, not the alert, not what was to be said; the message that is out is changed.

    The marketing tool still hears that the lead leaves, by its id alone.
    """
    await Erasing(told).erase("kim", **WHO, at=LATER)
    async with told.reading() as session:
        inbox = (await session.exec(select(tables.Inbox))).one()
        alert = (await session.exec(select(tables.Alert))).one()
        waits = select(tables.HandOff.kind, tables.HandOff.body).where(tables.HandOff.state == HandOffState.WAITING)
        hand_offs = (await session.exec(waits)).all()
        dead = (await session.exec(select(tables.HookDelivery.state))).all()
    assert (inbox.state, alert.state, hand_offs) == (Intake.REFUSED, Alerting.UNDELIVERABLE, [(HandOffKind.LEAVE, {})])
    assert HookState.DEAD not in dead
    assert await undone(told, "kim", Errand.SAY) == 0
    assert await undone(told, "kim", Errand.REFRESH) == 1


async def test_others_who_wait_for_a_place_are_told(staffed: Database) -> None:
    """The place of who had the lead is free, and the next one in line hears of it."""
    await Ownerships(staffed).assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    await Ownerships(staffed).assign(order("two"), hold(AT + timedelta(days=1)), at=AT, ordered_at=AT)
    await Erasing(staffed).erase("one", **WHO, at=LATER)
    assert await undone(staffed, "two", Errand.WAKE) == 1


async def test_a_held_lead_waits_no_more(staffed: Database) -> None:
    """Its place in the queue goes with it."""
    await Ownerships(staffed).assign(order("two"), hold(AT + timedelta(days=1)), at=AT, ordered_at=AT)
    await Erasing(staffed).erase("two", **WHO, at=LATER)
    async with staffed.reading() as session:
        assert (await session.exec(select(tables.Waiting))).all() == []


async def test_what_is_written_later_changes_nothing(told: Database) -> None:
    """A workflow that runs on records, scores and assigns: the lead stays erased, and empty."""
    leads = Leads(told)
    score = await leads.score("one")
    await Erasing(told).erase("kim", **WHO, at=LATER)
    entry = Entry(n=9, at=AT, kind=EntryKind.EVENT, says=CANARY)
    await leads.record(
        standing("kim", 9, Stage.ACCEPTED, Holding(rep_id="ada", offer=1, accepted_at=LATER), entries=(entry,))
    )
    await leads.save_facts(facts("kim", email=EMAIL), at=LATER)
    assert score is None
    again = await Ownerships(told).assign(order("kim", 2), give("kim", "bo", 2), at=LATER, ordered_at=LATER)
    assert again == LeadOver(Stage.ERASED)
    card = await leads.get("kim")
    assert card is not None
    assert (card.stage, card.owner, card.headline) == (Stage.ERASED, None, "erased")
    assert set() == await tables_with(told)


async def test_whoever_starts_it_again_is_sent_away_and_forgotten(told: Database) -> None:
    """Admission says that it is over, and has the workflow deleted that said it all again."""
    await Erasing(told).erase("kim", **WHO, at=LATER)
    answer = await Leads(told).admit(newcomer("kim", facts("kim", email=EMAIL), at=LATER + MINUTE))
    assert isinstance(answer, Over)
    assert answer.stage == Stage.ERASED
    assert await undone(told, "kim", Errand.ERASE) == 2
    assert set() == await tables_with(told)


async def test_a_person_who_was_erased_may_come_again(told: Database) -> None:
    """As somebody new: nothing ties the new lead to the old one."""
    await Erasing(told).erase("kim", **WHO, at=LATER)
    await Leads(told).admit(newcomer("kim-2", facts("kim-2", email=EMAIL), at=LATER))
    card = await Leads(told).get("kim-2")
    assert card is not None
    assert (card.stage, card.follows) == (Stage.RECEIVED, None)


async def test_a_lead_that_never_began_is_erased_too(db: Database) -> None:
    """It is in the inbox only: it is never started, and says so itself."""
    raw = json.dumps({"email": EMAIL})
    await Inbox(db).put([Arrival("early", raw, source="web")], at=AT)
    await add(db, tables.DoorSign(kind="email", value=EMAIL, lead_id="early", at=AT))
    assert await Erasing(db).erase("early", **WHO, at=LATER) is not None
    assert await Inbox(db).claim(9, now=LATER, lease=MINUTE, paced=False) == ()
    card = await Leads(db).get("early")
    assert card is not None
    assert (card.stage, card.received_at) == (Stage.ERASED, AT)
    assert set() == await tables_with(db)


async def test_folded_leads_go_with_it_and_others_are_named(staffed: Database) -> None:
    """The same person's arrivals in flight are the lead's; a former or a later lead is the officer's to decide."""
    leads = Leads(staffed)
    await leads.admit(newcomer("first", facts("first", email=EMAIL)))
    await leads.admit(newcomer("folded", facts("folded", email=EMAIL), raw={"email": EMAIL}))
    await leads.record(standing("first", 1, Stage.CLOSED, closed=True))
    await leads.admit(newcomer("second", facts("second", email=EMAIL), raw={"email": EMAIL}, at=LATER))
    erased = await Erasing(staffed).erase("first", **WHO, at=LATER)
    assert erased is not None
    assert erased.same_person == ("second",)
    stages = {lead_id: getattr(await leads.get(lead_id), "stage", None) for lead_id in ("folded", "second")}
    assert stages == {"folded": Stage.ERASED, "second": Stage.RECEIVED}
    assert await undone(staffed, "folded", Errand.ERASE) == 1
    other = await Erasing(staffed).erase("second", **WHO, at=LATER)
    assert other is not None
    assert other.same_person == ("first",)
    assert set() == await tables_with(staffed)


async def test_a_sweep_empties_what_was_written_meanwhile(told: Database) -> None:
    """Whoever was in the middle of something may have written it after the erasure: once more, and it is gone."""
    erasing = Erasing(told)
    await erasing.erase("kim", **WHO, at=LATER)
    await add(
        told,
        tables.Came(lead_id="kim", source="web", content="c", raw=EMAIL, at=LATER),
        tables.HandOff(lead_id="kim", kind=HandOffKind.ANSWER, body={"to": EMAIL}, created_at=AT, next_at=AT),
    )
    await erasing.sweep("kim")
    assert set() == await tables_with(told)
    await erasing.finish(["kim"], at=LATER + MINUTE)
    await erasing.finish(["kim"], at=LATER + 2 * MINUTE)
    done = await erasing.of("kim")
    assert done is not None
    assert done.done_at == LATER + MINUTE


async def test_what_waits_with_others_goes_out_without_words(staffed: Database) -> None:
    """The message is another's, too: it goes out under its key and says that one of them was erased; then it is listed.

    One that leads the message keeps it; one that waits alone is dropped.
    """
    alerts, quiet = Alerts(staffed), AT + timedelta(hours=8)
    raised = [Alert(one, 1, 2, "mia", f"{one}: {CANARY}", "ada", AT) for one in ("one", "two", "three")]
    for alert in raised:
        assert isinstance(await alerts.ask(alert, at=AT, bundle=MINUTE, quiet_until=quiet), Waits)
    await Erasing(staffed).erase("three", **WHO, at=LATER)
    turn = await alerts.ask(raised[0], at=quiet, bundle=MINUTE)
    assert isinstance(turn, Turn)
    assert {alert.lead_id for alert in turn.alerts} == {"one", "two"}
    await Erasing(staffed).erase("one", **WHO, at=LATER)
    again = await alerts.ask(raised[1], at=quiet + MINUTE, bundle=MINUTE)
    assert isinstance(again, Turn)
    assert {alert.lead_id: alert.what for alert in again.alerts} == {
        "one": "the lead was erased",
        "two": f"two: {CANARY}",
    }
    key: dict[str, Any] = {
        "lead_id": "one",
        "offer": 1,
        "rung": 2,
        "channel": "email",
        "kind": "alert",
        "person_id": "mia",
    }
    made: dict[str, Any] = {"provider_id": "<m1>", "created_at": AT, "changed_at": AT, "sent_at": AT}
    await add(staffed, tables.Notification(**key, **made, state=Sending.SENT))
    await alerts.sent(again, at=quiet + MINUTE)
    erased = await Erasing(staffed).erase("two", **WHO, at=LATER)
    assert erased is not None
    assert [(one.kind, one.to, one.offer, one.provider_id) for one in erased.sent_out] == [
        ("alert", "mia", None, "<m1>")
    ]
    assert set() == await tables_with(staffed)


async def test_other_leads_keep_every_word(told: Database) -> None:
    """Nothing of `one`, `two` and `three` is touched."""

    async def of_others() -> set[str]:
        return {line for lines in (await rows(told)).values() for line in lines if "'one'" in line or "'two'" in line}

    before = await of_others()
    assert before
    await Erasing(told).erase("kim", **WHO, at=LATER)
    assert await of_others() == before


async def test_audits_find_nothing_to_do(told: Database) -> None:
    """An erased lead looks forgotten to nobody, once its errands are run."""
    await Erasing(told).erase("kim", **WHO, at=LATER)
    outbox = Outbox(told)
    for task in await outbox.claim(9, now=LATER, lease=MINUTE, what=list(Errand)):
        await outbox.done(task.id, at=LATER)
    survey = await Audits(told).survey(at=LATER + timedelta(days=30), limit=50)
    assert "one" in repr(survey)
    assert "kim" not in repr(survey)


async def test_not_a_byte_is_left_in_the_files(migrated_file: Path, tmp_path: Path) -> None:
    """Also not of what was changed or deleted long before: compaction writes the file anew, and empties its log."""
    shutil.copy(migrated_file, tmp_path / "baton.db")
    db = Database(f"sqlite:///{tmp_path}/baton.db")
    try:
        for n in range(20):
            raw = {"email": EMAIL, "message": CANARY * 500}
            await Leads(db).admit(newcomer(f"kim{n}", facts(f"kim{n}", email=f"{n}{EMAIL}"), raw=raw))
        for n in range(20):
            await Erasing(db).erase(f"kim{n}", **WHO, at=LATER)
        assert CANARY in files_of(tmp_path)
        assert await db.compact("lead")
        assert CANARY not in files_of(tmp_path)
        async with db.reading() as session:
            assert (await session.exec(select(tables.Lead.lead_id).limit(1))).all()
            assert not await db.compact("lead"), "the log cannot be emptied while somebody reads it"
    finally:
        await db.dispose()


async def test_compaction_goes_through_on_each_database(db: Database) -> None:
    """Nobody else is there: it is done."""
    assert await db.compact("lead", "hook_delivery")
    assert await Outbox(db).pending() == 0

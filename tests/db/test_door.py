"""The door's transaction: who comes twice gets in once, and who is in flight is told, whoever asks at the same time."""

import asyncio
import json
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from db import tables
from db.admission import Sign, external_sign, signs_of
from db.door import REPEATS_WITHIN, Asked, Doorkeeper, Entry, IdTaken, KeyReused, Knock, Word
from db.engine import Database
from db.imports import SAME_WITHIN, File, Imports
from db.inbox import Arrival, Inbox
from db.leads import Leads
from db.outbox import Outbox
from db.tables.words import Errand
from models.decisions import Admitted
from models.door import Reception, Urgency
from models.lead import Stage
from tests.db.samples import AT, MINUTE, facts, newcomer, standing

KIM = Sign("email", "kim@acme.example")
PAST = AT - timedelta(days=90)


def knock(lead_id: str, signs: Collection[Sign] = (KIM,), content: str | None = None, **more: Any) -> Knock:
    """Somebody at the door, by default Kim, each time with something else to say."""
    raw = json.dumps({"lead_id": lead_id, "source": "web"})
    content = content or f"content of {lead_id}"
    arrival = Arrival(lead_id, raw, source="web", content=content, urgency=more.pop("urgency", Urgency.MEDIUM))
    values: dict[str, Any] = {"source": "web", "kind": "demo_request", "fold_since": PAST}
    return Knock(arrival=arrival, content=content, signs=tuple(signs), **(values | more))


async def all_of(db: Database, table: type[Any]) -> list[Any]:
    """Read a table whole."""
    async with db.reading() as session:
        return list((await session.exec(select(table))).all())


def became(entry: Entry) -> tuple[Reception, str]:
    """Say what became of an arrival, and where it went."""
    return entry.reception, entry.lead_id


async def test_the_same_thirty_times_at_once_is_one_lead(db: Database) -> None:
    """One row, and twenty-nine are told that it was a repeat of it."""
    doors = [Doorkeeper(db).enter(knock(f"id-{n}", content="same"), at=AT) for n in range(30)]
    entries = await asyncio.gather(*doors)
    assert Counter({Reception.ACCEPTED: 1, Reception.REPEAT: 29}) == Counter(one.reception for one in entries)
    (lead_id,) = {one.lead_id for one in entries}
    assert [lead_id] == [row.lead_id for row in await all_of(db, tables.Inbox)]
    assert [] == await all_of(db, tables.Outbox) == await all_of(db, tables.Came)


async def test_a_person_who_comes_ten_times_at_once_is_in_flight_once(db: Database) -> None:
    """One lead; the nine other arrivals are kept as they came, and each is told to that lead."""
    entries = await asyncio.gather(*(Doorkeeper(db).enter(knock(f"id-{n}"), at=AT) for n in range(10)))
    (lead_id,) = {one.lead_id for one in entries}
    assert Counter({Reception.ACCEPTED: 1, Reception.FOLDED: 9}) == Counter(one.reception for one in entries)
    assert 1 == len(await all_of(db, tables.Inbox))
    came = await all_of(db, tables.Came)
    assert {f"id-{n}" for n in range(10)} - {lead_id} == {json.loads(row.raw)["lead_id"] for row in came}
    errands = await all_of(db, tables.Outbox)
    assert {(lead_id, Errand.SAY, "event")} == {(row.lead_id, row.what, row.body["name"]) for row in errands}
    assert 9 == len({row.body["message"]["key"] for row in errands})
    event = errands[0].body["message"]
    assert ("demo_request", {"folded": True, "source": "web"}) == (event["kind"], event["properties"])


async def test_what_folds_says_why(db: Database) -> None:
    """By what the person was recognised, without naming it."""
    await Doorkeeper(db).enter(knock("one", [KIM, external_sign("web", "77")]), at=AT)
    entry = await Doorkeeper(db).enter(knock("two", [KIM, external_sign("web", "77")]), at=AT)
    because = "the same person is in flight (same email and external)"
    assert {"lead_id": "one", "status": "folded", "because": because} == entry.document


async def test_nobody_is_folded_into_a_stranger(db: Database) -> None:
    """Another address, the same number at another source, or nothing to be recognised by: a lead each."""
    signs = ([KIM], [Sign("email", "lee@acme.example")], [external_sign("web", "77")], [external_sign("fair", "77")])
    for number, each in enumerate((*signs, (), ())):
        entry = await Doorkeeper(db).enter(knock(f"id-{number}", each), at=AT)
        assert (Reception.ACCEPTED, f"id-{number}") == became(entry)


def test_a_phone_alone_is_no_sign() -> None:
    """Who shares an office's number is somebody else."""
    assert () == signs_of(facts("one", email=None, phone="+46812345678"))


async def test_a_key_gets_its_first_answer_for_good(db: Database) -> None:
    """Also long after the same content would no longer be a repeat; for anything else it is refused."""
    asked = Asked("tool", "k1", "same")
    first = await Doorkeeper(db).enter(knock("one", content="same", asked=asked), at=AT)
    later = await Doorkeeper(db).enter(knock("two", content="same", asked=asked), at=AT + timedelta(days=30))
    assert (Reception.REPEAT, first.document) == (later.reception, later.document)
    with pytest.raises(KeyReused):
        await Doorkeeper(db).enter(knock("two", content="x", asked=Asked("tool", "k1", "x")), at=AT)
    other = Asked("other tool", "k1", "x")
    assert Reception.FOLDED is (await Doorkeeper(db).enter(knock("two", content="x", asked=other), at=AT)).reception


async def test_one_key_ten_times_at_once_is_answered_alike(db: Database) -> None:
    """Ten requests under one key: one lead, and ten times the same words."""
    asked = Asked("tool", "k1", "same")
    calls = [Doorkeeper(db).enter(knock(f"id-{n}", content="same", asked=asked), at=AT) for n in range(10)]
    entries = await asyncio.gather(*calls)
    assert 1 == len({json.dumps(one.document) for one in entries})
    assert 1 == sum(one.reception is Reception.ACCEPTED for one in entries)


async def test_content_repeats_for_an_hour(db: Database) -> None:
    """Then the same words are a new touch of the person: also where they were folded the first time."""
    door = Doorkeeper(db)
    await door.enter(knock("one"), at=AT)
    assert Reception.FOLDED is (await door.enter(knock("two", content="again"), at=AT)).reception
    within = await door.enter(knock("three", content="again"), at=AT + REPEATS_WITHIN)
    assert (Reception.REPEAT, "one") == became(within)
    past = await door.enter(knock("four", content="again"), at=AT + REPEATS_WITHIN + MINUTE)
    assert (Reception.FOLDED, "one") == became(past)


@pytest.mark.parametrize(("content", "says"), [("same", Reception.REPEAT), ("another", None)])
async def test_an_id_of_the_senders_own_is_used_once(db: Database, content: str, says: Reception | None) -> None:
    """The same again is a repeat, however late; anything else under that id is refused."""
    await Doorkeeper(db).enter(knock("mine", content="same", named=True), at=AT)
    late = AT + timedelta(days=400)
    again = Doorkeeper(db).enter(knock("mine", content=content, named=True), at=late)
    if says is None:
        with pytest.raises(IdTaken):
            await again
    else:
        assert (says, "mine") == became(await again)


async def test_an_id_that_never_came_through_a_door_is_taken_too(db: Database) -> None:
    """A lead that a bare client started has its id for good."""
    await Leads(db).admit(newcomer("bare"))
    with pytest.raises(IdTaken):
        await Doorkeeper(db).enter(knock("bare", (), named=True), at=AT)


async def test_admission_knows_what_the_door_knew(db: Database) -> None:
    """The same person folds before admission, after it, and no more once the lead has ended."""
    door = Doorkeeper(db)
    await door.enter(knock("one", signs_of(facts("one"))), at=AT)
    assert ["one"] == [row.lead_id for row in await all_of(db, tables.DoorSign)]
    await Leads(db).admit(newcomer("one"))
    assert [] == await all_of(db, tables.DoorSign)
    assert (Reception.FOLDED, "one") == became(await door.enter(knock("two", signs_of(facts("one"))), at=AT))
    await Leads(db).record(standing("one", 0, Stage.CLOSED))
    assert (Reception.ACCEPTED, "three") == became(await door.enter(knock("three", signs_of(facts("one"))), at=AT))


async def test_what_is_too_old_takes_nobody_in(db: Database) -> None:
    """Past the policy's window an open lead is not the same matter any more."""
    await Leads(db).admit(newcomer("old"))
    late = AT + timedelta(days=91)
    new = knock("new", signs_of(facts("old")), fold_since=late - timedelta(days=90))
    entry = await Doorkeeper(db).enter(new, at=late)
    assert (Reception.ACCEPTED, "new") == became(entry)


@pytest.mark.parametrize("backfill", [True, False])
async def test_history_is_let_in_as_history(db: Database, backfill: bool) -> None:
    """What its door called a backfill is one for its workflow and in its row."""
    await Inbox(db).put([Arrival("one", "{}", backfill=backfill)], at=AT)
    answer = await Leads(db).admit(newcomer("one"))
    assert isinstance(answer, Admitted)
    again = await Leads(db).admit(newcomer("one"))
    (row,) = await all_of(db, tables.Lead)
    assert (backfill, backfill, answer) == (answer.backfill, row.backfill, again)


def word(lead_id: str | None = None, signs: Collection[Sign] = (), asked: Asked | None = None) -> Word:
    """Something to tell."""
    return Word({"kind": "pricing_visit", "key": "touch-1"}, lead_id, tuple(signs), asked)


async def told(db: Database, one: Word) -> str | None:
    """Tell it, and give the lead that it was told to."""
    entry = await Doorkeeper(db).tell(one, at=AT)
    return None if entry is None else entry.lead_id


async def test_an_event_finds_its_lead(db: Database) -> None:
    """By id or by person, admitted or still at the door; where nobody is in flight it finds nobody."""
    await Doorkeeper(db).enter(knock("waits"), at=AT)
    await Leads(db).admit(newcomer("runs"))
    await Leads(db).admit(newcomer("folds", facts("folds", email="runs@acme.example")))
    await Leads(db).admit(newcomer("ended"))
    await Leads(db).record(standing("ended", 0, Stage.CLOSED))
    runs = signs_of(facts("runs"))
    asked = (word("waits"), word(signs=[KIM]), word("runs"), word(signs=runs), word("folds"), word("ended"))
    found = [await told(db, one) for one in (*asked, word("never"), word(signs=signs_of(facts("ended"))))]
    assert ["waits", "waits", "runs", "runs", "runs", None, None, None] == found
    errands = await all_of(db, tables.Outbox)
    assert ["waits", "waits", "runs", "runs", "runs"] == [row.lead_id for row in errands]


async def test_an_event_is_told_once_per_key(db: Database) -> None:
    """A repeat gets the first answer; the key of another event is refused."""
    await Doorkeeper(db).enter(knock("waits"), at=AT)
    first = await Doorkeeper(db).tell(word("waits", asked=Asked("t", "k", "x")), at=AT)
    again = await Doorkeeper(db).tell(word("waits", asked=Asked("t", "k", "x")), at=AT)
    assert first is not None
    assert again is not None
    assert (first.document, Reception.RECORDED, Reception.REPEAT) == (again.document, first.reception, again.reception)
    with pytest.raises(KeyReused):
        await Doorkeeper(db).tell(word("waits", asked=Asked("t", "k", "y")), at=AT)
    assert 1 == await Outbox(db).pending()


async def test_who_came_too_late_to_fold_is_a_lead_of_their_own(db: Database) -> None:
    """What came is started as it came, under the id it was given, as urgent as it is; the errand says so."""
    await Doorkeeper(db).enter(knock("one"), at=AT)
    await Doorkeeper(db).enter(knock("two", urgency=Urgency.HIGH), at=AT)
    await Inbox(db).started(1, at=AT)
    outbox = Outbox(db)
    (task,) = await outbox.claim(9, now=AT, lease=MINUTE)
    assert ("two", None) == (await outbox.let_in_alone(task, at=AT), await outbox.let_in_alone(task, at=AT))
    assert 0 == await outbox.pending()
    rows = {row.lead_id: row for row in await all_of(db, tables.Inbox)}
    assert ({"one", "two"}, Urgency.HIGH, "content of two") == (set(rows), rows["two"].urgency, rows["two"].content)
    assert "it had ended: what came is the lead two" == (await all_of(db, tables.Outbox))[0].because
    assert [] == await all_of(db, tables.Came), "it is nowhere but where an erasure of the lead two looks"


async def test_who_came_too_late_is_not_lost_behind_an_id_of_somebody_else(db: Database) -> None:
    """The id that their sender chose was used for another meanwhile: they get one that is like it."""
    await Doorkeeper(db).enter(knock("one"), at=AT)
    await Doorkeeper(db).enter(knock("two", named=True), at=AT)
    other = knock("two", [Sign("email", "lee@acme.example")], "of somebody else", named=True)
    assert (Reception.ACCEPTED, "two") == became(await Doorkeeper(db).enter(other, at=AT))
    await Inbox(db).started(1, at=AT)
    (task,) = await Outbox(db).claim(9, now=AT, lease=MINUTE)
    assert "two-1" == await Outbox(db).let_in_alone(task, at=AT)
    row = next(row for row in await all_of(db, tables.Inbox) if row.lead_id == "two-1")
    assert ("content of two", "two-1") == (row.content, json.loads(row.raw)["lead_id"])


async def test_what_is_urgent_is_started_first(db: Database) -> None:
    """Whenever it came; among equals, who came first."""
    inbox = Inbox(db)
    order = (("low", 2, 0), ("mid-2", 1, 2), ("mid-1", 1, 1), ("hot", 0, 3))
    for lead_id, urgency, minutes in order:
        await inbox.put([Arrival(lead_id, "{}", urgency=urgency)], at=AT + minutes * MINUTE)
    claims = await inbox.claim(9, now=AT + timedelta(hours=1), lease=MINUTE)
    assert ["hot", "mid-1", "mid-2", "low"] == [one.lead_id for one in claims]


async def test_an_undone_claim_counts_as_no_try(db: Database) -> None:
    """It is due again at once, before who came later, and what is waited after a failure does not grow by it."""
    inbox = Inbox(db)
    for number, lead_id in enumerate(("one", "two")):
        await inbox.put([Arrival(lead_id, "{}")], at=AT + number * MINUTE)
    for number in range(3):
        (claim,) = await inbox.claim(1, now=AT + (2 + number) * MINUTE, lease=MINUTE)
        assert ("one", 1) == (claim.lead_id, claim.attempts)
        await inbox.undo_claim([claim.id], "Temporal: away")


async def opened(db: Database, import_id: str, at: datetime = AT, **changes: Any) -> str:
    """Begin an import, and give the id that it has."""
    values: dict[str, Any] = {"content": "digest", "by": "tool", "backfill": False}
    file = File(**(values | changes))
    return (await Imports(db).open(file, import_id, at=at)).import_id


async def test_the_same_file_is_the_same_import(db: Database) -> None:
    """Of the same sender, within a day, and in the same sense; else it is another."""
    await opened(db, "one")
    assert "one" == await opened(db, "two", AT + SAME_WITHIN)
    others: tuple[dict[str, Any], ...] = ({"content": "other"}, {"by": "other"}, {"backfill": True})
    for number, change in enumerate(others):
        assert f"id-{number}" == await opened(db, f"id-{number}", **change)
    assert "late" == await opened(db, "late", AT + SAME_WITHIN + MINUTE)


async def test_an_imports_key_means_one_file(db: Database) -> None:
    """However late; another file under it is refused."""
    await opened(db, "one", asked=Asked("tool", "k", "digest"))
    assert "one" == await opened(db, "two", AT + timedelta(days=9), asked=Asked("tool", "k", "digest"))
    with pytest.raises(KeyReused):
        await opened(db, "three", content="x", asked=Asked("tool", "k", "x"))


async def test_an_import_says_how_it_went(db: Database) -> None:
    """Nothing before it was read whole; then what was kept, and what is wrong with the rest."""
    imports = Imports(db)
    await opened(db, "one")
    errors = [{"line": 3, "field": "email", "what": "is not one"}]
    before = await imports.get("one")
    read = await imports.read("one", kept=2, refused=1, errors=errors, at=AT + MINUTE)
    assert before is not None
    assert (None, 0, 2, 1, errors) == (before.read_at, before.kept, read.kept, read.refused, read.errors)
    assert (read, None) == (await imports.get("one"), await imports.get("two"))
    with pytest.raises(LookupError):
        await imports.read("two", kept=0, refused=0, errors=[], at=AT)

"""Whose lead something is about: by its id, the CRM's number of it, or its person, also long after it ended."""

from dataclasses import replace

import pytest

from db import tables
from db.admission import EXTERNAL, Sign, external_sign
from db.emptying import empty
from db.engine import Database
from db.inbox import Arrival, Inbox
from db.leads import Leads
from db.recognising import Recognising, Sought
from models.lead import Stage
from tests.db.samples import AT, MINUTE, facts, newcomer, standing

MONA = Sign("email", "mona@acme.example")
BADGE = external_sign("fair", "b-1")


@pytest.fixture
async def twice(db: Database) -> Database:
    """Mona came twice: `old` has ended, `new` is open; `form` was folded into it. The CRM keeps `new` as 77."""
    leads = Leads(db)
    old = facts("old", email="mona@acme.example", source="fair", external_id="b-1")
    await leads.admit(newcomer("old", old))
    await leads.record(standing("old", 1, Stage.DISQUALIFIED, closed=True))
    later = facts("new", email="mona@acme.example", received_at=AT + MINUTE)
    wants_in = newcomer("new", later)
    answer = wants_in.answer.model_copy(update={"received_at": AT + MINUTE})
    await leads.admit(replace(wants_in, answer=answer))
    await leads.admit(newcomer("form", facts("form", email="mona@acme.example")))
    async with db.writing() as session:
        session.add(tables.CrmCopy(lead_id="new", external_id="77", tasks={}, changed_at=AT, next_at=AT))
    return db


MEANT: list[tuple[Sought, str | None]] = [
    (Sought(lead_id="old"), "old"),
    (Sought(lead_id="form"), "new"),
    (Sought(lead_id="ghost"), None),
    (Sought(lead_id="ghost", crm_id="77"), None),
    (Sought(crm_id="77"), "new"),
    (Sought(crm_id="78"), None),
    (Sought(crm_id="78", signs=(BADGE,)), "old"),
    (Sought(signs=(MONA,)), "new"),
    (Sought(signs=(BADGE,)), "old"),
    (Sought(signs=(Sign("email", "nobody@acme.example"),)), None),
    (Sought(lead_id="old", sources=("fair",)), "old"),
    (Sought(lead_id="new", sources=("fair",)), None),
    (Sought(signs=(MONA,), sources=("web",)), "new"),
    (Sought(signs=(Sign(EXTERNAL, MONA.value),), sources=("web",)), None),
]


async def test_the_latest_lead_is_meant(twice: Database) -> None:
    """What is more certain goes first; a folded lead is the one that took it in; other sources' leads are not there."""
    recognising = Recognising(twice)
    assert MEANT == [(sought, await recognising.latest(sought)) for sought, _ in MEANT]


async def test_a_source_finds_by_its_own_id_what_came_from_another(twice: Database) -> None:
    """As the door does for events."""
    theirs = Sought(signs=(BADGE,), sources=("fair", "other"))
    assert "old" == await Recognising(twice).latest(theirs)
    assert None is await Recognising(twice).latest(replace(theirs, sources=("other",), signs=(MONA,)))


async def test_what_was_erased_is_known_no_more(twice: Database) -> None:
    """Neither by its id nor by who it was; the same person's other lead is."""
    async with twice.writing() as session:
        await empty(session, ["new"], AT)
    assert None is await Recognising(twice).latest(Sought(lead_id="new"))
    assert "old" == await Recognising(twice).latest(Sought(signs=(MONA,)))


async def test_what_waits_in_the_inbox_is_named(db: Database) -> None:
    """Nothing became of it yet: whoever asks is told so, and not that there is nobody."""
    await Inbox(db).put([Arrival("waits", "{}", source="web")], at=AT)
    async with db.writing() as session:
        session.add(tables.DoorSign(kind=MONA.kind, value=MONA.value, lead_id="waits", at=AT))
    assert "waits" == await Recognising(db).latest(Sought(lead_id="waits"))
    assert "waits" == await Recognising(db).latest(Sought(signs=(MONA,)))

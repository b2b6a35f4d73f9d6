"""What a choice looks back on: who had the person's or the company's leads, and who got how much of late."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from db import tables
from db.engine import Database
from db.leads import Leads
from db.ownership import Choice, Leave, Ownerships, Snapshot
from db.rosters import Rosters
from db.ties import MOST
from models.decisions import NotAllowed
from models.facts import EmailKind
from models.lead import Company, Stage
from models.orders import Holding
from policy.routing.situation import Situation, TieKind
from tests.db.samples import AT, MINUTE, facts, give, newcomer, order, rep, roster, standing

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("about", "company"),
    [
        ({"company": Company(domain="acme.example"), "email": "kim@other.example"}, "acme.example"),
        ({"email": "kim@mail.acme.example", "email_kind": EmailKind.WORK}, "acme.example"),
        ({"email": "info@acme.example", "email_kind": EmailKind.ROLE}, "acme.example"),
        ({"email": "kim@gmail.com", "email_kind": EmailKind.FREE}, None),
        ({"email": "kim@mailinator.com", "email_kind": EmailKind.DISPOSABLE}, None),
        ({"company": Company(domain="gmail.com")}, None),
        ({"email": None, "phone": "+493012345678"}, None),
    ],
)
async def test_a_company_is_known_by_its_domain(db: Database, about: dict[str, Any], company: str | None) -> None:
    """A lead's row says whose it is from the door on, and after enrichment; no mail provider is a company."""
    await Leads(db).admit(newcomer("one", facts("one", **about)))
    assert company == await _company(db)
    await Leads(db).save_facts(facts("one", company=Company(domain="late.example")), at=AT)
    assert "late.example" == await _company(db)
    await Leads(db).save_facts(facts("one", **about), at=AT)
    assert company == await _company(db)


async def test_who_had_the_person_before_is_tied_to_the_person(db: Database) -> None:
    """The last of those who took the person's earlier lead, found also past a lead that nobody took."""
    await Rosters(db).save(roster(), at=AT)
    await _in(db, "first", AT)
    for offer, rep_id in ((1, "ada"), (2, "bo")):
        await _offer(db, "first", rep_id, offer=offer, accepted=AT + offer * MINUTE)
    await _offer(db, "first", "cy", offer=3)
    await Leads(db).record(standing("first", 9, Stage.DISQUALIFIED, closed=True))
    await _in(db, "second", AT + DAY)
    assert [(TieKind.PERSON, "bo", "first", None, AT + 2 * MINUTE)] == await _ties(db, "second")
    await Leads(db).record(standing("second", 1, Stage.NURTURING, closed=True))
    await _in(db, "third", AT + 2 * DAY)
    assert [(TieKind.PERSON, "bo", "first", None, AT + 2 * MINUTE)] == await _ties(db, "third")
    await _in(db, "stranger", AT + 2 * DAY, email="somebody@else.example")
    assert [] == await _ties(db, "stranger")


async def test_who_had_contact_with_a_company_is_tied_to_it(db: Database) -> None:
    """By the lead they had contact with, newest first, and by no lead that they only held once."""
    await Rosters(db).save(roster(), at=AT)
    for number, (rep_id, contact, stage) in enumerate(
        [
            ("ada", AT + MINUTE, Stage.CONTACTED),
            ("bo", AT + 3 * MINUTE, Stage.CONTACTED),
            ("cy", None, Stage.CLOSED),
        ]
    ):
        await _in(db, f"old-{number}", AT, email=f"kim-{number}@acme.example")
        await _offer(db, f"old-{number}", rep_id, accepted=AT, contacted=contact, stage=stage)
    await _in(db, "new", AT + DAY, email="new@acme.example")
    expected = [
        (TieKind.COMPANY, "bo", "old-1", "acme.example", AT + 3 * MINUTE),
        (TieKind.COMPANY, "ada", "old-0", "acme.example", AT + MINUTE),
    ]
    assert expected == await _ties(db, "new", "acme.example", "nobody.example")
    assert [] == await _ties(db, "new", "nobody.example")
    assert [] == await _ties(db, "new")


async def test_who_has_an_open_lead_of_the_company_is_tied_to_it(db: Database) -> None:
    """Whoever holds another lead of one of the companies now; never by the lead itself, nor by an ended one."""
    await Rosters(db).save(roster(), at=AT)
    for lead_id, domain in (("one", "acme.example"), ("two", "acme.example"), ("mother", "holding.example")):
        await _in(db, lead_id, AT, email=f"{lead_id}@{domain}")
    await _in(db, "gone", AT, email="gone@acme.example")
    await _offer(db, "one", "ada")
    await _offer(db, "two", "bo", accepted=AT + MINUTE)
    await _offer(db, "mother", "cy")
    await _offer(db, "gone", "cy")
    await Leads(db).record(standing("gone", 3, Stage.DISQUALIFIED, closed=True))
    expected = [
        (TieKind.OPEN, "bo", "two", "acme.example", AT + MINUTE),
        (TieKind.OPEN, "cy", "mother", "holding.example", AT),
    ]
    assert expected == await _ties(db, "one", "acme.example", "holding.example", "acme.example")


async def test_a_well_known_company_is_looked_at_in_part(db: Database) -> None:
    """The latest few leads of each company stand for all; many companies are asked for, and none crowds another out."""
    await Rosters(db).save(roster(), at=AT)
    for number in range(MOST + 5):
        lead_id = f"old-{number:02}"
        await _in(db, lead_id, AT, email=f"{lead_id}@acme.example")
        await _offer(db, lead_id, "ada", accepted=AT, contacted=AT + number * MINUTE, stage=Stage.CONTACTED)
    await _in(db, "small", AT - DAY, email="kim@small.example")
    await _offer(db, "small", "bo", accepted=AT - DAY, contacted=AT - DAY, stage=Stage.CONTACTED)
    await _in(db, "new", AT + DAY, email="new@acme.example")
    many = [f"none-{number}.example" for number in range(50)]
    ties = await _ties(db, "new", "acme.example", *many, "small.example")
    latest = [f"old-{number:02}" for number in reversed(range(5, MOST + 5))]
    assert [*latest, "small"] == [lead_id for _, _, lead_id, *_ in ties]


async def test_what_a_cap_may_count_is_known(db: Database) -> None:
    """For reps with caps: leads they have or took, within their longest span, each once; nothing for anybody else."""
    capped = rep("ada", caps=[{"leads": 2, "per": "12h"}, {"leads": 9, "per": "2d"}])
    await Rosters(db).save(roster(reps=[capped, rep("bo", caps=[{"leads": 5}]), rep("cy")]), at=AT)
    now = AT + 3 * DAY
    for lead_id, rep_id, offered_at, accepted, ended in (
        ("too-old", "ada", now - 2 * DAY - MINUTE, True, False),
        ("taken", "ada", now - 2 * DAY, True, True),
        ("open", "ada", now - DAY, False, False),
        ("declined", "ada", now - DAY, False, True),
        ("bo-old", "bo", now - timedelta(hours=26), True, False),
        ("bo-new", "bo", now - timedelta(hours=24), True, False),
        ("free", "cy", now - MINUTE, True, False),
    ):
        await _in(db, lead_id, AT, email=f"{lead_id}@other.example")
        await Ownerships(db).assign(order(lead_id), give(lead_id, rep_id), at=offered_at, ordered_at=AT)
        holding = Holding(rep_id=rep_id, offer=1, accepted_at=offered_at if accepted else None)
        await Leads(db).record(standing(lead_id, 1, Stage.ACCEPTED, holding))
        if ended:
            await Leads(db).record(standing(lead_id, 2, Stage.TRIAGE, None, offer=1))
    await Ownerships(db).assign(order("taken", 2), give("taken", "ada", 2), at=now - MINUTE, ordered_at=now)
    await _in(db, "new", AT)
    recent = (await _look(db, "new", at=now)).recent
    assert {"ada": (now - 2 * DAY, now - DAY), "bo": (now - timedelta(hours=24),)} == recent


async def _in(db: Database, lead_id: str, at: datetime, **about: Any) -> None:
    known = {"email": "kim@acme.example", "email_kind": EmailKind.WORK, "received_at": at} | about
    await Leads(db).admit(newcomer(lead_id, facts(lead_id, **known), at=at))


async def _offer(
    db: Database,
    lead_id: str,
    rep_id: str,
    *,
    offer: int = 1,
    accepted: datetime | None = None,
    contacted: datetime | None = None,
    stage: Stage = Stage.ACCEPTED,
) -> None:
    await Ownerships(db).assign(order(lead_id, offer), give(lead_id, rep_id, offer), at=AT, ordered_at=AT + DAY)
    if accepted:
        holding = Holding(rep_id=rep_id, offer=offer, accepted_at=accepted, contacted_at=contacted)
        await Leads(db).record(standing(lead_id, offer, stage, holding))


async def _ties(db: Database, lead_id: str, *companies: str) -> list[tuple[Any, ...]]:
    ties = (await _look(db, lead_id, *companies)).ties
    return [(tie.kind, tie.rep_id, tie.lead_id, tie.company, tie.last_at) for tie in ties]


async def _look(db: Database, lead_id: str, *companies: str, at: datetime = AT) -> Situation:
    seen: list[Snapshot] = []

    def look(snapshot: Snapshot) -> Choice:
        seen.append(snapshot)
        return Leave(NotAllowed(because="just looking"))

    await Ownerships(db).assign(order(lead_id, 99), look, at=at, ordered_at=at + DAY, companies=companies)
    return seen[0].situation


async def _company(db: Database) -> str | None:
    async with db.reading() as session:
        return (await session.get_one(tables.Lead, "one")).company

"""Bringing a database that is in use to this release: what is there stays, and new questions are answered of it."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, DateTime, column, insert, text
from sqlalchemy import table as sql_table

from db import tables
from db.engine import Database
from db.rosters import Rosters
from db.upgrade import alembic_config
from models.lead import Company
from models.roster import Strategy
from tests.db.samples import AT, facts

_INSTANT = DateTime(timezone=True)
LEADS = 1203
"""More than the migration takes at a time."""


@pytest.fixture
async def old(database_url: str) -> Database:
    """A database of the release before, with people and with leads."""
    db = Database(database_url)
    if db.is_sqlite:
        _make_file(database_url)
    async with db.writing() as session:
        await (await session.connection()).run_sync(_as_it_was)
    return db


def _make_file(url: str) -> None:
    Path(url.removeprefix("sqlite:///")).touch()


def _as_it_was(connection: Connection) -> None:
    command.upgrade(alembic_config(connection), "0002")
    week = json.dumps({"tz": "UTC", "week": {"mon": [["09:00", "17:00"]]}})
    _insert(connection, "roster_state", id=1, revision=1, changed_at=AT)
    _insert(connection, "calendar", name="office", body=week, listed=True)
    _insert(connection, "manager", id="mia", place=0, name="Mia", channels="[]", listed=True)
    team = {"manager": "mia", "calendar": "office", "region": "emea", "countries": "[]"}
    _insert(connection, "team", id="emea", place=0, name="EMEA", listed=True, **team)
    good_at = {"languages": '["en"]', "regions": "[]", "industries": "[]", "products": "[]"}
    ada = {"name": "Ada", "channels": "[]", "team": "emea", "level": "mid", "role": "", "weight": 2, "capacity": 10}
    _insert(connection, "rep", id="ada", place=0, active=True, listed=True, **ada, **good_at)
    pool = {"members": '["ada"]', "levels": "[]", "strategy": "weighted"}
    _insert(connection, "pool", name="all", place=0, listed=True, **pool)
    lead = {"headline": "", "source": "web", "type": "other", "policy": "p1", "backfill": False, "stage": "closed"}
    lead |= {"offer": 0, "rung": 0, "next_step": "", "breached": False, "received_at": AT, "changed_at": AT, "seq": 1}
    known = {f"lead-{n:04}": json.dumps(_facts(n)) for n in range(LEADS)} | {"none": None, "null": "null"}
    for lead_id, about in known.items():
        _insert(connection, "lead", lead_id=lead_id, facts=about, **lead)
    offer = {"state": "offered", "ordered_at": AT, "offered_at": AT, "because": "", "refund_on": '["declined"]'}
    _insert(connection, "ownership", lead_id="none", offer=1, rep_id="ada", **offer)
    waits = {"pool": "all", "levels": "", "points": 1.5, "since": AT, "until": AT}
    _insert(connection, "waiting", lead_id="null", **waits)


def _insert(connection: Connection, table: str, **values: object) -> None:
    columns = [column(name, _INSTANT if isinstance(value, datetime) else None) for name, value in values.items()]
    connection.execute(insert(sql_table(table, *columns)).values(**values))


def _facts(number: int) -> dict[str, object]:
    about = {
        0: facts("l", company=Company(domain=f"acme-{number}.example")),
        1: facts("l", email=f"kim@mail-{number}.example", email_kind="work"),
        2: facts("l", email="kim@freemail.example", email_kind="free"),
    }[number % 3]
    return about.model_dump(mode="json")


async def test_people_and_leads_of_the_release_before_are_kept(old: Database) -> None:
    """Reps and pools have none of the new things yet, and every lead whose company was known has it."""
    await old.migrate()
    roster = await Rosters(old).load()
    assert roster is not None
    (ada,), pool = roster.reps, roster.pools["all"]
    assert (2, ["en"], [], [], []) == (ada.weight, ada.languages, ada.skills, ada.certifications, ada.caps)
    (mia,) = roster.managers
    assert (None, None, None, None, {}, []) == (mia.tz, mia.quiet, mia.manager, ada.quiet, roster.rotas, roster.rooms)
    assert (Strategy.WEIGHTED, {}, ["ada"]) == (pool.strategy, pool.weights, pool.members)
    async with old.reading() as session:
        connection = await session.connection()
        rows = (await connection.execute(text("SELECT lead_id, company FROM lead"))).all()
        waits = (await session.get(tables.Waiting, "null")) or pytest.fail("the lead waits no more")
        offer = (await session.get(tables.Ownership, 1)) or pytest.fail("the offer is gone")
    assert (1.5, None, None) == (waits.points, waits.rep_id, waits.woken_at)
    expected = {f"lead-{n:04}": (f"acme-{n}.example", f"mail-{n}.example", None)[n % 3] for n in range(LEADS)} | {
        "none": None,
        "null": None,
    }
    assert expected == {row.lead_id: row.company for row in rows}
    assert (["declined"], None, None, None) == (
        offer.refund_on,
        offer.refund_limit,
        offer.refunded,
        offer.refunded_at,
    )
    await old.dispose()

"""What reps are told of their own leads, collected like alerts and apart from them."""

from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import select

from db import tables
from db.alerts import Alert, Alerts, Decided, Dropped, Told, Turn, Waits
from db.audits import Audits
from db.engine import Database
from db.leads import Leads
from db.ownership import Ownerships
from models.lead import Stage
from models.orders import Holding
from tests.db.samples import AT, MINUTE, give, order, standing

HOUR = 60 * MINUTE
WINDOW = 10 * MINUTE
ENDS = AT + WINDOW
LEADS = ("one", "two", "three")


@pytest.fixture
async def leads(staffed: Database) -> Database:
    """Ada is asked to take three leads."""
    for lead_id in LEADS:
        await Ownerships(staffed).assign(order(lead_id), give(lead_id, "ada"), at=AT, ordered_at=AT)
        await Leads(staffed).record(
            standing(lead_id, 1, Stage.OFFERED, Holding(rep_id="ada", offer=1), due_at=AT + 9 * HOUR)
        )
    return staffed


def notice(lead_id: str, **changes: Any) -> Alert:
    """What ada is told of one."""
    return replace(Alert(lead_id, 1, 0, "ada", "you are next", "ada", AT + HOUR, kind="offer"), **changes)


async def ask(db: Database, one: Alert, at: Any = AT) -> Decided:
    """Ask as a policy with a window of ten minutes does."""
    return await Alerts(db).ask(one, at=at, bundle=WINDOW)


async def out(db: Database, one: Alert, at: Any = AT) -> list[str]:
    """Send what it is one's turn for, and give the keys of what that told."""
    turn = await ask(db, one, at)
    assert isinstance(turn, Turn), turn
    await Alerts(db).sent(turn, at=at)
    return [told.key for told in turn.alerts]


async def test_notices_are_collected_with_notices_and_alerts_with_alerts(leads: Database) -> None:
    """Each has a window of its own, also where one person gets both."""
    assert ["one:1:0"] == await out(leads, notice("one"))
    assert ["one:1:3"] == await out(leads, notice("one", rung=3, kind="alert"))
    assert [Waits(ENDS)] * 2 == [await ask(leads, notice("two")), await ask(leads, notice("two", rung=3, kind="alert"))]
    assert ["three:1:0", "two:1:0"] == sorted(await out(leads, notice("three"), ENDS))
    assert ["three:1:3", "two:1:3"] == sorted(await out(leads, notice("three", rung=3, kind="alert"), ENDS))
    assert Told("ada", ("three", 1, 0)) == await ask(leads, notice("two"), ENDS)


@pytest.mark.parametrize(
    ("kind", "accepted", "offer", "becomes"),
    [
        ("offer", False, 1, None),
        ("remind", True, 1, "accepted by now"),
        ("contact", True, 1, None),
        ("contact", False, 1, "not accepted any more"),
        ("offer", False, 2, "ada has it by now"),
        ("withdrawn", True, 2, None),
    ],
)
async def test_only_what_is_still_so_is_taken_along(
    leads: Database, kind: str, accepted: bool, offer: int, becomes: str | None
) -> None:
    """Judged by who has the lead and how far they have come; that it is gone stays true."""
    waits = notice("two", kind=kind, offer=offer, rung=5)
    await out(leads, notice("one"))
    assert Waits(ENDS) == await ask(leads, waits)
    if accepted:
        holding = Holding(rep_id="ada", offer=1, accepted_at=AT + MINUTE)
        await Leads(leads).record(standing("two", 2, Stage.ACCEPTED, holding, due_at=AT + 9 * HOUR))
    told = await out(leads, notice("three"), ENDS)
    assert (becomes is None) == (waits.key in told)
    if becomes is not None:
        assert Dropped(becomes) == await ask(leads, waits, ENDS)


async def test_it_is_known_who_may_have_heard_of_an_offer(leads: Database) -> None:
    """From when it is part of a message on; alerts do not count."""
    alerts = Alerts(leads)
    await out(leads, notice("one"))
    await ask(leads, notice("two"))
    await out(leads, notice("three", rung=3, kind="alert"))
    assert [True, False, False] == [await alerts.may_know(lead_id, 1, "ada") for lead_id in LEADS]
    assert isinstance(await ask(leads, notice("two"), ENDS), Turn)
    assert [True, False] == [await alerts.may_know("two", 1, person) for person in ("ada", "bo")]


async def test_a_notice_that_nobody_sends_is_no_unheard_alert(leads: Database) -> None:
    """It ends with its offer: the lead itself moves on when it is not answered."""
    await out(leads, notice("one"))
    await ask(leads, notice("two"))
    survey = await Audits(leads).survey(at=AT + 5 * HOUR, limit=9)
    assert () == tuple(survey.suspects)
    async with leads.reading() as session:
        kinds = (await session.exec(select(tables.Alert.kind))).all()
    assert ["offer", "offer"] == list(kinds)

"""Who misses offers: counted once each, told to a choice as far back as it matters, and forgiven for good."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from db.choosing import Choice, Give, Snapshot
from db.coaching import Coaching, Tally, UnknownRep
from db.engine import Database
from db.leads import Leads
from db.ownership import Ownerships
from db.tables.words import End
from models.lead import Stage
from models.orders import Holding
from models.routing import AsideRule, Refundable
from tests.db.samples import AT, MINUTE, give, hold, newcomer, offered, order, standing

HOUR = timedelta(hours=1)
RULE = AsideRule(misses=2, within=timedelta(hours=2), lasts=HOUR)


async def test_each_offer_counts_as_what_became_of_it(staffed: Database) -> None:
    """Answered, declined, run out, accepted and taken away, promise broken: of the while's offers, no others."""
    owners, leads = Ownerships(staffed), Leads(staffed)
    for lead_id in ("four", "five", "six", "old"):
        await leads.admit(newcomer(lead_id))
    late: dict[str, Any] = {"response_due_at": AT + 5 * MINUTE}
    await owners.assign(order("old"), give("old", "bo"), at=AT - HOUR, ordered_at=AT)
    await _runs_out(staffed, "one", "bo", AT + 10 * MINUTE, **late)  # and its promise broke: one miss
    await _runs_out(staffed, "two", "bo", AT + 4 * MINUTE, **late)
    await owners.assign(order("three"), give("three", "bo", **late), at=AT, ordered_at=AT)
    await leads.record(standing("three", 1, Stage.ACCEPTED, Holding(rep_id="bo", offer=1, accepted_at=AT)))
    await _moves_on(staffed, "three", End.EXPIRED, AT + HOUR)
    await owners.assign(order("four"), give("four", "bo", **late), at=AT, ordered_at=AT)
    await _moves_on(staffed, "four", End.DECLINED, AT + 6 * MINUTE)
    await owners.assign(order("five"), give("five", "bo", **late), at=AT + 6 * MINUTE, ordered_at=AT)
    await owners.assign(order("six"), give("six", "ada", **late), at=AT, ordered_at=AT)
    bo, ada, cy = await Coaching(staffed).tallies(AT, AT + HOUR)
    assert ("bo", 5, 1, 1, 2, 1, 2, 4) == (
        bo.rep_id, bo.offers, bo.accepted, bo.declined, bo.ran_out, bo.untouched, bo.breached, bo.missed,
    )  # fmt: skip
    assert (AT + HOUR, None) == (bo.last_missed_at, bo.forgiven_at)
    assert Tally("ada", 1, 0, 0, 0, 0, 1, 1, AT + 5 * MINUTE, None) == ada
    assert ("cy", 0, 0) == (cy.rep_id, cy.offers, cy.missed)


async def test_what_is_forgiven_counts_no_more(staffed: Database) -> None:
    """Neither for a choice nor for the list; what is missed after that counts, and everybody else's does."""
    coaching = Coaching(staffed)
    await _runs_out(staffed, "one", "bo", AT + 10 * MINUTE)
    await _runs_out(staffed, "two", "ada", AT + 11 * MINUTE)
    await coaching.forgive("bo", by="mia", reason="the phones were down", at=AT + 20 * MINUTE)
    assert {"ada": (AT + 11 * MINUTE,)} == await coaching.misses(RULE, AT + 20 * MINUTE)
    await _runs_out(staffed, "three", "bo", AT + 30 * MINUTE)
    assert {"ada": (AT + 11 * MINUTE,), "bo": (AT + 30 * MINUTE,)} == await coaching.misses(RULE, AT + HOUR)
    told = {one.rep_id: (one.ran_out, one.missed, one.forgiven_at) for one in await coaching.tallies(AT, AT + HOUR)}
    assert {"ada": (1, 1, None), "bo": (2, 1, AT + 20 * MINUTE), "cy": (0, 0, None)} == told
    with pytest.raises(UnknownRep, match="there is no rep ghost"):
        await coaching.forgive("ghost", by="mia", reason="", at=AT)


async def test_a_choice_is_told_of_the_misses_that_matter(staffed: Database) -> None:
    """Covered or not, but not what a person moved; as far back as the rule reaches, and only where there is a rule."""
    for lead_id in ("four", "five"):
        await Leads(staffed).admit(newcomer(lead_id))
    await _runs_out(staffed, "one", "bo", AT, covers=True)
    await _runs_out(staffed, "two", "bo", AT + HOUR)
    await Ownerships(staffed).assign(order("three"), give("three", "bo"), at=AT, ordered_at=AT)
    await _moves_on(staffed, "three", End.SUPERSEDED, AT + HOUR)
    assert {} == await _misses(staffed, None, AT + HOUR)
    assert {"bo": (AT, AT + HOUR)} == await _misses(staffed, RULE, AT + 2 * HOUR)
    assert {"bo": (AT + HOUR,)} == await _misses(staffed, RULE, AT + 3 * HOUR)
    assert {} == await _misses(staffed, RULE, AT + 4 * HOUR)


async def test_of_many_misses_the_newest_are_told(staffed: Database) -> None:
    """Whoever has missed hundreds is told of with so many as may set them aside."""
    for n in range(9):
        await Leads(staffed).admit(newcomer(f"m{n}"))
        await _runs_out(staffed, f"m{n}", "bo", AT + n * MINUTE)
    assert {"bo": tuple(AT + n * MINUTE for n in range(5, 9))} == await _misses(staffed, RULE, AT + HOUR)


async def _runs_out(db: Database, lead_id: str, rep_id: str, at: datetime, covers: bool = False, **about: Any) -> None:
    """Offer a lead at nine o'clock, and let the offer run out at an instant."""
    await Ownerships(db).assign(order(lead_id), give(lead_id, rep_id, **about), at=AT, ordered_at=AT)
    await _moves_on(db, lead_id, End.EXPIRED, at, covers)


async def _moves_on(db: Database, lead_id: str, how: End, at: datetime, covers: bool = False) -> None:
    """End the present offer; where somebody covers they have the lead, else it is held."""
    refund_on = frozenset({Refundable.COVERED})

    def decide(snapshot: Snapshot) -> Choice:
        if covers:
            return Give(offered(lead_id, "cy", 2), ends=how, covers=True, refund_on=refund_on)
        return hold(at + HOUR, ends=how)(snapshot)

    await Ownerships(db).assign(order(lead_id, 2), decide, at=at, ordered_at=at)


async def _misses(db: Database, rule: AsideRule | None, at: datetime) -> dict[str, tuple[datetime, ...]]:
    """Ask for somebody, and say which misses the choice was told of."""
    seen: list[Snapshot] = []

    def look(snapshot: Snapshot) -> Choice:
        seen.append(snapshot)
        return hold(at)(snapshot)

    await Leads(db).admit(newcomer("asks"))
    await Ownerships(db).assign(order("asks"), look, at=at, ordered_at=at, aside=rule)
    return {rep_id: tuple(instants) for rep_id, instants in seen[0].situation.misses.items()}

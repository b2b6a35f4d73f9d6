"""Each figure, counted by hand from rows that a test puts in; on either database."""

from datetime import date, timedelta
from typing import Any

import pytest

from db import tables
from db.engine import Database
from db.figures import Figures
from db.rosters import Rosters
from db.tables.words import End
from models.figures import UNKNOWN, Dimension, Filters, KeptRow, Step
from models.lead import Stage
from models.trial import Goal
from policy.insight.buckets import bucket_of, high_of
from policy.insight.measuring import bucket
from policy.insight.shares import share
from tests.db.samples import AT, roster

MONDAY = date(2026, 3, 2)
MARCH = Filters(since=date(2026, 3, 1), until=date(2026, 3, 31))
NOW = AT + timedelta(hours=2)
MINUTE = 60


def lead(lead_id: str, *, day: date = MONDAY, **changes: Any) -> tables.LeadMeasure:
    """One measured lead: for sales, offered to Ada, and promised a quarter of an hour; its buckets follow its spans."""
    known: dict[str, Any] = {
        "lead_id": lead_id,
        "day": day,
        "received_at": AT,
        "hour_of_week": 10,
        "source": "web",
        "type": "demo_request",
        "region": "emea",
        "team": "emea",
        "rep_id": "ada",
        "rule": "hot",
        "policy": "p1",
        "intent": "high",
        "fit": "strong",
        "band": 40,
        "stage": Stage.OFFERED.value,
        "offers": 1,
        "offered_s": 30,
        "target_s": 15 * MINUTE,
        "changed_at": AT,
    }
    values = known | changes
    spans = {f"{step}_b": bucket(values.get(f"{step}_s")) for step in Step}
    return tables.LeadMeasure(**(spans | values))


def taken(lead_id: str, minutes: int, **changes: Any) -> tables.LeadMeasure:
    """One that was accepted after so many minutes, by Ada."""
    known: dict[str, Any] = {
        "accepted_s": minutes * MINUTE,
        "kept": minutes <= 15,
        "promise_rep_id": "ada",
        "answered_hour": 11,
    }
    return lead(lead_id, **({"stage": Stage.ACCEPTED.value} | known | changes))


async def put(db: Database, *rows: Any) -> Figures:
    """Put rows in."""
    async with db.writing() as session:
        session.add_all(rows)
    return Figures(db)


async def test_nothing_measured_is_told_as_nothing(db: Database) -> None:
    """No page fails on an empty house, and no share is a number."""
    figures = await put(db)
    measured = await figures.measured()
    assert (0, None, None, None) == (measured.leads, measured.first, measured.last, measured.until)
    assert all(not words for words in (await figures.values()).values())
    overview, speed = await figures.overview(MARCH, NOW), await figures.speed(MARCH, NOW)
    assert (0, (), None) == (overview.received, overview.days, overview.kept.rate)
    assert (0, None, None) == (speed.leads, speed.target_s, speed.accepted.half_s)
    assert KeptRow("", share(0, 0), 0) == (await figures.kept(MARCH)).all
    heat = await figures.hours(MARCH, NOW)
    assert ([0] * 168, None) == ([cell.received for cell in heat.cells], heat.unstaffed)
    assert () == (await figures.conversion(MARCH, Dimension.SOURCE, Goal.WON)).rows
    assert [0] * 7 == [step.leads for step in (await figures.funnel(MARCH)).steps]
    assert () == (await figures.automation(MARCH)).weeks
    assert () == (await figures.fairness(MARCH)).reps
    assert () == await figures.speed_by(MARCH, Dimension.REP, NOW)


async def test_speed_counts_those_that_wait(db: Database) -> None:
    """Four were accepted, one went another way, one waits for two hours: half of six within the third's time."""
    figures = await put(
        db,
        *(taken(f"L{n}", n, contacted_s=n * 2 * MINUTE) for n in (1, 2, 5, 20)),
        lead("gone", stage=Stage.NURTURING.value, left_b=bucket_of(60 * MINUTE), settled=True),
        lead("waits"),
        lead("held", target_s=None, offers=0, offered_s=None),
    )
    speed = await figures.speed(MARCH, NOW)
    curve = speed.accepted.curve
    assert (6, 15 * MINUTE, share(3, 4)) == (speed.leads, speed.target_s, speed.kept)
    assert (4, 1, 1) == (curve.came, curve.waiting, curve.left)
    assert [1.0, 5 / 6, 4 / 6, 3 / 6, 2 / 6] == [pytest.approx(point.left) for point in curve.points]
    assert (high_of(bucket_of(5 * MINUTE)), None) == (speed.accepted.half_s, speed.accepted.nine_tenths_s)
    assert 7 * MINUTE == speed.accepted.mean_s
    assert (6, 30, 30) == (speed.offered.curve.came, speed.offered.half_s, speed.offered.nine_tenths_s)
    assert (4, 14 * MINUTE) == (speed.contacted.curve.came, speed.contacted.mean_s)
    assert [(60, 120, 1), (120, 300, 1), (300, 600, 1), (900, 1800, 1)] == [
        (one.low_s, one.high_s, one.leads) for one in speed.accepted.bins if one.leads
    ]


async def test_speed_by_a_dimension_is_that_of_its_leads(db: Database) -> None:
    """Most leads first; a lead without a value has its own row."""
    figures = await put(
        db,
        *(taken(f"L{n}", n, source="web") for n in (1, 3, 5)),
        taken("fair", 30, source="fair", region=None, kept=False),
    )
    rows = await figures.speed_by(MARCH, Dimension.SOURCE, NOW)
    assert [("web", 3, high_of(bucket_of(180)), share(3, 3)), ("fair", 1, high_of(bucket_of(1800)), share(0, 1))] == [
        (row.value, row.leads, row.half_s, row.kept) for row in rows
    ]
    by_region = await figures.speed_by(MARCH, Dimension.REGION, NOW)
    assert ["emea", UNKNOWN] == [row.value for row in by_region]


async def test_a_promise_counts_with_whoever_had_the_lead(db: Database) -> None:
    """Bo has what Ada let break: the breach is Ada's; what broke in nobody's hands counts with nobody (R32)."""
    figures = await put(
        db,
        taken("kept", 5),
        taken("late", 20, rep_id="bo"),
        lead("open", rep_id="bo"),
        lead("held", rep_id=None, team=None, kept=False, stage=Stage.ROUTING.value),
        taken("void", 5, target_s=None, kept=None),
        taken("tuesday", 5, day=MONDAY + timedelta(days=1), rep_id="bo", promise_rep_id="bo", source="fair"),
    )
    kept = await figures.kept(MARCH)
    assert (KeptRow("", share(2, 4), 1), 2) == (kept.all, kept.all.broken)
    assert 1 == kept.nobody
    assert (KeptRow("ada", share(1, 2), 0), KeptRow("bo", share(1, 1), 1), KeptRow(UNKNOWN, share(0, 1), 0)) == (
        kept.by[Dimension.REP]
    )
    assert [("emea", 3), (UNKNOWN, 1)] == [(row.value, row.kept.of) for row in kept.by[Dimension.TEAM]]
    assert [("web", 3), ("fair", 1)] == [(row.value, row.kept.of) for row in kept.by[Dimension.SOURCE]]
    assert [(MONDAY, share(1, 3)), (MONDAY + timedelta(days=1), share(1, 1))] == [
        (one.day, one.kept) for one in kept.days
    ]
    of_ada = await figures.kept(MARCH.model_copy(update={"rep": ("ada",)}))
    assert KeptRow("", share(1, 2), 0) == of_ada.all


async def test_the_week_shows_who_is_there_when_leads_come(db: Database) -> None:
    """The sample team works from nine to five on weekdays: a lead on Sunday night comes into a gap (R50)."""
    await Rosters(db).save(roster(), at=AT)
    figures = await put(
        db,
        *(taken(f"L{n}", n) for n in (1, 2, 3, 4, 5)),
        lead("night", hour_of_week=6 * 24 + 23, offers=0, target_s=None),
    )
    heat = await figures.hours(MARCH, NOW)
    ten, eleven, night = heat.cells[10], heat.cells[11], heat.cells[6 * 24 + 23]
    assert (5, 0, share(5, 5), high_of(bucket_of(180)), 3, False) == (
        *(ten.received, ten.answered, ten.kept, ten.half_s, ten.people, ten.gap),
    )
    assert (0, 5) == (eleven.received, eleven.answered)
    assert (1, 0, True, None) == (night.received, night.people, night.gap, night.half_s)
    assert share(1, 6) == heat.unstaffed


async def test_conversion_is_of_what_was_offered(db: Database) -> None:
    """And, beside it, of what is decided; what is lost later was an opportunity; only won ones are worth something."""
    figures = await put(
        db,
        taken("won", 1, result="won", qualified=True, value=900.0, currency="EUR"),
        taken("lost", 1, result="lost", qualified=True, value=50.0, currency="USD"),
        taken("open", 1, result="qualified", qualified=True),
        taken("bad", 1, result="bad", source="fair"),
        lead("waits", source="fair"),
        lead("nurtured", offers=0),
    )
    qualified = await figures.conversion(MARCH, Dimension.SOURCE, Goal.QUALIFIED)
    every, euros = qualified.all, (("EUR", 900.0),)
    assert (share(3, 5), share(3, 4), euros) == (every.share, every.settled, every.worth)
    assert [("web", share(3, 3), share(3, 3)), ("fair", share(0, 2), share(0, 1))] == [
        (row.value, row.share, row.settled) for row in qualified.rows
    ]
    won = await figures.conversion(MARCH, Dimension.REP, Goal.WON)
    assert [("ada", share(1, 5), share(1, 3), (("EUR", 900.0),))] == [
        (r.value, r.share, r.settled, r.worth) for r in won.rows
    ]
    accepted = await figures.conversion(MARCH, Dimension.BAND, Goal.ACCEPTED)
    assert [("40", share(4, 5), share(4, 4))] == [(row.value, row.share, row.settled) for row in accepted.rows]


async def test_no_currency_is_added_to_another(db: Database) -> None:
    """Each is summed up by itself, in each row and in all."""
    figures = await put(
        db,
        *(taken(f"e{n}", 1, result="won", value=100.0, currency="EUR") for n in range(2)),
        taken("usd", 1, result="won", value=70.0, currency="USD", source="fair"),
        taken("free", 1, result="won", source="fair"),
    )
    found = await figures.conversion(MARCH, Dimension.SOURCE, Goal.WON)
    assert (("EUR", 200.0), ("USD", 70.0)) == found.all.worth
    assert [("fair", share(2, 2), (("USD", 70.0),)), ("web", share(2, 2), (("EUR", 200.0),))] == [
        (row.value, row.share, row.worth) for row in found.rows
    ]


async def test_what_broke_in_nobodys_hands_stays_nobodys(db: Database) -> None:
    """Whoever is given the lead afterwards has not broken its promise (R32)."""
    figures = await put(db, lead("saved", rep_id="bo", promise_rep_id=None, kept=False), lead("old", backfill=True))
    kept = await figures.kept(MARCH.model_copy(update={"backfill": True}))
    assert (KeptRow(UNKNOWN, share(0, 1), 0),) == kept.by[Dimension.REP]
    assert (KeptRow("", share(0, 1), 0), 1) == (kept.all, kept.nobody)


async def test_a_share_is_of_the_teams_offers_whoever_is_shown(db: Database) -> None:
    """One rep asked for alone was not offered all there was."""
    await Rosters(db).save(roster(), at=AT)
    told: dict[str, Any] = {"day": MONDAY, "source": "web", "type": "demo_request", "policy": "p1", "offer": 1}
    figures = await put(
        db,
        *(tables.OfferMeasure(lead_id=f"L{n}", rep_id=rep, **told) for n, rep in enumerate(("ada", "bo", "bo", "cy"))),
    )
    [row] = (await figures.fairness(MARCH.model_copy(update={"rep": ("ada",)}))).reps
    assert ("ada", 1, share(1, 4)) == (row.rep_id, row.offers, row.share)


async def test_the_funnel_never_widens(db: Database) -> None:
    """Who is said to be won was in contact, whether that was said or not."""
    figures = await put(
        db,
        taken("met", 1, contacted_s=90, stage=Stage.CONTACTED.value),
        taken("won", 1, result="won", qualified=True),
        taken("taken", 1),
        lead("offered"),
        lead("held", offers=0, offered_s=None),
        lead("nurtured", target_s=None, offers=0, offered_s=None, stage=Stage.NURTURING.value),
    )
    found = await figures.funnel(MARCH)
    names = ["received", "for sales", "offered", "accepted", "contacted", "qualified", "won"]
    assert list(zip(names, [6, 5, 4, 3, 2, 1, 1], strict=True)) == [(one.name, one.leads) for one in found.steps]
    assert (("nurturing", 1),) == found.aside


async def test_what_people_moved_was_not_automatic(db: Database) -> None:
    """By week and by rule; leads that nobody was offered are neither (R28, R29)."""
    figures = await put(
        db,
        *(taken(f"L{n}", 1) for n in range(3)),
        taken("moved", 1, handed=1, rule="cold"),
        taken("later", 1, day=MONDAY + timedelta(days=7), rule=None, handed=2),
        lead("nobody", offers=0),
    )
    found = await figures.automation(MARCH)
    assert (share(3, 5), 2) == (found.all, found.by_hand)
    assert [("2026-03-02", share(3, 4)), ("2026-03-09", share(0, 1))] == [
        (row.value, row.automatic) for row in found.weeks
    ]
    assert [("hot", share(3, 3)), (UNKNOWN, share(0, 1)), ("cold", share(0, 1))] == [
        (row.value, row.automatic) for row in found.rules
    ]


async def test_each_rep_stands_beside_what_is_theirs_by_weight(db: Database) -> None:
    """Ada 1, Bo 2, Cy 3 of six; what people ordered is no turn; who left the roster is still told of."""
    await Rosters(db).save(roster(), at=AT)

    def offer(n: int, rep_id: str, **changes: Any) -> tables.OfferMeasure:
        known: dict[str, Any] = {"day": MONDAY, "source": "web", "type": "demo_request", "policy": "p1"}
        return tables.OfferMeasure(**(known | {"lead_id": f"L{n}", "offer": 1, "rep_id": rep_id} | changes))

    quick = {"accepted_s": 60, "accepted_b": bucket_of(60)}
    figures = await put(
        db,
        *(offer(n, "bo", **quick) for n in range(5)),
        offer(6, "bo", ended=End.EXPIRED),
        offer(7, "ada", ended=End.DECLINED),
        offer(8, "ada", by_hand=True),
        offer(9, "zoe", **quick),
    )
    found = await figures.fairness(MARCH)
    assert 9 == found.offers
    rows = {row.rep_id: row for row in found.reps}
    assert ["zoe", "bo", "ada", "cy"] == [row.rep_id for row in found.reps]
    assert (6, share(6, 7), share(5, 6), 0, 1) == (
        *(rows["bo"].offers, rows["bo"].share, rows["bo"].accepted, rows["bo"].declined, rows["bo"].ran_out),
    )
    assert (high_of(bucket_of(60)), 0, 1000) == (rows["bo"].half_s, rows["bo"].in_hand, rows["bo"].capacity)
    assert (2, share(1, 7), share(0, 1), 1) == (
        *(rows["ada"].offers, rows["ada"].share, rows["ada"].accepted, rows["ada"].declined),
    )
    assert [1 / 6, 2 / 6, 3 / 6] == [pytest.approx(rows[one].expected) for one in ("ada", "bo", "cy")]
    assert (None, UNKNOWN, None) == (rows["zoe"].expected, rows["zoe"].team, rows["zoe"].capacity)


async def test_the_first_page_has_one_number_of_each(db: Database) -> None:
    """Day by day what came and was accepted; what waits is not settled."""
    figures = await put(
        db,
        taken("kept", 5, settled=True, qualified=True),
        taken("late", 30, day=MONDAY + timedelta(days=1), handed=1),
        lead("waits"),
    )
    found = await figures.overview(MARCH, NOW)
    assert (3, 2, share(1, 2), share(2, 3), share(1, 3)) == (
        *(found.received, found.waiting, found.kept, found.automatic, found.qualified),
    )
    assert ((MONDAY, 2, 1), (MONDAY + timedelta(days=1), 1, 1)) == found.days
    assert (2, 1) == (found.accepted.curve.came, found.accepted.curve.waiting)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"a", "b"}),
        ({"since": MONDAY, "until": MONDAY}, {"a"}),
        ({"since": MONDAY + timedelta(days=1)}, {"b"}),
        ({"source": ("web",)}, {"a"}),
        ({"source": ("web", "fair")}, {"a", "b"}),
        ({"region": (UNKNOWN,)}, {"b"}),
        ({"region": ("emea", UNKNOWN)}, {"a", "b"}),
        ({"rep": ("bo",)}, {"b"}),
        ({"rep": ("'; DROP TABLE lead_measure; --",)}, set()),
        ({"band": ("40",)}, {"a"}),
        ({"band": ("-10",)}, {"b"}),
        ({"band": ("forty", "9" * 40)}, set()),
        ({"band": ("--5", "99999", "²", "-")}, set()),
        ({"team": ("emea",), "type": ("demo_request",), "rule": ("hot",), "policy": ("p1",)}, {"a"}),
        ({"intent": ("high",), "fit": ("strong",)}, {"a"}),
        ({"backfill": True}, {"a", "b", "c"}),
    ],
)
async def test_filters_let_through_what_they_say(db: Database, changes: dict[str, Any], expected: set[str]) -> None:
    """Every dimension, several values, none known, and words that are no values at all."""
    tuesday = MONDAY + timedelta(days=1)
    other: dict[str, Any] = {
        "source": "fair",
        "region": None,
        "rep_id": "bo",
        "type": "webinar",
        "rule": None,
        "band": -10,
    }
    figures = await put(
        db,
        lead("a"),
        lead("b", day=tuesday, team=None, policy="p2", intent=None, fit="weak", **other),
        lead("c", backfill=True, source="import"),
    )
    filters = MARCH.model_copy(update=changes)
    rows = await figures.conversion(filters, Dimension.SOURCE, Goal.WON)
    assert len(expected) == rows.all.share.of
    assert expected == {{"web": "a", "fair": "b", "import": "c"}[row.value] for row in rows.rows}

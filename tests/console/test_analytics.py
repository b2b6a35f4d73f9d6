"""The analytics: each number can be counted by hand, each view has its address, and few are told as few."""

import csv
import html
import io
import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select
from starlette.datastructures import QueryParams

from api.console.analytics import VIEWS
from api.console.analytics_asked import Asked, Names, chosen_of, filters_of
from api.console.analytics_kept import weeks_of
from api.console.analytics_speed import BY, about
from api.console.words import span
from api.paper import Untellable
from db import tables
from db.tables.words import End
from db.unmeasured import Way
from models.access import Role
from models.figures import Dimension, Filters, Fresh, KeptDay
from policy.insight.buckets import EDITION, bucket_of
from policy.insight.shares import share
from runtime import clock
from tests.api.house import Doors, furnish
from tests.console.house import Visitor, visiting
from tests.db.samples import facts, newcomer

HOSTILE = '=cmd("<script>alert(1)</script>")'
PATHS = [view.path for view in VIEWS]


def lead(number: int, at: datetime, accepted_s: int | None = None, **more: Any) -> tables.LeadMeasure:
    """Make what is measured of a lead that was promised an answer within half an hour."""
    bucket = None if accepted_s is None else bucket_of(accepted_s)
    kept = None if accepted_s is None else accepted_s < 1800
    given: dict[str, Any] = {
        "lead_id": f"lead{number}", "day": at.date(), "received_at": at, "hour_of_week": 9, "source": "web",
        "type": "inbound", "team": "demo", "rep_id": "ana", "promise_rep_id": "ana", "rule": "Everybody",
        "policy": "p1", "stage": "accepted", "offers": 1, "offered_s": 1, "offered_b": bucket_of(1), "target_s": 1800,
        "accepted_s": accepted_s, "accepted_b": bucket, "kept": kept, "changed_at": at,
    }  # fmt: skip
    return tables.LeadMeasure(**{**given, **more})


async def measured(doors: Doors, leads: Iterable[tables.LeadMeasure] = (), offers: Iterable[Any] = ()) -> None:
    """Write measures as a worker would, and that they are fresh."""
    await furnish(doors.store)
    written = [*leads]
    words = {("source", one.source) for one in written} | {("team", one.team or "") for one in written}
    async with doors.store.database.writing() as session:
        session.add_all([*written, *offers])
        session.add_all(tables.MeasuredWord(dimension=name, word=word) for name, word in words)
        session.add(tables.MeasuredUntil(name=f"{Way.CHANGED}-{EDITION}", at=clock.now()))


async def rows(visitor: Visitor, path: str) -> list[dict[str, str]]:
    """Read a file."""
    answer = await visitor.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text)))


async def test_who_may_see_the_analytics(doors: Doors) -> None:
    """Managers see every view and its file; reps have their own figures elsewhere, and nobody sees any unknown."""
    await measured(doors)
    async with visiting(doors, Role.MANAGER) as manager, visiting(doors, Role.REP) as rep:
        assert [200] * len(PATHS) == [(await manager.get(path)).status_code for path in PATHS]
        assert [200] * len(PATHS) == [(await manager.get(f"{path}.csv")).status_code for path in PATHS]
        for path in PATHS:
            for one in (path, f"{path}.csv"):
                assert (await rep.get(one)).status_code == 403
                assert (await doors.get(one)).headers["location"].startswith("/signin")


async def test_before_anything_is_measured_it_says_so(doors: Doors) -> None:
    """An empty house shows no zeros that look like bad work."""
    async with visiting(doors, Role.MANAGER) as manager:
        page = (await manager.get("/analytics")).text
    assert "Nothing is measured yet." in page
    assert "<figure" not in page


async def test_speed_is_what_one_counts_by_hand(doors: Doors) -> None:
    """Of ten leads five are accepted within 5 m and nine within an hour; eight keep the promise of half an hour."""
    now = clock.now()
    times = [60, 120, 180, 240, 299, 600, 700, 1200, 3599, 90_000]
    await measured(doors, [lead(place, now - timedelta(days=2), s) for place, s in enumerate(times)])
    async with visiting(doors, Role.MANAGER) as manager:
        page = (await manager.get("/analytics/speed")).text
        bins = await rows(manager, "/analytics/speed.csv?sheet=until_accepted")
        [by] = await rows(manager, "/analytics/speed.csv?sheet=by")
    assert "Half of the leads are accepted within 5 m; 1 in 10 waits over 1 h." in page
    assert '<dd>80 %</dd><dd class="quiet">n = 10, 49 to 94 %</dd>' in page
    assert "promise 30 m" in page
    counts = {int(one["from_s"]): int(one["leads"]) for one in bins if one["leads"] != "0"}
    assert {60: 1, 120: 4, 600: 2, 900: 1, 1800: 1, 86_400: 1} == counts
    assert ("demo", "10", "0.8", "10") == (by["name"], by["leads"], by["kept"], by["promises"])


async def test_few_are_told_as_few(doors: Doors) -> None:
    """Four leads make no share and no half: the page says how many there are."""
    now = clock.now()
    await measured(doors, [lead(place, now - timedelta(days=1), 60) for place in range(4)])
    async with visiting(doors, Role.MANAGER) as manager:
        speed = (await manager.get("/analytics/speed")).text
        kept = (await manager.get("/analytics/kept")).text
        [team] = await rows(manager, "/analytics/kept.csv?sheet=by_team")
    assert "Only 4 leads were to be accepted in this while: too few to tell how long that takes." in speed
    assert "Promises kept: too few to tell (n = 4)." in kept
    assert ("", "", "", "4", "4") == tuple(team[key] for key in ("share", "low", "high", "kept", "of"))


async def test_promises_by_rep_are_those_they_had(doors: Doors) -> None:
    """Ana keeps 6 of 8, Ben 1 of 6; the one who is surely below the rest is named by the team it is of."""
    now = clock.now()
    ana = [lead(place, now - timedelta(days=1), 60 if place < 6 else 7200) for place in range(8)]
    ben = [
        lead(20 + place, now - timedelta(days=1), 60 if place < 1 else 7200, promise_rep_id="ben", team="other")
        for place in range(6)
    ]
    await measured(doors, [*ana, *ben])
    async with visiting(doors, Role.MANAGER) as manager:
        page = (await manager.get("/analytics/kept")).text
        found = await rows(manager, "/analytics/kept.csv?sheet=by_rep")
        narrowed = await rows(manager, "/analytics/kept.csv?sheet=by_rep&team=other")
    assert [("Ana Abel", "ana", "6", "8"), ("Ben Bach", "ben", "1", "6")] == [
        (one["name"], one["value"], one["kept"], one["of"]) for one in found
    ]
    assert ["ben"] == [one["value"] for one in narrowed]
    assert "Promises kept: 50 % (n = 14, 27 to 73 %)." in page


async def test_conversion_says_what_differs(doors: Doors) -> None:
    """Of 40 leads of partners 30 become opportunities, of 60 of the web 6: both stand apart from 36 of 100."""
    now = clock.now()
    partner = [lead(place, now - timedelta(days=1), 60, source="partner", qualified=place < 30) for place in range(40)]
    web = [lead(50 + place, now - timedelta(days=1), 60, qualified=place < 6) for place in range(60)]
    await measured(doors, [*partner, *web])
    async with visiting(doors, Role.MANAGER) as manager:
        page = (await manager.get("/analytics/conversion")).text
        won = await rows(manager, "/analytics/conversion.csv?goal=won&by=source")
    assert "Of the offered leads 36 % (n = 100, 27 to 46 %) became opportunities." in page
    assert "Clearly above: partner, 75 % (n = 40, 60 to 86 %)." in page
    assert "Clearly below: web, 10 % (n = 60, 5 to 20 %)." in page
    assert [("web", "60", "0"), ("partner", "40", "0")] == [
        (one["name"], one["offered"], one["converted"]) for one in won
    ]


async def test_funnel_and_automation_are_what_one_counts(doors: Doors) -> None:
    """Ten come, eight are for sales and offered, six accepted; a person moved two of the eight."""
    now = clock.now()
    sales = [
        lead(place, now - timedelta(days=1), 60 if place < 6 else None, handed=int(place > 5)) for place in range(8)
    ]
    aside = [
        lead(20 + place, now - timedelta(days=1), offers=0, target_s=None, offered_b=None, stage="nurturing")
        for place in range(2)
    ]
    await measured(doors, [*sales, *aside])
    async with visiting(doors, Role.MANAGER) as manager:
        steps = await rows(manager, "/analytics/funnel.csv")
        others = await rows(manager, "/analytics/funnel.csv?sheet=aside")
        automation = (await manager.get("/analytics/automation")).text
    assert [("received", "10"), ("for sales", "8"), ("offered", "8"), ("accepted", "6")] == [
        (one["step"], one["leads"]) for one in steps[:4]
    ]
    assert [{"stage": "nurturing", "leads": "2"}] == others
    assert "By rules alone went 75 % (n = 8, 41 to 93 %); 80 to 90 % is healthy." in automation


async def test_load_shows_what_is_theirs_by_weight(doors: Doors) -> None:
    """Three of equal weight: Ana was offered 24 of 30, more than chance would make of a third."""
    at = clock.now() - timedelta(days=1)
    offers = [
        tables.OfferMeasure(
            lead_id=f"lead{place}", offer=1, day=at.date(), rep_id="ana" if place < 24 else "ben", source="web",
            type="inbound", team="demo", policy="p1", accepted_s=60 if place < 20 else None,
            accepted_b=bucket_of(60) if place < 20 else None, ended=End.DECLINED if place == 23 else None,
        )
        for place in range(30)
    ]  # fmt: skip
    await measured(doors, [], offers)
    async with visiting(doors, Role.MANAGER) as manager:
        page = (await manager.get("/analytics/fairness")).text
        found = await rows(manager, "/analytics/fairness.csv")
    assert "Ana Abel was offered 80 % of demo&#39;s leads, more than chance would make of 33 % by weight." in page
    ana = next(one for one in found if one["rep_id"] == "ana")
    assert ("24", "0.8", "0.333333", "20", "1", "1000") == tuple(
        ana[key] for key in ("offers", "share", "expected", "accepted", "declined", "capacity")
    )


async def test_hours_are_those_of_the_week(doors: Doors) -> None:
    """Six leads on Monday at nine, one on Sunday at three."""
    at = clock.now() - timedelta(days=1)
    leads = [lead(place, at, 60, answered_hour=10) for place in range(6)]
    await measured(doors, [*leads, lead(9, at, hour_of_week=6 * 24 + 3)])
    async with visiting(doors, Role.MANAGER) as manager:
        page = (await manager.get("/analytics/hours")).text
        found = await rows(manager, "/analytics/hours.csv")
    assert "Most leads come in the hour from Mon 09:00: 6 of 7." in page
    assert {"Mon 09:00": "6", "Sun 03:00": "1"} == {
        one["hour"]: one["received"] for one in found if one["received"] > "0"
    }
    assert ["Mon 10:00"] == [one["hour"] for one in found if one["answered"] == "6"]


async def test_no_name_becomes_markup_and_no_file_a_formula(doors: Doors) -> None:
    """What a source, a rule or a team is called is a word on every page, and a text in every file."""
    now = clock.now()
    more = {"source": HOSTILE, "team": HOSTILE, "rule": HOSTILE, "type": HOSTILE, "region": HOSTILE}
    await measured(doors, [lead(place, now - timedelta(days=1), 60, **more) for place in range(6)])
    async with visiting(doors, Role.MANAGER) as manager:
        for path in PATHS:
            page = (await manager.get(path, params={"source": HOSTILE})).text
            assert "<script>alert" not in page
            for link in re.findall(r'href="([^"]+\.csv[^"]*)"', page):
                answer = await manager.get(html.unescape(link))
                assert answer.status_code == 200
                assert "baton-" in answer.headers["content-disposition"]
                cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
                assert not [cell for cell in cells if cell.startswith("=")]


async def test_a_file_that_there_is_not(doors: Doors) -> None:
    """It is told, and no other file is given in its place."""
    await measured(doors)
    async with visiting(doors, Role.MANAGER) as manager:
        assert (await manager.get("/analytics/kept.csv?sheet=nothing")).status_code == 404


async def test_what_one_may_filter_by_is_offered(doors: Doors) -> None:
    """Values that there are stand beside boxes; those that are set are ticked, and can be left out again."""
    now = clock.now()
    await measured(doors, [lead(1, now, 60), lead(2, now, 60, source="chat")])
    async with visiting(doors, Role.MANAGER) as manager:
        page = (await manager.get("/analytics?days=7&source=chat")).text
    assert '<input type="checkbox" name="source" value="chat" checked>' in page
    assert '<input type="checkbox" name="source" value="web">' in page
    assert '<a class="chip" href="/analytics?days=7">' in page
    assert "1 lead came in." in page


@pytest.mark.parametrize(
    "query",
    ["since=yesterday", "since=2026-12-01&until=2026-11-01", "days=0", "days=99999", "since=0001-01-01", "days=٣",
     "since=1990-01-01", "by=password", "source=" + "x" * 300, "source=%00"],
)  # fmt: skip
async def test_filters_that_cannot_be_read_are_told(doors: Doors, query: str) -> None:
    """Nothing is guessed: a page says what is wrong."""
    async with visiting(doors, Role.MANAGER) as manager:
        answer = await manager.get(f"/analytics/conversion?{query}")
    assert answer.status_code == 422
    assert "What is wrong" in answer.text


async def test_ten_years_are_drawn_and_words_that_are_no_band_find_nothing(doors: Doors) -> None:
    """By four weeks, so that there is room; `--5` is no number, and no server fails on it."""
    now = clock.now()
    await measured(doors, [lead(n, now - timedelta(days=7 * n), 60) for n in range(300)])
    async with visiting(doors, Role.MANAGER) as manager:
        found = await rows(manager, "/analytics.csv?days=3660")
        assert (300, 28) == (sum(int(one["received"]) for one in found), max(int(one["received"]) for one in found) * 7)
        assert "Leads by four weeks" in (await manager.get("/analytics?days=3660")).text
        for band in ("--5", "99999", "²", "-"):
            assert "No lead came in." in (await manager.get(f"/analytics?band={band}")).text


async def test_a_quiet_house_is_fresh(doors: Doors) -> None:
    """What changed last is old, and in; one that changed and is not in for long makes the figures stale."""
    now = clock.now()
    await measured(doors, [lead(1, now, 60)])
    async with doors.store.database.writing() as session:
        until = (await session.exec(select(tables.MeasuredUntil))).one()
        until.at = now - timedelta(hours=9)
    async with visiting(doors, Role.MANAGER) as manager:
        assert "not fresh" not in (await manager.get("/analytics")).text
        about = facts("late", received_at=now - timedelta(hours=1))
        await doors.store.leads.admit(newcomer("late", about, at=now - timedelta(hours=1)))
        assert "not fresh" in (await manager.get("/analytics")).text


@pytest.mark.parametrize("leads", [0, 1, 2, 3])
async def test_few_leads_make_whole_sentences(doors: Doors, leads: int) -> None:
    """Of few it is said that they are few, in words that somebody would say."""
    now = clock.now()
    await measured(doors, [lead(n, now, 60, result="won", value=9.0, currency="SEK") for n in range(leads)])
    some = "Only 1 lead was" if leads == 1 else f"Only {leads} leads were" if leads else "No lead was"
    async with visiting(doors, Role.MANAGER) as manager:
        for view, rest in (
            ("conversion?goal=won", "to anybody in this while." if not leads else "too few to tell how many were won."),
            ("automation", "to anybody in this while." if not leads else "too few to tell how many went by rules"),
        ):
            page = html.unescape((await manager.get(f"/analytics/{view}")).text)
            assert re.search(rf"{some} offered .*{rest}", page)
        funnel = (await manager.get("/analytics/funnel")).text
        came = {0: "No lead came", 1: "Of 1 lead, 1 was won so far.", 2: "Of 2 leads, 2 were won so far."}
        assert came.get(leads, "Of 3 leads, 3 were won so far.") in funnel
        assert "steepest" not in funnel
        assert leads == 0 or f"{9 * leads} SEK" in (await manager.get("/analytics/conversion")).text


TODAY = date(2026, 11, 24)
WORD = st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=20)
VALUES = st.lists(WORD, max_size=4, unique=True).map(tuple)


@given(
    st.dates(date(2020, 1, 1), TODAY), st.integers(0, 400),
    st.fixed_dictionaries({one.value: VALUES for one in Dimension}),
    st.booleans(), st.none() | st.integers(1, 3660), st.sampled_from([value for value, _ in BY.options]),
)  # fmt: skip
def test_every_view_has_an_address(
    since: date, length: int, values: dict[str, Any], backfill: bool, days: int | None, by: str
) -> None:
    """What is asked for can be kept and sent: the address asks for the same."""
    until = since + timedelta(days=length)
    if days is not None:
        since, until = TODAY - timedelta(days=days - 1), TODAY
    filters = Filters(since=since, until=until, backfill=backfill, **values)
    front: Any = None
    now = datetime.fromisoformat("2026-11-24T10:00:00+00:00")
    asked = Asked(front, now, "/a", filters, days, {"by": by}, (BY,), Names({}), Fresh(None))
    query = QueryParams(urlsplit(asked.choosing("by", by)).query)
    assert (filters, days) == filters_of(query, TODAY)
    assert {"by": by} == chosen_of(query, (BY,))
    assert QueryParams(urlsplit(asked.csv("x")).query)["sheet"] == "x"


@pytest.mark.parametrize(
    ("query", "since", "until", "days"),
    [
        ("", date(2026, 10, 26), TODAY, 30),
        ("days=7", date(2026, 11, 18), TODAY, 7),
        ("days=7&since=2026-11-18&until=2026-11-24", date(2026, 11, 18), TODAY, 7),
        ("days=7&since=2026-11-17&until=2026-11-24", date(2026, 11, 17), TODAY, None),
        ("since=2026-11-01", date(2026, 11, 1), TODAY, None),
    ],
)
def test_days_go_with_the_calendar_until_one_changes_them(
    query: str, since: date, until: date, days: int | None
) -> None:
    """The form carries the days as they are; whoever changes one of them fixes both."""
    filters, moving = filters_of(QueryParams(query), TODAY)
    assert (since, until, days) == (filters.since, filters.until, moving)


def test_a_question_has_known_answers() -> None:
    """The first where nothing is said, and no other than those offered."""
    assert {"by": "team"} == chosen_of(QueryParams(""), (BY,))
    with pytest.raises(Untellable):
        chosen_of(QueryParams("by=salary"), (BY,))


@given(st.integers(0, 10_000_000))
def test_spans_are_told_as_well_as_they_are_known(seconds: int) -> None:
    """Within a twentieth or so, in fewer words than the exact span."""
    units = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
    told = sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+) ([dhms])", about(seconds)))
    assert abs(told - seconds) <= max(0.05 * seconds, 1)
    assert len(about(seconds)) <= len(span(seconds)) + 1


def test_weeks_sum_up_days() -> None:
    """Monday to Sunday; shares are added by their numbers, not averaged."""
    days = [KeptDay(date(2026, 11, 16), share(1, 1)), KeptDay(date(2026, 11, 22), share(0, 3))]
    last = KeptDay(date(2026, 11, 23), share(2, 2))
    assert [(date(2026, 11, 16), share(1, 4)), (date(2026, 11, 23), share(2, 2))] == weeks_of([*days, last])

"""The board: what it says of leads, whose address is whose view, and how a lead is found."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import yaml

from api.console.board_view import view_of
from api.console.board_wanted import Wanted
from config.load import open_policy
from db.tables import Identity, Inbox
from models.access import Role
from models.base import parse
from models.lead import Stage
from models.roster import Roster
from tests.api.house import Doors
from tests.cli.house import ROSTER, policy_text
from tests.console.board_rows import put
from tests.console.house import visiting


def rows(text: str) -> list[str]:
    """The lead ids on a page, in order."""
    return re.findall(r'<tr id="lead-([^"]+)"', text)


def words(text: str) -> str:
    """A page's words as people read them."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


async def test_the_board_says_who_has_what_and_how_much_time_is_left(doors: Doors) -> None:
    """Names instead of ids, the rung of how many, the time left or the lateness in words, counts by stage."""
    at = doors.front.clock()
    await put(doors, "calm", points=35.0, intent="high", fit="strong")
    await put(doors, "late", owner="ben", rung=2, due_at=at - timedelta(minutes=5, seconds=30), breached=True)
    await put(doors, "held", Stage.ROUTING, answerable="mia", due_at=at + timedelta(days=2, hours=3, minutes=30))
    await put(doors, "over", Stage.CONTACTED, owner="ana", closed_at=at, next_step="nothing: ana made contact")
    async with doors.store.database.writing() as session:
        session.add(Inbox(lead_id="new", raw="{}", created_at=at, next_at=at))
    async with visiting(doors, Role.REP) as rep:
        page = await rep.get("/")
        ended = await rep.get("/?show=ended")
    assert (200, ["late", "calm", "held"]) == (page.status_code, rows(page.text))
    late, calm, held = (words(part) for part in page.text.split('<tr id="lead-')[1:])
    for said in ("Ben Bach", "rung 2 of 4", "late by 5 m", "promise broken", "offered"):
        assert said in late
    for said in ("Ana Abel", "rung 1 of 4", "1 h 30 m left", "remind the owner", "35 high intent, strong fit"):
        assert said in calm
    assert "business time" not in calm  # this class counts on the wall
    for said in ("nobody; Mia Moor answers for it", "2 d 3 h left", "routing"):
        assert said in held
    for said in ("3 open", "2 offered", "1 routing", "1 at the door, not started yet", "3 leads."):
        assert said in words(page.text)
    assert ["over"] == rows(ended.text)
    assert "ana made contact" in words(ended.text)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("stage=offered", ["one", "two"]),
        ("stage=offered&stage=review", ["one", "two", "three"]),
        ("owner=ben", ["two"]),
        ("owner=mia", ["three"]),
        ("source=fair&type=webinar", ["three"]),
        ("within=4h", ["one"]),
        ("within=late", []),
        ("breached=yes", ["two"]),
        ("q=TWO", ["two"]),
        ("sort=points", ["two", "one", "three"]),
        ("ids=one,three", ["one", "three"]),
    ],
)
async def test_every_view_is_an_address(doors: Doors, query: str, expected: list[str]) -> None:
    """The same address shows the same to whoever opens it."""
    at = doors.front.clock()
    await put(doors, "one", points=1.0)
    await put(doors, "two", owner="ben", breached=True, points=9.0, due_at=at + timedelta(hours=9))
    await put(
        doors, "three", Stage.REVIEW, answerable="mia", source="fair", type="webinar", due_at=at + timedelta(hours=10)
    )
    async with visiting(doors, Role.REP) as rep:
        page = await rep.get(f"/?{query}")
    assert (200, expected) == (page.status_code, rows(page.text))


async def test_time_left_is_the_holders_business_time_and_shown_in_the_viewers_zone(doors: Doors) -> None:
    """Ana works nine to five in Berlin; at a quarter to five on Friday, Monday half past nine is 45 minutes away."""
    text = policy_text().replace("    clock: wall\n    response_clock", "    clock: rep\n    response_clock")
    assert text != policy_text()
    friday = datetime(2026, 3, 6, 15, 45, tzinfo=UTC)
    day = [["09:00", "17:00"]]
    raw = yaml.safe_load(ROSTER)
    raw["calendars"]["office"] = {
        "tz": "Europe/Berlin",
        "week": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), day),
    }
    raw["reps"][0]["calendar"] = "office"
    opened = open_policy(text, "policy.yaml")
    await doors.store.rosters.save(parse(Roster, raw), at=friday)
    await doors.store.policies.publish(opened.version, "rep", opened.text, by="tests", at=friday)
    due_at = datetime(2026, 3, 9, 8, 30, tzinfo=UTC)
    await put(doors, "hers", owner="ana", due_at=due_at)
    await put(doors, "his", owner="ben", due_at=due_at)
    front = replace(doors.front, clock=lambda: friday)
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        view = await view_of(front, ana.viewer, Wanted())
    said = {row.card.lead_id: row.countdown.words for row in view.rows if row.countdown}
    assert {"hers": "45 m of business time left", "his": "2 d 16 h left"} == said
    assert "Europe/Berlin" == view.zone


async def test_what_a_view_is_filtered_by_is_never_hidden(doors: Doors) -> None:
    """Also where nothing is there by that name now: the form says it, and so does a link that takes it away."""
    async with visiting(doors, Role.REP) as rep:
        page = await rep.get("/?owner=gone&source=fax&region=mars&team=old")
    for name in ("gone", "fax", "mars", "old"):
        assert f'<option value="{name}" selected>' in page.text
    assert '<a class="button" href="/">Clear</a>' in page.text


@pytest.mark.parametrize(
    "query", ["stage=nowhere", "type=nothing", "within=ever", "sort=luck", "page=0", "page=x", "ids=a b"]
)
async def test_an_address_that_says_nothing_is_told(doors: Doors, query: str) -> None:
    """422 with a way back, not a board that leaves out something else."""
    async with visiting(doors, Role.REP) as rep:
        page = await rep.get(f"/?{query}")
    assert 422 == page.status_code
    assert "This address cannot be read" in page.text


async def test_long_lists_come_in_pages(doors: Doors) -> None:
    """Fifty a page; each lead once; the links keep the filters; the numbers are those of the whole."""
    at = doors.front.clock()
    for number in range(53):
        await put(doors, f"lead{number:02}", due_at=at + timedelta(hours=1, minutes=number))
    async with visiting(doors, Role.REP) as rep:
        first = await rep.get("/?stage=offered")
        following = re.search(r'rel="next" href="([^"]+)"', first.text)
        assert following is not None
        second = await rep.get(unescape(following[1]))
    assert [f"lead{number:02}" for number in range(53)] == rows(first.text) + rows(second.text)
    assert "53 leads, 1 to 50 of them here" in words(first.text)
    assert "stage=offered&page=2" == unescape(following[1]).partition("?")[2]


async def test_what_a_stranger_wrote_stays_text(doors: Doors) -> None:
    """A company's name is no markup, and turns nothing around that stands beside it."""
    evil = "<script>alert(1)</script>\u202e\"onmouseover='x' {{7*7}}"
    await put(doors, "evil", headline=evil, source="<b>web</b>", next_step="<i>remind</i>")
    async with visiting(doors, Role.OPS) as ops:
        page = await ops.get("/")
    assert "<script>alert" not in page.text
    assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "<b>web</b>" not in page.text
    assert "<i>remind</i>" not in page.text
    assert "{{7*7}}" in page.text


async def test_a_lead_is_found_by_what_somebody_has_of_it(doors: Doors) -> None:
    """By its id: the lead. By words: the board of them, with the filters that were chosen."""
    await put(doors, "acme-1", headline="demo request, Acme (DE)")
    async with visiting(doors, Role.REP) as rep:
        by_id = await rep.post("/find", q="acme-1", stage="offered")
        by_words = await rep.post("/find", q=" acme (de) ", stage="offered")
        unknown = await rep.post("/find", q="acme-2")
    assert "/leads/acme-1" == by_id.headers["location"]
    assert "/?stage=offered&q=acme+%28de%29" == by_words.headers["location"]
    assert "/?q=acme-2" == unknown.headers["location"]


async def test_an_address_finds_leads_for_those_who_may_see_it_and_is_never_shown(doors: Doors) -> None:
    """All of it has to be right; it is in no address of ours and in no page but to whom it is said there is none."""
    await put(doors, "first")
    await put(doors, "again", Stage.CONTACTED, closed_at=doors.front.clock())
    await put(doors, "alone")
    async with doors.store.database.writing() as session:
        for lead_id, email in (("first", "kim@acme.example"), ("again", "kim@acme.example"), ("alone", "a@b.example")):
            session.add(Identity(kind="email", value=email, lead_id=lead_id, released_at=doors.front.clock()))
    async with visiting(doors, Role.MANAGER) as manager:
        one = await manager.post("/find", q="A@B.example")
        two = await manager.post("/find", q="Kim <kim@acme.example>")
        listed = await manager.get(two.headers["location"])
        part = await manager.post("/find", q="kim@acme")
        none = await manager.post("/find", q="nobody@acme.example")
    async with visiting(doors, Role.OPS) as ops:
        refused = await ops.post("/find", q="kim@acme.example")
    assert "/leads/alone" == one.headers["location"]
    assert {"first", "again"} == set(rows(listed.text))
    assert "kim" not in two.headers["location"]
    assert "kim@acme.example" not in listed.text
    assert [422, 404, 403] == [answer.status_code for answer in (part, none, refused)]


async def test_what_is_not_there_is_told(doors: Doors) -> None:
    """No lead yet, none that matches, none over: each is said, with how one would come; a stopped house says so."""
    async with visiting(doors, Role.REP) as rep:
        empty, none, over = [await rep.get(where) for where in ("/", "/?owner=ana", "/?show=ended")]
        await doors.store.switching.stop(by="oz", reason="a bad rule", at=doors.front.clock())
        stopped = await rep.get("/")
    assert "No lead is open. They appear here as they come in" in empty.text
    assert "No lead matches this now." in none.text
    assert "No lead is over yet." in over.text
    assert "All routing is stopped by oz" in words(stopped.text)
    assert "a bad rule" in stopped.text


async def test_who_may_say_something_to_many_sees_boxes_to_tick(doors: Doors) -> None:
    """Operations do; a rep and a manager see the same leads without."""
    await put(doors, "one")
    seen = {}
    for role in (Role.OPS, Role.ADMIN, Role.REP, Role.MANAGER, Role.PRIVACY):
        async with visiting(doors, role) as somebody:
            seen[role] = 'name="lead" value="one"' in (await somebody.get("/")).text
    assert {Role.OPS: True, Role.ADMIN: True, Role.REP: False, Role.MANAGER: False, Role.PRIVACY: False} == seen

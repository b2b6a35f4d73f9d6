"""The frame around every page: who may see it, what comes from elsewhere, and in which colours."""

from datetime import UTC, datetime

import pytest

from api.console import words
from db.acts import Acts
from db.engine import DatabaseUnreachable
from db.sessions import Sessions
from models.access import Role
from tests.api.house import Doors
from tests.console.house import visiting


async def test_what_is_not_ours_is_refused(doors: Doors) -> None:
    """A form without its session's word, or from another house's page, changes nothing."""
    async with visiting(doors, Role.OPS) as ops:
        without = await ops.client.post("/theme", data={"theme": "dark"})
        foreign = await ops.client.post(
            "/theme", data={"theme": "dark", "csrf": ops.viewer.csrf}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        ours = await ops.post("/theme", theme="dark", back="/mine")
        broken = await ops.client.post("/theme", data={"csrf": ops.viewer.csrf}, headers={"Origin": "http://["})
    assert [one.status_code for one in (without, foreign, ours, broken)] == [403, 403, 303, 403]
    assert ours.headers["location"] == "/mine"


@pytest.mark.parametrize(
    "where", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "//["]
)
async def test_no_form_sends_people_elsewhere(doors: Doors, where: str) -> None:
    """Where to go back to is an address of ours."""
    async with visiting(doors, Role.OPS) as ops:
        answer = await ops.post("/theme", theme="dark", back=where)
    assert answer.headers["location"] == "/"


async def test_files_never_leave_their_folder(doors: Doors) -> None:
    """Only style, scripts and pictures of ours are given out."""
    style = await doors.get("/static/console/console.css")
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    for name in ("../frame.py", "%2e%2e/frame.py", "vendor/README.md", "nothing.css"):
        assert (await doors.get(f"/static/console/{name}")).status_code == 404


async def test_what_fails_is_told_as_a_page(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is shown a document, nor what failed; what somebody tried to do stands in the log."""

    async def broken(*_given: object, **_more: object) -> None:
        raise ValueError("a secret")

    async with visiting(doors, Role.OPS) as ops:
        with monkeypatch.context() as patched:
            patched.setattr(Sessions, "end", broken)
            patched.setattr(Acts, "list", broken)
            answers = [await ops.get("/log"), await ops.post("/signout")]
        (act,) = await doors.store.acts.list()
    for answer in answers:
        assert (500, "text/html; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
        assert ("Something went wrong on our side" in answer.text, "secret" in answer.text) == (True, False)
    assert ("ops", "tried.signout", "failed", "/signout") == (act.who, act.what, act.outcome, act.about)


async def test_a_database_that_is_away_is_told_as_a_page(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is sent to sign in anew, and nobody sees a defect."""

    async def away(*_given: object, **_more: object) -> None:
        raise DatabaseUnreachable("db", "away")

    async with visiting(doors, Role.OPS) as ops:
        monkeypatch.setattr(Sessions, "find", away)
        answers = [await ops.get("/log"), await ops.post("/signout"), await ops.get("/signin")]
    assert [503] * 3 == [answer.status_code for answer in answers]
    assert all("The database does not answer at this moment." in answer.text for answer in answers)


async def test_a_browser_that_is_lost_gets_a_page_and_a_tool_a_document(doors: Doors) -> None:
    """People read sentences, programs read RFC 9457."""
    page = await doors.get("/nowhere", headers={"Accept": "text/html,application/xhtml+xml"})
    document = await doors.get("/nowhere")
    form = await doors.get("/leads/a/accept", headers={"Accept": "text/html"})
    tool = await doors.get("/v1/nowhere", headers={"Accept": "text/html"})
    assert [one.status_code for one in (page, document, tool, form)] == [404] * 4
    assert ["There is nothing here" in one.text for one in (page, form)] == [True, True]
    assert ["application/problem+json"] * 2 == [one.headers["content-type"] for one in (document, tool)]


@pytest.mark.parametrize(
    ("instant", "zone", "says"),
    [
        (datetime(2026, 3, 2, 9, 30, tzinfo=UTC), "UTC", "Mon 2 Mar, 09:30 UTC"),
        (datetime(2026, 3, 2, 9, 30, tzinfo=UTC), "Asia/Tokyo", "Mon 2 Mar, 18:30"),
        (datetime(2027, 3, 2, 9, 30, tzinfo=UTC), "UTC", "Tue 2 Mar 2027, 09:30 UTC"),
        (None, "UTC", "–"),
    ],
)
def test_a_year_is_said_where_it_is_not_plain(instant: datetime | None, zone: str, says: str) -> None:
    """Half a year to either side goes without it."""
    token = words.LOOKED.set(datetime(2026, 3, 1, tzinfo=UTC))
    try:
        assert says == words.at(instant, zone)
    finally:
        words.LOOKED.reset(token)

"""The board while somebody looks: what is sent, to whom, how often the database is asked, and how it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

import httpx2
import pytest

from api.console.board_wanted import Wanted
from api.console.stream import MOST_OF_ONE, SHARE, Streams, event
from db.engine import DatabaseUnreachable
from models.access import Role
from models.lead import Stage
from tests.api.house import Doors, listening
from tests.console.board_rows import change, put
from tests.console.house import Visitor, visiting

Events = AsyncIterator[tuple[str, str]]


@asynccontextmanager
async def looking(base: str, visitor: Visitor, query: str = "") -> AsyncIterator[Events]:
    """Open a stream as a browser does, and give its events; lines that are comments are events without a name."""
    cookies = {"baton": visitor.token}
    async with (
        httpx2.AsyncClient(base_url=base, cookies=cookies, timeout=20) as client,
        client.stream("GET", f"/board/stream{query}") as answer,
    ):
        assert (200, "text/event-stream; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
        yield _events(answer)


async def _events(answer: httpx2.Response) -> Events:
    name, data = "", list[str]()
    async for line in answer.aiter_lines():
        if line.startswith(":"):
            name = "comment"
        elif line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            data.append(line.removeprefix("data: "))
        else:
            if name:
                yield name, "\n".join(data)
            name, data = "", []


async def following(events: Events, name: str, holding: str = "") -> str:
    """Wait for the next event of a name that holds these words; the test's time-out bounds it."""
    async for found, data in events:
        if found == name and holding in data:
            return data
    raise AssertionError(f"the stream ended before {name} {holding}")


@pytest.fixture
def quick(doors: Doors) -> Streams:
    """Streams that look every 20 ms, and beat every second."""
    doors.app.state.streams = Streams(doors.front, every_s=0.02, heartbeat_s=1.0)
    streams: Streams = doors.app.state.streams
    return streams


async def test_what_changes_is_sent_to_those_whose_view_it_is(doors: Doors, quick: Streams) -> None:
    """At first what there is; then what has become another view. Whoever looks at other leads hears nothing new."""
    await put(doors, "one")
    await put(doors, "two", Stage.REVIEW, answerable="mia")
    async with visiting(doors, Role.REP) as rep, listening(doors.app) as base:
        async with looking(base, rep) as all_of_them, looking(base, rep, "?stage=review") as reviews:
            first, reviewed = await following(all_of_them, "board"), await following(reviews, "board")
            await change(doors, "one", stage=Stage.ACCEPTED, next_step="wait for the first contact")
            second = await following(all_of_them, "board", "wait for the first contact")
            await change(doors, "two", headline="demo request, renamed")
            third = await following(reviews, "board", "renamed")
            assert 2 == quick.number
        assert ['id="lead-one"' in one for one in (first, second, reviewed, third)] == [True, True, False, False]
        assert "wait for the first contact" not in first
        assert ['id="stage-accepted"' in one for one in (first, second)] == [False, True]


async def test_one_look_serves_all_and_nobody_is_looked_for_when_nobody_listens(doors: Doors, quick: Streams) -> None:
    """Three listeners cost one look each time; when the last has gone, there are no more looks."""
    await put(doors, "one")
    async with visiting(doors, Role.REP) as rep, listening(doors.app) as base:
        async with looking(base, rep) as first, looking(base, rep) as second, looking(base, rep) as third:
            for events in (first, second, third):
                await following(events, "board")
            began, looks = monotonic(), quick.lookout.looks
            await change(doors, "one", headline="demo request, changed")
            for events in (first, second, third):
                await following(events, "board", "changed")
            assert quick.lookout.looks - looks <= (monotonic() - began) / 0.02 + 1
        async with asyncio.timeout(10):
            while quick.number:  # noqa: ASYNC110 - the server notices by itself that they have gone
                await asyncio.sleep(0.01)
        assert not quick.lookout.looking


async def test_a_stream_ends_with_its_session_and_is_no_use_of_it(doors: Doors, quick: Streams) -> None:
    """Signed out elsewhere: the page is told so within a heartbeat."""
    async with visiting(doors, Role.REP) as rep, listening(doors.app) as base, looking(base, rep) as events:
        await following(events, "board")
        await doors.store.sessions.end(rep.viewer.session, at=doors.front.clock())
        assert "Your session has ended." == await following(events, "over")
        assert [] == [one async for one in events]


async def test_streams_do_not_keep_the_server(doors: Doors) -> None:
    """Told to stop, it stops within a second although somebody looks; the browser's stream is over."""
    async with visiting(doors, Role.REP) as rep:
        serving = listening(doors.app)
        base = await serving.__aenter__()
        async with looking(base, rep) as events:
            await following(events, "board")
            began = monotonic()
            await serving.__aexit__(None, None, None)
            took = monotonic() - began
            assert [] == [one async for one in events if one[0] != "comment"]
    assert took < 5, "requests under way have ten seconds: a stream may not use them up"


async def test_one_browser_has_so_many_streams(doors: Doors, quick: Streams) -> None:
    """The next one is refused; nobody without a session gets any."""
    async with visiting(doors, Role.REP) as rep:
        held = [quick.listening(rep.viewer.session) for _ in range(MOST_OF_ONE)]
        for one in held:
            one.__enter__()
        refused = await rep.get("/board/stream")
        for one in held:
            one.__exit__(None, None, None)
    stranger = await doors.get("/board/stream")
    assert [503, 303] == [refused.status_code, stranger.status_code]
    assert 0 == quick.number


async def test_a_view_is_shared_and_kept_no_longer_than_somebody_looks(doors: Doors, quick: Streams) -> None:
    """Two people of one zone look at one view; when the last of a view has gone it is forgotten, whoever else stays."""
    await put(doors, "one")
    async with (
        visiting(doors, Role.REP, person_id="ana") as ana,
        visiting(doors, Role.REP, person_id="ben") as ben,
        listening(doors.app) as base,
        looking(base, ana) as hers,
    ):
        async with looking(base, ben) as his, looking(base, ben, "?q=nobody") as other:
            for events in (hers, his, other):
                await following(events, "board")
            assert (3, 2) == (quick.number, quick.views)
        async with asyncio.timeout(10):
            while quick.views > 1:  # noqa: ASYNC110 - the server notices by itself that they have gone
                await asyncio.sleep(0.01)
        assert 1 == quick.number


async def test_a_page_is_told_when_the_database_is_away_and_when_it_is_back(
    doors: Doors, quick: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be old then, and says so; the board is sent again afterwards although no lead has changed."""

    async def away(*_: object, **__: object) -> None:
        raise DatabaseUnreachable("it", "is away")

    quick.heartbeat_s = 0.2
    await put(doors, "one")
    async with visiting(doors, Role.REP) as rep, listening(doors.app) as base, looking(base, rep) as events:
        await following(events, "board")
        with monkeypatch.context() as broken:
            broken.setattr(doors.store.boards, "look", away)
            quick.lookout.stir()
            assert "does not answer" in await following(events, "stale")
        assert 'id="lead-one"' in await following(events, "board")


async def test_many_views_are_drawn_less_often(doors: Doors, quick: Streams) -> None:
    """All together take a share of the process's time; a server that stops waits for none of them."""
    quick.heartbeat_s = 0.2
    await put(doors, "one")
    async with visiting(doors, Role.REP) as rep:
        keys = [(Wanted(words=word), "UTC", False) for word in ("one", "two", "three")]
        with quick.looking_at(keys[0]), quick.looking_at(keys[1]), quick.looking_at(keys[2]):
            began = monotonic()
            await quick.draw(rep.viewer, keys[0])
            took = monotonic() - began
            waited = monotonic()
            await quick.rest(keys[0])
            rested = monotonic() - waited
            quick.close()
            await quick.rest(keys[0])
            assert monotonic() - waited < rested + took
    assert min(took, 0.19) < rested <= min(3 * took / SHARE, 0.2) + 0.1


def test_no_text_ends_an_event() -> None:
    """Lines of what is sent are lines of its data, whatever they hold."""
    assert "event: board\ndata: a\ndata: \ndata: event: over\n\n" == event("board", "a\r\n\nevent: over\n")

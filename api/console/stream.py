"""The board, while somebody looks at it: what changed is sent by itself (server-sent events).

One look at the database a second serves all who listen; each then gets their own view, filters and all, when it has
become another one. Many views are drawn less often, so that leads come in as fast as ever. While the database is away
pages are told that they may be old. A stream ends when its session does, and at once when the server stops: browsers
come again.
This room refuses to decide anything: it sends what `GET /` would show.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import Annotated

from fastapi import Request
from fastapi.responses import StreamingResponse

from api.console.board_view import view_of
from api.console.board_wanted import Wanted, wanted_of
from api.console.lead_known import eyes_of
from api.console.paper import HEADERS, environment
from api.console.viewing import Untellable, Viewer, console, cookie_name, seen
from api.doors import FrontDep
from db.board import LATELY
from db.engine import DatabaseUnreachable
from models.access import Right
from runtime.front import Front

router = console()

EVERY_S = 1.0
"""Seconds between two looks at the database, while anybody listens."""

HEARTBEAT_S = 15.0
"""Seconds after which something is sent in any case, the session is looked at, and countdowns are counted again."""

MOST = 100
"""Streams of one process; each keeps a connection open."""

AT_ONCE = 2
"""Views that are drawn at the same time: one that takes long leaves room for others, and connections for the doors."""

SHARE = 0.2
"""How much of its time a process draws, however many views change each second."""

MOST_OF_ONE = 6
"""Streams of one browser: it has no more connections to one house."""


class Lookout:
    """Looks whether any lead has changed, once for all who wait for it, and not at all while nobody does."""

    def __init__(self, front: Front, every_s: float = EVERY_S) -> None:
        self._front, self._every_s = front, every_s
        self._known: frozenset[tuple[str, int]] = frozenset()
        self._moved = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        self.turn = 0
        self.looks = 0

    @property
    def looking(self) -> bool:
        """Say whether it looks at all."""
        return self._looking is not None and not self._looking.done()

    def begin(self) -> None:
        """Begin to look, unless it does."""
        if not self.looking:
            self._looking = asyncio.create_task(self._look())

    def end(self) -> None:
        """Look no more."""
        looking, self._looking = self._looking, None
        if looking is not None:
            looking.cancel()

    async def wait(self, turn: int, seconds: float) -> None:
        """Wait until something has changed since `turn`, and so long at most. Raises what ended the looking."""
        if self._looking is not None and self._looking.done() and not self._looking.cancelled():
            self._looking.result()
        if self.turn != turn:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._moved.wait()
        except TimeoutError:
            return

    def stir(self) -> None:
        """Let everybody who waits go on."""
        self.turn += 1
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def _look(self) -> None:
        while True:
            try:
                found = await self._front.store.boards.changed_since(self._front.clock() - LATELY)
            except DatabaseUnreachable:
                found = self._known  # listeners are told by their own view, when it can be had again
            self.looks += 1
            if found - self._known:
                self.stir()
            self._known = found
            await asyncio.sleep(self._every_s)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A view as it was drawn in a turn, at a second of the process's own clock, and how long that took."""

    turn: int
    at_s: float
    took_s: float
    markup: str


@dataclass(slots=True)
class _Sheet:
    """One view that somebody looks at, until the last of them has gone."""

    lock: asyncio.Lock
    listeners: int = 0
    drawn: Drawn | None = None


Key = tuple[Wanted, str, bool]
"""What makes two views the same: what is asked for, the zone of its times, and whether there are boxes to tick."""


class Streams:
    """Everybody who looks at the board now. One of each app."""

    def __init__(self, front: Front, *, every_s: float = EVERY_S, heartbeat_s: float = HEARTBEAT_S) -> None:
        self.lookout = Lookout(front, every_s)
        self.heartbeat_s = heartbeat_s
        self._front = front
        self._open: Counter[str] = Counter()
        self._sheets: dict[Key, _Sheet] = {}
        self._pens = asyncio.Semaphore(AT_ONCE)
        self._closing = asyncio.Event()

    @property
    def number(self) -> int:
        """Count those who listen."""
        return self._open.total()

    @property
    def views(self) -> int:
        """Count the views that are kept."""
        return len(self._sheets)

    @property
    def closed(self) -> bool:
        """Say whether the server stops."""
        return self._closing.is_set()

    def close(self) -> None:
        """End every stream: the server stops."""
        self._closing.set()
        self.lookout.stir()

    def admit(self, session: str) -> None:
        """See whether one more may listen. Raises `Untellable` (503) where there are too many, or the server stops."""
        if self.closed or self.number >= MOST or self._open[session] >= MOST_OF_ONE:
            raise Untellable(503, "Not now", "Too many look at the board at once. Open it anew to see what is new.")

    @contextmanager
    def listening(self, session: str) -> Iterator[None]:
        """Count somebody who listens; nobody looks at the database for nobody."""
        self._open[session] += 1
        self.lookout.begin()
        try:
            yield
        finally:
            self._open[session] -= 1
            self._open += Counter()  # forget who is at none
            if not self.number:
                self.lookout.end()

    @contextmanager
    def looking_at(self, key: Key) -> Iterator[None]:
        """Keep a view while somebody looks at it, and no longer."""
        sheet = self._sheets.setdefault(key, _Sheet(asyncio.Lock()))
        sheet.listeners += 1
        try:
            yield
        finally:
            sheet.listeners -= 1
            if not sheet.listeners:
                del self._sheets[key]

    async def draw(self, viewer: Viewer, key: Key) -> str:
        """Draw a view; those who look at the same one share it. Raises `DatabaseUnreachable`."""
        sheet = self._sheets[key]
        async with sheet.lock:
            known, turn, now_s = sheet.drawn, self.lookout.turn, monotonic()
            if known is not None and known.turn == turn and now_s - known.at_s < self.heartbeat_s / 2:
                return known.markup
            async with self._pens:
                began_s = monotonic()
                view = await view_of(self._front, viewer, key[0])
                markup = environment().get_template("board_live.html").render(view=view, wanted=key[0])
                sheet.drawn = Drawn(turn, now_s, monotonic() - began_s, markup)
            return markup

    async def rest(self, key: Key) -> None:
        """Leave a view alone until its turn among all of them has come; not when the server stops."""
        drawn = self._sheets[key].drawn
        if drawn is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(min(drawn.took_s * self.views / SHARE, self.heartbeat_s)):
                await self._closing.wait()


@router.get("/board/stream")
async def stream(request: Request, front: FrontDep, viewer: Annotated[Viewer, seen(Right.SEE)]) -> StreamingResponse:
    """Send the board that the address asks for, now and whenever it has become another one."""
    wanted = wanted_of(request.query_params.multi_items())
    streams: Streams = request.app.state.streams
    token = request.cookies.get(cookie_name(request), "")

    async def holds() -> bool:
        found = await front.store.sessions.find(token, at=front.clock(), using=False)
        return found is not None and found.rights == viewer.rights

    _, zone = await eyes_of(front, viewer)
    key = (wanted, zone, viewer.may(Right.BULK))
    streams.admit(viewer.session)
    headers = HEADERS | {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_told(streams, viewer, key, holds), headers=headers, media_type="text/event-stream")


async def _told(streams: Streams, viewer: Viewer, key: Key, holds: Callable[[], Awaitable[bool]]) -> AsyncIterator[str]:
    """Tell what changes, until the session ends or the server does."""
    last, looked_s = "", monotonic()
    with streams.listening(viewer.session), streams.looking_at(key):
        while not streams.closed:
            turn = streams.lookout.turn
            try:
                if monotonic() - looked_s >= streams.heartbeat_s:
                    if not await holds():
                        yield event("over", "Your session has ended.")
                        return
                    looked_s = monotonic()
                markup = await streams.draw(viewer, key)
            except DatabaseUnreachable:
                yield event("stale", "The database does not answer.")
                last = ""  # whatever comes next is sent: it says that the page is of now again
            else:
                digest = hashlib.sha256(markup.encode()).hexdigest()
                yield event("board", markup) if digest != last else ": nothing new\n\n"
                last = digest
            await streams.rest(key)
            await streams.lookout.wait(turn, streams.heartbeat_s)


def event(name: str, text: str) -> str:
    """Write one event as the standard has it: no line of the text can end it, or begin another."""
    lines = "".join(f"data: {line}\n" for line in text.splitlines())
    return f"event: {name}\n{lines}\n"

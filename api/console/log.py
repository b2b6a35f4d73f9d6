"""What people did here: who, when, what, about which lead, and what came of it; as a page and as a file.

It tells nothing of prospects: the words of an act go with its lead.
"""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from api.console.frame import page
from api.console.ops_frame import zone_for
from api.console.paper import HEADERS
from api.console.viewing import Untellable, Viewer, console, seen
from api.doors import FrontDep
from db.acts import Act, Acts
from db.tables.words import ActOutcome
from models.access import Right
from runtime.exporting import cell

router = console()

PAGE = 50
FILE_PAGE = 1000
COLUMNS = ("id", "at", "who", "person_id", "what", "lead_id", "about", "detail", "outcome", "because")
_LARGEST_ID = 2**31 - 1

Reader = seen(Right.LOG)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which acts are asked for; days are whole days of the reader's zone, both included."""

    who: str
    what: str
    lead: str
    outcome: ActOutcome | None
    since: date | None
    until: date | None
    zone: str

    @property
    def query(self) -> dict[str, str]:
        """Give them as an address says them."""
        days = {name: day.isoformat() for name, day in (("from", self.since), ("until", self.until)) if day}
        words = {"who": self.who, "what": self.what, "lead": self.lead, "outcome": self.outcome or ""}
        return {name: word for name, word in words.items() if word} | days

    async def read(self, acts: Acts, limit: int, after: int | None) -> tuple[Act, ...]:
        """Give one page of them, the last first."""
        return await acts.list(
            who=self.who or None,
            what=self.what or None,
            lead_id=self.lead or None,
            outcome=self.outcome,
            since=self._midnight(self.since),
            until=self._midnight(self.until + timedelta(days=1)) if self.until else None,
            limit=limit,
            after=after,
        )

    def _midnight(self, day: date | None) -> datetime | None:
        return None if day is None else datetime.combine(day, time(), ZoneInfo(self.zone))


@router.get("/log")
async def log(request: Request, front: FrontDep, viewer: Viewer = Reader) -> Response:
    """List what people did, the last first."""
    zone = await zone_for(front, viewer)
    filters = _filters(request, zone)
    found = await filters.read(front.store.acts, PAGE + 1, _after(request))
    shown = found[:PAGE]
    older = urlencode(filters.query | {"after": str(shown[-1].id)}) if len(found) > PAGE else ""
    return await page(
        request,
        viewer,
        "log.html",
        title="Log",
        acts=shown,
        filters=filters,
        outcomes=[one.value for one in ActOutcome],
        zone=zone,
        older=f"/log?{older}" if older else "",
        file=f"/log.csv?{urlencode(filters.query)}",
        narrow=lambda **more: f"/log?{urlencode(filters.query | more)}",
    )


@router.get("/log.csv")
async def file(request: Request, front: FrontDep, viewer: Viewer = Reader) -> Response:
    """Give all of them as a file."""
    filters = _filters(request, await zone_for(front, viewer))
    named = {"Content-Disposition": 'attachment; filename="log.csv"'}
    return StreamingResponse(_lines(filters, front.store.acts), media_type="text/csv", headers=HEADERS | named)


async def _lines(filters: Filters, acts: Acts) -> AsyncIterator[str]:
    yield _written([COLUMNS])
    after: int | None = None
    while found := await filters.read(acts, FILE_PAGE, after):
        yield _written([[cell(_value(act, name)) for name in COLUMNS] for act in found])
        after = found[-1].id


def _value(act: Act, name: str) -> object:
    if name == "detail":
        return [f"{key}={value}" for key, value in act.detail.items()]
    return getattr(act, name)


def _written(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _filters(request: Request, zone: str) -> Filters:
    """Read what an address asks for. Raises `Untellable`."""
    asked = request.query_params
    words = {name: asked.get(name, "").strip() for name in ("who", "what", "lead", "outcome")}
    known = {one.value for one in ActOutcome}
    if any(len(word) > 200 or not word.isprintable() for word in words.values()):
        raise _unreadable()
    if words["outcome"] and words["outcome"] not in known:
        raise _unreadable()
    outcome = ActOutcome(words["outcome"]) if words["outcome"] else None
    since, until = (_day(asked.get(name, "")) for name in ("from", "until"))
    return Filters(words["who"], words["what"], words["lead"], outcome, since, until, zone)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError:
        raise _unreadable() from None
    if found is not None and not 1970 <= found.year <= 2200:
        raise _unreadable()
    return found


def _after(request: Request) -> int | None:
    text = request.query_params.get("after", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= _LARGEST_ID):
        raise _unreadable()
    return int(text)


def _unreadable() -> Untellable:
    return Untellable(422, "This cannot be looked for", "Something in the address is none of what the log knows.")

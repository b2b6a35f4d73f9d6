"""A file of leads over HTTP: checked line by line, kept in bounded memory, started at the pace of imports."""

import asyncio
import json
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
from sqlmodel import select

from db import tables
from models.access import Scope
from runtime.intake import importing
from tests.api.house import Doors

PROBLEM = "application/problem+json"
HEADER = "source,type,email,company.name\n"
CSV = {"content-type": "text/csv; charset=utf-8"}
JSONL = {"content-type": "application/x-ndjson"}


def lines(numbers: range) -> str:
    """So many good lines, each of a person of its own."""
    return "".join(f"fair,event_scan,kim{n}@acme.example,Acme {n}\n" for n in numbers)


async def send(
    doors: Doors, content: str | bytes | AsyncIterator[bytes], query: str = "", headers: Any = None, **more: Any
) -> httpx2.Response:
    """Send a file."""
    key = more.pop("key", None) or await doors.key(Scope.OPS)
    path = f"/v1/leads/import{query}"
    return await doors.ask("POST", path, key=key, content=content, headers=CSV if headers is None else headers)


async def rows_of(doors: Doors) -> list[tables.Inbox]:
    """Read the inbox in the order of lines."""
    async with doors.store.database.reading() as session:
        return list((await session.exec(select(tables.Inbox).order_by(tables.Inbox.line))).all())  # type: ignore[arg-type]


async def test_good_lines_are_kept_and_wrong_ones_told(doors: Doors) -> None:
    """Each wrong line with its number, field and what would be right; the good ones wait, paced and by urgency."""
    text = (
        HEADER
        + lines(range(2))
        + "fair,nonsense,kim@acme.example,\nweb,demo_request,,\nweb,demo_request,lee@b.example,B\n"
    )
    answer = await send(doors, text)
    told = answer.json()
    assert (202, 3, 2, False) == (answer.status_code, told["kept"], told["refused"], told["backfill"])
    assert [(4, "type"), (5, "")] == [(one["line"], one["field"]) for one in told["errors"]]
    rows = await rows_of(doors)
    assert [(2, 2), (3, 2), (6, 0)] == [(row.line, row.urgency) for row in rows]
    assert {(told["import_id"], True, False)} == {(row.import_id, row.paced, row.backfill) for row in rows}
    progress = (await doors.get(f"/v1/imports/{told['import_id']}", key=await doors.key(Scope.LEADS_READ))).json()
    assert {"waiting": 3, "started": 0, "refused": 0} == progress.pop("starts")
    assert told == progress


async def test_a_file_sent_again_keeps_the_same_rows(doors: Doors) -> None:
    """Told with the first answer and 200; also when the first time broke off in the middle."""
    key, text = await doors.key(), HEADER + lines(range(250)) + "fair,nonsense,x@acme.example,\n"
    first = await send(doors, text, key=key)
    ids = [row.lead_id for row in await rows_of(doors)]
    async with doors.store.database.writing() as session:  # as if the process had died after the first hundred
        made = (await session.exec(select(tables.Import))).one()
        made.read_at, made.kept, made.refused, made.errors = None, 0, 0, []
        for row in (await session.exec(select(tables.Inbox).where(tables.Inbox.line > 101))).all():  # type: ignore[operator]
            await session.delete(row)
    second, third = await send(doors, text, key=key), await send(doors, text, key=key)
    assert [202, 202, 200] == [one.status_code for one in (first, second, third)]
    assert 1 == len({one.json()["import_id"] for one in (first, second, third)})
    assert {(250, 1)} == {(one.json()["kept"], one.json()["refused"]) for one in (first, second, third)}
    assert ids == [row.lead_id for row in await rows_of(doors)]


async def test_a_lead_id_is_used_once(doors: Doors) -> None:
    """A line that calls itself by another lead's id is refused and not lost; sent again, the answer is the same."""
    key = await doors.key(Scope.OPS, Scope.LEADS_WRITE)
    lead = {"source": "fair", "type": "event_scan"}
    await doors.post("/v1/leads", {**lead, "email": "first@acme.example", "lead_id": "door"}, key=key)
    names = (("door", "other"), ("line", "two"), ("line", "three"), ("line", "two"))
    file = "\n".join(json.dumps({**lead, "lead_id": one, "email": f"{who}@acme.example"}) for one, who in names)
    answer = (await send(doors, file, headers=JSONL, key=key)).json()
    assert (2, [(1, "lead_id"), (3, "lead_id")]) == (
        answer["kept"],
        [(one["line"], one["field"]) for one in answer["errors"]],
    )
    assert {"door", "line"} == {row.lead_id for row in await rows_of(doors)}
    changed = await send(doors, file, "?backfill=true", headers=JSONL, key=key)
    assert answer["errors"] == changed.json()["errors"]


async def test_two_who_send_the_same_file_at_once_make_one_import(doors: Doors) -> None:
    """Whoever is slower finds the rows there."""
    key, text = await doors.key(), HEADER + lines(range(150))
    answers = await asyncio.gather(*(send(doors, text, key=key) for _ in range(3)))
    assert 1 == len({one.json()["import_id"] for one in answers})
    assert {150} == {one.json()["kept"] for one in answers}
    assert 150 == len(await rows_of(doors))


async def test_a_key_means_one_file(doors: Doors) -> None:
    """Under the same key another file is refused, and nothing of it kept."""
    key = await doors.key()
    headers = CSV | {"Idempotency-Key": "spring"}
    assert 202 == (await send(doors, HEADER + lines(range(1)), headers=headers, key=key)).status_code
    assert 200 == (await send(doors, HEADER + lines(range(1)), headers=headers, key=key)).status_code
    assert 422 == (await send(doors, HEADER + lines(range(5)), headers=headers, key=key)).status_code
    assert 1 == len(await rows_of(doors))


@pytest.mark.parametrize("query", ["", "?backfill=true"])
async def test_json_lines_are_leads_too(doors: Doors, query: str) -> None:
    """Line by line, blank ones passed over; history says that it is."""
    good = {"source": "crm", "type": "renewal", "email": "kim@acme.example", "custom": {"any": ["thing"]}}
    text = f"{json.dumps(good)}\n\n{{broken\n[1]\n{json.dumps(good | {'email': 'lee@acme.example'})}"
    answer = await send(doors, text, query, JSONL)
    assert (202, [3, 4]) == (answer.status_code, [one["line"] for one in answer.json()["errors"]])
    assert [(1, bool(query)), (5, bool(query))] == [(row.line, row.backfill) for row in await rows_of(doors)]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", ("line 1", "holds no lead")),
        ("\n \n", ("line 1", "holds no lead")),
        ("sorce,type\nx,y\n", ("line 1", "sorce: is not a known column; did you mean source?")),
        ("\nsource,source\nx,y\n", ("line 2", "source: is there twice")),
        (
            HEADER.encode() + b"fair,event_scan,k\xffm@x.example,\n",
            ("line 2", "is not UTF-8 text; save the file as UTF-8"),
        ),
        (HEADER.encode() + b"\xc3", ("line 2", "ends within a character: it is not UTF-8 text, or not whole")),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_whole(
    doors: Doors, content: str | bytes, says: tuple[str, str]
) -> None:
    """With the line at fault; nothing of it is kept, and there is no import."""
    answer = await send(doors, content)
    assert (422, PROBLEM) == (answer.status_code, answer.headers["content-type"])
    assert [says] == [(one["field"], one["what"]) for one in answer.json()["errors"]]
    async with doors.store.database.reading() as session:
        assert [] == list((await session.exec(select(tables.Import))).all())


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({"content-type": "application/pdf"}, "", 415),
        ({}, "", 415),
        ({"content-type": "application/json"}, "?format=json", 422),
        ({"content-type": "application/octet-stream"}, "?format=csv", 202),
        (CSV, "?format=xml", 422),
        (CSV, "?backfil=true", 422),
    ],
)
async def test_a_file_says_what_it_is(doors: Doors, headers: dict[str, str], query: str, status: int) -> None:
    """By its content type or by `format`; anything else is told what is taken."""
    assert status == (await send(doors, HEADER + lines(range(1)), query, headers)).status_code


@pytest.mark.parametrize(
    ("name", "limit", "at_fault"), [("MOST_LINES", 20, "line 21"), ("LONGEST_LINE", 500, "line 1")]
)
async def test_too_much_is_refused_on_the_way(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, name: str, limit: int, at_fault: str
) -> None:
    """Too many lines, or a line without end: nothing is kept."""
    monkeypatch.setattr(importing, name, limit)
    text = HEADER + lines(range(25)) if name == "MOST_LINES" else "x" * 501
    answer = await send(doors, text)
    assert (422, at_fault) == (answer.status_code, answer.json()["errors"][0]["field"])
    assert [] == await rows_of(doors)


async def test_the_last_line_that_is_taken_is_taken(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many leads as are allowed, with their header, are not one too many."""
    monkeypatch.setattr(importing, "MOST_LINES", 20)
    assert 20 == (await send(doors, HEADER + lines(range(20)))).json()["kept"]


async def test_complaints_are_bounded_and_counted(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first ones are told; all are counted."""
    monkeypatch.setattr(importing, "MOST_ERRORS", 5)
    told = (await send(doors, HEADER + "fair,nonsense,x@acme.example,\n" * 120)).json()
    assert (0, 120, 5) == (told["kept"], told["refused"], len(told["errors"]))


async def test_a_large_file_is_never_in_memory(doors: Doors) -> None:
    """Some twenty megabytes in chunks: what is held at once stays a fraction of it."""
    chunk = ("fair,nonsense,x@acme.example," + "x" * 20_000 + "\n").encode()

    def pieces() -> Iterator[bytes]:
        yield HEADER.encode()
        for _ in range(1000):
            yield chunk

    async def stream() -> AsyncIterator[bytes]:
        for piece in pieces():
            yield piece

    tracemalloc.start()
    try:
        answer = await send(doors, stream())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (202, 1000) == (answer.status_code, answer.json()["refused"])
    assert peak < len(chunk) * 500, "half of the file"


async def test_there_is_no_such_import(doors: Doors) -> None:
    """Nor any under an id that could be none."""
    key = await doors.key(Scope.LEADS_READ)
    assert Counter({404: 2}) == Counter(
        [(await doors.get(f"/v1/imports/{one}", key=key)).status_code for one in ("never", "a%20b")]
    )
    assert 403 == (await send(doors, HEADER, key=key)).status_code

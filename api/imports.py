"""A file of leads in, and how far it has come."""

import email.message
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from api.document import refusals
from api.doors import Caller, FrontDep, KeyHeader, allowed, door
from api.problems import nothing_here, of_status, unreadable
from db.imports import ImportCard
from models.access import Scope
from models.base import Instant
from models.lead import LEAD_ID
from runtime.intake.importing import MOST_LINES, Importer, spool, spooling
from runtime.intake.rows import FileFlaw, Format

router = door("imports")

TYPES = {
    "text/csv": Format.CSV,
    "application/csv": Format.CSV,
    "application/jsonl": Format.JSONL,
    "application/x-ndjson": Format.JSONL,
    "application/jsonlines": Format.JSONL,
}
"""What a file may say that it is; anything else needs `format`."""

Streamed = Literal[Format.CSV, Format.JSONL]
"""What can be read line by line, however long it is."""

EXAMPLES = {
    "text/csv": "source,type,email,company.name\nfair,event_scan,mona.lind@acme.example,Acme\n",
    "application/x-ndjson": '{"source": "fair", "type": "event_scan", "email": "mona.lind@acme.example"}\n',
}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"CSV with the fields of a lead as columns, or one JSON object a line: {MOST_LINES:,} lines.",
        "content": {
            name: {"schema": {"type": "string", "minLength": 1}, "example": example}
            for name, example in EXAMPLES.items()
        },
    }
}


class LineProblem(BaseModel):
    """What is wrong with one line."""

    line: int
    field: str = Field(description="empty: the whole line")
    what: str


class ImportAnswer(BaseModel):
    """What was kept of a file, and what is wrong with the rest; `errors` are the first thousand."""

    import_id: str = Field(examples=["x4mwq7c2r9kpzt"])
    backfill: bool
    kept: int
    refused: int
    errors: list[LineProblem]
    created_at: Instant
    read_at: Instant | None = Field(description="when every line had been come to; null: it still is read")


class Starts(BaseModel):
    """How many of the lines that were kept wait, are started, and cannot be."""

    waiting: int
    started: int
    refused: int


class ImportProgress(ImportAnswer):
    """How far an import has come."""

    starts: Starts


@router.post(
    "/v1/leads/import",
    status_code=202,
    summary="Take a file of leads",
    response_model=ImportAnswer,
    responses={
        202: {"description": "Every good line is committed; dispatchers start them at the pace of imports"},
        200: {"model": ImportAnswer, "description": "The same file came before: nothing follows"},
        **refusals(415, 422),
    },
    openapi_extra=BODY,
)
async def take_file(
    front: FrontDep,
    caller: Annotated[Caller, allowed(Scope.LEADS_WRITE, Scope.OPS)],
    request: Request,
    response: Response,
    format: Annotated[  # noqa: A002 - the parameter's name on the wire
        Streamed | None, Query(description="what the file is written in, where its content type does not say it")
    ] = None,
    backfill: Annotated[
        bool, Query(description="history: no promise to these people is broken, and no alarm raised")
    ] = False,
    key: KeyHeader = None,
) -> ImportCard:
    """Check a file line by line and keep the good ones. The same file within a day is the same import.

    A file whose header is wrong is refused, and nothing of it is kept; any other wrong line is told, and the rest kept.
    """
    format_ = _format(request.headers.get("content-type", ""), format)
    with spooling() as file:
        try:
            spooled = await spool(request.stream(), file)
            card, repeat = await Importer(front.store, front.clock).take(
                spooled,
                format_,
                by=caller.key_id,
                key=key,
                sources=caller.sources,
                backfill=backfill,
                compiled=await front.door.policy(),
            )
        except FileFlaw as flaw:
            wrong = {"field": f"line {flaw.line}", "what": flaw.what}
            raise unreadable([wrong], "The file cannot be taken; nothing of it is kept.") from None
    if repeat:
        response.status_code = 200
    return card


@router.get(
    "/v1/imports/{import_id}",
    summary="Tell how far an import has come",
    responses=refusals(404),
)
async def tell_progress(
    front: FrontDep,
    caller: Annotated[Caller, allowed(Scope.LEADS_WRITE, Scope.LEADS_READ, Scope.OPS)],
    import_id: str,
) -> ImportProgress:
    """Count what waits, what is started, and what cannot be. A key for certain sources is told of its own files."""
    card = await front.store.imports.get(import_id) if LEAD_ID.fullmatch(import_id) else None
    if card is None or (caller.sources and card.by != caller.key_id):
        raise nothing_here("there is no import of that id")
    counts = await front.store.inbox.counts(import_id)
    starts = Starts(waiting=counts.waiting, started=counts.started, refused=counts.refused)
    return ImportProgress(**card.model_dump(), starts=starts)


def _format(content_type: str, said: Format | None) -> Format:
    """Say what a file is written in. Raises a 415 `Problem`."""
    message = email.message.Message()
    message["content-type"] = content_type
    known = said or TYPES.get(message.get_content_type() if content_type else "")
    if known is None:
        detail = "Send text/csv or application/x-ndjson, or say ?format=csv or ?format=jsonl."
        raise of_status(415, detail, {"Accept": ", ".join(TYPES)})
    return known

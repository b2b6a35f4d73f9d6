"""Everything of one kind as a CSV file, for tools that are no CRM of ours."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Path, Query
from fastapi.responses import Response, StreamingResponse

from api.doors import Caller, FrontDep, QueryInstant, allowed, door
from models.access import Scope
from models.export import Export
from runtime.exporting import csv_of

router = door("exports")

MEDIA_TYPE = "text/csv; charset=utf-8"
_FILE: dict[str, Any] = {
    "text/csv": {"schema": {"type": "string"}, "example": "lead_id,source\r\n7h2kqv9m3xwzpd,web\r\n"}
}


@router.get(
    "/v1/export/{what}",
    summary="Export leads, accounts, contacts or outcomes",
    response_class=Response,
    responses={200: {"description": "The file, with a header line", "content": _FILE}},
)
async def export(
    front: FrontDep,
    _caller: Annotated[Caller, allowed(Scope.EXPORT, everywhere=True)],
    what: Annotated[Export, Path(description="What the file is to hold.")],
    since: Annotated[QueryInstant | None, Query(description="What changed then or later.")] = None,
) -> StreamingResponse:
    """Give everything of one kind as CSV, with how to reach people: hence a scope of its own.

    A text that a spreadsheet would take for a formula has a quote before it.
    """
    pieces = csv_of(front.store, what, since)
    first = await anext(pieces)  # before the answer begins: a database that is away is told as at every door

    async def whole() -> AsyncIterator[str]:
        yield first
        async for piece in pieces:
            yield piece

    headers = {"Content-Disposition": f'attachment; filename="{what}.csv"', "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(whole(), media_type=MEDIA_TYPE, headers=headers)

"""Exports over HTTP: a CSV file for a key that may have it, and a problem for one that may not."""

import csv
import io

import pytest

from db.leads import Leads
from models.access import Scope
from models.export import Export
from runtime import clock
from tests.api.house import Doors
from tests.db.samples import AT, facts, newcomer


async def test_leads_come_as_a_file(doors: Doors) -> None:
    """With its header, its name, and no formula; `since` leaves out what is older."""
    about = facts("one", email="mona@acme.example", first_name="=cmd()", phone="+46812345678")
    await Leads(doors.store.database).admit(newcomer("one", about))
    key = await doors.key(Scope.EXPORT)
    answer = await doors.get("/v1/export/leads", key=key)
    assert (200, "text/csv; charset=utf-8", 'attachment; filename="leads.csv"') == (
        answer.status_code,
        answer.headers["content-type"],
        answer.headers["content-disposition"],
    )
    (row,) = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert ("one", "web", "mona@acme.example", "'=cmd()", "'+46812345678", "received", "false") == tuple(
        row[name] for name in ("lead_id", "source", "email", "first_name", "phone", "stage", "breached")
    )
    assert AT.strftime("%Y-%m-%dT%H:%M:%SZ") == row["received_at"]
    later = await doors.get(f"/v1/export/leads?since={clock.now():%Y-%m-%dT%H:%M:%SZ}", key=key)
    assert [",".join(row)] == later.text.splitlines()


@pytest.mark.parametrize("what", Export)
async def test_each_kind_has_a_header_though_there_is_nothing(doors: Doors, what: Export) -> None:
    """A tool that takes it every night takes an empty one, too."""
    answer = await doors.get(f"/v1/export/{what}", key=await doors.key(Scope.EXPORT))
    assert (200, 1) == (answer.status_code, len(answer.text.splitlines()))


async def test_a_file_with_everybodys_addresses_needs_its_own_scope(doors: Doors) -> None:
    """Reading where leads stand is not enough, and a key for certain sources gets no file of all."""
    readers = await doors.key(*(scope for scope in Scope if scope is not Scope.EXPORT))
    assert 403 == (await doors.get("/v1/export/leads", key=readers)).status_code
    of_fair = await doors.key(Scope.EXPORT, sources=["fair"])
    assert 403 == (await doors.get("/v1/export/leads", key=of_fair)).status_code
    assert 401 == (await doors.get("/v1/export/leads")).status_code
    key = await doors.key(Scope.EXPORT)
    for path in ("/v1/export/secrets", "/v1/export/leads?since=yesterday", "/v1/export/leads?until=now"):
        assert 422 == (await doors.get(path, key=key)).status_code, path

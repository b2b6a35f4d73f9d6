"""People of accounts over HTTP: who is next and why, kept once, and shown to keys for people only (R45)."""

from typing import Any

import pytest

from db.accounts import Accounts
from models.access import Scope
from models.facts import EmailKind
from models.market import Account
from runtime import clock
from tests.api.house import Doors
from tests.db.samples import facts, give, newcomer, order

CFO = {"email": "Wanda@acme.example", "first_name": "Wanda", "title": "CFO"}


@pytest.fixture
async def acme(doors: Doors) -> Doors:
    """Doors behind which `ana` has a lead of Acme, which is an account."""
    now, store = clock.now(), doors.store
    account = Account(id="acme", name="Acme", domains=["acme.example"])
    await Accounts(store.database).save(account, source="test", by="tests", at=now)
    about = facts("kim", email_kind=EmailKind.WORK, title="Buyer", received_at=now)
    await store.leads.admit(newcomer("kim", about))
    await store.leads.save_facts(about, at=now)
    await store.ownerships.assign(order("kim"), give("kim", "ana"), at=now, ordered_at=now)
    return doors


async def test_whom_to_try_next_and_why(acme: Doors) -> None:
    """New, then known; of the lead and of the account; who asked does not answer: the rep's task is the next one."""
    key = await acme.key(Scope.CONTACTS_READ, Scope.CONTACTS_WRITE, Scope.LEADS_READ)
    codes = [(await acme.post("/v1/contacts", CFO, key=key)).status_code for _ in range(2)]
    assert [201, 200] == codes
    await acme.post("/v1/contacts", {"email": "pat@acme.example", "title": "Clerk"}, key=key)
    shown = (await acme.get("/v1/leads/kim/contacts", key=key)).json()
    assert ("kim@acme.example", "wanda@acme.example", "acme") == (
        shown["asked"]["email"],
        shown["next_best"]["email"],
        shown["next_best"]["account_id"],
    )
    assert "decides +20" in shown["next_best"]["because"]
    of_account = (await acme.get("/v1/accounts/acme/contacts", key=key)).json()
    assert (3, None) == (len(of_account["others"]), of_account["asked"])
    assert of_account["coverage"] == (await acme.get("/v1/accounts/acme/coverage", key=key)).json()
    said = await acme.post(f"/v1/contacts/{shown['asked']['id']}/state", {"state": "no_answer"}, key=key)
    assert (200, shown["next_best"]["id"]) == (said.status_code, said.json()["next_contact_id"])
    (task,) = (await acme.get("/v1/tasks?rep=ana&state=open&limit=1", key=key)).json()["tasks"]
    assert shown["next_best"]["id"] == task["contact_id"]


async def test_whoever_reads_leads_is_told_of_nobody_by_name(acme: Doors) -> None:
    """Where a lead stands says how many others there are, what the next one is, and which parts nobody has."""
    both, reader = await acme.key(), await acme.key(Scope.LEADS_READ)
    await acme.post("/v1/contacts", CFO, key=both)
    for path in ("/v1/leads/kim", "/v1/leads/kim/explanation"):
        answer = await acme.get(path, key=reader)
        people = answer.json()["people"]
        assert (200, 1, "CFO") == (answer.status_code, people["others"], people["next_best"]["title"])
        assert "champion" in people["coverage"]["missing"]
        assert "wanda" not in answer.text.lower()
    assert 403 == (await acme.get("/v1/leads/kim/contacts", key=reader)).status_code
    some = await acme.key(sources=["web"])
    assert 403 == (await acme.get("/v1/leads/kim/contacts", key=some)).status_code


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("GET", "/v1/leads/none/contacts", None, 404, None),
        ("GET", "/v1/accounts/none/contacts", None, 404, None),
        ("GET", "/v1/accounts/none/coverage", None, 404, None),
        ("POST", "/v1/contacts/77/state", {"state": "left"}, 404, None),
        ("POST", "/v1/contacts/0/state", {"state": "left"}, 422, "contact_id"),
        ("POST", "/v1/contacts/1/state", {"state": "lazy"}, 422, "state"),
        ("POST", "/v1/contacts", {"email": "eva at acme", "account": "acme"}, 422, "email"),
        ("POST", "/v1/contacts", {"email": "e@x.example", "account": "none"}, 422, "account"),
        ("POST", "/v1/contacts", {"title": "CFO"}, 422, ""),
        ("DELETE", "/v1/contacts/77", None, 404, None),
        ("DELETE", "/v1/contacts/1", None, 409, None),
    ],
)
async def test_what_cannot_be_is_said_by_name(
    acme: Doors, method: str, path: str, body: Any, status: int, field: str | None
) -> None:
    """Nobody of that id, what is no address, no account and no state; a lead's person goes with their lead."""
    more = {} if body is None else {"json": body}
    answer = await acme.ask(method, path, key=await acme.key(), **more)
    errors = answer.json().get("errors", [{"field": None}])
    assert (status, field) == (answer.status_code, errors[0]["field"]), answer.text


async def test_who_came_with_no_lead_is_forgotten(acme: Doors) -> None:
    """For privacy's key only; once."""
    key, officer = await acme.key(Scope.CONTACTS_WRITE), await acme.key(Scope.PRIVACY)
    path = f"/v1/contacts/{(await acme.post('/v1/contacts', CFO, key=key)).json()['id']}"
    codes = [(await acme.ask("DELETE", path, key=one)).status_code for one in (key, officer, officer)]
    assert [403, 204, 404] == codes

"""Accounts over HTTP: taken one by one and as files, merged, and a person's word on whose a lead's company is."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from db.accounts import Accounts
from db.leads import Leads
from models.access import Scope
from models.account import PossibleMatch
from models.facts import LeadFacts
from models.lead import Company
from models.market import Account
from runtime import clock
from tests.api.house import Doors
from tests.db.samples import facts, newcomer

ACME: dict[str, Any] = {"id": "acme", "name": "Acme GmbH", "domains": ["acme.example"], "owner": "ana"}
GLOBEX: dict[str, Any] = {"id": "globex", "name": "Globex AG"}


async def in_the_queue(doors: Doors, lead_id: str, name: str) -> int:
    """Let a lead in whose company might be Acme, and give the number of the question."""
    about = facts(lead_id).model_copy(update={"company": Company(name=name), "email": None})
    await doors.store.leads.admit(newcomer(lead_id, about))
    possible = PossibleMatch(account_id="acme", name="Acme GmbH", score=90, because="its name is close")
    await doors.store.possible_matches.keep(lead_id, [possible], at=clock.now())
    (one,) = [one for one in await doors.store.possible_matches.list() if one.lead_id == lead_id]
    return one.id


async def known(doors: Doors, lead_id: str) -> LeadFacts:
    """Give what is known of a lead."""
    found = await Leads(doors.store.database).facts(lead_id)
    assert found is not None
    return found


async def test_an_account_is_kept_whole(doors: Doors) -> None:
    """The first time it is new, the same again changes nothing; it is shown with those above it, and listed."""
    key = await doors.key(Scope.MANAGE)
    saved = [(await doors.post("/v1/accounts", one, key=key)).json()["saved"] for one in (GLOBEX, ACME, ACME)]
    assert ["new", "new", "same"] == saved
    changed = (await doors.post("/v1/accounts", {**ACME, "parent": "globex"}, key=key)).json()
    assert ("changed", "test") == (changed["saved"], changed["account"]["by"])
    shown = (await doors.get("/v1/accounts/acme", key=key)).json()
    assert ("globex", ["globex"]) == (shown["account"]["parent"], [one["id"] for one in shown["above"]])
    first = (await doors.get("/v1/accounts?limit=1", key=key)).json()
    rest = (await doors.get(f"/v1/accounts?after={first['after']}", key=key)).json()
    assert ["acme", "globex"] == [one["id"] for one in (*first["accounts"], *rest["accounts"])]
    assert ["acme"] == [one["id"] for one in (await doors.get("/v1/accounts?owner=ana", key=key)).json()["accounts"]]


async def test_what_cannot_be_is_refused_by_field(doors: Doors) -> None:
    """A circle, a parent that is none, a provider's domain, an unknown field: 422 each, and nothing is kept."""
    key = await doors.key(Scope.MANAGE)
    await doors.post("/v1/accounts", {**ACME, "parent": None}, key=key)
    await doors.post("/v1/accounts", {**GLOBEX, "parent": "acme"}, key=key)
    for wrong, field in (
        ({**ACME, "parent": "globex"}, "parent"),
        ({**ACME, "parent": "nobody"}, "parent"),
        ({**ACME, "domains": ["gmail.com"]}, "domains"),
        ({**ACME, "colour": "red"}, "colour"),
    ):
        answer = await doors.post("/v1/accounts", wrong, key=key)
        assert (422, field) == (answer.status_code, answer.json()["errors"][0]["field"])
    assert (await doors.get("/v1/accounts/acme", key=key)).json()["account"]["parent"] is None


async def test_a_file_keeps_its_good_lines(doors: Doors) -> None:
    """Each wrong line is told; a child may stand before its parent; a wrong header refuses the whole file."""
    key = await doors.key(Scope.OPS)
    lines = (
        "id,name,parent,country",
        "acme,Acme,globex,Deutschland",
        "globex,Globex,,",
        "bad,,,",
        "x,X,nobody,",
        "y,Y",
    )
    headers = {"Content-Type": "text/csv"}
    answer = await doors.ask("POST", "/v1/accounts/import", key=key, content="\n".join(lines), headers=headers)
    loaded = answer.json()
    assert (2, 3) == (loaded["new"], loaded["refused"])
    assert [(4, "name"), (5, "parent"), (6, "")] == [(one["line"], one["field"]) for one in loaded["errors"]]
    shown = (await doors.get("/v1/accounts/acme", key=key)).json()
    assert ("DE", ["globex"]) == (shown["account"]["country"], [one["id"] for one in shown["above"]])
    wrong = await doors.ask("POST", "/v1/accounts/import", key=key, content="id,nmae\na,A\n", headers=headers)
    assert (422, "line 1") == (wrong.status_code, wrong.json()["errors"][0]["field"])
    assert 415 == (await doors.post("/v1/accounts/import", {}, key=key)).status_code


async def test_no_transaction_is_a_whole_files(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """Offers wait for whoever writes: children before their parent are kept a batch at a time, too."""
    sizes, save_all = [], Accounts.save_all

    async def counted(self: Accounts, accounts: Sequence[Account], **known: Any) -> Any:
        sizes.append(len(accounts))
        return await save_all(self, accounts, **known)

    monkeypatch.setattr(Accounts, "save_all", counted)
    monkeypatch.setattr("runtime.accounts.BATCH", 4)
    lines = ["id,name,parent", *(f"c{n},Child {n},z" for n in range(9)), "z,Parent,"]
    key, headers = await doors.key(Scope.OPS), {"Content-Type": "text/csv"}
    loaded = await doors.ask("POST", "/v1/accounts/import", key=key, content="\n".join(lines), headers=headers)
    assert (10, 0) == (loaded.json()["new"], loaded.json()["refused"])
    assert 4 == max(sizes)


async def test_a_merged_account_is_found_as_the_one_that_stays(doors: Doors) -> None:
    """It goes by both names and domains; merging it again, or into itself, is refused."""
    key = await doors.key(Scope.MANAGE)
    for one in (ACME, GLOBEX):
        await doors.post("/v1/accounts", one, key=key)
    merged = (await doors.post("/v1/accounts/acme/merge", {"into": "globex"}, key=key)).json()
    assert (["Acme GmbH"], ["acme.example"], "ana") == (merged["names"], merged["domains"], merged["owner"])
    shown = (await doors.get("/v1/accounts/acme", key=key)).json()
    assert ("globex", ["globex"]) == (shown["account"]["merged_into"], [one["id"] for one in shown["above"]])
    assert 422 == (await doors.post("/v1/accounts/acme/merge", {"into": "globex"}, key=key)).status_code
    assert 422 == (await doors.post("/v1/accounts/globex/merge", {"into": "globex"}, key=key)).status_code
    assert 404 == (await doors.post("/v1/accounts/none/merge", {"into": "globex"}, key=key)).status_code


async def test_a_confirmed_match_teaches_the_account(doors: Doors) -> None:
    """The lead is the account's, its workflow is told, and whoever else has that name is recognised with it."""
    key = await doors.key(Scope.MANAGE)
    await doors.post("/v1/accounts", ACME, key=key)
    one, two = await in_the_queue(doors, "one", "Akme Werke"), await in_the_queue(doors, "two", "Akme Werke GmbH")
    said = (await doors.post(f"/v1/possible-matches/{one}/confirm", key=key)).json()
    assert ("confirmed", "test", "Akme Werke") == (said["state"], said["decided_by"], said["company"])
    said_to = await doors.store.outbox.claim(9, now=clock.now(), lease=timedelta(0))
    for lead_id, by in (("one", "hand"), ("two", "name")):
        account = (await known(doors, lead_id)).account
        assert account is not None
        assert ("acme", by) == (account.account.id, account.by)
        assert ["event"] == [task.body["name"] for task in said_to if task.lead_id == lead_id]
    shown = (await doors.get("/v1/accounts/acme", key=key)).json()
    assert ["Akme Werke"] == shown["account"]["names"]
    assert [] == (await doors.get("/v1/possible-matches", key=key)).json()["possible_matches"]
    assert 200 == (await doors.post(f"/v1/possible-matches/{one}/confirm", key=key)).status_code
    assert 409 == (await doors.post(f"/v1/possible-matches/{one}/reject", key=key)).status_code
    assert 404 == (await doors.post(f"/v1/possible-matches/{two}/confirm", key=key)).status_code


async def test_a_rejected_match_changes_nothing(doors: Doors) -> None:
    """The account learns nothing and the lead has none; keys that may only read may not say."""
    key = await doors.key(Scope.MANAGE)
    await doors.post("/v1/accounts", ACME, key=key)
    number = await in_the_queue(doors, "one", "Akme")
    reader = await doors.key(Scope.LEADS_READ)
    assert 403 == (await doors.post(f"/v1/possible-matches/{number}/reject", key=reader)).status_code
    assert "rejected" == (await doors.post(f"/v1/possible-matches/{number}/reject", key=key)).json()["state"]
    assert (await known(doors, "one")).account is None
    assert [] == (await doors.get("/v1/accounts/acme", key=reader)).json()["account"]["names"]
    listed = (await doors.get("/v1/possible-matches?state=rejected", key=reader)).json()["possible_matches"]
    assert [("one", "acme", 90)] == [(one["lead_id"], one["account_id"], one["score"]) for one in listed]

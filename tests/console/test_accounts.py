"""Accounts at the console: found, looked at with their people, and told which company a lead's is."""

from datetime import timedelta
from typing import Any

import pytest

from db import tables
from db.account_leads import AccountLeads
from db.accounts import Accounts
from db.engine import Database
from models.access import Role
from models.account import MatchState, PossibleMatch
from models.contact import BuyingRole, ContactEntry
from models.lead import Company
from models.market import Account, AccountStatus
from runtime import clock
from tests.api.house import Doors
from tests.cli.house import policy_text
from tests.console.house import visiting
from tests.db.samples import AT, facts, newcomer


async def know(doors: Doors, account_id: str, **fields: Any) -> None:
    """Keep an account."""
    account = Account(id=account_id, **({"name": account_id.title()} | fields))
    await doors.store.accounts.save(account, source="tests", by="tests", at=clock.now())


async def person(doors: Doors, account_id: str, name: str, role: BuyingRole, title: str) -> None:
    """Keep somebody of an account."""
    entry = ContactEntry(
        account=account_id, email=f"{name}@{account_id}.example", first_name=name.title(), last_name="Canary",
        role=role, title=title,
    )  # fmt: skip
    await doors.store.contacts.add(entry, source="tests", at=clock.now())


async def maybe(doors: Doors, lead_id: str, account_id: str) -> int:
    """Let a lead in whose company might be an account, and give the match's number."""
    about = facts(lead_id, company=Company(name="Acme Ltd", domain=f"{lead_id}.example"))
    await doors.store.leads.admit(newcomer(lead_id, about))
    await doors.store.leads.save_facts(about, at=clock.now())
    one = PossibleMatch(account_id=account_id, name="Acme", score=87, because="the names are alike")
    await doors.store.possible_matches.keep(lead_id, [one], at=clock.now())
    return (await doors.store.possible_matches.list(MatchState.OPEN))[-1].id


async def test_accounts_are_found_by_name_owner_and_what_they_are(doors: Doors) -> None:
    """Each filter alone; a page says where the next begins."""
    await know(doors, "acme", owner="ana", status=AccountStatus.CUSTOMER)
    await know(doors, "bolt", owner="ben")
    async with visiting(doors, Role.MANAGER) as boss:
        for query, there, away in (
            ("like=CM", "Acme", "Bolt"),
            ("owner=ben", "Bolt", "Acme"),
            ("status=customer", "Acme", "Bolt"),
        ):
            page = (await boss.get(f"/accounts?{query}")).text
            assert f"<bdi>{there}</bdi></a>" in page
            assert f"<bdi>{away}</bdi></a>" not in page
        assert "No account is like that." in (await boss.get("/accounts?like=zzz")).text
        assert "2 in all" in (await boss.get("/accounts")).text


async def test_long_lists_go_on(doors: Doors) -> None:
    """The second page begins behind the first."""
    for number in range(51):
        await know(doors, f"a{number:02}")
    async with visiting(doors, Role.MANAGER) as boss:
        page = (await boss.get("/accounts")).text
        assert "A49" in page
        assert "A50" not in page
        assert "after=a49" in page
        assert "A50" in (await boss.get("/accounts?after=a49")).text


async def test_an_account_shows_its_people_to_whom_they_are_told(doors: Doors) -> None:
    """A manager reads names; operations read parts in deciding, and no name; nobody reads an address here."""
    await know(doors, "acme", owner="ana", domains=["acme.example"])
    await know(doors, "acme-fr", parent="acme")
    await person(doors, "acme", "kim", BuyingRole.CHAMPION, "Head of Secrets")
    async with visiting(doors, Role.MANAGER) as boss, visiting(doors, Role.OPS) as ops:
        page, bare = (await boss.get("/accounts/acme")).text, (await ops.get("/accounts/acme")).text
        assert "Kim Canary" in page
        assert "champion" in page
        assert "next best" in page
        assert "nobody we know" in page
        assert '<a href="/accounts/acme-fr">' in page
        assert "Canary" not in bare
        assert "Secrets" not in bare
        assert "champion" in bare
        assert "kim@" not in page + bare
        assert "Part of " in (await boss.get("/accounts/acme-fr")).text
        assert 404 == (await boss.get("/accounts/nobody")).status_code
        assert "its leads are theirs before any rule" in page
        untied = policy_text().replace("routing:\n", "routing:\n  ties: []\n", 1)
        await doors.store.policies.publish("untied", "untied", untied, by="tests", at=clock.now())
        assert "the published policy has no tie to the owner" in (await boss.get("/accounts/acme")).text


async def test_somebody_says_whose_company_it_is(doors: Doors) -> None:
    """The account learns the domain; a second word is refused; what was rejected is not asked again; all is noted."""
    await know(doors, "acme")
    first, second = await maybe(doors, "one", "acme"), await maybe(doors, "two", "acme")
    async with visiting(doors, Role.MANAGER) as boss:
        page = (await boss.get("/accounts/possible")).text
        assert 2 == page.count("the names are alike")
        told = await boss.do(f"/accounts/possible/{first}/confirm")
        assert "It is Acme." in told.text
        card = await doors.store.accounts.get("acme")
        assert card is not None
        assert ["one.example"] == card.domains
        assert "Somebody was quicker" in (await boss.do(f"/accounts/possible/{first}/reject")).text
        assert "is not asked again" in (await boss.do(f"/accounts/possible/{second}/reject")).text
        assert "Nothing waits for a word." in (await boss.get("/accounts/possible")).text
        assert "another company" in (await boss.get("/accounts/possible?state=rejected")).text
        assert 404 == (await boss.post("/accounts/possible/99/confirm")).status_code
        acts = await doors.store.acts.list(who="manager")
        assert ["match.rejected", "match.rejected", "match.confirmed"] == [act.what for act in acts]


@pytest.mark.parametrize("role", [Role.REP, Role.PRIVACY])
async def test_accounts_are_not_for_everybody(doors: Doors, role: Role) -> None:
    """A rep sees an account on the page of their lead."""
    async with visiting(doors, role) as somebody:
        assert 403 == (await somebody.get("/accounts")).status_code
        assert 403 == (await somebody.post("/accounts/possible/1/confirm")).status_code


async def test_the_latest_leads_of_an_account_stand_first(database_url: str) -> None:
    """On both databases; those of other accounts do not stand there."""
    database = Database(database_url)
    await database.migrate()
    try:
        async with database.writing() as session:
            for place, (lead_id, account_id) in enumerate((("a", "acme"), ("b", "acme"), ("c", "bolt"))):
                at = AT + place * timedelta(hours=1)
                session.add(
                    tables.Lead(
                        lead_id=lead_id, headline="demo request", source="web", type="demo_request", policy="p1",
                        account_id=account_id, received_at=at, changed_at=at,
                    )
                )  # fmt: skip
        found = await AccountLeads(database).latest("acme")
        assert ["b", "a"] == [one.lead_id for one in found]
        assert () == await AccountLeads(database).below("acme")
        # PostgreSQL holds no NUL: who searches for one finds nothing, and breaks nothing.
        assert () == await Accounts(database).list(like="a\0b")
    finally:
        await database.dispose()

"""Accounts in the table: found by every key, never in a circle, merged without a loss, and of their leads one owner."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from activities.knowing import Knowing
from db import tables
from db.accounts import Accounts, Saved
from db.engine import Database
from db.leads import Leads
from db.ownership import Ownerships
from db.possible import AlreadySaid, PossibleMatches
from db.ties import ties_of
from models.account import MatchState, PossibleMatch
from models.base import Refused
from models.facts import EmailKind
from models.lead import Company, Stage
from models.market import Account, AccountStatus
from policy.matching.sought import Sought
from policy.routing.accounts import ACCOUNT, HIGHEST
from policy.routing.situation import TieKind
from tests.db.samples import AT, facts, give, newcomer, order

LATER = AT + timedelta(hours=1)
BY: dict[str, Any] = {"source": "crm.csv", "by": "ops", "at": AT}


async def book(db: Database, *accounts: Account) -> Accounts:
    """Keep some accounts."""
    made = Accounts(db)
    for account in accounts:
        await made.save(account, **BY)
    return made


def company(lead_id: str, name: str | None = None, domain: str | None = None, **known: Any) -> Any:
    """What is known of a lead of some company."""
    about = facts(lead_id).model_copy(update={"email": None, "company": Company(name=name, domain=domain, **known)})
    return about.model_copy(update={"email_kind": EmailKind.NONE})


GLOBEX = Account(id="globex", name="Globex AG", domains=["globex.example"], country="DE", owner="ana")
LONG = GLOBEX.model_copy(update={"name": "Globexenergie AG"})
NORD = Account(id="nord", name="Globex Nord GmbH", names=["Nordlicht"], domains=["nord.example"], parent="globex")


async def test_candidates_are_found_by_domain_by_name_and_around_it(db: Database) -> None:
    """A domain finds its account alone; a name finds the ones that begin alike, too."""
    accounts = await book(db, GLOBEX, NORD)
    for sought, expected in (
        (Sought.named(("nord.example",)), ["nord"]),
        (Sought.named((), "NORDLICHT GmbH"), ["nord"]),
        (Sought.named((), "Globex"), ["globex", "nord"]),
        (Sought.named((), "Globbex AG"), ["globex", "nord"]),
        (Sought.named(("unknown.example",), "Initech"), []),
        (Sought.named(), []),
    ):
        assert expected == [one.id for one in await accounts.find(sought)]


async def test_an_account_is_saved_once(db: Database) -> None:
    """New, then as it was, then changed; its keys follow: what it is no longer called does not find it."""
    accounts = Accounts(db)
    renamed = GLOBEX.model_copy(update={"name": "Initech AG", "domains": ["initech.example"]})
    assert (Saved.NEW, Saved.SAME, Saved.CHANGED) == tuple(
        [await accounts.save(one, **BY) for one in (GLOBEX, GLOBEX, renamed)]
    )
    assert () == await accounts.find(Sought.named(("globex.example",)))
    assert [renamed] == list(await accounts.find(Sought.named(("initech.example",), "Whatever")))
    assert 1 == await accounts.count()


async def test_no_circle_can_be_closed(db: Database) -> None:
    """Above oneself, above one's parent's parent, too high, below nobody: each is refused, and nothing changes."""
    accounts = await book(db, GLOBEX, NORD, Account(id="low", name="Low", parent="nord"))
    for account, what in (
        (GLOBEX.model_copy(update={"parent": "globex"}), "is the account itself"),
        (GLOBEX.model_copy(update={"parent": "low"}), "goes round in a circle: globex -> low -> nord -> globex"),
        (GLOBEX.model_copy(update={"parent": "none"}), "there is no account none"),
    ):
        with pytest.raises(Refused, match=what):
            await accounts.save(account, **BY)
    assert ["low", "nord", "globex"] == [one.id for one in await accounts.chain("low")]
    tower = [Account(id=f"t{n}", name=f"T{n}", parent=f"t{n - 1}" if n else None) for n in range(HIGHEST)]
    assert {Saved.NEW} == set(await accounts.save_all(tower, **BY))
    with pytest.raises(Refused, match="companies above it"):
        await accounts.save(Account(id="top", name="Top", parent=f"t{HIGHEST - 1}"), **BY)


async def test_merging_loses_nothing(db: Database) -> None:
    """Who stays has both names, domains, children, leads and questions; the other is found as the one that stays."""
    accounts = await book(db, GLOBEX, NORD, Account(id="child", name="Child", parent="nord"))
    leads, possible = Leads(db), PossibleMatches(db)
    about = await Knowing(db).recognise(company("one", domain="nord.example"), at=AT)
    await leads.admit(newcomer("one", about))
    await leads.save_facts(about, at=AT)
    await leads.admit(newcomer("two", company("two", "Nort")))
    await possible.keep("two", [PossibleMatch(account_id="nord", name="Nord", score=90, because="close")], at=AT)
    kept = await accounts.merge("nord", "globex", by="mel", at=LATER)
    assert (["Globex Nord GmbH", "Nordlicht"], ["globex.example", "nord.example"]) == (kept.names, kept.domains)
    assert ("globex", "mel", LATER) == (kept.id, kept.by, kept.changed_at)
    assert ["child", "globex"] == [one.id for one in await accounts.chain("child")]
    for sought in (Sought.named(("nord.example",)), Sought.named((), "Nordlicht")):
        assert ["globex"] == [one.id for one in await accounts.find(sought)]
    assert ["globex"] == [one.id for one in await accounts.find(Sought.named(), ["nord"])]
    assert {"globex": MatchState.OPEN} == dict(await possible.said("two"))
    async with db.reading() as session:
        assert "globex" == (await session.get_one(tables.Lead, "one")).account_id
    now = await Knowing(db).as_it_is_now(about)
    assert now.account is not None
    assert ["globex"] == [one.id for one in now.account.accounts]
    for account_id, into in (("nord", "globex"), ("globex", "nord"), ("globex", "globex"), ("none", "globex")):
        with pytest.raises(Refused):
            await accounts.merge(account_id, into, by="mel", at=LATER)


async def test_a_lead_stays_with_who_stays_when_its_facts_change(db: Database) -> None:
    """What is known of it names the account that was merged; its row, by which other leads find it, does not again."""
    accounts, leads = await book(db, GLOBEX, NORD), Leads(db)
    about = await Knowing(db).recognise(company("one", domain="nord.example"), at=AT)
    await leads.admit(newcomer("one", about))
    await leads.save_facts(about, at=AT)
    await accounts.merge("nord", "globex", by="mel", at=LATER)
    await leads.save_facts(about.model_copy(update={"tags": ["vip"]}), at=LATER)
    async with db.reading() as session:
        assert "globex" == (await session.get_one(tables.Lead, "one")).account_id
    await leads.save_facts(about.model_copy(update={"account": None}), at=LATER)
    async with db.reading() as session:
        assert (await session.get_one(tables.Lead, "one")).account_id is None


async def test_two_changes_at_once_close_no_circle(db: Database) -> None:
    """Each would be well alone; whoever comes second is refused."""
    accounts = await book(db, GLOBEX, Account(id="initech", name="Initech"))
    both = (GLOBEX.model_copy(update={"parent": "initech"}), Account(id="initech", name="Initech", parent="globex"))
    said = await asyncio.gather(*(accounts.save(one, **BY) for one in both), return_exceptions=True)
    assert {Saved.CHANGED, Refused} == {one if isinstance(one, Saved) else type(one) for one in said}


async def test_who_stays_may_not_stand_far_below_the_other(db: Database) -> None:
    """A direct child takes its parent's place; from further down it would close a circle, and nothing changes."""
    accounts = await book(db, GLOBEX, NORD, Account(id="low", name="Low", parent="nord"))
    with pytest.raises(Refused, match="stands below"):
        await accounts.merge("globex", "low", by="mel", at=LATER)
    assert ["low", "nord", "globex"] == [one.id for one in await accounts.chain("low")]
    await accounts.merge("globex", "nord", by="mel", at=LATER)
    assert ["low", "nord"] == [one.id for one in await accounts.chain("low")]


async def test_a_change_of_owner_reaches_leads_that_were_matched_before(db: Database) -> None:
    """Acquired, or a customer since: a decision sees the account as it is then, with whoever owns it now (R44)."""
    accounts = await book(db, GLOBEX, NORD)
    about = await Knowing(db).recognise(company("one", "Nordlicht"), at=AT)
    await accounts.save(GLOBEX.model_copy(update={"owner": "ben", "status": AccountStatus.RENEWAL}), **BY)
    now = await Knowing(db).as_it_is_now(about)
    assert now.account is not None
    assert [("nord", None), ("globex", "ben")] == [(one.id, one.owner) for one in now.account.accounts]
    assert AccountStatus.RENEWAL is now.account.accounts[1].status


async def test_what_it_might_be_waits_for_a_person(db: Database) -> None:
    """Kept once, brought up to date, gone when the company is recognised after all; what was decided stays."""
    accounts, possible, knowing = await book(db, LONG), PossibleMatches(db), Knowing(db)
    await Leads(db).admit(newcomer("one", company("one", "Globexenregie AG")))
    for at in (AT, LATER):
        assert 1 == len((await knowing.look(company("one", "Globexenregie AG"), at=at)).possible)
    (card,) = await possible.list()
    assert ("Globexenregie AG", "globex", "Globexenergie AG", AT) == (
        card.company,
        card.account_id,
        card.account,
        card.at,
    )
    sure = await knowing.look(company("one", "Globexenregie AG", country="DE"), at=LATER)
    assert ("Globexenergie AG (close name, 92.3)", ()) == (sure.told, await possible.list())
    await knowing.look(company("one", "Globexenregie AG"), at=LATER)
    (again,) = await possible.list()
    await possible.decide(again.id, MatchState.REJECTED, by="mel", at=LATER)
    rejected = await knowing.look(company("one", "Globexenergie AG", "globex.example"), at=LATER)
    assert (None, ()) == (rejected.told, rejected.possible)
    with pytest.raises(AlreadySaid):
        await possible.decide(again.id, MatchState.CONFIRMED, by="mel", at=LATER)
    assert 0 == len((await accounts.chain("globex"))[0].names)


async def test_nobody_learns_a_domain_that_is_anothers(db: Database) -> None:
    """One lead that is an exception takes no account's leads away: two with one domain would have to be asked about."""
    accounts, possible, knowing = await book(db, GLOBEX, NORD), PossibleMatches(db), Knowing(db)
    about = company("one", "Globex Nort", "globex.example")
    await Leads(db).admit(newcomer("one", about))
    wrong = PossibleMatch(account_id="globex", name="Globex", score=100, because="its domain")
    right = PossibleMatch(account_id="nord", name="Nord", score=90, because="close")
    await possible.keep("one", [wrong, right], at=AT)
    for card in await possible.list():
        state = MatchState.CONFIRMED if card.account_id == "nord" else MatchState.REJECTED
        await possible.decide(card.id, state, by="mel", at=LATER)
    (nord, *_) = await accounts.chain("nord")
    assert (["nord.example"], ["Nordlicht", "Globex Nort"]) == (nord.domains, nord.names)
    assert "nord" == one_of(await knowing.recognise(about, at=LATER))
    assert "globex" == one_of(await knowing.recognise(company("two", None, "globex.example"), at=LATER))


def one_of(about: Any) -> str:
    """Name the account that a lead was recognised as."""
    return str(about.account.account.id)


async def test_nothing_is_asked_about_an_erased_lead(db: Database) -> None:
    """Somebody may be in the middle of recognising it: no question is left behind."""
    await book(db, GLOBEX)
    await Leads(db).admit(newcomer("one", company("one", "Globbex AG")))
    async with db.writing() as session:
        (await session.get_one(tables.Lead, "one")).stage = Stage.ERASED
    await Knowing(db).look(company("one", "Globbex AG"), at=AT)
    await Knowing(db).look(company("none", "Globbex AG"), at=AT)
    assert () == await PossibleMatches(db).list(None)


async def test_open_leads_of_an_account_are_known_by_it(staffed: Database) -> None:
    """Also where only the name told whose the lead is: no domain says that the two are one company's (R24)."""
    await book(staffed, GLOBEX)
    leads = Leads(staffed)
    for lead_id in ("one", "two"):
        about = await Knowing(staffed).recognise(company(lead_id, "Globex"), at=AT)
        await leads.admit(newcomer(lead_id, about))
        await leads.save_facts(about, at=AT)
    await Ownerships(staffed).assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    async with staffed.reading() as session:
        second = await session.get_one(tables.Lead, "two")
        found = await ties_of(session, second, ["globex.example", f"{ACCOUNT}globex"])
    assert [(TieKind.OPEN, "ada", "one", f"{ACCOUNT}globex")] == [
        (tie.kind, tie.rep_id, tie.lead_id, tie.company) for tie in found
    ]


async def test_a_lead_is_looked_for_again_when_its_company_is_another(db: Database) -> None:
    """The row follows, and its workflow is told once; as it was, nobody is told."""
    await book(db, GLOBEX, NORD)
    leads, knowing = Leads(db), Knowing(db)
    about = await knowing.recognise(company("one", "Nordlicht"), at=AT)
    await leads.admit(newcomer("one", about))
    await leads.save_facts(about.model_copy(update={"company": Company(domain="globex.example")}), at=AT)
    changed = await leads.facts("one")
    assert changed is not None
    for _ in range(2):
        await knowing.again(changed, at=LATER, tell="k")
    kept = await leads.facts("one")
    assert kept is not None
    assert kept.account is not None
    async with db.reading() as session:
        lead = await session.get_one(tables.Lead, "one")
        assert ("globex", "globex") == (kept.account.account.id, lead.account_id)
        said = (await session.exec(select(tables.Outbox))).all()
    assert ["k"] == [one.body["message"]["key"] for one in said]

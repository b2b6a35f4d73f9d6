"""What enrichment leaves behind: facts that nobody overwrites by accident, counts that add up, what is asked later."""

import asyncio
from datetime import timedelta

from sqlmodel import select

from db import tables
from db.engine import Database
from db.enriching import Enrichments, Learned
from db.erasing import Erasing
from db.leads import Leads
from db.outbox import Outbox
from db.provider_use import ProviderUses, Use, UseOfDay, count
from db.tables.words import Errand
from models.decisions import Enrichment, Fact
from models.facts import LeadFacts
from models.lead import Company
from tests.db.samples import AT, MINUTE, facts, newcomer

DAY = timedelta(days=1)
LEARNED = Enrichment(facts=(Fact(field="company.city", value="Bremen", source="a"),))
EVENT = {"kind": "enriched", "key": "enriched-1-1"}


def told(was: LeadFacts, city: str) -> Learned:
    """What was learned of a lead: its city; one provider is still waited for."""
    after = was.model_copy(update={"company": was.company.model_copy(update={"city": city})})
    return Learned(was, after, LEARNED, uses=(Use("a", asked=1, found=1, cost=0.5),), later=("slow",), says=EVENT)


async def errands(db: Database) -> list[tuple[Errand, object]]:
    """List what is to be done."""
    async with db.reading() as session:
        rows = (await session.exec(select(tables.Outbox).order_by("id"))).all()
        return [(row.what, row.body) for row in rows]


async def test_it_is_kept_whole(db: Database) -> None:
    """Facts, what was asked, who is asked later, what the workflow hears and what it cost: all or nothing."""
    await Leads(db).admit(newcomer("one", was := facts("one")))
    assert await Enrichments(db).keep(told(was, "Bremen"), at=AT)
    known = await Leads(db).facts("one")
    assert known is not None
    assert ("Bremen", LEARNED) == (known.company.city, await Leads(db).enrichment("one"))
    said = (Errand.SAY, {"name": "event", "message": EVENT})
    assert [(Errand.ENRICH, {"providers": ["slow"]}), said] == await errands(db)
    (used,) = await ProviderUses(db).list(AT.date())
    assert (1, 1, 0.5) == (used.asked, used.found, used.cost)


async def test_what_changed_meanwhile_is_not_overwritten(db: Database) -> None:
    """Whoever looked at older facts has to look again; the question was asked, and counts."""
    await Leads(db).admit(newcomer("one", was := facts("one")))
    await Leads(db).save_facts(newer := facts("one", company=Company(city="Bonn")), at=AT)
    assert not await Enrichments(db).keep(told(was, "Bremen"), at=AT)
    assert (newer, []) == (await Leads(db).facts("one"), await errands(db))
    assert [1] == [one.asked for one in await ProviderUses(db).list(AT.date())]


async def test_facts_of_an_earlier_release_are_no_other_facts(db: Database) -> None:
    """Its rows lack what this release added; what is learned of such a lead is kept all the same."""
    await Leads(db).admit(newcomer("one", facts("one")))
    async with db.writing() as session:
        lead = await session.get_one(tables.Lead, "one")
        lead.facts = {name: one for name, one in (lead.facts or {}).items() if name not in ("account", "as_of")}
    was = await Leads(db).facts("one")
    assert was is not None
    assert await Enrichments(db).keep(told(was, "Bremen"), at=AT)


async def test_it_waits_once(db: Database) -> None:
    """However often a retry asks for the same late answers, one errand does it."""
    await Leads(db).admit(newcomer("one", was := facts("one")))
    for city in ("Bremen", "Bonn"):
        now = await Leads(db).facts("one") or was
        await Enrichments(db).keep(told(now, city), at=AT, next_at=AT + MINUTE)
    assert [Errand.ENRICH, Errand.SAY] == [what for what, _ in await errands(db)]
    early, due = [await Outbox(db).claim(9, now=at, lease=MINUTE, what=[Errand.ENRICH]) for at in (AT, AT + MINUTE)]
    assert (0, 1) == (len(early), len(due))


async def test_nothing_of_an_erased_lead_is_kept(db: Database) -> None:
    """An answer that comes after it changes nothing, and what waited for one is gone."""
    await Leads(db).admit(newcomer("one", was := facts("one")))
    await Enrichments(db).keep(told(was, "Canary"), at=AT)
    await Erasing(db).erase("one", by="dpo", reason="asked", at=AT)
    left = await errands(db)
    await Enrichments(db).keep(told(was, "Canary"), at=AT)
    assert left == await errands(db)
    assert Errand.ENRICH not in [what for what, _ in left]
    assert (None, None) == (await Leads(db).facts("one"), await Leads(db).enrichment("one"))


async def test_days_add_up(db: Database) -> None:
    """Two providers, two days; a provider that did nothing has no day."""
    for day, uses in ((AT, (Use("a", asked=1, found=1, cost=0.1), Use("b", cached=1), Use("c"))),) * 2:
        async with db.writing() as session:
            await count(db, session, uses, day.date())
    async with db.writing() as session:
        await count(db, session, [Use("a", asked=1, failed=1)], (AT + DAY).date())
    used = await ProviderUses(db).list(AT.date())
    today, tomorrow = AT.date(), (AT + DAY).date()
    assert (
        UseOfDay("a", tomorrow, 1, 0, 0, 1, 0),
        UseOfDay("a", today, 2, 2, 0, 0, 0.2),
        UseOfDay("b", today, 0, 0, 2, 0, 0),
    ) == used
    assert used[:1] == await ProviderUses(db).list(tomorrow)


async def test_many_together_ask_no_more_than_a_day_allows(db: Database) -> None:
    """Ten at once with three questions left: three are asked. Another day begins anew."""
    uses = ProviderUses(db)
    taken = await asyncio.gather(*(uses.take("a", AT.date(), 3) for _ in range(10)))
    assert (3, True) == (sum(taken), await uses.take("a", (AT + DAY).date(), 3))
    assert [1, 3] == [one.asked for one in await uses.list(AT.date())]


async def test_a_returning_person_has_old_facts_looked_at(db: Database) -> None:
    """Who comes again while their lead is open: what was said long ago is asked for anew, fresh facts are not."""
    for lead_id, age in (("old", 40 * DAY), ("young", MINUTE)):
        known = facts(lead_id, email=f"{lead_id}@acme.example", as_of={"company.city": AT - age})
        await Leads(db).admit(newcomer(lead_id, known))
        again = facts(f"{lead_id}-again", email=known.email)
        assert "folded" == (await Leads(db).admit(newcomer(f"{lead_id}-again", again))).outcome
    async with db.reading() as session:
        rows = (await session.exec(select(tables.Outbox).where(tables.Outbox.what == Errand.ENRICH))).all()
    assert [("old", {"providers": []})] == [(row.lead_id, row.body) for row in rows]

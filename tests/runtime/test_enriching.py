"""Late answers: kept and said to the lead, asked for again while there is hope, and not for ever."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from sqlmodel import col, select
from structlog.testing import capture_logs

from activities.enriching import answers_of
from adapters.enrichers.base import PermanentEnricherError, TemporaryEnricherError
from adapters.enrichers.fake import FakeEnricher
from adapters.enrichers.findings import Query
from adapters.enrichers.waterfall import Asked, Waterfall
from config.load import SHIPPED
from config.settings import Settings, load_settings
from db import tables
from db.asking_later import EVERYBODY, ask_later
from db.tables.words import Errand
from models.decisions import Disqualified, Score
from models.facts import LeadFacts
from models.lead import Company, Fit, Intent, Stage
from models.orders import RecordLead
from models.provider import EnrichedField
from policy.believing import Trust
from runtime.enriching import GIVEN_UP, LateAnswers
from runtime.hooks import secret_of
from runtime.providers import waterfall_of
from runtime.sealing import Vault, sealer_of
from runtime.store import Store, load_first_state, open_store
from tests.db.samples import AT, facts, newcomer
from tests.runtime.conftest import Clock

ROOT = Path(__file__).parents[2]
PATIENCE = timedelta(seconds=5)
EMPLOYEES, CITY = EnrichedField.EMPLOYEES, EnrichedField.CITY
NOTHING = Disqualified(because="of no interest here")
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.fixture
async def town(store: Store, clock: Clock) -> Store:
    """A database with a policy, and the lead "one" of acme.example that a provider is still waited for."""
    clock.now = AT
    await load_first_state(store, SHIPPED / "demo.yaml", ROOT / "examples/demo-roster.yaml", by="ops", at=AT)
    active = await store.policies.active()
    assert active is not None
    wants_in = newcomer("one", known())
    answer = wants_in.answer.model_copy(update={"policy": active.version})
    await store.leads.admit(newcomer("one", known(), answer=answer))
    return store


def known(**changes: Any) -> LeadFacts:
    """What is known of the lead."""
    return facts("one", **{"company": Company(domain="acme.example"), **changes})


def fake(name: str = "slow", **settings: Any) -> FakeEnricher:
    """A provider that knows how many work at Acme."""
    return FakeEnricher({"acme.example": {EMPLOYEES: 420, CITY: "Bremen"}}, name=name, **settings)


def chore(store: Store, clock: Clock, *asked: FakeEnricher, fresh_for: timedelta = 30 * DAY) -> LateAnswers:
    """The chore with these providers."""
    names = tuple(one.name for one in asked)
    trust = Trust(providers=names, fresh_for=dict.fromkeys(names, fresh_for))
    waterfall = Waterfall([Asked(one, patience=PATIENCE) for one in asked], SECOND, trust)
    return LateAnswers(store, waterfall, clock)


async def waits(store: Store, *providers: str) -> None:
    """Have late answers asked for."""
    async with store.database.writing() as session:
        await ask_later(session, "one", providers, at=AT, next_at=AT)


async def errands(store: Store, what: Errand, *, done: bool = False) -> list[tables.Outbox]:
    """List errands of a kind that are open, or done."""
    table = tables.Outbox
    sent = col(table.sent_at).is_not(None) if done else col(table.sent_at).is_(None)
    async with store.database.reading() as session:
        return list((await session.exec(select(table).where(table.what == what, sent))).all())


async def test_a_late_answer_is_kept_and_said(town: Store, clock: Clock) -> None:
    """Its facts have their origin and age, and the workflow hears which changed and who said so, once."""
    await waits(town, "slow")
    await chore(town, clock, fake()).once()
    learned = await town.leads.facts("one")
    assert learned is not None
    assert (420, "slow", AT) == (learned.company.employees, learned.origin[EMPLOYEES], learned.as_of[EMPLOYEES])
    (said,) = await errands(town, Errand.SAY)
    assert ("event", "enriched", {"fields": [EMPLOYEES, CITY], "provider": "slow"}) == (
        said.body["name"], said.body["message"]["kind"], said.body["message"]["properties"],
    )  # fmt: skip
    assert [] == await errands(town, Errand.ENRICH)
    enrichment = await town.leads.enrichment("one")
    assert enrichment is not None
    assert [420] == [fact.value for fact in enrichment.facts if fact.field == EMPLOYEES]


async def test_only_who_is_named_is_asked(town: Store, clock: Clock) -> None:
    """Whoever answered in time is not asked a second time."""
    other = fake("other")
    await waits(town, "slow")
    await chore(town, clock, fake(), other).once()
    assert [] == other.asked


async def test_a_lead_that_nobody_was_asked_about_is_not_forgotten(town: Store, clock: Clock) -> None:
    """Its worker died in its time and it was judged without: all are asked beside it, once."""
    active = await town.policies.active()
    assert active is not None
    score = Score(points=0, reasons=(), intent=Intent.LOW, fit=Fit.WEAK, qualification=NOTHING, policy=active.version)
    for _ in range(2):
        await town.leads.save_score("one", score, at=AT)
    (waiting,) = await errands(town, Errand.ENRICH)
    assert {"providers": [EVERYBODY]} == waiting.body
    await chore(town, clock, fake()).once()
    assert (1, []) == (len(await errands(town, Errand.SAY)), await errands(town, Errand.ENRICH))
    await town.leads.save_score("one", score, at=AT)
    assert [] == await errands(town, Errand.ENRICH)


async def test_what_changes_nothing_is_not_said(town: Store, clock: Clock) -> None:
    """No workflow is woken for facts that its lead has."""
    await town.leads.save_facts(known(company=Company(domain="acme.example", employees=1, city="Bonn")), at=AT)
    await waits(town, "slow")
    await chore(town, clock, fake()).once()
    assert ([], []) == (await errands(town, Errand.SAY), await errands(town, Errand.ENRICH))


async def test_who_has_no_answer_is_asked_again_and_given_up_after_a_day(town: Store, clock: Clock) -> None:
    """10 s, then longer and longer, not before it wants to be asked; then somebody is told that nobody waits."""
    slow = fake(trouble=TemporaryEnricherError("throttled (429)", after=timedelta(minutes=5)))
    late = chore(town, clock, slow)
    await waits(town, "slow")
    await late.once()
    (open_one,) = await errands(town, Errand.ENRICH)
    assert (AT + timedelta(minutes=5), "no answer yet from slow") == (open_one.next_at, open_one.because)
    clock.now = AT + GIVEN_UP + SECOND
    with capture_logs() as logs:
        await late.once()
    assert ([], 2) == (await errands(town, Errand.ENRICH), len(slow.asked))
    assert "provider_gave_no_answer" in [line["event"] for line in logs]


async def test_who_fails_for_good_is_not_asked_again(town: Store, clock: Clock) -> None:
    """Credentials that are refused are no less so in a minute."""
    await waits(town, "slow")
    await chore(town, clock, fake(trouble=PermanentEnricherError("refused our credentials (401)"))).once()
    assert ([], 1) == (await errands(town, Errand.ENRICH), len(await errands(town, Errand.ENRICH, done=True)))


async def test_a_lead_that_has_ended_is_asked_about_no_more(town: Store, clock: Clock) -> None:
    """Nobody pays for what nobody looks at."""
    await waits(town, "slow")
    ended = RecordLead(
        lead_id="one",
        seq=1,
        at=AT,
        stage=Stage.CLOSED,
        offer=0,
        rung=0,
        holding=None,
        answerable=None,
        due_at=None,
        breached=False,
        closed=True,
        next_step="",
    )
    await town.leads.record(ended)
    slow = fake()
    await chore(town, clock, slow).once()
    (done,) = await errands(town, Errand.ENRICH, done=True)
    assert ("the lead has ended", []) == (done.because, slow.asked)


@pytest.mark.parametrize(("days", "asked"), [(29, 0), (31, 1)])
async def test_stale_facts_are_asked_for_anew(town: Store, clock: Clock, days: int, asked: int) -> None:
    """A person who comes again: what is older than it is believed is asked for, what is fresh is not."""
    before = {"origin": {EMPLOYEES: "slow", CITY: "slow"}, "as_of": {EMPLOYEES: AT - days * DAY, CITY: AT}}
    company = Company(domain="acme.example", employees=90, city="Bonn")
    await town.leads.save_facts(known(company=company, **before), at=AT)
    await waits(town)
    slow = fake()
    await chore(town, clock, slow).once()
    now = await town.leads.facts("one")
    assert now is not None
    assert (asked, 420 if asked else 90) == (len(slow.asked), now.company.employees)


async def test_expired_answers_are_thrown_away(town: Store, clock: Clock) -> None:
    """The cache does not grow for ever; what is believed stays."""
    await town.cache.put("old", "{}", expires_at=AT)
    await town.cache.put("young", "{}", expires_at=AT + DAY)
    await chore(town, clock, fake()).once()
    assert (None, "{}") == (await town.cache.get("old"), await town.cache.get("young"))


async def test_a_token_goes_along_and_answers_are_kept(tmp_path: Path, clock: Clock, httpserver: HTTPServer) -> None:
    """The sealed token is shown to the provider; the second question is the cache's, and the third past the limit."""
    asked = httpserver.expect_request("/acme.example", headers={"Authorization": "Bearer t-123456789"})
    asked.respond_with_json({"heads": 7})
    httpserver.expect_request("/other.example").respond_with_data("", status=404)
    (tmp_path / "providers.yaml").write_text(
        "providers:\n  - {name: paid, kind: http, token: paid, cost: 0.5, most_per_day: 2,\n"
        f'     url: "{httpserver.url_for("/")}{{domain}}", fields: {{company.employees: heads}}}}\n',
        encoding="utf-8",
    )
    settings = load_settings(state_dir=tmp_path, providers=tmp_path / "providers.yaml", secret_keys=["k" * 32])
    async with open_store(settings) as store:
        await store.database.migrate()
        sealer = sealer_of(settings)
        assert sealer is not None
        await Vault(store.secrets, sealer).add(secret_of("paid"), "t-123456789", at=AT)
        async with waterfall_of(settings, store) as asks:
            domains = ("acme.example", "acme.example", "other.example", "third.example")
            answers = [answers_of(await asks.enrich(Query(domain=one), now=clock())) for one in domains]
    (paid,) = zip(*(answer.enrichment.asked for answer in answers), strict=True)
    assert [("found", 0.5), ("cached", 0), ("nothing", 0.5), ("not_asked", 0)] == [
        (one.outcome, one.cost) for one in paid
    ]
    assert "2 questions a day were asked already" in paid[3].because


async def test_a_dead_one_rests_also_where_it_may_take_longer_than_a_lead_does(tmp_path: Path, clock: Clock) -> None:
    """Its budget is 5 s, a lead's is 0.5 s: after one lead that got nothing the next does not wait for it."""

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/{{domain}}"
        dead = (
            f"{{name: dead, kind: http, url: '{url}', fields: {{company.city: c}}, budget: 5s, breaker: {{after: 1}}}}"
        )
        (tmp_path / "providers.yaml").write_text(f"providers: [{dead}]", encoding="utf-8")
        settings = load_settings(state_dir=tmp_path, providers=tmp_path / "providers.yaml", enrich_budget=SECOND / 2)
        async with open_store(settings) as store, waterfall_of(settings, store) as asks:
            await store.database.migrate()
            answers = [
                answers_of(await asks.enrich(Query(domain=f"{one}.example"), now=clock())) for one in ("a1", "b1")
            ]
    assert ["failed", "not_asked"] == [answer.enrichment.asked[0].outcome for answer in answers]
    assert [("dead",)] * 2 == [answer.late for answer in answers]


async def test_a_defect_holds_up_no_other_lead(town: Store, clock: Clock) -> None:
    """It is told by its type, and tried again; the next lead has its answer."""
    late = chore(town, clock, fake())
    await waits(town, "slow")
    async with town.database.writing() as session:
        session.add(tables.Outbox(lead_id="odd", what=Errand.ENRICH, body={"providers": 7}, created_at=AT, next_at=AT))
    await town.leads.admit(newcomer("odd", facts("odd", email="odd@other.example")))
    with capture_logs() as logs:
        await late.once()
    assert [("odd", "TypeError")] == [(one["lead_id"], one["because"]) for one in logs if "because" in one]
    assert ["odd"] == [one.lead_id for one in await errands(town, Errand.ENRICH)]


async def test_the_settings_set_providers_up(tmp_path: Path, clock: Clock) -> None:
    """The file's table is asked, in the file's order of trust, without a server and without a cache."""
    (tmp_path / "companies.csv").write_text("Website,Heads\nsap.com,7\n", encoding="utf-8")
    (tmp_path / "providers.yaml").write_text(
        "providers:\n"
        "  - name: ours\n    kind: csv\n    file: companies.csv\n"
        "    fields: {company.domain: Website, company.employees: Heads}\n"
        "  - {name: directory, kind: directory}\n",
        encoding="utf-8",
    )
    settings: Settings = load_settings(state_dir=tmp_path, providers=tmp_path / "providers.yaml")
    async with open_store(settings) as store, waterfall_of(settings, store) as asks:
        await store.database.migrate()
        enriched = await asks.enrich(Query(domain="sap.com"), now=clock())
    told = {one.field: (one.value, one.source) for one in enriched.findings}
    assert ((7, "ours"), ("Walldorf", "directory")) == (told[EMPLOYEES], told[CITY])
    assert ("ours", "directory") == asks.trust.providers

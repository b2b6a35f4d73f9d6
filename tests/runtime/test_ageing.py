"""Leads that nothing happens to are judged anew: points fade, silence costs some, time may move them on (R33, R36)."""

from datetime import timedelta
from typing import Any

from config.load import SHIPPED, compile_text, read_policy
from db import tables
from db.tables.words import Errand
from models.decisions import Score
from models.lead import LeadType, Stage, Touch
from policy.qualification import judge
from runtime.ageing import Ager
from runtime.store import Store
from tests.db.samples import facts, newcomer, standing
from tests.runtime.conftest import NOW, Clock

DAY = timedelta(days=1)
TEXT = (SHIPPED / "default.yaml").read_text("utf-8")
VERSION = read_policy(SHIPPED / "default.yaml")[1].version
COMPILED = compile_text(TEXT, VERSION)


async def nurtured(store: Store, lead_id: str, *touches: Touch, stage: Stage = Stage.NURTURING, **known: Any) -> None:
    """Let a newsletter reader in, who did these things, and judge them."""
    await store.policies.publish(VERSION, "default", TEXT, by="ops", at=NOW)
    about = facts(lead_id, **({"type": LeadType.NEWSLETTER, "received_at": NOW} | known))
    answer = newcomer(lead_id, about).answer.model_copy(update={"policy": VERSION})
    await store.leads.admit(newcomer(lead_id, about, at=NOW, answer=answer))
    await store.leads.save_score(lead_id, judge(COMPILED, about, touches, NOW), at=NOW)
    numbered = tuple(enumerate(touches))
    await store.leads.record(standing(lead_id, 1, stage, at=NOW, touches=numbered))


async def said(store: Store, clock: Clock) -> list[tuple[str, str]]:
    """Tell which leads are told of which event."""
    later = clock.now + timedelta(minutes=1)
    tasks = await store.outbox.claim(9, now=later, lease=timedelta(0), what=[Errand.SAY])
    return [(task.lead_id, task.body["message"]["kind"]) for task in tasks]


async def score_of(store: Store, lead_id: str) -> Score:
    """Give the latest judgement."""
    found = await store.leads.score(lead_id)
    assert found is not None
    return found


async def test_points_fade_in_the_database(store: Store, clock: Clock) -> None:
    """A day later nothing is looked at before its time; after two months opened mail is worth half, and quiet costs."""
    await nurtured(store, "L1", Touch(kind="email_open", at=NOW))
    ager = Ager(store, clock)
    clock.now = NOW + DAY
    assert not await ager.once()
    assert 5 == (await score_of(store, "L1")).points
    clock.now = NOW + 60 * DAY
    await ager.once()
    aged = await score_of(store, "L1")
    assert {"email_open": 1.5, "newsletter": 2, "no email opened for 30 days": -5, "no important page visited": -3} == {
        reason.rule: reason.points for reason in aged.reasons
    }
    assert (clock.now, "nurture") == (aged.at, aged.qualification.way)
    assert [] == await said(store, clock)
    row = await store.leads.get("L1")
    assert row is not None
    assert -4.5 == row.points


async def test_a_lead_that_goes_quiet_is_disqualified_by_its_workflow(store: Store, clock: Clock) -> None:
    """No mail opened for 60 days, out of work, no page read (R36): it is told, and its workflow judges."""
    await nurtured(store, "quiet", custom={"role": "unemployed"})
    for page in ("page_visit", "blog_visit", "pricing_visit", "case_study"):
        await nurtured(store, f"reads-{page}", Touch(kind=page, at=NOW), custom={"role": "unemployed"})
    ager = Ager(store, clock)
    clock.now = NOW + 61 * DAY
    await ager.once()
    assert [("quiet", "score_aged")] == await said(store, clock)
    assert "nurture" == (await score_of(store, "quiet")).qualification.way, "what counts is its workflow's judgement"
    clock.now += timedelta(hours=1)
    await ager.once()
    assert [("quiet", "score_aged")] == await said(store, clock), "said once a refresh"


async def test_a_penalty_that_time_takes_away_promotes(store: Store, clock: Clock) -> None:
    """A cancelled demo is forgotten after half a year; what is left is above the threshold."""
    cancelled, call = Touch(kind="demo_cancelled", at=NOW), Touch(kind="project_created", at=NOW)
    visits = [Touch(kind=kind, at=NOW + 179 * DAY) for kind in ("email_open", "page_visit")]
    done = (cancelled, *[call] * 4, *visits)
    await nurtured(store, "L1", *done, email=None, phone="+4930123456")
    before = await score_of(store, "L1")
    assert (False, "nurture") == (before.points > 20, before.qualification.way)
    clock.now = NOW + 181 * DAY
    await Ager(store, clock).once()
    assert [("L1", "score_aged")] == await said(store, clock)


async def test_leads_that_something_just_happened_to_are_left_to_their_workflow(store: Store, clock: Clock) -> None:
    """Its touch is written already, and its score follows."""
    await nurtured(store, "L1")
    touch = Touch(kind="call_booked", at=NOW)
    await store.leads.record(standing("L1", 2, Stage.NURTURING, at=NOW, touches=((0, touch),)))
    clock.now = NOW + 61 * DAY
    await Ager(store, clock).once()
    assert ([], 2) == (await said(store, clock), (await score_of(store, "L1")).points)


async def test_leads_of_an_earlier_release_age_too(store: Store, clock: Clock) -> None:
    """It noted neither when it judged, nor what it had looked at; and it kept nurturing those it saw to be none."""
    await nurtured(store, "read", Touch(kind="email_open", at=NOW))
    await nurtured(store, "none", Touch(kind="email_open", at=NOW), custom={"role": "job_seeker"})
    async with store.database.writing() as session:
        for lead_id in ("read", "none"):
            lead = await session.get(tables.Lead, lead_id)
            assert lead is not None
            assert lead.score is not None
            lead.score = {key: value for key, value in lead.score.items() if key not in ("at", "touches", "segments")}
            lead.scored_at = None
    clock.now = NOW + 60 * DAY
    await Ager(store, clock).once()
    assert [("none", "score_aged")] == await said(store, clock)
    assert (clock.now, -4.5) == ((score := await score_of(store, "read")).at, score.points)


async def test_a_score_that_fades_fills_no_history(store: Store, clock: Clock) -> None:
    """However many days it fades."""
    await nurtured(store, "L1", Touch(kind="email_open", at=NOW))
    for days in (2, 4, 6):
        clock.now = NOW + days * DAY
        await Ager(store, clock).once()
        assert clock.now == (await score_of(store, "L1")).at
    assert 1 == len(await store.decisions.of("L1"))


async def test_without_a_policy_nobody_is_judged(store: Store, clock: Clock) -> None:
    """A house that was never set up has nothing to do."""
    assert not await Ager(store, clock).once()

"""Leads as rows of a database, for tests of their page: offered, taken, in contact, without any workflow."""

from datetime import UTC, datetime, timedelta
from typing import Any

from db.ownership import Choice, Give, Snapshot
from models.decisions import Learned, LearnedReason, Offered, Reason, Route, Score
from models.explanation import Candidate, RoutingTrace, RuleTried, TieTried
from models.facts import LeadFacts
from models.ladder import Clock, Entry, EntryKind, Plan, Rung, RungKind
from models.lead import Company, Fit, Intent, Stage
from models.orders import Holding, RecordLead
from runtime.store import Store
from tests.db.samples import facts, newcomer, order

AT = datetime(2020, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday so long ago that its year is always said."""

MINUTE = timedelta(minutes=1)
REMIND = Rung(
    n=1,
    kind=RungKind.REMIND,
    due_at=AT + 120 * MINUTE,
    clock=Clock.WALL,
    counted_from=AT,
    budget=timedelta(hours=2),
    trace=("Mon 09:00-11:00 2 h",),
    says="remind the owner",
)
TRIAGE = Rung(n=2, kind=RungKind.TRIAGE, due_at=AT + 240 * MINUTE, clock=Clock.WALL, says="triage")


def known_as(lead_id: str, **changes: Any) -> LeadFacts:
    """A lead with everything that says who the prospect is."""
    given = {
        "received_at": AT,
        "first_name": "Kim",
        "last_name": "Lakecanary",
        "phone": "+4930901820",
        "title": "Head of Sales",
        "message": "We need it by spring.",
        "email": f"kim.{lead_id}@acme.example",
        "company": Company(name=f"Acme {lead_id}", employees=4200),
        "notes": ("country guessed from the phone number",),
    }
    return facts(lead_id, **(given | changes))


def score(**changes: Any) -> Score:
    """A judgement with points of two groups, a way, and a learned score."""
    given: dict[str, Any] = {
        "points": 17.5,
        "reasons": (
            Reason(rule="big company", points=12.5, because="company.employees is 4200", group="profile"),
            Reason(rule="asked for a demo", points=5, because="type is demo_request", group="online"),
        ),
        "intent": Intent.HIGH,
        "fit": Fit.STRONG,
        "qualification": Route(sla="slow", because="high intent, strong fit"),
        "policy": "p1",
        "learned": Learned(
            model="m1",
            likelihood=0.62,
            log_odds=0.49,
            base=-0.4,
            reasons=(LearnedReason(feature="type=demo_request", weight=0.89),),
        ),
    }
    return Score(**(given | changes))


def trace(chosen: str = "ana", rule: str = "keen ones", tie: str | None = None) -> RoutingTrace:
    """A decision among three, by one rule of two."""
    return RoutingTrace(
        at=AT,
        policy="p1",
        pool="demo",
        tier=None,
        rules=(
            RuleTried(rule="the far ones", matched=False, because="region is not apac"),
            RuleTried(rule=rule, matched=True, because="intent is high"),
        ),
        ties=(TieTried(tie="open_lead", because="nobody has another open lead of the company"),),
        tie=tie,
        strategy="weighted",
        candidates=(
            Candidate(rep_id="ben", excluded="off hours until Mon 14:00", load=3, capacity=10),
            Candidate(rep_id="cam", load=2, capacity=10, balance=-0.5),
            Candidate(rep_id=chosen, load=1, capacity=10, balance=0.5),
        ),
        chosen=chosen,
        because="ana is furthest behind her share",
    )


def offer(rep_id: str, number: int, why: RoutingTrace) -> Offered:
    """Say that somebody was given the lead."""
    return Offered(
        offer=number,
        rep_id=rep_id,
        rep_name=rep_id.title(),
        team="demo",
        region="world",
        manager_id="mia",
        pool="demo",
        sla="slow",
        sentence=f"You get this lead because it is keen and it is {rep_id}'s turn.",
        at=AT,
        plan=Plan(made_at=AT, cause="qualified", rungs=(REMIND, TRIAGE)),
        trace=why,
    )


async def let_in(store: Store, lead_id: str, **about: Any) -> None:
    """Let a lead in, and judge it."""
    known = known_as(lead_id, **about)
    await store.leads.admit(newcomer(lead_id, known))
    await store.leads.save_facts(known, at=AT)
    await store.leads.save_score(lead_id, score(), at=AT)


async def offered(
    store: Store, lead_id: str, rep_id: str = "ana", *, why: RoutingTrace | None = None, number: int = 1, **about: Any
) -> None:
    """Let a lead in and offer it to somebody, as the workflow would have it recorded; `number` goes on from there."""
    if number == 1:
        await let_in(store, lead_id, **about)
    made = offer(rep_id, number, why or trace(rep_id))

    def decide(_: Snapshot) -> Choice:
        return Give(made, moves={}, refund_on=frozenset())

    at = AT + number * MINUTE
    await store.ownerships.assign(order(lead_id, number), decide, at=at, ordered_at=at)
    await recorded(store, lead_id, Stage.OFFERED, Holding(rep_id=rep_id, offer=number), seq=10 * number)


async def recorded(
    store: Store, lead_id: str, stage: Stage, holding: Holding | None = None, *, seq: int, **changes: Any
) -> None:
    """Record where a lead stands, with a line of its story."""
    at = AT + seq * MINUTE
    line = Entry(n=seq, at=at, kind=EntryKind.OFFERED, says=f"it is {stage} since 2020-03-02 09:01:00 UTC")
    given: dict[str, Any] = {
        "at": at,
        "answerable": "mia",
        "offer": holding.offer if holding else 0,
        "rung": 0,
        "due_at": REMIND.due_at,
        "next_step": REMIND.says,
        "breached": False,
        "entries": (line,),
    }
    await store.leads.record(RecordLead(lead_id=lead_id, seq=seq, stage=stage, holding=holding, **(given | changes)))


async def taken(store: Store, lead_id: str, rep_id: str = "ana", **about: Any) -> None:
    """Let a lead in, offer it to somebody, and have them take it."""
    await offered(store, lead_id, rep_id, **about)
    holding = Holding(rep_id=rep_id, offer=1, accepted_at=AT + 5 * MINUTE)
    await recorded(store, lead_id, Stage.ACCEPTED, holding, seq=20)


async def contacted(store: Store, lead_id: str, rep_id: str = "ana", **about: Any) -> None:
    """Let a lead in, and have somebody take it and reach out."""
    await taken(store, lead_id, rep_id, **about)
    holding = Holding(rep_id=rep_id, offer=1, accepted_at=AT + 5 * MINUTE, contacted_at=AT + 9 * MINUTE)
    await recorded(store, lead_id, Stage.CONTACTED, holding, seq=30, closed=True, due_at=None, next_step="")

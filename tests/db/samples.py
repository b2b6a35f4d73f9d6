"""People, leads and orders to store; every name is made up."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from db.admission import Newcomer
from db.ownership import Choice, Give, Hold, Snapshot
from db.tables.words import End
from models.base import parse
from models.decisions import Admitted, Held, Manners, Offered
from models.facts import LeadFacts
from models.ladder import Plan, Target
from models.lead import LeadType, Stage
from models.orders import AssignLead, Holding, RecordLead
from models.roster import Roster
from models.routing import Refundable
from policy.fairness import Turn, turn

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
WEIGHTS = {"ada": 1, "bo": 2, "cy": 3}
REFUNDED = frozenset({Refundable.DECLINED, Refundable.EXPIRED, Refundable.WITHDRAWN})


def roster(**changes: Any) -> Roster:
    """Three reps of one team in one pool, with a manager; `changes` replace whole sections."""
    raw: dict[str, Any] = {
        "calendars": {
            "office": {
                "tz": "Europe/Berlin",
                "week": {day: [["09:00", "17:00"]] for day in WEEKDAYS},
                "holidays": ["2026-12-25"],
                "exceptions": {"2026-12-24": [["09:00", "12:00"]]},
            }
        },
        "managers": [{"id": "mia", "name": "Mia Maler", "email": "mia@baton.example", "channels": ["email", "log"]}],
        "teams": [{"id": "emea", "name": "EMEA", "manager": "mia", "calendar": "office", "region": "emea"}],
        "reps": [rep("ada", level="senior"), rep("bo", weight=2), rep("cy", weight=3, level="junior", backup="ada")],
        "pools": {"all": {"team": "emea"}, "seniors": {"members": ["ada"]}},
    }
    return parse(Roster, raw | changes)


def rep(rep_id: str, **changes: Any) -> dict[str, Any]:
    """One rep of the sample roster, as the file has it."""
    return {"id": rep_id, "name": rep_id.title(), "team": "emea", "capacity": 1000} | changes


def facts(lead_id: str, **changes: Any) -> LeadFacts:
    """A lead after hygiene, each with an address of its own."""
    known: dict[str, Any] = {
        "source": "web",
        "type": LeadType.DEMO_REQUEST,
        "email": f"{lead_id}@acme.example",
        "received_at": AT,
    }
    return LeadFacts(lead_id=lead_id, **(known | changes))


def newcomer(lead_id: str, about: LeadFacts | None = None, **changes: Any) -> Newcomer:
    """A lead that wants in."""
    about = about or facts(lead_id)
    answer = Admitted(
        lead_id=lead_id,
        headline=about.headline,
        source=about.source,
        type=about.type,
        region=about.region,
        received_at=about.received_at,
        policy="p1",
        manners=Manners(),
    )
    values: dict[str, Any] = {
        "answer": answer,
        "facts": about,
        "raw": {"source": about.source},
        "at": AT,
        "fold_since": AT - timedelta(days=90),
    }
    return Newcomer(lead_id=lead_id, **(values | changes))


def order(lead_id: str, offer: int = 1, **changes: Any) -> AssignLead:
    """Ask for somebody to get the lead."""
    known: dict[str, Any] = {
        "policy": "p1",
        "to": Target.PRIMARY,
        "sla": "demo",
        "cause": "qualified",
        "ordered_at": AT,
        "sla_from": AT,
    }
    return AssignLead(lead_id=lead_id, offer=offer, **(known | changes))


def offered(lead_id: str, rep_id: str, offer: int = 1, **changes: Any) -> Offered:
    """Say who got it."""
    known: dict[str, Any] = {
        "rep_name": rep_id.title(),
        "team": "emea",
        "region": "emea",
        "manager_id": "mia",
        "pool": "all",
        "sla": "demo",
        "sentence": f"{rep_id} is next",
        "at": AT,
        "plan": Plan(made_at=AT, cause="offered", rungs=()),
    }
    return Offered(offer=offer, rep_id=rep_id, **(known | changes))


def give(
    lead_id: str, rep_id: str, offer: int = 1, moves: Mapping[str, int] | None = None, **changes: Any
) -> Callable[[Snapshot], Choice]:
    """Choose this person, whatever the snapshot says."""
    answer = offered(lead_id, rep_id, offer, **changes)
    return lambda _: Give(answer, moves=moves or {}, ends=End.DECLINED, refund_on=REFUNDED)


def in_turn(lead_id: str, offer: int = 1, weights: Mapping[str, int] = WEIGHTS) -> Callable[[Snapshot], Choice]:
    """Choose whose turn it is in the pool `all`."""

    def decide(snapshot: Snapshot) -> Choice:
        next_one: Turn = turn(snapshot.situation.balances.get("all", {}), weights)
        answer = offered(lead_id, next_one.chosen, offer)
        return Give(answer, moves=next_one.moves, turn_because=next_one.because, refund_on=REFUNDED)

    return decide


def hold(until: datetime, pool: str | None = "all", **changes: Any) -> Callable[[Snapshot], Choice]:
    """Choose nobody for now."""
    return lambda _: Hold(Held(until=until, because="nobody is on shift"), pool=pool, **changes)


def standing(lead_id: str, seq: int, stage: Stage, holding: Holding | None = None, **changes: Any) -> RecordLead:
    """Record where the lead stands."""
    known: dict[str, Any] = {
        "at": AT + seq * MINUTE,
        "answerable": "mia",
        "offer": holding.offer if holding else 0,
        "rung": 0,
        "due_at": None,
        "next_step": "",
        "breached": False,
    }
    return RecordLead(lead_id=lead_id, seq=seq, stage=stage, holding=holding, **(known | changes))

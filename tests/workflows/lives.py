"""Lives as tests begin them: a lead in triage, in review, taken, half way up, of whom nobody could be told."""

from datetime import datetime, timedelta
from typing import Any

from models.decisions import DeliveryState, Held, Nurture, Qualification, Review, Score
from models.lead import Stage
from models.orders import ScoreLead
from tests.workflows.kitchen import routed
from tests.workflows.machine import BEGIN, Life


def judged_as(way: Qualification, policy: str = "test-2") -> Score:
    """A judgement that goes this way."""
    order = ScoreLead(lead_id="t1", policy=policy, at=BEGIN)
    return routed(order).model_copy(update={"qualification": way})


def for_nurture(until: datetime) -> Score:
    """Marketing keeps it warm."""
    return judged_as(Nurture(answerable="nia", monitored=True, until=until, because="low intent"))


def for_review(due_at: datetime) -> Score:
    """A person decides."""
    return judged_as(Review(answerable="mia", due_at=due_at, because="executive introduction"))


def held_until(until: datetime, response_due_at: datetime | None = None) -> Held:
    """Nobody before `until`."""
    return Held(until=until, because="all are asleep", manager_id="mia", response_due_at=response_due_at)


def at(minutes: float) -> datetime:
    """The instant so many minutes after the lead came in."""
    return BEGIN + timedelta(minutes=minutes)


def accepted() -> Life:
    """A lead that ana has taken."""
    life = Life()
    life.say("accept", rep_id="ana", key="a")
    return life


def in_triage() -> Life:
    """A lead nobody took; dov was asked last."""
    life = Life()
    life.wait(75)
    assert life.state.stage is Stage.TRIAGE
    return life


def in_review() -> Life:
    """A lead that a person has to look at."""
    life = Life(prompt=False)
    life.answer(score=for_review(at(24 * 60)))
    life.prompt = True
    life.run()
    return life


def in_nurture() -> Life:
    """A lead that marketing keeps warm."""
    life = Life(prompt=False)
    life.answer(score=for_nurture(at(30 * 24 * 60)))
    life.prompt = True
    life.run()
    return life


def at_work(after: float = 0, **how: Any) -> Life:
    """A lead that was offered, after some time; from here on orders stay out until the test has them come back."""
    life = Life(**how)
    life.wait(after)
    life.prompt = False
    return life


def come_back(life: Life, kind: type, delivery: DeliveryState = DeliveryState.DELIVERED) -> None:
    """Have the first message of this kind come back."""
    place = next(place for place, effect in enumerate(life.beside) if isinstance(effect, kind))
    life.come_back(place, delivery)


def untold() -> Life:
    """The rep could not be told of the offer, and the manager is about to be."""
    life = Life(prompt=False)
    life.answer()
    life.answer()
    life.come_back(0, DeliveryState.UNDELIVERABLE)
    return life

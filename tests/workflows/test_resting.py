"""Where no rung leads: triage, review, nurture, the end; and a new history that carries everything."""

from datetime import timedelta

import pytest

from models.base import Problem
from models.decisions import Disqualified, Manners, NotAllowed, Unusable
from models.lead import Stage
from models.orders import ScoreLead
from tests.workflows.kitchen import offered, routed
from tests.workflows.lives import at, at_work, for_nurture, for_review, judged_as
from tests.workflows.machine import BEGIN, Life
from workflows import telling
from workflows.ladder import arrivals, climbing, judgements, resting, returns
from workflows.ladder.effects import AlertCause, Alerting
from workflows.ladder.state import LeadState
from workflows.ladder.step import Step

DAY = 24 * 60


def test_triage_is_heard_of_daily_until_somebody_takes_it() -> None:
    """At least daily, by policy more often."""
    life = Life(manners=Manners(triage_every=timedelta(hours=6)))
    life.wait(60 + 2 * DAY)
    alerts = life.alerts()[2:]
    assert alerts == ["still in triage, because nobody took it on the whole ladder"] * 8
    life.say("take", by="mia")
    life.wait(30)
    assert len(life.alerts()) == 10


def test_a_review_is_asked_for_at_once_and_again_when_due() -> None:
    """Somebody is answerable, and hears of it until they decide."""
    life = Life(prompt=False)
    life.answer(score=for_review(at(DAY)))
    life.prompt = True
    life.run()
    assert (life.state.stage, life.state.answerable, climbing.next_due(life.state)) == (Stage.REVIEW, "mia", at(DAY))
    assert telling.next_step(life.state) == "the review is due"
    life.wait(3 * DAY)
    assert life.alerts() == [
        "please review it: executive introduction",
        *["waits for review: executive introduction"] * 3,
    ]


def test_a_nurtured_lead_is_closed_when_its_programme_ends() -> None:
    """Visible until then, settled after."""
    life = Life(prompt=False)
    life.answer(score=for_nurture(at(30 * DAY)))
    assert (life.state.stage, climbing.next_due(life.state)) == (Stage.NURTURING, at(30 * DAY))
    life.wait(30 * DAY)
    assert (life.state.stage, life.state.because) == (Stage.CLOSED, "the nurture programme ran its time")
    assert climbing.next_due(life.state) is None


def test_a_lead_that_is_none_ends() -> None:
    """Out, with the reason."""
    life = Life(prompt=False)
    life.answer(score=judged_as(Disqualified(because="a competitor")))
    assert (life.state.stage, life.state.because) == (Stage.DISQUALIFIED, "a competitor")


def test_a_new_score_changes_no_way_but_a_nurtured_leads() -> None:
    """A lead that is with somebody keeps its way; points are taken in."""
    life = at_work()
    better = routed(ScoreLead(lead_id="t1", policy="test-1", at=BEGIN)).model_copy(
        update={"points": 99, "qualification": Disqualified(because="x")}
    )
    step = judgements.rescored(life.state, better, life.now)
    assert step.state.score is not None
    assert (step.state.score.points, step.state.score.qualification.way) == (99, "route")
    assert (step.state.holder, step.state.plan) == (life.state.holder, life.state.plan)


UNUSABLE = Unusable(
    problems=(Problem(field="email", what="is required"), Problem(field="type", what="is not known")),
    answerable="mia",
    due_at=at(DAY),
    policy="test-1",
    manners=Manners(),
    received_at=BEGIN,
)


def test_what_is_no_lead_is_reviewed_with_what_is_wrong() -> None:
    """A person sees it, and why."""
    step = arrivals.unusable(LeadState(lead_id="t1"), UNUSABLE, BEGIN)
    assert (step.state.stage, step.state.because) == (Stage.REVIEW, "email: is required; type: is not known")
    assert (step.state.answerable, climbing.next_due(step.state)) == ("mia", at(DAY))
    assert (step.state.headline, telling.next_step(step.state)) == (
        "a lead that could not be read",
        "the review is due",
    )
    [alert] = step.effects
    assert alert == Alerting("please review it: email: is required; type: is not known", 1001, AlertCause.TRIAGE, 0)


def test_what_was_ended_before_it_was_read_stays_ended() -> None:
    """Disqualified while it was taken in: it does not come back as a review, nor end twice."""
    over = resting.ended_in(Step(LeadState(lead_id="t1")), BEGIN, Stage.DISQUALIFIED, "noise").state
    assert arrivals.unusable(over, UNUSABLE, BEGIN).state == over
    assert resting.ended_in(Step(over), BEGIN, Stage.CLOSED, "folded").state == over


@pytest.mark.parametrize("prompt", [True, False])
def test_a_new_history_carries_everything(prompt: bool) -> None:
    """Wherever a lead stands, plain JSON is enough to go on."""
    life = Life(prompt=prompt)
    life.carry_over()
    life.prompt = True
    for minutes in (0, 15, 5, 12, 100):
        life.wait(minutes)
        life.say("event", kind="email_open", key=f"e{minutes}")
        life.carry_over()
    life.say("take", by="mia", key="t")
    life.carry_over()
    assert life.say("take", by="mia", key="t").repeat


def test_an_offer_is_taken_in_once() -> None:
    """An answer nobody waits for gives the lead to nobody."""
    life = Life()
    late = offered(life.ordered[0].model_copy(update={"offer": 5}), "eva", life.now)
    assert returns.assigned(life.state, late, life.now).state == life.state.model_copy(update={"offer": 5})
    assert returns.assigned(life.state, NotAllowed(because="x"), life.now).state == life.state

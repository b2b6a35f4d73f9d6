"""What touches a score: prospects, points by hand, time, and what a new judgement then sets off."""

from collections.abc import Callable
from typing import Any

import pytest

from models.decisions import Disqualified, Fired, Qualification, Route, Score
from models.lead import Stage
from models.messages import HouseEvent, VerdictKind
from tests.workflows.lives import accepted, at, for_nurture, for_review, in_nurture, judged_as
from tests.workflows.machine import BEGIN, MINUTE, Life
from workflows.ladder import judgements
from workflows.ladder.effects import AlertCause, Alerting, Rescoring, Touching
from workflows.ladder.step import Step

REQUALIFY = Fired(trigger="budget approved", do="requalify", because="tag added: has-budget")
ALERT = Fired(trigger="worth a call", do="alert", because="22 points, more than 20")
OUT = Disqualified(because="a student")


def rescored(life: Life, score: Score, **changes: Any) -> Step:
    """Take a new score in, as of the life's now."""
    return judgements.rescored(life.state, score.model_copy(update={"at": life.now} | changes), life.now)


def touched(life: Life) -> list[tuple[int, str]]:
    """List the touches that were kept."""
    return [(one.n, one.touch.kind) for one in life.effects if isinstance(one, Touching)]


def said(step: Step) -> str:
    """Give the last line of the story."""
    return step.state.entries[-1].says


def test_points_by_hand_are_kept_with_who_and_why_and_score_again() -> None:
    """By whom and why stand in the touch; the story tells it; 0 points are refused (R38)."""
    life = Life()
    assert "noted: -5 points" == life.say("adjust", by="mia", points=-5, reason="no budget").because
    (touch,) = [one.touch for one in life.effects if isinstance(one, Touching)]
    assert (HouseEvent.POINTS_BY_HAND, {"points": -5, "by": "mia", "reason": "no budget"}) == (
        touch.kind,
        touch.properties,
    )
    assert ["mia takes from it 5 points: no budget"] == life.says("asked")
    assert any(isinstance(one, Rescoring) for one in life.effects)
    nothing = life.say("adjust", by="mia", points=0, reason="so")
    assert (VerdictKind.REFUSED, "0 points change nothing") == (nothing.verdict, nothing.because)
    assert "noted: +5 points" == accepted().say("adjust", by="mia", points=5, reason="so").because


def test_what_the_house_says_is_told_in_its_own_words() -> None:
    """A provider's late answer is a touch, time is none; nobody gives points as if it were an event."""
    life = Life()
    life.say("event", kind="enriched", properties={"fields": ["company.employees", "title"], "provider": "acme"})
    life.say("event", kind="score_aged")
    assert ["learned company.employees, title later, from acme"] == life.says("enriched")[1:]
    assert ["time has passed: its score is looked at again"] == life.says("event")
    assert [(0, "enriched")] == touched(life)
    given = life.say("event", kind="points_by_hand", properties={"points": 50})
    assert VerdictKind.REFUSED is given.verdict
    assert [(0, "enriched")] == touched(life)


def test_a_trigger_has_an_offered_lead_judged_anew() -> None:
    """Whoever was asked may be asked again, unless they declined; who accepts first keeps it."""
    life = Life()
    life.say("decline", rep_id="ana", reason="no")
    step = rescored(life, judged_as(Route(sla="demo", because="so")), fired=(REQUALIFY,))
    assert step.state.judging is not None
    assert ("budget approved: tag added: has-budget", True, False) == (
        step.state.judging.cause,
        step.state.judging.afresh,
        step.state.judging.repin,
    )
    assert "to be judged anew: budget approved: tag added: has-budget" == said(step)
    again = judgements.judged(step.state, judged_as(Route(sla="demo", because="better")), life.now)
    assert ("ana",) == again.state.asked
    assert again.state.moving is not None
    assert again.state.response_due_at == life.state.response_due_at, "the promise stands"


@pytest.mark.parametrize("fires", [(REQUALIFY,), ()])
def test_who_has_accepted_keeps_it(fires: tuple[Fired, ...]) -> None:
    """No trigger takes a lead from somebody who took it."""
    step = rescored(accepted(), judged_as(OUT), fired=fires)
    assert (None, Stage.ACCEPTED) == (step.state.judging, step.state.stage)


def test_a_trigger_may_alert_the_manager() -> None:
    """With what went off and why."""
    step = rescored(accepted(), judged_as(Route(sla="demo", because="so")), fired=(ALERT,))
    (alert,) = [one for one in step.effects if isinstance(one, Alerting)]
    assert ("worth a call: 22 points, more than 20", AlertCause.TRIGGER) == (alert.what, alert.about)


@pytest.mark.parametrize("way", [Route(sla="demo", because="so"), for_nurture(BEGIN + 9999 * MINUTE).qualification])
@pytest.mark.parametrize("begin", [Life, accepted])
def test_what_goes_off_while_it_is_judged_anew_is_told_too(begin: Callable[[], Life], way: Qualification) -> None:
    """What happened just before is seen by that judgement, and by no other."""
    life = begin()
    life.say("requalify", by="mia", reason="look again")
    step = judgements.judged(life.state, judged_as(way).model_copy(update={"fired": (ALERT,)}), life.now)
    assert ["worth a call: 22 points, more than 20"] == [one.what for one in step.effects if isinstance(one, Alerting)]


def test_a_nurtured_lead_that_is_none_any_more_ends() -> None:
    """As the policy says by now (R36); a judgement of an earlier release ended none, and replays so."""
    life = in_nurture()
    life.wait(10)
    gone = rescored(life, judged_as(OUT), fired=(ALERT,))
    assert (Stage.DISQUALIFIED, "a student") == (gone.state.stage, gone.state.because)
    assert [] == [one for one in gone.effects if isinstance(one, Alerting)], "there is nothing to do"
    assert Stage.NURTURING is rescored(life, judged_as(OUT), at=None).state.stage


def test_a_nurtured_lead_goes_to_review_when_a_trigger_asks_for_it() -> None:
    """And only then; one that stays in nurture keeps its end."""
    life = in_nurture()
    review = for_review(at(24 * 60))
    assert Stage.REVIEW is rescored(life, review, fired=(REQUALIFY,)).state.stage
    assert Stage.NURTURING is rescored(life, review).state.stage
    stays = rescored(life, for_nurture(BEGIN + 9999 * MINUTE), fired=(REQUALIFY,))
    assert (Stage.NURTURING, life.state.wake_at, None) == (
        stays.state.stage,
        stays.state.wake_at,
        stays.state.judging,
    )


def test_after_the_end_nothing_goes_off() -> None:
    """A score that comes back too late changes nothing."""
    life = Life()
    life.say("disqualify", by="mia", reason="noise")
    step = rescored(life, judged_as(Route(sla="demo", because="so")), fired=(REQUALIFY, ALERT))
    assert (life.state, ()) == (step.state, step.effects)

"""How people have a lead judged anew or end it; and a place that came free."""

from datetime import timedelta
from typing import Any

import pytest

from models.decisions import Manners, NotAllowed
from models.ladder import Target
from models.lead import Stage
from models.messages import VerdictKind
from tests.workflows.lives import accepted, at, for_nurture, for_review, held_until, in_review, in_triage
from tests.workflows.machine import Life
from workflows.ladder import answers
from workflows.ladder.effects import Planning

DONE = VerdictKind.DONE
REFUSED = VerdictKind.REFUSED


def test_requalifying_routes_anew_under_the_policy_of_now() -> None:
    """The old rule is as if it had never been: who was asked may be asked again, but not who said no."""
    life = Life()
    life.say("decline", rep_id="ana", reason="no")
    verdict = life.say("requalify", by="mia", reason="the rule was wrong")
    assert (verdict.verdict, verdict.because, verdict.owner) == (DONE, "offered to ben", "ben")
    assert (life.state.policy, life.state.offer) == ("test-2", 3)
    assert life.ordered[-1].asked == ("ana",)
    assert (life.ordered[-1].to, life.ordered[-1].rungs_done) == (Target.PRIMARY, 1)


@pytest.mark.parametrize(
    ("way", "stage", "answerable"), [(for_nurture, "nurturing", "nia"), (for_review, "review", "mia")]
)
def test_requalifying_may_take_the_lead_from_its_owner(way: Any, stage: str, answerable: str) -> None:
    """To marketing or to review: nobody holds it, somebody is answerable, and there is a due time."""
    life = Life()
    life.prompt = False
    ticket = life.hear("requalify", by="mia", reason="x")
    life.answer(score=way(at(5000)))
    verdict = life.settled[str(ticket)]
    assert (verdict.verdict, verdict.stage, verdict.owner) == (DONE, stage, None)
    assert (life.state.answerable, life.state.wake_at, life.state.plan) == (answerable, at(5000), ())
    life.wait(25)
    assert not life.state.breached, "nothing is promised while it is not with sales"


def test_a_requalified_lead_from_review_has_its_promise_from_now() -> None:
    """Promotion pins anew."""
    life = in_review()
    life.wait(100)
    life.say("requalify", by="mia", reason="it is a lead after all")
    assert (life.owner, life.state.response_due_at) == ("ana", at(120))


def test_a_requalified_lead_keeps_its_promise_from_the_door() -> None:
    """The prospect has waited since then, whatever rule was wrong."""
    life = Life()
    life.wait(5)
    life.say("requalify", by="mia", reason="x")
    assert (life.state.sla_from, life.state.response_due_at) == (at(0), at(20))


@pytest.mark.parametrize("where", ["accepted", "scoring", "judged already"])
def test_requalifying_is_refused(where: str) -> None:
    """A lead that somebody took is reassigned instead; and one judgement at a time."""
    life = accepted() if where == "accepted" else Life(prompt=where != "scoring")
    life.prompt = False
    if where == "judged already":
        life.hear("requalify", by="leo", reason="x")
    verdict = life.say("requalify", by="mia", reason="x")
    assert verdict.verdict is REFUSED
    assert (
        verdict.because
        == {
            "accepted": "ana took it since 2026-03-02 09:00:00 UTC (offer 1): reassign it instead",
            "scoring": "it is being judged just now (stage scoring)",
            "judged already": "it is being judged just now (stage offered)",
        }[where]
    )


def test_a_requalification_that_fails_leaves_everything_as_it_was() -> None:
    """The person is told; promise, rungs, owner and who was asked are untouched."""
    life = Life()
    life.prompt = False
    ticket = life.hear("requalify", by="mia", reason="x")
    before = life.state
    life.fail("scoring failed")
    assert life.settled[str(ticket)].because == "could not be carried out: scoring failed"
    after = life.state
    assert (after.plan, after.holder, after.asked) == (before.plan, before.holder, before.asked)
    assert (after.response_due_at, after.judging, after.stuck) == (at(20), None, None)


def test_a_decline_during_a_requalification_that_fails_passes_the_lead_on() -> None:
    """Nobody is left with a lead that its owner gave up."""
    life = Life()
    life.prompt = False
    life.hear("requalify", by="mia", reason="x")
    assert life.say("decline", rep_id="ana", reason="no").done
    life.fail("scoring failed")
    life.answer()
    assert (life.owner, life.state.rung) == ("ben", 3)


@pytest.mark.parametrize("works", [True, False])
def test_requalifying_repairs_a_lead_that_is_stuck(works: bool) -> None:
    """A bad rule made assigning fail: the new judgement goes first, and the old order only if it fails."""
    life = Life()
    life.prompt = False
    life.wait(15)
    life.fail("the pool has nobody")
    ticket = life.hear("requalify", by="mia", reason="the pool was wrong")
    if works:
        life.answer()
        life.answer()
        assert (life.settled[str(ticket)].because, life.owner) == ("offered to ana", "ana")
        assert life.state.plan[0].n == 1
    else:
        life.fail("scoring failed")
        assert life.settled[str(ticket)].verdict is REFUSED
        assert life.ordered[-1].to is Target.BACKUP


def test_a_requalification_while_an_order_is_out_waits_its_turn() -> None:
    """If that order fails, the judgement goes first: it may be what mends it."""
    life = Life()
    life.prompt = False
    life.wait(15)
    ticket = life.hear("requalify", by="mia", reason="the pool was wrong")
    life.fail("the pool has nobody")
    life.answer()
    life.fail("the pool has nobody")
    assert life.settled[str(ticket)].because == "judged anew; offering it is tried again: the pool has nobody"
    assert life.state.stuck is not None


def test_disqualifying_ends_it_and_answers_whoever_waits() -> None:
    """No lead, no owner, no timer; a reassignment that is out is answered too."""
    life = Life()
    life.prompt = False
    ticket = life.hear("reassign", rep_id="eva", by="mia", reason="x")
    verdict = life.say("disqualify", by="mia", reason="noise")
    assert (verdict.verdict, verdict.stage, verdict.owner) == (DONE, "disqualified", None)
    assert life.settled[str(ticket)].because == "disqualified by mia: noise"
    life.answer()
    assert (life.state.stage, life.owner, life.state.offer) == (Stage.DISQUALIFIED, None, 2)


def test_a_place_that_came_free_wakes_a_held_lead_only() -> None:
    """A lead somebody is asked about, one in review and a paused one sleep on."""
    life = Life(prompt=False)
    life.answer()
    life.answer(held_until(at(600)))
    step = answers.woken(life.state, at(1), "ana has a free place")
    assert step.state.moving is not None
    assert (step.state.moving.cause, step.state.moving.to) == ("ana has a free place", Target.PRIMARY)
    assert step.state.wake_at is None
    judged = Life(prompt=False)
    judged.answer()
    judged.answer(held_until(at(600)))
    judged.hear("requalify", by="mia", reason="x")
    life.say("pause", by="mia", reason="x")
    for sleeping in (life, judged, Life(), in_review(), in_triage(), accepted()):
        assert answers.woken(sleeping.state, sleeping.now, "x").state == sleeping.state


def test_no_plan_of_an_earlier_owner_wakes_a_lead_that_is_held() -> None:
    """A plan that comes back after the lead was held is not taken."""
    life = Life()
    life.prompt = False
    life.say("snooze", rep_id="ana", until=at(5))
    life.hear("reassign", rep_id="eva", by="mia", reason="x")
    life.answer(held_until(at(600)))
    [late] = [place for place, effect in enumerate(life.beside) if isinstance(effect, Planning)]
    life.come_back(late)
    assert (life.state.stage, life.state.plan, life.owner) == (Stage.ROUTING, (), None)


def test_a_machines_order_that_cannot_be_goes_to_triage() -> None:
    """Nobody asked for it, so nobody is told but the manager."""
    life = Life(manners=Manners(triage_every=timedelta(hours=6)))
    life.prompt = False
    life.wait(15)
    life.answer(NotAllowed(because="the lead is closed"))
    assert (life.state.stage, life.owner, life.state.wake_at) == (Stage.TRIAGE, None, at(15 + 360))
    assert life.alerts() == ["the lead is closed: please take it or give it to somebody"]

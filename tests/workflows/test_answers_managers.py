"""How people step in: give, take, put off, freeze, climb, judge anew, end; and a place that came free."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.decisions import Manners, NotAllowed
from models.ladder import Target
from models.lead import Stage
from models.messages import VerdictKind
from tests.workflows.kitchen import nobody
from tests.workflows.machine import (
    Life,
    accepted,
    at,
    contact_plan,
    for_nurture,
    for_review,
    held_until,
    in_review,
    in_triage,
)
from workflows import answers
from workflows.effects import Planning

A_MS = timedelta(milliseconds=1)
DONE, REFUSED = VerdictKind.DONE, VerdictKind.REFUSED


# Reassign and take.


def test_a_person_may_name_somebody() -> None:
    """The one named has it, with the whole ladder ahead and who asked for it written down."""
    life = accepted()
    verdict = life.say("reassign", rep_id="eva", by="mia", reason="knows them")
    assert (verdict.verdict, verdict.because, verdict.owner) == (DONE, "offered to eva", "eva")
    order = life.ordered[-1]
    assert (order.to, order.rep_id, order.by, order.ended) == (Target.NAMED, "eva", "mia", "withdrawn")
    assert life.says("asked") == ["mia asks for eva: knows them"]
    assert life.tells("offer")[-1].rep_id == "eva"


def test_a_manager_may_take_it() -> None:
    """Who takes it has nothing left to accept."""
    life = in_triage()
    verdict = life.say("take", by="mia")
    assert (verdict.because, verdict.owner, verdict.stage) == ("mia has it", "mia", "accepted")
    assert life.state.plan[0].says == "remind for contact"
    assert [order.rep_id for order in life.tells("offer")] == ["ana", "ben", "cho", "dov"], "mia knows"


@pytest.mark.parametrize(
    ("name", "said", "says"),
    [
        ("reassign", {"rep_id": "ana", "by": "mia", "reason": "x"}, "ana has it already"),
        ("take", {"by": "ana"}, "ana has it already"),
    ],
)
def test_who_has_it_need_not_be_given_it(name: str, said: dict[str, Any], says: str) -> None:
    """A success that changes nothing."""
    life = accepted()
    verdict = life.say(name, **said)
    assert (verdict.verdict, verdict.because, life.state.offer) == (DONE, says, 1)


def test_who_is_only_asked_may_still_take_it() -> None:
    """Being asked is as good as being given it, but not as having taken it."""
    life = Life()
    assert life.say("reassign", rep_id="ana", by="mia", reason="x").because == "ana has it already"
    verdict = life.say("take", by="ana")
    assert (verdict.because, verdict.stage) == ("ana has it", "accepted")


def test_what_cannot_be_is_refused_and_leaves_everything_as_it_was() -> None:
    """An unknown rep: the reason, and the ladder goes on with the rungs it had."""
    life = Life()
    plan = life.state.plan
    verdict = life.say("reassign", rep_id="zed", by="mia", reason="knows them")
    assert (verdict.verdict, verdict.because, verdict.owner) == (REFUSED, "unknown rep 'zed'", "ana")
    assert (life.state.plan, life.state.stage) == (plan, Stage.OFFERED)


def test_the_database_may_know_of_nobody_to_give_it_to() -> None:
    """Nobody for a named person is a refusal to the person who asked, not the end of the owner's offer."""
    life = Life()
    life.prompt = False
    ticket = life.hear("reassign", rep_id="eva", by="mia", reason="x")
    plan = life.state.plan
    life.answer(nobody(life.ordered[-1], life.now))
    assert life.settled[str(ticket)].verdict is REFUSED
    assert (life.owner, life.state.plan) == ("ana", plan)


@pytest.mark.parametrize("name", ["reassign", "take"])
def test_one_order_at_a_time(name: str) -> None:
    """While somebody is being chosen, or the lead is judged, nobody else can be asked for."""
    said = {"by": "mia"} if name == "take" else {"by": "mia", "rep_id": "eva", "reason": "x"}
    life = Life()
    life.prompt = False
    life.wait(15)
    assert life.say(name, **said).because == "somebody is being chosen this very moment: ask again in a second"
    life.answer()
    life.hear("requalify", by="mia", reason="x")
    assert "it is being judged just now" in life.say(name, **said).because


def test_the_promise_of_a_reviewed_lead_counts_from_the_hand_over() -> None:
    """Nobody breaks a promise while the lead lies in review."""
    life = in_review()
    life.wait(700)
    assert life.say("reassign", rep_id="eva", by="mia", reason="introduced").owner == "eva"
    assert (life.state.sla_from, life.state.response_due_at, life.state.breached) == (at(700), at(720), False)


def test_an_accept_beats_the_reassignment_that_is_out() -> None:
    """The manager is told who was first, and may insist."""
    life = Life()
    life.prompt = False
    ticket = life.hear("reassign", rep_id="eva", by="mia", reason="knows them")
    assert life.say("accept", rep_id="ana").done
    life.prompt = True
    life.run()
    verdict = life.settled[str(ticket)]
    assert (verdict.verdict, verdict.because, verdict.owner) == (REFUSED, "ana accepted first", "ana")
    assert life.say("reassign", rep_id="eva", by="mia", reason="knows them").owner == "eva"


def test_a_reassignment_of_the_same_instant_as_the_accept_before_it_is_carried_out() -> None:
    """What counts is what was said first, not that both were said at once."""
    life = accepted()
    assert life.now == life.state.accepted_at
    assert life.say("take", by="mia").owner == "mia"


def test_ones_own_accept_while_ones_own_take_is_out_is_no_quarrel() -> None:
    """Both say the same."""
    life = Life()
    life.prompt = False
    ticket = life.hear("take", by="ana")
    assert life.say("accept", rep_id="ana").done
    life.answer()
    assert (life.settled[str(ticket)].verdict, life.owner) == (DONE, "ana")


@pytest.mark.parametrize("rep", ["eva", "zed"])
def test_a_person_may_step_in_when_the_machine_is_stuck(rep: str) -> None:
    """The database failed on the machine's order; a person's goes first, and the machine's is not forgotten."""
    life = Life()
    life.prompt = False
    life.wait(15)
    life.fail()
    ticket = life.hear("reassign", rep_id=rep, by="mia", reason="knows them")
    assert life.order is not None, "at once, not when the machine tries again"
    life.answer()
    assert life.settled[str(ticket)].done == (rep == "eva")
    if rep == "zed":
        assert life.ordered[-1].to is Target.BACKUP
        life.answer()
    assert life.owner == ("eva" if rep == "eva" else "ben")
    assert life.state.rung == (1 if rep == "eva" else 3)


def test_a_person_may_step_in_when_scoring_is_stuck() -> None:
    """Scoring is down: whoever was alerted may take the lead."""
    life = Life(prompt=False)
    life.fail("scoring failed")
    assert life.state.stage is Stage.TRIAGE
    ticket = life.hear("take", by="zed")
    life.answer()
    assert life.settled[str(ticket)].verdict is REFUSED
    assert life.order is not None, "it is scored all the same"
    life.fail("scoring failed")
    ticket = life.hear("take", by="mia")
    life.answer()
    assert (life.settled[str(ticket)].because, life.owner) == ("mia has it", "mia")
    assert life.order is None


def test_what_a_person_asked_for_is_not_retried_behind_their_back() -> None:
    """It failed, they are told, and the number of the offer that may have been made is not used again."""
    life = Life()
    life.prompt = False
    ticket = life.hear("reassign", rep_id="eva", by="mia", reason="x")
    life.fail("assigning failed", committed=True)
    assert life.settled[str(ticket)].because == "could not be carried out: assigning failed"
    assert (life.owner, life.order, life.state.plan[0].n) == ("ana", None, 1)
    life.prompt = True
    assert life.say("reassign", rep_id="cho", by="mia", reason="x").owner == "cho"


# Extend.


def test_an_owner_may_be_given_longer() -> None:
    """The ladder goes on at `until`; reminders before it stay, what comes after keeps its distance."""
    life = Life()
    verdict = life.say("extend", by="mia", until=at(60))
    assert verdict.because == "extended until 2026-03-02T10:00:00Z"
    assert [(rung.n, rung.due_at) for rung in life.state.plan[:4]] == [
        (1, at(10)),
        (2, at(60)),
        (3, at(65)),
        (4, at(75)),
    ]
    life.wait(59)
    assert life.owner == "ana"
    life.wait(1)
    assert life.owner == "ben"


def test_an_owner_may_be_given_less() -> None:
    """The manager names the instant; a reminder that would come after it is dropped."""
    life = Life()
    life.say("extend", by="mia", until=at(5))
    assert [(rung.n, rung.due_at) for rung in life.state.plan[:2]] == [(2, at(5)), (3, at(10))]


@pytest.mark.parametrize("until", [at(0), at(-1), at(7 * 24 * 60) + A_MS, datetime.max.replace(tzinfo=UTC)])
def test_an_extension_is_bounded_by_policy(until: datetime) -> None:
    """As long as a pause may last; a date at the end of time breaks nothing."""
    life = Life()
    verdict = life.say("extend", by="mia", until=until)
    assert verdict.because == "until has to lie between now and 2026-03-09T09:00:00Z (policy)"
    assert life.say("extend", by="mia", until=at(7 * 24 * 60)).done


@pytest.mark.parametrize("where", ["triage", "paused", "passed on", "without rungs"])
def test_there_has_to_be_a_rung_to_put_off(where: str) -> None:
    """Nothing ahead, or nothing running: said so."""
    life = in_triage() if where == "triage" else Life()
    if where == "without rungs":
        life.contact = lambda now, cause: contact_plan(now, cause).model_copy(update={"rungs": ()})
        life.say("accept", rep_id="ana")
    if where == "paused":
        life.say("pause", by="mia", reason="x")
    if where == "passed on":
        life.prompt = False
        life.wait(15)
    verdict = life.say("extend", by="mia", until=life.now + timedelta(hours=1))
    assert verdict.because == "no rung is ahead that could be put off"


# Pause and resume.


@pytest.mark.parametrize(
    ("until", "done"),
    [(None, True), (at(0), False), (at(0.1), True), (at(7 * 24 * 60), True), (at(7 * 24 * 60) + A_MS, False)],
)
def test_a_pause_is_bounded_by_policy(until: datetime | None, done: bool) -> None:
    """A week at most, and a week if nothing else is said."""
    life = Life()
    verdict = life.say("pause", by="mia", reason="a call", until=until)
    assert verdict.done == done
    if done:
        assert life.state.paused is not None
        assert life.state.paused.until == (until or at(7 * 24 * 60))
    else:
        assert verdict.because == "until has to lie between now and 2026-03-09T09:00:00Z (policy)"


def test_a_pause_freezes_what_is_left() -> None:
    """No rung runs; resumed, each has the time it had left."""
    life = Life()
    life.wait(4)
    life.say("pause", by="mia", reason="a call")
    life.wait(100)
    assert (life.owner, life.tells("remind")) == ("ana", [])
    again = life.say("pause", by="leo", reason="me too")
    assert again.because == "paused already by mia until 2026-03-09T09:04:00Z"
    assert life.say("resume", by="leo").because == "resumed"
    assert [rung.due_at for rung in life.state.plan[:2]] == [at(110), at(115)]
    assert life.says("resumed") == ["goes on: resumed by leo"]
    assert life.say("resume", by="leo").because == "it is not paused"


def test_a_pause_ends_by_itself() -> None:
    """At its end the time runs on, to the minute."""
    life = Life()
    life.wait(4)
    life.say("pause", by="mia", reason="a call", until=at(30))
    life.wait_until(at(30) - A_MS)
    assert life.says("resumed") == []
    life.wait_until(at(30))
    assert (life.state.paused, life.state.plan[0].due_at) == (None, at(36))
    assert life.says("resumed") == ["goes on: the pause ended by policy"]


@pytest.mark.parametrize("name", ["accept", "decline", "contacted"])
def test_answers_are_taken_during_a_pause_and_end_it(name: str) -> None:
    """Time is frozen, people are not."""
    life = Life()
    life.say("pause", by="mia", reason="a call")
    said = {"reason": "no"} if name == "decline" else {}
    assert life.say(name, rep_id="ana", **said).done
    assert life.state.paused is None


def test_an_offer_made_during_a_pause_has_its_own_time_and_no_more() -> None:
    """The order was out when the pause began; the new owner's time starts with the offer, and is frozen from then."""
    life = Life()
    life.prompt = False
    life.wait(15)
    life.say("pause", by="mia", reason="a call")
    life.sleep(300)
    life.answer()
    life.sleep(100)
    life.prompt = True
    life.say("resume", by="mia")
    assert (life.owner, life.state.plan[0].due_at) == ("ben", at(15 + 300 + 100 + 5))


def test_the_promise_to_the_prospect_is_not_paused() -> None:
    """The lead clock never stops: it is what is reported."""
    life = Life()
    life.say("pause", by="mia", reason="a call")
    life.wait(21)
    assert life.state.breached


# Escalate.


@pytest.mark.parametrize(
    ("after", "says", "owner", "told"),
    [
        (0, "the manager is told", "ana", "mia escalated: remind the owner"),
        (10, "offer it to the backup", "ben", None),
        (15, "the manager is told", "ben", "mia escalated: tell the manager"),
        (20, "give it to the next one available", "cho", None),
        (45, "in triage", None, "escalated by mia: please take it or give it to somebody"),
    ],
)
def test_escalating_climbs_the_next_rung_now(after: float, says: str, owner: str | None, told: str | None) -> None:
    """Whatever stands next on the ladder, at once."""
    life = Life()
    life.wait(after)
    alerts = len(life.alerts())
    assert life.say("escalate", by="mia").because == says
    assert life.owner == owner
    assert life.alerts()[alerts:] == ([told] if told else [])
    assert life.state.plan == () or life.state.plan[0].n == life.state.rung


def test_escalating_to_the_end_of_the_contact_clock_leaves_it_watched() -> None:
    """No rung is left, the owner stays, and the manager hears of it daily."""
    life = Life()
    life.contact = lambda now, cause: contact_plan(now, cause).model_copy(
        update={"rungs": contact_plan(now, cause).rungs[:1]}
    )
    life.say("accept", rep_id="ana")
    assert life.say("escalate", by="mia").done
    assert (life.state.plan, life.state.wake_at) == ((), at(24 * 60))
    assert life.say("escalate", by="mia").because == "no rung is planned that could be climbed"


# Requalify.


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


# Disqualify.


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


# A place that came free.


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

"""How people give a lead to somebody, or take it."""

from typing import Any

import pytest

from models.ladder import Target
from models.lead import Stage
from models.messages import VerdictKind
from tests.workflows.kitchen import nobody
from tests.workflows.lives import accepted, at, in_review, in_triage
from tests.workflows.machine import Life

DONE = VerdictKind.DONE
REFUSED = VerdictKind.REFUSED


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

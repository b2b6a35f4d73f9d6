"""Handing over while it is not known who holds the lead: kept, told, and carried out as soon as it is."""

import pytest

from models.decisions import Manners
from models.ladder import Target
from models.lead import Stage
from models.messages import VerdictKind
from models.orders import AssignLead
from tests.workflows.kitchen import nobody
from tests.workflows.lives import accepted, for_nurture
from tests.workflows.machine import MINUTE, Life
from workflows.ladder import climbing
from workflows.ladder.state import KEPT_HANDOVERS

DONE, REFUSED = VerdictKind.DONE, VerdictKind.REFUSED


def busy(how: str) -> Life:
    """A lead that ana holds, while something about it is out."""
    life = Life()
    life.prompt = False
    match how:
        case "given":
            life.hear("reassign", rep_id="zed", by="leo", reason="x")
        case "passed on":
            life.wait(15)
        case "judged":
            life.hear("requalify", by="leo", reason="x")
    return life


def hand_over(life: Life, **said: str | None) -> str:
    """Say it, and give the ticket of what has to wait."""
    ticket = life.hear("handover", by="mia", reason="ana leaves us", **said)
    assert isinstance(ticket, str)
    return ticket


@pytest.mark.parametrize("named", [None, "eva"])
@pytest.mark.parametrize("how", ["given", "judged"])
def test_a_handover_waits_for_what_is_out(how: str, named: str | None) -> None:
    """It is told, lost by no new history, and carried out once it is known that ana still has it."""
    life = busy(how)
    ticket = hand_over(life, rep_id=named)
    what = "mia hands it over from ana, as soon as that is over: who is to have it is being found out (ana leaves us)"
    assert life.says("asked")[-1] == what
    assert (life.settled, len(life.state.handovers)) == ({}, 1)
    life.carry_over()
    life.fail("no answer") if how == "judged" else life.answer()
    assert (life.state.handovers, isinstance(life.order, AssignLead)) == ((), True)
    order = life.ordered[-1]
    assert (order.to, order.rep_id, order.by) == (Target.NAMED if named else Target.NEXT, named, "mia")
    life.answer()
    owner = named or "ben"
    verdict = life.settled[ticket]
    assert (verdict.verdict, verdict.because, verdict.owner) == (DONE, f"offered to {owner}", owner)
    assert (life.owner, life.says("handed_over")) == (owner, ["mia hands it over from ana: ana leaves us"])


@pytest.mark.parametrize("holder", [None, "ana"])
def test_a_handover_to_somebody_named_lets_who_has_it_by_then_keep_it(holder: str | None) -> None:
    """The ladder passed it on to ben meanwhile: he is not who was meant."""
    life = busy("passed on")
    ticket = hand_over(life, rep_id="eva", holder=holder)
    life.answer()
    verdict = life.settled[ticket]
    says = "ana does not have it: ben is asked since 2026-03-02 09:15:00 UTC (offer 2)"
    assert (verdict.verdict, verdict.because, life.owner) == (DONE, says, "ben")
    assert life.says("skipped") == [f"mia wanted it handed over from ana (ana leaves us), and {says}"]
    assert len(life.ordered) == 2


@pytest.mark.parametrize("where", ["held by ben", "in triage"])
def test_a_handover_from_somebody_who_has_it_no_more_moves_nothing(where: str) -> None:
    """Only if this person still holds it."""
    life = Life()
    life.wait(20 if where == "held by ben" else 90)
    before = life.state
    verdict = life.say("handover", by="mia", reason="ana leaves us", holder="ana", key="h1")
    assert (verdict.verdict, verdict.owner) == (DONE, life.owner)
    assert verdict.because.startswith("ana does not have it: ")
    assert (life.state.holder, life.state.plan, life.state.stage) == (before.holder, before.plan, before.stage)
    assert life.state.tickets == before.tickets + 1
    assert life.say("handover", by="mia", reason="ana leaves us", holder="ana", key="h1").repeat


def test_who_is_given_it_in_this_very_moment_may_be_meant() -> None:
    """The database gave it to ana and her leads were handed over, before the lead itself heard that she has it."""
    life = Life(prompt=False)
    life.answer()
    assert (life.owner, isinstance(life.order, AssignLead)) == (None, True)
    ticket = hand_over(life, holder="ana", key="handover-7")
    assert hand_over(life, holder="ana", key="handover-7") == ticket, "told twice, it is one wish"
    life.prompt = True
    life.run()
    assert (life.owner, life.settled[ticket].because) == ("ben", "offered to ben")


def test_an_order_that_is_stuck_may_have_been_carried_out() -> None:
    """Only the answer got lost: ana has it, as the database says. Who waits is told at once that it goes on."""
    life = Life(prompt=False)
    life.answer()
    first = hand_over(life, holder="ana")
    life.fail(committed=True)
    says = "to be handed over as soon as it is known who has it: the database is down"
    assert (life.settled[first].verdict, life.settled[first].because) == (DONE, says)
    assert [wish.ticket for wish in life.state.handovers] == [None]
    life.prompt = True
    life.wait(1)
    assert (life.owner, life.says("handed_over")) == ("ben", ["mia hands it over from ana: ana leaves us"])


@pytest.mark.parametrize("named", [None, "eva"])
def test_a_handover_survives_a_database_that_is_down(named: str | None) -> None:
    """Whether or not somebody is named: it is tried again until the lead has left, ever later."""
    life = accepted()
    life.prompt = False
    ticket = hand_over(life, rep_id=named, holder="ana")
    life.fail()
    assert life.settled[ticket].because == "to be handed over; offering it is tried again: the database is down"
    assert climbing.next_due(life.state) == life.now + MINUTE
    life.wait(1)
    life.fail()
    assert climbing.next_due(life.state) == life.now + 2 * MINUTE
    life.prompt = True
    life.wait(2)
    assert life.owner == (named or "ben")


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("how", ["calm", "passed on"])
def test_a_leaver_who_accepts_meanwhile_leaves_it_all_the_same(how: str, fails: bool) -> None:
    """The sender does not wait and would not insist: an acceptance ends no handover that names its holder."""
    life = busy(how)
    life.hear("handover", by="mia", reason="ana leaves us", holder="ana")
    verdict = life.say("accept", rep_id="ana")
    assert (verdict.verdict, verdict.because) == (DONE, "yours, but it is being handed over: ana leaves us")
    life.fail() if fails else life.answer()
    assert (life.owner, life.state.stage) == ("ana", Stage.ACCEPTED)
    assert (life.ordered[-1].by, life.ordered[-1].offer) == ("mia", 3)
    life.prompt = True
    life.run()
    assert (life.owner, life.state.stage) == ("ben", Stage.OFFERED)


def test_a_leaver_whom_somebody_else_took_it_from_has_left() -> None:
    """Whoever was asked before takes it back while the hand-over is out."""
    life = Life()
    life.manners = life.manners.model_copy(update={"take_back": True})
    life.state = life.state.model_copy(update={"manners": life.manners})
    life.wait(15)
    life.prompt = False
    ticket = life.hear("handover", by="mia", reason="ben leaves us", holder="ben")
    assert life.say("accept", rep_id="ana", offer=1).done
    life.answer()
    verdict = life.settled[str(ticket)]
    assert (verdict.verdict, verdict.because, life.owner) == (DONE, "ana accepted first", "ana")


def test_a_handover_that_cannot_be_is_told_to_the_manager() -> None:
    """The one named cannot have it, and nobody may wait for the verdict."""
    life = accepted()
    verdict = life.say("handover", by="mia", reason="ana leaves us", holder="ana", rep_id="zed")
    assert (verdict.verdict, life.owner) == (REFUSED, "ana")
    assert life.alerts() == ["mia hands it over from ana: ana leaves us; zed cannot have it: unknown rep 'zed'"]


@pytest.mark.parametrize("how", ["ended", "nurtured", "nobody"])
def test_a_wish_that_waits_is_over_with_what_it_was_about(how: str) -> None:
    """Nobody has it any more: whoever waits is answered."""
    life = busy("judged" if how != "nobody" else "passed on")
    ticket = hand_over(life, holder="ana", rep_id="eva")
    match how:
        case "ended":
            life.say("disqualify", by="leo", reason="noise")
        case "nurtured":
            life.answer(score=for_nurture(life.now + 60 * 24 * MINUTE))
        case "nobody":
            life.answer(nobody(life.ordered[-1], life.now))
            life.answer()
    verdict = life.settled[ticket]
    assert (verdict.verdict, verdict.owner) == {
        "ended": (REFUSED, None),
        "nurtured": (DONE, None),
        "nobody": (DONE, "eva"),
    }[how]
    assert life.state.handovers == ()


def test_wishes_that_wait_are_bounded() -> None:
    """The one too many is refused, and says why."""
    life = busy("judged")
    for number in range(KEPT_HANDOVERS):
        hand_over(life, holder=f"rep-{number}")
    verdict = life.say("handover", by="mia", reason="x", holder="ana")
    assert (verdict.verdict, len(life.state.handovers)) == (REFUSED, KEPT_HANDOVERS)
    life.prompt = True
    life.run()
    assert life.state.handovers == ()


def test_a_failed_handover_leaves_no_timer_that_spins() -> None:
    """What was told again while the order was stuck is no reason to look at the clock once rungs are ahead."""
    life = accepted()
    life.state = life.state.model_copy(
        update={
            "plan": tuple(one.model_copy(update={"due_at": one.due_at + 48 * 60 * MINUTE}) for one in life.state.plan)
        }
    )
    life.prompt = False
    hand_over(life, rep_id="zed")
    life.fail()
    life.wait(1)
    life.answer()
    assert (life.owner, life.state.moving, climbing.next_due(life.state)) == ("ana", None, life.state.plan[0].due_at)


@pytest.mark.parametrize("minutes", [15, 90])
def test_a_leaver_cannot_take_back_what_they_were_asked_before(minutes: float) -> None:
    """Neither while somebody else is asked, nor from triage, where who was asked last may still take it."""
    life = Life(manners=Manners(take_back=True))
    life.wait(minutes)
    asked_last = life.state.last_holder.rep_id if life.state.last_holder else "ana"
    assert life.say("handover", by="mia", reason="they leave us", holder=asked_last).done
    assert not life.say("accept", rep_id=asked_last).done
    assert asked_last in life.state.asked


def test_who_accepts_while_a_wish_waits_that_names_nobody_keeps_it() -> None:
    """As while it is carried out: the manager is told, and may insist."""
    life = busy("judged")
    ticket = hand_over(life)
    assert life.say("accept", rep_id="ana").done
    life.prompt = True
    life.run()
    verdict = life.settled[ticket]
    assert (verdict.verdict, verdict.because, life.owner) == (REFUSED, "ana accepted first", "ana")

"""Messages that wait for their time: sent then, under the key they have, unless they are settled meanwhile."""

from datetime import datetime, timedelta

import pytest

from models.decisions import Delivery, DeliveryState
from models.lead import Stage
from models.orders import Tell
from tests.workflows.lives import accepted, at, come_back
from tests.workflows.machine import Life
from workflows import telling
from workflows.ladder import climbing, deliveries, later
from workflows.ladder.effects import AlertCause, Alerting, Telling
from workflows.ladder.state import KEPT_LATER, Later, LeadState
from workflows.ladder.step import Step

LATER, DELIVERED = DeliveryState.LATER, DeliveryState.DELIVERED


def offer_put_off(minutes: float = 5) -> Life:
    """A lead whose offer is told later: it is quiet where ana is."""
    life = Life(prompt=False, later_for=timedelta(minutes=minutes))
    life.answer()
    life.answer()
    come_back(life, Telling, LATER)
    return life


def test_what_is_told_later_goes_out_then_and_only_once() -> None:
    """The same message: its number is the one it had."""
    life = offer_put_off()
    says = "offer to ana waits until 2026-03-02 09:05:00 UTC: it is quiet there"
    assert (life.says("later"), life.says("sent")) == ([says], [])
    life.wait_until(at(5) - timedelta(milliseconds=1))
    assert len(life.tells("offer")) == 1
    life.wait_until(at(5))
    first, again = life.tells("offer")
    assert (again.offer, again.rung) == (first.offer, first.rung)
    come_back(life, Telling)
    assert (life.says("sent"), life.state.later) == (["offer to ana by log"], ())


def test_a_message_that_waits_is_no_step_of_the_business() -> None:
    """What is due next is the ladder's; the clock is looked at for the message too."""
    life = offer_put_off()
    assert telling.status(life.state).due_at == climbing.next_due(life.state) == at(10)
    assert climbing.next_look(life.state) == at(5)
    assert "- **Messages that wait**: 1, the first until 2026-03-02 09:05:00 UTC" in telling.page(life.state)


def test_what_is_told_later_tells_of_then() -> None:
    """By when to answer and what comes next, as it is by now."""
    life = offer_put_off()
    life.say("extend", by="mia", until=at(60))
    life.wait(5)
    assert life.tells("offer")[1].due_at == at(60)


def test_it_may_have_to_wait_again() -> None:
    """As often as the other end says so."""
    life = offer_put_off()
    life.wait(5)
    come_back(life, Telling, LATER)
    life.wait(5)
    assert len(life.tells("offer")) == 3


@pytest.mark.parametrize("until", [None, at(-10), at(0)])
def test_what_waits_for_no_time_is_tried_a_moment_later(until: datetime | None) -> None:
    """Whatever the other end says, the lead does not spin."""
    delivery = Delivery(state=LATER, person_id="ana", because="quiet", until=until)
    life = Life()
    step = deliveries.told(life.state, life.tells("offer")[0], delivery, life.now)
    assert [one.until for one in step.state.later] == [at(0) + timedelta(seconds=1)]


@pytest.mark.parametrize("since", ["accepted", "moved on", "declined", "triage"])
def test_an_offer_that_is_settled_meanwhile_is_not_told(since: str) -> None:
    """Nobody is asked what is not asked any more; the timeline says so."""
    life = offer_put_off(30)
    match since:
        case "accepted":
            life.say("accept", rep_id="ana")
        case "declined":
            life.prompt = True
            life.say("decline", rep_id="ana", reason="no")
        case "moved on":
            life.prompt = True
            life.wait(16)
        case "triage":
            life.prompt = True
            life.later_for = timedelta(minutes=80)
            life.wait(61)
    before = [tell for tell in life.tells("offer") if tell.rep_id == "ana"]
    life.wait(31)
    assert [tell for tell in life.tells("offer") if tell.rep_id == "ana"] == before
    assert "offer to ana not sent: it is settled meanwhile" in life.says("skipped")


def alert_put_off(life: Life) -> Life:
    """An alert about the present offer waits for ten minutes."""
    life.prompt = False
    life.later_for = timedelta(minutes=10)
    life.apply(Step(life.state).alert("look at it", AlertCause.TROUBLE))
    come_back(life, Alerting, LATER)
    return life


def test_an_alert_waits_too() -> None:
    """Under its key, to whom it was for."""
    life = alert_put_off(Life())
    assert life.says("later") == ["what mia is to know waits until 2026-03-02 09:10:00 UTC: it is quiet there"]
    life.wait(10)
    first, again = [effect for effect in life.effects if isinstance(effect, Alerting)]
    assert first == again
    come_back(life, Alerting)
    assert life.says("alerted") == ["told mia by log: look at it"]


@pytest.mark.parametrize(
    ("since", "sent"), [("accepted", False), ("given on", True), ("triage", True), ("paused", True)]
)
def test_an_alert_that_is_settled_meanwhile_is_not_told(since: str, sent: bool) -> None:
    """Once somebody took it there is nothing to know; a lead that somebody else is asked for is not settled."""
    life = Life()
    life.wait(46)
    life = alert_put_off(life)
    life.wait(1)
    match since:
        case "accepted":
            life.say("accept", rep_id="dov")
        case "given on":
            life.hear("reassign", rep_id="eva", by="mia", reason="x")
            life.answer()
        case "triage":
            life.say("escalate", by="mia")
        case "paused":
            life.say("pause", by="mia", reason="x")
    life.wait(11)
    assert (life.alerts().count("look at it") == 2) == sent


def test_the_managers_daily_word_of_an_untouched_lead_waits_too() -> None:
    """It was raised after the acceptance: nothing is settled by that."""
    life = alert_put_off(accepted())
    life.wait(11)
    assert life.alerts().count("look at it") == 2


def test_nothing_is_told_after_the_end() -> None:
    """Not what waited, nor what comes back to wait."""
    life = offer_put_off()
    life.say("disqualify", by="mia", reason="noise")
    assert (life.state.later, climbing.next_look(life.state)) == ((), None)
    step = deliveries.told(life.state, life.tells("offer")[0], life._delivery("ana", LATER), life.now)
    assert (step.state.later, step.effects) == ((), ())
    alert = Alerting("x", 1001, AlertCause.TROUBLE, 1)
    assert deliveries.alerted(life.state, alert, life._delivery("mia", LATER), life.now) == Step(life.state)


def test_what_waits_is_bounded_and_what_is_given_up_is_told() -> None:
    """A lead does not grow without end."""
    life = Life()
    for number in range(KEPT_LATER + 1):
        tell = life.tells("offer")[0].model_copy(update={"rung": number})
        life.apply(deliveries.told(life.state, tell, life._delivery("ana", LATER), life.now))
    assert [one.tell.rung for one in life.state.later if one.tell] == list(range(1, KEPT_LATER + 1))
    assert life.says("unsent") == ["offer to ana not sent: too many messages wait"]


def test_what_waits_goes_over_into_a_new_history() -> None:
    """To the letter."""
    life = alert_put_off(offer_put_off())
    life.carry_over()
    assert len(life.state.later) == 2
    life.wait(11)
    assert life.alerts().count("look at it") == 2


def test_what_waits_goes_out_during_a_pause_and_while_an_order_fails() -> None:
    """Time is frozen for the rungs, not for people who are to know."""
    life = offer_put_off()
    life.say("pause", by="mia", reason="a call")
    life.wait(5)
    assert len(life.tells("offer")) == 2
    stuck = alert_put_off(Life())
    stuck.hear("requalify", by="mia", reason="x")
    stuck.fail()
    stuck.wait(15)
    stuck.fail()
    while stuck.alerts().count("look at it") < 2:
        due = climbing.next_look(stuck.state)
        assert due is not None
        stuck.wait_until(due)
        if stuck.order:
            stuck.fail()


# A snooze ends with a word.


def test_who_snoozes_is_reminded_when_they_said() -> None:
    """Besides the rungs, which are put off by as much."""
    life = Life()
    life.say("snooze", rep_id="ana", until=at(30))
    life.wait_until(at(30))
    [tell] = life.tells("remind")
    assert (tell.rep_id, tell.offer, tell.due_at, tell.next_step) == ("ana", 1, at(45), "remind the owner")
    life.wait_until(at(45))
    assert [tell.rung for tell in life.tells("remind")] == [1001, 1]


@pytest.mark.parametrize("how", ["accepted", "declined"])
def test_who_has_answered_is_not_reminded_of_their_snooze(how: str) -> None:
    """It is settled."""
    life = Life()
    life.say("snooze", rep_id="ana", until=at(30))
    life.say("accept", rep_id="ana") if how == "accepted" else life.say("decline", rep_id="ana", reason="no")
    life.wait(31)
    assert [tell for tell in life.tells("remind") if tell.rep_id == "ana"] == []


def test_an_owner_who_snoozes_is_reminded_of_the_contact() -> None:
    """What is put off is the contact clock."""
    life = accepted()
    life.say("snooze", rep_id="ana", until=at(30))
    life.wait(31)
    assert [tell.kind for tell in life.tells("contact")] == ["contact"]


def test_a_word_to_whom_it_was_taken_from_stands() -> None:
    """They are to know it, whenever that is."""
    order = Tell(lead_id="t1", kind="withdrawn", rep_id="ben", offer=2, rung=1001, sentence="ana has it")
    waiting = Later(until=at(1), since=at(0), tell=order)
    state = LeadState(lead_id="t1", stage=Stage.ACCEPTED, later=(waiting,))
    assert later.sent_again(Step(state), at(1)).effects == (Telling(order),)

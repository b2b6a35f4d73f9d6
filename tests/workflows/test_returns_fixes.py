"""When messages fail, rungs come round again, or an answer gets lost: what the machine owes people then."""

import asyncio
from datetime import timedelta
from typing import Any

from models.decisions import DeliveryState, Manners, NotAllowed
from models.lead import Stage
from models.orders import AssignLead, RecordLead
from tests.workflows.kitchen import REPS, Kitchen, nobody
from tests.workflows.machine import BEGIN, Life
from workflows.ladder.effects import Alerting, Telling


def come_back(life: Life, kind: type, delivery: DeliveryState) -> None:
    """Have the first message of this kind come back."""
    place = next(place for place, effect in enumerate(life.beside) if isinstance(effect, kind))
    life.come_back(place, delivery)


def untold() -> Life:
    """Neither the rep nor the manager could be told of the offer."""
    life = Life(prompt=False)
    life.answer()
    life.answer()
    life.come_back(0, DeliveryState.UNDELIVERABLE)
    come_back(life, Alerting, DeliveryState.UNDELIVERABLE)
    return life


def test_when_neither_can_be_told_the_lead_goes_to_triage_once() -> None:
    """Nobody else is asked in vain; the manager is tried at once, and every quarter of an hour."""
    life = untold()
    assert (life.state.stage, life.owner, life.state.offer) == (Stage.TRIAGE, None, 1)
    assert life.says("triaged") == ["to triage: neither the rep nor a manager could be told"]
    tried = len(life.alerts())
    for _ in range(4):
        come_back(life, Alerting, DeliveryState.UNDELIVERABLE)
        life.wait(15)
    assert len(life.alerts()) == tried + 4
    assert len(life.says("triaged")) == 1
    assert life.order is None
    assert len(life.ordered) == 1


def test_who_could_not_be_told_may_still_take_it_from_triage() -> None:
    """They may find it in a list."""
    life = untold()
    verdict = life.say("accept", rep_id="ana", offer=1)
    assert verdict.done
    assert (life.state.stage, life.owner) == (Stage.ACCEPTED, "ana")


def test_an_offer_whose_answer_got_lost_after_the_end_is_over_too() -> None:
    """The database may have made it: the next record has to name a number that covers it."""
    life = Life(prompt=False)
    life.answer()
    life.answer()
    life.say("decline", rep_id="ana", reason="on the road")
    assert isinstance(life.order, AssignLead)
    lost = life.order.offer
    life.say("disqualify", by="mia", reason="noise")
    life.fail(committed=True)
    assert lost in life.rows
    assert (life.state.stage, life.state.offer) == (Stage.DISQUALIFIED, lost)


async def test_a_record_follows_an_answer_that_got_lost_after_the_end(start: Any, kitchen: Kitchen) -> None:
    """Contact is made while the next offer is out, and its answer never comes: the last record covers that offer."""
    kitchen.manners = Manners(assign_within=timedelta(seconds=2))
    handle = await start()
    async with asyncio.timeout(20):
        while (await handle.query("status"))["stage"] != "offered":  # noqa: ASYNC110 (the worker runs in this very loop)
            await asyncio.sleep(0.02)
    kitchen.failing["reassign"] = -1
    await handle.execute_update("decline", {"rep_id": "ana", "reason": "on the road"})
    await handle.execute_update("disqualify", {"by": "mia", "reason": "noise"})
    await handle.result()
    last: RecordLead = kitchen.records[-1]
    assert (last.stage, last.offer, last.closed) == (Stage.DISQUALIFIED, 2, True)


def test_a_lead_that_nobody_can_be_offered_has_a_promise_too() -> None:
    """The prospect waits all the same: past the promised time it is late, and says so."""
    life = Life(prompt=False)
    life.answer()
    life.answer(nobody(life.ordered[0], life.now))
    promise = BEGIN + timedelta(minutes=20)
    assert (life.state.stage, life.state.response_due_at) == (Stage.TRIAGE, promise)
    life.wait_until(promise)
    assert not life.state.breached
    life.wait(1)
    assert life.state.breached


def keys(life: Life) -> list[tuple[int | None, int]]:
    """Offer and rung of every message so far: what the database tells repeats by."""
    return [
        (effect.order.offer, effect.order.rung) if isinstance(effect, Telling) else (effect.offer, effect.rung)
        for effect in life.effects
        if isinstance(effect, Telling | Alerting)
    ]


def test_rungs_that_come_round_again_are_messages_of_their_own() -> None:
    """Nobody else is there, so the owner climbs the ladder anew: what is said then is said, not taken for a repeat."""
    life = Life()
    life.wait(11)
    life.state = life.state.model_copy(update={"asked": REPS})
    life.say("accept", rep_id="ana")
    life.wait(260)
    assert life.says("nobody") != []
    assert (life.owner, life.state.offer) == ("ana", 1)
    assert [reminder.kind for reminder in life.tells("remind", "contact")] == ["remind", "contact", "contact"]
    assert len(keys(life)) == len(set(keys(life)))


def test_accepting_again_from_triage_reminds_again() -> None:
    """The contact clock runs a second time for the same offer."""
    life = untold()
    life.prompt = True
    life.run()
    for _ in range(2):
        life.say("accept", rep_id="ana", offer=1)
        before = len(life.tells("contact"))
        life.wait(61)
        assert len(life.tells("contact")) == before + 1
        if life.says("nobody") == []:
            life.state = life.state.model_copy(update={"asked": REPS})
        while life.state.stage is not Stage.TRIAGE:
            life.wait(60)
    assert len(keys(life)) == len(set(keys(life)))


def test_an_alert_is_about_the_offer_that_stood_when_it_was_ordered() -> None:
    """Though another one may have been made before it is sent."""
    life = Life(prompt=False)
    life.answer()
    life.answer()
    life.come_back(0, DeliveryState.UNDELIVERABLE)
    life.say("decline", rep_id="ana", reason="on the road")
    life.answer()
    [alert] = [effect for effect in life.beside if isinstance(effect, Alerting)]
    assert (alert.offer, life.state.offer) == (1, 2)


def test_an_escalated_alert_is_about_the_offer_that_stands() -> None:
    """A person may climb the next rung before its time; that is of the present offer too."""
    life = Life()
    life.wait(15)
    life.prompt = False
    life.say("escalate", by="mia")
    [alert] = [effect for effect in life.beside if isinstance(effect, Alerting)]
    assert (alert.offer, life.owner) == (2, "ben")


def test_who_was_never_told_has_missed_nothing() -> None:
    """The offer ends because nobody could be told of it: it has not run out on the rep."""
    life = untold()
    assert (life.state.stage, life.state.released_as) == (Stage.TRIAGE, "withdrawn")


def test_what_waited_behind_a_hand_over_that_cannot_be_is_the_managers_too() -> None:
    """The holder declines while they are taken off the lead; that order fails, and then cannot be carried out."""
    life = Life(prompt=False)
    life.answer()
    life.answer()
    life.hear("handover", by="mia", reason="ana leaves us")
    life.run()
    assert life.say("decline", rep_id="ana", reason="on the road").done
    life.fail()
    life.wait(2)
    life.answer(NotAllowed(because="it cannot be"))
    assert life.state.stage is Stage.TRIAGE
    assert (life.state.postponed, life.state.unjudged) == (None, None)

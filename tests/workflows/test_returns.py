"""What follows when an order comes back, comes back late, or fails."""

from datetime import timedelta

from models.ladder import RungKind, Target
from models.lead import Stage
from tests.workflows.kitchen import nobody
from tests.workflows.lives import at, at_work, held_until
from tests.workflows.machine import BEGIN, Life
from workflows.ladder import climbing, resting
from workflows.ladder.effects import Planning
from workflows.ladder.step import Step

DAY = 24 * 60


def test_a_held_lead_is_looked_at_again_when_its_time_comes() -> None:
    """No owner, a due time, and then whoever is there."""
    life = Life(prompt=False)
    life.answer()
    life.answer(held_until(at(600)))
    assert (life.state.stage, life.owner, life.state.answerable) == (Stage.ROUTING, None, "mia")
    assert climbing.next_due(life.state) == at(600)
    assert life.says("held") == ["held until 2026-03-02 19:00:00 UTC: all are asleep"]
    life.wait(600)
    assert (life.ordered[-1].to, life.ordered[-1].cause) == (Target.PRIMARY, "the hold is over")
    life.answer()
    assert (life.owner, life.state.offer) == ("ana", 1)


def test_a_lead_held_half_way_up_goes_on_from_there() -> None:
    """Rungs that are behind stay behind."""
    life = at_work(30)
    life.wait(15)
    life.answer(held_until(at(600), at(620)))
    assert life.state.rung == 6
    assert life.state.response_due_at == at(20), "an earlier promise stays"
    life.wait_until(at(600))
    assert (life.ordered[-1].to, life.ordered[-1].rungs_done) == (Target.NEXT, 6)
    life.answer()
    assert [rung.kind for rung in life.state.plan] == [RungKind.TRIAGE]


def test_nobody_else_leaves_the_owner_with_the_rungs_that_are_left() -> None:
    """The manager is told, the owner keeps it, and the ladder goes on counted from now."""
    life = at_work()
    life.wait(15)
    life.answer(nobody(life.ordered[-1], life.now))
    assert (life.owner, life.state.stage, life.state.rung) == ("ana", Stage.OFFERED, 3)
    assert [rung.n for rung in life.state.plan] == [3, 4, 5, 6]
    assert life.alerts() == ["nobody else can be offered it: everybody was asked"]


def test_nobody_at_all_is_triage() -> None:
    """An outcome with a name: who is answerable, and when they hear of it again."""
    life = Life(prompt=False)
    life.answer()
    life.answer(nobody(life.ordered[-1], life.now))
    assert (life.state.stage, life.state.answerable, life.state.wake_at) == (Stage.TRIAGE, "mia", at(DAY))
    assert life.alerts() == ["nobody can be offered it: everybody was asked: please take it or give it to somebody"]


def test_nobody_and_no_rungs_left_is_triage() -> None:
    """An owner without rungs would wait for ever."""
    life = at_work()
    life.wait(15)
    order = life.ordered[-1]
    life.answer(nobody(order, life.now).model_copy(update={"plan": None}))
    assert (life.state.stage, life.owner) == (Stage.TRIAGE, None)
    assert life.state.last_holder is not None


def test_an_offer_that_comes_back_late_has_its_whole_window() -> None:
    """It was made, the answer got lost, the database was down: the window opens when the rep can hear of it."""
    life = at_work()
    life.wait(15)
    life.fail(committed=True)
    life.sleep(120)
    life.run()
    life.answer()
    assert (life.owner, life.state.plan) == ("ben", ())
    life.prompt = True
    life.run()
    assert [rung.due_at for rung in life.state.plan[:2]] == [at(140), at(150)]
    assert life.says("planned")[-1].startswith("offer 2 took 2:00:00 to come back: next, tell the manager")


def test_an_order_that_comes_back_after_the_end_only_counts() -> None:
    """Its number is taken in; nobody gets a lead that is over."""
    life = at_work()
    life.wait(15)
    life.say("contacted", rep_id="ana")
    over = life.state
    life.answer()
    assert life.state == over.model_copy(update={"offer": 2})


def test_a_plan_that_comes_back_after_triage_is_not_taken() -> None:
    """Nobody holds it, so no rung is anybody's."""
    life = at_work(46)
    life.say("snooze", rep_id="dov", until=at(60))
    life.come_back(next(place for place, effect in enumerate(life.beside) if isinstance(effect, Planning)))
    life.say("snooze", rep_id="dov", until=at(70))
    life.hear("reassign", rep_id="zed", by="mia", reason="x")
    life.state = resting.triaged(Step(life.state), life.now, "escalated").state
    life.come_back(next(place for place, effect in enumerate(life.beside) if isinstance(effect, Planning)))
    life.answer()
    assert (life.state.plan, life.state.stage, life.owner) == ((), Stage.TRIAGE, None)


def test_a_plan_is_taken_only_while_it_is_wanted() -> None:
    """What was planned for an owner who lost the lead is not put before the next one."""
    life = at_work()
    life.say("accept", rep_id="ana")
    life.say("decline", rep_id="ana", reason="no")
    life.answer()
    plan = life.state.plan
    life.come_back(next(place for place, effect in enumerate(life.beside) if isinstance(effect, Planning)))
    assert life.state.plan == plan


def test_a_failing_order_is_tried_ever_later_and_the_manager_hears_daily() -> None:
    """1, 2, 4, 8 and then every 15 minutes; one alert a day, not one a try."""
    life = Life(prompt=False)
    life.answer()
    tries = []
    while life.now < at(2 * DAY):
        tries.append((life.now - BEGIN) // timedelta(minutes=1))
        life.fail("assigning failed")
        assert life.state.stage is Stage.TRIAGE
        due = climbing.next_due(life.state)
        assert due is not None
        life.wait_until(due)
    assert tries[:7] == [0, 1, 3, 7, 15, 30, 45]
    assert life.alerts() == ["assigning failed; it is tried again"] * 2
    life.answer()
    assert (life.owner, life.state.failures, life.state.wake_at) == ("ana", 0, None)


def test_a_failing_order_leaves_the_owner_in_place() -> None:
    """Who was asked still is, and may accept at any time; then nothing needs to be tried again."""
    life = at_work()
    life.wait(15)
    life.fail(committed=True)
    assert (life.owner, life.state.stage) == ("ana", Stage.OFFERED)
    assert life.say("accept", rep_id="ana").done
    life.prompt = True
    life.wait(60)
    assert (life.owner, life.state.moving, life.state.stuck) == ("ana", None, None)
    life.say("decline", rep_id="ana", reason="no")
    assert (life.owner, life.state.offer) == ("ben", 3), "number 2 may have been made and is not used again"


def test_an_accept_while_the_order_is_about_to_fail_is_honoured_too() -> None:
    """There is nothing left to try again, and no alarm."""
    life = at_work()
    life.wait(15)
    life.say("accept", rep_id="ana")
    life.fail(committed=True)
    assert (life.owner, life.state.moving, life.state.stuck, life.state.offer) == ("ana", None, None, 2)
    assert life.alerts() == []


def test_a_failure_after_the_end_brings_nothing_back() -> None:
    """A disqualified lead stays disqualified, whatever comes back late."""
    life = at_work()
    life.wait(15)
    life.say("disqualify", by="mia", reason="noise")
    life.fail("assigning failed")
    assert (life.state.stage, life.state.stuck, climbing.next_due(life.state)) == (Stage.DISQUALIFIED, None, None)


def test_scoring_that_fails_reaches_a_manager_too() -> None:
    """A lead that cannot be judged is visible, and judged when it can be."""
    life = Life(prompt=False)
    life.fail("scoring failed")
    assert (life.state.stage, climbing.next_due(life.state)) == (Stage.TRIAGE, at(1))
    assert life.alerts() == ["scoring failed; it is tried again"]
    life.wait(1)
    life.prompt = True
    life.run()
    assert (life.owner, life.state.failures) == ("ana", 0)

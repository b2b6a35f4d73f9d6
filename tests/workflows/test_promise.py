"""The promise to the prospect: late means strictly after due, whatever else goes on."""

from datetime import datetime, timedelta

import pytest

from models.ladder import Plan
from models.lead import Stage
from tests.workflows.kitchen import RICH
from tests.workflows.lives import (
    at,
    at_work,
    for_nurture,
    held_until,
)
from tests.workflows.machine import Life
from workflows.ladder import climbing

A_MS = timedelta(milliseconds=1)
DAY = 24 * 60


@pytest.mark.parametrize(
    ("accept", "breached"), [(at(20) - A_MS, False), (at(20), False), (at(20) + A_MS, True), (at(29), True)]
)
@pytest.mark.parametrize("down", [False, True])
def test_late_means_strictly_after_due(accept: datetime, breached: bool, down: bool) -> None:
    """At the promised instant is in time; a millisecond later is not, and our downtime does not hide it."""
    life = Life()
    life.say("extend", by="mia", until=at(60))
    if down:
        life.now = accept
    else:
        life.wait_until(accept)
    life.say("accept", rep_id="ana")
    life.wait(100)
    assert life.state.breached == breached
    assert life.says("breached") == (
        ["nobody had taken it by 2026-03-02 09:20:00 UTC, the promised time"] if breached else []
    )


def test_a_breach_is_noted_while_everything_else_is_frozen_or_failing() -> None:
    """A pause, or a database that is down, breaks the promise all the same; a millisecond after it."""
    paused = Life()
    paused.say("pause", by="mia", reason="x")
    stuck = at_work(15)
    stuck.say("escalate", by="mia")
    stuck.say("escalate", by="mia")
    stuck.fail()
    for life in (paused, stuck):
        life.wait_until(at(20))
        assert life.says("breached") == []
        while not life.state.breached:
            if life.order:
                life.fail()
            due = climbing.next_due(life.state)
            assert due is not None
            assert due <= at(20) + A_MS
            life.wait_until(due)


def test_an_import_of_old_leads_raises_no_alarm() -> None:
    """A backfill has broken its promises long ago."""
    life = Life(backfill=True)
    life.wait(3000)
    assert (life.state.breached, life.says("breached"), life.alerts()) == (False, [], [])


def test_a_manager_may_be_told_of_old_leads_all_the_same() -> None:
    """Who escalates one by hand is heard."""
    life = Life(backfill=True)
    while not life.alerts():  # rung by rung
        assert "done" == life.say("escalate", by="mia").verdict
        life.run()
    (what,) = life.alerts()
    assert what.startswith("mia escalated: ")


@pytest.mark.parametrize("taken", [0, 20])
@pytest.mark.parametrize("lost", ["given back", "no contact"])
def test_a_promise_that_was_kept_stays_kept(lost: str, taken: float) -> None:
    """Taken in time, if only just, and lost later: the prospect was promised an answer, and had somebody."""
    life = Life()
    life.say("extend", by="mia", until=at(60))
    life.wait(taken)
    life.say("accept", rep_id="ana")
    if lost == "given back":
        life.wait(30)
        life.say("decline", rep_id="ana", reason="no")
    life.wait(1000)
    assert (life.owner, life.state.breached) == (None, False)


def test_a_promise_made_anew_has_to_be_kept_anew() -> None:
    """Taken in time, given back, nurtured, promoted: the promise of the promotion is another one."""
    life = Life()
    life.say("accept", rep_id="ana")
    life.say("decline", rep_id="ana", reason="too early")
    life.prompt = False
    life.hear("requalify", by="mia", reason="too early")
    life.answer(score=for_nurture(at(30 * DAY)))
    life.prompt = True
    life.wait(500)
    life.say("event", kind="pricing_visit")
    assert (life.owner, life.state.response_due_at, life.state.breached) == ("ben", at(520), False)
    life.wait(21)
    assert life.state.breached


def test_an_accept_that_was_taken_back_keeps_no_promise() -> None:
    """As if it had never been said."""
    life = Life()
    life.wait(14.9)
    life.say("accept", rep_id="ana", key="a")
    life.wait(0.5)
    life.say("undo", rep_id="ana", key="a")
    life.wait(20)
    assert life.state.breached


def test_taken_by_a_manager_after_the_promised_time_is_late() -> None:
    """Also when the promise is learned in the same moment, because the lead was held until then."""
    life = Life(prompt=False)
    life.answer()
    life.answer(held_until(at(600)))
    life.sleep(60)
    life.prompt = True
    assert life.say("take", by="mia").done
    assert life.state.breached


def test_a_promise_is_kept_in_mind_while_nobody_can_be_asked() -> None:
    """A held lead breaks its promise too, and then the manager hears of it."""
    life = Life(prompt=False)
    life.answer()
    life.answer(held_until(at(600), at(20)))
    assert climbing.next_due(life.state) == at(20) + A_MS
    life.wait(30)
    says = "nobody had taken it by 2026-03-02 09:20:00 UTC, the promised time"
    assert life.says("breached") == [says]
    assert life.alerts() == [f"{says}: it is held, and nobody is asked"]
    life.wait(600)
    life.answer()
    assert life.state.response_due_at == at(20), "the promise does not move because the lead was held"


def test_a_promise_broken_while_we_were_down_is_noted_though_the_ladder_ends_with_a_decline() -> None:
    """The decline is what is read first; sales lets go of the lead, and its promise is not forgotten unseen."""
    life = Life(ladder=RICH)
    life.wait_until(at(10))
    life.anew = lambda effect: Plan(made_at=effect.at, cause="", rungs=(), gone="ben is not active any more")
    life.reconsider()
    life.wait(0)
    life.sleep(15)
    assert life.say("decline", rep_id="cho", reason="on the road").done
    assert (life.state.stage, life.state.response_due_at) == (Stage.NURTURING, None)
    assert life.says("breached") == ["nobody had taken it by 2026-03-02 09:20:00 UTC, the promised time"]

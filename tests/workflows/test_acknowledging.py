"""Alerts that rest once somebody has seen to it, and those that are told once."""

from datetime import timedelta

import pytest

from models.decisions import Held, Manners
from models.ladder import Target
from models.lead import Stage
from models.messages import VerdictKind
from tests.workflows.kitchen import RICH
from tests.workflows.lives import at, held_until, in_nurture, in_review, in_triage
from tests.workflows.machine import Life, contact_plan
from workflows import telling
from workflows.ladder import answers, climbing
from workflows.ladder.effects import Alerting

DONE = VerdictKind.DONE


def test_whoever_acknowledges_is_not_told_again_for_a_while() -> None:
    """Triage rests for as long as the policy says, and not longer."""
    life = in_triage()
    alerts = len(life.alerts())
    verdict = life.say("acknowledge", by="mia")
    assert (verdict.verdict, verdict.because) == (
        DONE,
        "acknowledged: nothing of it is told again before 2026-03-03T10:15:00Z",
    )
    assert life.says("acknowledged") == ["mia has seen it and sees to it"]
    assert "- **Acknowledged**: by mia, until 2026-03-03 10:15:00 UTC" in telling.page(life.state)
    life.wait(24 * 60 - 1)
    assert len(life.alerts()) == alerts
    life.wait(2)
    assert life.alerts()[alerts:] == ["still in triage, because nobody took it on the whole ladder"]


@pytest.mark.parametrize("where", ["review", "untouched", "stuck"])
def test_acknowledging_rests_whatever_is_repeated(where: str) -> None:
    """The same for a review, for an owner who does nothing, and for an order that keeps failing."""
    life = Life(manners=Manners(triage_every=timedelta(hours=6), acknowledged_for=timedelta(hours=48)))
    match where:
        case "review":
            life = in_review()
            life.state = life.state.model_copy(
                update={"manners": Manners(triage_every=timedelta(hours=6), acknowledged_for=timedelta(hours=48))}
            )
        case "untouched":
            life.contact = lambda now, cause: contact_plan(now, cause).model_copy(update={"rungs": ()})
            life.say("accept", rep_id="ana")
        case "stuck":
            life.prompt = False
            life.wait(15)
            life.fail()
    alerts, until = len(life.alerts()), life.now + timedelta(hours=48)
    life.say("acknowledge", by="mia")
    while life.now < until - timedelta(minutes=1):
        due = min(climbing.next_due(life.state) or until, until - timedelta(minutes=1))
        life.wait_until(due)
        if life.order:
            life.fail()
    assert len(life.alerts()) == alerts
    life.wait(20)
    if life.order:
        life.fail()
    assert len(life.alerts()) == alerts + 1


def test_acknowledging_before_the_contact_rungs_are_behind_counts_from_there() -> None:
    """What would be repeated soon after is not."""
    life = Life(manners=Manners(triage_every=timedelta(hours=1)))
    life.contact = lambda now, cause: contact_plan(now, cause).model_copy(
        update={"rungs": contact_plan(now, cause).rungs[:1]}
    )
    life.say("accept", rep_id="ana")
    life.say("acknowledge", by="mia")
    life.wait(23 * 60)
    assert life.alerts() == []
    life.wait(61)
    assert life.alerts() == ["still no contact is noted, and ana has it"]


def test_acknowledged_is_what_was_told_of_this_offer() -> None:
    """Its alerts to the manager rest; the next owner's do not, and nothing keeps the lead from moving on."""
    life = Life()
    life.wait(16)
    life.say("acknowledge", by="mia")
    life.wait(5)
    assert (life.alerts(), life.says("skipped")) == (
        [],
        ["not told again: mia has acknowledged it until 2026-03-03 09:16:00 UTC"],
    )
    life.wait(60)
    assert life.state.stage is Stage.TRIAGE
    assert life.alerts() == ["nobody took it on the whole ladder: please take it or give it to somebody"]


def test_acknowledging_keeps_nobody_else_from_hearing_of_it() -> None:
    """Whom else the policy names is told all the same."""
    life = Life(ladder=RICH)
    life.wait(11)
    life.say("acknowledge", by="mia")
    life.wait(70)
    assert life.alerts() == ["tell the manager's manager"]


@pytest.mark.parametrize("where", ["held", "nurtured"])
def test_a_hold_and_a_programme_are_no_alerts(where: str) -> None:
    """They end when they end."""
    if where == "held":
        life = Life(prompt=False)
        life.answer()
        life.answer(held_until(at(600)))
    else:
        life = in_nurture()
    wake_at = life.state.wake_at
    assert life.say("acknowledge", by="mia").done
    assert life.state.wake_at == wake_at


# Nobody is on shift before it is due.


def paged(who: str | None = "berlin") -> Held:
    """Nobody is on shift in time, and somebody is to hear of it."""
    because = "all are asleep: nobody is on shift before it is due at 20:00"
    return Held(until=at(600), because=because, manager_id="mia", page=True, page_who=who)


@pytest.mark.parametrize(("who", "to"), [("berlin", Target.ON_DUTY), (None, Target.MANAGER)])
def test_whoever_is_on_duty_hears_of_a_hold_that_breaks_the_promise(who: str | None, to: Target) -> None:
    """At once, in quiet hours too; without a rota the manager."""
    life = Life(prompt=False)
    life.answer()
    life.answer(paged(who))
    [alert] = [effect for effect in life.effects if isinstance(effect, Alerting)]
    assert (alert.to, alert.who, alert.urgent) == (to, who, True)
    assert alert.what == f"held until 2026-03-02 19:00:00 UTC: {paged().because}"


def test_they_hear_of_a_hold_once() -> None:
    """Not at each look; but of the next hold."""
    life = Life(prompt=False)
    life.answer()
    for because in ("a place came free", "somebody came back"):
        life.answer(paged())
        life.apply(answers.woken(life.state, life.now, because))
        life.run()
    life.answer(paged())
    assert len(life.alerts()) == 1
    life.wait(600)
    life.answer()
    life.say("decline", rep_id="ana", reason="no")
    life.answer(paged())
    assert len([what for what in life.alerts() if what.startswith("held until")]) == 2

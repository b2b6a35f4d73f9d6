"""A holder who goes on leave, is deactivated or leaves: their lead moves on, and nobody is blamed."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from models.decisions import Nobody
from models.ladder import Plan, Target
from models.lead import Stage
from models.messages import VerdictKind
from tests.workflows.kitchen import REPS, nobody
from tests.workflows.lives import accepted, at, come_back, in_triage
from tests.workflows.machine import MINUTE, Life, contact_plan
from workflows import telling
from workflows.ladder import climbing
from workflows.ladder.effects import Planning
from workflows.ladder.state import Reconsidering

DONE, REFUSED = VerdictKind.DONE, VerdictKind.REFUSED
A_MS = timedelta(milliseconds=1)


def on_leave_after(minutes: float) -> Life:
    """A lead offered to ana, who goes on leave so soon."""
    life = Life(prompt=False, leaves_after=minutes * MINUTE)
    life.prompt = True
    life.run()
    life.leaves_after = None
    return life


def gone(effect: Planning) -> Plan:
    """The holder cannot answer any more."""
    return Plan(made_at=effect.at, cause="", rungs=effect.rungs, gone="ana is not active any more")


def later(minutes: float) -> Callable[[Planning], Plan]:
    """All rungs are so much later."""

    def plan(effect: Planning) -> Plan:
        moved = tuple(rung.model_copy(update={"due_at": rung.due_at + minutes * MINUTE}) for rung in effect.rungs)
        cause = f"{effect.cause}: remind 09:10 -> 09:{10 + minutes:g}"
        return Plan(made_at=effect.at, cause=cause, rungs=moved)

    return plan


def waits_for_calm(life: Life) -> bool:
    """Say whether a change of the roster is yet to be looked at."""
    return life.state.reconsider is not None


# A leave that was known.


def test_a_lead_moves_on_when_its_holder_goes_on_leave() -> None:
    """At that instant, to whoever is next on the ladder; it is no decline, and the turn is given back."""
    life = on_leave_after(12)
    assert (telling.next_step(life.state), climbing.next_due(life.state)) == ("remind the owner", at(10))
    assert life.tells("offer")[0].due_at == at(12), "by then it has to be answered"
    life.wait(10)
    assert (telling.next_step(life.state), climbing.next_due(life.state)) == (
        "move on, because ana is on leave",
        at(12),
    )
    assert "- **Leave**: ana is on leave, from 2026-03-02 09:12:00 UTC on" in telling.page(life.state)
    life.wait_until(at(12) - A_MS)
    assert life.owner == "ana"
    life.wait_until(at(12))
    order = life.ordered[-1]
    assert (life.owner, order.to, order.ended, order.cause) == ("ben", Target.BACKUP, "withdrawn", "ana is on leave")
    assert life.says("away") == ["ana is on leave: it moves on from ana"]
    assert (life.state.declined, life.state.asked) == ((), ("ana", "ben"))


def test_who_has_accepted_keeps_it_on_leave() -> None:
    """It is theirs; their manager sees to it."""
    life = on_leave_after(12)
    life.say("accept", rep_id="ana")
    life.wait(20)
    assert (life.owner, life.says("away")) == ("ana", [])


def test_an_accept_at_the_very_last_moment_wins() -> None:
    """The order to move on is out, and the answer comes: an acknowledged accept is honoured."""
    life = on_leave_after(12)
    life.prompt = False
    life.wait(12)
    assert life.order is not None
    assert life.say("accept", rep_id="ana").done
    life.answer()
    assert (life.owner, life.state.stage) == ("ana", Stage.ACCEPTED)


def test_nobody_else_is_no_reason_to_leave_it_with_somebody_who_is_away() -> None:
    """The manager has it, and the turn is given back all the same."""
    life = on_leave_after(12)
    life.prompt = False
    life.wait(12)
    life.answer(nobody(life.ordered[-1], life.now))
    state = life.state
    assert (state.stage, life.owner, state.released_as) == (Stage.TRIAGE, None, "withdrawn")
    assert life.says("triaged") == ["to triage: ana is on leave; nobody else can be offered it: everybody was asked"]


def test_an_outage_over_a_leave_moves_it_on_once() -> None:
    """The leave came before the rung; what fell due behind it is planned anew, and no reminder is burnt."""
    life = on_leave_after(12)
    life.sleep(31)
    life.run()
    assert (life.owner, life.state.offer, life.ordered[-1].ended) == ("ben", 2, "withdrawn")
    assert [entry.data for entry in life.state.entries if entry.kind == "skipped"] == [{"rung": 1}, {"rungs": [3, 4]}]


def test_a_rung_that_was_due_before_the_leave_goes_first() -> None:
    """The offer had run out by then."""
    life = Life()
    life.state = life.state.model_copy(update={"away_at": at(16), "away_because": "ana is on leave"})
    life.sleep(20)
    life.run()
    assert (life.says("away"), life.ordered[-1].ended) == ([], "expired")


@pytest.mark.parametrize("resumed", [11, 13])
def test_a_leave_that_begins_during_a_pause_counts_when_it_is_over(resumed: float) -> None:
    """Time is frozen, the leave is not."""
    life = on_leave_after(12)
    life.say("pause", by="mia", reason="a call")
    life.wait(resumed)
    assert life.owner == "ana"
    life.say("resume", by="mia")
    assert life.owner == ("ben" if resumed > 12 else "ana")


def test_a_leave_on_the_last_rung_goes_to_triage() -> None:
    """There is nobody after it."""
    life = Life()
    life.wait(50)
    life.anew = gone
    life.reconsider()
    assert (life.state.stage, life.state.released_as) == (Stage.TRIAGE, "withdrawn")


# A change of the roster.


def test_a_change_that_moves_nothing_is_not_told() -> None:
    """Looked at, and that is all."""
    life = Life()
    before = life.state
    life.reconsider()
    assert life.state == before
    assert [effect.kind for effect in life.effects if isinstance(effect, Planning)] == ["anew"]


def test_a_change_that_moves_rungs_is_told_with_its_cause() -> None:
    """Planned anew, with what moved."""
    life = Life(anew=later(30))
    life.reconsider("ana's hours changed")
    assert [rung.due_at for rung in life.state.plan[:2]] == [at(40), at(45)]
    assert life.says("planned")[-1] == (
        "ana's hours changed: remind 09:10 -> 09:40: next, remind the owner at 2026-03-02 09:40:00 UTC"
    )
    life.wait(44)
    assert life.owner == "ana"


def test_a_change_may_bring_a_leave_to_light() -> None:
    """Known from now on, and heeded when it comes."""

    def leaves(effect: Planning) -> Plan:
        return Plan(made_at=effect.at, cause="", rungs=effect.rungs, away_at=at(3), away_because="ana is on leave")

    life = Life(anew=leaves)
    told = life.state.told
    life.reconsider()
    assert (life.state.told, climbing.next_due(life.state)) == (told, at(3))
    life.wait(3)
    assert life.owner == "ben"


def test_who_is_gone_loses_it_at_once() -> None:
    """Deactivated, on leave now, not in the roster any more."""
    life = Life(anew=gone)
    life.reconsider()
    assert (life.owner, life.ordered[-1].ended) == ("ben", "withdrawn")
    assert life.says("away") == ["ana is not active any more: it moves on from ana"]


def test_who_is_gone_and_has_accepted_is_the_managers_matter_once() -> None:
    """They may have reached the prospect: nothing is taken from them, and nobody is told twice."""
    life = accepted()
    life.anew = gone
    for _ in range(2):
        life.reconsider()
    says = "ana is not active any more, and ana has accepted it: please give it to somebody"
    assert (life.owner, life.alerts(), life.says("away")) == ("ana", [says], [says])


def test_the_owners_leave_moves_the_contact_clock_too() -> None:
    """The manager hears of it, and what is counted in the owner's hours is counted behind the leave."""
    life = accepted()

    def both(effect: Planning) -> Plan:
        return later(30)(effect).model_copy(update={"gone": "ana is on leave until 3 Dec"})

    life.anew = both
    life.reconsider()
    assert life.alerts() == ["ana is on leave until 3 Dec, and ana has accepted it: please give it to somebody"]
    assert life.state.plan[0].due_at == at(90)


def test_the_contact_clock_is_planned_anew_too() -> None:
    """The owner's new hours count."""
    life = accepted()
    life.anew = later(30)
    life.reconsider()
    assert [rung.due_at for rung in life.state.plan] == [
        rung.due_at + 30 * MINUTE for rung in contact_plan(at(0), "").rungs
    ]


@pytest.mark.parametrize("how", ["passed on", "paused", "snoozed", "judged"])
def test_a_change_waits_until_what_goes_on_is_over(how: str) -> None:
    """It is looked at then, if it still matters."""
    life = Life(prompt=False)
    life.answer()
    life.answer()
    life.anew = gone
    match how:
        case "passed on":
            life.hear("reassign", rep_id="zed", by="mia", reason="x")
        case "paused":
            life.say("pause", by="mia", reason="x")
        case "snoozed":
            life.say("snooze", rep_id="ana", until=at(30))
        case "judged":
            life.hear("requalify", by="mia", reason="x")
    life.reconsider()
    assert [one for one in life.beside if isinstance(one, Planning) and one.kind == "anew"] == []
    assert waits_for_calm(life)
    match how:
        case "passed on":
            life.answer()
        case "paused":
            life.say("resume", by="mia")
            come_back(life, Planning)
        case "snoozed":
            come_back(life, Planning)
        case "judged":
            life.fail()
    assert not waits_for_calm(life)
    come_back(life, Planning)
    assert life.order is not None
    life.answer()
    assert life.owner == "ben"


def test_a_change_that_comes_before_the_offer_it_is_about_is_kept() -> None:
    """The database gave it to ana, who was deactivated, before the lead itself heard that she has it."""
    life = Life(prompt=False)
    life.answer()
    assert life.order is not None
    given = life.choice(life.ordered[-1])
    life.sleep(0.1)
    life.anew = gone
    life.reconsider("ana was deactivated")
    life.answer(given)
    assert life.owner == "ana"
    life.prompt = True
    life.run()
    assert (life.owner, life.ordered[-1].ended) == ("ben", "withdrawn")


def test_an_offer_made_after_the_change_knows_it() -> None:
    """Nothing is left to look at."""
    life = Life(prompt=False)
    life.answer()
    life.answer()
    life.say("decline", rep_id="ana", reason="no")
    life.state = life.state.model_copy(update={"reconsider": Reconsidering(because="x", since=life.now)})
    life.answer()
    assert (life.owner, life.state.reconsider) == ("ben", None)


def test_a_rung_that_was_climbed_meanwhile_is_not_climbed_again() -> None:
    """The plan is of a moment ago."""
    life = Life(anew=later(30))
    life.prompt = False
    life.reconsider()
    life.wait(10)
    come_back(life, Planning)
    assert [rung.n for rung in life.state.plan] == [2, 3, 4, 5, 6]
    assert len(life.tells("remind")) == 1


def test_a_plan_of_a_moment_ago_is_asked_for_again() -> None:
    """The manager extended meanwhile: what the roster means for that is another question."""
    life = Life(anew=later(30))
    life.prompt = False
    life.reconsider()
    life.say("extend", by="mia", until=at(60))
    come_back(life, Planning)
    assert next(rung.due_at for rung in life.state.plan if rung.n == 2) == at(60)
    again = [one for one in life.beside if isinstance(one, Planning)]
    assert [(one.kind, one.rungs) for one in again] == [("anew", life.state.plan)]


@pytest.mark.parametrize("where", ["triage", "moved on", "ended"])
def test_a_change_that_comes_too_late_changes_nothing(where: str) -> None:
    """It was about somebody who does not hold it any more."""
    life = in_triage() if where == "triage" else Life()
    life.anew = gone
    life.prompt = False
    life.reconsider()
    match where:
        case "moved on":
            life.say("decline", rep_id="ana", reason="no")
            life.answer()
        case "ended":
            life.say("disqualify", by="mia", reason="noise")
    before = life.state
    for _ in [one for one in life.beside if isinstance(one, Planning)]:
        come_back(life, Planning)
    assert (life.state.holder, life.state.stage, life.says("away")) == (before.holder, before.stage, [])


# Handing over.


@pytest.mark.parametrize("taken", [True, False])
def test_a_leavers_lead_goes_to_whom_routing_finds(taken: bool) -> None:
    """With the whole ladder ahead; the turn is given back, and the leaver is not asked again."""
    life = accepted() if taken else Life()
    verdict = life.say("handover", by="mia", reason="ana leaves us")
    assert (verdict.verdict, verdict.because, verdict.owner) == (DONE, "offered to ben", "ben")
    order = life.ordered[-1]
    assert (order.to, order.by, order.ended, order.rungs_done) == (Target.NEXT, "mia", "withdrawn", 1)
    assert order.asked == ("ana",)
    assert life.says("handed_over") == ["mia hands it over from ana: ana leaves us"]
    assert life.state.stage is Stage.OFFERED


def test_a_leavers_lead_may_go_to_somebody_named() -> None:
    """As a person wishes; who cannot get it does not, and nothing changes."""
    life = accepted()
    verdict = life.say("handover", by="mia", reason="ana leaves us", rep_id="zed")
    assert (verdict.verdict, verdict.because, life.owner) == (REFUSED, "unknown rep 'zed'", "ana")
    verdict = life.say("handover", by="mia", reason="ana leaves us", rep_id="eva")
    assert (verdict.because, life.owner, life.ordered[-1].to) == ("offered to eva", "eva", Target.NAMED)


def test_a_leavers_lead_that_nobody_can_get_is_the_managers() -> None:
    """It does not stay with who leaves, and they cannot take it back."""
    life = accepted()
    life.state = life.state.model_copy(update={"asked": REPS})
    verdict = life.say("handover", by="mia", reason="ana leaves us")
    assert (verdict.verdict, verdict.stage, verdict.owner) == (DONE, "triage", None)
    assert not life.say("accept", rep_id="ana").done
    assert life.state.released_as == "withdrawn"


def test_handing_over_survives_a_database_that_is_down() -> None:
    """Who asked is told, and it is tried again until the lead has left."""
    life = accepted()
    life.prompt = False
    ticket = life.hear("handover", by="mia", reason="ana leaves us")
    life.fail()
    assert life.settled[str(ticket)].because == ("to be handed over; offering it is tried again: the database is down")
    life.prompt = True
    life.wait(1)
    assert life.owner == "ben"


@pytest.mark.parametrize(
    ("where", "said", "says"),
    [
        ("triage", {}, "there is nobody to take it over from: nobody holds it now (stage triage)"),
        ("offered", {"rep_id": "ana"}, "ana has it now: name somebody else, or nobody"),
        ("triage", {"rep_id": "ana", "holder": "ana"}, "ana has it now: name somebody else, or nobody"),
    ],
)
def test_handing_over_is_refused(where: str, said: dict[str, str], says: str) -> None:
    """Where nobody holds it, and to whom it is to leave."""
    life = in_triage() if where == "triage" else Life()
    verdict = life.say("handover", by="mia", reason="ana leaves us", **said)
    assert (verdict.verdict, verdict.because) == (REFUSED, says)


def test_handing_over_what_is_being_passed_on_already() -> None:
    """It leaves the leaver anyway, also if nobody else is found."""
    life = Life()
    life.prompt = False
    life.wait(15)
    verdict = life.say("handover", by="mia", reason="ana leaves us")
    assert verdict.because == "it is being passed on from ana already: it was not taken in time"
    answer: Nobody = nobody(life.ordered[-1], life.now)
    life.answer(answer)
    assert (life.state.stage, life.owner) == (Stage.TRIAGE, None)
    assert not life.say("accept", rep_id="ana").done


def test_an_accept_before_the_handover_is_carried_out_is_honoured() -> None:
    """The manager is told, and may insist."""
    life = Life()
    life.prompt = False
    ticket = life.hear("handover", by="mia", reason="ana leaves us")
    assert life.say("accept", rep_id="ana").done
    life.prompt = True
    life.run()
    verdict = life.settled[str(ticket)]
    assert (verdict.verdict, verdict.because) == (REFUSED, "ana accepted first")
    assert life.say("handover", by="mia", reason="ana leaves us").owner == "ben"

"""What reps say to a lead and what they are told: accept, decline, snooze, contacted; and the prospect's events."""

from datetime import UTC, datetime, timedelta

import pytest

from models.ladder import RungKind, Target
from models.lead import Stage
from models.messages import Verdict, VerdictKind
from tests.workflows.kitchen import nobody
from tests.workflows.lives import accepted, at, for_nurture, in_nurture, in_triage
from tests.workflows.machine import BEGIN, Life
from workflows.ladder.effects import Rescoring, Touching
from workflows.ladder.reps import SKEW

A_MS = timedelta(milliseconds=1)
DONE, REFUSED = VerdictKind.DONE, VerdictKind.REFUSED


# Accept.


@pytest.mark.parametrize("offer", [None, 1])
def test_whoever_is_asked_may_accept(offer: int | None) -> None:
    """The holder's accept is granted, names them, and starts the contact clock."""
    life = Life()
    life.wait(3)
    verdict = life.say("accept", rep_id="ana", offer=offer)
    assert verdict == Verdict(
        verdict=DONE, because="yours", lead_id="t1", stage="accepted", owner="ana", offer=1, since=at(3)
    )
    assert [(rung.kind, rung.due_at) for rung in life.state.plan] == [
        (RungKind.REMIND, at(63)),
        (RungKind.ALERT, at(123)),
        (RungKind.REASSIGN, at(243)),
    ]
    assert life.says("accepted") == ["ana accepted"]


@pytest.mark.parametrize(
    ("after", "rep", "offer", "says", "owner"),
    [
        (0, "ben", None, "was never offered to you: ana is asked since 2026-03-02 09:00:00 UTC (offer 1)", "ana"),
        (0, "ana", 2, "offer 2 is superseded: ana is asked since 2026-03-02 09:00:00 UTC (offer 1)", "ana"),
        (16, "ana", 1, "is not yours: ben is asked since 2026-03-02 09:15:00 UTC (offer 2)", "ben"),
        (16, "ana", None, "is not yours: ben is asked since 2026-03-02 09:15:00 UTC (offer 2)", "ben"),
        (16, "ben", 1, "offer 1 is superseded: ben is asked since 2026-03-02 09:15:00 UTC (offer 2)", "ben"),
        (75, "ana", 1, "is not yours: nobody holds it now (stage triage)", None),
        (75, "dov", 3, "is not yours: nobody holds it now (stage triage)", None),
    ],
)
def test_an_answer_to_another_offer_is_told_who_has_it(
    after: float, rep: str, offer: int | None, says: str, owner: str | None
) -> None:
    """An accept that comes too late, or from a stranger, is refused by name, written down, and changes nothing."""
    life = Life()
    life.wait(after)
    before = life.state
    verdict = life.say("accept", rep_id=rep, offer=offer)
    assert (verdict.verdict, verdict.owner) == (REFUSED, owner)
    assert says in verdict.because
    assert life.says("refused") == [verdict.because]
    assert life.state == before.model_copy(update={"told": before.told + 1, "entries": life.state.entries})


def test_an_accept_at_the_very_due_instant_wins_if_it_is_read_first() -> None:
    """Late means strictly after due: the rung of the same instant finds the lead taken."""
    life = Life()
    life.sleep(15)
    assert life.say("accept", rep_id="ana", offer=1).done
    life.run()
    assert (life.owner, life.state.offer, life.state.breached) == ("ana", 1, False)


def test_an_accept_at_the_very_due_instant_wins_if_the_timer_is_read_first() -> None:
    """The order is out already: its answer is withdrawn, and whom it chose hears nothing."""
    life = Life()
    life.prompt = False
    life.wait(15)
    assert life.order is not None
    assert life.say("accept", rep_id="ana", offer=1).done
    life.prompt = True
    life.run()
    assert (life.owner, life.state.offer) == ("ana", 2)
    assert life.says("skipped")[-1] == "offer 2 to ben withdrawn: ana accepted first"
    assert [order.rep_id for order in life.tells("offer")] == ["ana"]
    assert life.state.plan[0].says == "remind for contact"
    assert life.say("accept", rep_id="ben", offer=2).offer == 1, "told of the offer that stands"


def test_the_owners_own_repeat_is_a_success() -> None:
    """Said twice without a key, and again after contact was made: still theirs."""
    life = accepted()
    assert life.say("accept", rep_id="ana").because == "yours already"
    life.say("contacted", rep_id="ana")
    before = life.state
    for name in ("accept", "contacted"):
        verdict = life.say(name, rep_id="ana")
        assert (verdict.verdict, verdict.because, verdict.owner) == (DONE, "yours, and contacted already", "ana")
    assert life.say("accept", rep_id="ana", offer=7).verdict is REFUSED
    assert life.say("accept", rep_id="ben").because == "the lead is contacted already"
    assert (life.state.stage, life.state.contacted_at) == (before.stage, before.contacted_at)


def test_a_repeat_while_the_lead_is_passed_on_says_so() -> None:
    """Nobody is told "yours" without a word when the contact clock is about to give it away."""
    life = accepted()
    life.prompt = False
    life.wait(240)
    assert life.say("accept", rep_id="ana").because == (
        "yours still, but it is being passed on: no contact was made in time"
    )


def test_whoever_was_asked_last_may_take_it_from_triage() -> None:
    """A late yes beats nobody at all."""
    life = in_triage()
    assert life.say("accept", rep_id="cho").verdict is REFUSED
    verdict = life.say("accept", rep_id="dov", offer=4)
    assert (verdict.verdict, verdict.owner, verdict.stage, verdict.offer) == (DONE, "dov", "accepted", 4)
    assert life.says("accepted") == ["dov accepted, from triage"]
    assert life.state.plan[0].says == "remind for contact"


def test_an_accept_while_the_lead_is_judged_anew_is_honoured() -> None:
    """A judgement that was asked for before the accept does not take the lead away after it."""
    life = Life()
    life.prompt = False
    ticket = life.hear("requalify", by="mia", reason="the rule was wrong")
    assert life.say("accept", rep_id="ana").done
    life.answer(score=for_nurture(at(1000)))
    assert (life.owner, life.state.stage) == ("ana", Stage.ACCEPTED)
    verdict = life.settled[str(ticket)]
    assert (verdict.verdict, verdict.because, verdict.owner) == (REFUSED, "ana accepted first", "ana")


# Decline.


@pytest.mark.parametrize(
    ("after", "rep", "to", "done", "owner"),
    [
        (0, "ana", Target.BACKUP, 3, "ben"),
        (12, "ana", Target.BACKUP, 3, "ben"),
        (16, "ben", Target.NEXT, 5, "cho"),
        (31, "cho", Target.NEXT, 6, "dov"),
    ],
)
def test_declining_advances_at_once_to_the_next_offering_rung(
    after: float, rep: str, to: Target, done: int, owner: str
) -> None:
    """The ladder goes on from there, without waiting for the timer and without the reminders in between."""
    life = Life()
    life.wait(after)
    verdict = life.say("decline", rep_id=rep, reason="on the road")
    assert (verdict.verdict, verdict.because, verdict.owner) == (DONE, "declined", None)
    order = life.ordered[-1]
    assert (order.to, order.rungs_done, order.ended) == (to, done, "declined")
    assert (order.holder, order.cause) == (None, f"declined by {rep}: on the road")
    assert (life.owner, life.state.rung) == (owner, done)
    assert life.state.plan[0].due_at > life.now


def test_declining_on_the_last_rung_leads_to_triage() -> None:
    """Nobody is left to ask: the manager has it, named and with a due time."""
    life = Life()
    life.wait(46)
    verdict = life.say("decline", rep_id="dov", reason="no")
    assert (verdict.stage, verdict.because) == (
        "triage",
        "declined; nobody is left on the ladder, so the manager has it",
    )
    assert (life.state.answerable, life.state.wake_at) == ("mia", at(46 + 24 * 60))
    assert life.alerts()[-1] == "declined by dov: no: please take it or give it to somebody"


def test_giving_an_accepted_lead_back_begins_the_ladder_anew() -> None:
    """Who accepted may hand it back; somebody else is asked, with the whole ladder ahead."""
    life = accepted()
    life.wait(90)
    assert life.say("decline", rep_id="ana", reason="wrong region").done
    assert (life.ordered[-1].to, life.ordered[-1].rungs_done) == (Target.NEXT, 1)
    assert (life.owner, life.state.plan[0].says) == ("ben", "remind the owner")
    assert (life.state.accepted_at, life.state.breached) == (None, False), "it had been taken in time"


@pytest.mark.parametrize(
    ("rep", "offer", "says"),
    [("ben", None, "was never offered to you: ana is asked"), ("ana", 3, "offer 3 is superseded: ana is asked")],
)
def test_only_the_present_offer_can_be_declined(rep: str, offer: int | None, says: str) -> None:
    """A stranger's or a stale no moves nothing on."""
    life = Life()
    verdict = life.say("decline", rep_id=rep, offer=offer, reason="no")
    assert (verdict.verdict, verdict.owner) == (REFUSED, "ana")
    assert says in verdict.because


def test_a_decline_while_it_is_passed_on_keeps_nobody_by_default() -> None:
    """Who said no does not stay the owner because nobody else is found."""
    life = Life()
    life.prompt = False
    life.wait(15)
    verdict = life.say("decline", rep_id="ana", reason="no")
    assert (verdict.because, verdict.owner) == ("declined; it is being passed on already", None)
    life.answer(nobody(life.ordered[-1], life.now))
    assert (life.state.stage, life.owner) == (Stage.TRIAGE, None)


def test_a_decline_while_a_person_is_asked_for_is_not_forgotten() -> None:
    """When what the manager asked for cannot be, the decline still passes the lead on."""
    life = Life()
    life.prompt = False
    life.hear("reassign", rep_id="zed", by="mia", reason="knows them")
    assert life.say("decline", rep_id="ana", reason="no").done
    assert not life.owner
    life.answer()
    assert life.says("refused")[-1] == "mia: knows them: unknown rep 'zed'"
    life.answer()
    assert (life.owner, life.ordered[-1].ended) == ("ben", "declined")


def test_who_declines_after_a_new_judgement_is_not_asked_again() -> None:
    """The judgement made a clean sheet of who was asked; their no came after it."""
    life = Life()
    life.wait(15)
    life.prompt = False
    life.hear("requalify", by="mia", reason="x")
    life.answer()
    assert (life.owner, life.ordered[-1].asked) == ("ben", ())
    life.say("decline", rep_id="ben", reason="no")
    life.answer()
    life.wait(15)
    assert life.ordered[-1].asked == ("ben", "ana")


def test_a_decline_while_plans_are_made_keeps_its_place_on_the_ladder() -> None:
    """Between a snooze and its plan nothing is planned; the ladder does not begin anew for that."""
    life = Life()
    life.wait(31)
    life.prompt = False
    life.say("snooze", rep_id="cho", until=at(40))
    assert life.say("decline", rep_id="cho", reason="no").done
    life.prompt = True
    life.run()
    assert life.ordered[-1].rungs_done == 5
    assert [rung.n for rung in life.state.plan] == [5, 6]


# Snooze.


@pytest.mark.parametrize(
    ("minutes", "done"), [(-1, False), (0, False), (0.5, True), (240, True), (240.01, False), (5000, False)]
)
def test_a_snooze_is_bounded_by_policy(minutes: float, done: bool) -> None:
    """From now to four hours after the offer, both ends as written."""
    life = Life()
    verdict = life.say("snooze", rep_id="ana", until=at(minutes))
    assert verdict.done == done
    assert done or verdict.because == "until has to lie between now and 2026-03-02T13:00:00Z (policy)"


def test_a_snooze_puts_off_what_was_left() -> None:
    """Ask me again at half past: every rung keeps the time it had left, counted from then."""
    life = Life()
    life.wait(4)
    assert life.say("snooze", rep_id="ana", until=at(30)).because == "snoozed"
    assert [(rung.n, rung.due_at) for rung in life.state.plan[:2]] == [(1, at(36)), (2, at(41))]
    assert life.says("planned")[-1].startswith("snoozed by ana: next, remind the owner at 2026-03-02 09:36:00 UTC")


@pytest.mark.parametrize(
    ("rep", "paused", "says"),
    [
        ("ben", False, "ben cannot snooze: the lead was never offered to you: ana is asked"),
        ("ana", True, "nothing is running"),
    ],
)
def test_a_snooze_is_refused(rep: str, paused: bool, says: str) -> None:
    """It takes an owner, and time that runs."""
    life = Life()
    if paused:
        life.say("pause", by="mia", reason="a call is running")
    verdict = life.say("snooze", rep_id=rep, until=at(5))
    assert verdict.verdict is REFUSED
    assert verdict.because.startswith(says)


# Contacted.


def test_contact_ends_the_workflow_and_keeps_the_owner() -> None:
    """First touch: settled, with who, when and how."""
    life = accepted()
    life.wait(7)
    verdict = life.say("contacted", rep_id="ana", channel="phone")
    assert (verdict.verdict, verdict.stage, verdict.owner) == (DONE, "contacted", "ana")
    assert (life.state.contacted_at, life.state.ended, life.owner) == (at(7), True, "ana")
    assert life.says("contacted") == ["ana made contact by phone"]


def test_contact_says_yes_by_itself() -> None:
    """Who reached out has taken it, in time or not."""
    life = Life()
    life.wait(7)
    assert life.say("contacted", rep_id="ana").done
    assert (life.state.accepted_at, life.state.contacted_at) == (at(7), at(7))
    assert life.says("accepted") == ["ana accepted by making contact"]
    assert life.says("contacted") == ["ana made contact"]
    assert not life.beside, "no contact clock starts for a lead that has been contacted"


@pytest.mark.parametrize(
    ("when", "noted"),
    [
        (at(-0.1), None),
        (at(0), at(0)),
        (at(5), at(5)),
        (at(10), at(10)),
        (at(10) + SKEW, at(10)),
        (at(10) + SKEW + A_MS, None),
        (datetime.max.replace(tzinfo=UTC), None),
    ],
)
def test_a_contact_lies_between_the_leads_arrival_and_now(when: datetime, noted: datetime | None) -> None:
    """Clocks may differ by a little, and a contact is never noted in the future."""
    life = accepted()
    life.wait(10)
    verdict = life.say("contacted", rep_id="ana", at=when)
    assert verdict.done == (noted is not None)
    assert life.state.contacted_at == noted
    assert verdict.done or verdict.because == "at: a contact lies between the lead's arrival and now"


def test_only_the_owner_reports_a_contact() -> None:
    """Anybody else is told whose it is."""
    verdict = accepted().say("contacted", rep_id="ben")
    assert verdict.because == (
        "ben cannot report a contact: the lead was never offered to you: "
        "ana took it since 2026-03-02 09:00:00 UTC (offer 1)"
    )


# Event.


def test_an_event_is_kept_and_scored() -> None:
    """What the prospect did is numbered for scoring; nobody's ladder is disturbed."""
    life = Life()
    plan = life.state.plan
    life.prompt = False
    assert life.say("event", kind="pricing_visit", at=at(-5), properties={"page": "/pricing"}).because == "noted"
    life.say("event", kind="email_open")
    touches = [effect for effect in life.effects if isinstance(effect, Touching)]
    assert [(one.n, one.touch.kind, one.touch.at) for one in touches] == [
        (0, "pricing_visit", at(-5)),
        (1, "email_open", at(0)),
    ]
    assert sum(isinstance(effect, Rescoring) for effect in life.beside) == 2
    assert (life.state.plan, life.says("event")[0]) == (plan, "the prospect: pricing_visit")


def test_an_event_from_the_future_is_refused() -> None:
    """More than clocks may differ."""
    life = Life()
    assert life.say("event", kind="x", at=BEGIN + SKEW + A_MS).because == "at: lies in the future"
    assert life.say("event", kind="x", at=BEGIN + SKEW).done


def test_an_event_before_the_first_judgement_is_scored_with_it() -> None:
    """Nothing is scored twice."""
    life = Life(prompt=False)
    assert life.say("event", kind="pricing_visit").done
    assert not life.beside


def test_crossing_the_threshold_promotes_a_nurtured_lead_at_once() -> None:
    """Its promise is counted from the promotion, not from a door months ago."""
    life = in_nurture()
    life.wait(5000)
    life.say("event", kind="pricing_visit")
    assert (life.state.stage, life.owner) == (Stage.OFFERED, "ana")
    assert (life.state.sla_from, life.state.response_due_at) == (at(5000), at(5020))

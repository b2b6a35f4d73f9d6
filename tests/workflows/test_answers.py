"""What people say to a lead, and what they are told: every message, its refusals, and who has the lead then."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.decisions import Manners, NotAllowed
from models.ladder import RungKind, Target
from models.lead import Stage
from models.messages import MESSAGES, Verdict, VerdictKind
from tests.workflows.kitchen import nobody
from tests.workflows.machine import BEGIN, Life, contact_plan, for_nurture, for_review, held_until
from workflows import answers
from workflows.answers import SKEW
from workflows.state import KEPT_ANSWERS, Planning, Rescoring, Touching

A_MS = timedelta(milliseconds=1)
DONE, REFUSED = VerdictKind.DONE, VerdictKind.REFUSED


def at(minutes: float) -> datetime:
    """The instant so many minutes after the lead came in."""
    return BEGIN + timedelta(minutes=minutes)


def accepted() -> Life:
    """A lead that ana has taken."""
    life = Life()
    life.say("accept", rep_id="ana", key="a")
    return life


def in_triage() -> Life:
    """A lead nobody took; dov was asked last."""
    life = Life()
    life.wait(75)
    assert life.state.stage is Stage.TRIAGE
    return life


def in_review() -> Life:
    """A lead that a person has to look at."""
    life = Life(prompt=False)
    life.answer(score=for_review(at(24 * 60)))
    life.prompt = True
    life.run()
    return life


def in_nurture() -> Life:
    """A lead that marketing keeps warm."""
    life = Life(prompt=False)
    life.answer(score=for_nurture(at(30 * 24 * 60)))
    life.prompt = True
    life.run()
    return life


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


# Undo.


def test_an_accept_can_be_taken_back() -> None:
    """The offer stands as before, with the time it had left when it was accepted."""
    life = Life()
    life.wait(4)
    life.say("accept", rep_id="ana", key="a")
    life.wait(0.5)
    verdict = life.say("undo", rep_id="ana", key="a")
    assert (verdict.because, verdict.stage, verdict.owner) == (
        "taken back: the offer stands as before",
        "offered",
        "ana",
    )
    assert [(rung.n, rung.due_at) for rung in life.state.plan[:2]] == [(1, at(10.5)), (2, at(15.5))]
    assert (life.state.accepted_at, life.state.first_accepted_at) == (None, None)


@pytest.mark.parametrize(("after", "done"), [(timedelta(minutes=1), True), (timedelta(minutes=1) + A_MS, False)])
def test_the_grace_of_an_undo_ends_with_its_minute(after: timedelta, done: bool) -> None:
    """A minute is a minute, its last instant included."""
    life = accepted()
    life.wait_until(BEGIN + after)
    verdict = life.say("undo", rep_id="ana", key="a")
    assert verdict.done == done
    assert done or verdict.because == "accept can be taken back for 0:01:00 only"


def test_a_repeated_accept_does_not_renew_the_grace() -> None:
    """Saying yes again after an hour does not make the first yes undoable."""
    life = accepted()
    life.wait(60)
    assert life.say("accept", rep_id="ana", key="again").because == "yours already"
    assert life.say("undo", rep_id="ana", key="again").because == "accept can be taken back for 0:01:00 only"
    assert (life.owner, life.state.stage) == ("ana", Stage.ACCEPTED)


def test_an_undo_after_a_pause_gives_the_frozen_time_back() -> None:
    """Paused time did not run before the accept, so it is not gone after it."""
    life = Life()
    life.wait(4)
    life.say("pause", by="mia", reason="a call is running")
    life.wait(100)
    life.say("accept", rep_id="ana", key="a")
    life.say("undo", rep_id="ana", key="a")
    assert life.state.paused is None
    assert [rung.due_at for rung in life.state.plan[:2]] == [at(110), at(115)]


def test_an_undo_after_a_contact_rung_comes_back_to_its_rung() -> None:
    """A contact clock shorter than the grace does not push the ladder to its end."""
    life = Life()
    life.contact = lambda now, cause: contact_plan(now - timedelta(minutes=60), cause)
    life.say("accept", rep_id="ana", key="a")
    assert life.state.rung == 8, "the contact reminder has run"
    assert life.say("undo", rep_id="ana", key="a").done
    assert (life.state.rung, life.state.plan[0].n) == (1, 1)


def test_an_undo_of_an_accept_from_triage_goes_back_to_triage() -> None:
    """The ladder is over; the manager has it again."""
    life = in_triage()
    life.say("accept", rep_id="dov", key="a")
    verdict = life.say("undo", rep_id="dov", key="a")
    assert (verdict.because, verdict.stage, verdict.owner) == ("taken back: the manager has it", "triage", None)
    assert life.alerts()[-1] == "dov took the acceptance back: please take it or give it to somebody"


def test_an_undo_of_an_accept_that_won_a_race_passes_the_lead_on() -> None:
    """The rungs were spent when it was accepted: the next one is asked at once."""
    life = Life()
    life.prompt = False
    life.wait(15)
    life.say("accept", rep_id="ana", key="a")
    life.prompt = True
    life.run()
    assert life.say("undo", rep_id="ana", key="a").because == "taken back"
    assert (life.owner, life.state.rung) == ("ben", 3)


def test_a_decline_can_be_taken_back_while_nobody_has_accepted() -> None:
    """The lead comes back to them; an order has to be carried out first, so the verdict comes with it."""
    life = Life()
    life.say("decline", rep_id="ana", reason="wrong button", key="d")
    assert life.owner == "ben"
    verdict = life.say("undo", rep_id="ana", key="d")
    assert (verdict.verdict, verdict.because, verdict.owner) == (DONE, "offered to ana", "ana")
    again = life.say("undo", rep_id="ana", key="d")
    assert again == verdict.model_copy(update={"repeat": True})


def test_a_decline_cannot_be_taken_back_from_who_accepted() -> None:
    """The first valid accept wins."""
    life = Life()
    life.say("decline", rep_id="ana", reason="wrong button", key="d")
    life.say("accept", rep_id="ben")
    verdict = life.say("undo", rep_id="ana", key="d")
    assert verdict.because == ("decline cannot be taken back now: ben took it since 2026-03-02 09:00:00 UTC (offer 2)")


@pytest.mark.parametrize(
    ("rep", "key", "says"),
    [
        ("ana", "unknown", "ana said nothing with the key 'unknown'"),
        ("ben", "a", "ben said nothing with the key 'a'"),
        ("ben", "no", "that accept was refused: there is nothing to take back"),
        ("mia", "p", "pause cannot be taken back now: ana took it since 2026-03-02 09:00:00 UTC (offer 1)"),
    ],
)
def test_an_undo_is_refused_with_its_reason(rep: str, key: str, says: str) -> None:
    """Only one's own accept or decline can be taken back, and only if it did something."""
    life = accepted()
    life.say("accept", rep_id="ben", key="no")
    life.say("pause", by="mia", reason="a call", key="p")
    verdict = life.say("undo", rep_id=rep, key=key)
    assert (verdict.verdict, verdict.because) == (REFUSED, says)


def test_a_refused_undo_forgets_no_key() -> None:
    """The message it could not take back keeps its first verdict."""
    life = Life()
    first = life.say("decline", rep_id="ana", reason="no", key="d")
    life.say("accept", rep_id="ben")
    life.say("undo", rep_id="ana", key="d")
    assert life.say("decline", rep_id="ana", reason="no", key="d") == first.model_copy(update={"repeat": True})


def test_what_was_taken_back_is_not_done_again_by_its_echo() -> None:
    """A replayed accept does not undo the undo; a double undo is a success."""
    life = accepted()
    undone = life.say("undo", rep_id="ana", key="a")
    before = life.state
    assert life.say("undo", rep_id="ana", key="a") == undone.model_copy(update={"repeat": True})
    echo = life.say("accept", rep_id="ana", key="a")
    assert (echo.verdict, echo.repeat) == (REFUSED, True)
    assert echo.because == "this accept was taken back: say it anew, with a new key"
    assert life.state == before
    assert life.say("accept", rep_id="ana", key="a2").done


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


def test_an_extension_is_never_shorter() -> None:
    """Who extends means more time: an instant before the rung's own is refused, and nothing changes."""
    life = Life()
    before = life.state.plan
    verdict = life.say("extend", by="mia", until=at(5))
    assert verdict is not None
    assert not verdict.done
    assert "already" in verdict.because
    assert life.state.plan == before


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


# Keys, ends and beginnings.

EVERYTHING: list[tuple[str, dict[str, Any]]] = [
    ("accept", {"rep_id": "ana"}),
    ("decline", {"rep_id": "ana", "reason": "no"}),
    ("snooze", {"rep_id": "ana", "until": at(5)}),
    ("contacted", {"rep_id": "ana"}),
    ("event", {"kind": "pricing_visit"}),
    ("reassign", {"rep_id": "eva", "by": "mia", "reason": "x"}),
    ("take", {"by": "mia"}),
    ("extend", {"by": "mia", "until": at(50)}),
    ("pause", {"by": "mia", "reason": "x"}),
    ("resume", {"by": "mia"}),
    ("escalate", {"by": "mia"}),
    ("requalify", {"by": "mia", "reason": "x"}),
    ("disqualify", {"by": "mia", "reason": "x"}),
]


def test_everything_that_can_be_said_is_in_the_table() -> None:
    """`undo` has its own tests."""
    assert {name for name, _ in EVERYTHING} | {"undo"} == set(MESSAGES)


@pytest.mark.parametrize(("name", "said"), EVERYTHING)
def test_a_repeat_gets_the_first_verdict_and_changes_nothing(name: str, said: dict[str, Any]) -> None:
    """Whatever it was, whatever it was answered, and however the world has moved on."""
    life = Life()
    first = life.say(name, key="k", **said)
    life.wait(30)
    before, effects = life.state, len(life.effects)
    assert life.say(name, key="k", **said) == first.model_copy(update={"repeat": True})
    assert (life.state, len(life.effects)) == (before, effects)


@pytest.mark.parametrize(("name", "said"), EVERYTHING)
def test_without_a_key_a_message_is_not_remembered(name: str, said: dict[str, Any]) -> None:
    """Nothing to recognise it by."""
    life = Life()
    assert not life.say(name, **said).repeat
    assert life.state.answers == ()


def test_a_key_belongs_to_who_says_it_and_to_what_is_said() -> None:
    """Two people, or two messages, with the same key do not get each other's verdicts."""
    life = Life()
    assert life.say("accept", rep_id="ana", key="1").done
    stranger = life.say("accept", rep_id="ben", key="1")
    assert (stranger.verdict, stranger.repeat) == (REFUSED, False)
    given_back = life.say("decline", rep_id="ana", reason="no", key="1")
    assert (given_back.because, given_back.repeat) == ("declined", False)


def test_the_latest_keys_are_remembered() -> None:
    """A bound, so that a lead does not grow without end."""
    life = Life()
    for number in range(KEPT_ANSWERS + 1):
        life.say("event", kind="email_open", key=f"k{number}")
    assert len(life.state.answers) == KEPT_ANSWERS
    assert life.say("event", kind="email_open", key="k1").repeat
    assert not life.say("event", kind="email_open", key="k0").repeat


@pytest.mark.parametrize(("name", "said"), [*EVERYTHING, ("undo", {"rep_id": "ana", "key": "a"})])
def test_after_the_end_everything_is_refused(name: str, said: dict[str, Any]) -> None:
    """And written down; nothing else changes."""
    life = accepted()
    life.say("disqualify", by="mia", reason="noise")
    before, effects = life.state, len(life.effects)
    verdict = life.say(name, **said)
    assert (verdict.verdict, verdict.because) == (REFUSED, "the lead is disqualified already")
    assert len(life.effects) == effects
    assert life.state == before.model_copy(update={"told": before.told + 1, "entries": life.state.entries})


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("accept", "ana cannot accept: the lead was never offered to you: nobody holds it now (stage scoring)"),
        ("decline", "ana cannot decline: the lead was never offered to you: nobody holds it now (stage scoring)"),
        ("snooze", "ana cannot snooze: the lead was never offered to you: nobody holds it now (stage scoring)"),
        (
            "contacted",
            "ana cannot report a contact: the lead was never offered to you: nobody holds it now (stage scoring)",
        ),
        ("event", "noted"),
        ("reassign", "it is being judged just now (stage scoring): ask again in a second"),
        ("take", "it is being judged just now (stage scoring): ask again in a second"),
        ("extend", "no rung is ahead that could be put off"),
        ("pause", "paused"),
        ("resume", "it is not paused"),
        ("escalate", "no rung is planned that could be climbed"),
        ("requalify", "it is being judged just now (stage scoring)"),
        ("disqualify", "disqualified"),
    ],
)
def test_before_the_first_offer_everything_is_answered(name: str, says: str) -> None:
    """However early something is said, it has an answer and breaks nothing."""
    life = Life(prompt=False)
    assert life.say(name, **dict(EVERYTHING)[name]).because == says
    life.prompt = True
    life.run()
    assert life.state.stage is (Stage.DISQUALIFIED if name == "disqualify" else Stage.OFFERED)


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

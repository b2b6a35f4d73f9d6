"""Taking back what one has said: within its minute, and as if it had never been."""

from datetime import timedelta

import pytest

from models.lead import Stage
from models.messages import VerdictKind
from tests.workflows.lives import accepted, at, in_triage
from tests.workflows.machine import BEGIN, Life, contact_plan

A_MS = timedelta(milliseconds=1)
DONE, REFUSED = VerdictKind.DONE, VerdictKind.REFUSED


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


@pytest.mark.parametrize("meanwhile", ["being passed on", "theirs again"])
def test_a_decline_has_to_have_an_effect_to_be_taken_back(meanwhile: str) -> None:
    """While somebody is being chosen it is too early, and whoever has the lead again has nothing to take back."""
    life = Life()
    life.prompt = meanwhile != "being passed on"
    life.say("decline", rep_id="ana", reason="wrong button", key="d")
    if meanwhile == "theirs again":
        life.say("reassign", rep_id="ana", by="mia", reason="x")
    verdict = life.say("undo", rep_id="ana", key="d")
    assert (
        verdict.because
        == {
            "being passed on": "decline cannot be taken back now: nobody holds it now (stage routing)",
            "theirs again": "decline cannot be taken back now: ana is asked since 2026-03-02 09:00:00 UTC (offer 3)",
        }[meanwhile]
    )
    assert verdict.since == (BEGIN if meanwhile == "theirs again" else None)

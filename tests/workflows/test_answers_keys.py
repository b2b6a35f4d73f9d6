"""What holds for every message: repeats, before the first offer and after the end."""

from typing import Any

import pytest

from models.lead import Stage
from models.messages import MESSAGES, VerdictKind
from tests.workflows.lives import accepted, at
from tests.workflows.machine import Life
from workflows.ladder.state import KEPT_ANSWERS

REFUSED = VerdictKind.REFUSED


EVERYTHING: list[tuple[str, dict[str, Any]]] = [
    ("accept", {"rep_id": "ana"}),
    ("decline", {"rep_id": "ana", "reason": "no"}),
    ("snooze", {"rep_id": "ana", "until": at(5)}),
    ("contacted", {"rep_id": "ana"}),
    ("event", {"kind": "pricing_visit"}),
    ("adjust", {"by": "mia", "points": 5, "reason": "x"}),
    ("reassign", {"rep_id": "eva", "by": "mia", "reason": "x"}),
    ("take", {"by": "mia"}),
    ("extend", {"by": "mia", "until": at(50)}),
    ("pause", {"by": "mia", "reason": "x"}),
    ("resume", {"by": "mia"}),
    ("escalate", {"by": "mia"}),
    ("requalify", {"by": "mia", "reason": "x"}),
    ("disqualify", {"by": "mia", "reason": "x"}),
    ("acknowledge", {"by": "mia"}),
    ("handover", {"by": "mia", "reason": "x"}),
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
        ("adjust", "noted: +5 points"),
        ("reassign", "it is being judged just now (stage scoring): ask again in a second"),
        ("take", "it is being judged just now (stage scoring): ask again in a second"),
        ("extend", "no rung is ahead that could be put off"),
        ("pause", "paused"),
        ("resume", "it is not paused"),
        ("escalate", "no rung is planned that could be climbed"),
        ("requalify", "it is being judged just now (stage scoring)"),
        ("disqualify", "disqualified"),
        ("acknowledge", "acknowledged: nothing of it is told again before 2026-03-03T09:00:00Z"),
        ("handover", "there is nobody to take it over from: nobody holds it now (stage scoring)"),
    ],
)
def test_before_the_first_offer_everything_is_answered(name: str, says: str) -> None:
    """However early something is said, it has an answer and breaks nothing."""
    life = Life(prompt=False)
    assert life.say(name, **dict(EVERYTHING)[name]).because == says
    life.prompt = True
    life.run()
    assert life.state.stage is (Stage.DISQUALIFIED if name == "disqualify" else Stage.OFFERED)

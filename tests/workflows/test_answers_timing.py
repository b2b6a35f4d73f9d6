"""How people put off, freeze, and climb."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.workflows.lives import (
    at,
    in_triage,
)
from tests.workflows.machine import Life, contact_plan

A_MS = timedelta(milliseconds=1)


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


def test_an_owner_may_be_given_less() -> None:
    """The manager names the instant; a reminder that would come after it is dropped."""
    life = Life()
    life.say("extend", by="mia", until=at(5))
    assert [(rung.n, rung.due_at) for rung in life.state.plan[:2]] == [(2, at(5)), (3, at(10))]


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


@pytest.mark.parametrize(
    ("word", "after", "where"), [("escalate", 10, "order"), ("escalate", 45, "triage"), ("requalify", 5, "order")]
)
def test_who_loses_a_lead_by_a_managers_word_has_missed_nothing(word: str, after: float, where: str) -> None:
    """Their time was not over: the offer has not run out on them."""
    life = Life()
    life.wait(after)
    life.say(word, by="mia", **({"reason": "a wrong rule"} if word == "requalify" else {}))
    assert (life.ordered[-1].ended if where == "order" else life.state.released_as) == "withdrawn"


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

"""People who cannot be told, and what became of each message."""

import pytest

from models.decisions import DeliveryState
from models.lead import Stage
from tests.workflows.kitchen import nobody
from tests.workflows.lives import at, at_work, come_back, for_review, untold
from tests.workflows.machine import Life
from workflows.ladder import climbing, deliveries
from workflows.ladder.effects import Alerting, Telling

DAY = 24 * 60


def test_a_rep_who_cannot_be_told_reaches_the_manager() -> None:
    """The offer stands; the manager decides."""
    life = untold()
    assert life.says("unsent") == ["ana could not be told: mailbox is full"]
    assert life.alerts() == ["ana could not be told of the offer: mailbox is full"]
    come_back(life, Alerting, DeliveryState.DELIVERED)
    assert (life.owner, life.order) == ("ana", None)
    assert life.says("alerted") == ["told mia by log: ana could not be told of the offer: mailbox is full"]


def test_when_neither_can_be_told_the_lead_is_in_triage_at_once() -> None:
    """Nobody knows of it, so nobody is waited for; and nobody else is asked in vain."""
    life = untold()
    come_back(life, Alerting, DeliveryState.UNDELIVERABLE)
    assert (life.state.stage, life.state.released_because) == (
        Stage.TRIAGE,
        "neither the rep nor a manager could be told",
    )


@pytest.mark.parametrize("since", ["moved on", "passed on", "paused", "being judged", "accepted"])
def test_an_alert_that_fails_late_takes_nothing_from_anybody(since: str) -> None:
    """It was about an earlier offer, or somebody is at it."""
    life = untold()
    match since:
        case "moved on":
            life.say("decline", rep_id="ana", reason="no")
            life.answer()
        case "passed on":
            life.wait(15)
        case "paused":
            life.say("pause", by="mia", reason="x")
        case "being judged":
            life.hear("requalify", by="mia", reason="x")
        case "accepted":
            life.say("accept", rep_id="ana")
    before = life.state
    come_back(life, Alerting, DeliveryState.UNDELIVERABLE)
    assert (life.state.holder, life.state.moving, life.state.plan) == (before.holder, before.moving, before.plan)
    assert life.owner == ("ben" if since == "moved on" else "ana")


@pytest.mark.parametrize(
    ("kind", "delivery", "line", "says", "alerts"),
    [
        ("offer", DeliveryState.DELIVERED, "sent", "offer to ana by log", 0),
        ("remind", DeliveryState.DELIVERED, "reminded", "remind to ana by log", 0),
        ("offer", DeliveryState.STALE, "skipped", "offer to ana not sent: mailbox is full", 0),
        ("remind", DeliveryState.UNDELIVERABLE, "unsent", "ana could not be told: mailbox is full", 0),
        ("offer", DeliveryState.UNDELIVERABLE, "unsent", "ana could not be told: mailbox is full", 1),
    ],
)
def test_what_became_of_a_message_is_written_down(
    kind: str, delivery: DeliveryState, line: str, says: str, alerts: int
) -> None:
    """Only an offer that nobody heard of is the manager's business."""
    life = at_work()
    [offer] = life.tells("offer")
    told = offer.model_copy(update={"kind": kind})
    step = deliveries.told(life.state, told, life._delivery("ana", delivery), life.now)
    assert (step.state.entries[-1].kind, step.state.entries[-1].says) == (line, says)
    assert len(step.effects) == alerts


@pytest.mark.parametrize("since", ["accepted", "moved on", "given up"])
def test_an_offer_that_is_over_needs_nobody_to_be_told(since: str) -> None:
    """The message failed, and nobody waits for it any more: written down, and no alarm."""
    life = Life(prompt=False)
    life.answer()
    life.answer()
    if since == "accepted":
        life.say("accept", rep_id="ana")
    else:
        life.say("decline", rep_id="ana", reason="no")
    if since == "moved on":
        life.answer()
    come_back(life, Telling, DeliveryState.UNDELIVERABLE)
    assert (life.says("unsent"), life.alerts()) == (["ana could not be told: mailbox is full"], [])


def test_whoever_was_told_is_answerable_if_nobody_is_named() -> None:
    """The lead then names a person, not a gap."""
    life = Life(prompt=False)
    life.fail("scoring failed")
    assert life.state.answerable is None
    come_back(life, Alerting, DeliveryState.DELIVERED)
    assert life.state.answerable == "mia"


@pytest.mark.parametrize("stage", [Stage.TRIAGE, Stage.REVIEW])
def test_a_manager_who_cannot_be_told_is_tried_again_soon(stage: Stage) -> None:
    """A lead on somebody's table who does not know: in a quarter of an hour, not in a day."""
    life = Life(prompt=False)
    life.answer(score=for_review(at(DAY))) if stage is Stage.REVIEW else life.answer()
    if stage is Stage.TRIAGE:
        life.answer(nobody(life.ordered[-1], life.now))
    assert life.state.stage is stage
    come_back(life, Alerting, DeliveryState.UNDELIVERABLE)
    assert climbing.next_due(life.state) == at(15)
    life.wait(15)
    assert len(life.alerts()) == 2

"""What the policy's rung says of an offer reaches the rep: from the decision, over the lead, to the channel."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from models.decisions import Offered
from models.ladder import Target
from models.roster import ChannelName
from tests.activities.deciding import assigned, policy_text
from tests.activities.noticing import AT, Desk, open_desk
from workflows.ladder import returns
from workflows.ladder.effects import Telling
from workflows.ladder.state import LeadState, Move

LADDER: list[dict[str, Any]] = [
    {"do": "offer", "to": "primary", "text": "First come: {lead}.", "channels": ["email"]},
    {"do": "remind", "after": "5m", "text": "Still yours?", "times": 2},
    {"do": "alert", "after": "20m", "urgent": True},
    {"do": "offer", "to": "next", "after": "30m", "text": "At once, please: {lead}.", "urgent": True},
    {"do": "repeat", "rungs": 1, "times": 1},
    {"do": "triage", "after": "1h"},
]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A messenger on a database whose policy says how offers are told."""
    async with open_desk(tmp_path) as desk:
        text = policy_text({"ladder": LADDER})
        await desk.store.policies.publish("words", "simple", text, by="mia", at=AT)
        yield desk


async def offer(desk: Desk, rungs_done: int, **how: Any) -> Offered:
    """Have lead `two` offered when so many rungs are behind."""
    answer = await assigned(desk.store, "two", at=AT, policy="words", sla="every", rungs_done=rungs_done, **how)
    assert isinstance(answer, Offered)
    return answer


def taken_in(answer: Offered, rungs_done: int) -> Telling:
    """Let the lead take the offer in, and give what its rep is told."""
    move = Move(to=Target.PRIMARY, rungs_done=rungs_done, cause="qualified", began_at=AT)
    step = returns.assigned(LeadState(lead_id="two", moving=move), answer, AT)
    return next(effect for effect in step.effects if isinstance(effect, Telling))


@pytest.mark.parametrize(
    ("rungs_done", "channels", "text", "urgent"),
    [
        (0, (ChannelName.EMAIL,), "First come: {lead}.", False),
        (1, (ChannelName.EMAIL,), "First come: {lead}.", False),
        (3, (ChannelName.EMAIL,), "First come: {lead}.", False),
        (5, (), "At once, please: {lead}.", True),
        (6, (), "At once, please: {lead}.", True),
    ],
)
async def test_an_offer_is_told_as_its_rung_says(
    desk: Desk, rungs_done: int, channels: tuple[ChannelName, ...], text: str, urgent: bool
) -> None:
    """Numbers count with repetitions written out; what reminds or alerts lends no words to an offer."""
    answer = await offer(desk, rungs_done)
    assert (answer.channels, answer.text, answer.urgent) == (channels, text, urgent)


async def test_the_words_reach_the_rep_and_urgent_ones_in_quiet_hours_too(desk: Desk) -> None:
    """Ana's night has begun in Tokyo: what is urgent comes at once, with the policy's words."""
    order = taken_in(await offer(desk, 5), 5).order
    desk.at = AT + timedelta(hours=4)
    assert (await desk.do(order)).channel == "email"
    assert desk.mails[-1].text.startswith("At once, please: ")
    calm = order.model_copy(update={"urgent": False, "rung": 7})
    assert (await desk.do(calm)).state == "later"

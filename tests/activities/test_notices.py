"""Telling people over channels that are in trouble: patience within one message, and the next channel in time."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from activities.sending import TRIES_A_CHANNEL
from models.decisions import Delivery, DeliveryState
from models.orders import AlertManager
from models.roster import ChannelName
from tests.activities.noticing import Desk, open_desk

ORDER = AlertManager(lead_id="one", offer=1, rung=3, manager_id="mia", what="nobody took it", owner="ana")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A messenger on a fresh database, with a manager who has mail first and a webhook next."""
    async with open_desk(tmp_path) as desk:
        yield desk


async def test_passing_trouble_on_the_last_channel_is_never_given_up_here(desk: Desk) -> None:
    """A mail outage of any length: Temporal tries again until its own bound, and then the message goes out."""
    del desk.channels[ChannelName.WEBHOOK]
    desk.email.fail_temporarily(times=3 * TRIES_A_CHANNEL)
    for _ in range(3 * TRIES_A_CHANNEL):
        assert "email: the fake is told to be busy" in (await desk.trouble(ORDER)).message
    assert (await desk.do(ORDER)).state is DeliveryState.DELIVERED


async def test_a_channel_in_trouble_is_overtaken_after_tries_of_its_own(desk: Desk) -> None:
    """The next channel delivers after a few tries; the first is tried again until then, and not the other way round."""
    desk.email.fail_temporarily(times=TRIES_A_CHANNEL)
    for _ in range(TRIES_A_CHANNEL - 1):
        await desk.trouble(ORDER)
        assert desk.webhook.attempts.total() == 0
    delivery = await desk.do(ORDER)
    assert (delivery.state, delivery.channel) == (DeliveryState.DELIVERED, "webhook")


async def test_each_channel_has_tries_of_its_own(desk: Desk) -> None:
    """What is in trouble first does not use up the patience for the next; both are tried until one delivers."""
    desk.email.fail_temporarily(times=TRIES_A_CHANNEL + 4)
    desk.webhook.fail_temporarily(times=5)
    for _ in range(TRIES_A_CHANNEL + 4):
        await desk.trouble(ORDER)
    assert (desk.email.attempts.total(), desk.webhook.attempts.total()) == (TRIES_A_CHANNEL + 4, 5)
    assert (await desk.do(ORDER)).channel == "email"


async def test_a_refusal_on_one_channel_does_not_hide_the_trouble_of_another(desk: Desk) -> None:
    """Only what repeating cannot mend counts as undeliverable; who refused is not asked again with the other."""
    desk.email.fail_permanently()
    desk.webhook.fail_temporarily()
    error = await desk.trouble(ORDER)
    assert error.message == "email: the fake is told to refuse; webhook: the fake is told to be busy"
    assert (await desk.do(ORDER)).channel == "webhook"
    assert (desk.email.attempts.total(), desk.webhook.attempts.total()) == (1, 2)


async def test_refused_by_every_channel_is_undeliverable(desk: Desk) -> None:
    """With the reason of each."""
    desk.email.fail_permanently()
    desk.webhook.fail_permanently()
    delivery = await desk.do(ORDER)
    assert delivery == await desk.do(ORDER)
    says = "email: the fake is told to refuse; webhook: the fake is told to refuse"
    assert (delivery.state, delivery.because) == (DeliveryState.UNDELIVERABLE, says)


async def test_the_receivers_wish_for_later_is_heeded_within_bounds(desk: Desk) -> None:
    """At most a minute."""
    desk.email.fail_temporarily(retry_after=timedelta(seconds=7))
    assert (await desk.trouble(ORDER)).next_retry_delay == timedelta(seconds=7)
    desk.email.fail_temporarily(retry_after=timedelta(hours=7))
    assert (await desk.trouble(ORDER)).next_retry_delay == timedelta(minutes=1)


async def test_a_rungs_channels_replace_the_persons_own(desk: Desk) -> None:
    """Also where one of them is none that reaches them: it is skipped, and the reason told when none does."""
    desk.email.fail_permanently()
    over = (ChannelName.LOG, ChannelName.WEBHOOK)
    assert (await desk.do(ORDER.model_copy(update={"channels": over}))).channel == "webhook"
    assert desk.email.attempts.total() == 0
    only = ORDER.model_copy(update={"rung": 4, "channels": (ChannelName.LOG,)})
    unable = Delivery(state=DeliveryState.UNDELIVERABLE, person_id="mia", because="log is not set up")
    assert await desk.do(only) == unable


async def test_who_has_no_address_somewhere_is_reached_elsewhere(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is claimed for a channel that cannot reach them."""
    monkeypatch.setattr(desk.webhook, "can_reach", lambda _: False)
    desk.email.fail_permanently()
    delivery = await desk.do(ORDER)
    says = "email: the fake is told to refuse; webhook: they have no address there"
    assert (delivery.state, delivery.because) == (DeliveryState.UNDELIVERABLE, says)
    assert [row.key.channel for row in await desk.store.notifications.of("one")] == ["email"]

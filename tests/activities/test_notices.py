"""Telling people over channels that are in trouble: patience within one message, and the next channel in time."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.notices import TRIES_A_CHANNEL, Messenger
from adapters.channels.fake import FakeChannel
from config.settings import Settings
from models.base import parse
from models.decisions import Delivery, DeliveryState
from models.orders import AlertManager
from models.roster import ChannelName, Roster
from runtime.store import Store, open_store

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ORDER = AlertManager(lead_id="one", offer=1, rung=3, manager_id="mia", what="nobody took it", owner="ana")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIA = {"id": "mia", "name": "Mia Brook", "email": "mia@sales.example", "webhook_url": "https://mia.example/hook"}
ROSTER: dict[str, Any] = {
    "calendars": {"always": {"tz": "UTC", "week": {day: [["00:00", "24:00"]] for day in DAYS}}},
    "managers": [MIA | {"channels": ["email", "webhook"]}],
    "teams": [{"id": "emea", "name": "EMEA", "manager": "mia", "calendar": "always", "region": "emea"}],
    "reps": [],
    "pools": {},
}


class Desk:
    """A messenger with a mailbox and a webhook that do as told."""

    def __init__(self, store: Store) -> None:
        self.email, self.webhook = FakeChannel("email"), FakeChannel("webhook")
        self.channels = {ChannelName.EMAIL: self.email, ChannelName.WEBHOOK: self.webhook}
        self.store = store

    async def tell(self) -> Delivery:
        """Make one attempt, as Temporal does."""
        store = self.store
        messenger = Messenger(store.leads, store.ownerships, store.rosters, store.notifications, self.channels)
        return await ActivityEnvironment().run(messenger.alert_manager, ORDER)

    async def trouble(self) -> ApplicationError:
        """Make one attempt that is to be made again."""
        with pytest.raises(ApplicationError) as raised:
            await self.tell()
        assert not raised.value.non_retryable
        return raised.value


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A messenger on a fresh database, with a manager who has mail first and a webhook next."""
    async with open_store(Settings(database_url=SecretStr(f"sqlite:///{tmp_path / 'baton.db'}"))) as store:
        await store.database.migrate()
        await store.rosters.save(parse(Roster, ROSTER), at=AT)
        yield Desk(store)


async def test_passing_trouble_on_the_last_channel_is_never_given_up_here(desk: Desk) -> None:
    """A mail outage of any length: Temporal tries again until its own bound, and then the message goes out."""
    del desk.channels[ChannelName.WEBHOOK]
    desk.email.fail_temporarily(times=3 * TRIES_A_CHANNEL)
    for _ in range(3 * TRIES_A_CHANNEL):
        assert "email: the fake is told to be busy" in (await desk.trouble()).message
    assert (await desk.tell()).state is DeliveryState.DELIVERED


async def test_a_channel_in_trouble_is_overtaken_after_tries_of_its_own(desk: Desk) -> None:
    """The next channel delivers after a few tries; the first is tried again until then, and not the other way round."""
    desk.email.fail_temporarily(times=TRIES_A_CHANNEL)
    for _ in range(TRIES_A_CHANNEL - 1):
        await desk.trouble()
        assert desk.webhook.attempts.total() == 0
    delivery = await desk.tell()
    assert (delivery.state, delivery.channel) == (DeliveryState.DELIVERED, "webhook")


async def test_each_channel_has_tries_of_its_own(desk: Desk) -> None:
    """What is in trouble first does not use up the patience for the next; both are tried until one delivers."""
    desk.email.fail_temporarily(times=TRIES_A_CHANNEL + 4)
    desk.webhook.fail_temporarily(times=5)
    for _ in range(TRIES_A_CHANNEL + 4):
        await desk.trouble()
    assert (desk.email.attempts.total(), desk.webhook.attempts.total()) == (TRIES_A_CHANNEL + 4, 5)
    assert (await desk.tell()).channel == "email"


async def test_a_refusal_on_one_channel_does_not_hide_the_trouble_of_another(desk: Desk) -> None:
    """Only what repeating cannot mend counts as undeliverable."""
    desk.email.fail_permanently(times=2)
    desk.webhook.fail_temporarily()
    error = await desk.trouble()
    assert error.message == "email: the fake is told to refuse; webhook: the fake is told to be busy"
    assert (await desk.tell()).channel == "webhook"


async def test_refused_by_every_channel_is_undeliverable(desk: Desk) -> None:
    """With the reason of each."""
    desk.email.fail_permanently()
    desk.webhook.fail_permanently()
    delivery = await desk.tell()
    says = "email: the fake is told to refuse; webhook: the fake is told to refuse"
    assert (delivery.state, delivery.because) == (DeliveryState.UNDELIVERABLE, says)


async def test_the_receivers_wish_for_later_is_heeded_within_bounds(desk: Desk) -> None:
    """At most a minute."""
    desk.email.fail_temporarily(retry_after=timedelta(seconds=7))
    assert (await desk.trouble()).next_retry_delay == timedelta(seconds=7)
    desk.email.fail_temporarily(retry_after=timedelta(hours=7))
    assert (await desk.trouble()).next_retry_delay == timedelta(minutes=1)

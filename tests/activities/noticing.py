"""A messenger on a real database, with channels that do as told, at an instant of the test's choosing."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.letter import digest
from activities.notices import Messenger
from activities.policybook import Policybook
from adapters.channels.base import Channel, Message
from adapters.channels.fake import FakeChannel
from adapters.links import AcceptLinks
from config.settings import Settings
from db.alerts import Alerts
from models.base import parse
from models.decisions import Delivery
from models.orders import AlertManager, Tell
from models.roster import ChannelName, Person, Roster
from runtime.store import Store, open_store
from tests.db.samples import facts, give, newcomer
from tests.db.samples import order as asked

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ROSTER: dict[str, Any] = {
    "calendars": {"always": {"tz": "Europe/Berlin", "week": {day: [["00:00", "24:00"]] for day in DAYS}}},
    "managers": [
        {"id": "mia", "name": "Mia Brook", "email": "mia@sales.example", "webhook_url": "https://mia.example/hook"}
        | {"channels": ["email", "webhook"], "quiet": ["22:00", "07:00"]}
    ],
    "teams": [{"id": "emea", "name": "EMEA", "manager": "mia", "calendar": "always", "region": "emea"}],
    "reps": [
        {"id": "ana", "name": "Ana Silva", "team": "emea", "email": "ana@sales.example", "channels": ["email"]}
        | {"tz": "Asia/Tokyo", "quiet": ["20:00", "08:00"]}
    ],
    "pools": {"all": {"team": "emea"}},
}
LEADS = ("one", "two", "three")

POLICY = {
    "name": "simple",
    "scoring": {},
    "intent": {"high": {"types": ["demo_request"]}, "medium": {}, "low": {}},
    "fit": {"strong_from": 1, "criteria": [{"name": "large", "points": 1, "when": "company.employees > 99"}]},
    "matrix": [
        {"intent": intent, "fit": fit, "do": "route"}
        for intent in ("high", "medium", "low")
        for fit in ("strong", "weak")
    ],
    "tiers": [{"name": "any", "levels": ["mid"]}],
    "routing": {"default_pool": "all"},
    "sla": [
        {
            "name": "every",
            "response": "1h",
            "clock": "wall",
            "ladder": [{"do": "offer", "to": "primary"}, {"do": "triage", "after": "1h"}],
        }
    ],
    "alerts": {"bundle": "10m"},
}
"""Alerts to one person within ten minutes go as one."""


class Desk:
    """A messenger with a mailbox and a webhook that do as told."""

    def __init__(self, store: Store) -> None:
        self.email, self.webhook = FakeChannel("email"), FakeChannel("webhook")
        self.channels: dict[ChannelName, Channel] = {
            ChannelName.EMAIL: self.email,
            ChannelName.WEBHOOK: self.webhook,
        }
        self.store, self.at = store, AT
        self.links: AcceptLinks | None = None

    def messenger(self) -> Messenger:
        """Make one, as a worker that has just started has it."""
        store = self.store
        policybook = Policybook(store.policies, store.trials)
        alerts = Alerts(store.database)
        return Messenger(
            store.leads,
            store.ownerships,
            store.rosters,
            store.notifications,
            self.channels,
            alerts,
            policybook,
            self.links,
        )

    async def do(self, order: AlertManager | Tell) -> Delivery:
        """Make one attempt, as Temporal does, at this desk's instant."""
        messenger, environment = self.messenger(), ActivityEnvironment()
        environment.info = replace(environment.info, started_time=self.at)
        if isinstance(order, Tell):
            return await environment.run(messenger.notify, order)
        return await environment.run(messenger.alert_manager, order)

    async def deliver(self, person: Person, at: datetime) -> Delivery:
        """Send somebody their digest, at an instant."""
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, started_time=at)
        return await environment.run(
            self.messenger().deliver, person, digest("digest-mia", "Your teams", "All is well.")
        )

    async def trouble(self, order: AlertManager | Tell) -> ApplicationError:
        """Make one attempt that is to be made again."""
        with pytest.raises(ApplicationError) as raised:
            await self.do(order)
        assert not raised.value.non_retryable
        return raised.value

    @property
    def mails(self) -> list[Message]:
        """Give the mails that are out, each once."""
        return list(self.email.sent.values())


@asynccontextmanager
async def open_desk(folder: Path, **policy: Any) -> AsyncIterator[Desk]:
    """Open one on a fresh database: ana is asked to take `one`, which waits like `two` and `three`."""
    async with open_store(Settings(database_url=SecretStr(f"sqlite:///{folder / 'baton.db'}"))) as store:
        await store.database.migrate()
        await store.rosters.save(parse(Roster, ROSTER), at=AT)
        await store.policies.publish("p1", "simple", json.dumps(POLICY | policy), by="mia", at=AT)
        for lead_id in LEADS:
            await store.leads.admit(newcomer(lead_id, facts(lead_id, company={"name": f"Company {lead_id}"})))
        await store.ownerships.assign(asked("one"), give("one", "ana"), at=AT, ordered_at=AT)
        yield Desk(store)

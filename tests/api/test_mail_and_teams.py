"""Real round trips: the mail and the card arrive, and the link in them takes the lead in its workflow."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import httpx2
import pytest
import yaml
from temporalio.client import Client

from adapters.enrichers.directory import CompanyDirectory
from adapters.enrichers.waterfall import Waterfall
from api.app import create_app
from config.load import open_policy
from config.settings import load_settings
from models.base import parse
from models.roster import Roster
from runtime import clock
from runtime.bootstrap import activities_of, worker_for
from runtime.front import Front
from runtime.line import Line
from runtime.reaching import channels_of
from runtime.store import open_store
from tests.adapters.channels.mail_sink import MailSink
from tests.adapters.channels.vendor_sinks import TeamsSink
from tests.api.answering import House, Slack
from tests.api.house import KEYS, Doors, listening
from tests.cli.house import ROSTER, policy_text

QUEUE = "mail-and-teams"


@pytest.fixture
def mails() -> Iterator[MailSink]:
    """A mail server."""
    with MailSink() as sink:
        yield sink


@pytest.fixture
def cards() -> Iterator[TeamsSink]:
    """A Teams workflow."""
    with TeamsSink() as sink:
        yield sink


def people(teams_url: str) -> Roster:
    """One rep with mail, and one in Teams."""
    known = yaml.safe_load(ROSTER)
    ana, ben, _ = known["reps"]
    ana |= {"email": "ana@sales.example", "channels": ["email"]}
    ben |= {"teams_url": teams_url, "channels": ["teams"]}
    return parse(Roster, known | {"reps": [ana, ben]})


@pytest.fixture
async def house(
    temporal_client: Client, tmp_path_factory: pytest.TempPathFactory, mails: MailSink, cards: TeamsSink
) -> AsyncIterator[House]:
    """The HTTP app on a port of its own, and a worker whose settings name the mail server."""
    folder = tmp_path_factory.mktemp("mail-and-teams")
    async with AsyncExitStack() as stack:
        settings = load_settings(
            state_dir=folder,
            database_url=f"sqlite:///{folder / 'baton.db'}",
            secret_keys=[KEYS],
            task_queue=QUEUE,
            smtp_url=f"smtp://127.0.0.1:{mails.port}",
            mail_from="Baton <baton@relay.example>",
        )
        store = await stack.enter_async_context(open_store(settings))
        await store.database.migrate()
        policy = open_policy(policy_text(), "policy.yaml")
        teams_url = f"http://127.0.0.1:{cards.port}/workflows/1"
        await store.rosters.save(people(teams_url), at=clock.now())
        await store.policies.publish(policy.version, policy.policy.name, policy_text(), by="tests", at=clock.now())

        async def there() -> Client:
            return temporal_client

        front = Front(settings, store, Line(there))
        app = create_app(front)
        address = await stack.enter_async_context(listening(app))
        reached = settings.model_copy(update={"public_url": address})
        channels = await stack.enter_async_context(channels_of(reached))
        asks = Waterfall([CompanyDirectory()], reached.enrich_budget)
        activities = activities_of(store, reached, channels, asks)
        await stack.enter_async_context(worker_for(temporal_client, reached, activities))
        client = await stack.enter_async_context(httpx2.AsyncClient(base_url=address))
        yield House(Doors(front, app, client), temporal_client, QUEUE, Slack())


async def test_the_link_in_a_message_takes_the_lead(house: House, mails: MailSink, cards: TeamsSink) -> None:
    """Opening it, as scanners do, changes nothing; one press does. By mail and in Teams alike."""
    owners = dict([await house.offered(), await house.offered()])
    assert {"ana", "ben"} == set(owners.values())

    async def arrived() -> dict[str, str] | None:
        found = {"ana": link_in_mails(mails), "ben": link_in_cards(cards)}
        return {owner: url for owner, url in found.items() if url} if all(found.values()) else None

    links = await house.until(arrived)
    for lead_id, owner in owners.items():
        url = links[owner]
        for _ in range(3):
            opened = await house.doors.get(url)
            assert (200, True) == (opened.status_code, "no-store" in opened.headers["cache-control"])
        workflow = house.temporal.get_workflow_handle(f"lead-{lead_id}")
        assert "offered" == (await workflow.query("status"))["stage"]
        assert 200 == (await house.tap(url, "accept")).status_code
        status = await workflow.query("status")
        assert ("accepted", owner) == (status["stage"], status["owner"])
    told = {owner: await house.front.store.notifications.of(lead_id) for lead_id, owner in owners.items()}
    assert {"ana": [("offer", "email", True)], "ben": [("offer", "teams", True)]} == {
        owner: [(one.kind, one.key.channel, one.provider_id is not None) for one in sent]
        for owner, sent in told.items()
    }


def link_in_mails(mails: MailSink) -> str | None:
    """Find the link in the only mail, which is the same in both of its forms."""
    for mail in mails.mails:
        plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
        assert plain is not None
        assert html is not None
        (url,) = re.findall(r"https?://\S+/a/\S+", plain.get_content())
        assert f'href="{url}"' in html.get_content()
        return str(url)
    return None


def link_in_cards(cards: TeamsSink) -> str | None:
    """Find the link in the only card."""
    for card in cards.cards():
        (action,) = card["actions"]
        assert "starter.py" not in json.dumps(card)
        return str(action["url"])
    return None

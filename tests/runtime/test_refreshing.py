"""Changing messages that are out: what a channel cannot do now is tried again, what it never will is left."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select
from structlog.testing import capture_logs

from activities.letter import Reader
from activities.notice_letters import of_several
from activities.sending import address_of
from adapters.channels.base import Kind, Message
from adapters.channels.fake import FakeChannel
from adapters.channels.log import LogChannel
from adapters.links import AcceptLinks
from config.settings import load_settings
from db import tables
from db.alerts import Alert, Alerts, Turn
from db.notifications import Key
from db.tables.words import Errand
from models.lead import Stage
from models.orders import Holding
from models.roster import ChannelName
from runtime.refreshing import GIVEN_UP, Refresher
from runtime.store import Store, open_store
from tests.db.samples import AT, MINUTE, facts, give, newcomer, order, roster, standing

KEY = Key("one", 1, 0, "slack")


class Slack(FakeChannel):
    """The fake, when it is asked to stand for Slack."""

    def __init__(self) -> None:
        super().__init__("slack")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A database with people and a lead that ada was told of, whom nobody asks any more."""
    settings = load_settings(state_dir=tmp_path, database_url=f"sqlite:///{tmp_path / 'baton.db'}")
    async with open_store(settings) as made:
        await made.database.migrate()
        reps = [one.model_copy(update={"slack": f"U000{one.id.upper()}"}) for one in roster().reps]
        await made.rosters.save(roster().model_copy(update={"reps": reps}), at=AT)
        await made.leads.admit(newcomer("one", facts("one", first_name="Kim", phone="+4930901820")))
        await made.ownerships.assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
        await made.notifications.claim(KEY, person_id="ada", at=AT, kind="offer")
        yield made


async def out(store: Store, slack: Slack) -> None:
    """Send ada's message, and then give the lead to bo."""
    ada = (await store.rosters.load()).reps[0]  # type: ignore[union-attr]
    message = Message(
        key=str(KEY), lead_id="one", offer=1, rung=0, kind=Kind.OFFER, to=address_of(ada), subject="New", text="Take it"
    )
    receipt = await slack.send(message)
    await store.notifications.sent(KEY, provider_id=receipt.provider_id, at=AT)
    await passed(store)


async def passed(store: Store) -> None:
    """Give the lead to bo."""
    await store.ownerships.assign(order("one", 2), give("one", "bo", 2), at=AT + MINUTE, ordered_at=AT + MINUTE)


def at(minutes: float = 2) -> Callable[[], datetime]:
    """Make a clock that stands."""
    return lambda: AT + minutes * MINUTE


async def waiting(store: Store) -> list[str]:
    """List the leads whose errands are left."""
    table = tables.Outbox
    left = select(table.lead_id).where(table.what == Errand.REFRESH, col(table.sent_at).is_(None))
    async with store.database.reading() as session:
        return list((await session.exec(left)).all())


async def test_a_message_says_who_is_asked_and_nothing_to_press(store: Store) -> None:
    """In the reader's words and zone, without what is the new owner's to know."""
    slack = Slack()
    await out(store, slack)
    await Refresher(store, {ChannelName.SLACK: slack}, at()).once()
    (now,) = slack.shows.values()
    assert "Bo is asked to take it since Mon 2 Mar 10:01 (Europe/Berlin)." == now.text
    assert ((), (), Kind.WITHDRAWN, str(KEY)) == (now.answers, now.actions, now.kind, now.key)
    assert ("Kim" in repr((now.fields, now.subject)), await waiting(store)) == (False, [])


async def test_the_owner_is_led_on(store: Store) -> None:
    """Whoever took it finds the way to the page in their own message."""
    slack = Slack()
    await out(store, slack)
    taken = Holding(rep_id="ada", offer=1, accepted_at=AT)
    await store.leads.record(standing("one", 1, Stage.ACCEPTED, taken, offer=2))
    links = AcceptLinks([b"k" * 32], "https://baton.example")
    await Refresher(store, {ChannelName.SLACK: slack}, at(), links).once()
    (now,) = slack.shows.values()
    assert [("Open", links.url("one", 1, "ada", "offer"))] == list(now.actions)
    assert now.text.startswith("You have it, since ")


async def test_an_erased_lead_is_not_named_any_more(store: Store) -> None:
    """Not by its company either."""
    slack = Slack()
    await out(store, slack)
    await store.leads.record(standing("one", 1, Stage.ERASED, closed=True))
    await Refresher(store, {ChannelName.SLACK: slack}, at()).once()
    (now,) = slack.shows.values()
    assert ("A lead", (), ()) == (now.subject, now.fields, now.actions)
    assert now.text.startswith("It was erased on ")


async def test_passing_trouble_is_waited_out(store: Store) -> None:
    """As long as the channel asks for; then it is done, and never again."""
    slack = Slack()
    await out(store, slack)
    slack.fail_temporarily(retry_after=timedelta(seconds=30))
    await Refresher(store, {ChannelName.SLACK: slack}, at(2)).once()
    await Refresher(store, {ChannelName.SLACK: slack}, at(2.4)).once()
    assert {} == slack.shows
    await Refresher(store, {ChannelName.SLACK: slack}, at(2.6)).once()
    assert (1, []) == (len(slack.shows), await waiting(store))


async def test_what_is_refused_for_good_is_left_and_noted(store: Store) -> None:
    """A message that somebody deleted cannot be changed: it is not tried for ever."""
    slack = Slack()
    await out(store, slack)
    slack.fail_permanently()
    with capture_logs() as logs:
        await Refresher(store, {ChannelName.SLACK: slack}, at()).once()
    assert ["message_not_changed"] == [line["event"] for line in logs]
    assert ([], ()) == (await waiting(store), await store.refreshing.outdated("one"))


async def test_one_that_stays_away_is_looked_for_ever_more_rarely(store: Store) -> None:
    """Whoever was sending it may have died: nobody looks every other second for a day."""
    await passed(store)
    now, looks = AT + 2 * MINUTE, []
    for _ in range(7):
        await Refresher(store, {ChannelName.SLACK: Slack()}, at((now - AT) / MINUTE)).once()
        async with store.database.reading() as session:
            due = (await session.exec(select(tables.Outbox.next_at).where(tables.Outbox.what == Errand.REFRESH))).one()
        looks.append((due - now).total_seconds())
        now = due
    assert [2, 4, 8, 16, 32, 60, 60] == looks


async def test_a_lead_whose_message_cannot_be_written_holds_up_no_other(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told without what it holds, waits, and the leads behind it have their turn."""
    slack = Slack()
    async with store.database.writing() as session:
        what, raised = Errand.REFRESH, AT - MINUTE
        session.add(tables.Outbox(lead_id="odd", what=what, body={}, created_at=raised, next_at=raised))
    await out(store, slack)
    outdated = store.refreshing.outdated

    async def failing(lead_id: str) -> Any:
        if lead_id == "odd":
            raise LookupError("someone@acme.example")
        return await outdated(lead_id)

    monkeypatch.setattr(store.refreshing, "outdated", failing)
    with capture_logs() as logs:
        await Refresher(store, {ChannelName.SLACK: slack}, at()).once()
    assert ["refresh_failed", "message_changed"] == [line["event"] for line in logs]
    assert (1, ["odd"]) == (len(slack.shows), await waiting(store))


async def test_a_message_on_its_way_is_changed_once_it_is_there(store: Store) -> None:
    """It went out in the very moment in which the lead changed hands."""
    slack = Slack()
    await passed(store)
    await Refresher(store, {ChannelName.SLACK: slack}, at()).once()
    assert ["one"] == await waiting(store)
    await out(store, slack)
    await Refresher(store, {ChannelName.SLACK: slack}, at(2.1)).once()
    assert (1, []) == (len(slack.shows), await waiting(store))


@pytest.mark.parametrize("channels", [{}, {ChannelName.SLACK: LogChannel()}])
async def test_a_channel_that_is_gone_is_waited_for_a_day(
    store: Store, channels: dict[ChannelName, LogChannel]
) -> None:
    """Somebody may have forgotten a setting at a restart; after that the buttons answer who comes late."""
    slack = Slack()
    await out(store, slack)
    await Refresher(store, channels, at()).once()
    assert ["one"] == await waiting(store)
    with capture_logs() as logs:
        await Refresher(store, channels, lambda: AT + 2 * MINUTE + GIVEN_UP).once()
    assert (["message_not_changed"], []) == ([line["event"] for line in logs], await waiting(store))


async def test_a_message_about_several_says_of_each_what_is_so(store: Store) -> None:
    """Who has taken one, and what is asked of the others still; whichever lead it went out under."""
    slack, links, alerts = Slack(), AcceptLinks([b"k" * 32], "https://baton.example"), Alerts(store.database)
    await store.leads.admit(newcomer("two", facts("two", first_name="Lou")))
    await store.ownerships.assign(order("two"), give("two", "ada"), at=AT, ordered_at=AT)
    notices = [
        Alert(lead, 1, 0, "ada", "", "ada", AT + n * MINUTE, kind="offer") for n, lead in enumerate(("one", "two"))
    ]
    for notice in notices:
        await alerts.ask(notice, at=AT, quiet_until=AT + MINUTE)
    turn = await alerts.ask(notices[0], at=AT + MINUTE, bundle=MINUTE)
    assert isinstance(turn, Turn)
    ada = (await store.rosters.load()).reps[0]  # type: ignore[union-attr]
    sent = of_several(turn.first, turn.alerts, Reader(ada))
    first = Message(
        key=str(KEY),
        lead_id="one",
        offer=1,
        rung=0,
        kind=sent.kind,
        to=address_of(ada),
        subject=sent.subject,
        text=sent.text,
    )
    await store.notifications.claim(KEY, person_id="ada", at=AT, kind=sent.kind.value)
    await store.notifications.sent(KEY, provider_id=(await slack.send(first)).provider_id, at=AT)
    await alerts.sent(turn, at=AT)

    taken = Holding(rep_id="ada", offer=1, accepted_at=AT)
    await store.leads.record(standing("two", 1, Stage.ACCEPTED, taken, offer=1))
    assert ["two"] == await waiting(store)
    await Refresher(store, {ChannelName.SLACK: slack}, at(), links).once()
    (now,) = slack.shows.values()
    still, gone = now.text.splitlines()
    assert ("please take it" in still, "(offer 1): You have it, since " in gone) == (True, True)
    assert ({"one"}, ["one", "two"]) == (
        {one.lead_id for one in now.answers},
        [links.read(url.rpartition("/")[2]).lead_id for _, url in now.actions],
    )

    await passed(store)
    await Refresher(store, {ChannelName.SLACK: slack}, at(3), links).once()
    (now,) = slack.shows.values()
    assert ("Bo is asked to take it" in now.text, (), []) == (True, now.answers, await waiting(store))

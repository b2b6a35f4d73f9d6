"""Messages that wait: for the end of quiet hours, and alerts for each other; sent once, whoever dies in the middle."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.channels.base import Kind
from db.alerts import LEASE
from db.tables.words import Sending
from models.base import parse
from models.decisions import Delivery, DeliveryState
from models.orders import AlertManager, Tell
from models.roster import ChannelName, Roster
from tests.activities.noticing import AT, LEADS, ROSTER, Desk, open_desk
from tests.adapters.channels.conftest import smtp_channel, webhook_channel
from tests.adapters.channels.mail_sink import MailSink
from tests.adapters.channels.webhook_sink import WebhookSink

MINUTE = timedelta(minutes=1)
ENDS = AT + 10 * MINUTE
NIGHT = datetime(2026, 3, 2, 22, tzinfo=UTC)
MORNING = datetime(2026, 3, 3, 6, tzinfo=UTC)
OFFER = Tell(lead_id="one", kind="offer", rep_id="ana", offer=1, rung=0, sentence="you are next")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A messenger on a fresh database; mia sleeps in Berlin, ana in Tokyo."""
    async with open_desk(tmp_path) as desk:
        yield desk


def alert(lead_id: str, **changes: object) -> AlertManager:
    """One lead's alert, by the policy that collects them."""
    order = AlertManager(
        lead_id=lead_id, offer=1, rung=3, manager_id="mia", what=f"nobody took {lead_id}", owner=None, policy="p1"
    )
    return order.model_copy(update=changes)


def later(until: datetime, because: str, person: str = "mia") -> Delivery:
    """Expect to be asked again."""
    return Delivery(state=DeliveryState.LATER, person_id=person, because=because, until=until)


def delivered(channel: str = "email") -> Delivery:
    """Expect it to be out."""
    return Delivery(state=DeliveryState.DELIVERED, person_id="mia", channel=channel)


COLLECTED = later(ENDS, "it goes out with what else there is by then")


async def tell_all(desk: Desk, orders: Sequence[AlertManager], at: datetime) -> list[Delivery]:
    """Have each told in turn, at one instant."""
    desk.at = at
    return [await desk.do(order) for order in orders]


async def test_an_offer_waits_for_the_reps_morning(desk: Desk) -> None:
    """By their own clock, with nothing claimed; what is urgent, and what was out already, does not wait."""
    desk.at = datetime(2026, 3, 2, 11, tzinfo=UTC)
    dawn = datetime(2026, 3, 2, 23, tzinfo=UTC)
    assert await desk.do(OFFER) == later(dawn, "quiet until 08:00 (Asia/Tokyo)", "ana")
    assert await desk.store.notifications.of("one") == ()
    assert (await desk.do(OFFER.model_copy(update={"urgent": True}))).state is DeliveryState.DELIVERED
    assert (await desk.do(OFFER)).state is DeliveryState.DELIVERED
    desk.at = dawn
    assert (await desk.do(OFFER.model_copy(update={"rung": 1}))).state is DeliveryState.DELIVERED
    assert len(desk.mails) == 2


async def test_alerts_of_a_night_are_one_message_in_the_morning(desk: Desk) -> None:
    """Nothing is claimed meanwhile; whoever asks first sends for all, and each learns that it is told."""
    orders = [alert(lead_id) for lead_id in LEADS]
    quiet = later(MORNING, "quiet until 07:00 (Europe/Berlin)")
    assert await tell_all(desk, orders, NIGHT) == [quiet] * 3
    assert [await desk.store.notifications.of(lead_id) for lead_id in LEADS] == [()] * 3
    assert (await tell_all(desk, [alert("two", rung=9, urgent=True)], NIGHT))[0] == delivered()
    assert await tell_all(desk, orders, MORNING) == [delivered()] * 3
    assert [mail.subject for mail in desk.mails[1:]] == ["3 leads need you"]


async def test_an_alert_over_channels_of_its_own_goes_by_itself(desk: Desk) -> None:
    """Others do not take it along over theirs, and it takes none; in quiet hours it waits."""
    own = alert("one", channels=(ChannelName.WEBHOOK,))
    assert await tell_all(desk, [alert("two"), own], AT) == [delivered(), delivered("webhook")]
    night = own.model_copy(update={"rung": 4})
    assert await tell_all(desk, [night], NIGHT) == [later(MORNING, "quiet until 07:00 (Europe/Berlin)")]
    assert await tell_all(desk, [alert("three"), night], MORNING) == [delivered(), delivered("webhook")]
    assert [mail.bundled for mail in desk.mails] == [(), ()]


async def test_a_rep_is_told_of_a_withdrawal_only_if_they_were_told_of_the_offer(desk: Desk) -> None:
    """Whatever stands now; nobody wakes up to a lead they never heard of and have lost."""
    withdrawn = OFFER.model_copy(update={"kind": "withdrawn", "rung": 1001, "sentence": "bo has taken it."})
    assert (await desk.do(withdrawn)).because == "they were not told of the offer"
    await desk.do(OFFER)
    assert (await desk.do(withdrawn)).state is DeliveryState.DELIVERED
    assert desk.mails[1].text == "Somebody else has it now: bo has taken it."


async def test_who_dies_after_sending_a_bundle_tells_nobody_twice(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same message is sent again under the same key by whoever comes next, and every alert in it is told."""
    orders = [alert(lead_id) for lead_id in LEADS]
    assert await tell_all(desk, orders, AT) == [delivered(), COLLECTED, COLLECTED]

    async def dies(*_: object, **__: object) -> None:
        raise ConnectionError("the worker is gone")

    desk.at = ENDS
    with monkeypatch.context() as crash:
        crash.setattr(desk.store.notifications, "sent", dies)
        with pytest.raises(ConnectionError):
            await desk.do(orders[2])
    assert (await desk.trouble(orders[1])).type == "UnderWay"
    assert await tell_all(desk, [alert("one", rung=5)], ENDS) == [later(ENDS + 10 * MINUTE, COLLECTED.because)]
    assert await tell_all(desk, [orders[1], orders[2]], ENDS + LEASE) == [delivered()] * 2
    _, bundle = desk.mails
    assert (bundle.key, bundle.bundled) == ("three:1:3:email", ("two:1:3", "three:1:3"))
    assert dict(desk.email.attempts) == {"one:1:3:email": 1, "three:1:3:email": 2}


async def test_of_many_workers_one_sends_the_bundle(desk: Desk) -> None:
    """All come back at the window's end at once; those who are too late ask again and find theirs told."""
    orders = [alert(LEADS[rung % 3], rung=rung) for rung in range(10, 22)]
    assert await tell_all(desk, [alert("one"), *orders], AT) == [delivered(), *[COLLECTED] * len(orders)]
    desk.at = ENDS
    answers = await asyncio.gather(*(desk.do(order) for order in orders), return_exceptions=True)
    assert delivered() in answers
    assert await tell_all(desk, orders, ENDS + timedelta(seconds=1)) == [delivered()] * len(orders)
    assert [len(mail.bundled) for mail in desk.mails] == [0, len(orders)]


async def test_a_bundle_that_is_refused_is_told_to_nobody_and_each_lead_learns_why(desk: Desk) -> None:
    """Then each can do what it does when nobody could be told."""
    orders = [alert(lead_id) for lead_id in LEADS]
    await tell_all(desk, orders, AT)
    desk.email.fail_permanently()
    desk.webhook.fail_permanently()
    refused = await tell_all(desk, orders[1:], ENDS)
    says = "email: the fake is told to refuse; webhook: the fake is told to refuse"
    assert [(one.state, one.because) for one in refused] == [(DeliveryState.UNDELIVERABLE, says)] * 2
    assert [row.state for row in await desk.store.notifications.of("two")] == [Sending.REFUSED] * 2


async def test_a_digest_is_sent_once_and_not_at_night(desk: Desk) -> None:
    """As a letter under its own key."""
    roster = await desk.store.rosters.load()
    assert roster is not None
    letters = [desk.deliver(roster.managers[0], at) for at in (NIGHT, MORNING, MORNING)]
    assert [await letter for letter in letters] == [
        later(MORNING, "quiet until 07:00 (Europe/Berlin)"),
        delivered(),
        delivered(),
    ]
    assert [(mail.key, mail.kind, mail.lead_id) for mail in desk.mails] == [("digest-mia:0:0:email", Kind.DIGEST, "")]


async def test_a_bundle_as_it_arrives(desk: Desk) -> None:
    """A line for each lead in the mail; for tools the keys, and a button for each thing that may be said to each."""
    first, *orders = [alert(lead_id) for lead_id in LEADS]
    with MailSink() as mail_sink, WebhookSink() as webhook_sink:
        roster = parse(Roster, ROSTER | {"managers": [ROSTER["managers"][0] | {"webhook_url": webhook_sink.url}]})
        await desk.store.rosters.save(roster, at=AT)
        smtp, webhook = smtp_channel(mail_sink.port), webhook_channel()
        desk.channels |= {ChannelName.EMAIL: smtp, ChannelName.WEBHOOK: webhook}
        await tell_all(desk, [first, *orders], AT)
        assert await tell_all(desk, orders, ENDS) == [delivered()] * 2
        mail_sink.answer("550 5.1.1 unknown")
        orders = [order.model_copy(update={"rung": 4}) for order in orders]
        await tell_all(desk, orders, ENDS)
        assert await tell_all(desk, orders, ENDS + 10 * MINUTE) == [delivered("webhook")] * 2
        await smtp.aclose()
        await webhook.aclose()
    body = mail_sink.mails[1].get_body(("plain",))
    assert body is not None
    lines = body.get_content().splitlines()
    assert lines[0] == "- two: demo request, Company two: nobody took two; nobody holds it now"
    assert lines[-1] == "About: two:1:3, three:1:3"
    (posted,) = webhook_sink.received
    assert (posted.key, posted.body["bundled"]) == ("two:1:4:webhook", ["two:1:4", "three:1:4"])
    buttons = [(one["lead_id"], one["says"], one["fields"]) for one in posted.body["answers"]]
    said = ("take", "reassign", "acknowledge")
    assert buttons == [(lead_id, says, {"by": "mia"}) for lead_id in ("two", "three") for says in said]

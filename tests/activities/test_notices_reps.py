"""What reps are told of their own leads: with a link, at once or together, and how what they said was answered."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from activities.letter import REASONS
from adapters.channels.base import Kind, Message
from adapters.links import AcceptLinks, Link
from db.alerts import LEASE
from models.base import parse
from models.decisions import Delivery, DeliveryState
from models.orders import AlertManager, Tell
from models.roster import ChannelName, Roster
from tests.activities.noticing import AT, LEADS, ROSTER, Desk, open_desk
from tests.adapters.channels.conftest import slack_channel, teams_channel
from tests.adapters.channels.vendor_sinks import SlackSink, TeamsSink
from tests.db.samples import give
from tests.db.samples import order as asked

MINUTE = timedelta(minutes=1)
ENDS = AT + 10 * MINUTE
LINKS = AcceptLinks([b"k" * 32], "https://baton.example")
COLLECTED = "it goes out with what else there is by then"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Ana is asked to take `one`."""
    async with open_desk(tmp_path) as desk:
        yield desk


@pytest.fixture
async def busy(tmp_path: Path) -> AsyncIterator[Desk]:
    """Ana is asked to take all three, by a policy that collects for ten minutes what a rep is told."""
    async with open_desk(tmp_path, notices={"bundle": "10m"}) as desk:
        for lead_id in LEADS[1:]:
            await desk.store.ownerships.assign(asked(lead_id), give(lead_id, "ana"), at=AT, ordered_at=AT)
        yield desk


def offer(lead_id: str, **changes: object) -> Tell:
    """Ask ana to take one."""
    order = Tell(lead_id=lead_id, kind="offer", rep_id="ana", offer=1, rung=0, sentence=f"you know {lead_id}")
    return order.model_copy(update=changes)


async def tell_all(desk: Desk, orders: list[Tell], at: datetime) -> list[str]:
    """Have each told in turn, at one instant; give what became of it."""
    desk.at = at
    return [f"{one.state} {one.because}".strip() for one in [await desk.do(order) for order in orders]]


def link_in(mail: Message) -> Link:
    """Read the only link in a message."""
    ((_, url),) = mail.actions
    return LINKS.read(url.rpartition("/")[2])


async def test_an_offer_leads_to_its_page(desk: Desk) -> None:
    """One link, to this offer and for this rep; no command to type; the buttons say the reasons there are."""
    desk.links = LINKS
    await desk.do(offer("one"))
    (mail,) = desk.mails
    assert Link("one", 1, "ana", "offer") == link_in(mail)
    assert "starter.py" not in mail.text
    assert [("accept", ()), ("decline", REASONS)] == [(one.says, one.choices) for one in mail.answers]
    assert ["Company", "Why you", "Offer"] == [label for label, _ in mail.fields]


async def test_an_alert_leads_to_its_page_and_a_room_to_none(desk: Desk) -> None:
    """Who signs with their own name has a link; what the page cannot do stays a command."""
    desk.links = LINKS
    order = AlertManager(lead_id="one", offer=1, rung=3, manager_id="mia", what="nobody took it", owner="ana")
    await desk.do(order)
    (mail,) = desk.mails
    assert Link("one", 1, "mia", "alert") == link_in(mail)
    assert ["Give it to somebody", "Give them longer"] == [
        line.partition(":")[0] for line in mail.text.splitlines() if "starter.py" in line
    ]


async def test_several_alerts_have_a_link_each(desk: Desk) -> None:
    """Named by what the lead is."""
    desk.links = LINKS
    orders = [
        AlertManager(lead_id=lead, offer=1, rung=3, manager_id="mia", what="x", owner=None, policy="p1")
        for lead in LEADS
    ]
    for at in (AT, ENDS):
        desk.at = at
        for order in orders:
            await desk.do(order)
    _, bundle = desk.mails
    assert [f"demo request, Company {lead}" for lead in LEADS[1:]] == [label for label, _ in bundle.actions]
    assert [Link(lead, 1, "mia", "alert") for lead in LEADS[1:]] == [
        LINKS.read(url.rpartition("/")[2]) for _, url in bundle.actions
    ]


@pytest.mark.parametrize(
    ("done", "kind", "subject"), [(True, Kind.ACCEPTED, "Done"), (False, Kind.REFUSED, "Not done")]
)
async def test_a_verdict_goes_out_at_once(desk: Desk, done: bool, kind: Kind, subject: str) -> None:
    """Whoever has the lead by then, at night too: it is the answer to what they have just said."""
    desk.at = datetime(2026, 3, 2, 13, tzinfo=AT.tzinfo)
    verdict = offer("two", kind="verdict", done=done, rung=1007, sentence="bo has it, since 10:02")
    assert (await desk.do(verdict)).state is DeliveryState.DELIVERED
    (mail,) = desk.mails
    assert (kind, f"{subject}: demo request, Company two") == (mail.kind, mail.subject)
    assert ("bo has it, since 10:02", ()) == (mail.text, mail.answers)
    assert [kind.value] == [row.kind for row in await desk.store.notifications.of("two")]


async def test_what_a_rep_is_told_is_collected(busy: Desk) -> None:
    """The first at once, the rest as one message at the window's end, each lead with its line, buttons and link."""
    busy.links = LINKS
    orders = [offer(lead_id) for lead_id in LEADS]
    assert ["delivered", f"later {COLLECTED}", f"later {COLLECTED}"] == await tell_all(busy, orders, AT)
    assert ["delivered"] * 3 == await tell_all(busy, orders, ENDS)
    first, bundle = busy.mails
    assert (Kind.OFFER, Kind.BUNDLE) == (first.kind, bundle.kind)
    assert "2 leads of yours" == bundle.subject
    assert [
        "- demo request, Company two (offer 1): please take it: you know two",
        "- demo request, Company three (offer 1): please take it: you know three",
    ] == bundle.text.splitlines()
    assert ("two:1:0", "three:1:0") == bundle.bundled
    assert [("two", "accept"), ("two", "decline"), ("three", "accept"), ("three", "decline")] == [
        (one.lead_id, one.says) for one in bundle.answers
    ]
    assert [Link("two", 1, "ana", "offer"), Link("three", 1, "ana", "offer")] == [
        LINKS.read(url.rpartition("/")[2]) for _, url in bundle.actions
    ]


async def test_what_is_not_so_any_more_is_left_out(busy: Desk) -> None:
    """Somebody else has it by then, though nobody asked for its message again."""
    orders = [offer(lead_id) for lead_id in LEADS]
    await tell_all(busy, orders, AT)
    taken = asked("two", offer=2, rep_id="bo", ended="declined")
    await busy.store.ownerships.assign(taken, give("two", "bo", offer=2), at=ENDS, ordered_at=AT)
    assert ["delivered"] == await tell_all(busy, [orders[2]], ENDS)
    assert ["stale bo has it now"] == await tell_all(busy, [orders[1]], ENDS)
    assert [Kind.OFFER, Kind.OFFER] == [mail.kind for mail in busy.mails]


async def test_who_heard_of_an_offer_among_others_hears_that_it_is_gone(busy: Desk) -> None:
    """Told in a message about several is told."""
    orders = [offer(lead_id) for lead_id in LEADS]
    gone = offer("two", kind="withdrawn", rung=1001, sentence="bo has taken it.", urgent=True)
    await tell_all(busy, orders, AT)
    assert ["stale they were not told of the offer"] == await tell_all(busy, [gone], AT + MINUTE)
    await tell_all(busy, orders, ENDS)
    assert ["delivered"] == await tell_all(busy, [gone], ENDS + MINUTE)


async def test_alerts_and_what_reps_are_told_never_share_a_message(busy: Desk) -> None:
    """Nor each other's window: a rep on duty is alerted at once though they were told of a lead a moment ago."""
    busy.at = AT
    await busy.do(offer("one"))
    alert = AlertManager(lead_id="two", offer=1, rung=3, manager_id="ana", what="x", owner=None, policy="p1")
    assert (await busy.do(alert)).state is DeliveryState.DELIVERED
    assert [f"later {COLLECTED}"] == await tell_all(busy, [offer("three")], AT)
    assert [(), ()] == [mail.bundled for mail in busy.mails]


async def test_what_is_urgent_or_over_channels_of_its_own_is_not_collected(busy: Desk) -> None:
    """It goes by itself at once, and opens no window."""
    own = offer("two", channels=(ChannelName.EMAIL,))
    assert ["delivered"] * 3 == await tell_all(busy, [offer("one", urgent=True), own, offer("three")], AT)


async def test_who_dies_after_sending_tells_nobody_twice(busy: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same message under the same key, by whoever comes next."""
    orders = [offer(lead_id) for lead_id in LEADS]
    await tell_all(busy, orders, AT)

    async def dies(*_: object, **__: object) -> None:
        raise ConnectionError("the worker is gone")

    busy.at = ENDS
    with monkeypatch.context() as crash:
        crash.setattr(busy.store.notifications, "sent", dies)
        with pytest.raises(ConnectionError):
            await busy.do(orders[2])
    assert "UnderWay" == (await busy.trouble(orders[1])).type
    assert ["delivered"] * 2 == await tell_all(busy, orders[1:], ENDS + LEASE)
    assert {"one:1:0:email": 1, "three:1:0:email": 2} == dict(busy.email.attempts)


async def test_a_night_is_one_message_in_the_morning(busy: Desk) -> None:
    """Quiet hours hold what is collected, too."""
    orders = [offer(lead_id) for lead_id in LEADS]
    night, dawn = datetime(2026, 3, 2, 12, tzinfo=AT.tzinfo), datetime(2026, 3, 2, 23, tzinfo=AT.tzinfo)
    assert ["later quiet until 08:00 (Asia/Tokyo)"] * 3 == await tell_all(busy, orders, night)
    assert ["delivered"] * 3 == await tell_all(busy, orders, dawn)
    assert [("one:1:0", "two:1:0", "three:1:0")] == [mail.bundled for mail in busy.mails]


async def test_slack_first_then_teams(desk: Desk) -> None:
    """A rep's own order; what Slack refuses for good goes over the next, and what is out is known by Slack's id."""
    with SlackSink() as slack_sink, TeamsSink() as teams_sink:
        reached = {"slack": "U0ANA00001", "teams_url": f"http://127.0.0.1:{teams_sink.port}/w", "quiet": None}
        rep = ROSTER["reps"][0] | reached | {"channels": ["slack", "teams"]}
        await desk.store.rosters.save(parse(Roster, ROSTER | {"reps": [rep]}), at=AT)
        kept = await desk.store.rosters.load()
        assert kept is not None
        assert ("U0ANA00001", reached["teams_url"]) == (kept.reps[0].slack, kept.reps[0].teams_url)
        slack, teams = slack_channel(slack_sink.url), teams_channel()
        desk.channels |= {ChannelName.SLACK: slack, ChannelName.TEAMS: teams}
        assert Delivery(state=DeliveryState.DELIVERED, person_id="ana", channel="slack") == await desk.do(offer("one"))
        slack_sink.refuse("channel_not_found")
        assert "teams" == (await desk.do(offer("one", kind="remind", rung=1))).channel
        await slack.aclose()
        await teams.aclose()
    assert ["accept", "decline", "why"] == [button["action_id"] for button in slack_sink.posts[0].buttons()]
    assert [
        ("slack", "offer", slack_sink.posts[0].provider_id),
        ("slack", "remind", None),
        ("teams", "remind", "run-1"),
    ] == [(row.key.channel, row.kind, row.provider_id) for row in await desk.store.notifications.of("one")]

"""Which channels are set up and why not, and a message by which somebody sees for themselves that one works.

It goes through the very channel that offers go through. This room refuses to note it anywhere: it is about no lead.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from activities.sending import address_of
from adapters.channels.base import Address, Channel, Kind, Message, Receipt
from config.settings import Settings
from models.roster import ChannelName, Person, Roster
from policy.routing.crew import crew_of
from runtime.reaching import channels_of

NEEDS = {
    ChannelName.EMAIL: "BATON_SMTP_URL and BATON_MAIL_FROM",
    ChannelName.WEBHOOK: "BATON_WEBHOOK_SECRET",
    ChannelName.SLACK: "BATON_SLACK_BOT_TOKEN",
}
"""What has to be set for a channel; the others need nothing."""

ADDRESSES = {
    ChannelName.EMAIL: "an e-mail address",
    ChannelName.WEBHOOK: "a webhook_url",
    ChannelName.SLACK: "a Slack id",
    ChannelName.TEAMS: "a teams_url",
    ChannelName.LOG: "nothing",
}
"""What somebody needs in the roster to be reached there."""


class NotSetUp(LookupError):
    """The settings name no such channel."""


@dataclass(frozen=True, slots=True)
class ChannelSeen:
    """One channel. `over`: through what it goes, without anything secret; `needs`: what has to be set first.

    `people`: who is to be told over it; `unreached`: who of them has no usable address there.
    """

    name: ChannelName
    set_up: bool
    over: str
    needs: str
    address: str
    people: tuple[str, ...]
    unreached: tuple[str, ...]


async def channels_seen(settings: Settings, roster: Roster | None) -> tuple[ChannelSeen, ...]:
    """Say of each channel whether it is set up, and whom it would reach; nothing is sent."""
    people = tuple(crew_of(roster).people.values()) if roster is not None else ()
    async with channels_of(settings) as channels:
        return tuple(_seen(settings, name, channels.get(name), people) for name in ChannelName)


def _seen(settings: Settings, name: ChannelName, channel: Channel | None, people: Iterable[Person]) -> ChannelSeen:
    theirs = [one for one in people if name in one.channels]
    unreached = [one.id for one in theirs if channel is None or not channel.can_reach(address_of(one))]
    return ChannelSeen(
        name=name,
        set_up=channel is not None,
        over=_over(settings, name) if channel is not None else "",
        needs="" if channel is not None else NEEDS[name],
        address=ADDRESSES[name],
        people=tuple(one.id for one in theirs),
        unreached=tuple(unreached),
    )


def _over(settings: Settings, name: ChannelName) -> str:
    smtp = settings.smtp
    if name is ChannelName.EMAIL and smtp is not None:
        return f"{smtp.host}:{smtp.port}, as {settings.mail_from}"
    if name is ChannelName.SLACK:
        return settings.slack_url
    return {
        ChannelName.LOG: "the log of whoever sends: a line with ids, and nothing else",
        ChannelName.WEBHOOK: "a signed POST to each person's own address",
        ChannelName.TEAMS: "a card to each person's own Teams workflow",
    }.get(name, "")


async def send_test(settings: Settings, name: ChannelName, to: Address, *, key: str, page: str) -> Receipt:
    """Send one test message to somebody; a repeat under the same key is known as one by the receiver.

    Raises `NotSetUp`, and `ChannelError` where it is not out.
    """
    message = Message(
        key=key,
        lead_id="",
        offer=0,
        rung=0,
        kind=Kind.TEST,
        to=to,
        subject="A test: Baton reaches you here",
        text="Somebody pressed the test button for this channel. If you can read this, it works. It is about no lead.",
        actions=(("Open the console", page),),
    )
    async with channels_of(settings) as channels:
        if name not in channels:
            raise NotSetUp(f"{name} is not set up: set {NEEDS[name]}")
        return await channels[name].send(message)

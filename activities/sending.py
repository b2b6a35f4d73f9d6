"""Sending one letter to one person over their channels: claimed before it is sent, tried in turn, and sent once.

One message per (lead, offer, rung, channel): the key is claimed in the database before anything is sent, and a
repeat after a crash carries the same key. A send says every second that it is alive, so that one that died with its
worker is done again at once and not after its whole time. This room refuses to know whom to tell, what, and when.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.letter import Letter
from adapters.channels.base import Address, Channel, Kind, Message, PermanentFailure, TemporaryFailure
from db.notifications import AlreadySent, Key, Notifications, Refused, Retry
from db.tables.words import Sending
from models.decisions import Delivery, DeliveryState
from models.roster import ChannelName, Person

log = structlog.stdlib.get_logger("baton.notices")

BEAT_S = 1.0
"""Seconds between two signs of life."""

TRIES_A_CHANNEL = 3
"""How often a channel that is in trouble is tried by itself; from then on the person's next one is tried as well."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a message is not out over one channel, and whether trying again may help."""

    because: str
    tries: int
    passing: TemporaryFailure | None = None


class Sender:
    """Sends letters, within activities."""

    def __init__(self, notifications: Notifications, channels: Mapping[ChannelName, Channel]) -> None:
        self._notifications, self._channels = notifications, channels
        self._in_flight: dict[Key, asyncio.Task[Failed | None]] = {}

    async def send(self, person: Person, letter: Letter, over: Collection[ChannelName] = ()) -> Delivery:
        """Try `over`, or else the person's own channels, in turn; what is out already is delivered.

        One in trouble is left for the next after some tries of its own. Raises `ApplicationError` while a channel that
        may yet work is in trouble and none has delivered, to be asked again.
        """
        reasons, passing = list[str](), list[TemporaryFailure]()
        to = address_of(person)
        async with alive():
            for name in over or person.channels:
                channel = self._channels.get(name)
                if channel is None or not channel.can_reach(to):
                    reasons.append(
                        f"{name} is not set up" if channel is None else f"{name}: they have no address there"
                    )
                    continue
                failed = await self._send_once(channel, name, person, letter)
                if failed is None:
                    return Delivery(state=DeliveryState.DELIVERED, person_id=person.id, channel=name)
                reasons.append(f"{name}: {failed.because}")
                if failed.passing:
                    passing.append(failed.passing)
                    if failed.tries < TRIES_A_CHANNEL:
                        break
        because = "; ".join(reasons) or "no channel is named for them"
        if passing:
            raise _again(because, passing)
        return Delivery(state=DeliveryState.UNDELIVERABLE, person_id=person.id, because=because)

    async def sent_over(self, lead_id: str, offer: int, rung: int) -> str | None:
        """Name the channel over which a letter went out; None if it did not."""
        known = await self._notifications.of(lead_id)
        return next(
            (
                one.key.channel
                for one in known
                if (one.key.offer, one.key.rung) == (offer, rung) and one.state is Sending.SENT
            ),
            None,
        )

    async def was_told(self, lead_id: str, offer: int, person_id: str) -> bool:
        """Say whether somebody was told of an offer, or may have been."""
        known = await self._notifications.of(lead_id)
        perhaps = (Sending.SENT, Sending.CLAIMED)
        return any(one.key.offer == offer and one.person_id == person_id and one.state in perhaps for one in known)

    async def _send_once(self, channel: Channel, name: ChannelName, person: Person, letter: Letter) -> Failed | None:
        """Join a send of the same key that is under way here: Temporal may have given it up while it was away."""
        key = Key(letter.lead_id, letter.offer, letter.rung, name)
        under_way = self._in_flight.get(key)
        if under_way is None:
            under_way = asyncio.create_task(self._send_by(channel, key, person, letter))
            self._in_flight[key] = under_way
            under_way.add_done_callback(lambda _: self._in_flight.pop(key))
        return await asyncio.shield(under_way)

    async def _send_by(self, channel: Channel, key: Key, person: Person, letter: Letter) -> Failed | None:
        """Send over one channel; answers None once it is out, else why not. What was refused is not asked again."""
        at = activity.info().started_time
        claim = await self._notifications.claim(key, person_id=person.id, at=at, kind=letter.kind.value)
        if isinstance(claim, AlreadySent):
            return None
        if isinstance(claim, Refused):
            return Failed(claim.because, 0)
        tries = claim.attempt if isinstance(claim, Retry) else 1
        try:
            receipt = await channel.send(addressed(key, person, letter))
        except TemporaryFailure as failure:
            await self._notifications.failed(key, failure.detail, at=at)
            log.warning(
                "notification_in_trouble", key=str(key), person_id=person.id, because=failure.detail, tries=tries
            )
            return Failed(failure.detail, tries, failure)
        except PermanentFailure as failure:
            await self._notifications.refused(key, failure.detail, at=at)
            log.warning("notification_refused", key=str(key), person_id=person.id, because=failure.detail, tries=tries)
            return Failed(failure.detail, tries)
        await self._notifications.sent(key, provider_id=receipt.provider_id, at=at)
        log.info("notification_sent", key=str(key), person_id=person.id)
        return None


@asynccontextmanager
async def alive() -> AsyncIterator[None]:
    """Say every second that the activity is at work, for as long as the block takes."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(BEAT_S)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()


def _again(because: str, passing: Sequence[TemporaryFailure]) -> ApplicationError:
    """Have Temporal try again: when the first of the channels in trouble wishes, or at its own pace."""
    waits = [failure.retry_after for failure in passing if failure.retry_after]
    soonest = min(waits) if len(waits) == len(passing) else None
    bounded = min(soonest, timedelta(minutes=1)) if soonest else None
    return ApplicationError(because, type="TemporaryFailure", next_retry_delay=bounded)


def address_of(person: Person) -> Address:
    """Say where the roster has somebody reached."""
    return Address(
        person_id=person.id,
        name=person.name,
        email=person.email,
        webhook_url=person.webhook_url,
        slack=person.slack,
        teams_url=person.teams_url,
    )


def addressed(key: Key, person: Person, letter: Letter) -> Message:
    """Address a letter, under the key that makes it one message."""
    return Message(
        key=str(key),
        lead_id="" if letter.kind is Kind.DIGEST else letter.lead_id,
        offer=letter.offer,
        rung=letter.rung,
        kind=letter.kind,
        to=address_of(person),
        subject=letter.subject,
        text=letter.text,
        fields=letter.fields,
        actions=letter.actions,
        answers=letter.answers,
        bundled=letter.bundled,
        due_at=letter.due_at,
    )

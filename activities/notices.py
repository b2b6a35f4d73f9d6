"""Telling people: the rep an offer goes to, and the manager when a lead needs one.

One message per (lead, offer, rung, channel): the key is claimed in the database before anything is sent, and a
repeat after a crash carries the same key. A send looks first whether its offer still stands. It says every second
that it is alive, so that one that died with its worker is done again at once and not after its whole time.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.contract import Notices
from activities.letter import Letter, to_manager, to_rep
from adapters.channels.base import Address, Channel, Message, PermanentFailure, TemporaryFailure
from db.leads import Leads
from db.notifications import AlreadySent, Key, Notifications, Retry
from db.ownership import Ownerships
from db.rosters import Rosters
from models.decisions import Delivery, DeliveryState
from models.orders import AlertManager, Tell
from models.roster import ChannelName, Person, Roster

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


class Messenger(Notices):
    """Tells people over their own channels, in their order of preference."""

    def __init__(
        self,
        leads: Leads,
        ownerships: Ownerships,
        rosters: Rosters,
        notifications: Notifications,
        channels: Mapping[ChannelName, Channel],
    ) -> None:
        self._leads, self._ownerships, self._rosters = leads, ownerships, rosters
        self._notifications, self._channels = notifications, channels
        self._in_flight: dict[Key, asyncio.Task[Failed | None]] = {}

    @activity.defn(name="notify")
    async def notify(self, order: Tell) -> Delivery:
        """Tell the rep, unless the offer no longer stands.

        Raises `ApplicationError` while a channel that may yet work is in trouble and none has delivered: Temporal
        tries again for as long as the policy says (`tell_within`).
        """
        holder = await self._ownerships.open_owner(order.lead_id)
        if holder is None or holder.offer != order.offer or holder.rep_id != order.rep_id:
            has_it = f"{holder.rep_id} has it now" if holder else "nobody holds the lead now"
            return Delivery(state=DeliveryState.STALE, person_id=order.rep_id, because=has_it)
        if order.kind != "contact" and holder.accepted:
            return Delivery(state=DeliveryState.STALE, person_id=order.rep_id, because="accepted already")
        person = person_of(await self._roster(), order.rep_id)
        if person is None:
            return _undeliverable(order.rep_id, "not in the roster any more")
        return await self._send(person, to_rep(order, await self._leads.facts(order.lead_id), person))

    @activity.defn(name="alert_manager")
    async def alert_manager(self, order: AlertManager) -> Delivery:
        """Tell the manager what happened; without a named one, the first of the roster. Raises as `notify`."""
        roster = await self._roster()
        person = person_of(roster, order.manager_id)
        if person is None:
            person = next(iter(roster.managers), None)
        if person is None:
            return _undeliverable(order.manager_id, "the roster names no manager")
        facts = await self._leads.facts(order.lead_id)
        return await self._send(person, to_manager(order, facts))

    async def deliver(self, person: Person, letter: Letter) -> Delivery:
        """Send one letter to one person over their own channels, within an activity; its key is claimed before.

        What is out under that key already is delivered. Raises as `notify`.
        """
        return await self._send(person, letter)

    async def _roster(self) -> Roster:
        roster = await self._rosters.load()
        if roster is None:
            raise ApplicationError("no roster is loaded: `python starter.py roster load FILE`")
        return roster

    async def _send(self, person: Person, letter: Letter) -> Delivery:
        """Try the person's channels in turn; one in trouble is left for the next after some tries of its own."""
        reasons, passing = list[str](), list[TemporaryFailure]()
        async with _alive():
            for name in person.channels:
                channel = self._channels.get(name)
                if channel is None:
                    reasons.append(f"{name} is not set up")
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
        return _undeliverable(person.id, because)

    async def _send_once(self, channel: Channel, name: ChannelName, person: Person, letter: Letter) -> Failed | None:
        """Join a send of the same key that is under way here: Temporal may have given it up while it was away."""
        key = Key(letter.lead_id, letter.offer, letter.rung, name)
        under_way = self._in_flight.get(key)
        if under_way is None:
            under_way = asyncio.create_task(self._send_by(channel, name, person, letter))
            self._in_flight[key] = under_way
            under_way.add_done_callback(lambda _: self._in_flight.pop(key))
        return await asyncio.shield(under_way)

    async def _send_by(self, channel: Channel, name: ChannelName, person: Person, letter: Letter) -> Failed | None:
        """Send over one channel; answers None once it is out, else why it is not."""
        at = activity.info().started_time
        key = Key(letter.lead_id, letter.offer, letter.rung, name)
        claim = await self._notifications.claim(key, person_id=person.id, at=at)
        if isinstance(claim, AlreadySent):
            return None
        tries = claim.attempt if isinstance(claim, Retry) else 1
        try:
            receipt = await channel.send(_message(key, person, letter))
        except (PermanentFailure, TemporaryFailure) as failure:
            await self._notifications.failed(key, failure.detail, at=at)
            passing = failure if isinstance(failure, TemporaryFailure) else None
            whom, why = person.id, failure.detail
            if passing:
                log.warning("notification_in_trouble", key=str(key), person_id=whom, because=why, tries=tries)
            else:
                log.warning("notification_refused", key=str(key), person_id=whom, because=why, tries=tries)
            return Failed(failure.detail, tries, passing)
        await self._notifications.sent(key, provider_id=receipt.provider_id, at=at)
        log.info("notification_sent", key=str(key), person_id=person.id)
        return None


@asynccontextmanager
async def _alive() -> AsyncIterator[None]:
    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(BEAT_S)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()


def person_of(roster: Roster, person_id: str | None) -> Person | None:
    """Find a rep or manager by id."""
    return next((one for one in (*roster.reps, *roster.managers) if one.id == person_id), None)


def _again(because: str, passing: Sequence[TemporaryFailure]) -> ApplicationError:
    """Have Temporal try again: when the first of the channels in trouble wishes, or at its own pace."""
    waits = [failure.retry_after for failure in passing if failure.retry_after]
    soonest = min(waits) if len(waits) == len(passing) else None
    bounded = min(soonest, timedelta(minutes=1)) if soonest else None
    return ApplicationError(because, type="TemporaryFailure", next_retry_delay=bounded)


def _message(key: Key, person: Person, letter: Letter) -> Message:
    to = Address(person_id=person.id, name=person.name, email=person.email, webhook_url=person.webhook_url)
    return Message(
        key=str(key),
        lead_id=letter.lead_id,
        offer=letter.offer,
        rung=letter.rung,
        kind=letter.kind,
        to=to,
        subject=letter.subject,
        text=letter.text,
        fields=letter.fields,
        due_at=letter.due_at,
    )


def _undeliverable(person_id: str | None, because: str) -> Delivery:
    return Delivery(state=DeliveryState.UNDELIVERABLE, person_id=person_id, because=because)

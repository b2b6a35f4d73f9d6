"""The chore that changes messages which are out: a lead was taken, went to somebody else, or ended.

It looks at the lead anew each time, so an errand that comes twice, late or out of order does no harm. What a channel
cannot do now is tried again; what it never will do is left, and said once. It refuses to send anything new.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from activities.addressees import reader_of
from activities.letter import company_of, to_rep
from activities.notice_letters import of_several
from activities.sending import address_of, addressed
from adapters.channels.base import Capability, Channel, Kind, Message, PermanentFailure, TemporaryFailure
from adapters.links import AcceptLinks
from db.engine import DatabaseUnreachable
from db.outbox import Task
from db.refreshing import AS_SENT, ASKS, Outdated
from db.standings import Standing
from db.tables.words import Errand
from models.facts import LeadFacts
from models.lead import Stage
from models.orders import Tell
from models.roster import ChannelName, Person, Roster
from runtime.errands import back_off
from runtime.store import Store
from runtime.whose import Eyes, whose

log = structlog.stdlib.get_logger("baton.notices")

BATCH = 5
LEASE = timedelta(seconds=60)
"""How long a lead's messages are somebody's to change; a channel that hangs gives up well before."""

GIVEN_UP = timedelta(days=1)
"""A message that could not be changed for so long is left as it is: its buttons answer who comes late."""

TURNS = 3
"""How often one lead is looked at in a row while it changes under our hands."""


class Refresher:
    """Changes messages that say what is no longer so."""

    name = "refresh"

    def __init__(
        self,
        store: Store,
        channels: Mapping[ChannelName, Channel],
        clock: Callable[[], datetime],
        links: AcceptLinks | None = None,
    ) -> None:
        self._store, self._channels, self._clock, self._links = store, channels, clock, links

    async def once(self) -> bool:
        """Change the messages of leads that an errand names; say whether there may be more."""
        tasks = await self._store.outbox.claim(BATCH, now=self._clock(), lease=LEASE, what=[Errand.REFRESH])
        for task in tasks:
            await self._run(task)
        return len(tasks) == BATCH

    async def _run(self, task: Task) -> None:
        try:
            left = await self.refresh(task.lead_id)
        except DatabaseUnreachable:
            raise
        except Exception as error:  # whatever it is about this lead, the others are not to blame
            log.exception("refresh_failed", lead_id=task.lead_id, because=type(error).__name__)
            left = Left(type(error).__name__)
        now = self._clock()
        if left is None:
            await self._store.outbox.done(task.id, at=now)
        elif now - task.created_at > GIVEN_UP:
            log.warning("message_not_changed", lead_id=task.lead_id, because=left.because)
            await self._store.outbox.done(task.id, at=now, because=left.because)
        else:
            wait = max(back_off(task.attempts), left.after or timedelta(0))
            await self._store.outbox.failed(task.id, left.because, retry_at=now + wait)

    async def refresh(self, lead_id: str) -> "Left | None":
        """Make a lead's messages say what is so now; answers what is still to be done, None for nothing."""
        left: Left | None = None
        for _ in range(TURNS):
            outdated = await self._store.refreshing.outdated(lead_id)
            if not outdated:
                return None
            roster = await self._store.rosters.load()
            facts = await self._store.leads.facts(lead_id)
            left = None
            for one in outdated:
                left = await self._change(one, roster, facts) or left
            if left is not None:
                return left
        return Left("it changes hands faster than its messages can")

    async def _change(self, one: Outdated, roster: Roster | None, facts: LeadFacts | None) -> "Left | None":
        """Change one message; what its channel will never do counts as done."""
        if one.provider_id is None:
            return Left("a message is on its way out")
        channel = self._channels.get(ChannelName(one.key.channel))
        if channel is None or Capability.UPDATE not in channel.capabilities:
            return Left(f"{one.key.channel} is not set up")
        person = reader_of(roster, one.person_id) if roster else None
        if roster is None or person is None:
            await self._store.refreshing.shown(one.key, one.wanted)
            return None
        try:
            await channel.update(one.provider_id, message_of(one, person, Eyes(roster, person.id), facts, self._links))
        except TemporaryFailure as failure:
            return Left(failure.detail, failure.retry_after)
        except PermanentFailure as failure:
            log.warning("message_not_changed", lead_id=one.key.lead_id, because=failure.detail)
        else:
            log.info("message_changed", key=str(one.key))
        await self._store.refreshing.shown(one.key, one.wanted)
        return None


class Left:
    """What is still to be done, and when at the earliest if the channel said so."""

    def __init__(self, because: str, after: timedelta | None = None) -> None:
        self.because, self.after = because, after


def message_of(
    one: Outdated, person: Person, eyes: Eyes, facts: LeadFacts | None, links: AcceptLinks | None = None
) -> Message:
    """Write what a message says from now on: whose the lead is, for its owner where to go on, and no answers.

    Where the offer stands again it asks again.
    """
    standing, key = one.standing, one.key
    if one.told:
        return _of_several(one, person, eyes, links)
    link = links.url(key.lead_id, key.offer, person.id, "offer") if links is not None else None
    if one.wanted == AS_SENT and one.kind in ASKS:
        return _asks_again(one, person, eyes, facts, link)
    erased = standing.stage is Stage.ERASED
    mine = _is_theirs(standing, person)
    company = "" if erased else company_of(facts)
    return Message(
        key=str(key),
        lead_id=key.lead_id,
        offer=key.offer,
        rung=key.rung,
        kind=Kind.ACCEPTED if mine else Kind.WITHDRAWN,
        to=address_of(person),
        subject="A lead" if erased else standing.headline,
        text=whose(standing, eyes),
        fields=(("Company", company),) if company else (),
        actions=(("Open", link),) if mine and link else (),
    )


def _asks_again(one: Outdated, person: Person, eyes: Eyes, facts: LeadFacts | None, link: str | None) -> Message:
    order = Tell(
        lead_id=one.key.lead_id,
        kind="offer",
        rep_id=person.id,
        offer=one.key.offer,
        rung=one.key.rung,
        sentence=one.sentence,
        due_at=one.standing.due_at,
        next_step=one.standing.next_step,
    )
    return addressed(one.key, person, to_rep(order, facts, eyes.reader(), link))


def _of_several(one: Outdated, person: Person, eyes: Eyes, links: AcceptLinks | None) -> Message:
    """Say of each lead what is asked still, or who has it; where there is something to do a link leads on."""
    news = {told.notice.key: whose(told.standing, eyes) for told in one.told if told.wanted != AS_SENT}
    urls = {
        told.notice.key: links.url(told.notice.lead_id, told.notice.offer, person.id, "offer")
        for told in one.told
        if links is not None and (told.notice.key not in news or _is_theirs(told.standing, person))
    }
    notices = tuple(told.notice for told in one.told)
    bundle = f"{one.key.lead_id}:{one.key.offer}:{one.key.rung}"
    first = next((notice for notice in notices if notice.key == bundle), notices[0])
    return addressed(one.key, person, of_several(first, notices, eyes.reader(), urls, news))


def _is_theirs(standing: Standing, person: Person) -> bool:
    holder = standing.holder
    return standing.stage is not Stage.ERASED and holder is not None and holder.accepted and holder.rep_id == person.id

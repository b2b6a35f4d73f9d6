"""Carries out what leaves the house for a lead: enrolments and their ends to the marketing tool, answers to prospects.

At least once, under the key of the hand-off, and never on the way of a lead: what fails waits longer each time. Whom it
is about is read from the lead at that moment, and kept nowhere else.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from activities.policybook import Policybook
from adapters.channels.base import PermanentFailure, Receipt, TemporaryFailure
from adapters.marketing.answers import ProspectMail
from adapters.marketing.base import MarketingTool, Notice, NoticeKind
from db.engine import DatabaseUnreachable
from db.hand_offs import HandOff
from db.leads import LeadCard
from db.tables.words import HandOffKind
from models.facts import LeadFacts
from models.lead import Stage
from models.roster import Roster
from policy.answering import mentions_owner, worded
from runtime.store import Store

log = structlog.stdlib.get_logger("baton.carrier")

BATCH = 10
"""Hand-offs that are carried out at the same time."""

LEASE = timedelta(minutes=1)
"""How long one is somebody's to carry out: longer than any tool may take to answer."""

FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(minutes=10)
"""What failed is tried again after this, and after twice as long each further time, up to the longest."""

OWNER_PATIENCE = timedelta(minutes=2)
"""How long a first answer waits to know what becomes of the lead, and whom to name as its owner."""

LOOK_AGAIN = timedelta(seconds=3)

TOO_LATE = timedelta(hours=1)
"""After which an answer is no first answer any more."""

_NOT_JUDGED = frozenset({Stage.RECEIVED, Stage.ENRICHING, Stage.SCORING})
_NOT_ANSWERED = {
    Stage.CONTACTED: "somebody has reached out already",
    Stage.DISQUALIFIED: "the lead is disqualified",
    Stage.CLOSED: "the lead is closed",
    Stage.ERASED: "the lead is erased",
}


class _Later(Exception):
    """It is too early for this."""


class _Unwanted(Exception):
    """Nobody wants this any more. Says why."""


class Carrier:
    """The chore that empties the hand-offs. Without a marketing tool, enrolments wait until there is one."""

    name = "carrier"

    def __init__(
        self,
        store: Store,
        policybook: Policybook,
        marketing: MarketingTool | None,
        mail: ProspectMail | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._store, self._policybook = store, policybook
        self._marketing, self._mail, self._clock = marketing, mail, clock

    async def once(self) -> bool:
        """Carry out what is due; tell whether there may be more. Raises `DatabaseUnreachable`."""
        kinds = [HandOffKind.ANSWER] if self._marketing is None else list(HandOffKind)
        claimed = await self._store.hand_offs.claim(kinds, BATCH, now=self._clock(), lease=LEASE)
        await asyncio.gather(*map(self._carry_out, claimed))
        return len(claimed) == BATCH

    async def _carry_out(self, one: HandOff) -> None:
        hand_offs = self._store.hand_offs
        try:
            one, receipt = await (self._answer(one) if one.kind is HandOffKind.ANSWER else self._tell(one))
        except DatabaseUnreachable:
            raise
        except _Later as later:
            await hand_offs.put_off(one, str(later), until=self._clock() + LOOK_AGAIN, tried=False)
        except _Unwanted as unwanted:
            await hand_offs.dropped(one, str(unwanted))
            log.info("hand_off_dropped", key=one.key, because=str(unwanted))
        except PermanentFailure as failure:
            await hand_offs.refused(one, failure.detail)
            log.warning("hand_off_refused", key=one.key, because=failure.detail, tries=one.attempts)
        except TemporaryFailure as failure:
            await self._again(one, failure.detail, failure.retry_after)
        except Exception as error:  # whatever it is about this one, the others are not to blame
            log.exception("hand_off_failed", key=one.key, because=type(error).__name__)
            await self._again(one, type(error).__name__)
        else:
            at = self._clock()
            await hand_offs.sent(one, at=at, provider_id=receipt.provider_id, because=receipt.detail)
            log.info("hand_off_sent", key=one.key, to=receipt.channel)

    async def _again(self, one: HandOff, because: str, wished: timedelta | None = None) -> None:
        doubled = FIRST_RETRY * (1 << min(max(one.attempts - 1, 0), 10))
        wait = max(min(doubled, LONGEST_RETRY), wished or timedelta(0))
        await self._store.hand_offs.put_off(one, because, until=self._clock() + wait)
        log.warning("hand_off_in_trouble", key=one.key, because=because, tries=one.attempts)

    async def _tell(self, one: HandOff) -> tuple[HandOff, Receipt]:
        """Tell the marketing tool of an enrolment or its end, and note in which programme."""
        if self._marketing is None:
            raise _Later("no marketing tool is set up")
        card = await self._card(one)
        facts = None if card.stage is Stage.ERASED else await self._store.leads.facts(one.lead_id)
        if facts is None and one.kind is HandOffKind.ENROL:
            raise _Unwanted("nothing is known of the lead any more")
        programme = one.body.get("programme") or (await self._policybook.version(card.policy)).policy.nurture.programme
        one = replace(one, body={**one.body, "programme": programme})
        notice = _notice(one, card, facts, await self._store.rosters.load())
        return one, await self._marketing.tell(notice)

    async def _answer(self, one: HandOff) -> tuple[HandOff, Receipt]:
        """Send the prospect the policy's first answer, once it is known what becomes of the lead."""
        if self._mail is None:
            raise PermanentFailure("no mail server is set up (BATON_SMTP_URL)")
        card = await self._card(one)
        age = self._clock() - one.created_at
        if (why := _NOT_ANSWERED.get(card.stage)) is not None:
            raise _Unwanted(why)
        if age > TOO_LATE:
            raise _Unwanted("it is too late for a first answer")
        subject, text = str(one.body.get("subject", "")), str(one.body.get("text", ""))
        unowned = card.stage is Stage.ROUTING and mentions_owner(subject, text)
        if age < OWNER_PATIENCE and (card.stage in _NOT_JUDGED or unowned):
            raise _Later("waits for the lead to be judged" if card.stage in _NOT_JUDGED else "waits for an owner")
        facts = await self._store.leads.facts(one.lead_id)
        if facts is None or facts.email is None:
            raise _Unwanted("the lead has no e-mail address any more")
        owner = (await self._known(card.owner)).get("name")
        said = (worded(subject, facts, owner), worded(text, facts, owner))
        return one, await self._mail.answer(one.key, one.lead_id, facts.email, *said)

    async def _card(self, one: HandOff) -> LeadCard:
        card = await self._store.leads.get(one.lead_id)
        if card is None:
            raise _Unwanted("there is no such lead")
        return card

    async def _known(self, person_id: str | None) -> dict[str, str]:
        return _person(await self._store.rosters.load(), person_id) or {}


def _notice(one: HandOff, card: LeadCard, facts: LeadFacts | None, roster: Roster | None) -> Notice:
    until = one.body.get("until")
    enrols = one.kind is HandOffKind.ENROL
    person = ("email", "first_name", "last_name", "title", "phone", "language", "country", "timezone")
    return Notice(
        key=one.key,
        kind=NoticeKind.ENROL if enrols else NoticeKind.LEAVE,
        lead_id=one.lead_id,
        n=one.n,
        programme=str(one.body["programme"]),
        at=one.created_at,
        until=datetime.fromisoformat(until) if isinstance(until, str) else None,
        because=str(one.body.get("because", "")),
        answerable=_person(roster, one.body.get("answerable")),
        person=_said(facts, person if enrols else person[:1]),
        company=_said(facts.company, ("name", "domain", "industry", "country")) if facts and enrols else {},
        lead={"source": card.source, "type": card.type, "backfill": card.backfill} if enrols else {},
    )


def _said(of: object, names: tuple[str, ...]) -> dict[str, str]:
    """Give what is known, by name, as text."""
    known = {name: getattr(of, name, None) for name in names}
    return {name: str(value) for name, value in known.items() if value is not None}


def _person(roster: Roster | None, person_id: str | None) -> dict[str, str] | None:
    """Say who somebody of the roster is; somebody who has left it by their id alone."""
    if person_id is None:
        return None
    people = [*roster.managers, *roster.reps] if roster is not None else []
    found = next((one for one in people if one.id == person_id), None)
    return {"id": person_id, **_said(found, ("name", "email"))}

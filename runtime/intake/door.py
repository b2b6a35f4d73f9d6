"""The door that every other door leads to: a lead is taken once, an event finds its lead, and both are committed.

It needs the database and nothing else: whether Temporal is up decides when a lead starts, not whether it is taken.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from config.load import compile_text
from db.admission import Sign, external_sign, signs_of
from db.door import Asked, Entry, IdTaken, KeyReused, Knock, Word
from db.inbox import Arrival, Receipt
from models.base import Problem, Refused, parse
from models.door import Happening, Reception, Urgency, Whose
from models.facts import LeadFacts
from policy.cleaning.addresses import Unreadable, read_email
from policy.compiled import CompiledPolicy
from policy.qualification import intent_of
from runtime.intake.rows import Row
from runtime.intake.taking import as_kept, digest, look_at_size, mint_lead_id, read_lead
from runtime.store import Store

log = structlog.stdlib.get_logger("baton.door")

RESERVED = timedelta(seconds=5)
"""For so long a new lead is the door's own to start; then any dispatcher may."""

LONGEST_KEY = 200

DUPLICATES_WITHIN = timedelta(days=90)
"""How long a person's open lead takes in what comes of them while no policy says otherwise."""

LARGEST_EVENT = 48 * 1024
"""So many bytes of JSON an event may have; a workflow takes 64 KiB, and it is told a little more than what came."""

ANOTHERS = "is another lead's already"
"""What is wrong with a lead id of its sender's own that was used before, for somebody else."""

Starting = Callable[[Arrival, Receipt], None]
"""Begins to start a new lead, and does not wait for it."""


class NobodyInFlight(LookupError):
    """No open lead is the one, or the person's, that an event is about."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of something at the door; `document` is what its sender is told, the first time as every time."""

    reception: Reception
    lead_id: str
    document: dict[str, Any]

    @property
    def new(self) -> bool:
        """Say whether this made a lead."""
        return self.reception is Reception.ACCEPTED

    @property
    def repeat(self) -> bool:
        """Say whether the same came before, and nothing follows."""
        return self.reception is Reception.REPEAT


class Door:
    """Takes leads and events; `start` is told of each new lead at once, without it dispatchers find them."""

    def __init__(self, store: Store, start: Starting | None = None) -> None:
        self._store, self._start = store, start
        self._compiled: CompiledPolicy | None = None
        self._compiling = asyncio.Lock()

    async def take(
        self, raw: Any, *, caller_scope: str, key: str | None, sources: Collection[str], now: datetime
    ) -> Taken:
        """Take one lead (plain JSON data) in, or fold it into its person's lead in flight, or know it as a repeat.

        `caller_scope` and `key` name a request: a repeat gets the first answer. `sources`: the only ones that the
        caller speaks for; empty means any. Raises `Refused` naming each wrong field, `DatabaseUnreachable`.
        """
        knock = await self._knock(
            raw, Asked(caller_scope, check_key(key), "") if key is not None else None, sources, now
        )
        try:
            reserve = RESERVED if self._start else timedelta(0)
            entry = await self._store.doorkeeper.enter(knock, at=now, reserve=reserve)
        except KeyReused:
            raise key_reused() from None
        except IdTaken:
            raise Refused((Problem(field="lead_id", what=ANOTHERS),)) from None
        if entry.receipt is not None and self._start is not None:
            self._start(knock.arrival, entry.receipt)
        log.info("lead_at_the_door", lead_id=entry.lead_id, became=entry.reception.value)
        return _taken(entry)

    async def touch(
        self, raw: Any, *, caller_scope: str, key: str | None, sources: Collection[str], now: datetime
    ) -> Taken:
        """Take one event in (`models.door.Happening` as plain JSON data) and leave it for the lead that it is about.

        The key is the request's or the event's own. Raises `NobodyInFlight`, `Refused`, `DatabaseUnreachable`.
        """
        look_at_size(raw, LARGEST_EVENT, "event")
        event = parse(Happening, raw)
        if event.source is not None:
            check_source(event.source, sources)
        name = event.key if key is None else key
        asked = Asked(f"{caller_scope} events", check_key(name), digest(raw)) if name is not None else None
        said = {
            "kind": event.kind,
            "at": (event.at or now).isoformat(),
            "properties": event.properties,
            "key": f"touch-{mint_lead_id()}",
        }
        word = Word(said, event.lead_id, signs_of_whose(event), asked, sources)
        try:
            entry = await self._store.doorkeeper.tell(word, at=now)
        except KeyReused:
            raise key_reused() from None
        if entry is None:
            raise NobodyInFlight(_whose(event))
        log.info("event_at_the_door", lead_id=entry.lead_id, became=entry.reception.value)
        return _taken(entry)

    async def _knock(self, raw: Any, asked: Asked | None, sources: Collection[str], now: datetime) -> Knock:
        row = Row(0, raw)
        facts = read_lead(row, now, mint_lead_id)
        check_source(facts.source, sources)
        compiled = await self.policy()
        within = compiled.policy.duplicates_within if compiled else DUPLICATES_WITHIN
        content = digest(raw)
        return Knock(
            arrival=as_kept(row, facts, urgency=urgency_of(facts, compiled), content=content),
            content=content,
            signs=signs_of(facts),
            source=facts.source,
            kind=facts.type.value,
            fold_since=now - within,
            named=raw.get("lead_id") is not None,
            asked=Asked(asked.scope, asked.key, content) if asked else None,
        )

    async def policy(self) -> CompiledPolicy | None:
        """Give the policy that leads are judged by as they come in; None before the first one is published."""
        published = await self._store.policies.active()
        if published is None:
            return None
        async with self._compiling:
            if self._compiled is None or self._compiled.version != published.version:
                # In a thread: it takes longer than anybody should wait who only asks for something else.
                self._compiled = await asyncio.to_thread(compile_text, published.text, published.version)
            return self._compiled


def urgency_of(facts: LeadFacts, compiled: CompiledPolicy | None) -> Urgency:
    """Say how urgent a lead is by the way it came in: its start is due in that order."""
    return Urgency.of(intent_of(compiled.policy, facts, ())) if compiled else Urgency.MEDIUM


def _taken(entry: Entry) -> Taken:
    return Taken(entry.reception, entry.lead_id, entry.document)


def check_source(source: str, sources: Collection[str]) -> None:
    """Refuse a source that the caller does not speak for; no sources means any. Raises Refused."""
    if sources and source not in sources:
        known = ", ".join(sorted(sources))
        raise Refused((Problem(field="source", what=f"is not one that this key may speak for ({known})"),))


def check_key(key: str) -> str:
    """Give back an idempotency key that is one. Raises Refused."""
    if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        what = f"has to be 1 to {LONGEST_KEY} printable characters"
        raise Refused((Problem(field="key", what=what),))
    return key


def key_reused() -> Refused:
    """Say that a key stands for another request."""
    return Refused((Problem(field="key", what="was used before, for something else"),))


def signs_of_whose(whose: Whose) -> tuple[Sign, ...]:
    """Say by what the person is recognised who something is about. Raises Refused for an address that is none."""
    if whose.lead_id is not None:
        return ()
    signs = []
    if whose.email is not None:
        try:
            signs.append(Sign("email", read_email(whose.email)))
        except Unreadable:
            raise Refused((Problem(field="email", what="is not an e-mail address"),)) from None
    if whose.external_id is not None and whose.source is not None:
        signs.append(external_sign(whose.source.strip(), whose.external_id))
    return tuple(signs)


def _whose(event: Happening) -> str:
    if event.lead_id is not None:
        return f"no lead {event.lead_id} is in flight"
    return "nobody of that email or external id is in flight"

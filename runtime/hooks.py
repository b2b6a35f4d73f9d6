"""Webhooks: believed, kept as they came, then understood; what is not understood waits for its mapping to be mended.

The order is the promise: once a sender has an answer, the payload is committed, whatever its mapping makes of it. It
refuses to decide what a lead is (the door does) and to keep what nobody has signed.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from adapters import signatures
from adapters.channels.signature import ID_HEADER
from adapters.signatures import Post, SignatureError
from db.hooks import WAITS, Deliveries, Delivery, KeptSource, NotWaiting, Sources
from db.tables.words import HookState
from models.base import Refused
from models.source import Becomes, Handshake, Scheme
from policy.mapping.compiled import CompiledSource, Mapped, Passed, bounded_id
from policy.mapping.compiling import compile_source
from runtime.hearsay import Hearsay, NobodyKnown
from runtime.intake.door import Door, NobodyInFlight
from runtime.payloads import read_payload
from runtime.sealing import Sealer, Vault
from runtime.store import Store

log = structlog.stdlib.get_logger("baton.hooks")

LEFT_BEHIND = timedelta(minutes=1)
"""A webhook that is not settled by then has lost whoever was at it."""

MOST_ATTEMPTS = 5
"""So often one is tried that we fail at ourselves; then a person has to look."""

_LOOK = 20
_MARK = "mark"
_LONGEST_BECAUSE = 500

Ring = Callable[[str, datetime], Awaitable[tuple[str, ...]]]
"""Gives the secrets of a purpose that count at an instant, newest first."""


def secret_of(source: str) -> str:
    """Name the purpose under which a source's signing secrets are kept."""
    return f"source:{source}"


@dataclass(frozen=True, slots=True)
class Challenge:
    """A tool only asked whether this address is ours; say this back."""

    say: str


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a webhook; `repeat`: it was here before."""

    delivery: Delivery
    repeat: bool = False


class Hooks:
    """Takes webhooks of every source."""

    def __init__(
        self, sources: Sources, deliveries: Deliveries, door: Door, hearsay: Hearsay, ring: Ring | None
    ) -> None:
        self._sources, self._deliveries, self._door, self._ring = sources, deliveries, door, ring
        self._hearsay = hearsay
        self._compiled: dict[str, tuple[KeptSource, CompiledSource]] = {}

    async def take(self, name: str, post: Post, *, now: datetime) -> Received | Challenge:
        """Keep a webhook and do what it says, or answer a handshake.

        Raises `UnknownSource`, `SignatureError`, `CannotOpen`, `DatabaseUnreachable`; never for what its payload holds.
        """
        source = await self._source(name)
        how = source.source.signature
        secrets = () if how.scheme is Scheme.NONE else await self._secrets(secret_of(name), now)
        signatures.verify(how, secrets, post, now=now)
        content_type = {key.lower(): value for key, value in post.headers.items()}.get("content-type", "")
        payload = _tried(content_type, post.body)
        if source.source.handshake is Handshake.SLACK and (asked := _slack_challenge(payload)) is not None:
            return Challenge(asked)
        webhook_id = _webhook_id(source, post, payload)
        delivery, new = await self._deliveries.receive(name, webhook_id, content_type[:200], post.body, at=now)
        if not new and delivery.state is not HookState.RECEIVED:
            return Received(delivery, repeat=True)
        return Received(await self._process(delivery, source, now), repeat=not new)

    async def shake_hands(
        self, name: str, query: dict[str, str], *, now: datetime
    ) -> Challenge | dict[str, str] | None:
        """Answer what a tool asks by GET before it sends anything; None where it asks nothing that we can answer.

        Raises `UnknownSource`, and `SignatureError` for a wrong word.
        """
        source = (await self._source(name)).source
        if source.handshake is Handshake.FACEBOOK and "hub.challenge" in query:
            words = [signatures.verify_token(one) for one in await self._secrets(secret_of(name), now)]
            said = query.get("hub.verify_token", "")
            if query.get("hub.mode") != "subscribe" or not signatures.same_secret(words, said):
                raise SignatureError("the verify token does not match")
            return Challenge(query["hub.challenge"])
        if source.handshake is Handshake.LINKEDIN and (code := query.get("challengeCode")):
            secrets = await self._secrets(secret_of(name), now)
            if not secrets:
                raise SignatureError("there is no secret to answer with")
            return {"challengeCode": code, "challengeResponse": signatures.answer_challenge(secrets[0], code)}
        return None

    async def replay(self, delivery_id: int, *, now: datetime) -> Delivery:
        """Read a delivery again by what its source says now; what it made before is not made twice.

        Raises `UnknownDelivery`, `NotWaiting`, `UnknownSource`.
        """
        delivery = await self._deliveries.find(delivery_id)
        if delivery.state not in WAITS:
            raise NotWaiting(delivery.state)
        return await self._process(delivery, await self._source(delivery.source), now)

    async def resume(self, now: datetime) -> int:
        """Go on with what was received and never settled; say how many were looked at."""
        left = await self._deliveries.left_behind(now - LEFT_BEHIND, _LOOK)
        for delivery in left:
            if delivery.attempts > MOST_ATTEMPTS:
                because = f"we failed at it {MOST_ATTEMPTS} times: the log says how"
                await self._deliveries.settle(delivery.id, HookState.DEAD, because, delivery.results, at=now)
                continue
            try:
                source = await self._source(delivery.source)
            except LookupError:
                because = f"there is no source {delivery.source} any more"
                await self._deliveries.settle(delivery.id, HookState.DEAD, because, delivery.results, at=now)
                continue
            await self._process(delivery, source, now)
        return len(left)

    async def _source(self, name: str) -> CompiledSource:
        kept = await self._sources.find(name)
        known = self._compiled.get(name)
        if known is None or known[0] != kept:
            # A source is checked before it is kept; one that fails here is of another release.
            known = self._compiled[name] = (kept, compile_source(kept.source))
        return known[1]

    async def _secrets(self, purpose: str, now: datetime) -> tuple[str, ...]:
        return () if self._ring is None else await self._ring(purpose, now)

    async def _process(self, delivery: Delivery, source: CompiledSource, now: datetime) -> Delivery:
        done = {one[_MARK]: one for one in delivery.results if one.get("lead_id") and _MARK in one}
        try:
            items = source.items(read_payload(delivery.content_type, delivery.raw))
        except Refused as error:
            return await self._settle(delivery, HookState.DEAD, str(error), list(delivery.results), now)
        results = []
        for item in items:
            mark = _mark(item)
            results.append(done.get(mark) or {_MARK: mark, **await self._take_item(delivery, source, item, mark, now)})
        kinds = {one["became"] for one in results}
        if "refused" in kinds:
            refused = next(one for one in results if one["became"] == "refused")
            return await self._settle(delivery, HookState.DEAD, refused["because"], results, now)
        if kinds == {"nothing"}:
            return await self._settle(delivery, HookState.IGNORED, results[0]["because"], results, now)
        return await self._settle(delivery, HookState.TAKEN, "", results, now)

    async def _take_item(
        self, delivery: Delivery, source: CompiledSource, item: Any, mark: str, now: datetime
    ) -> dict[str, Any]:
        try:
            found = source.read(item)
            if isinstance(found, Passed):
                return {"became": "nothing", "because": found.because}
            if found.becomes in (Becomes.OUTCOME, Becomes.OWNER):
                return await self._hear(found, delivery, mark, now)
            return await self._let_in(found, delivery, mark)
        except (NobodyInFlight, NobodyKnown) as error:
            return {"became": "nothing", "because": str(error)}
        except Refused as error:
            errors = [{"field": one.field, "what": one.what} for one in error.problems]
            return {"became": "refused", "because": str(error)[:_LONGEST_BECAUSE], "errors": errors}

    async def _let_in(self, found: Mapped, delivery: Delivery, mark: str) -> dict[str, Any]:
        """Take a lead or an event in. Raises as the door does."""
        asked: dict[str, Any] = {
            "caller_scope": f"hook {delivery.source}",
            "key": f"{delivery.id}-{mark}",
            "sources": (),
            "now": delivery.received_at,  # the clock of a lead starts when it came, also when it was understood later
        }
        if found.becomes is Becomes.EVENT:
            # Its own key names the event wherever it comes from.
            key = found.data.get("key")
            taken = await self._door.touch(found.data, **{**asked, "key": key or asked["key"]})
        else:
            taken = await self._door.take(found.data, **asked)
        return {"became": found.becomes.value, "lead_id": taken.lead_id, "status": taken.document["status"]}

    async def _hear(self, found: Mapped, delivery: Delivery, mark: str, now: datetime) -> dict[str, Any]:
        """Hear what became of a lead, or who has it now. Raises `NobodyKnown`, `Refused`."""
        hear = self._hearsay.ended if found.becomes is Becomes.OUTCOME else self._hearsay.owner_changed
        key = f"{delivery.source}-{delivery.id}-{mark}"
        heard = await hear(found.data, by=delivery.source, key=key, came=delivery.received_at, now=now)
        if heard.status is None:
            return {"became": "nothing", "lead_id": heard.lead_id, "because": heard.because}
        told = {"became": found.becomes.value, "lead_id": heard.lead_id, "status": heard.status.value}
        return told | ({"because": heard.because} if heard.because else {})

    async def _settle(
        self, delivery: Delivery, state: HookState, because: str, results: list[dict[str, Any]], now: datetime
    ) -> Delivery:
        because = because[:_LONGEST_BECAUSE]
        settled = await self._deliveries.settle(delivery.id, state, because, results, at=now)
        fields = sorted({error["field"] for one in results for error in one.get("errors", ())})
        log.info("hook_settled", source=delivery.source, delivery=delivery.id, state=state.value, fields=fields)
        return settled


def hooks_of(store: Store, door: Door, sealer: Sealer | None) -> Hooks:
    """Make what takes webhooks; without a sealer (no `BATON_SECRET_KEYS`) no signature can be checked."""
    ring = Vault(store.secrets, sealer).ring if sealer is not None else None
    return Hooks(store.sources, store.deliveries, door, Hearsay(store), ring)


class Resumer:
    """The chore of a worker that goes on with webhooks whose process has died."""

    name = "hooks"

    def __init__(self, hooks: Hooks, clock: Callable[[], datetime]) -> None:
        self._hooks, self._clock = hooks, clock

    async def once(self) -> bool:
        """Look once; whether there may be more."""
        return await self._hooks.resume(self._clock()) >= _LOOK


def document_of(delivery: Delivery) -> dict[str, Any]:
    """Say what became of a webhook, as its sender and people read it."""
    results = [{key: value for key, value in one.items() if key != _MARK} for one in delivery.results]
    return {
        "delivery_id": delivery.id,
        "source": delivery.source,
        "state": delivery.state.value,
        "because": delivery.because or None,
        "results": results,
    }


def _tried(content_type: str, raw: bytes) -> Any:
    """Read what can be read, for its id alone: whatever is wrong with it is told once it is kept."""
    try:
        return read_payload(content_type, raw)
    except Refused:
        return None


def _slack_challenge(payload: Any) -> str | None:
    if isinstance(payload, dict) and payload.get("type") == "url_verification":
        challenge = payload.get("challenge")
        return challenge if isinstance(challenge, str) else None
    return None


def _webhook_id(source: CompiledSource, post: Post, payload: Any) -> str | None:
    header = source.source.delivery_header
    if header is None and source.source.signature.scheme is Scheme.STANDARD_WEBHOOKS:
        header = ID_HEADER
    if header is not None:
        said = {key.lower(): value for key, value in post.headers.items()}.get(header.lower(), "").strip()
        return bounded_id(said) if said else None
    return source.delivery_id(payload)


def _mark(item: Any) -> str:
    """Name an item by what it holds, so that it is known again although the others around it may change."""
    text = json.dumps(item, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:24]

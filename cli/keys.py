"""Making, listing, rotating and revoking the keys of tools. A secret is printed once and known to nobody after."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from cli import reach
from cli.exits import BadInput, Code, RefusedByBusiness
from cli.output import instant, say, say_json, show, stamp, table
from cli.typed import read_duration, read_instant, read_person
from config.settings import Settings
from db.keys import KnownKey, UnknownKey
from models.access import Scope
from policy.spelling import did_you_mean
from runtime import clock

EVERY_SCOPE = "all"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A key as it was asked for."""

    name: str
    scopes: list[str]
    by: str
    sources: list[str]
    people: list[str]
    per_minute: int
    expires: str | None


def create(wanted: Wanted, as_json: bool) -> int:
    """Make a key and print its token. Raises BadInput."""
    at = clock.now()
    name, by, scopes = read_person(wanted.name, "NAME"), read_person(wanted.by), _scopes(wanted.scopes)
    expires_at = None if wanted.expires is None else read_instant(wanted.expires, at, "--expires")
    if expires_at is not None and expires_at <= at:
        raise BadInput("--expires: is over already")
    key_id, token = reach.carry_out(_create(reach.settings(), wanted, name, by, scopes, at, expires_at))
    if as_json:
        say_json({"key_id": key_id, "token": token, "scopes": scopes, "expires_at": stamp(expires_at)})
        return Code.DONE
    say(token)
    say(f"Key {key_id} of {name} may {', '.join(scopes)}. Keep it now: it is not shown again.")
    return Code.DONE


def _scopes(words: list[str]) -> list[Scope]:
    if EVERY_SCOPE in words:
        return sorted(Scope)
    known = [scope.value for scope in Scope]
    for word in words:
        if word not in known:
            hint = did_you_mean(word, known) or f"; there are {', '.join(known)}, or all"
            raise BadInput(f"--scope: {word} is none{hint}")
    return sorted({Scope(word) for word in words})


async def _create(
    settings: Settings, wanted: Wanted, name: str, by: str, scopes: list[Scope], at: datetime, until: datetime | None
) -> tuple[str, str]:
    async with reach.store(settings, migrate=True) as store:
        return await store.api_keys.create(
            name,
            scopes,
            by=by,
            at=at,
            sources=wanted.sources,
            people=wanted.people,
            per_minute=wanted.per_minute,
            expires_at=until,
        )


def show_keys(as_json: bool) -> int:
    """Show every key without its secret."""
    known, now = reach.carry_out(_list(reach.settings())), clock.now()
    if as_json:
        say_json([_document(key) for key in known])
    elif known:
        rows = [
            (key.key_id, key.name, ", ".join(key.scopes), ", ".join((*key.sources, *key.people)) or "any",
             key.per_minute, _state(key, now), instant(key.used_at))
            for key in known
        ]  # fmt: skip
        show(table(("key", "whose", "may", "for", "a minute", "state", "last used"), rows))
    else:
        say("there is no key yet: keys create NAME --scope leads:write --by YOU")
    return Code.DONE


async def _list(settings: Settings) -> tuple[KnownKey, ...]:
    async with reach.store(settings) as store:
        return await store.api_keys.list()


def _state(key: KnownKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return f"revoked {instant(key.revoked_at)}"
    if key.expires_at is not None:
        return f"{'expired' if key.expires_at <= now else 'until'} {instant(key.expires_at)}"
    if key.former_until is not None and now < key.former_until:
        return f"holds; the former secret until {instant(key.former_until)}"
    return "holds"


def _document(key: KnownKey) -> dict[str, Any]:
    return {name: stamp(value) if isinstance(value, datetime) else value for name, value in asdict(key).items()}


def rotate(key_id: str, former: str, as_json: bool) -> int:
    """Give a key a new secret and print its token. Raises BadInput."""
    at = clock.now()
    until = at + read_duration(former, "--former")
    token = reach.carry_out(_rotate(reach.settings(), key_id, at, until))
    if as_json:
        say_json({"key_id": key_id, "token": token, "former_until": stamp(until)})
    else:
        say(token)
        say(f"Key {key_id} has a new secret; the former one holds until {instant(until)}. It is not shown again.")
    return Code.DONE


async def _rotate(settings: Settings, key_id: str, at: datetime, until: datetime) -> str:
    async with reach.store(settings) as store:
        try:
            return await store.api_keys.rotate(key_id, at=at, former_until=until)
        except UnknownKey:
            raise BadInput(f"KEY: {key_id} is no key that holds (keys list)") from None


def revoke(key_id: str, as_json: bool) -> int:
    """End a key at once. Raises BadInput, and RefusedByBusiness when it had ended."""
    at = clock.now()
    if not reach.carry_out(_revoke(reach.settings(), key_id, at)):
        raise RefusedByBusiness(f"refused: key {key_id} is revoked already")
    if as_json:
        say_json({"key_id": key_id, "revoked_at": stamp(at)})
    else:
        say(f"Key {key_id} holds no more.")
    return Code.DONE


async def _revoke(settings: Settings, key_id: str, at: datetime) -> bool:
    async with reach.store(settings) as store:
        try:
            return await store.api_keys.revoke(key_id, at=at)
        except UnknownKey:
            raise BadInput(f"KEY: there is no key {key_id} (keys list)") from None

"""Secrets of sources at the command line: they come in by standard input, and none is ever shown again."""

import base64
import getpass
import secrets
import sys
from datetime import datetime, timedelta
from typing import Any

from cli import reach
from cli.confirming import confirm
from cli.exits import BadInput, Code, RefusedByBusiness
from cli.output import complain, say, say_json, show, stamp, table
from cli.typed import read_duration
from config.settings import Settings
from db.secrets import Kept
from models.source import SOURCE_NAME
from runtime import clock
from runtime.hooks import secret_of
from runtime.sealing import LONGEST_SECRET, CannotOpen, Sealer, Vault, opener_of, sealer_of
from runtime.store import Store

PREFIX = secret_of("")
"""What the purpose of a source's secrets begins with."""

_NO_KEYS = "BATON_SECRET_KEYS is not set: without a key nothing can be sealed (`openssl rand -hex 32` makes one)"


def add(source: str, generate: bool, keep: str | None, as_json: bool) -> int:
    """Keep a secret of a source, read from standard input or made here. Raises Stop."""
    settings = reach.settings()
    sealer = _sealer(settings)
    name = _source(source)
    grace = None if keep is None else _grace(keep)
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode('ascii')}" if generate else _from_stdin()
    number, loaded = reach.carry_out(_add(settings, sealer, name, secret, grace))
    if as_json:
        say_json({"id": number, "source": name} | ({"secret": secret} if generate else {}))
        return Code.DONE
    if generate:
        complain(f"The secret {number} of {name}, printed once; give it to the tool that sends:")
        say(secret)
    else:
        say(f"The secret {number} of {name} is kept, sealed.")
    if not loaded:
        complain(f"No source {name} is loaded yet: python starter.py sources load {name} --by WHO")
    return Code.DONE


async def _add(settings: Settings, sealer: Sealer, name: str, secret: str, grace: timedelta | None) -> tuple[int, bool]:
    now = clock.now()
    async with reach.store(settings, migrate=True) as store:
        vault = Vault(store.secrets, sealer)
        former_until = None if grace is None else now + grace
        number = await vault.add(secret_of(name), secret, at=now, former_until=former_until)
        return number, any(one.source.name == name for one in await store.sources.list())


def show_all(source: str | None, as_json: bool) -> int:
    """List secrets without their values. Raises Stop."""
    settings = reach.settings()
    purpose = None if source is None else secret_of(_source(source))
    rows = [_row(one, sealer_of(settings), clock.now()) for one in reach.carry_out(_kept(settings, purpose))]
    if as_json:
        say_json(rows)
        return Code.DONE
    columns = ("number", "source", "added", "counts", "sealed with")
    show(table(columns, [(one["id"], one["source"], one["created_at"], _counts(one), one["key"]) for one in rows]))
    return Code.DONE


async def _kept(settings: Settings, purpose: str | None) -> tuple[Kept, ...]:
    async with reach.store(settings) as store:
        return await store.secrets.list(purpose)


def _row(one: Kept, sealer: Sealer | None, now: datetime) -> dict[str, Any]:
    return {
        "id": one.id,
        "source": one.purpose.removeprefix(PREFIX),
        "created_at": stamp(one.created_at),
        "expires_at": stamp(one.expires_at),
        "counts": one.expires_at is None or one.expires_at > now,
        "key": opener_of(sealer, one).value,
    }


def _counts(row: dict[str, Any]) -> str:
    if row["expires_at"] is None:
        return "yes"
    return f"until {row['expires_at']}" if row["counts"] else "no more"


def remove(number: int, yes: bool, as_json: bool) -> int:
    """Take a secret away for good. Raises Stop."""
    settings = reach.settings()
    if not yes:
        confirm(f"take the secret {number} away, so that what is signed with it is refused")
    purpose = reach.carry_out(_remove(settings, number))
    if purpose is None:
        raise RefusedByBusiness(f"refused: there is no secret {number}; `secrets list` shows them")
    name = purpose.removeprefix(PREFIX)
    if as_json:
        say_json({"id": number, "source": name})
    else:
        say(f"The secret {number} of {name} is gone.")
    return Code.DONE


async def _remove(settings: Settings, number: int) -> str | None:
    async with reach.store(settings) as store:
        return await store.secrets.remove(number)


def reseal(as_json: bool) -> int:
    """Seal every secret with the newest key. Raises Stop."""
    settings = reach.settings()
    sealer = _sealer(settings)
    try:
        changed = reach.carry_out(_reseal(settings, sealer))
    except CannotOpen as error:
        raise RefusedByBusiness(f"refused: a secret is {error}; `secrets list` says which") from None
    if as_json:
        say_json({"resealed": changed})
    else:
        say(f"{changed} sealed anew; the newest key of BATON_SECRET_KEYS opens every secret now.")
    return Code.DONE


async def _reseal(settings: Settings, sealer: Sealer) -> int:
    async with reach.store(settings) as store:
        return await _vault(store, sealer).reseal()


def _vault(store: Store, sealer: Sealer) -> Vault:
    return Vault(store.secrets, sealer)


def _sealer(settings: Settings) -> Sealer:
    sealer = sealer_of(settings)
    if sealer is None:
        raise BadInput(_NO_KEYS)
    return sealer


def _source(name: str) -> str:
    if not SOURCE_NAME.fullmatch(name):
        raise BadInput("SOURCE: small letters, digits, - and _, 64 at most, as in the address of its hook")
    return name


def _grace(text: str) -> timedelta:
    length = read_duration(text, "--keep")
    if length < timedelta(0):
        raise BadInput("--keep: cannot be negative")
    return length


def _from_stdin() -> str:
    """Read a secret, typed unseen on a terminal or piped. Raises BadInput."""
    asked = "The secret, as its sender has it (not shown): "
    secret = (getpass.getpass(asked) if sys.stdin.isatty() else sys.stdin.readline()).strip()
    if not secret:
        raise BadInput("standard input: there is no secret; --generate makes one")
    if len(secret) > LONGEST_SECRET or not secret.isprintable():
        raise BadInput(f"standard input: one line of {LONGEST_SECRET} characters at most")
    return secret

"""Webhooks at the command line: those that could not be read, replayed once their mapping is mended, or given up."""

import sys
from typing import Any

from cli import reach
from cli.confirming import confirm
from cli.exits import BadInput, Code, RefusedByBusiness
from cli.output import facts, instant, say, say_json, show, stamp, table
from config.settings import Settings
from db.hooks import WAITS, Delivery, NotWaiting, UnknownDelivery, UnknownSource
from db.tables.words import HookState
from runtime import clock
from runtime.hooks import document_of, hooks_of
from runtime.intake.door import Door

_PAGE = 500


def show_all(source: str | None, everything: bool, limit: int, as_json: bool) -> int:
    """List webhooks, newest first."""
    states = tuple(HookState) if everything else tuple(WAITS)
    found = reach.carry_out(_list(reach.settings(), states, source, limit))
    if as_json:
        say_json([_document(one) for one in found])
        return Code.DONE
    columns = ("number", "source", "state", "received", "bytes", "because")
    rows = [(one.id, one.source, one.state, instant(one.received_at), one.size, one.because) for one in found]
    if rows:
        show(table(columns, rows))
    else:
        say("No webhook waits for anybody." if not everything else "No webhook has come.")
    return Code.DONE


async def _list(
    settings: Settings, states: tuple[HookState, ...], source: str | None, limit: int
) -> tuple[Delivery, ...]:
    async with reach.store(settings) as store:
        return await store.deliveries.list(states, source=source, limit=limit)


def show_one(number: int, raw: bool, as_json: bool) -> int:
    """Show one webhook, or print what came byte for byte. Raises RefusedByBusiness."""
    found = reach.carry_out(_find(reach.settings(), number))
    payload = found.raw.decode("utf-8", "replace")
    if raw:
        sys.stdout.flush()
        sys.stdout.buffer.write(found.raw)
        sys.stdout.flush()
    elif as_json:
        say_json({**_document(found), "content_type": found.content_type, "payload": payload})
    else:
        shown = {
            "number": found.id,
            "source": found.source,
            "state": found.state.value,
            "because": found.because,
            "received": instant(found.received_at),
            "attempts": found.attempts,
            "content type": found.content_type,
        }
        show(facts(shown))
        for place, one in enumerate(document_of(found)["results"], start=1):
            say(f"item {place}: {one['became']} {one.get('lead_id', '')} {one.get('because', '')}".rstrip())
        say("", payload)
    return Code.DONE


async def _find(settings: Settings, number: int) -> Delivery:
    async with reach.store(settings) as store:
        try:
            return await store.deliveries.find(number)
        except UnknownDelivery:
            raise _unknown(number) from None


def replay(number: int | None, source: str | None, as_json: bool) -> int:
    """Read one webhook again, or every waiting one of a source. Raises Stop; exit code 1 when one is dead still."""
    if (number is None) == (source is None):
        raise BadInput("say which: a number, or --source SOURCE")
    replayed = reach.carry_out(_replay(reach.settings(), number, source))
    dead = [one for one in replayed if one.state is HookState.DEAD]
    if as_json:
        say_json([_document(one) for one in replayed])
    else:
        for one in replayed:
            leads = ", ".join(str(result["lead_id"]) for result in one.results if result.get("lead_id"))
            say(
                f"{one.id}: {one.state.value}{f', {leads}' if leads else ''}{f': {one.because}' if one.because else ''}"
            )
        say(f"{len(replayed) - len(dead)} of {len(replayed)} read; {len(dead)} wait still.")
    return Code.REFUSED if dead else Code.DONE


async def _replay(settings: Settings, number: int | None, source: str | None) -> list[Delivery]:
    async with reach.store(settings) as store:
        hooks = hooks_of(store, Door(store), None)
        numbers = [number] if number is not None else []
        before = None
        while source is not None:
            page = await store.deliveries.list(tuple(WAITS), source=source, before=before, limit=_PAGE)
            numbers += [one.id for one in page]
            if len(page) < _PAGE:
                break
            before = page[-1].id
        done = []
        for one in sorted(numbers):
            try:
                done.append(await hooks.replay(one, now=clock.now()))
            except UnknownDelivery:
                raise _unknown(one) from None
            except UnknownSource as error:
                raise RefusedByBusiness(f"refused: there is no source {error} any more; load it first") from None
            except NotWaiting as error:
                if number is not None:
                    raise RefusedByBusiness(f"refused: {error}") from None
        return done


def drop(number: int, by: str, yes: bool, as_json: bool) -> int:
    """Give one up and empty it. Raises RefusedByBusiness."""
    settings = reach.settings()
    if not yes:
        confirm(f"empty the webhook {number} for good")
    found = reach.carry_out(_drop(settings, number, by.strip()))
    if as_json:
        say_json(_document(found))
    else:
        say(f"The webhook {number} is dropped and empty.")
    return Code.DONE


async def _drop(settings: Settings, number: int, by: str) -> Delivery:
    if not by:
        raise BadInput("--by: say who drops it")
    async with reach.store(settings) as store:
        try:
            return await store.deliveries.drop(number, f"dropped by {by}", at=clock.now())
        except UnknownDelivery:
            raise _unknown(number) from None
        except NotWaiting as error:
            raise RefusedByBusiness(f"refused: {error}") from None


def _unknown(number: int) -> RefusedByBusiness:
    return RefusedByBusiness(f"refused: there is no webhook {number}; `hooks list` shows them")


def _document(delivery: Delivery) -> dict[str, Any]:
    return document_of(delivery) | {
        "received_at": stamp(delivery.received_at),
        "changed_at": stamp(delivery.changed_at),
        "attempts": delivery.attempts,
        "bytes": delivery.size,
    }

"""What the CRM knows of leads, at the command line, from the database. Nothing here says who a prospect is."""

from collections.abc import Sequence
from datetime import datetime

from cli import reach
from cli.exits import BadInput, Code, RefusedByBusiness
from cli.output import facts, instant, say, say_json, table
from cli.output import show as show_parts
from cli.typed import read_lead_id, read_since
from config.settings import Settings
from db.crm import Copy, UnknownCopy
from db.crm_wanting import CopyState
from policy.spelling import did_you_mean
from runtime import clock
from runtime.crm_documents import copy_document


def show_all(states: Sequence[str], limit: int, after: str | None, as_json: bool) -> int:
    """List copies. Raises Stop."""
    wanted = [_state(word) for word in states] or [CopyState.WAITING, CopyState.REFUSED]
    after = None if after is None else read_lead_id(after)
    found, counts = reach.carry_out(_all(reach.settings(), wanted, limit, after))
    if as_json:
        say_json([copy_document(one) for one in found])
        return Code.DONE
    rows = [(one.lead_id, one.state, one.external_id or "", _when(one), one.because) for one in found]
    show_parts(table(("lead", "state", "in the CRM", "when", "because"), rows))
    say(", ".join(f"{number} {state}" for state, number in counts.items()) + ".")
    if len(found) == limit:
        say(f"(the first {limit}; --after {found[-1].lead_id} goes on)")
    return Code.DONE


async def _all(
    settings: Settings, states: Sequence[CopyState], limit: int, after: str | None
) -> tuple[tuple[Copy, ...], dict[CopyState, int]]:
    async with reach.store(settings) as store:
        copies = store.crm_copies
        return await copies.list(states=states, limit=limit, after=after), await copies.counts()


def show(lead_id: str, as_json: bool) -> int:
    """Show one copy. Raises Stop."""
    lead_id = read_lead_id(lead_id)
    one = reach.carry_out(_one(reach.settings(), lead_id))
    if one is None:
        raise BadInput(f"LEAD: the CRM was never to be told of lead {lead_id}")
    if as_json:
        say_json(copy_document(one))
        return Code.DONE
    known = {
        "lead": one.lead_id,
        "state": one.state,
        "in the CRM": one.external_id or "not there yet",
        "owner there": one.owner or "not told",
        "tasks there": sum(bool(known) for known in one.tasks.values()),
        "told": instant(one.told_at) if one.told_at else "never",
    }
    if one.state is CopyState.WAITING:
        known["next try"] = instant(one.next_at)
    if one.because:
        known["because"] = one.because
    show_parts(facts(known))
    return Code.DONE


async def _one(settings: Settings, lead_id: str) -> Copy | None:
    async with reach.store(settings) as store:
        return await store.crm_copies.of(lead_id)


def retry(lead_id: str | None, refused: bool, as_json: bool) -> int:
    """Have the CRM told of one lead, or of all that it refused. Raises Stop."""
    if (lead_id is None) is not refused:
        raise BadInput("LEAD: name one lead, or all that were refused with --refused")
    settings = reach.settings()
    if lead_id is None:
        number = reach.carry_out(_retry_refused(settings))
        _told_soon(number, as_json)
        return Code.DONE
    one = reach.carry_out(_retry(settings, read_lead_id(lead_id)))
    if as_json:
        say_json(copy_document(one))
    else:
        say(f"the CRM is told of lead {one.lead_id} as soon as a worker looks.")
    return Code.DONE


async def _retry_refused(settings: Settings) -> int:
    async with reach.store(settings) as store:
        return await store.crm_copies.retry_refused(at=clock.now())


async def _retry(settings: Settings, lead_id: str) -> Copy:
    async with reach.store(settings) as store:
        try:
            return await store.crm_copies.retry(lead_id, at=clock.now())
        except UnknownCopy as unknown:
            raise BadInput(f"LEAD: {unknown}") from None


def sync(since: str, as_json: bool) -> int:
    """Have the CRM told of leads that it never heard of. Raises Stop."""
    settings = reach.settings()
    if settings.crm is None:
        raise RefusedByBusiness("refused: no CRM is set up (BATON_CRM)")
    _told_soon(reach.carry_out(_sync(settings, read_since(since, clock.now()))), as_json)
    return Code.DONE


async def _sync(settings: Settings, since: datetime) -> int:
    async with reach.store(settings) as store:
        return await store.crm_copies.want_since(since, at=clock.now())


def _told_soon(number: int, as_json: bool) -> None:
    if as_json:
        say_json({"leads": number})
    else:
        say(f"the CRM is told of {number} lead{'' if number == 1 else 's'} as soon as a worker looks.")


def _when(one: Copy) -> str:
    if one.state is CopyState.WAITING:
        return f"next try {instant(one.next_at)}"
    return instant(one.told_at or one.changed_at)


def _state(word: str) -> CopyState:
    try:
        return CopyState(word.lower())
    except ValueError:
        hint = did_you_mean(word.lower(), CopyState) or f" ({', '.join(CopyState)})"
        raise BadInput(f"--state: {word} is not one{hint}") from None

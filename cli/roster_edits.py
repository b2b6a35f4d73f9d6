"""One rep edited alone: away, inactive, active again, forgiven.

What that means for the leads they hold is noted in the same transaction, and a worker's dispatcher carries it out.
"""

from datetime import datetime
from typing import Any

from cli import reach
from cli.exits import BadInput, Code, RefusedByBusiness
from cli.output import say, say_json, stamp
from cli.typed import read_moment, read_person, read_reason
from config.settings import Settings
from db.rosters import UnknownRep
from models.base import Refused, parse
from models.roster import TimeOff
from policy.spelling import did_you_mean
from runtime import clock
from runtime.store import Store


def off(rep_id: str, start: str, end: str, reason: str, cancel: bool, as_json: bool) -> int:
    """Note that a rep is away, or take that back. Raises BadInput and RefusedByBusiness."""
    time_off = _time_off(start, end, reason)
    if not reach.carry_out(_off(reach.settings(), rep_id, time_off, cancel)):
        raise RefusedByBusiness(
            f"refused: no such time off of {rep_id} was noted here", "(what a roster file says is changed in the file)"
        )
    written = time_off.model_dump(mode="json", by_alias=True)
    if as_json:
        say_json({"rep_id": rep_id, **written, "noted": not cancel})
    elif cancel:
        say(f"{rep_id} is not away from {written['from']} to {written['to']} after all.")
    else:
        say(f"{rep_id} is away from {written['from']} to {written['to']}{f': {reason}' if reason else ''}.")
        say("What they were offered and have not accepted moves on when they go; what they accepted stays theirs.")
    return Code.DONE


def _time_off(start: str, end: str, reason: str) -> TimeOff:
    now = clock.now()
    raw = {"from": read_moment(start, now, "--from"), "to": read_moment(end, now, "--to"), "reason": reason.strip()}
    try:
        return parse(TimeOff, raw)
    except Refused as refused:
        says = [f"{problem.field.partition('.')[0]}: {problem.what}".removeprefix(": ") for problem in refused.problems]
        raise BadInput(*(f"--{line}" for line in says)) from None


async def _off(settings: Settings, rep_id: str, time_off: TimeOff, cancel: bool) -> bool:
    async with reach.store(settings) as store:
        try:
            if cancel:
                return await store.rosters.remove_time_off(rep_id, time_off, at=clock.now())
            await store.rosters.add_time_off(rep_id, time_off, at=clock.now())
        except UnknownRep:
            raise await unknown_rep(store, rep_id) from None
        return True


def set_active(rep_id: str, by: str, reason: str, *, active: bool, as_json: bool) -> int:
    """Offer a rep nothing more, or leads again. Raises BadInput and RefusedByBusiness."""
    by, reason, at = read_person(by), read_reason(reason), clock.now()
    state = "active" if active else "inactive"
    if not reach.carry_out(_set_active(reach.settings(), rep_id, active, f"{reason} ({by})")):
        raise RefusedByBusiness(f"refused: {rep_id} is {state} already")
    if as_json:
        say_json(_act(rep_id, by, reason) | {"active": active, "at": stamp(at)})
    elif active:
        say(f"{rep_id} is active: they may be offered leads again.")
    else:
        say(f"{rep_id} is inactive: they are offered nothing more.")
        say("What they were offered and have not accepted moves on; what they accepted stays theirs (roster handover).")
    return Code.DONE


async def _set_active(settings: Settings, rep_id: str, active: bool, because: str) -> bool:
    async with reach.store(settings) as store:
        try:
            return await store.rosters.set_active(rep_id, active, at=clock.now(), because=because)
        except UnknownRep:
            raise await unknown_rep(store, rep_id) from None


def forgive(rep_id: str, by: str, reason: str, as_json: bool) -> int:
    """Let what a rep has missed so far count no more. Raises BadInput."""
    by, reason, at = read_person(by), read_reason(reason), clock.now()
    reach.carry_out(_forgive(reach.settings(), rep_id, by, reason, at))
    if as_json:
        say_json(_act(rep_id, by, reason) | {"at": stamp(at)})
    else:
        say(f"{rep_id}: what they missed so far counts no more.")
    return Code.DONE


async def _forgive(settings: Settings, rep_id: str, by: str, reason: str, at: datetime) -> None:
    async with reach.store(settings) as store:
        try:
            await store.coaching.forgive(rep_id, by=by, reason=reason, at=at)
        except UnknownRep:
            raise await unknown_rep(store, rep_id) from None


def _act(rep_id: str, by: str, reason: str) -> dict[str, Any]:
    return {"rep_id": rep_id, "by": by, "reason": reason}


async def unknown_rep(store: Store, rep_id: str) -> BadInput:
    """Say that nobody in the roster is a rep of this id, and who may have been meant."""
    roster = await store.rosters.load()
    if roster is None:
        return BadInput("no roster is loaded yet: roster load FILE")
    return BadInput(f"REP: {rep_id} is no rep of the roster{did_you_mean(rep_id, [one.id for one in roster.reps])}")

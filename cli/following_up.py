"""Tasks and hand-offs at the command line, from the database. Nothing here says who a prospect is."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

from cli import reach
from cli.exits import BadInput, Code, RefusedByBusiness
from cli.output import countdown, instant, say, say_json, show, table
from cli.typed import read_lead_id
from config.settings import Settings
from db.follow_up import Task, UnknownTask
from db.hand_offs import HandOff, NotToBeRetried, UnknownHandOff
from db.tables.words import HandOffKind, HandOffState, TaskState
from policy.spelling import did_you_mean
from runtime import clock
from runtime.follow_ups import hand_off_document, task_document

W = TypeVar("W", bound=StrEnum)

LARGEST_ID = 2**31 - 1


def tasks(
    rep: str | None, states: Sequence[str], lead_id: str | None, limit: int, after: int | None, as_json: bool
) -> int:
    """List tasks. Raises Stop."""
    wanted = [_one_of(TaskState, word, "--state") for word in states] or [TaskState.OPEN]
    lead_id = None if lead_id is None else read_lead_id(lead_id)
    found = reach.carry_out(_tasks(reach.settings(), rep, wanted, lead_id, limit, _number(after, "--after")))
    now = clock.now()
    if as_json:
        say_json([task_document(one, now) for one in found])
        return Code.DONE
    rows = [
        (one.id, one.rep_id, one.lead_id, one.what, instant(one.due_at), countdown(one.due_at, now), _how(one))
        for one in found
    ]
    show(table(("task", "rep", "lead", "what", "due", "", "state"), rows))
    _more([one.id for one in found], limit)
    return Code.DONE


async def _tasks(
    settings: Settings,
    rep: str | None,
    states: Sequence[TaskState],
    lead_id: str | None,
    limit: int,
    after: int | None,
) -> tuple[Task, ...]:
    async with reach.store(settings) as store:
        try:
            return await store.follow_ups.list(rep_id=rep, states=states, lead_id=lead_id, limit=limit, after=after)
        except UnknownTask:
            raise BadInput(f"--after: no task {after}") from None


def hand_offs(
    states: Sequence[str], kinds: Sequence[str], lead_id: str | None, limit: int, after: int | None, as_json: bool
) -> int:
    """List hand-offs. Raises Stop."""
    wanted = [_one_of(HandOffState, word, "--state") for word in states]
    of_kinds = [_one_of(HandOffKind, word, "--kind") for word in kinds]
    lead_id = None if lead_id is None else read_lead_id(lead_id)
    found = reach.carry_out(_hand_offs(reach.settings(), wanted, of_kinds, lead_id, limit, _number(after, "--after")))
    if as_json:
        say_json([hand_off_document(one) for one in found])
        return Code.DONE
    rows = [(one.id, one.lead_id, one.kind, one.n, one.state, _when(one), one.because) for one in found]
    show(table(("id", "lead", "kind", "n", "state", "when", "because"), rows))
    _more([one.id for one in found], limit)
    return Code.DONE


async def _hand_offs(
    settings: Settings,
    states: Sequence[HandOffState],
    kinds: Sequence[HandOffKind],
    lead_id: str | None,
    limit: int,
    after: int | None,
) -> tuple[HandOff, ...]:
    async with reach.store(settings) as store:
        return await store.hand_offs.list(states=states, kinds=kinds, lead_id=lead_id, limit=limit, after=after)


def retry(number: int, as_json: bool) -> int:
    """Have a hand-off carried out now. Raises Stop."""
    one = reach.carry_out(_retry(reach.settings(), _number(number, "ID") or 0))
    if as_json:
        say_json(hand_off_document(one))
    else:
        say(f"hand-off {one.id} ({one.kind} of lead {one.lead_id}) goes out as soon as a worker looks.")
    return Code.DONE


async def _retry(settings: Settings, number: int) -> HandOff:
    async with reach.store(settings) as store:
        try:
            return await store.hand_offs.retry(number, at=clock.now())
        except UnknownHandOff as unknown:
            raise BadInput(f"ID: {unknown}") from None
        except NotToBeRetried as no:
            raise RefusedByBusiness(f"refused: {no}") from None


def _how(task: Task) -> str:
    return f"{task.state}: {task.because}" if task.because else task.state.value


def _when(one: HandOff) -> str:
    if one.state is HandOffState.WAITING:
        return f"next try {instant(one.next_at)}"
    return instant(one.sent_at or one.created_at)


def _more(ids: Sequence[int], limit: int) -> None:
    if len(ids) == limit:
        say(f"(the last {limit}; --after {ids[-1]} goes on)")


def _number(number: int | None, option: str) -> int | None:
    if number is not None and not 0 < number <= LARGEST_ID:
        raise BadInput(f"{option}: {number} is no such number")
    return number


def _one_of(words: type[W], word: str, option: str) -> W:
    try:
        return words(word.lower())
    except ValueError:
        hint = did_you_mean(word.lower(), words) or f" ({', '.join(words)})"
        raise BadInput(f"{option}: {word} is not one{hint}") from None

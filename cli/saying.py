"""Saying something to a lead: an update that is answered, or when no worker answers in time, the same as a signal.

Both carry the same key, so that whichever arrives first counts and the other changes nothing. What was only recorded is
never called accepted. A lead that has ended is answered from the database.
"""

from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from cli import reach
from cli.answers import Answer, Outcome, from_database, recorded, told
from cli.exits import BadInput, Code
from cli.output import complain, say, say_json
from cli.typed import read_instant, read_lead_id, read_object
from config.settings import Settings
from models.base import Refused, parse
from models.messages import MESSAGES, Verdict
from policy.spelling import did_you_mean
from runtime import clock
from runtime.intake.taking import mint_lead_id
from workflows.listening import MALFORMED
from workflows.names import workflow_id

PATIENCE = timedelta(seconds=3)
"""How long a worker may take to hear an update before it is left as a signal."""

VERDICT = timedelta(seconds=10)
"""How long the verdict on an update that was heard may take; the update is durable by then."""

_OPTIONS = {"rep_id": "--rep"}
_INSTANTS = ("at", "until")
_ROSTERED = {"reassign": "rep_id", "handover": "rep_id", "take": "by"}
"""Whose id has to be in the roster, message by message: they are to get the lead, if anybody is named."""


class _Over(Exception):
    """No workflow of this lead is running."""


def say_to_lead(name: str, lead_id: str, said: dict[str, Any], as_json: bool) -> int:
    """Say a message to a lead and tell the verdict. Raises Stop."""
    lead_id = read_lead_id(lead_id)
    message = _message(name, said)
    answer = reach.carry_out(_say(reach.settings(), name, lead_id, message))
    if as_json:
        say_json(answer.document)
    elif answer.outcome is Outcome.REFUSED:
        complain(answer.sentence)
    else:
        say(answer.sentence)
    return Code.REFUSED if answer.outcome is Outcome.REFUSED else Code.DONE


def _message(name: str, said: dict[str, Any]) -> dict[str, Any]:
    """Make of the options what goes over the wire, under a key. Raises BadInput naming the option."""
    message = {field: value for field, value in said.items() if value is not None}
    for field in _INSTANTS:
        if field in message:
            message[field] = read_instant(message[field], clock.now(), f"--{field}").isoformat()
    if "properties" in message:
        message["properties"] = read_object(message["properties"], "--properties")
    message.setdefault("key", mint_lead_id())
    try:
        parse(MESSAGES[name], message)
    except Refused as refused:
        raise BadInput(
            *(f"{_OPTIONS.get(one.field, f'--{one.field}')}: {one.what}" for one in refused.problems)
        ) from None
    return message


async def _say(settings: Settings, name: str, lead_id: str, message: dict[str, Any]) -> Answer:
    if (field := _ROSTERED.get(name)) in message:
        await _check_person(settings, message[field], _OPTIONS.get(field, f"--{field}"))
    handle = _handle(await reach.temporal(), lead_id)
    try:
        verdict = await _ask(handle, name, message)
        if verdict is None:
            return recorded(lead_id, message["key"])
        return told(verdict, message["key"])
    except _Over:
        async with reach.store(settings) as store:
            return await from_database(store, name, lead_id, message)


def _handle(client: Client, lead_id: str) -> WorkflowHandle[Any, Any]:
    return client.get_workflow_handle(workflow_id(lead_id))


async def _check_person(settings: Settings, person: str, option: str) -> None:
    async with reach.store(settings) as store:
        roster = await store.rosters.load()
    if roster is None:
        raise BadInput(f"{option}: nobody is known yet; load a roster first (roster load FILE)")
    known = [one.id for one in (*roster.reps, *roster.managers)]
    if person not in known:
        raise BadInput(f"{option}: {person} is nobody in the roster{did_you_mean(person, known)}")


async def _ask(handle: WorkflowHandle[Any, Any], name: str, message: dict[str, Any]) -> Verdict | None:
    """Get the verdict; None when it was left durably and the verdict follows. Raises _Over and BadInput."""
    try:
        update = await handle.start_update(
            name,
            message,
            id=_update_id(name, message),
            wait_for_stage=WorkflowUpdateStage.ACCEPTED,
            result_type=Verdict,
            rpc_timeout=PATIENCE,
        )
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        await _leave(handle, name, message)
        return None
    except RPCError as error:
        raise _over_or(error) from error
    try:
        verdict: Verdict = await update.result(rpc_timeout=VERDICT)
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        return None
    except WorkflowUpdateFailedError as error:
        raise _misheard(error) from error
    except RPCError as error:
        raise _over_or(error) from error
    return verdict


def _update_id(name: str, message: dict[str, Any]) -> str:
    """Name an update so that its repeat, and nobody else's message, gets the same answer from the server."""
    who = message.get("by") or message.get("rep_id") or ""
    # The key of an undo is that of what it takes back: whether it may be is asked each time.
    again = f" {mint_lead_id()}" if name == "undo" else ""
    return f"{name} {who} {message['key']}{again}"


async def _leave(handle: WorkflowHandle[Any, Any], name: str, message: dict[str, Any]) -> None:
    """Leave a message that is durable once the server has taken it, whether or not a worker runs."""
    try:
        await handle.signal(name, message, rpc_timeout=PATIENCE)
    except RPCError as error:
        raise _over_or(error) from error


def _over_or(error: RPCError) -> Exception:
    return _Over() if reach.knows_no_workflow(error) else error


def _misheard(error: WorkflowUpdateFailedError) -> Exception:
    """Tell a message that the workflow could not read from one that it ended under."""
    if isinstance(error.cause, ApplicationError) and error.cause.type == MALFORMED:
        return BadInput(error.cause.message)
    return _Over()

"""Saying something to a lead: an update that is answered, or when no worker answers in time, the same as a signal.

Both carry the same key, so that whichever arrives first counts and the other changes nothing. While Temporal itself is
away the message is kept in the database, and said once it is back. What was only recorded is never called accepted;
its verdict goes to whoever said it. A lead that has ended is answered from the database.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.client import (
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from models.base import Problem, Refused
from models.lead import ENDED
from models.messages import Event, Verdict, prospects
from policy.spelling import did_you_mean
from runtime import clock
from runtime.client import TemporalUnreachable, connection
from runtime.errands import knows_no_workflow
from runtime.intake.taking import mint_lead_id
from runtime.line import Line
from runtime.store import Store
from runtime.talking.answers import (
    AWAY,
    NO_WORKER,
    NOT_STARTED,
    Answer,
    NoSuchLead,
    Outcome,
    from_database,
    recorded,
    told,
)
from runtime.talking.inbox import inbox_row
from workflows.listening import MALFORMED, read
from workflows.names import workflow_id

__all__ = ["Answer", "NoSuchLead", "Outcome", "Speaker"]

PATIENCE = timedelta(seconds=2)
"""How long a worker may take to hear an update before it is left as a signal."""

ANSWERS = frozenset({"accept", "decline", "snooze", "undo", "contacted"})
"""What reps say of an offer of theirs: there is none before the lead is started."""

ROSTERED = {"reassign": "rep_id", "handover": "rep_id", "take": "by"}
"""Whose id has to be in the roster, message by message: they are to get the lead, if anybody is named."""


class _Over(Exception):
    """No workflow of this lead is running."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says messages to leads. `keeps`: what Temporal cannot take now is kept in the database, else it is an error."""

    line: Line
    store: Store
    keeps: bool = True

    async def say(
        self,
        name: str,
        lead_id: str,
        message: Mapping[str, Any],
        *,
        patience: timedelta = PATIENCE,
        verdict: timedelta | None = None,
        left: bool = False,
    ) -> Answer:
        """Say a message (`models.messages.MESSAGES`) to a lead and give the answer.

        `patience`: how long a worker may take to hear it; `verdict` (left out: as long again): how long more the
        verdict may take. Without a key it gets a fresh one; `left`: under this key it was left as a signal before. What
        is recorded is said with `report`: its verdict goes to whoever said it. Raises `Refused` naming each wrong
        field, `NoSuchLead`, `DatabaseUnreachable`; where nothing is to be kept also `TemporalUnreachable` and
        `RPCError`.
        """
        said = _read(name, message)
        if (field := ROSTERED.get(name)) is not None and field in said:
            await self._check_person(said[field], field)
        try:
            handle = (await self.line.client()).get_workflow_handle(workflow_id(lead_id))
            found = await self._ask(handle, name, said, patience, verdict or patience, left=left)
        except _Over:
            return await self._without_workflow(name, lead_id, said)
        except (TemporalUnreachable, RPCError):
            if not self.keeps:
                raise
            return await self._keep(name, lead_id, said)
        return recorded(lead_id, said["key"], NO_WORKER) if found is None else told(found, said["key"])

    async def _check_person(self, person: str, field: str) -> None:
        """Refuse to give a lead to somebody whom nobody knows."""
        roster = await self.store.rosters.load()
        if roster is None:
            raise _refused(field, "nobody is known yet; load a roster first (roster load FILE)")
        known = [one.id for one in (*roster.reps, *roster.managers)]
        if person not in known:
            raise _refused(field, f"{person} is nobody in the roster{did_you_mean(person, known)}")

    async def _ask(
        self,
        handle: WorkflowHandle[Any, Any],
        name: str,
        said: dict[str, Any],
        patience: timedelta,
        verdict: timedelta,
        *,
        left: bool,
    ) -> Verdict | None:
        """Get the verdict; None when it was left durably and the verdict follows. Raises as `say`, and `_Over`."""
        try:
            async with asyncio.timeout(_bound(patience)):
                update = await handle.start_update(
                    name,
                    said,
                    id=_update_id(name, said),
                    wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                    result_type=Verdict,
                    rpc_timeout=patience,
                )
            async with asyncio.timeout(_bound(verdict)):
                found: Verdict = await update.result(rpc_timeout=verdict)
        except (WorkflowUpdateRPCTimeoutOrCancelledError, TimeoutError):
            # One that was heard is durable by now: the signal, by its key the same, only asks for the report.
            if not left:
                await _leave(handle, name, said, patience)
            return None
        except WorkflowUpdateFailedError as error:
            raise _misheard(error) from error
        except RPCError as error:
            raise _over_or(error) from error
        return found

    async def _without_workflow(self, name: str, lead_id: str, said: dict[str, Any]) -> Answer:
        """Answer for a lead of which no workflow runs; what a lead that is to be started can hear then, waits."""
        waits = self.keeps and name not in ANSWERS and await self.store.outbox.awaits_start(lead_id)
        if not waits:
            return await from_database(self.store, name, lead_id, said)
        await self._put(name, lead_id, said)
        return recorded(lead_id, said["key"], NOT_STARTED)

    async def _keep(self, name: str, lead_id: str, said: dict[str, Any]) -> Answer:
        """Keep a message in the database until Temporal is back, unless the database knows the answer."""
        card = await self.store.leads.get(lead_id)
        if card is None and await inbox_row(self.store, lead_id) is None:
            raise NoSuchLead(lead_id)
        over = card.stage in ENDED if card else name in ANSWERS
        if over:
            return await from_database(self.store, name, lead_id, said)
        await self._put(name, lead_id, said)
        return recorded(lead_id, said["key"], AWAY)

    async def _put(self, name: str, lead_id: str, said: dict[str, Any]) -> None:
        await self.store.outbox.say(lead_id, name, said | {"report": True}, at=clock.now())


def _read(name: str, message: Mapping[str, Any]) -> dict[str, Any]:
    """Make of what was said what goes over the wire, under a key; what a lead could not read is refused here.

    Raises `Refused`.
    """
    said = {field: value for field, value in message.items() if value is not None and field != "report"}
    said.setdefault("key", mint_lead_id())
    heard = read(name, said | {"report": True}, ())
    if isinstance(heard, Event):
        try:
            prospects(heard.kind)
        except ValueError as error:
            raise _refused("kind", str(error)) from None
    return said


def _update_id(name: str, said: Mapping[str, Any]) -> str:
    """Name an update so that its repeat, and nobody else's message, gets the same answer from the server."""
    who = said.get("by") or said.get("rep_id") or ""
    # The key of an undo is that of what it takes back: whether it may be is asked each time.
    again = f" {mint_lead_id()}" if name == "undo" else ""
    return f"{name} {who} {said['key']}{again}"


async def _leave(handle: WorkflowHandle[Any, Any], name: str, said: dict[str, Any], patience: timedelta) -> None:
    """Leave a message that is durable once the server has taken it, whether or not a worker runs. Raises as `_ask`."""
    try:
        async with asyncio.timeout(_bound(patience)):
            await handle.signal(name, said | {"report": True}, rpc_timeout=patience)
    except RPCError as error:
        raise _over_or(error) from error
    except TimeoutError:
        raise TemporalUnreachable(connection()["target_host"], f"no answer in {patience.total_seconds():g} s") from None


def _bound(patience: timedelta) -> float:
    """Bound a call by a little more than it has, in seconds: its client goes on trying where nobody listens."""
    return patience.total_seconds() + 0.1


def _over_or(error: RPCError) -> Exception:
    return _Over() if knows_no_workflow(error) else error


def _misheard(error: WorkflowUpdateFailedError) -> Exception:
    """Tell a message that the workflow could not read from one that it ended under."""
    if isinstance(error.cause, ApplicationError) and error.cause.type == MALFORMED:
        return _refused("", error.cause.message)
    return _Over()


def _refused(field: str, what: str) -> Refused:
    return Refused((Problem(field=field, what=what),))

"""Runs the errands that transactions left behind: each tells one lead's workflow something, at least once.

A workflow that has ended is told nothing, and the errand says so. What fails waits longer each time and holds up no
other. This room refuses to know why an errand was written: that is the database's.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from db.engine import DatabaseUnreachable
from db.holding import UnknownLead
from db.leads import Leads
from db.outbox import Outbox, Task
from db.owner_changes import CannotOwn, OwnerChanges
from db.tables.words import Errand
from models.orders import Tell
from runtime.client import RPC_PATIENCE, is_away
from runtime.talking.answers import Outcome, late
from workflows import names

log = structlog.stdlib.get_logger("baton.dispatcher")

RETRY = timedelta(seconds=2)
"""After which a start or an errand that failed is tried again; twice as long after each further attempt."""

LONGEST_RETRY = timedelta(minutes=1)

NOBODY_THERE = "Temporal knows no running workflow of this lead"

NOT_STARTED = "the lead is acknowledged, and its workflow is not started yet"

LATE_REPORTS = 1_000_000
"""Rung numbers from here on key verdicts on messages that came when their lead had ended, by errand."""

HANDOVER = "handover"
"""The message by which whoever holds a lead leaves it (`models.messages.MESSAGES`)."""


class Errands:
    """Tells workflows what there is to do."""

    def __init__(self, outbox: Outbox, client: Client, queue: str, clock: Callable[[], datetime]) -> None:
        self._outbox, self._client, self._queue, self._clock = outbox, client, queue, clock
        self._leads = Leads(outbox.database)

    async def run(self, task: Task) -> None:
        """Tell a lead's workflow what a claimed errand is about.

        Raises `RPCError` only while Temporal is away, `DatabaseUnreachable` while that is.
        """
        try:
            await self._run(task)
        except DatabaseUnreachable:
            raise
        except RPCError as error:
            await self._later(task, error)
        except Exception as error:  # whatever it is about this one, the others are not to blame
            because = type(error).__name__
            log.exception("errand_failed", lead_id=task.lead_id, what=task.what, because=because, attempt=task.attempts)
            await self._outbox.failed(task.id, because, retry_at=self._clock() + back_off(task.attempts))

    async def _run(self, task: Task) -> None:
        signal, argument = _said(task)
        because: str | None = ""
        if not await self._signal(task.lead_id, signal, argument):
            because = await self._unheard(task, signal, argument)
        if because is not None:
            await self._outbox.done(task.id, at=self._clock(), because=because)

    async def _unheard(self, task: Task, signal: str, argument: Any) -> str | None:
        """Say why an errand is done though no workflow of its lead runs; None where the outbox knows already.

        Raises `RPCError`.
        """
        if task.what is Errand.SAY:
            if await self._outbox.awaits_start(task.lead_id):  # it is heard once the lead is there
                await self._outbox.failed(task.id, NOT_STARTED, retry_at=self._clock() + RETRY)
                return None
            if await self._signal(task.lead_id, signal, argument):  # it was started in this very moment
                return ""
        if (alone := await self._outbox.let_in_alone(task, at=self._clock())) is not None:
            log.info("lead_came_too_late_to_fold", lead_id=alone, into=task.lead_id)
            return None
        if task.what is Errand.WAKE:
            log.info("nobody_to_wake", lead_id=task.lead_id)
            return NOBODY_THERE
        if task.what is Errand.SAY and (late := await self._in_the_crm(task)) is not None:
            return late
        if task.what is Errand.SAY:
            await self._report(task)
        log.info("nobody_to_tell", lead_id=task.lead_id, what=task.what)
        return NOBODY_THERE

    async def _in_the_crm(self, task: Task) -> str | None:
        """Follow a change of owner in the CRM although the lead's workflow has ended; None where it is none."""
        try:
            followed = await OwnerChanges(self._outbox.database).unheard(task.lead_id, task.body, now=self._clock())
        except (CannotOwn, UnknownLead) as cannot:
            return str(cannot)
        return None if followed is None else followed.because

    async def _signal(self, lead_id: str, signal: str, argument: Any) -> bool:
        """Tell a lead's workflow something; False where none runs. Raises `RPCError`."""
        try:
            handle = self._client.get_workflow_handle(names.workflow_id(lead_id))
            await handle.signal(signal, argument, rpc_timeout=RPC_PATIENCE)
        except RPCError as error:
            if not knows_no_workflow(error):
                raise
            return False
        return True

    async def _report(self, task: Task) -> None:
        """Have whoever left a message for a lead that has ended told so: they wait for a verdict. Raises `RPCError`."""
        name, said = str(task.body["name"]), task.body["message"]
        who = said.get("by") or said.get("rep_id")
        card = await self._leads.get(task.lead_id) if who and said.get("report") else None
        if card is None:
            return
        outcome, because = late(card, name, said)
        order = Tell(
            lead_id=task.lead_id,
            kind="verdict",
            done=outcome is Outcome.DONE,
            rep_id=who,
            offer=said.get("offer") or card.offer,
            rung=LATE_REPORTS + task.id,
            sentence=f"You said {name}: {because}.",
        )
        with suppress(WorkflowAlreadyStartedError):  # then it was told before
            await self._client.start_workflow(
                names.REPORT,
                order,
                id=f"report-{task.lead_id}-{task.id}",
                task_queue=self._queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary=f"verdict on {name} of lead {task.lead_id}",
                rpc_timeout=RPC_PATIENCE,
            )

    async def _later(self, task: Task, error: RPCError) -> None:
        """Note that an errand is to be tried again. Raises the error while Temporal is away."""
        away = is_away(error)
        again = self._clock() + (RETRY if away else back_off(task.attempts))
        await self._outbox.failed(task.id, error.message, retry_at=again)
        if away:
            raise error
        if task.what is Errand.WAKE:
            log.error("lead_not_woken", lead_id=task.lead_id, because=error.message, attempt=task.attempts)
        else:
            told = {"lead_id": task.lead_id, "what": task.what}
            log.error("lead_not_told", **told, because=error.message, attempt=task.attempts)


def back_off(attempts: int) -> timedelta:
    """Say how long what failed so many times in a row waits for its next turn."""
    doublings = min(max(attempts - 1, 0), 10)
    return min(RETRY * (1 << doublings), LONGEST_RETRY)


def knows_no_workflow(error: RPCError) -> bool:
    """Tell a Temporal that knows no running workflow of an id from one where the whole namespace is missing."""
    if error.status is not RPCStatusCode.NOT_FOUND:
        return False
    details = [detail.type_url for detail in error.grpc_status.details]
    return not any("NamespaceNotFound" in one for one in details) and "amespace" not in error.message


def _said(task: Task) -> tuple[str, Any]:
    """Give an errand as the signal that its lead's workflow hears, and what it says.

    Raises `ValueError` for what is said to nobody: a chore's errand.
    """
    because = str(task.body.get("because", "a place came free"))
    match task.what:
        case Errand.WAKE:
            return names.WAKE, because
        case Errand.RECONSIDER:
            return names.RECONSIDER, {"because": because}
        case Errand.HANDOVER:
            said = {name: task.body.get(name) for name in ("by", "reason", "rep_id")}
            return HANDOVER, {**said, "holder": task.body.get("from"), "key": f"handover-{task.id}"}
        case Errand.SAY:
            return str(task.body["name"]), task.body["message"]
        case Errand.REFRESH | Errand.ERASE | Errand.ENRICH:
            raise ValueError(f"{task.what} is nothing that a lead's workflow is told")

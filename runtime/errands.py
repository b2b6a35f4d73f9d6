"""Runs the errands that transactions left behind: each tells one lead's workflow something, at least once.

A workflow that has ended is told nothing, and the errand says so. What fails waits longer each time and holds up no
other. This room refuses to know why an errand was written: that is the database's.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from db.outbox import Outbox, Task
from db.tables.words import Errand
from runtime.client import RPC_PATIENCE, is_away
from workflows import names

log = structlog.stdlib.get_logger("baton.dispatcher")

RETRY = timedelta(seconds=2)
"""After which a start or an errand that failed is tried again; twice as long after each further attempt."""

LONGEST_RETRY = timedelta(minutes=1)

NOBODY_THERE = "Temporal knows no running workflow of this lead"

NOT_STARTED = "the lead is acknowledged, and its workflow is not started yet"

HANDOVER = "handover"
"""The message by which whoever holds a lead leaves it (`models.messages.MESSAGES`)."""


class Errands:
    """Tells workflows what there is to do."""

    def __init__(self, outbox: Outbox, client: Client, clock: Callable[[], datetime]) -> None:
        self._outbox, self._client, self._clock = outbox, client, clock

    async def run(self, task: Task) -> None:
        """Tell a lead's workflow what a claimed errand is about. Raises `RPCError` only while Temporal is away."""
        handle = self._client.get_workflow_handle(names.workflow_id(task.lead_id))
        signal, argument = _said(task)
        because = ""
        try:
            await handle.signal(signal, argument, rpc_timeout=RPC_PATIENCE)
        except RPCError as error:
            if not knows_no_workflow(error):
                await self._later(task, error)
                return
            if task.what is Errand.SAY and await self._outbox.awaits_start(task.lead_id):
                # It is heard once the lead is there.
                await self._outbox.failed(task.id, NOT_STARTED, retry_at=self._clock() + RETRY)
                return
            if (alone := await self._outbox.let_in_alone(task, at=self._clock())) is not None:
                log.info("lead_came_too_late_to_fold", lead_id=alone, into=task.lead_id)
                return
            because = NOBODY_THERE
            if task.what is Errand.WAKE:
                log.info("nobody_to_wake", lead_id=task.lead_id)
            else:
                log.info("nobody_to_tell", lead_id=task.lead_id, what=task.what)
        await self._outbox.done(task.id, at=self._clock(), because=because)

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
        case Errand.REFRESH | Errand.ERASE:
            raise ValueError(f"{task.what} is nothing that a lead's workflow is told")

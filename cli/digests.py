"""A manager's digest at the command line: what it says now, and sent before its time (R32, R50)."""

import asyncio
from datetime import datetime, timedelta

from temporalio.common import WorkflowIDConflictPolicy

from cli import reach
from cli.exits import BadInput, Code
from cli.known import roster_in
from cli.output import complain, say, say_json
from config.settings import Settings
from models.decisions import Delivery, DeliveryState
from policy.spelling import did_you_mean
from runtime import clock
from runtime.digesting import Composed, UnknownManager, digest_now
from workflows import names

PATIENCE = timedelta(seconds=30)
"""How long sending may take before the command stops waiting for it: it may be quiet there for hours."""


def digest(manager_id: str, send: bool, as_json: bool) -> int:
    """Print what a manager's digest says now, and send it if asked. Raises BadInput."""
    settings = reach.settings()
    composed = reach.carry_out(_composed(settings, manager_id, clock.now()))
    delivery = reach.carry_out(_send(settings, manager_id)) if send and composed else None
    if as_json:
        said = {"subject": composed.subject, "text": composed.text} if composed else {"subject": None, "text": None}
        sent = delivery.model_dump(mode="json") if delivery else None
        say_json({"manager_id": manager_id, **said, "sent": sent})
    elif composed is None:
        say(f"There is nothing to say to {manager_id}, so nothing is sent.")
    else:
        say(composed.subject, "", *composed.text.splitlines())
    if delivery is not None:
        complain(_told(manager_id, delivery))
    return Code.REFUSED if delivery and delivery.state is DeliveryState.UNDELIVERABLE else Code.DONE


async def _composed(settings: Settings, manager_id: str, at: datetime) -> Composed | None:
    async with reach.store(settings) as store:
        roster = await roster_in(store)
        try:
            return await digest_now(store, manager_id, at)
        except UnknownManager:
            known = [one.id for one in roster.managers]
            hint = did_you_mean(manager_id, known)
            raise BadInput(f"MANAGER: {manager_id} is nobody in the roster{hint}") from None


async def _send(settings: Settings, manager_id: str) -> Delivery:
    """Have a worker send it; one that waits for the end of quiet hours is told as such."""
    client = await reach.temporal()
    handle = await client.start_workflow(
        names.DIGEST,
        manager_id,
        id=f"digest-now-{manager_id}",
        task_queue=settings.task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        result_type=Delivery,
        static_summary=f"digest for {manager_id}, now",
    )
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            delivery: Delivery = await handle.result()
    except TimeoutError:
        because = "no worker has sent it yet, or it is quiet there; it goes out by itself"
        return Delivery(state=DeliveryState.LATER, person_id=manager_id, because=because)
    return delivery


def _told(manager_id: str, delivery: Delivery) -> str:
    if delivery.state is DeliveryState.DELIVERED:
        over = f" over {delivery.channel}" if delivery.channel else ""
        return f"Sent to {manager_id}{over}; one a day, so today's comes no second time."
    return f"{'Not sent' if delivery.state is not DeliveryState.LATER else 'Later'}: {delivery.because}."

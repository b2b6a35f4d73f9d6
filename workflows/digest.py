"""A manager's digest: at their time of day, where their teams stand. One message a day, whatever is retried."""

from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.contract import Digests
    from models.decisions import Delivery, DeliveryState
    from models.orders import SendDigest
    from workflows import names, options
    from workflows.insisting import why

SENDING: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=30),
    "heartbeat_timeout": timedelta(seconds=10),
    "schedule_to_close_timeout": timedelta(hours=2),
    "retry_policy": options.PATIENT,
}
"""Tried for two hours; a digest of this morning is no news in the afternoon."""

TIMES_LATER = 3
"""How often it is put off because it is quiet where it goes."""


@workflow.defn(name=names.DIGEST)
class DigestWorkflow:
    """Send one manager where their teams stand."""

    @workflow.run
    async def run(self, manager_id: str, *_: Any) -> Delivery:
        """Send it, once a day; nothing to say, nothing sent."""
        key = f"digest-{manager_id}-{workflow.now():%Y-%m-%d}"
        delivery = await self.sent(manager_id, key)
        for _time in range(TIMES_LATER):
            if delivery.state is not DeliveryState.LATER or delivery.until is None:
                break
            wait = max(delivery.until - workflow.now(), timedelta(0))
            await workflow.sleep(wait, summary=f"it is quiet at {manager_id}'s until then")
            delivery = await self.sent(manager_id, key)
        workflow.set_current_details(f"{manager_id}: {delivery.state} {delivery.because}".strip())
        return delivery

    async def sent(self, manager_id: str, key: str) -> Delivery:
        """Order it; what goes on failing is undeliverable."""
        order = SendDigest(manager_id=manager_id, at=workflow.now(), key=key)
        try:
            delivery: Delivery = await workflow.execute_activity_method(
                Digests.send_digest, order, summary=f"digest for {order.manager_id}", **SENDING
            )
        except ActivityError as error:
            return Delivery(state=DeliveryState.UNDELIVERABLE, person_id=order.manager_id, because=why(error))
        return delivery

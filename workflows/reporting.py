"""The verdict on a message that came when its lead had ended: told to whoever left it, though no lead is there to.

A running lead reports by itself (`workflows.ladder.reports`). This workflow sends the one message and ends.
"""

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from pydantic import ValidationError

    from activities.contract import Notices
    from models.decisions import Delivery, DeliveryState, Manners
    from models.orders import Tell
    from workflows import names, options
    from workflows.insisting import why


@workflow.defn(name=names.REPORT)
class ReportWorkflow:
    """Tell one person what their message came to."""

    @workflow.run
    async def run(self, raw: Any = None, *_: Any) -> Delivery:
        """Send it once; what goes on failing is undeliverable, and so is what is no order."""
        try:
            order = Tell.model_validate(raw)
        except ValidationError as error:
            because = f"is no order to tell anybody: {error.error_count()} fields are wrong"
            return Delivery(state=DeliveryState.UNDELIVERABLE, person_id=None, because=because)
        try:
            delivery: Delivery = await workflow.execute_activity_method(
                Notices.notify, order, summary=f"verdict: tell {order.rep_id}", **options.telling(Manners())
            )
        except ActivityError as error:
            return Delivery(state=DeliveryState.UNDELIVERABLE, person_id=order.rep_id, because=why(error))
        return delivery

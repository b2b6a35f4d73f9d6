"""The auditor: on a schedule, prove that no lead is forgotten. Survey, look at each suspect, write down what was found.

It decides nothing itself, and it never gives up on a database or a Temporal that is away: an audit that comes late is
late, and the outside watch hears of the silence.
"""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.contract import Audits
    from models.audit import Audit, Finding, Found, Surveyed, Suspect
    from models.orders import CloseAudit, Examine, Survey
    from workflows import names, options
    from workflows.insisting import why

AT_ONCE = 5
"""So many suspects are looked at at the same time: none waits long for one that has to be healed."""

ASKING: dict[str, Any] = {**options.UNTIL_DONE, "start_to_close_timeout": timedelta(seconds=30)}
"""Without end: it is not the audit that decides how long an outage lasts."""

EXAMINING: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=60),
    "schedule_to_close_timeout": timedelta(minutes=5),
    "retry_policy": options.PATIENT,
}
"""One suspect that cannot be looked at must not keep the others from it."""


@workflow.defn(name=names.AUDIT)
class AuditWorkflow:
    """Go through the leads that look forgotten."""

    @workflow.run
    async def run(self, *_: Any) -> Audit:
        """Prove every open lead, heal what can be healed, and say what could not."""
        began_at = workflow.now()
        surveyed: Surveyed = await workflow.execute_activity_method(
            Audits.survey, Survey(at=began_at), summary="name the leads that look forgotten", **ASKING
        )
        found: list[Finding] = []
        for first in range(0, len(surveyed.suspects), AT_ONCE):
            some = surveyed.suspects[first : first + AT_ONCE]
            found += await asyncio.gather(*(self.examine(one) for one in some))
            workflow.set_current_details(_page(surveyed, found))
        order = CloseAudit(
            audit_id=workflow.info().run_id,
            began_at=began_at,
            at=workflow.now(),
            open_leads=surveyed.open_leads,
            suspects=len(surveyed.suspects) + surveyed.more,
            found=tuple(found),
        )
        audit: Audit = await workflow.execute_activity_method(
            Audits.close_audit, order, summary="write down what was found", **ASKING
        )
        workflow.set_current_details(_page(surveyed, found))
        return audit

    async def examine(self, suspect: Suspect) -> Finding:
        """Look at one suspect; one that cannot be looked at is not healed."""
        order = Examine(lead_id=suspect.lead_id, suspicion=suspect.suspicion, at=workflow.now())
        try:
            finding: Finding = await workflow.execute_activity_method(
                Audits.examine, order, summary=f"{suspect.lead_id} {suspect.suspicion}"[:200], **EXAMINING
            )
        except ActivityError as error:
            because = f"it could not be looked at: {why(error)}"[:500]
            return Finding(**suspect.model_dump(), found=Found.UNHEALED, because=because)
        return finding


def _page(surveyed: Surveyed, found: list[Finding]) -> str:
    """Write what the Web UI shows."""
    lines = [f"{surveyed.open_leads} leads are open, {len(surveyed.suspects) + surveyed.more} of them suspected.", ""]
    lines += [f"- **{one.found}** {one.lead_id} {one.suspicion}: {one.because}" for one in found[-50:]]
    return "\n".join(lines)

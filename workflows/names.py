"""Names that the outside relies on (contract, section 3)."""

from temporalio.common import SearchAttributeKey

TASK_QUEUE = "leads"
WORKFLOW = "LeadWorkflow"
PREFIX = "lead-"

WAKE = "wake"
"""Signal of Baton's own dispatcher to a held lead: a place came free."""

FOLD = "fold"
FOLDED = "folded"
"""Signals between two leads of one person: take my touch in; whether it was."""

RECONSIDER = "reconsider"
"""Signal of Baton's own dispatcher to a lead whose holder's roster entry or calendar has changed."""

NUDGE = "nudge"
"""Signal of the auditor: look at the clock, and write down again where you stand."""

AUDIT = "AuditWorkflow"
DIGEST = "DigestWorkflow"
"""Workflows that schedules start: the auditor, and each manager's digest."""

REPORT = "ReportWorkflow"
"""The verdict on a message that came when its lead had ended, on its way to whoever left it."""

LATE_ALERTS = "late-alerts-are-written-down"
"""Mark in the histories of leads whose last alert came back after they had ended (`workflow.patched`)."""

SNOOZE_REMINDS = "a-snooze-ends-with-a-reminder"
"""Mark in the histories of leads that were snoozed since a snooze ends with a reminder."""

PERSONS_END_OFFERS = "an-offer-that-a-person-ends-has-not-run-out"
"""Mark in the histories of leads that a manager moved on since an offer that they end has not run out."""

PERSONS_WAIT = "a-person-waits-for-the-order-that-is-out"
"""Mark in the histories of leads that somebody asked for while the machine had an order out: they wait their turn."""

STAGE = SearchAttributeKey.for_keyword("LeadStage")
OWNER = SearchAttributeKey.for_keyword("LeadOwner")
TEAM = SearchAttributeKey.for_keyword("LeadTeam")
REGION = SearchAttributeKey.for_keyword("LeadRegion")
TYPE = SearchAttributeKey.for_keyword("LeadType")
INTENT = SearchAttributeKey.for_keyword("LeadIntent")
FIT = SearchAttributeKey.for_keyword("LeadFit")
POLICY = SearchAttributeKey.for_keyword("LeadPolicy")
SCORE = SearchAttributeKey.for_int("LeadScore")
RUNG = SearchAttributeKey.for_int("LeadRung")
DUE_AT = SearchAttributeKey.for_datetime("LeadDueAt")
RECEIVED_AT = SearchAttributeKey.for_datetime("LeadReceivedAt")
BREACHED = SearchAttributeKey.for_bool("LeadBreached")

SEARCH_ATTRIBUTES = (
    STAGE,
    OWNER,
    TEAM,
    REGION,
    TYPE,
    INTENT,
    FIT,
    POLICY,
    SCORE,
    RUNG,
    DUE_AT,
    RECEIVED_AT,
    BREACHED,
)
"""All of them; none holds personal data."""


def workflow_id(lead_id: str) -> str:
    """Name the workflow of a lead."""
    return PREFIX + lead_id

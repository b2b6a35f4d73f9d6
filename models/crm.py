"""What a CRM is told of a lead, and what its fields are called (R47, R54).

Only fields of Baton's own, the owner, and what the CRM does not know of the person yet: statuses and stages of the
CRM's own are its people's to set, and are read (`config/sources`), never written.
"""

from enum import StrEnum

from pydantic import Field

from models.base import Outside


class CrmField(StrEnum):
    """One thing told of a lead beside its owner and its person; `likelihood` in whole percent."""

    LEAD_ID = "lead_id"
    STAGE = "stage"
    NEXT_STEP = "next_step"
    DUE_AT = "due_at"
    SCORE = "score"
    REASONS = "reasons"
    INTENT = "intent"
    FIT = "fit"
    LIKELIHOOD = "likelihood"
    RESPONSIBLE = "responsible"
    SOURCE = "source"
    OUTCOME = "outcome"
    TASK_ID = "task_id"


class CrmFields(Outside):
    """What the CRM's fields are called where they are not called as the documentation says; null: not told."""

    fields: dict[CrmField, str | None] = Field(
        default_factory=dict, description="our name of a field to the CRM's; null: it is not told"
    )

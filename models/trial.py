"""What is tried on real leads before it is published: a shadow, which acts on nothing, or an experiment."""

from datetime import timedelta
from enum import StrEnum

from pydantic import Field, model_validator

from models.base import Inside, Instant


class TrialKind(StrEnum):
    """How a draft is tried: beside the published policy, or on a share of new leads."""

    SHADOW = "shadow"
    EXPERIMENT = "experiment"


class TrialEnd(StrEnum):
    """How a trial ended."""

    STOPPED = "stopped"
    ADOPTED = "adopted"


class Goal(StrEnum):
    """What counts as a conversion.

    `accepted`: somebody took the lead. `contacted`: first touch. `qualified`: its outcome was `qualified` or `won`,
    and not taken back since by `bad` or `unreachable`. `won`: its newest outcome is.
    """

    ACCEPTED = "accepted"
    CONTACTED = "contacted"
    QUALIFIED = "qualified"
    WON = "won"


class ExperimentPlan(Inside):
    """What was fixed before the first lead: share, goal, and where the experiment ends.

    It ends when the smaller arm has `sample` leads, or at `until`, and every lead's time for the goal has passed.
    """

    share: float = Field(gt=0, lt=1, description="the variant's part of new leads")
    goal: Goal
    within: timedelta = Field(description="from when a lead was let in; a later conversion does not count")
    sample: int | None = Field(None, ge=1, description="leads of the smaller arm")
    until: Instant | None = None
    alpha: float = Field(0.05, gt=0, lt=1, description="how often chance alone may look like a winner")
    power: float | None = Field(None, description="with `baseline` and `effect`: how the sample was found")
    baseline: float | None = None
    effect: float | None = None

    @model_validator(mode="after")
    def _ends(self) -> "ExperimentPlan":
        if (self.sample is None) == (self.until is None):
            raise ValueError("an experiment ends at a sample or at an instant: say one of them")
        return self

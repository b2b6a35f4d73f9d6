"""A learned score as it is written down: readable JSON, so that anybody can check it and nothing is executed (R38).

Evaluation is `policy/learning/`; fitting needs the `train` extra.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from models.base import Inside, Instant

VERSION = r"^[a-z0-9][a-z0-9._-]{0,63}$"
"""What a version may be called."""


class ModelState(StrEnum):
    """How far a model has come: trained, then looking on, then its likelihood counts, then followed by another."""

    DRAFT = "draft"
    SHADOW = "shadow"
    PUBLISHED = "published"
    RETIRED = "retired"


class Term(Inside):
    """One feature and its weight in log-odds; with `and_also` it counts only where both hold (an interaction)."""

    feature: str
    and_also: str | None = None
    weight: float


class CalibrationPoint(Inside):
    """Of leads that were given `said` on average, `came` converted; `n` of them."""

    said: float
    came: float
    n: int


class LogisticModel(Inside):
    """Logistic regression: log-odds are `base` and the weights of the features that hold, after calibration.

    `slope` and `shift` calibrate: log-odds are `slope * raw + shift`; the weights told as reasons hold the slope.
    """

    kind: Literal["logistic"] = "logistic"
    base: float
    terms: tuple[Term, ...]
    slope: float = 1.0
    shift: float = 0.0
    features: tuple[str, ...] = Field((), description="features that were seen often enough to be considered")


class Count(Inside):
    """In how many converted leads, and in how many others, a feature held."""

    good: int = Field(0, ge=0)
    bad: int = Field(0, ge=0)


class BayesModel(Inside):
    """Naive Bayes over counts that grow with each outcome: smoothed, and no feature counts more than `clamp`."""

    kind: Literal["bayes"] = "bayes"
    smoothing: float = Field(1.0, gt=0)
    clamp: float = Field(2.0, gt=0, description="log-odds that one feature may bring at most")
    total: Count
    counts: dict[str, Count] = Field(default_factory=dict)


class ModelReport(Inside):
    """How good a model was on leads that it had not seen: later ones than it was trained on."""

    trained_on: int
    conversions: int
    tested_on: int
    test_conversions: int
    since: Instant | None = None
    split_at: Instant | None = None
    until: Instant | None = None
    auc: float | None = None
    auc_points: float | None = Field(None, description="of the points model on the same leads")
    brier: float | None = None
    brier_base: float | None = Field(None, description="of saying the base rate each time")
    calibration: tuple[CalibrationPoint, ...] = ()


class ScoreModel(Inside):
    """One version of a learned score, as it is exported, published and replayed."""

    version: str = Field(pattern=VERSION)
    trained_at: Instant
    policy: str | None = Field(None, description="the policy whose points it was compared with")
    body: Annotated[LogisticModel | BayesModel, Field(discriminator="kind")]
    report: ModelReport

"""One examination of a score on leads that it has not seen: every measure, beside the points' (R38, R40).

This room refuses to choose the leads: whoever does takes later ones than the model was trained on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models.learning import ModelReport
from policy.learning.measures import Advice, Band, Lift, advise, auc, bands, brier, calibration, lifts

LIKELIHOOD_BANDS = (0.05, 0.1, 0.2, 0.4, 0.6)
POINT_BANDS = (0.0, 10.0, 20.0, 40.0)


@dataclass(frozen=True, slots=True)
class Examined:
    """What an examination found; without `points` nothing is compared with them."""

    report: ModelReport
    lifts: tuple[Lift, ...]
    bands: tuple[Band, ...]
    lifts_of_points: tuple[Lift, ...] = ()
    bands_of_points: tuple[Band, ...] = ()
    advice: Advice | None = None


@dataclass(frozen=True, slots=True)
class Learnt:
    """The leads that a model was trained on: how many, how many of them converted, and from when to when."""

    leads: int
    converted: int
    since: datetime | None = None
    until: datetime | None = None

    @property
    def rate(self) -> float:
        """Give the base rate: what whoever knows nothing else would say of each lead."""
        return self.converted / self.leads if self.leads else 0.0


def examine(
    learnt: Learnt,
    said: Sequence[float],
    came: Sequence[bool],
    *,
    points: Sequence[float] | None = None,
    threshold: float | None = None,
    split_at: datetime | None = None,
    until: datetime | None = None,
) -> Examined:
    """Hold the likelihoods of leads, and their points if there are any, against what became of them.

    `threshold`: the points above which a lead is marketing-qualified, for advice on it.
    """
    report = ModelReport(
        trained_on=learnt.leads,
        conversions=learnt.converted,
        tested_on=len(came),
        test_conversions=sum(came),
        since=learnt.since,
        split_at=split_at,
        until=until,
        auc=auc(said, came),
        auc_points=None if points is None else auc(points, came),
        brier=brier(said, came),
        brier_base=brier([learnt.rate] * len(came), came),
        calibration=calibration(said, came),
    )
    examined = Examined(report, lifts(said, came), bands(said, came, LIKELIHOOD_BANDS))
    if points is None:
        return examined
    return Examined(
        report,
        examined.lifts,
        examined.bands,
        lifts(points, came),
        bands(points, came, POINT_BANDS),
        None if threshold is None else advise(points, said, came, threshold),
    )

"""How likely a model calls a lead, and which of its features make it so (R38, R39). The same numbers on every machine.

A model adds weights up in log-odds; each reason is one of them, and they add up to the whole exactly. This room refuses
to know where a model comes from.
"""

from collections.abc import Callable, Collection
from math import exp, fsum, log

from models.decisions import Learned, LearnedReason
from models.learning import BayesModel, Count, LogisticModel, ScoreModel
from policy.learning.features import both_hold

Weigh = Callable[[Collection[str]], list[LearnedReason]]
"""Gives the weight, in log-odds, of each feature of a lead that has one; the reasons are made once per model."""


def logistic(log_odds: float) -> float:
    """Turn log-odds into a likelihood between 0 and 1."""
    if log_odds >= 0:
        return 1 / (1 + exp(-log_odds))
    odds = exp(log_odds)
    return odds / (1 + odds)


class Evaluation:
    """One model, ready to be asked about many leads."""

    def __init__(self, model: ScoreModel) -> None:
        self.model = model
        self.base, self._weigh = _ready(model.body)

    def log_odds(self, features: Collection[str]) -> float:
        """Give the log-odds of a lead that has these features."""
        return fsum((self.base, *(one.weight for one in self._weigh(features))))

    def likelihood(self, features: Collection[str]) -> float:
        """Say how likely a lead with these features converts, between 0 and 1."""
        return logistic(self.log_odds(features))

    def learned(self, features: Collection[str], *, needs: int) -> Learned:
        """Say how likely it is and why, the weightiest reason first, and whether there is enough data to trust it.

        `needs`: conversions, and as many leads that did not convert.
        """
        weighed = self._weigh(features)
        log_odds = fsum((self.base, *(one.weight for one in weighed)))
        weighed.sort(key=lambda one: (-abs(one.weight), one.feature))
        because = too_little(self.model, needs)
        return Learned(
            model=self.model.version,
            likelihood=logistic(log_odds),
            log_odds=log_odds,
            base=self.base,
            reasons=tuple(weighed),
            trusted=not because,
            because=because,
        )


def too_little(model: ScoreModel, needs: int) -> str:
    """Say why there is too little data to trust a model; nothing where there is enough (R38)."""
    if isinstance(model.body, BayesModel):
        good, bad = model.body.total.good, model.body.total.bad
    else:
        good, bad = model.report.conversions, model.report.trained_on - model.report.conversions
    if good >= needs and bad >= needs:
        return ""
    return f"too little data: it learned from {good} conversions and {bad} others, and needs {needs} of each"


def bayes_weight(count: Count, total: Count, smoothing: float, clamp: float) -> float:
    """Give what a feature with these counts brings in log-odds, never more than `clamp` either way.

    Half a model that saw nothing: without any count it is 0.
    """
    for_it = (count.good + smoothing) / (total.good + 2 * smoothing)
    against = (count.bad + smoothing) / (total.bad + 2 * smoothing)
    return max(-clamp, min(clamp, log(for_it / against)))


def _ready(body: LogisticModel | BayesModel) -> tuple[float, Weigh]:
    return _logistic_ready(body) if isinstance(body, LogisticModel) else _bayes_ready(body)


def _logistic_ready(body: LogisticModel) -> tuple[float, Weigh]:
    told = [
        (one, LearnedReason(feature=both_hold(one.feature, one.and_also), weight=body.slope * one.weight))
        for one in body.terms
    ]
    alone = [(one.feature, reason) for one, reason in told if one.and_also is None]
    together = [(one.feature, one.and_also, reason) for one, reason in told if one.and_also is not None]

    def weigh(features: Collection[str]) -> list[LearnedReason]:
        found = [reason for feature, reason in alone if feature in features]
        found += [reason for a, b, reason in together if a in features and b in features]
        return found

    return body.slope * body.base + body.shift, weigh


def _bayes_ready(body: BayesModel) -> tuple[float, Weigh]:
    total, smoothing = body.total, body.smoothing
    told = {
        name: LearnedReason(feature=name, weight=bayes_weight(count, total, smoothing, body.clamp))
        for name, count in sorted(body.counts.items())
    }

    def weigh(features: Collection[str]) -> list[LearnedReason]:
        return [told[feature] for feature in sorted(features) if feature in told]

    return log((total.good + smoothing) / (total.bad + smoothing)), weigh

"""What a learned score gives each feature, laid out for people. Asking one about a lead is `evaluating`."""

from models.learning import BayesModel, ScoreModel
from policy.learning.evaluating import bayes_weight
from policy.learning.features import both_hold


def weights(model: ScoreModel) -> list[tuple[str, float]]:
    """Give what each feature brings in log-odds, the weightiest first."""
    body = model.body
    if isinstance(body, BayesModel):
        found = [(name, bayes_weight(one, body.total, body.smoothing, body.clamp)) for name, one in body.counts.items()]
    else:
        found = [(both_hold(one.feature, one.and_also), body.slope * one.weight) for one in body.terms]
    return sorted(found, key=lambda one: (-abs(one[1]), one[0]))

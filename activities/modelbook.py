"""The learned scores in use: the published one, whose likelihood counts, and the one that looks on (R38).

A version stands for one model, so each is made ready once per process; the one that grows with each outcome is put
together from the counts of the lead's own features. What is said is stored with the judgement: nothing is ever worked
out a second time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db.engine import Database
from db.evidence import Evidence
from db.score_models import ScoreModels
from models.decisions import Learned
from models.facts import LeadFacts
from models.lead import Touch
from models.learning import BayesModel, ScoreModel
from policy.learning.bayes import model_of
from policy.learning.evaluating import Evaluation
from policy.learning.features import features


@dataclass(frozen=True, slots=True)
class Asked:
    """How likely the published model calls a lead, which counts, and the one that looks on, which does not."""

    learned: Learned | None = None
    shadow: Learned | None = None


class Modelbook:
    """Asks the learned scores about leads."""

    def __init__(self, database: Database) -> None:
        self._models, self._evidence = ScoreModels(database), Evidence(database)
        self._known: dict[str, ScoreModel] = {}
        self._ready: dict[str, Evaluation] = {}

    async def ask(self, facts: LeadFacts, touches: Sequence[Touch], at: datetime, *, needs: int) -> Asked:
        """Say how likely the models in use call a lead as of `at`.

        `needs`: conversions, and as many others, that a model must have learned from to be trusted.
        """
        published, shadow = await self._models.versions_in_use()
        if published is None and shadow is None:
            return Asked()
        held = features(facts, touches, at)
        return Asked(
            None if published is None else await self._ask(published, held, needs),
            None if shadow is None else await self._ask(shadow, held, needs),
        )

    async def note(self, lead_id: str, asked: Asked, *, points: float, at: datetime) -> None:
        """Keep how likely the models called a lead at its first judgement, to hold its outcome against (R40)."""
        said = [(one.model, one.likelihood) for one in (asked.learned, asked.shadow) if one is not None]
        await self._models.note(lead_id, said, points=points, at=at)

    async def _ask(self, version: str, held: frozenset[str], needs: int) -> Learned:
        model = self._known.get(version)
        if model is None:
            model = self._known[version] = (await self._models.get(version)).model
        if isinstance(model.body, BayesModel):
            counts = model_of(*await self._evidence.of(held))
            return Evaluation(model.model_copy(update={"body": counts})).learned(held, needs=needs)
        if version not in self._ready:
            self._ready[version] = Evaluation(model)
        return self._ready[version].learned(held, needs=needs)

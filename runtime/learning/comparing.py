"""Learned scores and the points held against each other, on leads that none of them has seen (R38)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db.score_models import Kept
from models.learning import ModelState
from policy.compiled import CompiledPolicy
from policy.learning.examining import Examined
from runtime.learning.training import examination, examples, pointed, since_then, unseen
from runtime.store import Store


@dataclass(frozen=True, slots=True)
class Compared:
    """One score on the leads of a comparison."""

    version: str
    auc: float | None
    brier: float | None
    in_top_tenth: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many leads none of the scores has seen, the Brier score of the base rate on them, and each score's."""

    leads: int
    brier_base: float | None
    scores: tuple[Compared, ...]


async def comparison(
    store: Store, compiled: CompiledPolicy | None, versions: Sequence[str] = (), since: datetime | None = None
) -> Comparison:
    """Compare scores; without versions the one that counts, the one that looks on, and the newest draft.

    Raises `UnknownModel`. It reads every lead with an outcome: seconds on a large house, beside the event loop.
    """
    models = store.score_models
    kept = [await models.get(one) for one in versions] if versions else _telling(await models.list())
    splits = [one.model.report.split_at for one in kept]
    since = max((one for one in (*splits, since) if one is not None), default=None)
    parts = await pointed(store.database, compiled, since_then(await examples(store.database), since))
    leads = [*parts.earlier, *parts.later]
    rows, seen, base = list[Compared](), 0, None
    found: Examined | None = None
    for one in kept:
        model, unknown = unseen(one.model, leads, since)
        found = await asyncio.to_thread(examination, model, unknown, compiled)
        seen, base = found.report.tested_on, found.report.brier_base
        rows.append(Compared(model.version, found.report.auc, found.report.brier, _top(found)))
    if found is not None and found.lifts_of_points:
        rows.append(Compared("points", found.report.auc_points, None, found.lifts_of_points[0].lift))
    return Comparison(seen, base, tuple(rows))


def _top(found: Examined) -> float | None:
    return found.lifts[0].lift if found.lifts else None


def _telling(kept: Sequence[Kept]) -> list[Kept]:
    """Choose what is worth comparing: the model that counts, the one that looks on, and the newest draft."""
    chosen = [one for one in kept if one.state in (ModelState.PUBLISHED, ModelState.SHADOW)]
    drafts = [one for one in kept if one.state is ModelState.DRAFT]
    return [*chosen, *drafts[:1]]

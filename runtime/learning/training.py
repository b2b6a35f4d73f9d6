"""From what became of leads to a learned score, and to how good one is on leads that it has not seen (R38, R40).

Leads are split by time: a model is fitted on the earlier ones and examined on the later ones. Fitting runs beside the
event loop. This room refuses to say that a model counts: a person publishes it.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from db.engine import Database
from db.evidence import Evidence
from db.experience import cases, cases_of
from models.learning import BayesModel, LogisticModel, ScoreModel
from policy.compiled import CompiledPolicy
from policy.learning import bayes
from policy.learning.evaluating import Evaluation
from policy.learning.examining import Examined, Learnt, examine
from policy.learning.features import features
from policy.scoring import score
from runtime.learning.fitting import CannotFit, fit

BAYES = "bayes"
"""The version of the model that grows with each outcome: there is one."""

Kind = Literal["logistic", "bayes"]


@dataclass(frozen=True, slots=True)
class Example:
    """One lead with an outcome: what held of it when somebody got it, and whether it converted.

    `points`: those of the examined leads only; adding them up for all would take longer than everything else.
    """

    lead_id: str
    at: datetime
    features: frozenset[str]
    converted: bool
    points: float | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """Earlier leads to learn from, later ones to be examined on, and the instant between them."""

    earlier: Sequence[Example]
    later: Sequence[Example]
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Trained:
    """A model and its examination on the later leads."""

    model: ScoreModel
    examined: Examined


async def examples(db: Database, *, since: datetime | None = None) -> list[Example]:
    """Read every lead with an outcome that was received at `since` or later, earliest first."""
    words: dict[str, str] = {}  # each sentence is kept once, whatever the number of leads that it holds of
    found = [
        Example(
            case.facts.lead_id,
            case.at,
            frozenset(words.setdefault(one, one) for one in features(case.facts, case.touches, case.at)),
            case.converted,
        )
        async for case in cases(db, since=since)
    ]
    return sorted(found, key=lambda one: (one.at, one.lead_id))


async def pointed(db: Database, compiled: CompiledPolicy | None, leads: Split) -> Split:
    """Give the later leads the points that a policy gives them, as of the instant that they count."""
    if compiled is None:
        return leads
    points = {
        case.facts.lead_id: score(compiled, case.facts, case.touches, case.at)[0]
        async for case in cases_of(db, [one.lead_id for one in leads.later])
    }
    return replace(leads, later=[replace(one, points=points.get(one.lead_id)) for one in leads.later])


def split(leads: Sequence[Example], part: float) -> Split:
    """Split leads that are in order of time so that this part is examined; no instant is on both sides."""
    cut = round(len(leads) * (1 - part))
    while 0 < cut < len(leads) and leads[cut].at == leads[cut - 1].at:
        cut -= 1
    return Split(leads[:cut], leads[cut:], leads[cut].at if cut < len(leads) else None)


def since_then(leads: Sequence[Example], at: datetime | None) -> Split:
    """Split leads that are in order of time at an instant; without one all of them are later."""
    earlier = [one for one in leads if at is not None and one.at < at]
    return Split(earlier, leads[len(earlier) :], at)


async def train(
    kind: Kind,
    version: str,
    leads: Split,
    *,
    at: datetime,
    policy: CompiledPolicy | None = None,
    counts: BayesModel | None = None,
) -> Trained:
    """Make a model of the earlier leads and examine it on the later ones.

    `counts`: what the model that grows knows by now, which it goes on with; it is examined by what it would have known.
    Raises `CannotFit`.
    """
    if not leads.earlier or not leads.later:
        raise CannotFit(
            "too few leads have an outcome: some are needed to learn from, and later ones to be examined on"
        )
    held, came = [one.features for one in leads.earlier], [one.converted for one in leads.earlier]
    make: Callable[[Sequence[Collection[str]], Sequence[bool]], LogisticModel | BayesModel]
    make = _fitted if kind == "logistic" else _counted
    body: LogisticModel | BayesModel = await asyncio.to_thread(make, held, came)
    empty = examine(_learnt(leads), [], []).report
    model = ScoreModel(
        version=version, trained_at=at, policy=policy.version if policy else None, body=body, report=empty
    )
    examined = await asyncio.to_thread(examination, model, leads, policy)
    body = counts or body
    return Trained(model.model_copy(update={"report": examined.report, "body": body}), examined)


def examination(model: ScoreModel, leads: Split, policy: CompiledPolicy | None = None) -> Examined:
    """Examine a model, and the points beside it where they are known, on the later leads."""
    evaluation = Evaluation(model)
    said = [evaluation.likelihood(one.features) for one in leads.later]
    points = [one.points for one in leads.later if one.points is not None]
    return examine(
        _learnt(leads),
        said,
        [one.converted for one in leads.later],
        points=points if points and len(points) == len(leads.later) else None,
        threshold=policy.policy.scoring.qualified_above if policy else None,
        split_at=leads.at,
        until=leads.later[-1].at if leads.later else None,
    )


async def grown(db: Database) -> BayesModel:
    """Give what the model that grows knows by now, outcomes from before it was there included."""
    evidence = Evidence(db)
    await evidence.gather()
    return bayes.model_of(*await evidence.all())


def unseen(model: ScoreModel, leads: Sequence[Example], since: datetime | None = None) -> tuple[ScoreModel, Split]:
    """Give a model as it was before leads that it has not seen, and those leads: later than its split, or `since`.

    The one that grows has seen all of them by now, so it is put together as it was then.
    """
    split_at = since_then(leads, max((one for one in (model.report.split_at, since) if one is not None), default=None))
    if isinstance(model.body, BayesModel):
        body = bayes.count((one.features, one.converted) for one in split_at.earlier)
        return model.model_copy(update={"body": body}), split_at
    return model, split_at


def _learnt(leads: Split) -> Learnt:
    earlier = leads.earlier
    since, until = (earlier[0].at, earlier[-1].at) if earlier else (None, None)
    return Learnt(len(earlier), sum(one.converted for one in earlier), since, until)


def _fitted(held: Sequence[Collection[str]], came: Sequence[bool]) -> LogisticModel:
    return fit(held, came)


def _counted(held: Sequence[Collection[str]], came: Sequence[bool]) -> BayesModel:
    return bayes.count(zip(held, came, strict=True))

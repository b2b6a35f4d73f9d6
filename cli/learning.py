"""Learning from outcomes at the command line: trained, examined, and compared with the points (R38, R40)."""

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from activities.policybook import NoPolicy, Policybook
from cli import reach
from cli.exits import BadInput, Code, RefusedByBusiness
from cli.learning_page import advice_lines, examined_lines, number, tables_of
from cli.output import complain, say, say_json, show, table
from cli.typed import read_person, read_since
from db.experience import Told, told
from db.score_models import ModelDiffers, UnknownModel
from models.learning import VERSION, ScoreModel
from policy.compiled import CompiledPolicy
from policy.learning.evaluating import too_little
from policy.learning.examining import Examined
from policy.learning.measures import auc, brier
from runtime import clock
from runtime.learning.comparing import Comparison, comparison
from runtime.learning.fitting import CannotFit
from runtime.learning.training import (
    BAYES,
    Kind,
    Trained,
    examination,
    examples,
    grown,
    pointed,
    split,
    unseen,
)
from runtime.learning.training import train as learn
from runtime.store import Store


@dataclass(frozen=True, slots=True)
class Lesson:
    """What to learn, from which leads, and who asks for it."""

    by: str
    kind: Kind
    version: str | None
    since: str | None
    test: float
    out: str | None


def train(lesson: Lesson, as_json: bool) -> int:
    """Learn from outcomes and keep a draft. Raises BadInput, RefusedByBusiness with too little data, Unreachable."""
    by, since = read_person(lesson.by), _since(lesson.since)
    if lesson.kind == BAYES and lesson.version not in (None, BAYES):
        raise BadInput(f"--version: the score that grows with each outcome is called {BAYES}; there is one")
    if lesson.kind != BAYES and lesson.version == BAYES:
        raise BadInput(f"--version: {BAYES} is the score that grows with each outcome; call this one something else")
    if lesson.version is not None and re.fullmatch(VERSION, lesson.version) is None:
        raise BadInput("--version: at most 64 small letters, digits, dots, dashes and underscores, the first no sign")
    try:
        trained, needs = reach.carry_out(_train(lesson, by, since))
    except CannotFit as error:
        raise RefusedByBusiness(f"refused: {error}") from None
    except ModelDiffers as error:
        raise RefusedByBusiness(f"refused: {error} (--version)") from None
    if lesson.out is not None:
        _write(lesson.out, trained.model)
    if as_json:
        say_json(_document(trained.model, trained.examined))
        return Code.DONE
    say(f"{trained.model.version} is kept as a draft; `score shadow {trained.model.version}` lets it look on.")
    _show(trained.examined)
    if because := too_little(trained.model, needs):
        complain(f"warning: {because}")
    return Code.DONE


async def _train(lesson: Lesson, by: str, since: datetime | None) -> tuple[Trained, int]:
    now = clock.now()
    version = lesson.version or (BAYES if lesson.kind == BAYES else f"{lesson.kind}-{now:%Y%m%d-%H%M}")
    async with reach.store(reach.settings(), migrate=True) as store:
        if lesson.kind != BAYES and version in {one.model.version for one in await store.score_models.list()}:
            raise ModelDiffers(f"{version} is another model already: give this one a name of its own")
        compiled = await _policy(store)
        counts = await grown(store.database) if lesson.kind == BAYES else None
        parts = split(await examples(store.database, since=since), lesson.test)
        leads = await pointed(store.database, compiled, parts)
        trained = await learn(lesson.kind, version, leads, at=now, policy=compiled, counts=counts)
        await store.score_models.add(trained.model, by=by, at=now, replace=lesson.kind == BAYES)
    return trained, compiled.policy.scoring.learned.needs if compiled else 0


def evaluate(version: str, since: str | None, as_json: bool) -> int:
    """Examine a learned score on leads it has not seen. Raises BadInput, Unreachable."""
    try:
        model, examined, said = reach.carry_out(_evaluate(version, _since(since)))
    except UnknownModel as error:
        raise BadInput(f"VERSION: {error}") from None
    when_asked = _when_asked(said)
    if as_json:
        say_json({**_document(model, examined), "when_asked": when_asked})
        return Code.DONE
    _show(examined)
    if said:
        say(
            f"when it was asked: {len(said):,} leads have an outcome by now; AUC {number(when_asked['auc'])}, "
            f"the points {number(when_asked['auc_points'])}, Brier {number(when_asked['brier'], 4)}"
        )
    return Code.DONE


async def _evaluate(version: str, since: datetime | None) -> tuple[ScoreModel, Examined, list[Told]]:
    async with reach.store(reach.settings()) as store:
        kept = await store.score_models.get(version)
        compiled = await _policy(store)
        model, leads = unseen(kept.model, await examples(store.database), since)
        leads = await pointed(store.database, compiled, leads)
        return model, examination(model, leads, compiled), await told(store.database, version)


def _when_asked(said: list[Told]) -> dict[str, Any]:
    likelihoods, came = [one.likelihood for one in said], [one.converted for one in said]
    return {
        "leads": len(said),
        "converted": sum(came),
        "auc": auc(likelihoods, came),
        "auc_points": auc([one.points for one in said], came),
        "brier": brier(likelihoods, came),
    }


def compare(versions: list[str], since: str | None, as_json: bool) -> int:
    """Hold learned scores and the points against each other. Raises BadInput, Unreachable."""
    try:
        found = reach.carry_out(_compare(versions, _since(since)))
    except UnknownModel as error:
        raise BadInput(f"VERSION: {error}") from None
    if as_json:
        say_json(
            {"leads": found.leads, "brier_base": found.brier_base, "scores": [asdict(one) for one in found.scores]}
        )
        return Code.DONE
    say(f"{found.leads:,} leads that none of them has seen; Brier of the base rate {number(found.brier_base, 4)}")
    cells = [(one.version, number(one.auc), number(one.brier, 4), number(one.in_top_tenth, 2)) for one in found.scores]
    show(table(("score", "AUC", "Brier", "lift of the top tenth"), cells))
    return Code.DONE


async def _compare(versions: list[str], since: datetime | None) -> Comparison:
    async with reach.store(reach.settings()) as store:
        return await comparison(store, await _policy(store), versions, since)


async def _policy(store: Store) -> CompiledPolicy | None:
    """Give the policy that new leads get; without one there are no points to compare with."""
    try:
        return await Policybook(store.policies, store.trials).active()
    except NoPolicy:
        return None


def _since(text: str | None) -> datetime | None:
    return None if text is None else read_since(text, clock.now())


def _write(out: str, model: ScoreModel) -> None:
    try:
        Path(out).write_text(model.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise BadInput(f"--out: {out}: cannot be written: {error.strerror or error}") from None


def _show(examined: Examined) -> None:
    for line in examined_lines(examined.report):
        say(line)
    show(*tables_of(examined))
    for line in advice_lines(examined.advice):
        say(line)


def _document(model: ScoreModel, examined: Examined) -> dict[str, Any]:
    """Lay an examination out for programs."""
    more = asdict(examined)
    del more["report"]
    return {"version": model.version, "kind": model.body.kind, **examined.report.model_dump(mode="json"), **more}

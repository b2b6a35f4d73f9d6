"""Learned scores at the command line: listed, shown, shadowed, published and retired."""

from collections.abc import Awaitable, Callable
from typing import Any

from cli import reach
from cli.exits import BadInput, Code, RefusedByBusiness
from cli.learning_page import examined_lines
from cli.output import instant, say, say_json, show, stamp, table
from cli.typed import read_person, read_reason
from db.score_models import Kept, NotAllowed, ScoreModels, UnknownModel
from policy.learning.bayes import model_of
from policy.learning.weighing import weights
from runtime import clock
from runtime.learning.training import BAYES
from runtime.store import Store

_MOST_LINES = 40

Act = Callable[[ScoreModels], Awaitable[Kept]]


def list_all(as_json: bool) -> int:
    """List learned scores, newest first. Raises Unreachable."""

    async def read() -> tuple[Kept, ...]:
        async with reach.store(reach.settings()) as store:
            return await store.score_models.list()

    kept = reach.carry_out(read())
    if as_json:
        say_json([document_of(one, whole=False) for one in kept])
    elif not kept:
        say("nothing is learned yet: `python starter.py score train --by YOU`")
    else:
        columns = ("version", "kind", "state", "learned from", "AUC", "points'", "trained", "by")
        show(table(columns, [_row(one) for one in kept]))
    return Code.DONE


def _row(one: Kept) -> tuple[object, ...]:
    report = one.model.report
    told = [None if measure is None else f"{measure:.3f}" for measure in (report.auc, report.auc_points)]
    learned = f"{report.trained_on:,} leads, {report.conversions:,} converted"
    return (one.model.version, one.model.body.kind, one.state, learned, *told, instant(one.model.trained_at), one.by)


def show_one(version: str, as_json: bool) -> int:
    """Show one learned score. Raises BadInput, Unreachable."""

    async def read() -> Kept:
        async with reach.store(reach.settings()) as store:
            return await _grown(store, await store.score_models.get(version))

    kept = _carried_out(read())
    if as_json:
        say_json(document_of(kept, whole=True))
        return Code.DONE
    say(f"{version}: {kept.model.body.kind}, {kept.state}, trained {instant(kept.model.trained_at)}, by {kept.by}")
    for line in examined_lines(kept.model.report):
        say(line)
    weighed = weights(kept.model)
    rows = [(f"{weight:+.3f}", feature) for feature, weight in weighed[:_MOST_LINES]]
    show(table(("log-odds", "feature"), rows))
    if len(weighed) > _MOST_LINES:
        say(f"and {len(weighed) - _MOST_LINES} more: --json shows all")
    return Code.DONE


async def _grown(store: Store, kept: Kept) -> Kept:
    """Give the model that grows with what it knows by now."""
    if kept.model.version != BAYES:
        return kept
    body = model_of(*await store.evidence.all())
    return Kept(**{**_fields(kept), "model": kept.model.model_copy(update={"body": body})})


def _fields(kept: Kept) -> dict[str, Any]:
    return {name: getattr(kept, name) for name in Kept.__dataclass_fields__}


def shadow(version: str, as_json: bool) -> int:
    """Let one look on. Raises BadInput, RefusedByBusiness, Unreachable."""
    kept = _done(lambda models: models.shadow(version, at=clock.now()))
    return _tell(kept, "looks on: `score evaluate` says how true what it tells comes", as_json)


def publish(version: str, by: str, at_once: bool, reason: str | None, as_json: bool) -> int:
    """Let one count. Raises BadInput, RefusedByBusiness, Unreachable."""
    who = read_person(by)
    if at_once and reason is None:
        raise BadInput("--at-once: takes a --reason")
    why = read_reason(reason) if at_once and reason is not None else None
    kept = _done(lambda models: models.publish(version, by=who, at=clock.now(), at_once=why))
    return _tell(kept, "is asked about every lead from now on", as_json)


def retire(version: str, as_json: bool) -> int:
    """Let one neither count nor look on. Raises BadInput, Unreachable."""
    return _tell(_done(lambda models: models.retire(version, at=clock.now())), "is retired", as_json)


def _tell(kept: Kept, what: str, as_json: bool) -> int:
    if as_json:
        say_json(document_of(kept, whole=False))
    else:
        say(f"{kept.model.version} {what}.")
    return Code.DONE


def _done(act: Act) -> Kept:
    async def carry() -> Kept:
        async with reach.store(reach.settings(), migrate=True) as store:
            return await act(store.score_models)

    return _carried_out(carry())


def _carried_out(work: Any) -> Kept:
    try:
        return reach.carry_out(work)  # type: ignore[no-any-return]
    except UnknownModel as error:
        raise BadInput(f"VERSION: {error}") from None
    except NotAllowed as error:
        raise RefusedByBusiness(f"refused: {error}") from None


def document_of(kept: Kept, *, whole: bool) -> dict[str, Any]:
    """Lay one learned score out for programs; `whole` with its weights."""
    model = kept.model.model_dump(mode="json", exclude=None if whole else {"body"})
    return {
        **model,
        "kind": kept.model.body.kind,
        "state": kept.state.value,
        "created_at": stamp(kept.created_at),
        "by": kept.by,
        "shadowed_at": stamp(kept.shadowed_at),
        "published_at": stamp(kept.published_at),
        "published_by": kept.published_by,
        "retired_at": stamp(kept.retired_at),
    }

"""Learned scores: which counts, which looks on, how good each is, and who let it count (R38, R40).

Training is done at the command line, which needs what the console does not install.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Request, Response

from activities.policybook import NoPolicy, Policybook
from api.console.frame import back, note
from api.console.ops_frame import Ops, Watcher, ops_page, said
from api.console.viewing import Form, Untellable, Viewer, acted, console
from api.doors import FrontDep
from db.score_models import Kept, NotAllowed, UnknownModel
from db.tables.words import ActOutcome
from db.upkeep import Upkeep
from models.access import Right
from models.learning import ModelState
from policy.compiled import CompiledPolicy
from policy.learning.evaluating import too_little
from policy.learning.weighing import weights
from runtime.front import Front
from runtime.learning.comparing import comparison

router = console()

Publisher = Annotated[Viewer, acted(Right.PUBLISH)]

MOST_WEIGHTS = 60
MOST_COMPARED = 20_000
"""So many outcomes are read while somebody waits for the page; more are compared at the command line."""
FEW = 30
"""Conversions among the examined leads below which measures say little."""


@router.get("/ops/models")
async def models(request: Request, front: FrontDep, viewer: Watcher) -> Response:
    """List the learned scores, newest first."""
    kept = await front.store.score_models.list()
    return await ops_page(
        request, front, viewer, "ops_models.html", title="Learned scores", tab="/ops/models", models=kept,
        counts=_in(kept, ModelState.PUBLISHED), looks_on=_in(kept, ModelState.SHADOW), few=FEW,
    )  # fmt: skip


@router.get("/ops/models/compare")
async def compare(request: Request, front: FrontDep, viewer: Watcher) -> Response:
    """Hold the score that counts, the one that looks on, the newest draft and the points against each other."""
    many = await Upkeep(front.store.database).more_outcomes_than(MOST_COMPARED)
    found = None if many else await comparison(front.store, await _policy(front))
    return await ops_page(
        request, front, viewer, "ops_models_compared.html", title="Learned scores compared", tab="/ops/models",
        found=found, few=FEW, most=MOST_COMPARED,
    )  # fmt: skip


@router.get("/ops/models/{version}")
async def model(request: Request, front: FrontDep, viewer: Watcher, version: str) -> Response:
    """Show one: on what it learned, how good it was on later leads, and what each feature brings."""
    kept = await _found(front, version)
    weighed, policy = weights(kept.model), await _policy(front)
    needs = policy.policy.scoring.learned.needs if policy else 0
    return await ops_page(
        request, front, viewer, "ops_model.html", title=version, tab="/ops/models", kept=kept, few=FEW,
        weights=[(f"{weight:+.3f}", feature) for feature, weight in weighed[:MOST_WEIGHTS]],
        more=max(len(weighed) - MOST_WEIGHTS, 0),
        too_little=too_little(kept.model, needs), may_publish=viewer.may(Right.PUBLISH),
    )  # fmt: skip


@router.post("/ops/models/{version}/shadow")
async def shadow(front: FrontDep, viewer: Ops, version: str) -> Response:
    """Let one look on: it is asked about each new lead, and nothing is done with what it says."""

    async def act() -> Kept:
        return await front.store.score_models.shadow(version, at=front.clock())

    return await _done(front, viewer, version, "score.shadow", act, "looks on: nothing is done with what it says")


@router.post("/ops/models/{version}/publish")
async def publish(front: FrontDep, viewer: Publisher, version: str, form: Form) -> Response:
    """Let one count. One that never looked on needs a reason."""
    reason = said(form, "reason")

    async def act() -> Kept:
        return await front.store.score_models.publish(
            version, by=viewer.signs, at=front.clock(), at_once=reason or None
        )

    return await _done(front, viewer, version, "score.publish", act, "counts: it is asked about every lead from now on")


@router.post("/ops/models/{version}/retire")
async def retire(front: FrontDep, viewer: Publisher, version: str) -> Response:
    """Let one neither count nor look on any more."""

    async def act() -> Kept:
        return await front.store.score_models.retire(version, at=front.clock())

    return await _done(front, viewer, version, "score.retire", act, "is retired: it neither counts nor looks on")


async def _done(
    front: Front, viewer: Viewer, version: str, what: str, act: Callable[[], Awaitable[Kept]], became: str
) -> Response:
    await _found(front, version)
    try:
        await act()
    except NotAllowed:
        outcome = ActOutcome.REFUSED
        because = f"{version} cannot: let it look on first, or say why it may count at once."
        if what == "score.shadow":
            because = f"{version} counts already, and is asked about every lead."
    else:
        outcome, because = ActOutcome.DONE, f"{version} {became}."
    return back(f"/ops/models/{version}", await note(front, viewer, what, outcome, because, about=version))


async def _found(front: Front, version: str) -> Kept:
    try:
        return await front.store.score_models.get(version)
    except UnknownModel:
        raise Untellable(404, "There is no such learned score", "Its version is not known.") from None


async def _policy(front: Front) -> CompiledPolicy | None:
    """Give the policy that new leads get; without one there are no points to compare with."""
    try:
        return await Policybook(front.store.policies, front.store.trials).active()
    except NoPolicy:
        return None


def _in(kept: tuple[Kept, ...], state: ModelState) -> str:
    return next((one.model.version for one in kept if one.state is state), "")

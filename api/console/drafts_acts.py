"""What may be done with a draft: simulated on past leads, let look on as a shadow, published."""

import asyncio

from fastapi import Response

from api.console.drafts import SIMULATION, draft_of
from api.console.frame import back, note
from api.console.policy_frame import Drafting, Publishing
from api.console.viewing import Form, Untellable, Viewer, console
from api.doors import FrontDep
from config.load import PolicyFile, open_policy
from config.yaml_marks import FileError
from db.policies import ExperimentRuns, PublishedMeanwhile
from db.tables.words import ActOutcome, RunState
from db.trials import NothingToCompare, NoTrial, TrialRuns
from models.trial import TrialKind
from runtime.drafting import begin, publish
from runtime.front import Front
from runtime.trying_drafts import SIZES, Tried, simulate

router = console()


@router.post("/policy/drafts/{version}/simulate")
async def run(front: FrontDep, viewer: Drafting, version: str, form: Form) -> Response:
    """Begin to replay the last leads through a draft and the published policy."""
    draft, active = await draft_of(front, version), await front.store.policies.active()
    leads = str(form.get("leads", ""))
    if leads not in map(str, SIZES):
        raise Untellable(
            422, "This cannot be taken", f"leads: one of {', '.join(map(str, SIZES))}. Nothing was changed."
        )
    if active is None:
        return await _refused(front, viewer, version, "policy.simulate", "No policy is published to compare it with.")
    if front.bulks.runs(SIMULATION):
        because = "Another simulation is under way here. Begin this one when it is done."
        return await _refused(front, viewer, version, "policy.simulate", because)
    wanted, against = {"leads": int(leads)}, active.version
    number = await front.store.drafts.begin(version, against, wanted, by=viewer.signs, at=front.clock())
    tried = Tried(number, version, draft.text, against, active.text, int(leads))
    if not front.bulks.start(SIMULATION, lambda: simulate(front.store, tried, front.clock), front.store.beside):
        because = "another simulation began at the same time; begin it again when that one is done"
        await front.store.drafts.end(number, RunState.FAILED, at=front.clock(), because=because)
    because = f"The last {int(leads):,} leads are being replayed. This page tells what came of it."
    act = await note(
        front, viewer, "policy.simulate", ActOutcome.RECORDED, because, about=version, detail={"run": number, **wanted}
    )
    return back(f"/policy/runs/{number}", act)


@router.post("/policy/drafts/{version}/shadow")
async def start_shadow(front: FrontDep, viewer: Drafting, version: str) -> Response:
    """Let a draft look on: it judges each new lead, too, and acts on nothing."""
    try:
        opened = await _opened(front, version)
        trial = await begin(front.store, TrialKind.SHADOW, opened, by=viewer.signs, at=front.clock())
    except FileError as error:
        return await _refused(front, viewer, version, "policy.shadow", _wrong(error))
    except (TrialRuns, NothingToCompare) as no:
        return await _refused(front, viewer, version, "policy.shadow", f"It cannot look on: {no}.")
    because = f"{trial.version} looks on from now on, beside {trial.control}. It acts on nothing."
    act = await note(front, viewer, "policy.shadow", ActOutcome.DONE, because, about=version)
    return back("/policy/shadow", act)


@router.post("/policy/shadow/stop")
async def stop_shadow(front: FrontDep, viewer: Drafting) -> Response:
    """End the shadow that runs; what it showed stays."""
    try:
        trial = await front.store.trials.stop(TrialKind.SHADOW, by=viewer.signs, at=front.clock())
    except NoTrial:
        outcome, because, about = ActOutcome.REFUSED, "No draft looks on: it was ended already.", ""
    else:
        outcome, because, about = (
            ActOutcome.DONE,
            f"{trial.version} looks on no more; what it showed stays.",
            trial.version,
        )
    return back("/policy/shadow", await note(front, viewer, "policy.shadow_stop", outcome, because, about=about))


@router.post("/policy/drafts/{version}/publish")
async def publish_it(front: FrontDep, viewer: Publishing, version: str, form: Form) -> Response:
    """Make a draft the policy that new leads get, if it checks, and is compared with what is published still."""
    instead_of = str(form.get("instead_of", ""))
    try:
        opened = await _opened(front, version)
        published, _ = await publish(front.store, opened, by=viewer.signs, at=front.clock(), instead_of=instead_of)
    except PublishedMeanwhile:
        because = "Another policy was published since this page was opened. Look at what differs now, then publish."
        return await _refused(front, viewer, version, "policy.publish", because)
    except FileError as error:
        return await _refused(front, viewer, version, "policy.publish", _wrong(error))
    except ExperimentRuns as runs:
        return await _refused(front, viewer, version, "policy.publish", f"{runs}: end it first.")
    because = f"{published.version} is what new leads get from now on. Leads in flight keep the version they have."
    detail = {"instead_of": instead_of or None}
    act = await note(front, viewer, "policy.publish", ActOutcome.DONE, because, about=version, detail=detail)
    return back("/policy", act)


async def _opened(front: Front, version: str) -> PolicyFile:
    """Open a draft's text. Raises FileError, and `Untellable` where there is none."""
    return await asyncio.to_thread(open_policy, (await draft_of(front, version)).text, version)


def _wrong(error: FileError) -> str:
    first, more = error.spots[0], len(error.spots) - 1
    rest = f" And {more} more." if more else ""
    return f"It does not check. Line {first.line}: {first.key}: {first.what}.{rest}"


async def _refused(front: Front, viewer: Viewer, version: str, what: str, because: str) -> Response:
    return back(
        f"/policy/drafts/{version}", await note(front, viewer, what, ActOutcome.REFUSED, because, about=version)
    )

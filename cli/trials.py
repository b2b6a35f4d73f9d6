"""What shadow and experiment have in common at the command line: a draft that has to check, and who tries it."""

from typing import Any

from cli import reach
from cli.exits import BadInput, RefusedByBusiness
from cli.output import complain, instant
from cli.rulebook_texts import open_file
from cli.typed import read_person
from config.load import FileError, PolicyFile
from config.settings import Settings
from db.trials import NothingToCompare, NoTrial, Trial, TrialRuns
from models.trial import ExperimentPlan, TrialKind
from runtime import clock, drafting
from runtime.store import Store


def begin(kind: TrialKind, file: str, by: str, plan: ExperimentPlan | None = None) -> Trial:
    """Begin to try a policy file that checks, whose examples hold, and that the loaded roster agrees with.

    Raises BadInput with a line for each mistake, and RefusedByBusiness when one is tried already.
    """
    who = read_person(by)
    opened = open_file(file)
    trial = reach.carry_out(_begin(reach.settings(), kind, opened, who, plan))
    complain(*(f"{file}: warning: {warning}" for warning in opened.compiled.warnings))
    return trial


async def _begin(
    settings: Settings, kind: TrialKind, opened: PolicyFile, by: str, plan: ExperimentPlan | None
) -> Trial:
    async with reach.store(settings, migrate=True) as store:
        try:
            return await drafting.begin(store, kind, opened, by=by, at=clock.now(), plan=plan)
        except FileError as error:
            raise BadInput(*error.lines) from None
        except (TrialRuns, NothingToCompare) as no:
            raise RefusedByBusiness(f"refused: {no}") from None


def end(kind: TrialKind, by: str) -> Trial:
    """End the trial that runs. Raises BadInput, and RefusedByBusiness when there is none."""
    return reach.carry_out(_end(reach.settings(), kind, read_person(by)))


async def _end(settings: Settings, kind: TrialKind, by: str) -> Trial:
    async with reach.store(settings) as store:
        try:
            return await store.trials.stop(kind, by=by, at=clock.now())
        except NoTrial as no:
            raise RefusedByBusiness(f"refused: {no}") from None


async def latest(store: Store, kind: TrialKind) -> Trial:
    """Find the trial that was begun last, ended or not. Raises BadInput when there was none."""
    trial = await store.trials.latest(kind)
    if trial is None:
        command = "shadow" if kind is TrialKind.SHADOW else "ab"
        raise BadInput(f"no {kind} was begun yet: policy {command} start FILE --by WHO")
    return trial


def document_of(trial: Trial) -> dict[str, Any]:
    """Lay a trial out for a program; its plan apart."""
    words = {name: getattr(trial, name) for name in ("id", "version", "control", "started_by", "ended_by", "because")}
    instants = {
        name: at and at.isoformat().replace("+00:00", "Z")
        for name, at in {"started_at": trial.started_at, "full_at": trial.full_at, "ended_at": trial.ended_at}.items()
    }
    return words | instants | {"ended": trial.ended and trial.ended.value}


def span_of(trial: Trial) -> str:
    """Say since when a trial runs, and when and how it ended."""
    since = f"since {instant(trial.started_at)}, by {trial.started_by}"
    if trial.ended_at is None:
        return since
    because = f": {trial.because}" if trial.because else ""
    return f"{since}; {trial.ended} at {instant(trial.ended_at)}, by {trial.ended_by}{because}"

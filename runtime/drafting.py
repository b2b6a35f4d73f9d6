"""What may be done with a draft: checked against the roster and its own examples, tried, published.

The command line and the console do it here, so that neither publishes what the other would refuse.
"""

from dataclasses import dataclass
from datetime import datetime

from config.load import PolicyFile, open_policy
from config.yaml_marks import FileError, Spot
from db.policies import Published
from db.trials import Draft, Trial
from models.roster import Roster
from models.trial import ExperimentPlan, TrialKind
from policy.agreement import doubts
from runtime.store import Store


@dataclass(frozen=True, slots=True)
class Checked:
    """What is to be said of a text: `opened` None: it is no policy. `spots`: what is wrong."""

    opened: PolicyFile | None
    spots: tuple[Spot, ...]
    warnings: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Say whether it may be published."""
        return self.opened is not None and not self.spots


def check(text: str, roster: Roster | None, file: str = "draft") -> Checked:
    """Read a text as a policy, and check it as publishing does."""
    try:
        opened = open_policy(text, file)
    except FileError as error:
        return Checked(None, error.spots)
    gaps = opened.disagree(roster) if roster else ()
    return Checked(opened, tuple(sorted((*gaps, *opened.fail(roster)))), warnings_of(opened, roster))


def warnings_of(opened: PolicyFile, roster: Roster | None) -> tuple[str, ...]:
    """Say what is not wrong, and probably not meant."""
    return (*opened.compiled.warnings, *(doubts(opened.policy, roster) if roster else ()))


async def publish(
    store: Store, opened: PolicyFile, *, by: str, at: datetime, instead_of: str | None = None
) -> tuple[Published, tuple[str, ...]]:
    """Make a policy the one that new leads get; `instead_of`: only if this version is it until then ("" for none).

    Raises FileError, also when an example fails, ExperimentRuns, and PublishedMeanwhile.
    """
    roster = await store.rosters.load()
    refuse(opened, roster)
    # A version is its content; of a text that differs in comments only, the first one stays.
    known = await store.policies.get(opened.version)
    text = known.text if known else opened.text
    published = await store.policies.publish(
        opened.version, opened.policy.name, text, by=by, at=at, instead_of=instead_of
    )
    return published, warnings_of(opened, roster)


async def begin(
    store: Store, kind: TrialKind, opened: PolicyFile, *, by: str, at: datetime, plan: ExperimentPlan | None = None
) -> Trial:
    """Begin to try a policy on real leads. Raises FileError, TrialRuns and NothingToCompare."""
    refuse(opened, await store.rosters.load())
    draft = Draft(opened.version, opened.policy.name, opened.text)
    return await store.trials.start(kind, draft, by=by, at=at, plan=plan)


def refuse(opened: PolicyFile, roster: Roster | None) -> None:
    """Raise FileError for what the roster does not have, and for each example that does not come out."""
    gaps = opened.disagree(roster) if roster else ()
    opened.refuse(tuple(sorted((*gaps, *opened.fail(roster)))))

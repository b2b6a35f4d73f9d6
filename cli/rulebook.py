"""Policies at the command line: checked with their own examples, published, and listed."""

from pathlib import Path

from cli import reach
from cli.exits import BadInput, Code, RefusedByBusiness
from cli.output import complain, instant, say, say_json, show, table
from cli.rulebook_texts import document_of, loaded_roster, open_file, refuse
from config.load import FileError, PolicyFile, read_roster
from config.settings import Settings
from db.policies import ExperimentRuns, Published
from models.roster import Roster
from runtime import clock, drafting


def check(file: str, roster_file: str | None, as_json: bool) -> int:
    """Check a policy file and run its examples, without publishing it. Raises BadInput with a line for each mistake.

    A roster file has to agree with it; the roster that is loaded, if there is one, is only warned about.
    """
    opened = open_file(file)
    roster = _roster_in(roster_file) if roster_file else loaded_roster()
    gaps = opened.disagree(roster) if roster else ()
    refuse(opened, *(gaps if roster_file else ()), *opened.fail(roster))
    warned = [(f"{file}: warning", one) for one in drafting.warnings_of(opened, roster)]
    if not roster_file:
        warned += [(f"{file}:{gap.line}: warning", f"{gap.key}: {gap.what}") for gap in gaps]
    examples = len(opened.policy.examples)
    if as_json:
        named = {"version": opened.version, "name": opened.policy.name}
        say_json({**named, "warnings": [what for _, what in warned], "examples": examples, "roster": bool(roster)})
        return Code.DONE
    policy = opened.policy
    say(
        f"{file}: checks, as version {opened.version}: {len(policy.scoring.attributes)} score rules, "
        f"{len(policy.routing.rules)} routing rules, {len(policy.sla)} SLA classes; {_held(examples)}."
    )
    complain(*(f"{where}: {what}" for where, what in warned))
    return Code.DONE


def _held(examples: int) -> str:
    match examples:
        case 0:
            return "it has no examples"
        case 1:
            return "its example holds"
    return f"all {examples} examples hold"


def _roster_in(file: str) -> Roster:
    try:
        return read_roster(Path(file))
    except FileError as error:
        raise BadInput(*error.lines) from None


def publish(file: str, by: str, as_json: bool) -> int:
    """Make a policy file the one that new leads get. Raises BadInput, also when one of its examples fails."""
    if not by.strip():
        raise BadInput("--by: say who publishes it")
    opened = open_file(file)
    published, warned = reach.carry_out(_publish(reach.settings(), opened, by.strip()))
    if as_json:
        say_json(document_of(published))
    else:
        say(f"{file}: version {published.version} is what new leads get from now on.")
        complain(*(f"{file}: warning: {warning}" for warning in warned))
    return Code.DONE


async def _publish(settings: Settings, opened: PolicyFile, by: str) -> tuple[Published, tuple[str, ...]]:
    async with reach.store(settings, migrate=True) as store:
        try:
            return await drafting.publish(store, opened, by=by, at=clock.now())
        except FileError as error:
            raise BadInput(*error.lines) from None
        except ExperimentRuns as error:
            raise RefusedByBusiness(f"{error}: end it first") from None


def list_versions(as_json: bool) -> int:
    """List every version, newest first. Raises Stop."""
    versions = reach.carry_out(_versions(reach.settings()))
    if as_json:
        say_json([{name: value for name, value in document_of(one).items() if name != "text"} for one in versions])
        return Code.DONE
    rows = [
        (one.version, one.name, "yes" if one.active else "", one.published_by, instant(one.published_at))
        for one in versions
    ]
    show(table(("version", "name", "active", "published by", "at"), rows) if rows else "no policy is published yet")
    return Code.DONE


async def _versions(settings: Settings) -> tuple[Published, ...]:
    async with reach.store(settings) as store:
        return await store.policies.versions()

"""Policies at the command line: checked, published, shown and compared."""

from dataclasses import asdict
from difflib import unified_diff
from pathlib import Path
from typing import Any

from cli import reach
from cli.exits import BadInput, Code
from cli.output import complain, instant, say, say_json, show, table
from config.load import FileError, check_agreement, read_policy
from config.settings import Settings
from db.policies import Published
from policy.compiled import CompiledPolicy
from policy.spelling import did_you_mean
from runtime import clock
from runtime.store import Store


def check(file: str, as_json: bool) -> int:
    """Check a policy file without publishing it. Raises BadInput with a line for everything wrong."""
    _, compiled = _read(file)
    if as_json:
        say_json({"version": compiled.version, "name": compiled.policy.name, "warnings": list(compiled.warnings)})
        return Code.DONE
    policy = compiled.policy
    say(
        f"{file}: checks, as version {compiled.version}: {len(policy.scoring.attributes)} score rules, "
        f"{len(policy.routing.rules)} routing rules, {len(policy.sla)} SLA classes."
    )
    complain(*(f"{file}: warning: {warning}" for warning in compiled.warnings))
    return Code.DONE


def publish(file: str, by: str, as_json: bool) -> int:
    """Make a policy file the one that new leads get. Raises BadInput."""
    if not by.strip():
        raise BadInput("--by: say who publishes it")
    text, compiled = _read(file)
    _, published = reach.carry_out(_publish(reach.settings(), file, compiled, text, by.strip()))
    if as_json:
        say_json(_document(published))
    else:
        say(f"{file}: version {published.version} is what new leads get from now on.")
        complain(*(f"{file}: warning: {warning}" for warning in compiled.warnings))
    return Code.DONE


async def _publish(
    settings: Settings, file: str, compiled: CompiledPolicy, text: str, by: str
) -> tuple[bool, Published]:
    async with reach.store(settings, migrate=True) as store:
        if (roster := await store.rosters.load()) is not None:
            try:
                check_agreement(text, roster, file)
            except FileError as error:
                raise BadInput(*error.lines) from None
        # A version is its content; of a text that differs in comments only, the first one stays.
        known = await store.policies.get(compiled.version)
        kept = known.text if known else text
        done = await store.policies.publish(compiled.version, compiled.policy.name, kept, by=by, at=clock.now())
        return known is None, done


def show_version(version: str | None, as_json: bool) -> int:
    """Print a version's text, or that of the one new leads get. Raises BadInput."""
    published = reach.carry_out(_find(reach.settings(), version))
    if as_json:
        say_json(_document(published))
    else:
        active = ", which new leads get" if published.active else ""
        complain(
            f"version {published.version}{active}; published by {published.published_by} "
            f"at {instant(published.published_at)}"
        )
        say(*published.text.splitlines())
    return Code.DONE


def list_versions(as_json: bool) -> int:
    """List every version, newest first. Raises Stop."""
    versions = reach.carry_out(_versions(reach.settings()))
    if as_json:
        say_json([{name: value for name, value in _document(one).items() if name != "text"} for one in versions])
        return Code.DONE
    rows = [
        (one.version, one.name, "yes" if one.active else "", one.published_by, instant(one.published_at))
        for one in versions
    ]
    show(table(("version", "name", "active", "published by", "at"), rows) if rows else "no policy is published yet")
    return Code.DONE


def diff(a: str, b: str, as_json: bool) -> int:
    """Compare two texts, each a published version's or a file's. Raises BadInput."""
    before, after = reach.carry_out(_texts(reach.settings(), a, b))
    lines = list(unified_diff(before.splitlines(), after.splitlines(), fromfile=a, tofile=b, lineterm=""))
    if as_json:
        say_json({"a": a, "b": b, "same": not lines, "diff": lines})
    elif lines:
        say(*lines)
    else:
        say(f"{a} and {b} are the same text")
    return Code.DONE


def _read(file: str) -> tuple[str, CompiledPolicy]:
    """Read and compile a policy file, keeping its very text. Raises BadInput."""
    path = Path(file)
    try:
        _, compiled = read_policy(path)
        return path.read_text(encoding="utf-8-sig"), compiled
    except FileError as error:
        raise BadInput(*error.lines) from None


async def _find(settings: Settings, version: str | None) -> Published:
    async with reach.store(settings) as store:
        if version is not None:
            return await _get(store, version)
        active = await store.policies.active()
    if active is None:
        raise BadInput("no policy is published yet: policy publish FILE --by WHO")
    return active


async def _get(store: Store, version: str) -> Published:
    found = await store.policies.get(version)
    if found is None:
        known = [one.version for one in await store.policies.versions()]
        raise BadInput(f"no policy version {version}{did_you_mean(version, known)}")
    return found


async def _versions(settings: Settings) -> tuple[Published, ...]:
    async with reach.store(settings) as store:
        return await store.policies.versions()


async def _texts(settings: Settings, *names: str) -> list[str]:
    async with reach.store(settings) as store:
        return [_file_text(name) or (await _get(store, name)).text for name in names]


def _file_text(name: str) -> str | None:
    path = Path(name)
    if not path.is_file():
        return None
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{name}: cannot be read: {error}") from None


def _document(published: Published) -> dict[str, Any]:
    return asdict(published) | {"published_at": published.published_at.isoformat().replace("+00:00", "Z")}

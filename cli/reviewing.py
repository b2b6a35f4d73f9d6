"""The review of the points (R40): as a document for whoever keeps the policy, and as JSON. It changes nothing."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from cli import reach
from cli.exits import BadInput, Code
from cli.output import say, say_json
from cli.rulebook_texts import find
from cli.typed import read_since
from config.settings import Settings
from policy.compiled import CompiledPolicy
from policy.reviewing import ENOUGH, ENOUGH_CONVERTED, MANY, AtThreshold, Band, OfRule, Review, Rule
from policy.trials.experiment import Counted, Interval
from runtime import clock
from runtime.reviewing import review

_THRESHOLD = {
    AtThreshold.FITS: "Nothing speaks against the threshold.",
    AtThreshold.TOO_LATE: (
        "The threshold comes **too late**: leads just below it convert certainly better than the average lead, and are "
        "held back. Think of a lower one."
    ),
    AtThreshold.TOO_EARLY: (
        "The threshold comes **too early**: leads just above it convert certainly worse than the average lead, and are "
        "sent to sales. Think of a higher one."
    ),
    AtThreshold.UNSURE: f"Too few to say: fewer than {ENOUGH} leads on one side next to it, or too few in all.",
}
_RULES = {
    OfRule.FITS: "as meant",
    OfRule.AGAINST: "**the other way round**",
    OfRule.IDLE: "makes no difference",
    OfRule.UNSURE: "too few to say",
}


def show(name: str | None, since: str | None, out: str | None, as_json: bool) -> int:
    """Review the points of a policy: the published one, another version, or a file. Raises BadInput and Unreachable."""
    (text,) = find(name)
    compiled = text.read().compiled
    begin = None if since is None else read_since(since, clock.now())
    found = reach.carry_out(_review(reach.settings(), compiled, begin))
    if as_json:
        say_json(document(found, compiled.version, begin))
        return Code.DONE
    lines = list(page(found, compiled.version, begin))
    if out is None:
        say(*lines)
    else:
        _write(out, lines)
        say(f"{out}: the review of {compiled.version}, over {found.leads.leads:,} leads.")
    return Code.DONE


async def _review(settings: Settings, compiled: CompiledPolicy, since: datetime | None) -> Review:
    async with reach.store(settings) as store:
        return await review(store, compiled, since=since)


def _write(out: str, lines: list[str]) -> None:
    try:
        Path(out).write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise BadInput(f"--out: {out}: cannot be written: {error.strerror or error}") from None


def document(found: Review, version: str, since: datetime | None) -> dict[str, Any]:
    """Lay a review out for programs: rates and intervals from 0 to 1."""
    return {"policy": version, "since": since.isoformat() if since else None, **asdict(found)}


def page(found: Review, version: str, since: datetime | None) -> Iterator[str]:
    """Write a review as a document in Markdown, line by line."""
    yield from (f"# Do the points of {version} tell who converts?", "")
    began = f", received since {since:%Y-%m-%d}" if since else ""
    yield f"{found.leads.leads:,} leads whose outcome is known{began}; {found.leads.converted:,} of them converted:"
    yield f"{_rate(found.leads, found.interval)}. Each counts with its points as of when somebody got it."
    if not found.enough:
        yield from (
            "",
            f"**These are too few to judge the model by:** it takes {2 * ENOUGH} leads and {ENOUGH_CONVERTED}",
            "conversions. What follows is told, and shows nothing yet.",
        )
    yield from (
        "",
        "## Conversion by points",
        "",
        "| points | leads | converted | rate (95 %) |",
        "| --- | --- | --- | --- |",
    )
    for band in found.bands:
        yield f"| {_span(band)} | {band.counted.leads:,} | {band.counted.converted:,} | {_of(band)} |"
    yield from _threshold(found)
    yield from ("", "## Rule by rule", "")
    yield "| rule | points | with it | without it | difference (99 %) | its leads convert |"
    yield "| --- | --- | --- | --- | --- | --- |"
    yield from map(_rule, sorted(found.rules, key=lambda rule: _ORDER.index(rule.says)))
    yield ""
    yield f"Points are what the rule gave on average. A rule needs {ENOUGH} leads with it and {ENOUGH} without, and"
    yield f"{MANY} of each before it is said to make no difference. Rules hang together: what one shows may be"
    yield "another's."


_ORDER = (OfRule.AGAINST, OfRule.IDLE, OfRule.FITS, OfRule.UNSURE)


def _threshold(found: Review) -> Iterator[str]:
    one = found.threshold
    yield from ("", "## The threshold", "", f"More than {one.at:g} points go to sales.")
    yield f"Of {one.above.leads:,} leads above it {one.above.converted:,} converted, and {_missed(one.above)} did not;"
    yield f"of {one.below.leads:,} others {one.below.converted:,} did all the same."
    yield f"Just below it ({_span(one.just_below)}): {_of(one.just_below)} of {one.just_below.counted.leads:,};"
    yield f"just above ({_span(one.just_above)}): {_of(one.just_above)} of {one.just_above.counted.leads:,}."
    yield from ("", _THRESHOLD[one.says])


def _rule(rule: Rule) -> str:
    low, high = (f"{100 * end:+.1f}" for end in (rule.difference.low, rule.difference.high))
    difference = f"{low} to {high} points of percent"
    name = rule.name.replace("|", "\\|")
    having, others = (f"{_percent(one.rate)} of {one.leads:,}" for one in (rule.having, rule.others))
    return f"| {name} | {rule.points:+.3g} | {having} | {others} | {difference} | {_RULES[rule.says]} |"


def _span(band: Band) -> str:
    if band.low is None:
        return f"{band.high:g} or less"
    return f"more than {band.low:g}" if band.high is None else f"more than {band.low:g}, up to {band.high:g}"


def _of(band: Band) -> str:
    return _rate(band.counted, band.interval)


def _rate(counted: Counted, interval: Interval) -> str:
    if counted.rate is None:
        return "nobody"
    few = "; few" if counted.leads < ENOUGH else ""
    return f"{_percent(counted.rate)} ({100 * interval.low:.1f} to {100 * interval.high:.1f}{few})"


def _percent(rate: float | None) -> str:
    return "nobody" if rate is None else f"{100 * rate:.1f} %"


def _missed(counted: Counted) -> str:
    return f"{counted.leads - counted.converted:,}"

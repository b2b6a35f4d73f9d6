"""The quarterly review as a document in Markdown, for whoever keeps the policy (R53)."""

from collections.abc import Iterator, Sequence

from models.figures import Share
from policy.insight.quarter import Findings
from policy.reviewing import AtThreshold, OfRule, Review

THRESHOLD = {
    AtThreshold.FITS: "Nothing speaks against the threshold.",
    AtThreshold.TOO_LATE: "The threshold comes **too late**: leads just below it convert certainly better than all.",
    AtThreshold.TOO_EARLY: "The threshold comes **too early**: leads just above it convert certainly worse than all.",
    AtThreshold.UNSURE: "Too few leads next to the threshold to say whether it fits.",
}

_MARKS = frozenset("\\`*[]<>|~&")


def written(found: Findings, points: Review) -> str:
    """Write a review."""
    lines = [f"# Quarterly review {found.quarter}", ""]
    lines += [f"{found.quarter.first} to {found.quarter.last} (UTC), under the policy {_plain(found.policy)}."]
    for part in (_sums(found), _silent(found), _overruled(found), _uneven(found), _unruled(found), _points(points)):
        lines += ["", *part]
    return "\n".join(lines) + "\n"


def to_do(found: Findings, points: Review) -> Sequence[str]:
    """Name what somebody has to decide, in a line each; none: nothing stands out."""
    says = []
    if silent := [one.rule for one in found.silent if one.surely]:
        says.append(f"{_many(len(silent), 'rule')} took no lead: drop or mend {_names(silent)}.")
    if surely := [one.rule for one in found.overruled if one.surely]:
        says.append(f"People overrule {_many(len(surely), 'rule')}: {_names(surely)}.")
    if complained := [one.rule for one in found.overruled if one.complaints]:
        says.append(f"Reps complained of {_many(len(complained), 'rule')}: {_names(complained)}.")
    if full := [one.team for one in found.uneven if one.ratio > 1]:
        says.append(f"Too much for {_names(full)}: move leads or people.")
    if new := [f"{one.dimension} {one.value}" for one in found.unruled if one.new]:
        says.append(f"New and without a rule: {_names(new)}.")
    if old := [f"{one.dimension} {one.value}" for one in found.unruled if not one.new]:
        says.append(f"Without a rule still: {_names(old)}.")
    if points.threshold.says in (AtThreshold.TOO_LATE, AtThreshold.TOO_EARLY):
        says.append(THRESHOLD[points.threshold.says].replace("**", ""))
    if against := [one.name for one in points.rules if one.says is OfRule.AGAINST]:
        says.append(f"Points the wrong way round: {_names(against)}.")
    return says


def _names(names: Sequence[str], most: int = 5) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{rest}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _plain(text: str) -> str:
    """Write a name so that it is neither markup, nor a line of its own, nor turned around."""
    return "".join(f"\\{one}" if one in _MARKS else one if one.isprintable() else " " for one in text)


def _rate(one: Share) -> str:
    if not one.tells or one.rate is None:
        return f"too few to tell (n = {one.of})"
    return f"{100 * one.rate:.0f} % (n = {one.of:,}, {100 * one.low:.0f} to {100 * one.high:.0f})"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    yield from (f"| {' | '.join(map(_plain, row))} |" for row in rows)


def _sums(found: Findings) -> Iterator[str]:
    now, before = found.now, found.before
    yield from ("## The quarter in numbers", "")
    yield from _table(
        ("", str(found.quarter), str(found.quarter.before)),
        (
            ("leads received", f"{now.received:,}", f"{before.received:,}"),
            ("offered to somebody", f"{now.offered:,}", f"{before.offered:,}"),
            ("by rules alone", _rate(now.automatic), _rate(before.automatic)),
            ("promises kept", _rate(now.kept), _rate(before.kept)),
            ("became opportunities", _rate(now.qualified), _rate(before.qualified)),
        ),
    )


def _silent(found: Findings) -> Iterator[str]:
    yield from ("## Rules that no longer fire", "")
    if not found.silent:
        yield "Every rule took a lead."
        return
    rows = [
        (one.rule, f"{one.before:,}" if one.before else "none either", "" if one.surely else "may be chance")
        for one in found.silent
    ]
    yield from _table(("rule", f"leads in {found.quarter.before}", ""), rows)


def _overruled(found: Findings) -> Iterator[str]:
    yield from ("## Rules that people overrule", "")
    if not found.overruled:
        yield "No rule's leads were moved by hand more than is healthy, and nobody complained of one."
        return
    rows = [
        (one.rule, _rate(one.moved), f"{one.declined:,}", f"{one.ran_out:,}", f"{one.complaints:,}")
        for one in found.overruled
    ]
    yield from _table(("rule", "moved by hand", "declined", "let pass", "complaints"), rows)


def _uneven(found: Findings) -> Iterator[str]:
    yield from ("## Territories to rebalance", "")
    if not found.uneven:
        yield "No team had surely far more or far fewer leads than its capacity would make."
        return
    rows = [
        (one.team, one.region, f"{one.offered:,}", f"{one.expected:,.0f}", f"{one.capacity:,}", f"{one.ratio:.2f}")
        for one in found.uneven
    ]
    yield from _table(("team", "region", "leads", "by capacity", "places", "times"), rows)
    yield ""
    for one in found.uneven:
        more = abs(round(one.offered - one.expected))
        way = "fewer leads, or the people for them" if one.ratio > 1 else "more leads would be even"
        yield f"- {_plain(one.team)}: {more:,} {way}."


def _unruled(found: Findings) -> Iterator[str]:
    yield from ("## What has no rule", "")
    if not found.unruled:
        yield "No type, region or source fell through to the default pool for the most part."
        return
    rows = [(one.dimension, one.value, _rate(one.share), "new" if one.new else "") for one in found.unruled]
    yield from _table(("", "value", "went to the default pool", ""), rows)


def _points(points: Review) -> Iterator[str]:
    yield from ("## Points against outcomes", "")
    counted = points.leads
    yield f"{counted.leads:,} leads with a known outcome, {counted.converted:,} converted."
    if not points.enough:
        yield "These are too few to judge points by."
        return
    yield from ("", THRESHOLD[points.threshold.says], "")
    wrong = [one for one in points.rules if one.says in (OfRule.AGAINST, OfRule.IDLE)]
    if not wrong:
        yield "No single criterion is surely wrong."
        return
    says = {OfRule.AGAINST: "the other way round", OfRule.IDLE: "makes no difference"}
    rows = [(one.name, f"{one.points:+.3g}", says[one.says]) for one in wrong]
    yield from _table(("criterion", "points", "its leads convert"), rows)

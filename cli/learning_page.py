"""How good a learned score is, as lines and tables that a person reads at a glance."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from cli.output import instant, table
from models.learning import ModelReport
from policy.learning.examining import Examined
from policy.learning.measures import Advice, Band, Passed

_FEW = 30
"""Conversions among the examined leads below which the measures say little."""


def examined_lines(report: ModelReport) -> Iterator[str]:
    """Say on what a model was trained and examined, and the measures beside the points and the base rate."""
    yield f"learned from {report.trained_on:,} leads, {report.conversions:,} of them converted"
    if not report.tested_on:
        yield "not examined: no lead whose outcome is known came later"
        return
    since = f" since {instant(report.split_at)}" if report.split_at else ""
    yield f"examined on {report.tested_on:,} later leads{since}, {report.test_conversions:,} of them converted"
    if min(report.test_conversions, report.tested_on - report.test_conversions) < _FEW:
        yield f"too little data: fewer than {_FEW} of them converted, or did not; what follows may be chance"
    yield f"ranks (AUC, 0.5 is chance): {number(report.auc)}; the points: {number(report.auc_points)}"
    better = ""
    if report.brier is not None and report.brier_base:
        better = f", {1 - report.brier / report.brier_base:+.1%} better"
    base = number(report.brier_base, 4)
    yield f"errs (Brier, 0 is perfect): {number(report.brier, 4)}; the base rate: {base}{better}"


def tables_of(examined: Examined) -> list[RenderableType]:
    """Lay out calibration, lift and conversion by band."""
    report = examined.report
    parts: list[RenderableType] = [
        table(
            ("said", "came", "leads"),
            [(f"{one.said:.1%}", f"{one.came:.1%}", f"{one.n:,}") for one in report.calibration],
            "Calibration",
        ),
        _lifts(examined),
        _bands("Conversion by likelihood", examined.bands, 100, " %"),
    ]
    if examined.bands_of_points:
        parts.append(_bands("Conversion by points", examined.bands_of_points, 1, ""))
    return parts


def _lifts(examined: Examined) -> RenderableType:
    rows = []
    points = {one.part: one for one in examined.lifts_of_points}
    for one in examined.lifts:
        beside = points.get(one.part)
        theirs = (f"{beside.converted:,}", number(beside.lift, 2)) if beside else ("", "")
        rows.append((one.part, f"{one.leads:,}", f"{one.converted:,}", number(one.lift, 2), *theirs))
    columns = ("tenth, likeliest first", "leads", "converted", "lift", "by points", "lift by points")
    return table(columns, rows, "Lift")


def _bands(title: str, bands: Sequence[Band], scale: float, unit: str) -> RenderableType:
    rows = []
    for one in bands:
        low = "" if one.low is None else f"from {one.low * scale:g}{unit}"
        high = "" if one.high is None else f"under {one.high * scale:g}{unit}"
        rate = "" if one.counted.rate is None else f"{one.counted.rate:.1%}"
        sure = f"{one.interval.low:.1%} to {one.interval.high:.1%}"
        rows.append((" ".join(filter(None, (low, high))), f"{one.counted.leads:,}", rate, sure))
    return table(("band", "leads", "converted", "95 %"), rows, title)


def advice_lines(advice: Advice | None) -> Iterator[str]:
    """Say where the threshold of the likelihood belongs beside the points'."""
    if advice is None:
        return
    yield f"more than {advice.points.above:g} points: {_passed(advice.points)}"
    if advice.same_work:
        yield f"as much work, above {advice.same_work.above:.1%} likely: {_passed(advice.same_work)}"
    if advice.same_yield:
        yield f"as many conversions, above {advice.same_yield.above:.1%} likely: {_passed(advice.same_yield)}"


def _passed(one: Passed) -> str:
    rate = f", {one.converted / one.leads:.1%}" if one.leads else ""
    return f"{one.leads:,} leads, {one.converted:,} of them convert{rate}"


def number(value: float | None, digits: int = 3) -> str:
    """Write a measure; none is a dash."""
    return "-" if value is None else f"{value:.{digits}f}"

"""What simulations of drafts found, as charts and lead by lead, and what a shadow would have done."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse
from markupsafe import Markup

from api.console.charts import Bar, Column, Figure, Kind, Sheet, axis_to, bars, plain
from api.console.ops_frame import numbered
from api.console.policy_frame import DraftReading, policy_page
from api.console.viewing import Untellable, console
from api.console.words import number
from api.doors import FrontDep
from db.drafts import Run
from db.shadows import Beside
from db.tables.words import RunState
from db.trials import Trial
from models.figures import TOO_FEW
from models.trial import TrialKind
from policy.insight.shares import share as share_of
from policy.simulation.diff import SAYS, Difference
from policy.simulation.report import HEALTHY_REVIEW
from policy.simulation.verdicts import Fate
from policy.trials.beside import Difference as Shadowed
from runtime.exporting import cell
from runtime.front import Front
from runtime.telling_policy.shadow import COLUMNS, WORDS, Report, cells, report_of, told

router = console()

PAGE = 50
MOST_SHADOWED = 2000
"""Leads of a shadow that a page looks at; the command line looks at all."""

SHOWN = 50

FATES = {
    Fate.OFFERED: "offered to somebody",
    Fate.WAITING: "still waiting at the end",
    Fate.NOBODY: "nobody: a manager decides",
    Fate.NURTURE: "nurtured",
    Fate.REVIEW: "decided by a person",
    Fate.DISQUALIFIED: "not a lead for us",
    Fate.FOLDED: "the same person again",
}


@dataclass(frozen=True, slots=True)
class Half:
    """What came of one lead under one of the two: to whom or where it went, by what, and why."""

    went: str
    by: str
    because: str


@dataclass(frozen=True, slots=True)
class PairLine:
    """One lead that fares differently."""

    lead_id: str
    difference: str
    before: Half
    after: Half


@router.get("/policy/runs/{run_id}.csv")
async def file(
    front: FrontDep, _viewer: DraftReading, run_id: int, figure: Annotated[int | None, Query(ge=1, le=4)] = None
) -> Response:
    """Give the leads that fare differently, both sides beside each other, as a file; or what is behind a figure."""
    run = await _run(front, run_id)
    name, text = f"simulation-{run_id}", _csv(_pairs(run.document))
    if figure is not None and run.document:
        name, text = f"{name}-{figure}", _figures(run, await _names(front))[figure - 1].sheet.csv()
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/policy/runs/{run_id}")
async def one_run(
    request: Request,
    front: FrontDep,
    viewer: DraftReading,
    run_id: int,
    differing: Annotated[Difference | None, Query()] = None,
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
) -> Response:
    """Show what a simulation found: what becomes of leads, of people, of promises, and each lead that differs."""
    run, names = await _run(front, run_id), await _names(front)
    found = run.document
    pairs = [one for one in _pairs(found) if differing is None or one["difference"] == differing.value]
    there = pairs[(page - 1) * PAGE : page * PAGE]
    return await policy_page(
        request, front, viewer, "draft_run.html", title=f"Simulation {run_id}", tab="/policy/drafts", run=run,
        state=_state(run, front.clock()), found=found, figures=_figures(run, names) if found else (),
        counts=[(one, SAYS[one], found["differences"]["counts"][one.value]) for one in Difference] if found else (),
        lines=[_line(one, names) for one in there], differing=differing, page=page, many=len(pairs),
        more=page * PAGE < len(pairs), healthy=HEALTHY_REVIEW, kept_draft=await front.store.drafts.get(run.version),
    )  # fmt: skip


@router.get("/policy/shadow")
async def shadow(request: Request, front: FrontDep, viewer: DraftReading) -> Response:
    """Show what the draft that looks on, or the last one that did, would have done."""
    trial = await front.store.trials.latest(TrialKind.SHADOW)
    report = await report_of(front.store, trial, most=MOST_SHADOWED) if trial else None
    names = await _names(front)
    return await policy_page(
        request, front, viewer, "shadow.html", title="Shadow", tab="/policy/shadow", trial=trial, report=report,
        agreed=share_of(report.agreeing, report.compared) if report and report.compared >= TOO_FEW else None,
        kinds=[(WORDS[one], report.differences[one]) for one in WORDS] if report else (),
        figure=_shadow_figure(report, names) if report else None,
        lines=_shadow_lines(report, names) if report else (), words=WORDS,
    )  # fmt: skip


@router.get("/policy/shadow.csv")
async def shadow_file(
    front: FrontDep, _viewer: DraftReading, figure: Annotated[int | None, Query(ge=1, le=1)] = None
) -> Response:
    """Give every lead of the shadow with both answers, as a file; or what is behind the page's figure."""
    trial = await front.store.trials.latest(TrialKind.SHADOW)
    if trial is None:
        raise Untellable(404, "There is no shadow", "No draft was ever let look on.")
    name = "shadow" if figure is None else "shadow-by-person"
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    if figure is None:
        return StreamingResponse(_shadow_csv(front, trial), media_type="text/csv; charset=utf-8", headers=headers)
    report = await report_of(front.store, trial, most=MOST_SHADOWED)
    text = _shadow_figure(report, await _names(front)).sheet.csv()
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


async def _shadow_csv(front: Front, trial: Trial) -> AsyncIterator[str]:
    yield _csv_line(COLUMNS)
    async for line in front.store.shadows.lines(trial):
        yield _csv_line(map(cell, cells(line, Report(trial).take(line))))


def _csv_line(values: Iterable[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return out.getvalue()


async def _run(front: Front, run_id: int) -> Run:
    found = await front.store.drafts.run(numbered(run_id))
    if found is None:
        raise Untellable(404, "There is no such simulation", "It may have gone with its draft.")
    return found


async def _names(front: Front) -> Mapping[str, str]:
    roster = await front.store.rosters.load()
    return {} if roster is None else {rep.id: rep.name for rep in roster.reps}


def _state(run: Run, now: datetime) -> RunState:
    """Say how a run stands; one that nobody heard of for long has gone with its process."""
    return RunState.FAILED if run.state is RunState.RUNNING and not run.runs(now) else run.state


def _pairs(found: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    pairs: Sequence[Mapping[str, Any]] = found["differences"]["leads"] if found else ()
    return pairs


def _line(pair: Mapping[str, Any], names: Mapping[str, str]) -> PairLine:
    return PairLine(
        pair["lead_id"], SAYS[Difference(pair["difference"])], _half(pair["before"], names), _half(pair["after"], names)
    )


def _half(one: Mapping[str, Any], names: Mapping[str, str]) -> Half:
    owner = one["owner"]
    went = f"{names.get(owner, owner)}" if owner else FATES[Fate(one["fate"])]
    by = next(
        (f"{what} {one[key]}" for what, key in (("tie", "tie"), ("rule", "rule"), ("way", "way_rule")) if one[key]), ""
    )
    where = f"pool {one['pool']}" if one["pool"] else ""
    return Half(went, ", ".join(filter(None, (by, where, one["sla"]))), one["because"])


def _figures(run: Run, names: Mapping[str, str]) -> tuple[Figure, ...]:
    after, before = run.document["report"], run.document["against_report"]

    def person(one: Mapping[str, Any]) -> str:
        return names.get(one["rep"], one["rep"])

    def pool(one: Mapping[str, Any]) -> str:
        return str(one["pool"])

    late = "Late before anybody could keep the promise, by pool"
    told_of = (
        ("What becomes of them", [(FATES[one], before["fates"][one], after["fates"][one]) for one in Fate]),
        ("Leads by person", _joined(before["reps"], after["reps"], person)),
        ("Leads by pool", _joined(before["pools"], after["pools"], pool)),
        (late, _joined(before["pools"], after["pools"], pool, "late")),
    )
    address = f"/policy/runs/{run.id}.csv?figure="
    return tuple(_beside(title, rows, f"{address}{place}") for place, (title, rows) in enumerate(told_of, 1))


def _joined(
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    name: Callable[[Mapping[str, Any]], str],
    key: str = "leads",
) -> list[tuple[str, int, int]]:
    was, is_now = ({name(one): int(one[key]) for one in side} for side in (before, after))
    return [(one, was.get(one, 0), is_now.get(one, 0)) for one in dict.fromkeys([*is_now, *was])]


def _beside(title: str, rows: Sequence[tuple[str, int, int]], address: str = "") -> Figure:
    """Draw what the draft makes of it, with a tick where the published policy stands."""
    told_of = [row for row in rows if row[1] or row[2]]
    columns = (
        Column("what", "What"), Column("published", "Published", Kind.COUNT), Column("draft", "Draft", Kind.COUNT),
        Column("difference", "Difference", Kind.NUMBER),
    )  # fmt: skip
    sheet = Sheet(title, columns, tuple((name, was, now, now - was) for name, was, now in told_of))
    moved = max(told_of, key=lambda row: abs(row[2] - row[1]), default=None)
    if moved is None:
        return Figure(title, "There is nothing to show.", Markup(), sheet, empty="None of the leads came here.")
    says = (
        "Nothing differs."
        if moved[1] == moved[2]
        else f"Most differs: {moved[0]}, {moved[1]:,} before and {moved[2]:,} with the draft."
    )
    most = max(max(was, now) for _, was, now in told_of)
    drawing = bars(
        title,
        [Bar(name, float(now), f"{number(now)} ({_signed(now - was)})", mark=float(was)) for name, was, now in told_of],
        axis=axis_to(float(most), whole=True),
        written=plain,
    )
    means = "Bars are the draft's leads; the tick is where the published policy stands."
    return Figure(title, f"{says} {means}", drawing, sheet, csv=address)


def _signed(difference: int) -> str:
    return "as before" if not difference else f"{difference:+,}".replace("-", "−")


def _shadow_figure(report: Report, names: Mapping[str, str]) -> Figure:
    rows = [(names.get(rep, rep), report.live[rep], report.draft[rep]) for rep in report.reps]
    return _beside("Leads by person", rows, "/policy/shadow.csv?figure=1")


def _shadow_lines(
    report: Report, names: Mapping[str, str]
) -> list[tuple[Beside, Shadowed, tuple[str, str], tuple[str, str]]]:
    return [(line, where, told(line.live, names), told(line.draft, names)) for line, where in report.differing[:SHOWN]]


def _csv(pairs: Sequence[Mapping[str, Any]]) -> str:
    out = io.StringIO()
    rows = csv.writer(out)
    own = list(pairs[0]["after"]) if pairs else []
    rows.writerow(
        ["lead_id", "received_at", "difference", *(f"draft.{one}" for one in own), *(f"published.{one}" for one in own)]
    )
    for pair in pairs:
        sides = [pair[side][one] for side in ("after", "before") for one in own]
        rows.writerow([cell(one) for one in (pair["lead_id"], pair["received_at"], pair["difference"], *sides)])
    return out.getvalue()

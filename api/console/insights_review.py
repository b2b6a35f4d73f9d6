"""Analytics: the quarterly review: the newest and former ones, each as a document, and a new one on demand (R53)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response

from api.console.analytics_asked import Asked
from api.console.analytics_view import Built, Stat, View
from api.console.charts import Column, Kind, Sheet
from api.console.frame import back, note, page
from api.console.paper import HEADERS
from api.console.viewing import Form, Untellable, Viewer, acted, console, seen
from api.doors import FrontDep
from db.reports import ReportKept
from db.tables.words import ActOutcome
from models.access import Right
from models.figures import TOO_FEW
from policy.insight.quarter import Quarter, quarter_of, read_quarter
from runtime import quarterly
from runtime.front import Front

router = console()

PLACE = "/analytics/review"
ANALYST, WRITER = seen(Right.ANALYTICS), acted(Right.ANALYTICS)


@dataclass(frozen=True, slots=True)
class Shown:
    """One review as pages write it."""

    kept: ReportKept
    quarter: Quarter
    found: Mapping[str, Any]
    points: Mapping[str, Any]
    to_do: Sequence[str]


@dataclass(frozen=True, slots=True)
class Reviews(Built):
    """The newest review, all of them, and which quarters may be reviewed now."""

    newest: Shown | None = None
    every: Sequence[Shown] = ()
    may: Sequence[Quarter] = ()


async def build(asked: Asked) -> Reviews:
    """Show the newest review and list the former ones."""
    every = [shown(one) for one in await asked.front.store.reports.list(quarterly.KIND)]
    today = quarter_of(asked.now.date())
    may = (today.before, today)
    if not every:
        says = ["No quarter was reviewed yet. A worker reviews each, the day after it ends; you may ask for one now."]
        return Reviews(says, sheets=[_sheet(None)], may=may)
    newest = every[0]
    return Reviews([_headline(newest)], _stats(newest), sheets=[_sheet(newest)], newest=newest, every=every, may=may)


def shown(kept: ReportKept) -> Shown:
    """Read what is kept."""
    document = kept.document
    return Shown(kept, quarter_of(kept.since.date()), document["found"], document["points"], document["to_do"])


def _headline(one: Shown) -> str:
    count = len(one.to_do)
    said = "nothing stands out" if not count else "1 thing to decide" if count == 1 else f"{count} things to decide"
    return f"{one.quarter}: {said}."


def _stats(one: Shown) -> list[Stat]:
    found = one.found
    surely = sum(rule["surely"] for rule in found["overruled"])
    new = sum(value["new"] for value in found["unruled"])
    return [
        Stat("Rules that no longer fire", str(len(found["silent"])), tone="wait" if found["silent"] else ""),
        Stat("Rules that people overrule", str(surely), tone="wait" if surely else ""),
        Stat("Teams with too much or too little", str(len(found["uneven"])), tone="wait" if found["uneven"] else ""),
        Stat("Without a rule", str(len(found["unruled"])), f"{new} of them new"),
    ]


def _sheet(one: Shown | None) -> Sheet:
    columns = (
        Column("what", "What"), Column("name", "Name"), Column("leads", "Leads", Kind.COUNT),
        Column("share", "Share", Kind.SHARE), Column("complaints", "Complaints", Kind.COUNT),
    )  # fmt: skip
    if one is None:
        return Sheet("findings", columns, ())
    found = one.found
    rows = [
        *(("silent rule", rule["rule"], 0, None, None) for rule in found["silent"]),
        *(
            ("overruled rule", rule["rule"], rule["moved"]["of"], share_of(rule["moved"]), rule["complaints"])
            for rule in found["overruled"]
        ),
        *(("uneven team", team["team"], team["offered"], None, None) for team in found["uneven"]),
        *((f"no rule: {got['dimension']}", got["value"], got["share"]["part"], share_of(got["share"]), None)
          for got in found["unruled"]),
    ]  # fmt: skip
    return Sheet("findings", columns, tuple(rows))


def share_of(one: Mapping[str, int]) -> float | None:
    """Give a kept share; None of too few."""
    return one["part"] / one["of"] if one["of"] >= TOO_FEW else None


@router.post(PLACE)
async def write(front: FrontDep, form: Form, viewer: Viewer = WRITER) -> Response:
    """Review a quarter now, and keep it."""
    quarter = _asked(front, str(form.get("quarter", "")))
    try:
        found = await quarterly.write(front.store, quarter)
    except quarterly.NothingToReview as no:
        act = await note(front, viewer, "review", ActOutcome.REFUSED, f"Nothing to review: {no}.", about=str(quarter))
        return back(PLACE, act)
    number = await quarterly.keep(front.store, found, by=viewer.signs, at=front.clock())
    said = f"{quarter} is reviewed."
    return back(f"{PLACE}/{number}", await note(front, viewer, "review", ActOutcome.DONE, said, about=str(quarter)))


@router.get(PLACE + "/{number}.md")
async def document(front: FrontDep, number: int, _viewer: Viewer = ANALYST) -> Response:
    """Give a review as a document."""
    one = await _found(front, number)
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="baton-review-{one.quarter}-{number}.md"'}
    return Response(one.kept.text, media_type="text/markdown; charset=utf-8", headers=headers)


@router.get(PLACE + "/{number}")
async def former(request: Request, front: FrontDep, number: int, viewer: Viewer = ANALYST) -> Response:
    """Show one review."""
    one = await _found(front, number)
    return await page(
        request, viewer, "review_kept.html", title=f"Review of {one.quarter}", one=one, stats=_stats(one),
        headline=_headline(one),
    )  # fmt: skip


async def _found(front: Front, number: int) -> Shown:
    kept = await front.store.reports.get(number) if 0 < number < 2**31 else None
    if kept is None or kept.kind != quarterly.KIND:
        raise Untellable(404, "There is no such review", "The page of reviews lists all that there are.")
    return shown(kept)


def _asked(front: Front, text: str) -> Quarter:
    try:
        quarter = read_quarter(text)
    except ValueError as error:
        raise Untellable(422, "This quarter cannot be read", f"What is wrong: {error}.") from None
    if quarter > quarter_of(front.clock().date()):
        raise Untellable(422, "This quarter cannot be reviewed", f"{quarter} has not begun.")
    return quarter


VIEW = View(
    "review", "Review", "The quarterly review", "What of the policy is dead, overruled or missing.", build,
    template="review.html", filtered=False,
)  # fmt: skip

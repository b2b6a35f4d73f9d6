"""What an address of the board asks for: read by `wanted_of`, written by `Wanted.address`. It says all of a view.

This room refuses to ask the database anything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from api.console.viewing import Untellable
from db.board import BoardFilters, BoardSort
from models.lead import LEAD_ID, LeadType, Stage

MOST_PAGES = 400

WITHIN: Mapping[str, tuple[str, timedelta]] = {
    "late": ("late already", timedelta(0)),
    "1h": ("due in an hour", timedelta(hours=1)),
    "4h": ("due in 4 hours", timedelta(hours=4)),
    "24h": ("due in 24 hours", timedelta(hours=24)),
    "7d": ("due in 7 days", timedelta(days=7)),
}
"""What can be asked of due instants, as addresses and as people say it; late ones are within all of them."""

SORTS = {
    BoardSort.DUE: "due first",
    BoardSort.NEWEST: "newest first",
    BoardSort.POINTS: "best score first",
    BoardSort.CHANGED: "last changed first",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an address of the board asks for."""

    stages: tuple[Stage, ...] = ()
    who: str = ""
    team: str = ""
    source: str = ""
    type: str = ""
    region: str = ""
    breached: bool = False
    within: str = ""
    words: str = ""
    leads: tuple[str, ...] = ()
    ended: bool = False
    sort: BoardSort | None = None
    page: int = 1

    @property
    def order(self) -> BoardSort:
        """Say what comes first: of leads that are over, what changed last."""
        return self.sort or (BoardSort.CHANGED if self.ended else BoardSort.DUE)

    @property
    def filtered(self) -> bool:
        """Say whether anything is left out but by the page."""
        return replace(self, sort=None, page=1, ended=False) != Wanted()

    def filters(self, at: datetime) -> BoardFilters:
        """Say it to the database."""
        return BoardFilters(
            stages=self.stages,
            who=self.who or None,
            team=self.team or None,
            source=self.source or None,
            type=self.type or None,
            region=self.region or None,
            breached=self.breached,
            due_before=at + WITHIN[self.within][1] if self.within else None,
            words=self.words,
            leads=self.leads or None,
            ended=self.ended,
        )

    def pairs(self) -> list[tuple[str, str]]:
        """Write it as the fields of a form."""
        found = [("stage", stage.value) for stage in self.stages]
        found += [
            (name, value)
            for name, value in (
                ("owner", self.who),
                ("team", self.team),
                ("source", self.source),
                ("type", self.type),
                ("region", self.region),
                ("breached", "yes" if self.breached else ""),
                ("within", self.within),
                ("q", self.words),
                ("ids", ",".join(self.leads)),
                ("show", "ended" if self.ended else ""),
                ("sort", self.sort or ""),
                ("page", str(self.page) if self.page > 1 else ""),
            )
            if value
        ]
        return found

    def address(self, path: str = "/", **changes: Any) -> str:
        """Write it as an address; with changes, the first page of another view."""
        wanted = replace(self, **{"page": 1} | changes) if changes else self
        query = urlencode(wanted.pairs())
        return f"{path}?{query}" if query else path


def wanted_of(pairs: Iterable[tuple[str, str]]) -> Wanted:
    """Read an address of the board. Raises `Untellable` (422) for what none of ours says."""
    said: dict[str, list[str]] = {}
    for name, value in pairs:
        if value.strip():
            said.setdefault(name, []).append(value.strip()[:500])
    one = {name: values[-1] for name, values in said.items()}
    try:
        wanted = Wanted(
            stages=tuple(dict.fromkeys(Stage(stage) for stage in said.get("stage", ()))),
            who=one.get("owner", ""),
            team=one.get("team", ""),
            source=one.get("source", ""),
            type=LeadType(one["type"]).value if "type" in one else "",
            region=one.get("region", ""),
            breached="breached" in one,
            within=one.get("within", ""),
            words=one.get("q", ""),
            leads=tuple(part for part in one.get("ids", "").split(",") if part)[:20],
            ended=one.get("show") == "ended",
            sort=BoardSort(one["sort"]) if "sort" in one else None,
            page=int(one.get("page", "1")),
        )
    except ValueError as error:
        raise _unreadable(str(error)) from None
    if wanted.within and wanted.within not in WITHIN:
        raise _unreadable(f"within is one of {', '.join(WITHIN)}")
    if not 1 <= wanted.page <= MOST_PAGES or not all(map(LEAD_ID.fullmatch, wanted.leads)):
        raise _unreadable("there is no such page")
    if wanted.ended and wanted.order in (BoardSort.DUE, BoardSort.POINTS):  # a million of them stand in no such order
        wanted = replace(wanted, sort=None)
    return wanted


def _unreadable(why: str) -> Untellable:
    return Untellable(422, "This address cannot be read", f"{why[:200]}. The board without filters is one click away.")

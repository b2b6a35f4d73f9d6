"""What the board shows: leads of one address's filters, each with who has it, its rung, and how much time is left.

An address says everything: `wanted_of` reads one, `Wanted.address` writes it. Nothing personal of a prospect is here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from api.console.lead_known import eyes_of, name_of
from api.console.viewing import Untellable, Viewer
from db.board import BoardFilters, BoardSort, Choices
from db.choosing import Stopped
from db.leads import LeadCard
from models.access import Right
from models.calendar import ALWAYS
from models.ladder import Clock
from models.lead import LEAD_ID, LeadType, Stage
from policy.ladder.clocks import clocks_of
from runtime.countdowns import Countdown, Steps, count_down, steps_of
from runtime.front import Front
from runtime.whose import Eyes

SIZE = 50
"""Leads on one page."""

MOST_PAGES = 400

OPEN = (
    Stage.TRIAGE,
    Stage.OFFERED,
    Stage.ACCEPTED,
    Stage.ROUTING,
    Stage.REVIEW,
    Stage.RECEIVED,
    Stage.ENRICHING,
    Stage.SCORING,
    Stage.NURTURING,
)
"""Stages of leads that are open, who needs somebody first."""

OVER = (Stage.CONTACTED, Stage.CLOSED, Stage.DISQUALIFIED)

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


@dataclass(frozen=True, slots=True)
class Row:
    """One lead. `who` has it; `answers` is named where nobody has."""

    card: LeadCard
    who: str
    answers: str
    rung: str
    countdown: Countdown | None


@dataclass(frozen=True, slots=True)
class Tile:
    """How many leads of a stage there are, and the address that lists them."""

    stage: Stage
    number: int
    address: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class BoardView:
    """Everything that changes while somebody looks. `total` is None where it is not counted (leads that are over)."""

    at: datetime
    zone: str
    wanted: Wanted
    rows: Sequence[Row]
    tiles: Sequence[Tile]
    total: int | None
    everything: int
    door: int
    stopped: Stopped | None
    more: bool
    acts: bool

    @property
    def first(self) -> int:
        """Give the number of the first lead on the page."""
        return (self.wanted.page - 1) * SIZE + 1


@dataclass(frozen=True, slots=True)
class Offered:
    """What the form of filters offers: (value, words) pairs."""

    people: Sequence[tuple[str, str]]
    teams: Sequence[tuple[str, str]]
    sources: Sequence[str]
    regions: Sequence[str]


async def view_of(front: Front, viewer: Viewer, wanted: Wanted) -> BoardView:
    """Ask the database for everything that one address shows. Raises `DatabaseUnreachable`."""
    at, boards = front.clock(), front.store.boards
    filters, offset = wanted.filters(at), (wanted.page - 1) * SIZE
    counts: Mapping[Stage, int] = {}
    if wanted.ended:
        cards = await boards.page(filters, sort=wanted.order, limit=SIZE + 1, offset=offset)
    else:
        cards, counts = await boards.look(filters, sort=wanted.order, limit=SIZE + 1, offset=offset)
    stages = wanted.stages or tuple(Stage)
    eyes, zone = await eyes_of(front, viewer)
    return BoardView(
        at=at,
        zone=zone,
        wanted=wanted,
        rows=await rows_of(front, eyes, cards[:SIZE], at),
        tiles=_tiles(wanted, counts),
        total=None if wanted.ended else sum(number for stage, number in counts.items() if stage in stages),
        everything=sum(counts.values()),
        door=0 if wanted.filtered or wanted.ended else await boards.at_the_door(),
        stopped=await front.store.switching.state(),
        more=len(cards) > SIZE and wanted.page < MOST_PAGES,
        acts=viewer.may(Right.BULK) and not wanted.ended,
    )


async def offered(front: Front, viewer: Viewer) -> Offered:
    """Say what leads can be filtered by now."""
    choices: Choices = await front.store.boards.choices()
    eyes, _ = await eyes_of(front, viewer)
    roster = eyes.roster
    teams = {team.id: team.name for team in roster.teams}
    people = [(one.id, one.name) for one in (*roster.reps, *roster.managers)]
    return Offered(
        people=sorted(people, key=lambda pair: pair[1].casefold()),
        teams=[(team, teams.get(team, team)) for team in sorted({*choices.teams, *teams})],
        sources=choices.sources,
        regions=choices.regions,
    )


async def rows_of(front: Front, eyes: Eyes, cards: Sequence[LeadCard], at: datetime) -> list[Row]:
    """Say of each lead who has it, where it is on its ladder, and how much time is left."""
    store = front.store
    with_ladder = [card for card in cards if card.stage in (Stage.OFFERED, Stage.ACCEPTED, Stage.TRIAGE)]
    classes = await store.boards.sla_classes([card.lead_id for card in with_ladder])
    steps: dict[tuple[str, str], Steps | None] = {}
    policies = {version: await store.ladders.policy(version) for version in {card.policy for card in with_ladder}}
    for card in with_ladder:
        policy, sla = policies[card.policy], classes.get(card.lead_id)
        if policy is not None and sla is not None and (card.policy, sla) not in steps:
            steps[card.policy, sla] = steps_of(policy, sla)
    theirs = {card.lead_id: steps.get((card.policy, classes.get(card.lead_id, ""))) for card in with_ladder}
    clocks = {lead_id: found.clock(card) for card in with_ladder if (found := theirs[lead_id := card.lead_id])}
    zones = await store.boards.zones([lead_id for lead_id, clock in clocks.items() if clock is Clock.LEAD])
    rows = []
    for card in cards:
        clock, policy = clocks.get(card.lead_id, Clock.WALL), policies.get(card.policy)
        calendar = ALWAYS
        if policy is not None and clock is not Clock.WALL:
            calendar = clocks_of(policy, eyes.roster, card.owner, zones.get(card.lead_id)).calendar(clock)
        due_at = card.due_at if card.closed_at is None else None
        found = theirs.get(card.lead_id)
        rows.append(
            Row(
                card=card,
                who=name_of(eyes, card.owner),
                answers="" if card.owner else name_of(eyes, card.answerable),
                rung=found.rung(card) if found else "",
                countdown=count_down(due_at, at, calendar) if due_at else None,
            )
        )
    return rows


def _tiles(wanted: Wanted, counts: Mapping[Stage, int]) -> list[Tile]:
    listed = OVER if wanted.ended else OPEN
    unforeseen = [stage for stage in Stage if stage not in listed and counts.get(stage)]
    return [
        Tile(
            stage,
            counts.get(stage, 0),
            wanted.address(stages=() if wanted.stages == (stage,) else (stage,)),
            stage in wanted.stages,
        )
        for stage in (*listed, *unforeseen)
    ]

"""What the board shows: leads of one address's filters, each with who has it, its rung, and how much time is left.

Nothing personal of a prospect is here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.console.board_wanted import MOST_PAGES, Wanted
from api.console.lead_known import eyes_of, name_of
from api.console.viewing import Viewer
from api.console.words import at as written
from db.board import Choices
from db.choosing import Stopped
from db.leads import LeadCard
from models.access import Right
from models.calendar import ALWAYS
from models.ladder import Clock
from models.lead import Stage
from policy.ladder.clocks import clocks_of
from runtime.countdowns import Countdown, Steps, count_down, steps_of
from runtime.front import Front
from runtime.whose import Eyes

SIZE = 50
"""Leads on one page."""

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

    def when(self, instant: datetime) -> str:
        """Say when, as viewers read it: only the time of what is today, `16:30`."""
        (day, time), today = (_parted(instant, self.zone), _parted(self.at, self.zone)[0])
        return time if day == today else f"{day}, {time}"


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


async def offered(front: Front, viewer: Viewer, wanted: Wanted) -> Offered:
    """Say what leads can be filtered by now, and what they are filtered by in any case."""
    choices: Choices = await front.store.boards.choices()
    eyes, _ = await eyes_of(front, viewer)
    roster = eyes.roster
    teams = {team.id: team.name for team in roster.teams}
    people = {one.id: one.name for one in (*roster.reps, *roster.managers)}
    people |= {wanted.who: eyes.name(wanted.who)} if wanted.who else {}
    return Offered(
        people=sorted(people.items(), key=lambda pair: pair[1].casefold()),
        teams=[(team, teams.get(team, team)) for team in sorted({*choices.teams, *teams, wanted.team} - {""})],
        sources=sorted({*choices.sources, wanted.source} - {""}),
        regions=sorted({*choices.regions, wanted.region} - {""}),
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
                answers="" if card.owner or card.closed_at else name_of(eyes, card.answerable),
                rung=found.rung(card) if found else "",
                countdown=count_down(due_at, at, calendar) if due_at else None,
            )
        )
    return rows


def _parted(instant: datetime, zone: str) -> tuple[str, str]:
    day, _, time = written(instant, zone).removesuffix(" UTC").rpartition(", ")
    return day, time


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

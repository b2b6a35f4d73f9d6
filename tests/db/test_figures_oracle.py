"""Every figure against one that is counted the slow way: from the leads' own rows, one by one, by other means.

The leads are invented: declined, run out, taken back, moved by hand, handed over, folded, imported, erased, answered
late, broken in nobody's hands, still open; teams in two zones over a change of the clocks.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from db import tables
from db.engine import Database
from db.figures import Figures
from db.measures import MeasureBook
from db.rosters import Rosters
from db.tables.words import End, Holds
from db.unmeasured import Way
from models.figures import Dimension, Filters, Step, Timing
from models.lead import Stage
from models.outcome import OutcomeResult
from models.trial import Goal
from policy.insight.measuring import measure
from policy.insight.shifts import zone_of
from tests.db.samples import AT, rep, roster

BEGIN = datetime(2026, 3, 23, 5, tzinfo=UTC)
NOW = datetime(2026, 4, 6, 12, tzinfo=UTC)
WHILE = Filters(since=date(2026, 3, 24), until=date(2026, 4, 4))
ZONES = {"emea": "Europe/Berlin", "amer": "America/New_York"}
OPEN, GONE = (Stage.OFFERED, Stage.ROUTING), (Stage.NURTURING, Stage.DISQUALIFIED, Stage.REVIEW)
PEOPLE = roster(
    calendars={name: {"tz": tz, "week": {"mon": [["09:00", "17:00"]]}} for name, tz in ZONES.items()},
    teams=[{"id": name, "name": name, "manager": "mia", "calendar": name, "region": name} for name in ZONES],
    reps=[rep("ada"), rep("bo"), rep("cy", team="amer"), rep("dan", team="amer")],
    pools={},
)


@dataclass
class Made:
    """A lead's own rows, as other rooms write them."""

    lead: tables.Lead
    offers: list[tables.Ownership] = field(default_factory=list)
    said: list[tables.Outcome] = field(default_factory=list)

    @property
    def counts(self) -> bool:
        """Say whether figures of the while count it."""
        one = self.lead
        within = WHILE.since <= one.received_at.date() <= WHILE.until
        return within and one.stage is not Stage.ERASED and one.folded_into is None and not one.backfill

    @property
    def offered(self) -> datetime | None:
        """Say when somebody was first asked."""
        return min((one.offered_at for one in self.offers), default=None)

    @property
    def contacted(self) -> datetime | None:
        """Say when somebody was first in touch."""
        return min((one.contacted_at for one in self.offers if one.contacted_at), default=None)

    @property
    def answered(self) -> datetime | None:
        """Say when somebody first took it."""
        return min((one.accepted_at for one in self.offers if one.accepted_at), default=None)


def make(number: int, dice: Random) -> Made:
    """Invent a lead: where it came from, whom it was offered to, what became of it."""
    at = BEGIN + timedelta(minutes=dice.randrange(14 * 24 * 60))
    team = dice.choice(tuple(ZONES))
    lead = tables.Lead(
        lead_id=f"L{number:03}", headline="x", source=dice.choice(("web", "fair, \"big\"")), type="demo_request",
        region=dice.choice(("emea", None)), policy="p1", team=team, received_at=at, changed_at=NOW - timedelta(hours=1),
        backfill=dice.random() < 0.06, stage=Stage.ROUTING, points=dice.choice((None, 12.0, 57.5)),
    )  # fmt: skip
    made = Made(lead)
    if dice.random() < 0.15:  # nobody was asked
        lead.stage = dice.choice((Stage.NURTURING, Stage.REVIEW))
        lead.team = None
        return made
    lead.response_due_at = at + timedelta(minutes=dice.choice((15, 240, 3000)))
    clock, people = at, [one.id for one in PEOPLE.reps if one.team == team]
    for turn in range(dice.randrange(4)):
        clock += timedelta(seconds=dice.randrange(1, 4000))
        offer = tables.Ownership(
            lead_id=lead.lead_id, offer=turn + 1, rep_id=dice.choice(people), state=Holds.OFFERED, ordered_at=clock,
            offered_at=clock, refund_on=[], by="mia" if dice.random() < 0.15 else None,
        )  # fmt: skip
        made.offers.append(offer)
        clock += timedelta(seconds=dice.randrange(20, 9000))
        offer.ended, taken = dice.choice(
            ((End.DECLINED, False), (End.EXPIRED, False), (End.SUPERSEDED, False), (End.RELEASED, True), (None, True))
        )
        offer.accepted_at = clock if taken else None
        if offer.ended is None:
            lead.owner, lead.stage = offer.rep_id, Stage.ACCEPTED
            if dice.random() < 0.5:
                offer.contacted_at, lead.stage = clock + timedelta(seconds=dice.randrange(9000)), Stage.CONTACTED
            break
        clock += timedelta(seconds=dice.randrange(5))
        offer.ended_at = clock
    else:
        lead.stage = dice.choice((*OPEN, *GONE)) if made.offers else Stage.ROUTING
    _ends(made, dice)
    return made


def _ends(made: Made, dice: Random) -> None:
    """Let its promise break where it did, and people say what became of it."""
    lead = made.lead
    assert lead.response_due_at is not None
    answered, left = made.answered, max((one.ended_at for one in made.offers if one.ended_at), default=lead.changed_at)
    until = min(answered or NOW, NOW if lead.stage not in GONE else left)
    lead.breached = until > lead.response_due_at and not lead.backfill
    for number in range(dice.randrange(3) if lead.stage in (Stage.ACCEPTED, Stage.CONTACTED) else 0):
        worth: dict[str, Any] = dice.choice(({}, {"value": 100.0, "currency": dice.choice(("EUR", "USD"))}))
        result = dice.choice(tuple(OutcomeResult))
        made.said.append(
            tables.Outcome(lead_id=lead.lead_id, key=str(number), result=result, at=NOW, recorded_at=NOW, **worth)
        )
    if dice.random() < 0.05:
        lead.stage = Stage.ERASED
    elif dice.random() < 0.05:
        lead.folded_into = "L000"


async def _house(db: Database) -> list[Made]:
    """Ninety leads, measured in small batches as the chore does."""
    await Rosters(db).save(PEOPLE, at=AT)
    made = [make(number, Random(number)) for number in range(90)]
    for rows in ([one.lead for one in made], [one for lead in made for one in (*lead.offers, *lead.said)]):
        async with db.writing() as session:
            session.add_all(rows)
    book, more = MeasureBook(db), True
    while more:
        batch = await book.take(Way.CHANGED, at=NOW, limit=17)
        teams = [zone_of(PEOPLE, one.about["team"]) for one in batch.told]
        assert await book.keep(batch, [measure(one.lead, zone) for one, zone in zip(batch.told, teams, strict=True)])
        more = batch.more
    return [one for one in made if one.counts]


def good(made: Made) -> bool:
    """Say whether it became an opportunity, and nobody took that back."""
    said = [one.result for one in made.said]
    better = {OutcomeResult.QUALIFIED, OutcomeResult.WON} & {*said}
    return bool(better) and said[-1] not in (OutcomeResult.BAD, OutcomeResult.UNREACHABLE)


def kept(made: Made) -> bool | None:
    """Say whether its promise was kept."""
    due = made.lead.response_due_at
    if due is None:
        return None
    if made.answered is not None:
        return made.answered <= due
    return False if made.lead.breached else None


def whose(made: Made) -> str:
    """Say whose its promise is: who answered in time, who had it when it broke, who has it while it is open."""
    due = made.lead.response_due_at
    assert due is not None
    if kept(made):
        return next(one.rep_id for one in made.offers if one.accepted_at == made.answered)
    if kept(made) is None:
        return made.lead.owner or (made.offers[-1].rep_id if made.offers else "")
    return next((o.rep_id for o in made.offers if o.offered_at <= due and (not o.ended_at or o.ended_at > due)), "")


def left_at(made: Made) -> datetime | None:
    """Say when it went another way."""
    if made.lead.stage not in GONE:
        return None
    return max((one.ended_at for one in made.offers if one.ended_at), default=made.lead.changed_at)


def survival(leads: Sequence[Made], when: Callable[[Made], datetime | None]) -> Callable[[float], float]:
    """Estimate who still waits after some seconds, product over product, on the seconds themselves."""
    seen = []
    for one in leads:
        came, gone = when(one), left_at(one)
        seen.append((((came or gone or NOW) - one.lead.received_at).total_seconds(), came is not None))

    def at(seconds: float) -> float:
        still = 1.0
        for moment in sorted({span for span, came in seen if came and span <= seconds}):
            risk = sum(span >= moment for span, _ in seen)
            still *= 1 - sum(came and span == moment for span, came in seen) / risk
        return still

    return at


async def _speed_is_what_the_seconds_say(db: Database, house: list[Made]) -> None:
    """Each curve lies between those that are five percent slower and quicker, and so do its times."""
    promised = [one for one in house if one.lead.response_due_at]
    speed = await Figures(db).speed(WHILE, NOW)
    assert len(promised) == speed.leads
    ways: list[tuple[Timing, Callable[[Made], datetime | None]]] = [
        (speed.offered, lambda one: one.offered), (speed.accepted, lambda one: one.answered),
        (speed.contacted, lambda one: one.contacted),
    ]  # fmt: skip
    for timing, when in ways:
        true = survival(promised, when)
        came = [one for one in promised if when(one)]
        assert len(came) == timing.curve.came > 5
        assert sum(left_at(one) is not None for one in promised if not when(one)) == timing.curve.left
        for point in timing.curve.points[1:]:
            assert true(point.at_s * 1.06 + 1) - 0.02 <= point.left <= true(point.at_s / 1.06 - 1) + 0.02
        took = sum(int((moment - one.lead.received_at).total_seconds()) for one in came if (moment := when(one)))
        assert took / len(came) == timing.mean_s
        for share, told in ((0.5, timing.half_s), (0.9, timing.nine_tenths_s)):
            if told is not None:
                assert true(told * 1.06 + 1) <= 1 - share + 0.02
                assert true(told / 1.06 - 1) > 1 - share - 0.02
    assert (Step.OFFERED, Step.CONTACTED) == (speed.offered.step, speed.contacted.step)


async def _promises_are_those_of_the_rows(db: Database, house: list[Made]) -> None:
    """Kept, broken and open, by who had them; broken in nobody's hands counts with nobody."""
    found = await Figures(db).kept(WHILE)
    counts: dict[str, Counter[bool | None]] = defaultdict(Counter)
    for one in house:
        if one.lead.response_due_at and not (kept(one) is None and left_at(one)):
            counts[whose(one)][kept(one)] += 1
    rows = {row.value: (row.kept.part, row.kept.of, row.open) for row in found.by[Dimension.REP]}
    assert {one: (n[True], n[True] + n[False], n[None]) for one, n in counts.items()} == rows
    assert (counts[""][False], 5) <= (found.nobody, len(rows))
    assert sum(n.total() for n in counts.values()) == found.all.kept.of + found.all.open
    days = Counter(one.lead.received_at.date() for one in house if kept(one) is not None)
    assert sorted(days.items()) == [(day.day, day.kept.of) for day in found.days]


async def _hours_are_those_of_the_teams_clocks(db: Database, house: list[Made]) -> None:
    """In summer and in winter time."""
    received, answered = Counter[int](), Counter[int]()
    for one in house:
        zone = ZoneInfo(ZONES.get(one.lead.team or "", "UTC"))
        for counts, moment in ((received, one.lead.received_at), (answered, one.answered)):
            if moment:
                there = moment.astimezone(zone)
                counts[24 * (there.isoweekday() - 1) + there.hour] += 1
    cells = (await Figures(db).hours(WHILE, NOW)).cells
    assert [(received[hour], answered[hour]) for hour in range(168)] == [(one.received, one.answered) for one in cells]


async def _conversion_the_funnel_and_automation_are_those_of_the_rows(db: Database, house: list[Made]) -> None:
    """With what was won in each currency; and combined filters are those of the rows, too."""
    figures, offered = Figures(db), [one for one in house if one.offers]
    found = await figures.conversion(WHILE, Dimension.SOURCE, Goal.QUALIFIED)
    worth: dict[tuple[str, str], float] = defaultdict(float)
    for one in offered:
        valued = [said for said in one.said if said.value is not None]
        if one.said and one.said[-1].result is OutcomeResult.WON and valued:
            worth[one.lead.source, valued[-1].currency or ""] += valued[-1].value or 0
    for row in found.rows:
        of = [one for one in offered if one.lead.source == row.value]
        final = [one for one in of if one.said and one.said[-1].result is not OutcomeResult.QUALIFIED]
        decided = {one.lead.lead_id for one in (*final, *filter(good, of))}
        assert (sum(map(good, of)), len(of), len(decided)) == (row.share.part, row.share.of, row.settled.of)
        assert {key[1]: value for key, value in worth.items() if key[0] == row.value} == dict(row.worth)
    funnel = (await figures.funnel(WHILE)).steps
    touched = [one for one in offered if one.contacted or good(one) or _won(one)]
    reached = [house, [one for one in house if one.lead.response_due_at], offered]
    reached += [[one for one in offered if one.answered], touched, [one for one in offered if good(one) or _won(one)]]
    assert [*map(len, reached), sum(map(_won, house))] == [step.leads for step in funnel]
    by_hand = sum(any(offer.by for offer in one.offers) for one in offered)
    automation = await figures.automation(WHILE)
    assert (by_hand, len(offered) - by_hand) == (automation.by_hand, automation.all.part)
    narrow = WHILE.model_copy(update={"source": ("web",), "region": ("",), "team": ("emea", ""), "band": ("50", "10")})
    some = [one.lead for one in house if one.lead.source == "web" and one.lead.region is None]
    some = [one for one in some if one.team in ("emea", None) and one.points is not None]
    assert len(some) == (await figures.overview(narrow, NOW)).received > 0


def _won(made: Made) -> bool:
    return bool(made.said) and made.said[-1].result is OutcomeResult.WON


async def _load_is_that_of_the_offers(db: Database, house: list[Made]) -> None:
    """By the day of the offer, also of leads that came before the while; erased and folded ones are nobody's."""
    found = await Figures(db).fairness(WHILE)
    every = [make(number, Random(number)) for number in range(90)]
    alive = [one for one in every if one.lead.stage is not Stage.ERASED and not one.lead.folded_into]
    offers = [offer for one in alive if not one.lead.backfill for offer in one.offers]
    for row in found.reps:
        theirs = [o for o in offers if o.rep_id == row.rep_id and WHILE.since <= o.offered_at.date() <= WHILE.until]
        ended = Counter(one.ended for one in theirs)
        assert (len(theirs), ended[End.DECLINED], ended[End.EXPIRED]) == (row.offers, row.declined, row.ran_out)
        accepted, over = (
            sum(bool(one.accepted_at) for one in theirs),
            sum(bool(one.accepted_at or one.ended_at) for one in theirs),
        )
        assert (accepted, over) == (row.accepted.part, row.accepted.of)
    assert len(found.reps) == 4
    assert len(house) > 40


async def test_every_figure_is_what_one_counts_the_slow_way(db: Database) -> None:
    """All of them on the same ninety leads."""
    house = await _house(db)
    for check in (
        _speed_is_what_the_seconds_say,
        _promises_are_those_of_the_rows,
        _hours_are_those_of_the_teams_clocks,
        _conversion_the_funnel_and_automation_are_those_of_the_rows,
        _load_is_that_of_the_offers,
    ):
        await check(db, house)

"""Telling a manager by the day where their teams stand (R32, R50): counts first, then a few lines of each kind.

Short enough for a mail; nothing to say, nothing sent. This room refuses to judge people: it counts.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from temporalio import activity

from activities import contract
from activities.letter import Letter, digest
from activities.policybook import NoPolicy, Policybook
from db.coaching import Coaching, Tally
from db.digests import Digests, Heading, Line, TeamsStand
from db.rosters import Rosters
from models.decisions import Delivery, DeliveryState
from models.lead import Stage
from models.orders import SendDigest
from models.policy import CoachingRule
from models.roster import Person, Roster, Team
from policy.coverage import Span, away_between, gaps
from policy.quiet import zone_of
from policy.routing.crew import crew_of
from policy.routing.moments import moment, until_day

log = structlog.stdlib.get_logger("baton.digest")

LINES = 10
"""So many lines of one kind; what is more is counted."""

AHEAD = timedelta(days=7)
"""How far ahead gaps and leave are looked for."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A digest in words; no subject when there is nothing to say."""

    subject: str
    text: str


class UnknownManager(LookupError):
    """Nobody of this id is in the roster, or no roster is loaded."""


class Digester(contract.Digests):
    """Writes digests and sends them."""

    def __init__(self, composer: "Composer", deliver: Callable[[Person, Letter], Awaitable[Delivery]]) -> None:
        self._composer, self._deliver = composer, deliver

    @activity.defn(name="send_digest")
    async def send_digest(self, order: SendDigest) -> Delivery:
        """Tell a manager where their teams stand, once for each key. Raises while a channel may yet work."""
        try:
            person, composed = await self._composer.compose(order.manager_id, order.at)
        except UnknownManager as error:
            return Delivery(state=DeliveryState.STALE, person_id=order.manager_id, because=str(error))
        if composed is None:
            return Delivery(state=DeliveryState.STALE, person_id=order.manager_id, because="there is nothing to say")
        delivery = await self._deliver(person, digest(order.key, composed.subject, composed.text))
        log.info("digest", person_id=person.id, key=order.key, state=delivery.state)
        return delivery


class Composer:
    """Puts a digest into words."""

    def __init__(self, digests: Digests, coaching: Coaching, rosters: Rosters, policybook: Policybook) -> None:
        self._digests, self._coaching = digests, coaching
        self._rosters, self._policybook = rosters, policybook

    async def compose(self, manager_id: str, at: datetime) -> tuple[Person, Composed | None]:
        """Write what a manager's digest says at an instant; None when there is nothing. Raises `UnknownManager`."""
        roster = await self._rosters.load()
        person = crew_of(roster).people.get(manager_id) if roster else None
        if roster is None or person is None:
            raise UnknownManager(f"{manager_id} is not in the roster")
        teams = [team for team in roster.teams if team.manager == manager_id]
        stand = await self._digests.standing(manager_id, [team.id for team in teams], most=LINES)
        rule = await self._rule()
        tallies = await self._coaching.tallies(at - rule.within, at)
        theirs = {rep.id for rep in roster.reps if rep.team in {team.id for team in teams}}
        coached = [one for one in tallies if one.rep_id in theirs and one.missed >= rule.misses]
        words = Words(roster, zone_of(roster, person), at)
        parts = [
            words.leads("Late, and nobody has taken it", stand.late),
            words.leads("Waits for you", stand.waiting),
            words.coached(coached, rule),
            words.uncovered(teams),
            words.on_leave(teams),
        ]
        said = [part for part in parts if part]
        open_leads = sum(number for stage, number in stand.stages.items() if stage is not Stage.NURTURING)
        if not said and not open_leads:
            return person, None
        counts = words.counts(stand, open_leads)
        return person, Composed(f"Your teams: {counts}", "\n\n".join((f"{counts}.{words.by_stage(stand)}", *said)))

    async def _rule(self) -> CoachingRule:
        try:
            return (await self._policybook.active()).policy.coaching
        except NoPolicy:
            return CoachingRule()


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one digest, with instants in its reader's zone."""

    roster: Roster
    zone: str
    at: datetime

    def counts(self, stand: TeamsStand, open_leads: int) -> str:
        """Say how many, in one line."""
        seen = f" ({stand.seen} acknowledged)" if stand.seen else ""
        return f"{open_leads} open, {stand.late.of} late, {stand.waiting.of} waiting for you{seen}"

    def by_stage(self, stand: TeamsStand) -> str:
        """Say in which stages, in the order of a lead's life."""
        found = [f"{stand.stages[stage]} {stage}" for stage in Stage if stand.stages.get(stage)]
        return f" By stage: {', '.join(found)}." if found else ""

    def leads(self, title: str, heading: Heading) -> str:
        """List leads, one a line."""
        return _part(title, (self._lead(line) for line in heading.lines), heading.of)

    def coached(self, tallies: list[Tally], rule: CoachingRule) -> str:
        """List who keeps missing offers and promises."""
        days, hours = rule.within.days, round(rule.within.seconds / 3600)
        within = f"{days} days" if days else f"{hours} hours"
        title = f"To coach: {rule.misses} or more missed within {within}"
        names = crew_of(self.roster).people
        lines = (
            f"{names[one.rep_id].name}: missed {one.missed} of {one.offers} offers ({one.ran_out} ran out, "
            f"{one.untouched} accepted and not contacted, {one.breached} broken promises)"
            for one in tallies
        )
        return _part(title, lines, len(tallies))

    def uncovered(self, teams: list[Team]) -> str:
        """List the hours of the days ahead that nobody of a team covers."""
        lines = [
            f"{team.name}: {self._span(gap)}"
            for team in teams
            for gap in gaps(self.roster, team.id, self.at, self.at + AHEAD)
        ]
        return _part("Nobody is there, in the next 7 days", lines, len(lines))

    def on_leave(self, teams: list[Team]) -> str:
        """List who is away in the days ahead."""
        ids, lines = {team.id for team in teams}, list[str]()
        for rep in self.roster.reps:
            if rep.active and rep.team in ids:
                zone = crew_of(self.roster).calendar(rep).tz  # whose days they are
                for leave in away_between(self.roster, rep, self.at, self.at + AHEAD):
                    since = "" if leave.starts_at <= self.at else f"from {moment(leave.starts_at, zone, self.at)} "
                    lines.append(f"{rep.name}: {since}{until_day(leave.ends_at, zone, self.at)}")
        return _part("On leave, in the next 7 days", lines, len(lines))

    def _lead(self, line: Line) -> str:
        who = f"{line.stage}, {line.owner}" if line.owner else line.stage
        promised = f", promised by {moment(line.response_due_at, self.zone, self.at)}" if line.response_due_at else ""
        due = f"; next at {moment(line.due_at, self.zone, self.at)}: {line.next_step}" if line.due_at else ""
        return f"{line.lead_id} {line.headline}: {who}{promised}{due}{' (acknowledged)' if line.seen else ''}"

    def _span(self, gap: Span) -> str:
        start, end = (moment(one, self.zone, self.at) for one in gap)
        same_day = start[:-5] == end[:-5]
        return f"{start}-{end[-5:]}" if same_day else f"{start} to {end}"


def _part(title: str, lines: Iterable[str], of: int) -> str:
    """Write a heading with at most `LINES` lines, and how many more there are; nothing without any."""
    if not of:
        return ""
    some = [f"- {line}" for line in lines][:LINES]
    if of > len(some):
        some.append(f"- and {of - len(some)} more")
    return "\n".join((f"{title}:", *some))

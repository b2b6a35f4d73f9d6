"""A team's board in words: each rep, whether they may be asked now, what they have in hand, and how the week went.

A pure view. It counts and refuses to judge: who is to be coached is the policy's word.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from api.console.mine_desk import leads_teams
from db.coaching import Tally
from db.desk import InHand
from models.roster import Rep, Roster, Team
from policy.routing.crew import crew_of
from runtime.coached import Listed
from runtime.presence import Presence

NOTHING = InHand()


@dataclass(frozen=True, slots=True)
class Row:
    """One rep: `because` is why they are asked nothing now, None where they may be; `full` without a place left."""

    rep: Rep
    because: str | None
    load: int
    hand: InHand
    week: Tally | None

    @property
    def full(self) -> bool:
        """Say whether they have no place left."""
        return self.load >= self.rep.capacity


@dataclass(frozen=True, slots=True)
class Board:
    """One team: who answers for it, and its reps."""

    team: Team
    manager: str
    rows: tuple[Row, ...]

    @property
    def available(self) -> int:
        """Count who may be asked now."""
        return sum(row.because is None for row in self.rows)

    @property
    def active(self) -> int:
        """Count who takes part at all."""
        return sum(row.rep.active for row in self.rows)


@dataclass(frozen=True, slots=True)
class Coached:
    """One rep on the coaching list. `until`: set aside until then; `word`: coach, forgiven, or nothing."""

    tally: Tally
    name: str
    aside: str
    coach: bool


def shown_teams(roster: Roster, person_id: str | None, wanted: str) -> tuple[str, ...]:
    """Name the teams to show: the wanted one, else those that somebody answers for, else all of them."""
    every = tuple(team.id for team in roster.teams)
    if wanted in every:
        return (wanted,)
    theirs = leads_teams(roster, person_id) if wanted != "all" else ()
    return theirs or every


def boards(
    roster: Roster, teams: Collection[str], presence: Presence, hands: Mapping[str, InHand], week: Sequence[Tally]
) -> tuple[Board, ...]:
    """Lay out the teams, in the roster's order; those who are not active and have nothing in hand are left out."""
    tallies, people = {one.rep_id: one for one in week}, crew_of(roster).people
    found = []
    for team in roster.teams:
        if team.id not in teams:
            continue
        rows = [
            Row(rep, presence.reasons[rep.id], presence.loads[rep.id], hands.get(rep.id, NOTHING), tallies.get(rep.id))
            for rep in roster.reps
            if rep.team == team.id and (rep.active or presence.loads[rep.id])
        ]
        manager = people.get(team.manager)
        rows.sort(key=lambda row: (not row.rep.active, row.rep.name))
        found.append(Board(team, manager.name if manager else team.manager, tuple(rows)))
    return tuple(found)


def coached_of(listed: Listed, roster: Roster, reps: Collection[str]) -> tuple[Coached, ...]:
    """List who missed anything, or is set aside, of these reps; who missed most first."""
    crew, found = crew_of(roster), []
    for one in listed.tallies:
        aside = listed.aside.get(one.rep_id)
        if one.rep_id in reps and (one.missed or aside):
            says = aside.objection.says if aside else ""
            found.append(Coached(one, crew.reps[one.rep_id].name, says, listed.to_coach(one)))
    return tuple(found)


def could_take(roster: Roster, presence: Presence) -> tuple[tuple[str, str], ...]:
    """List everybody who could be given a lead, who is there now first, with how much they have in hand."""
    reps = [rep for rep in roster.reps if rep.active]
    reps.sort(key=lambda rep: (presence.reasons[rep.id] is not None, presence.loads[rep.id] / max(rep.capacity, 1)))
    told = [
        (rep.id, f"{rep.name}: {presence.reasons[rep.id] or 'available'}, {presence.loads[rep.id]} of {rep.capacity}")
        for rep in reps
    ]
    return (*told, *((one.id, f"{one.name}: manager") for one in roster.managers))

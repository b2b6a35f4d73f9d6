"""Whose a lead is now, in words for one reader: on the page behind a link, in a changed message, to a late click.

This room refuses to look anything up and to know how the words are shown.
"""

from dataclasses import dataclass
from datetime import datetime

from activities.addressees import reader_of
from activities.letter import Reader
from db.standings import Standing
from models.lead import Stage
from models.roster import Person, Roster
from policy.quiet import zone_of

_RESTS = {
    Stage.REVIEW: "It is in review",
    Stage.NURTURING: "Marketing keeps it warm",
    Stage.TRIAGE: "Nobody has taken it yet: it waits for a manager",
    Stage.DISQUALIFIED: "It turned out to be no lead for us",
    Stage.CLOSED: "It is closed",
    Stage.CONTACTED: "It is in contact already",
}


@dataclass(frozen=True, slots=True)
class Eyes:
    """Who reads, with the roster by which people get their names and times their zone."""

    roster: Roster
    person_id: str

    def name(self, person_id: str) -> str:
        """Name a person; who has left the roster keeps their id."""
        person = reader_of(self.roster, person_id)
        return person.name if person else person_id

    def reader(self) -> Reader:
        """Give whose eyes they are, and their zone; who has left the roster reads UTC."""
        person = reader_of(self.roster, self.person_id)
        if person is None:
            return Reader(Person(id=self.person_id, name=self.person_id))
        return Reader(person, zone_of(self.roster, person))

    def when(self, at: datetime) -> str:
        """Say an instant as the reader's wall clock shows it, with their zone."""
        return self.reader().when(at)


def whose(standing: Standing, eyes: Eyes) -> str:
    """Say who has a lead and since when, or why nobody has."""
    holder = standing.holder
    if standing.stage is Stage.ERASED:
        return f"It was erased on {eyes.when(standing.changed_at)}."
    if holder is None:
        rests = _RESTS.get(standing.stage)
        return f"{rests}, since {eyes.when(standing.changed_at)}." if rests else "Nobody has it at this moment."
    return whose_it_is(
        eyes, holder.rep_id, holder.offered_at, holder.accepted_at if holder.accepted else None, holder.contacted_at
    )


def whose_it_is(
    eyes: Eyes,
    rep_id: str,
    offered_at: datetime | None,
    accepted_at: datetime | None,
    contacted_at: datetime | None = None,
) -> str:
    """Say that somebody has it, how far they have come, and since when."""
    me = rep_id == eyes.person_id
    who = "You" if me else eyes.name(rep_id)
    if contacted_at is not None:
        return f"{who} {'have' if me else 'has'} it, and reached out on {eyes.when(contacted_at)}."
    if accepted_at is not None:
        return f"{who} {'have' if me else 'has'} it, since {eyes.when(accepted_at)}."
    asked = f" since {eyes.when(offered_at)}" if offered_at else ""
    return f"{who} {'are' if me else 'is'} asked to take it{asked}."

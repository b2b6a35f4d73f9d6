"""What lies on one person's desk, in words: what is asked of them, what is theirs and by when, and what was theirs.

A pure view. It refuses to look anything up, and to judge whether an answer still counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db.acts import Act
from db.desk import OnDesk, Waits
from db.leads import LeadCard
from db.tables.words import ActOutcome, End, Holds
from models.calendar import ALWAYS, Calendar
from models.roster import Manager, Rep, Roster
from policy.quiet import zone_of
from policy.routing.crew import crew_of
from runtime.countdowns import Countdown, count_down
from runtime.presence import Presence

ENDS = {
    End.DECLINED: "you passed it on",
    End.EXPIRED: "it ran out",
    End.SUPERSEDED: "somebody gave it to another",
    End.WITHDRAWN: "it was taken back",
    End.RELEASED: "it left your hands",
}


@dataclass(frozen=True, slots=True)
class Me:
    """Who looks, as the roster knows them. `hours`: those that they work; around the clock for whoever has none."""

    id: str
    name: str
    roster: Roster
    rep: Rep | None
    hours: Calendar
    zone: str


@dataclass(frozen=True, slots=True)
class Card:
    """One lead on the desk. `answered`: what just came of an answer to it, which the database may not know yet."""

    lead: OnDesk
    by_when: Countdown | None
    broken: bool
    answered: str

    @property
    def card(self) -> LeadCard:
        """Give the lead as every list has it."""
        return self.lead.card


@dataclass(frozen=True, slots=True)
class Passed:
    """One offer that ended: how, why in the words of whatever ended it, and what became of its turn."""

    lead: OnDesk
    how: str
    why: str
    turn: str


@dataclass(frozen=True, slots=True)
class Desk:
    """The whole desk."""

    asked: tuple[Card, ...]
    taken: tuple[Card, ...]
    waits: tuple[tuple[Waits, Countdown | None], ...]
    in_contact: tuple[OnDesk, ...]
    had: tuple[Passed, ...]


def me_of(roster: Roster | None, person_id: str | None) -> Me | None:
    """Find somebody in the roster; None for whoever is not in it."""
    if roster is None or person_id is None:
        return None
    crew = crew_of(roster)
    person = crew.people.get(person_id)
    if person is None:
        return None
    rep = crew.reps.get(person_id)
    hours = crew.calendar(rep) if rep else _hours_of_manager(roster, person_id)
    return Me(person.id, person.name, roster, rep, hours, zone_of(roster, person))


def leads_teams(roster: Roster, person_id: str | None) -> tuple[str, ...]:
    """Name the teams that somebody answers for, also those of managers who answer to them."""
    above: dict[str, str | None] = {one.id: one.manager for one in roster.managers}
    return tuple(team.id for team in roster.teams if person_id in _line(team.manager, above))


def _line(manager: str, above: dict[str, str | None]) -> tuple[str, ...]:
    found, one = list[str](), above.get(manager)
    while one is not None and one not in found:
        found.append(one)
        one = above.get(one)
    return (manager, *found)


def _hours_of_manager(roster: Roster, person_id: str) -> Calendar:
    led = next((team for team in roster.teams if team.manager == person_id), None)
    return roster.calendars[led.calendar] if led else ALWAYS


def desk_of(
    at: datetime,
    *,
    in_hand: Sequence[tuple[OnDesk, Calendar]],
    in_contact: Sequence[OnDesk],
    had: Sequence[OnDesk],
    waits: Sequence[Waits],
    told: Act | None,
) -> Desk:
    """Lay a desk out; `told` is what came of what they just did."""
    cards = [_card(one, hours, at, told) for one, hours in in_hand]
    return Desk(
        asked=tuple(card for card in cards if card.lead.state is Holds.OFFERED),
        taken=tuple(card for card in cards if card.lead.state is not Holds.OFFERED),
        waits=tuple((one, _until(one.due_at, at, ALWAYS)) for one in waits),
        in_contact=tuple(in_contact),
        had=tuple(Passed(one, _how(one), one.because.partition("; the turn stays")[0], _turn(one)) for one in had),
    )


def _until(due_at: datetime | None, at: datetime, hours: Calendar) -> Countdown | None:
    return None if due_at is None else count_down(due_at, at, hours)


def _card(lead: OnDesk, hours: Calendar, at: datetime, told: Act | None) -> Card:
    answered = ""
    if told is not None and told.lead_id == lead.lead_id and told.detail.get("offer") in (lead.offer, None):
        if told.outcome is ActOutcome.DONE:
            answered = "Your answer has counted. This page catches up in a moment."
        elif told.outcome is ActOutcome.RECORDED:
            answered = "Your answer is kept. Its verdict follows over your usual channel."
    promised = lead.card.response_due_at
    broken = lead.card.breached or (lead.accepted_at is None and promised is not None and at > promised)
    return Card(lead, _until(lead.card.due_at, at, hours), broken, answered)


def _how(lead: OnDesk) -> str:
    return ENDS[lead.ended] if lead.ended else "it ended"


def _turn(lead: OnDesk) -> str:
    if lead.given_back:
        return "your turn was given back"
    return "the turn stays charged" if "the turn stays charged" in lead.because else ""


def availability(me: Me, presence: Presence) -> tuple[bool, str]:
    """Say whether they may be offered a lead now, and why not."""
    if me.rep is None:
        return False, "You are no rep, so routing offers you nothing. What waits for you is below."
    load, reason = presence.loads[me.id], presence.reasons[me.id]
    hand = f"{load} of {me.rep.capacity} leads in hand"
    if reason is None:
        return True, f"You may be offered leads now, {hand}."
    return False, f"You are offered nothing now: {reason}. You have {hand}."


def is_manager(me: Me) -> bool:
    """Say whether they answer for anybody."""
    return isinstance(crew_of(me.roster).people.get(me.id), Manager)

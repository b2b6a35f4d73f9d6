"""Who is behind the simulated leads: recognised as a door recognises them, and folded into their lead in flight.

A person is known by e-mail or by (source, external id); a phone alone never makes two people one (R24).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from models.facts import LeadFacts
from policy.routing.situation import Tie, TieKind
from policy.simulation.waiting import Flight

Sign = str | tuple[str, str]
"""An e-mail address, or source and external id."""


class People:
    """Everybody who came so far, each with their latest lead; one in flight for longer than `within` is too old."""

    def __init__(self, within: timedelta) -> None:
        self._within = within
        self._latest: dict[Sign, Flight] = {}

    def in_flight(self, signs: Sequence[Sign], at: datetime) -> tuple[Flight, str] | None:
        """Find the lead that this person's new one is folded into, and say by what they are known."""
        known = [(sign, self._latest[sign]) for sign in signs if sign in self._latest]
        fresh = [one for _, one in known if not one.ended and one.received_at >= at - self._within]
        if not fresh:
            return None
        into = min(fresh, key=lambda one: (one.received_at, one.lead_id))
        by = sorted({"email" if isinstance(sign, str) else "external" for sign, one in known if one is into})
        for sign in signs:
            if sign not in self._latest or self._latest[sign].ended:
                self._latest[sign] = into
        return into, f"the same person is in flight (same {' and '.join(by)}): {into.lead_id}"

    def enter(self, signs: Sequence[Sign], flight: Flight) -> None:
        """Enter a person's new lead, and tell it who had their lead before."""
        before = [self._latest[sign] for sign in signs if sign in self._latest]
        if before:
            flight.person = _known_by(max(before, key=lambda one: (one.received_at, one.lead_id)))
        for sign in signs:
            self._latest[sign] = flight


def signs_of(facts: LeadFacts) -> tuple[Sign, ...]:
    """Say by what the person behind a lead is known."""
    email = (facts.email,) if facts.email else ()
    return (*email, (facts.source, facts.external_id)) if facts.external_id else email


def _known_by(before: Flight) -> Tie | None:
    """Say who had the person's lead before, or the one before that."""
    if before.met is None:
        return before.person
    return Tie(TieKind.PERSON, before.met.rep_id, before.lead_id, None, before.met.last_at)

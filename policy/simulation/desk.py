"""One simulated decision at a time: asked of the policy's own rooms as the activities ask them, and told as verdicts.

This room refuses to keep books and to know whose turn it is to be looked at.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from models.decisions import Disqualified, Nurture, Review, Route, Score
from models.explanation import RoutingTrace
from models.facts import LeadFacts
from models.ladder import Target
from models.orders import AssignLead
from models.qualifying import Via
from models.roster import Level, Roster
from models.routing import Tied
from models.sla import Late
from policy import ladder
from policy.compiled import CompiledPolicy
from policy.hours.calendars import NeverOpens, due
from policy.placing import localise
from policy.qualification import judge
from policy.routing.accounts import companies_of, parents_of
from policy.routing.choices import Choice, Chosen, NoOne, Waits
from policy.routing.late import choose_in_time
from policy.routing.naming import BY_RUNG
from policy.routing.needs import lead_value
from policy.routing.situation import Situation
from policy.simulation.verdicts import Fate, Verdict
from policy.simulation.waiting import Flight, Wish

_FIRM = frozenset({Tied.NAMED_ACCOUNT.value, Via.SUCCESS.value})
"""Ties that no lead of the past comes before."""

_UNROUTED = {Nurture: Fate.NURTURE, Review: Fate.REVIEW, Disqualified: Fate.DISQUALIFIED}


class Desk:
    """One policy and one roster, and how long a rep takes from an offer to the first contact."""

    def __init__(self, compiled: CompiledPolicy, roster: Roster, handling: timedelta) -> None:
        self.compiled, self.roster, self._handling = compiled, roster, handling
        self._manager = roster.managers[0].id if roster.managers else None
        self._rules = {rule.name: rule for rule in compiled.policy.routing.rules}
        self.hold_at_most = compiled.policy.routing.hold_at_most
        self._texts: dict[str, str] = {}
        self._alone: dict[str, bool] = {}
        self._clocks = lru_cache(maxsize=4096)(self._clocks_of)

    def place(self, facts: LeadFacts) -> LeadFacts:
        """Put a lead into this policy's regions; one that another policy derived is derived anew."""
        if "region" in facts.origin:
            origin = {field: source for field, source in facts.origin.items() if field != "region"}
            facts = facts.model_copy(update={"region": None, "origin": origin})
        return localise(facts, self.compiled.policy)

    def companies(self, facts: LeadFacts) -> tuple[str, ...]:
        """List the domains of the companies whose ties count for a lead."""
        return (*companies_of(self.compiled, facts), *parents_of(self.compiled, facts))

    def judge(self, facts: LeadFacts, flight: Flight, at: datetime) -> Score:
        """Score and qualify a lead by what is known of it at `at`."""
        return judge(self.compiled, facts, flight.touches[: flight.heard], at, answerable=self._manager, whole=False)

    def ask(self, facts: LeadFacts, flight: Flight, score: Score, way: Route, situation: Situation) -> Choice:
        """Ask who gets a lead, as its first offer."""
        order = AssignLead(
            lead_id=flight.lead_id,
            offer=1,
            policy=self.compiled.version,
            to=Target.PRIMARY,
            sla=way.sla,
            rungs_done=1,
            cause="qualified",
            ordered_at=situation.at,
            sla_from=flight.routed_at or situation.at,
        )
        since = flight.routed_at or situation.at

        def promised(rep_id: str | None) -> datetime:
            return self.promise(rep_id, facts, way, since)

        return choose_in_time(
            self.compiled, facts, score, order, situation, promised, flight.touches[: flight.heard], whole=False
        )

    def contact_at(self, rep_id: str, offered_at: datetime) -> datetime:
        """Say when who was offered a lead makes contact; on hours that have ended every second counts."""
        try:
            return due(self._clocks(rep_id, None).rep, offered_at, self._handling).due_at
        except NeverOpens:
            return offered_at + self._handling

    def promise(self, rep_id: str | None, facts: LeadFacts, way: Route, routed_at: datetime) -> datetime:
        """Say when the response promised for a lead is due, in the hours of who has it or was looked at first."""
        clocks = self._clocks(rep_id, facts.timezone)
        return ladder.response_due_at(self.compiled.policy, way.sla, clocks, routed_at)

    def _clocks_of(self, rep_id: str | None, timezone: str | None) -> ladder.Clocks:
        return ladder.clocks_of(self.compiled.policy, self.roster, rep_id, timezone)

    def stands_alone(self, way: Route) -> bool:
        """Say whether leads of a class are answered each for itself: by when each is due, or whose duty it is."""
        if way.sla not in self._alone:
            one = next(one for one in self.compiled.policy.sla if one.name == way.sla)
            self._alone[way.sla] = one.late.do is Late.FOLLOW or one.ladder[0].to in BY_RUNG
        return self._alone[way.sla]

    def wish(self, waits: Waits, facts: LeadFacts, flight: Flight, way: Route) -> Wish:
        """Say what a held lead waits for."""
        trace = waits.trace
        apart = flight.lead_id if self.stands_alone(way) else self._apart(flight)
        person = flight.person.rep_id if flight.person else None
        tied = () if apart else tuple(tie.rep_id for tie in trace.ties if tie.rep_id)
        if waits.rep_id is not None:
            return Wish(None, waits.rep_id, (), None, (person,), tied, apart, firm=trace.tie in _FIRM)
        rule = self._rules.get(_rule_of(trace) or "")
        return Wish(
            pool=waits.pool,
            rep_id=None,
            levels=() if trace.any_level else tuple(map(Level, trace.levels)),
            rule=rule.name if rule else None,
            asks=(person, *(lead_value(need, self.compiled, facts) for need in (rule.needs if rule else ()))),
            tied=tied,
            apart=apart,
        )

    def _apart(self, flight: Flight) -> str:
        return flight.queue.wish.apart if flight.queue and flight.queue.wish.apart in flight.companies else ""

    def not_routed(self, facts: LeadFacts, flight: Flight, score: Score) -> Verdict:
        """Tell of a lead that goes to nobody in sales."""
        fate = _UNROUTED[type(score.qualification)]
        because = score.qualification.because
        return self._told(facts, flight, score, fate, self._texts.setdefault(because, because))  # few, told of many

    def routed(
        self, facts: LeadFacts, flight: Flight, score: Score, way: Route, choice: Chosen | Waits | NoOne
    ) -> Verdict:
        """Tell of a lead that was offered to somebody, waits, or is nobody's."""
        trace = choice.trace
        chosen = choice if isinstance(choice, Chosen) else None
        fate = Fate.OFFERED if chosen else Fate.WAITING if isinstance(choice, Waits) else Fate.NOBODY
        told = self._told(facts, flight, score, fate, trace.because)
        return replace(
            told,
            tier=trace.tier,
            sla=way.sla,
            tie=trace.tie,
            rule=_rule_of(trace),
            pool=trace.pool if chosen is None else chosen.pool,
            owner=chosen.rep_id if chosen else None,
            routed_at=flight.routed_at,
            offered_at=trace.at if chosen else None,
            promise_due_at=flight.promise_due_at,
            held=flight.since is not None,
        )

    def _told(self, facts: LeadFacts, flight: Flight, score: Score, fate: Fate, because: str) -> Verdict:
        return Verdict(
            lead_id=flight.lead_id,
            received_at=flight.received_at,
            fate=fate,
            because=because,
            region=facts.region and self._texts.setdefault(facts.region, facts.region),
            intent=score.intent,
            fit=score.fit,
            points=score.points,
            way_rule=next((way.rule for way in score.ways if way.matched), None),
        )


def slim(score: Score) -> Score:
    """Give a score without its reasons: what routing needs of it."""
    taken = tuple(way for way in score.ways if way.matched)
    return score.model_copy(update={"reasons": (), "facts": (), "ways": taken})


def _rule_of(trace: RoutingTrace) -> str | None:
    return next((one.rule for one in trace.rules if one.matched), None)

"""One decision of who gets a lead: the policy room's choice in the words of the database and of the workflow.

Nothing is read and nothing is written here: it runs in the middle of the database's transaction, so it only computes.
"""

from datetime import datetime

from activities.casebook import KnownLead
from db.choosing import Choice, Give, Hold, Leave, Snapshot
from db.tables.words import End
from models.decisions import Held, Nobody, NotAllowed, Offered, Route, Score
from models.explanation import RoutingTrace
from models.ladder import Target
from models.orders import AssignLead
from models.roster import Level, Roster
from policy import ladder
from policy.compiled import CompiledPolicy
from policy.qualification import sla_of
from policy.routing.choosing import Chosen, Impossible, NoOne, Waits, choose
from policy.routing.crew import rep_of

ENDS = {"expired": End.EXPIRED, "declined": End.DECLINED, "withdrawn": End.SUPERSEDED}
"""How an offer ended, from the workflow's word to the database's."""


class Desk:
    """One decision: the choice of the policy room in the words of the database and of the workflow."""

    def __init__(
        self, compiled: CompiledPolicy, lead: KnownLead, score: Score, order: AssignLead, snapshot: Snapshot
    ) -> None:
        self.compiled, self.lead, self.score, self.order, self.snapshot = compiled, lead, score, order, snapshot
        self.sla = order.sla or self._sla()

    def decide(self) -> Choice:
        """Choose, and say what is to be written down."""
        chosen = choose(
            self.compiled,
            self.lead.facts,
            self.score,
            self.order,
            self.snapshot.situation,
            self.lead.touches,
        )
        match chosen:
            case Chosen() if self._places_are_for_others(chosen):
                return self._wait_behind(chosen)
            case Chosen():
                return self._give(chosen)
            case Waits():
                return self._hold(chosen)
            case NoOne():
                return Leave(self._nobody(chosen))
            case Impossible():
                return Leave(NotAllowed(because=chosen.because))

    def _places_are_for_others(self, chosen: Chosen) -> bool:
        """Say whether better leads wait for every free place (a held lead is assigned best score first).

        What is somebody's by a tie takes no place from the pool's leads: it is not for anybody there.
        """
        if self.order.by is not None or self.order.holder is not None or chosen.tie is not None:
            return False
        mine = _levels(chosen.trace)
        ahead = sum(1 for one in self.snapshot.ahead if one.pool == chosen.pool and _meet(mine, one.levels))
        return ahead > 0 and chosen.places <= ahead

    def _wait_behind(self, chosen: Chosen) -> Hold:
        until = self.snapshot.situation.at + self.compiled.policy.routing.recheck
        because = f"every free place in {chosen.pool} is for a better lead that waits longer or scores higher"
        held = self._held(until, because, chosen)
        return Hold(held, chosen.pool, _levels(chosen.trace), ends=ENDS[self.order.ended])

    def _held(self, until: datetime, because: str, chosen: Chosen | Waits) -> Held:
        """Hold it; the promise made at the door runs on, in the hours of whose it is if it is somebody's."""
        owner = chosen.rep_id if isinstance(chosen, Waits) else None
        return Held(
            until=until,
            because=because,
            manager_id=chosen.manager_id,
            response_due_at=self._promised_at(owner) if owner else self._promised_meanwhile(chosen.trace),
            trace=chosen.trace,
        )

    def _give(self, chosen: Chosen) -> Give:
        at = self.snapshot.situation.at
        plan = ladder.plan_ladder(
            self.compiled.policy,
            self.sla,
            self.order.rungs_done,
            self._clocks(chosen.rep_id),
            at,
            self.order.cause,
            backup=chosen.backup_id,
            manager=chosen.manager_id,
        )
        offered = Offered(
            offer=self.order.offer,
            rep_id=chosen.rep_id,
            rep_name=chosen.rep_name,
            team=chosen.team,
            region=chosen.region,
            manager_id=chosen.manager_id,
            backup_id=chosen.backup_id,
            pool=chosen.pool,
            sla=self.sla,
            sentence=chosen.sentence,
            at=at,
            plan=plan,
            response_due_at=self._promised_at(chosen.rep_id),
            accepted=self.order.accepted,
            trace=chosen.trace,
        )
        return Give(
            offered,
            moves=chosen.turn.moves if chosen.turn else {},
            turn_because=chosen.turn.because if chosen.turn else "",
            ends=ENDS[self.order.ended],
            covers=self._covers(chosen.rep_id),
            refund_on=frozenset(self.compiled.policy.routing.refund),
            refund_limit=self.compiled.policy.routing.refund_limit,
        )

    def _covers(self, rep_id: str) -> bool:
        """Say whether somebody gets it as the backup: the one reserved, or the one of whoever had it before."""
        if self.order.to is not Target.BACKUP:
            return False
        owner_id = self.order.holder or next(reversed(self.order.asked), None)
        owner = rep_of(self.snapshot.situation.roster, owner_id) if owner_id else None
        return rep_id in (self.order.backup, owner.backup if owner else None)

    def _hold(self, chosen: Waits) -> Hold:
        held = self._held(chosen.until, chosen.because, chosen)
        return Hold(held, chosen.pool, _levels(chosen.trace), ends=ENDS[self.order.ended])

    def _nobody(self, chosen: NoOne) -> Nobody:
        plan = None
        if self.order.holder is not None:
            clocks = self._clocks(self.order.holder)
            cause = f"nobody else: {chosen.because}"
            plan = ladder.plan_ladder(
                self.compiled.policy, self.sla, self.order.rungs_done, clocks, self.snapshot.situation.at, cause
            )
        return Nobody(
            because=chosen.because,
            manager_id=chosen.manager_id,
            plan=plan,
            response_due_at=self._promised_meanwhile(chosen.trace),
            trace=chosen.trace,
        )

    def _promised_meanwhile(self, trace: RoutingTrace) -> datetime:
        """Count the promise of a lead that nobody is asked for, in the hours of those who were looked at."""
        first = next(iter(trace.candidates), None)
        return self._promised_at(first.rep_id if first else None)

    def _promised_at(self, rep_id: str | None) -> datetime:
        return ladder.response_due_at(self.compiled.policy, self.sla, self._clocks(rep_id), self.order.sla_from)

    def _clocks(self, rep_id: str | None) -> ladder.Clocks:
        return clocks_for(self.compiled, self.snapshot.situation.roster, rep_id, self.lead)

    def _sla(self) -> str:
        way = self.score.qualification
        if isinstance(way, Route):
            return way.sla
        known = self.compiled.known(self.lead.facts, self.lead.touches, self.snapshot.situation.at, self.score)
        return sla_of(self.compiled, known).name


def _levels(trace: RoutingTrace) -> tuple[Level, ...]:
    """Name the levels a waiting lead waits for; none named: anybody's."""
    return () if trace.any_level else tuple(map(Level, trace.levels))


def _meet(mine: tuple[Level, ...], theirs: tuple[Level, ...]) -> bool:
    """Say whether two leads want the same people."""
    return not mine or not theirs or not set(mine).isdisjoint(theirs)


def clocks_for(compiled: CompiledPolicy, roster: Roster | None, rep_id: str | None, lead: KnownLead) -> ladder.Clocks:
    """Give the calendars that count for a lead and who has it."""
    if roster is None:
        return ladder.Clocks()
    return ladder.clocks_of(compiled.policy, roster, rep_id, lead.facts.timezone)

"""One decision of who gets a lead: the policy room's choice in the words of the database and of the workflow.

Nothing is read and nothing is written here: it runs in the middle of the database's transaction, so it only computes.
"""

from datetime import datetime

from activities.casebook import KnownLead
from db.choosing import Choice, Give, Hold, Leave, Snapshot, Stopped
from db.tables.words import End
from models.decisions import Held, Nobody, NotAllowed, Offered, Route, Score
from models.explanation import RoutingTrace
from models.ladder import Plan, Target
from models.orders import AssignLead
from models.roster import Level, Roster
from policy import ladder
from policy.compiled import CompiledPolicy
from policy.ladder.away import gone
from policy.qualification import sla_of
from policy.routing.case import SOONEST
from policy.routing.choices import Chosen, Impossible, NoOne, Waits
from policy.routing.crew import rep_of
from policy.routing.late import choose_in_time, looked_at_first

ENDS = {"expired": End.EXPIRED, "declined": End.DECLINED, "withdrawn": End.SUPERSEDED}
"""How an offer ended, from the workflow's word to the database's."""


class Desk:
    """One decision: the choice of the policy room in the words of the database and of the workflow."""

    def __init__(
        self, compiled: CompiledPolicy, lead: KnownLead, score: Score, order: AssignLead, snapshot: Snapshot
    ) -> None:
        self.compiled, self.lead, self.score, self.snapshot = compiled, lead, score, snapshot
        self.sla = order.sla or self._sla()
        self.order = order.model_copy(update={"sla": self.sla})
        self.at = snapshot.situation.at
        self._has_accepted = snapshot.holder is not None and snapshot.holder.accepted
        self._leaves = self._holder_leaves()

    def decide(self) -> Choice:
        """Choose, and say what is to be written down."""
        chosen = choose_in_time(
            self.compiled,
            self.lead.facts,
            self.score,
            self._asked_of_others() if self._leaves else self.order,
            self.snapshot.situation,
            self._promise_left,
            self.lead.touches,
        )
        match chosen:
            case Chosen() if self.snapshot.stopped and self.order.to is not Target.NAMED:
                return self._wait_for_start(chosen, self.snapshot.stopped)
            case Chosen() if self._places_are_for_others(chosen):
                return self._wait_behind(chosen)
            case Chosen():
                return self._give(chosen)
            case Waits():
                return self._hold(chosen)
            case NoOne():
                return Leave(self._nobody(chosen, chosen.because))
            case Impossible():
                return Leave(NotAllowed(because=chosen.because))

    def _holder_leaves(self) -> bool:
        """Say whether who holds it cannot keep it, found somebody or not: handed over, or away with nothing answered.

        Then it waits for somebody, as if nobody held it.
        """
        if self.order.holder is None or self.order.to is Target.NAMED:
            return False
        roster, handed_over = self.snapshot.situation.roster, self.order.by is not None
        return handed_over or (not self._has_accepted and gone(roster, self.order.holder, self.at) is not None)

    def _asked_of_others(self) -> AssignLead:
        others = [one for one in self.order.asked if one != self.order.holder]
        return self.order.model_copy(update={"holder": None, "asked": (*others, self.order.holder)})

    def _promise_left(self, rep_id: str | None) -> datetime | None:
        """Say when the response is due; nothing is promised any more once somebody has accepted."""
        return None if self._has_accepted else self._promised_at(rep_id)

    def _wait_for_start(self, chosen: Chosen, stopped: Stopped) -> Hold | Leave:
        """Give what the machine chose to nobody while routing is stopped; who has accepted, and stays, keeps it."""
        reason = f": {stopped.reason}" if stopped.reason else ""
        because = f"all routing is stopped by {stopped.by} since {stopped.at:%Y-%m-%d %H:%M:%S} UTC{reason}"
        if self._has_accepted and not self._leaves:
            return Leave(self._nobody(chosen, because))
        return self._back_in_line(chosen, because)

    def _places_are_for_others(self, chosen: Chosen) -> bool:
        """Say whether better leads wait for every free place (a held lead is assigned best score first).

        What is somebody's by a tie, or for whom the ladder names, takes no place from the pool's leads: it is not for
        anybody there.
        """
        in_hand = self.order.to is Target.NAMED or self.order.holder is not None
        if in_hand or chosen.tie is not None or chosen.by_rung:
            return False
        mine = _levels(chosen.trace)
        ahead = sum(1 for one in self.snapshot.ahead if one.pool == chosen.pool and _meet(mine, one.levels))
        return ahead > 0 and chosen.places <= ahead

    def _wait_behind(self, chosen: Chosen) -> Hold:
        because = f"every free place in {chosen.pool} is for a better lead that waits longer or scores higher"
        return self._back_in_line(chosen, because)

    def _back_in_line(self, chosen: Chosen, because: str) -> Hold:
        """Let a lead wait that somebody could be offered, and say who."""
        meant = f"it would have gone to {chosen.rep_id} ({chosen.trace.because})"
        told = {"chosen": None, "backup": None, "because": f"{because}; {meant}"}
        held = Held(
            until=self.at + max(self.compiled.policy.routing.recheck, SOONEST),
            because=because,
            manager_id=chosen.manager_id,
            response_due_at=self._promised_at(chosen.rep_id),
            trace=chosen.trace.model_copy(update=told),
        )
        return Hold(held, chosen.pool, _levels(chosen.trace), ends=ENDS[self.order.ended])

    def _give(self, chosen: Chosen) -> Give:
        plan = self._plan(
            chosen.rep_id, self.order.cause, chosen.backup_id, chosen.manager_id, self.order.accepted, asks=True
        )
        rule = ladder.offering_rule(self.compiled.policy, self.sla, self.order.rungs_done)
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
            at=self.at,
            plan=plan,
            response_due_at=self._promised_at(chosen.rep_id),
            accepted=self.order.accepted,
            channels=tuple(rule.channels),
            text=rule.text,
            urgent=rule.urgent,
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
        """Hold it; the promise made at the door runs on, in the hours of whose it is if it is somebody's."""
        held = Held(
            until=chosen.until,
            because=chosen.because,
            manager_id=chosen.manager_id,
            response_due_at=self._promised_at(looked_at_first(chosen)),
            page=chosen.page,
            page_who=chosen.page_who,
            trace=chosen.trace,
        )
        ends = ENDS[self.order.ended]
        return Hold(held, chosen.pool, _levels(chosen.trace), ends=ends, rep_id=chosen.rep_id)

    def _nobody(self, chosen: Chosen | NoOne, because: str) -> Nobody:
        """Leave it with who holds it, if anybody does and can: the rungs that are left count from now."""
        holder, plan = None if self._leaves else self.order.holder, None
        if holder is not None:
            cause = f"nobody else: {because}"
            plan = self._plan(holder, cause, self.order.backup, chosen.manager_id, self._has_accepted)
        whose = looked_at_first(chosen) if isinstance(chosen, NoOne) else chosen.rep_id
        told = {"chosen": None, "backup": None, "because": because} if isinstance(chosen, Chosen) else {}
        return Nobody(
            because=because,
            manager_id=chosen.manager_id,
            plan=plan,
            response_due_at=self._promised_at(whose),
            trace=chosen.trace.model_copy(update=told),
        )

    def _plan(
        self, rep_id: str, cause: str, backup: str | None, manager: str | None, accepted: bool, *, asks: bool = False
    ) -> Plan:
        """Plan the rungs behind what is done, in the hours of who holds it; who has yet to answer may go on leave."""
        return ladder.plan_ladder(
            self.compiled.policy,
            self.sla,
            self.order.rungs_done,
            self._clocks(rep_id),
            self.at,
            cause,
            backup=backup,
            manager=manager,
            roster=self.snapshot.situation.roster,
            holder_id=None if accepted else rep_id,
            asks=asks and not accepted,
        )

    def _promised_at(self, rep_id: str | None) -> datetime:
        return ladder.response_due_at(self.compiled.policy, self.sla, self._clocks(rep_id), self.order.sla_from)

    def _clocks(self, rep_id: str | None) -> ladder.Clocks:
        return clocks_for(self.compiled, self.snapshot.situation.roster, rep_id, self.lead)

    def _sla(self) -> str:
        way = self.score.qualification
        if isinstance(way, Route):
            return way.sla
        known = self.compiled.known(self.lead.facts, self.lead.touches, self.at, self.score)
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

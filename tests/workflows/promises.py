"""What always holds for a lead, whatever is said, falls due, comes back late or fails (contract, 6)."""

from collections import Counter
from datetime import datetime
from typing import Any

from hypothesis import note
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
)

from models.decisions import Offered
from models.ladder import OFFERING, EntryKind, Rung, RungKind, Target
from models.lead import Stage
from models.messages import Message, Verdict
from models.orders import AssignLead, ScoreLead
from tests.workflows.machine import Life
from workflows.ladder import climbing, leaving
from workflows.ladder.effects import Alerting, Telling
from workflows.ladder.handing_over import next_handover
from workflows.ladder.state import LeadState

NOTED = ("entries", "told", "answers")
"""What a refusal may change."""
RECORDED = (*NOTED, "seq", "offer")
"""What may change after the end: the numbers of late orders are still taken in."""


def without(state: LeadState, names: tuple[str, ...]) -> dict[str, Any]:
    """Everything but these."""
    return {name: value for name, value in state if name not in names}


class Promises(RuleBasedStateMachine):
    """A life that is looked at after everything that happens; what happens is for whoever inherits it to say."""

    life: Life

    def remember_nothing(self) -> None:
        """Begin the account of what was promised."""
        self.said: list[tuple[str, dict[str, Any], Verdict]] = []
        self.keys = 0
        self.asking: dict[str, tuple[str, Message]] = {}
        self.heard_of: set[str] = set()
        self.beaten: set[str] = set()
        """Tickets of what was asked for before somebody took the lead."""
        self.keeper: str | None = None
        """Who was told that the lead is theirs."""
        self.taken_at: datetime | None = None
        self.missed = False
        self.offered_since: set[str] = set()
        self.last = self.life.state
        self.over: dict[str, Any] | None = None

    def granted(self, name: str, message: Any, before: LeadState, after: LeadState) -> None:
        """Keep account of who was told that they have it."""
        match name:
            case "accept" | "contacted":
                assert after.holder is not None
                assert after.holder.rep_id == message.rep_id, "who is told yes has it"
                if not before.accepted:  # a repeat promises nothing new
                    self.keeper = message.rep_id
                    asked = self.life.tickets.items()
                    self.beaten |= {one for one, (_, said) in asked if getattr(said, "holder", None) is None}
                self.taken_at = self.taken_at or self.life.now
            case "undo":
                self.undone(message.rep_id, before, after)
            case "decline":
                self.beaten.clear()
                assert after.holder is None, "who gave it back does not have it"
                self.keeper = None
            case "handover" if after.moving is before.moving:
                assert (after.holder, after.plan) == (before.holder, before.plan), "somebody else has it"
            case "disqualify" | "escalate" | "handover":
                self.keeper = None
            case "acknowledge":
                self.only_alerts_rest(before, after)
            case "reassign" | "take":
                assert before == after.model_copy(update={name: getattr(before, name) for name in NOTED})

    def undone(self, rep_id: str, before: LeadState, after: LeadState) -> None:
        """Whoever took the lead and has thought better of it was promised nothing."""
        if before.accepted and before.holder and before.holder.rep_id == rep_id:
            if not after.accepted:
                self.keeper = None
                self.beaten.clear()
            if self.taken_at == before.holder.accepted_at:
                self.taken_at = None

    @staticmethod
    def only_alerts_rest(before: LeadState, after: LeadState) -> None:
        """Whoever acknowledges moves nothing."""
        moved = (before.plan, before.moving, before.holder, before.stage, before.asked)
        assert moved == (after.plan, after.moving, after.holder, after.stage, after.asked)
        held = before.stage in (Stage.ROUTING, Stage.NURTURING) and not before.stuck
        assert not held or before.wake_at == after.wake_at, "a hold is no alert"

    def ticked(self, before: LeadState, after: LeadState, now: datetime) -> None:
        """Look at what one tick did."""
        if wish := next_handover(before):  # it goes before whatever else is due; the same wish twice is one
            assert after.plan == before.plan
            assert after.handovers == tuple(one for one in before.handovers if one != wish)
        elif before is not after:
            self.climbed(before, after, now)

    def climbed(self, before: LeadState, after: LeadState, now: datetime) -> None:
        """Look at what fell due in one tick."""
        promise = before.response_due_at
        if after.stage is Stage.NURTURING is not before.stage and promise and now > promise and not before.backfill:
            self.missed = self.missed or not (self.taken_at and self.taken_at <= promise)
        note(f"{now:%d %H:%M:%S.%f} tick: {before.stage} > {after.stage}, {after.moving}")
        if before.paused and now < before.paused.until and not before.stuck:
            assert (before.plan, before.moving, before.holder) == (after.plan, after.moving, after.holder)
        due = [rung for rung in before.plan if rung.due_at <= now]
        offering = [rung for rung in due if rung.kind in OFFERING]
        rests = after.stage in (Stage.TRIAGE, Stage.NURTURING) and before.stage is not after.stage
        moved = after.moving is not before.moving or rests
        leave_at = before.on_leave_at
        first = offering and not before.paused and leave_at is not None and offering[0].due_at <= leave_at
        leaves = leave_at is not None and leave_at <= now and not first  # no rung runs while it is paused
        if before.stuck or (before.paused and not leaves) or not (offering or leaves):
            assert not moved or before.stage is Stage.ROUTING, "nothing moves on before its time"
            return
        if before.paused:
            assert moved == (now >= before.paused.until), "a leave that came during a pause counts when it is over"
            return
        if before.moving or before.judging:
            assert not moved
            return
        assert moved
        assert after.plan == ()
        ahead = next((rung for rung in before.plan if rung.kind in OFFERING), None)
        if ahead:
            self.skipped(before, after, ahead, due)
        if leaves:
            assert after.declined == before.declined, "whoever goes on leave has declined nothing"
            assert not before.accepted, "whoever has accepted keeps it"
            how = after.moving.ended if after.moving else after.released_as
            assert how == "withdrawn", "their turn is given back"
        if self.keeper:
            assert before.accepted
            assert all(rung.kind is not RungKind.OFFER or rung.n for rung in offering)
            self.keeper = None

    def skipped(self, before: LeadState, after: LeadState, first: Rung, due: list[Rung]) -> None:
        """One offering rung runs; what else had fallen due behind it is written down and planned anew."""
        lines = [entry for entry in after.entries if entry.n >= before.told and entry.kind is EntryKind.SKIPPED]
        noted = [n for entry in lines for n in entry.data.get("rungs", ())]
        assert noted == [rung.n for rung in due if rung.n > first.n]
        reminders = [entry.data["rung"] for entry in lines if "rung" in entry.data]
        assert reminders == [rung.n for rung in due if rung.n < first.n and rung.kind is RungKind.REMIND]

    @invariant()
    def every_promise_holds(self) -> None:
        """Look at where the lead stands now, and at how it got there."""
        self.verdicts_reach_whoever_asked()
        self.an_acknowledged_accept_is_honoured()
        self.there_is_one_holder_and_offers_only_grow()
        self.the_machine_asks_nobody_twice()
        self.nobody_waits_without_a_due_time()
        self.a_new_offer_has_its_whole_window()
        self.a_breach_is_noted_when_the_promise_is_broken_and_only_then()
        self.the_end_is_the_end()
        self.each_message_has_a_key_of_its_own()
        self.what_waits_is_sent_in_its_time()
        self.the_rosters_change_is_looked_at()
        self.wishes_are_carried_out()
        self.last = self.life.state

    def verdicts_reach_whoever_asked(self) -> None:
        state = self.life.state
        waiting = {one.ticket for one in (state.moving, state.judging, *state.handovers) if one and one.ticket}
        assert set(self.life.tickets) == waiting, "nobody waits for a verdict that never comes"
        for ticket, verdict in self.life.settled.items():
            if ticket in self.heard_of:
                continue
            self.heard_of.add(ticket)
            name, message = self.asking[ticket]
            note(f"verdict on {name}: {verdict}")
            if ticket in self.beaten:  # somebody took it after it was asked for, and may have lost it since
                assert not verdict.done or self.keeper in (None, verdict.owner)
            elif verdict.done and name in ("reassign", "take", "undo", "handover"):
                self.keeper = verdict.owner if name == "take" else None
                if name == "take":
                    self.taken_at = self.taken_at or self.life.now
            if message.key and name != "undo":
                self.said.append((name, message.model_dump(), verdict))

    def an_acknowledged_accept_is_honoured(self) -> None:
        holder, move = self.life.state.holder, self.life.state.moving
        wishes = (*self.life.state.handovers, *([move.hands_over] if move and move.hands_over else []))
        if any(wish.insists and wish.holder == self.keeper for wish in wishes):
            self.keeper = None  # they were told so
        if self.keeper is not None:
            assert holder is not None, f"{self.keeper} was told that it is theirs"
            assert holder.rep_id == self.keeper
            assert holder.accepted_at is not None

    def there_is_one_holder_and_offers_only_grow(self) -> None:
        last, state = self.last, self.life.state
        assert state.offer >= last.offer
        assert state.told >= last.told
        assert state.seq >= last.seq
        assert [entry.n for entry in state.entries] == list(range(state.told - len(state.entries), state.told))
        if state.holder:
            assert state.holder.offer <= state.offer
            back = last.holder and state.holder.offer < last.holder.offer
            if back:  # by policy, whoever was asked before may take it as long as nobody has
                assert state.manners.take_back
                assert state.holder.rep_id in {one.rep_id for one in last.formers}
            assert state.accepted_at == state.holder.accepted_at
        if state.stage in (Stage.OFFERED, Stage.ACCEPTED):
            assert state.holder is not None
            assert (state.stage is Stage.ACCEPTED) == state.accepted
        if state.postponed or state.unjudged:
            assert state.moving or state.judging, "what was put off waits for something"
        if state.plan:
            assert state.holder is not None, "rungs are of somebody's offer"
            assert [rung.due_at for rung in state.plan] == sorted(rung.due_at for rung in state.plan)

    def the_machine_asks_nobody_twice(self) -> None:
        for happened in self.life.history:
            match happened:
                case Offered():
                    self.offered_since.add(happened.rep_id)
                case ScoreLead(repin=True) | Stage.NURTURING:
                    self.offered_since = set()
                case AssignLead(to=Target.NEXT, by="mia"):
                    assert happened.holder is None or happened.holder in happened.asked, "whoever leaves is not asked"
                case AssignLead(by=None):
                    assert set(self.last.declined) <= set(happened.asked), "nor is whoever declined"
                    assert self.offered_since <= set(happened.asked), "whoever was asked is not asked again"
        self.life.history.clear()

    def nobody_waits_without_a_due_time(self) -> None:
        state = self.life.state
        if state.ended or self.life.order or self.life.planned:
            return
        due = climbing.next_due(state)
        assert due is not None, f"{state.stage} has no due time"
        assert due > self.life.now, "what is due has run"

    def a_new_offer_has_its_whole_window(self) -> None:
        state = self.life.state
        if state.plan and state.holder:
            assert state.plan[0].due_at >= state.holder.since
        new = state.holder and (not self.last.holder or state.holder.offer > self.last.holder.offer)
        if new and state.stage is Stage.OFFERED and state.plan and not state.paused:
            assert state.plan[0].due_at > self.life.now, "the answer window opens when the offer is made"

    def a_breach_is_noted_when_the_promise_is_broken_and_only_then(self) -> None:
        state, promise, now = self.life.state, self.life.state.response_due_at, self.life.now
        if promise is None and state.stage is Stage.NURTURING is not self.last.stage:  # it lapsed on the way there
            promise = self.last.response_due_at
            now = next(one.at for one in reversed(state.entries) if one.kind is EntryKind.QUALIFIED)
        if state.backfill:
            assert not state.breached
            return
        if self.last.ended:
            return
        in_time = self.taken_at is not None and promise is not None and self.taken_at <= promise
        if state.stage in (Stage.REVIEW, Stage.NURTURING):
            self.taken_at = None  # from there on it is another promise
        counts = self.last.stage not in (Stage.REVIEW, Stage.NURTURING) or state.stage not in (
            Stage.REVIEW,
            Stage.NURTURING,
        )
        if promise and now > promise and not in_time and counts:
            self.missed = True
        if not self.life.order:  # while one is out nothing ticks
            assert state.breached == self.missed

    def each_message_has_a_key_of_its_own(self) -> None:
        """What has the key of an earlier message is never sent: the database takes it for a repeat."""
        keys: list[tuple[int | None, int]] = [
            (effect.order.offer, effect.order.rung) if isinstance(effect, Telling) else (effect.offer, effect.rung)
            for effect in self.life.effects
            if isinstance(effect, Telling | Alerting)
        ]
        again = Counter(keys) - Counter(set(keys))
        assert again <= Counter(self.life.put_off), "only what was put off has the same key, for it is the same message"
        assert None not in {offer for offer, _ in keys}

    def what_waits_is_sent_in_its_time(self) -> None:
        state = self.life.state
        assert not (state.ended and state.later)
        if not self.life.order:
            assert all(one.until > self.life.now for one in state.later), "what waits does not wait for ever"

    def wishes_are_carried_out(self) -> None:
        """As soon as it is known who has the lead."""
        if not self.life.order:
            assert next_handover(self.life.state) is None

    def the_rosters_change_is_looked_at(self) -> None:
        """At once, or as soon as whatever is going on is over."""
        if not self.life.order:
            assert leaving.to_reconsider(self.life.state) is None

    def the_end_is_the_end(self) -> None:
        state = self.life.state
        if self.over is None and state.ended:
            self.over = without(state, RECORDED)
            assert not self.life.tickets
        if self.over is not None:
            assert without(state, RECORDED) == self.over
            assert climbing.next_due(state) is None

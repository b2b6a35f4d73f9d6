"""Whatever is said, falls due, comes back late, fails or is said twice: the machine's promises hold (contract, 6)."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from models.decisions import DeliveryState, Disqualified, Manners, NotAllowed, Offered
from models.ladder import OFFERING, EntryKind, Plan, Rung, RungKind, Target
from models.lead import Stage
from models.messages import MESSAGES, Message, Verdict
from models.orders import AssignLead, ScoreLead
from tests.workflows.kitchen import LADDER, REPS, RICH, nobody, routed
from tests.workflows.lives import for_nurture, for_review, held_until, judged_as
from tests.workflows.machine import MINUTE, Life, contact_plan
from workflows import answers, ladder, leaving
from workflows.effects import Alerting, Planning, Telling
from workflows.state import LeadState

PEOPLE = st.sampled_from((*REPS, "mia"))
MINUTES = st.sampled_from((0.25, 0.5, 0.5, 1, 1, 5, 5, 10, 15, 16, 20, 60, 300, 2000))
SELDOM = st.sampled_from((False, False, False, False, True))
A_MS = timedelta(milliseconds=1)
NOTED = ("entries", "told", "answers")
"""What a refusal may change."""
RECORDED = (*NOTED, "seq", "offer")
"""What may change after the end: the numbers of late orders are still taken in."""
HEARD_LATER = frozenset({"reassign", "take", "requalify", "undo", "handover"})


def without(state: LeadState, names: tuple[str, ...]) -> dict[str, Any]:
    """Everything but these."""
    return {name: value for name, value in state if name not in names}


class LeadLife(RuleBasedStateMachine):
    """One lead in any weather."""

    @initialize(
        backfill=st.booleans(),
        prompt=st.sampled_from((True, True, False)),
        bare=st.booleans(),
        first=st.sampled_from(("route",) * 8 + ("nurture", "review")),
        take_back=st.booleans(),
        rich=st.booleans(),
    )
    def begin(self, backfill: bool, prompt: bool, bare: bool, first: str, take_back: bool, rich: bool) -> None:
        """A lead comes in; with `bare` the policy has no rungs after acceptance, with `rich` every kind before it."""
        manners = Manners(triage_every=timedelta(hours=12), take_back=take_back, review_after_nurture=take_back)
        self.life = Life(manners=manners, backfill=backfill, prompt=False, ladder=RICH if rich else LADDER)
        if bare:
            self.life.contact = lambda at, cause: contact_plan(at, cause).model_copy(update={"rungs": ()})
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
        self.life.watch_tick = self.ticked
        self.life.answer(score=self.judgement(first))
        self.life.prompt = prompt
        self.life.run()

    def judgement(self, way: str) -> Any:
        """A score that goes this way."""
        match way:
            case "nurture":
                return for_nurture(self.life.now + timedelta(days=30))
            case "review":
                return for_review(self.life.now + timedelta(hours=24))
            case "out" if self.old:
                return judged_as(Disqualified(because="a competitor"))
            case _:
                return routed(ScoreLead(lead_id="t1", policy="test-2", at=self.life.now))

    @property
    def old(self) -> bool:
        """Say whether the lead has lived long enough to end: most lives shall be full."""
        return self.life.state.told > 40

    # What is said.

    def say(self, name: str, keyed: bool = False, **said: Any) -> None:
        """Say something; look at the answer before anything else happens."""
        life = self.life
        if keyed:
            self.keys += 1
            said["key"] = f"k{self.keys}"
        before, message = life.state, MESSAGES[name](**said)
        step = answers.hear(before, name, message, life.now)
        note(f"{life.now:%d %H:%M:%S.%f} {name} {said}: {step.verdict or step.ticket}")
        if step.verdict is None:
            assert name in HEARD_LATER
            assert step.ticket is not None
            self.asking[step.ticket] = (name, message)
        elif not step.verdict.done:
            assert not step.effects, "a refusal does nothing"
            assert without(step.state, NOTED) == without(before, NOTED), "a refusal changes nothing"
            assert step.verdict.owner == (before.holder.rep_id if before.holder else None), "it names who has it"
        elif step.verdict.repeat:
            assert step.state == before, "a repeat changes nothing"
        else:
            self.granted(name, message, before, step.state)
        verdict = life.hear(name, **said)
        if keyed and isinstance(verdict, Verdict):
            self.said.append((name, said, verdict))

    def granted(self, name: str, message: Any, before: LeadState, after: LeadState) -> None:
        """Keep account of who was told that they have it."""
        match name:
            case "accept" | "contacted":
                assert after.holder is not None
                assert after.holder.rep_id == message.rep_id, "who is told yes has it"
                if not before.accepted:  # a repeat promises nothing new
                    self.keeper = message.rep_id
                    self.beaten |= set(self.life.tickets)
                self.taken_at = self.taken_at or self.life.now
            case "undo":
                self.undone(message.rep_id, before, after)
            case "decline":
                self.beaten.clear()
                assert after.holder is None, "who gave it back does not have it"
                self.keeper = None
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

    @rule(
        word=st.sampled_from(("accept", "accept", "accept", "decline", "decline", "contacted", "snooze")),
        rep=PEOPLE,
        stranger=SELDOM,
        offer=st.sampled_from((None, None, 0, 0, -1, 1)),
        minutes=MINUTES,
        keyed=st.booleans(),
    )
    def a_rep_says(self, word: str, rep: str, stranger: bool, offer: int | None, minutes: float, keyed: bool) -> None:
        """The one who has it speaks (or had it last), seldom somebody else; about the present offer, or another."""
        state = self.life.state
        present = state.holder or state.last_holder
        who = present.rep_id if present and not stranger else rep
        about = None if offer is None else max(1, (present.offer if present else state.offer) + offer)
        match word:
            case "accept":
                self.say(word, keyed, rep_id=who, offer=about)
            case "decline":
                self.say(word, keyed, rep_id=who, offer=about, reason="on the road")
            case "contacted" if self.old:
                self.say(word, keyed, rep_id=who)
            case "snooze":
                self.say(word, keyed, rep_id=who, until=self.life.now + minutes * MINUTE)

    @rule(
        word=st.sampled_from(
            (
                "reassign",
                "reassign",
                "take",
                "requalify",
                "pause",
                "resume",
                "escalate",
                "extend",
                "handover",
                "acknowledge",
            )
        ),
        who=st.one_of(PEOPLE, st.just("zed")),
        minutes=st.one_of(st.none(), MINUTES),
        keyed=st.booleans(),
    )
    def a_manager_says(self, word: str, who: str, minutes: float | None, keyed: bool) -> None:
        """Whoever may, steps in; `zed` is nobody."""
        until = None if minutes is None else self.life.now + minutes * MINUTE
        match word:
            case "reassign":
                self.say(word, keyed, rep_id=who, by="mia", reason="knows them")
            case "take":
                self.say(word, keyed, by=who)
            case "requalify":
                self.say(word, keyed, by="mia", reason="the rule was wrong")
            case "pause":
                self.say(word, keyed, by="mia", reason="a call is running", until=until)
            case "handover":
                self.say(word, keyed, by="mia", reason="ana leaves us", rep_id=who if minutes is None else None)
            case "extend":
                self.say(word, keyed, by="mia", until=until or datetime.max.replace(tzinfo=UTC))
            case _:
                self.say(word, keyed, by="mia")

    @precondition(lambda self: self.life.state.formers)
    @rule(data=st.data(), word=st.sampled_from(("accept", "accept", "decline", "contacted")), stale=SELDOM)
    def one_who_was_asked_before_says(self, data: st.DataObject, word: str, stale: bool) -> None:
        """An answer to an offer that ran out: by policy it may still be taken, and is refused otherwise."""
        former = data.draw(st.sampled_from(self.life.state.formers))
        if word == "contacted":
            if self.old:
                self.say(word, rep_id=former.rep_id)
            return
        more = {"reason": "on the road"} if word == "decline" else {}
        self.say(word, True, rep_id=former.rep_id, offer=former.offer + stale, **more)

    @precondition(lambda self: self.life.state.answers)
    @rule(data=st.data(), rep=PEOPLE, stranger=SELDOM)
    def undo(self, data: st.DataObject, rep: str, stranger: bool) -> None:
        answer = data.draw(st.sampled_from(self.life.state.answers[-3:]))
        self.say("undo", rep_id=rep if stranger else answer.who or rep, key=answer.key)

    @rule(
        what=st.sampled_from(
            ("event", "event", "wake", "new history", "calm", "storm", "storm", "leave", "leave", "out")
        ),
        minutes=st.one_of(st.none(), MINUTES),
    )
    def besides(self, what: str, minutes: float | None) -> None:
        """The prospect does something, a place comes free, a history grows long, orders come back at once or not."""
        life = self.life
        match what:
            case "event":
                self.say("event", kind="pricing_visit")
            case "wake":
                life.apply(answers.woken(life.state, life.now, "a place came free"))
            case "new history":
                life.carry_over()
            case "leave":  # from now on whoever is offered it goes on leave so soon
                life.leaves_after = None if minutes is None else minutes * MINUTE
            case "out" if self.old:
                self.say("disqualify", by="mia", reason="noise")
            case "calm" | "storm":
                life.prompt = what == "calm"
        life.run()

    @rule(how=st.sampled_from(("nothing", "earlier", "later", "leaves", "gone", "gone")))
    def roster(self, how: str) -> None:
        """The roster changes under the holder; what that means for the rungs ahead comes back when it likes."""
        self.life.anew = lambda effect: self.roster_says(effect, how)
        self.life.reconsider(f"{how}: their hours changed")

    def roster_says(self, effect: Planning, how: str) -> Plan:
        """Plan on today's calendars."""
        plan = Plan(made_at=effect.at, cause="", rungs=effect.rungs)
        by = {"earlier": -MINUTE, "later": 7 * MINUTE}.get(how)
        if by is not None:
            moved = tuple(rung.model_copy(update={"due_at": rung.due_at + by}) for rung in effect.rungs)
            return plan.model_copy(update={"cause": how, "rungs": moved})
        holder = self.life.owner or "nobody"
        if how == "gone":
            return plan.model_copy(update={"gone": f"{holder} is not active any more"})
        if how == "leaves":
            return plan.model_copy(update={"away_at": effect.at + MINUTE, "away_because": f"{holder} is on leave"})
        return plan

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """A double click, a replayed webhook: the first verdict, and nothing else."""
        name, said, first = data.draw(st.sampled_from(self.said))
        step = answers.hear(self.life.state, name, MESSAGES[name](**said), self.life.now)
        assert step.state == self.life.state
        assert not step.effects
        assert step.verdict is not None
        assert step.verdict.repeat
        kept = next((one for one in self.life.state.answers if one.key == said["key"]), None)
        assert kept is not None, "a key is not forgotten"
        if kept.taken_back is None:
            assert step.verdict == first.model_copy(update={"repeat": True})
        else:
            assert not step.verdict.done, "what was taken back is not done again by its own echo"

    # What comes back.

    @precondition(lambda self: isinstance(self.life.order, AssignLead))
    @rule(how=st.sampled_from(("offered", "offered", "offered", "held", "nobody", "not allowed")))
    def assignment(self, how: str) -> None:
        life, order = self.life, self.life.order
        assert isinstance(order, AssignLead)
        note(f"{life.now:%d %H:%M:%S.%f} offer {order.offer} to {order.rep_id or order.to}: {how}")
        if order.offer in life.rows or how == "offered":
            life.answer()
        elif how == "held" and order.to is not Target.NAMED:
            life.answer(held_until(life.now + timedelta(hours=7), order.sla_from + 20 * MINUTE))
        elif how == "nobody":
            life.answer(nobody(order, life.now, life.ladder))
        else:
            life.answer(NotAllowed(because="it cannot be"))

    @precondition(lambda self: isinstance(self.life.order, ScoreLead))
    @rule(how=st.sampled_from(("route", "route", "route", "nurture", "review", "out")))
    def score(self, how: str) -> None:
        note(f"{self.life.now:%d %H:%M:%S.%f} scored: {how}")
        self.life.answer(score=self.judgement(how))

    @precondition(lambda self: self.life.order)
    @rule(committed=st.booleans())
    def failure(self, committed: bool) -> None:
        """The order fails; or it was carried out, and only its answer got lost."""
        note(f"{self.life.now:%d %H:%M:%S.%f} fails, committed: {committed}: {self.life.order}")
        self.life.fail(committed=committed)

    @precondition(lambda self: self.life.beside)
    @rule(data=st.data(), delivery=st.sampled_from(DeliveryState))
    def beside(self, data: st.DataObject, delivery: DeliveryState) -> None:
        place = data.draw(st.integers(0, len(self.life.beside) - 1))
        note(f"{self.life.now:%d %H:%M:%S.%f} comes back ({delivery}): {self.life.beside[place]}")
        self.life.come_back(place, delivery)

    # Time.

    @rule(minutes=MINUTES)
    def time_passes(self, minutes: float) -> None:
        self.life.wait(minutes)

    @rule(off=st.sampled_from((-A_MS, timedelta(0), A_MS)))
    def next_due(self, off: timedelta) -> None:
        due = ladder.next_due(self.life.state)
        if due is not None and due + off > self.life.now:
            self.life.wait_until(due + off)

    @precondition(lambda self: self.life.state.plan)
    @rule()
    def silence(self) -> None:
        """Nobody says anything until the lead moves on."""
        self.life.wait_until(max(self.moves_on_at(), self.life.now))

    @precondition(lambda self: self.life.state.holder and not self.life.order)
    @rule(
        who=st.sampled_from(("machine", "handover", "reassign")),
        answer=st.sampled_from(("accept", "accept", "decline", None)),
    )
    def race(self, who: str, answer: str | None) -> None:
        """The order that moves the lead on is out, at its time or at a person's wish, and the holder answers."""
        self.life.prompt = False
        if who == "machine":
            self.life.wait_until(max(self.moves_on_at(), self.life.now))
        else:
            named: dict[str, Any] = {} if who == "handover" else {"rep_id": "eva"}
            self.say(who, by="mia", reason="ana leaves us", **named)
        if answer:
            self.a_rep_says(answer, rep="ana", stranger=False, offer=None, minutes=1, keyed=True)

    def moves_on_at(self) -> datetime:
        """Name the instant at which the lead moves on by itself."""
        moving_on = [rung.due_at for rung in self.life.state.plan if rung.kind in OFFERING]
        return moving_on[0] if moving_on else self.life.now

    @precondition(lambda self: self.life.state.formers and self.life.state.holder)
    @rule(data=st.data(), late=st.booleans())
    def two_want_it(self, data: st.DataObject, late: bool) -> None:
        """Whoever is asked and whoever was asked before, in either order."""
        former = data.draw(st.sampled_from(self.life.state.formers))
        present = self.life.state.holder
        assert present is not None
        both = [present, former] if late else [former, present]
        for one in both:
            self.say("accept", True, rep_id=one.rep_id, offer=one.offer)

    @rule(minutes=MINUTES)
    def outage(self, minutes: float) -> None:
        """Nothing runs for a while."""
        self.life.sleep(minutes)
        self.life.run()

    @precondition(lambda self: self.life.state.holder)
    @rule(minutes=MINUTES, word=st.sampled_from(("accept", "accept", "decline", "contacted")))
    def outage_with_mail(self, minutes: float, word: str) -> None:
        """Nothing runs for a while, and the holder's answer is what is read first."""
        self.life.sleep(minutes)
        self.a_rep_says(word, rep="ana", stranger=False, offer=None, minutes=1, keyed=True)
        self.life.run()

    def ticked(self, before: LeadState, after: LeadState, now: datetime) -> None:
        """Look at what one tick did."""
        if before is after:
            return
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
        leaves = leave_at is not None and leave_at <= now and not (offering and offering[0].due_at <= leave_at)
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

    # What always holds.

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
        self.last = self.life.state

    def verdicts_reach_whoever_asked(self) -> None:
        state = self.life.state
        waiting = {order.ticket for order in (state.moving, state.judging) if order and order.ticket}
        assert set(self.life.tickets) == waiting, "nobody waits for a verdict that never comes"
        for ticket, verdict in self.life.settled.items():
            if ticket in self.heard_of:
                continue
            self.heard_of.add(ticket)
            name, message = self.asking[ticket]
            note(f"verdict on {name}: {verdict}")
            if ticket in self.beaten:  # somebody took it after it was asked for
                assert not verdict.done or verdict.owner == self.keeper
            elif verdict.done and name in ("reassign", "take", "undo", "handover"):
                self.keeper = verdict.owner if name == "take" else None
                if name == "take":
                    self.taken_at = self.taken_at or self.life.now
            if message.key and name != "undo":
                self.said.append((name, message.model_dump(), verdict))

    def an_acknowledged_accept_is_honoured(self) -> None:
        holder = self.life.state.holder
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
        due = ladder.next_due(state)
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
            assert ladder.next_due(state) is None

    def teardown(self) -> None:
        """In the end the house is well again: everything settles or waits visibly, and pauses end."""
        if not hasattr(self, "life"):
            return
        self.life.prompt = True
        self.life.wait(60 * 24 * 8)
        self.life.carry_over()
        state = self.life.state
        assert state.ended or state.paused is None, "the pause always ends"
        assert not self.life.tickets
        self.nobody_waits_without_a_due_time()


def lives(number: int) -> settings:
    """So many lives of up to 40 events each."""
    return settings(
        max_examples=number, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )


def test_the_promises_hold_in_any_weather() -> None:
    """Any order of messages, dues, answers and failures."""
    run_state_machine_as_test(LeadLife, settings=lives(500))


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_the_promises_hold_in_very_many_lives() -> None:
    """The long form."""
    run_state_machine_as_test(LeadLife, settings=lives(20_000))

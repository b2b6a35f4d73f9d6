"""Whatever is said, falls due, comes back late, fails or is said twice: the machine's promises hold (contract, 6)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from models.decisions import DeliveryState, Disqualified, Manners, NotAllowed
from models.ladder import OFFERING, Plan, Target
from models.messages import MESSAGES, Verdict
from models.orders import AssignLead, ScoreLead
from tests.workflows.kitchen import LADDER, REPS, RICH, nobody, routed
from tests.workflows.lives import for_nurture, for_review, held_until, judged_as
from tests.workflows.machine import MINUTE, Life, contact_plan
from tests.workflows.promises import NOTED, Promises, without
from workflows.ladder import answers, climbing
from workflows.ladder.effects import Planning

PEOPLE = st.sampled_from((*REPS, "mia"))
MINUTES = st.sampled_from((0.25, 0.5, 0.5, 1, 1, 5, 5, 10, 15, 16, 20, 60, 300, 2000))
SELDOM = st.sampled_from((False, False, False, False, True))
A_MS = timedelta(milliseconds=1)
HEARD_LATER = frozenset({"reassign", "take", "requalify", "undo", "handover"})


class LeadLife(Promises):
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
        self.remember_nothing()
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
                named = {"rep_id": who if minutes is None else None, "holder": self.life.owner if keyed else None}
                self.say(word, keyed, by="mia", reason="ana leaves us", **named)
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
        due = climbing.next_due(self.life.state)
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
    """So many lives of up to 40 events each. A failure is not explained: tracing takes longer than a test may."""
    return settings(
        max_examples=number,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    )


def test_the_promises_hold_in_any_weather() -> None:
    """Any order of messages, dues, answers and failures."""
    run_state_machine_as_test(LeadLife, settings=lives(250))


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_the_promises_hold_in_very_many_lives() -> None:
    """The long form."""
    run_state_machine_as_test(LeadLife, settings=lives(20_000))

"""What runs beside a lead's wait: answers to people, messages to them, plans, the journal, and what the Web UI shows.

Nothing here waits on the main thread's behalf: a slow channel or a database that is down delays no accept and no rung.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.contract import Decide, Notices
    from models.decisions import Delivery, DeliveryState
    from models.ladder import EntryKind
    from models.lead import Stage
    from models.messages import Escalate, Message, Snooze, Verdict
    from models.orders import AlertManager, PlanRungs, ScoreLead, Tell
    from workflows import names, options, telling
    from workflows.insisting import surely, why
    from workflows.journal import Journal
    from workflows.ladder import answers, climbing, deliveries, judgements, keys, managers, reports, returns
    from workflows.ladder.effects import Alerting, Planning, Rescoring, Settling, Telling, Touching
    from workflows.ladder.state import LeadState
    from workflows.ladder.step import Step
    from workflows.listening import Listening


class Aside(Listening):
    """A lead's state, and everything that goes on beside its wait."""

    def __init__(self, state: LeadState) -> None:
        self.state = state
        self.running: list[asyncio.Task[None]] = []
        self.tickets: dict[str, tuple[str, Message]] = {}
        self.verdicts: dict[str, Verdict] = {}
        self.folds: dict[str, bool] = {}
        self.shown: dict[str, Any] = telling.attributes(state) if state.admitted else {}
        self.rescoring = False
        self.score_again = False
        self.planning = 0
        self.journal = Journal(state)

    # What people say.

    async def answer(self, name: str, message: Message) -> Verdict:
        """Give the verdict on a message: at once, or when the order it needs has come back."""
        if self.comes_between(message) and workflow.patched(names.PERSONS_WAIT):
            await self.turn_of(message)
        ticket = self.pending(name, message) or self.hear(name, message)
        if isinstance(ticket, Verdict):
            return ticket
        await workflow.wait_condition(lambda: ticket in self.verdicts)
        return self.verdicts[ticket]

    def comes_between(self, message: Message) -> bool:
        """Say whether an order or a plan is out that this message needs, and that will be back in a moment."""
        return managers.comes_between(self.state, message, planning=self.planning > 0)

    async def turn_of(self, message: Message) -> None:
        """Let what is out come back first: nobody is sent away for a moment's sake."""
        until = workflow.now() + options.TURN
        with suppress(TimeoutError):  # then they are told that it takes long
            while self.comes_between(message) and workflow.now() < until:
                await workflow.wait_condition(
                    lambda: not self.comes_between(message),
                    timeout=until - workflow.now(),
                    timeout_summary="let the order that is out come back",
                )

    def take_note(self, name: str, message: Message) -> None:
        """Act on a message whose sender does not wait, and may ask to be told the verdict."""
        # The update of the same key may be waiting for its turn: refused here, it would be refused there.
        if self.comes_between(message) and workflow.patched(names.PERSONS_WAIT):
            self.beside(self.take_note_in_turn(name, message))
        else:
            self.note(name, message)

    async def take_note_in_turn(self, name: str, message: Message) -> None:
        """Act on it once what is out has come back."""
        await self.turn_of(message)
        self.note(name, message)

    def note(self, name: str, message: Message) -> None:
        """Act on it now, and report the verdict where that is wished."""
        ticket = self.pending(name, message)
        heard = self.hear(name, message) if ticket is None else ticket
        if message.report:
            self.beside(self.report(name, message, heard))

    async def report(self, name: str, message: Message, heard: Verdict | str) -> None:
        """Tell whoever left a message what it came to, once that is known."""
        if isinstance(heard, str):
            await workflow.wait_condition(lambda: heard in self.verdicts)
            heard = self.verdicts[heard]
        self.apply(reports.reported(self.state, name, message, heard))

    def misheard(self, name: str, problem: str) -> None:
        """Write down what was said that is no message."""
        self.apply(Step(self.state).tell(workflow.now(), EntryKind.REFUSED, f"{name}: {problem}"))

    def pending(self, name: str, message: Message) -> str | None:
        """Find the ticket of the same message, if its first copy still waits for its verdict."""
        if message.key is None:
            return None
        same = (keys.who_says(message), name, message.key)
        waiting = self.tickets.items()
        return next((ticket for ticket, (of, first) in waiting if same == (keys.who_says(first), of, first.key)), None)

    def hear(self, name: str, message: Message) -> Verdict | str:
        """Let the machine answer: with a verdict, or with a ticket for one."""
        step = answers.hear(self.state, name, message, workflow.now())
        reminds = isinstance(message, Snooze) and step.state.later != self.state.later
        if reminds and not workflow.patched(names.SNOOZE_REMINDS):
            step = step.set(later=self.state.later, alerts=self.state.alerts)
        moves_on = isinstance(message, Escalate) and step.state.plan_no != self.state.plan_no
        if moves_on and not workflow.patched(names.PERSONS_END_OFFERS):
            step = managers.ran_out(step, self.state)
        if step.ticket:
            self.tickets[step.ticket] = (name, message)
        self.apply(step)
        return step.verdict or step.ticket or ""

    # What runs beside the wait.

    def apply(self, step: Step) -> None:
        """Take the next state in, show it, write it down, and start what it wants done beside the wait."""
        self.state = step.state
        for effect in step.effects:
            match effect:
                case Touching():
                    self.journal.touches.append((effect.n, effect.touch))
                case Settling():
                    self.settle(effect)
                case Telling():
                    self.beside(self.tell(effect.order))
                case Alerting():
                    self.beside(self.alert(effect))
                case Planning():
                    self.planning += 1
                    self.beside(self.plan(effect))
                case Rescoring():
                    self.score_again = True
                    if not self.rescoring:
                        self.rescoring = True
                        self.beside(self.rescore())
        self.journal.keep(self)
        self.show()

    def settle(self, effect: Settling) -> None:
        """Answer whoever waits, and remember the verdict under the message's key."""
        self.verdicts[effect.ticket] = effect.verdict
        if asked := self.tickets.pop(effect.ticket, None):
            name, message = asked
            kept = keys.remembered(Step(self.state), name, message, effect.verdict, workflow.now())
            self.state = kept.state

    async def tell(self, order: Tell) -> None:
        """Tell the rep, beside the wait: a slow channel never delays an accept or a rung."""
        try:
            delivery = await workflow.execute_activity_method(
                Notices.notify,
                order,
                summary=f"{order.kind} {order.offer}: tell {order.rep_id}",
                **options.telling(self.state.manners),
            )
        except ActivityError as error:
            delivery = _undelivered(order.rep_id, error)
        self.apply(deliveries.told(self.state, order, delivery, workflow.now()))

    async def alert(self, effect: Alerting) -> None:
        """Tell the manager, beside the wait."""
        holder = self.state.holder
        order = AlertManager(
            lead_id=self.state.lead_id,
            offer=self.state.offer if effect.offer is None else effect.offer,
            rung=effect.rung,
            manager_id=(holder.manager_id if holder else None) or self.state.answerable,
            policy=self.state.policy,
            to=effect.to,
            who=effect.who,
            channels=effect.channels,
            text=effect.text,
            urgent=effect.urgent,
            what=effect.what,
            owner=holder.rep_id if holder else None,
            due_at=climbing.step_due(self.state),
            next_step=telling.next_step(self.state),
        )
        try:
            delivery = await workflow.execute_activity_method(
                Notices.alert_manager,
                order,
                summary=f"tell {effect.who or 'the manager'}: {effect.what}"[:200],
                **options.telling(self.state.manners),
            )
        except ActivityError as error:
            delivery = _undelivered(order.manager_id, error)
        # Without the mark: what came back to a lead that had ended was not written down.
        if not self.state.ended or workflow.patched(names.LATE_ALERTS):
            self.apply(deliveries.alerted(self.state, effect, delivery, workflow.now()))

    async def plan(self, effect: Planning) -> None:
        """Have rungs planned; the plan is taken if the lead has not moved on meanwhile."""
        order = PlanRungs(
            kind=effect.kind,
            lead_id=self.state.lead_id,
            policy=self.state.policy or "",
            sla=self.state.sla,
            rep_id=self.state.holder.rep_id if self.state.holder else None,
            at=effect.at,
            cause=effect.cause,
            frozen_at=effect.frozen_at,
            rungs=effect.rungs,
            accepted=self.state.accepted,
        )
        try:
            plan = await surely(Decide.plan, order, f"plan the next rungs: {effect.cause}"[:200])
            self.apply(returns.planned(self.state, plan, effect, workflow.now()))
        finally:
            self.planning -= 1

    async def rescore(self) -> None:
        """Score again with all that the prospect did; a nurtured lead may be promoted by it (R7)."""
        while self.score_again:
            self.score_again = False
            await self.journal.written(self)
            order = ScoreLead(
                lead_id=self.state.lead_id,
                policy=self.state.policy or "",
                at=workflow.now(),
                repin=self.state.stage is Stage.NURTURING,
            )
            try:
                score = await workflow.execute_activity_method(
                    Decide.score, order, summary="score again", **options.deciding(self.state.manners)
                )
            except ActivityError as error:
                says = f"the score stays as it was: {why(error)}"
                self.apply(Step(self.state).tell(workflow.now(), EntryKind.TROUBLE, says))
            else:
                self.apply(judgements.rescored(self.state, score, workflow.now()))
        self.rescoring = False

    def beside(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run something beside the wait."""
        self.running.append(asyncio.create_task(coroutine))

    def broken(self) -> bool:
        """Say whether something beside the wait has a defect; what merely ended need not end the wait."""
        return any(task.done() and not task.cancelled() and task.exception() for task in self.running)

    def reap(self) -> None:
        """Let go of what is done; a defect in it surfaces here and fails the task, visibly."""
        done = [task for task in self.running if task.done()]
        self.running = [task for task in self.running if not task.done()]
        for task in done:
            task.result()

    def idle(self) -> bool:
        """Say whether nothing runs beside the wait and nobody waits for an answer."""
        return workflow.all_handlers_finished() and all(task.done() for task in self.running)

    async def finish_what_runs_beside(self) -> None:
        """Leave nothing half said and nothing unwritten."""
        self.journal.finish(self)
        while self.running or not workflow.all_handlers_finished():
            await workflow.wait_condition(self.idle)
            self.reap()
            self.journal.finish(self)

    def show(self) -> None:
        """Make the Web UI tell the story: current details, and one upsert of what changed."""
        workflow.set_current_details(telling.page(self.state))
        now_shown = telling.attributes(self.state)
        if updates := telling.changes(self.shown, now_shown):
            workflow.upsert_search_attributes(updates)
            self.shown = now_shown


def _undelivered(person_id: str | None, error: ActivityError) -> Delivery:
    return Delivery(state=DeliveryState.UNDELIVERABLE, person_id=person_id, because=why(error))

"""One lead, from the door until somebody has reached out to it. Every effect is an activity, every wait is durable."""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, TemporalError

with workflow.unsafe.imports_passed_through():
    from activities.contract import Decide, Intake, Ledgers, Notices
    from models.base import Refused, parse
    from models.decisions import (
        Admission,
        Admitted,
        Delivery,
        DeliveryState,
        Enrichment,
        Folded,
        Unknown,
        Unusable,
    )
    from models.ladder import Entry, EntryKind
    from models.lead import Stage, Touch
    from models.messages import Message, Verdict
    from models.orders import AdmitLead, AlertManager, AssignLead, EnrichLead, PlanRungs, ScoreLead, Tell
    from models.status import Explanation, Result, Status
    from workflows import answers, ladder, names, options, telling
    from workflows.listening import Listening
    from workflows.state import (
        AlertCause,
        Alerting,
        Judging,
        LeadState,
        Planning,
        Rescoring,
        Settling,
        Step,
        Telling,
        Touching,
    )


@workflow.defn(name=names.WORKFLOW)
class LeadWorkflow(Listening):
    """Enrich, score, assign to exactly one person, notify, and wait for their acceptance, rung by rung."""

    @workflow.init
    def __init__(self, raw: Any = None, carried: Any = None, *more: Any) -> None:
        self.state = _carried(carried) or LeadState(lead_id=_lead_id())
        self.running: list[asyncio.Task[None]] = []
        self.tickets: dict[str, tuple[str, Message]] = {}
        self.verdicts: dict[str, Verdict] = {}
        self.shown: dict[str, Any] = {}
        self.journal = Journal(self.state)

    @workflow.run
    async def run(self, raw: Any = None, carried: Any = None, *more: Any) -> Result:
        """Pass the lead on until somebody has it and has reached out, whatever dies on the way."""
        if self.state.stage is Stage.RECEIVED:
            await self.take_in(raw)
            await self.get_to_know()
        while not self.state.ended:
            if self.state.moving and not self.state.stuck:
                await self.hand_over()
            elif self.state.judging and not self.state.stuck:
                await self.judge()
            else:
                await self.wait_for_an_answer_or_the_next_rung()
                await self.begin_a_new_history_if_this_one_is_long(raw)
        await self.finish_what_runs_beside()
        return telling.result(self.state)

    async def take_in(self, raw: Any) -> None:
        """Normalise it, recognise whom we know already, open its row."""
        admission = await self.admitted(raw, ())
        while isinstance(admission, Folded) and not await self.fold(admission, raw):
            admission = await self.admitted(raw, (admission.into,))
        match admission:
            case Admitted():
                self.apply(
                    Step(self.state)
                    .set(
                        headline=admission.headline,
                        source=admission.source,
                        type=admission.type,
                        region=admission.region,
                        policy=admission.policy,
                        manners=admission.manners,
                        received_at=admission.received_at,
                        sla_from=admission.received_at,
                        backfill=admission.backfill,
                        stage=Stage.ENRICHING if not self.state.ended else self.state.stage,
                    )
                    .tell(workflow.now(), EntryKind.RECEIVED, f"{admission.headline}, from {admission.source}")
                )
                for note in admission.notes:
                    self.apply(Step(self.state).tell(workflow.now(), EntryKind.RECEIVED, note))
            case Unusable():
                self.apply(ladder.unusable(self.state, admission, workflow.now()))

    async def admitted(self, raw: Any, not_into: tuple[str, ...]) -> Admission:
        """Order the intake, without end: a lead is never lost to a database that is down."""
        order = AdmitLead(lead_id=self.state.lead_id, raw=raw, started_at=workflow.info().start_time, not_into=not_into)
        return await workflow.execute_activity_method(
            Intake.admit, order, summary="normalise, look for duplicates, open the row", **options.UNTIL_DONE
        )

    async def fold(self, admission: Folded, raw: Any) -> bool:
        """Pass this touch to the lead in flight; False when that one has closed meanwhile."""
        kind = raw.get("type") if isinstance(raw, dict) else None
        touch = {"kind": str(kind or "touch"), "key": f"fold-{self.state.lead_id}"}
        target = workflow.get_external_workflow_handle(names.workflow_id(admission.into))
        try:
            await target.signal("event", touch)
        except TemporalError:
            return False
        step = Step(self.state).set(folded_into=admission.into)
        step = step.tell(workflow.now(), EntryKind.FOLDED, f"folded into {admission.into}: {admission.because}")
        self.apply(ladder.ended(step, workflow.now(), Stage.CLOSED, f"folded into {admission.into}"))
        return True

    async def get_to_know(self) -> None:
        """Look the company up within the time budget; what stays unknown says why."""
        if self.state.stage is not Stage.ENRICHING:
            return
        order = EnrichLead(lead_id=self.state.lead_id, policy=self.state.policy or "")
        try:
            enrichment = await workflow.execute_activity_method(
                Intake.enrich, order, summary="look the company up", **options.enriching(self.state.manners)
            )
        except ActivityError as error:
            unknown = Unknown(field="company", because=f"enrichment failed: {_cause(error)}")
            enrichment = Enrichment(unknown=(unknown,))
        if not self.state.ended:
            self.apply(ladder.enriched(self.state, enrichment, workflow.now()))

    async def judge(self) -> None:
        """Score it and see where it goes: to a person, to marketing, to review, or out."""
        judging = self.state.judging or Judging()
        await self.journal.written(self)
        order = ScoreLead(
            lead_id=self.state.lead_id,
            policy=self.state.policy or "",
            at=workflow.now(),
            repin=judging.repin,
        )
        try:
            score = await workflow.execute_activity_method(
                Decide.score, order, summary="score and qualify", **options.deciding(self.state.manners)
            )
        except ActivityError as error:
            self.apply(ladder.stuck(self.state, f"scoring failed: {_cause(error)}", workflow.now()))
            return
        if self.state.judging:
            self.apply(ladder.judged(self.state, score, workflow.now()))

    async def hand_over(self) -> None:
        """Give it to exactly one person; the database decides whom, in one transaction."""
        move, holder = self.state.moving, self.state.holder
        if move is None:
            return
        order = AssignLead(
            lead_id=self.state.lead_id,
            offer=self.state.offer + 1,
            policy=self.state.policy or "",
            to=move.to,
            sla=self.state.sla,
            rungs_done=move.rungs_done,
            asked=self.state.asked,
            holder=holder.rep_id if holder else None,
            backup=holder.backup_id if holder else None,
            rep_id=move.rep_id,
            by=move.by,
            accepted=move.accepted,
            cause=move.cause,
            ended=move.ended,
            sla_from=self.state.sla_from or workflow.now(),
        )
        try:
            assignment = await workflow.execute_activity_method(
                Decide.reassign if move.again else Decide.assign,
                order,
                summary=f"offer {order.offer} to the {move.to}: {move.cause}",
                **options.deciding(self.state.manners),
            )
        except ActivityError as error:
            self.apply(ladder.stuck(self.state, f"assigning failed: {_cause(error)}", workflow.now()))
            return
        self.apply(ladder.assigned(self.state, assignment, workflow.now()))

    async def wait_for_an_answer_or_the_next_rung(self) -> None:
        """Wait, durably. Look at the state before acting: an answer that came first always wins."""
        due = ladder.next_due(self.state)
        timeout = None if due is None else max(due - workflow.now(), timedelta(0))
        try:
            await workflow.wait_condition(
                lambda: ladder.next_due(self.state) != due or self.wanted(),
                timeout=timeout,
                timeout_summary=telling.next_step(self.state),
            )
        except TimeoutError:
            pass  # the next lines look at the state first, whoever won
        self.reap()
        if not self.state.ended:
            self.apply(ladder.tick(self.state, workflow.now()))

    def wanted(self) -> bool:
        """Say whether the main thread has something to do."""
        orders = (self.state.moving or self.state.judging) and not self.state.stuck
        return bool(orders or self.state.ended or any(task.done() for task in self.running))

    # What people say.

    async def answer(self, name: str, message: Message) -> Verdict:
        """Give the verdict on a message: at once, or when the order it needs has come back."""
        ticket = self.pending(message) or self.hear(name, message)
        if isinstance(ticket, Verdict):
            return ticket
        await workflow.wait_condition(lambda: ticket in self.verdicts)
        return self.verdicts[ticket]

    def take_note(self, name: str, message: Message) -> None:
        """Act on a message whose sender does not wait."""
        if self.pending(message) is None:
            self.hear(name, message)

    def misheard(self, name: str, problem: str) -> None:
        """Write down what was said that is no message."""
        self.apply(Step(self.state).tell(workflow.now(), EntryKind.REFUSED, f"{name}: {problem}"))

    def pending(self, message: Message) -> str | None:
        """Find the ticket of the same message, if its first copy still waits for its verdict."""
        keyed = (ticket for ticket, (_, first) in self.tickets.items() if message.key and first.key == message.key)
        return next(keyed, None)

    def hear(self, name: str, message: Message) -> Verdict | str:
        """Let the machine answer: with a verdict, or with a ticket for one."""
        step = answers.hear(self.state, name, message, workflow.now())
        if step.ticket:
            self.tickets[step.ticket] = (name, message)
        self.apply(step)
        return step.verdict or step.ticket or ""

    @workflow.signal(name=names.WAKE)
    def wake(self, because: Any = None, *more: Any) -> None:
        """Look for somebody again: a place came free."""
        self.apply(answers.woken(self.state, workflow.now(), str(because or "a place came free")))

    @workflow.query
    def status(self) -> Status:
        """Say owner, stage, next step and when (R47)."""
        return telling.status(self.state)

    @workflow.query
    def explanation(self) -> Explanation:
        """Say why it went where it went (R29)."""
        return telling.explanation(self.state)

    @workflow.query
    def timeline(self) -> Sequence[Entry]:
        """Tell what has happened so far."""
        return list(self.state.entries)

    @workflow.query
    def next_steps(self) -> Sequence[Any]:
        """Name the planned rungs with their absolute due times."""
        return [rung.model_dump(mode="json") for rung in self.state.plan]

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
                    self.beside(self.plan(effect))
                case Rescoring():
                    self.beside(self.rescore())
        self.journal.keep(self)
        self.show()

    def settle(self, effect: Settling) -> None:
        """Answer whoever waits, and remember the verdict under the message's key."""
        self.verdicts[effect.ticket] = effect.verdict
        if asked := self.tickets.pop(effect.ticket, None):
            name, message = asked
            kept = answers.remembered(Step(self.state), name, message, effect.verdict, workflow.now())
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
        self.apply(ladder.told(self.state, order, delivery, workflow.now()))

    async def alert(self, effect: Alerting) -> None:
        """Tell the manager, beside the wait."""
        holder = self.state.holder
        order = AlertManager(
            lead_id=self.state.lead_id,
            offer=self.state.offer,
            rung=effect.rung,
            manager_id=(holder.manager_id if holder else None) or self.state.answerable,
            what=effect.what,
            owner=holder.rep_id if holder else None,
            due_at=ladder.next_due(self.state),
        )
        try:
            delivery = await workflow.execute_activity_method(
                Notices.alert_manager,
                order,
                summary=f"tell the manager: {effect.what}"[:200],
                **options.telling(self.state.manners),
            )
        except ActivityError as error:
            delivery = _undelivered(order.manager_id, error)
        if not self.state.ended:
            self.apply(ladder.alerted(self.state, effect, delivery, workflow.now()))

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
        )
        plan = await workflow.execute_activity_method(
            Decide.plan, order, summary=f"plan the next rungs: {effect.cause}"[:200], **options.UNTIL_DONE
        )
        self.apply(ladder.planned(self.state, plan, effect.plan_no, workflow.now()))

    async def rescore(self) -> None:
        """Score again with what the prospect did; a nurtured lead may be promoted by it (R7)."""
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
            says = f"the score stays as it was: {_cause(error)}"
            self.apply(Step(self.state).tell(workflow.now(), EntryKind.TROUBLE, says))
        else:
            self.apply(ladder.rescored(self.state, score, workflow.now()))

    def beside(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run something beside the wait."""
        self.running.append(asyncio.create_task(coroutine))

    def reap(self) -> None:
        """Let go of what is done; a defect in it surfaces here and fails the task, visibly."""
        done = [task for task in self.running if task.done()]
        self.running = [task for task in self.running if not task.done()]
        for task in done:
            task.result()

    async def finish_what_runs_beside(self) -> None:
        """Leave nothing half said and nothing unwritten."""
        while self.running or not workflow.all_handlers_finished():
            await workflow.wait_condition(
                lambda: workflow.all_handlers_finished() and all(task.done() for task in self.running)
            )
            self.reap()

    async def begin_a_new_history_if_this_one_is_long(self, raw: Any) -> None:
        """Carry everything over into a fresh history, keys included, when nothing is half done."""
        busy = self.state.moving or self.state.judging or self.state.ended or self.tickets
        if busy or not workflow.info().is_continue_as_new_suggested():
            return
        await self.finish_what_runs_beside()
        if not (self.state.moving or self.state.judging or self.state.ended or self.tickets):
            workflow.continue_as_new(args=[raw, self.state.model_dump(mode="json")])

    def show(self) -> None:
        """Make the Web UI tell the story: current details, and one upsert of what changed."""
        workflow.set_current_details(telling.page(self.state))
        now_shown = telling.attributes(self.state)
        if updates := telling.changes(self.shown, now_shown):
            workflow.upsert_search_attributes(updates)
            self.shown = now_shown


class Journal:
    """What the database has yet to be told; one writer at a time, in order."""

    def __init__(self, state: LeadState) -> None:
        self.entries: list[Entry] = []
        self.touches: list[tuple[int, Touch]] = []
        self.noted = state.told
        self.known: Any = None
        self.writing = False

    def keep(self, lead: LeadWorkflow) -> None:
        """Take new lines in, and have them written once the lead stands somewhere new."""
        self.entries += [entry for entry in lead.state.entries if entry.n >= self.noted]
        self.noted = lead.state.told
        between = lead.state.stage in answers.NOT_ROUTED or (
            (lead.state.moving or lead.state.judging) and not lead.state.stuck and not lead.state.accepted
        )
        if not self.writing and not between and self.stale(lead):
            self.writing = True
            lead.beside(self.write(lead))

    def stale(self, lead: LeadWorkflow) -> bool:
        """Say whether the database knows less than it should."""
        here = telling.record(lead.state.model_copy(update={"seq": 0}), workflow.now())
        return bool(self.touches) or here.model_copy(update={"at": None}) != self.known

    async def written(self, lead: LeadWorkflow) -> None:
        """Wait until what the prospect did is in the database, where scoring reads it."""
        if self.touches and not self.writing:
            self.writing = True
            lead.beside(self.write(lead))
        await workflow.wait_condition(lambda: not self.touches and not self.writing)

    async def write(self, lead: LeadWorkflow) -> None:
        """Write until there is nothing new."""
        while self.stale(lead):
            lead.state = lead.state.model_copy(update={"seq": lead.state.seq + 1})
            order = telling.record(lead.state, workflow.now())
            self.known = order.model_copy(update={"seq": 0, "at": None})
            entries, touches = tuple(self.entries), tuple(self.touches)
            order = order.model_copy(update={"entries": entries, "touches": touches})
            self.entries, self.touches = [], []
            await workflow.execute_activity_method(
                Ledgers.record,
                order,
                summary=f"write down: {order.stage}",
                **options.UNTIL_DONE,
            )
        self.writing = False


def _lead_id() -> str:
    """Take the lead's id from the workflow's; one of another shape stands for itself."""
    return workflow.info().workflow_id.removeprefix(names.PREFIX)


def _carried(carried: Any) -> LeadState | None:
    """Read the state an earlier history left; anything else a stranger sends along is no state."""
    if carried is None or workflow.info().continued_run_id is None:
        return None
    return LeadState.model_validate(carried)


def _cause(error: ActivityError) -> str:
    """Name what went wrong, without a stack."""
    cause = error.cause
    while cause is not None and cause.__cause__ is not None and not isinstance(cause, ApplicationError):
        cause = cause.__cause__
    return str(cause or error)


def _undelivered(person_id: str | None, error: ActivityError) -> Delivery:
    return Delivery(state=DeliveryState.UNDELIVERABLE, person_id=person_id, because=_cause(error))

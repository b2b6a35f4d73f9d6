"""Whether the house runs: one sentence, what needs somebody, and what every part says of itself.

Everything here is read from the database and asked of Temporal; where one of them does not answer, the page says so.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Request, Response
from temporalio.client import WorkflowFailureError
from temporalio.service import RPCError

from api.console.frame import back, note
from api.console.ops_frame import Ops, SoonRoute, Watcher, ops_page, said, zone_for
from api.console.ops_needs import LATE, Looks, Need, needs_of, sentence
from api.console.viewing import Form, Untellable
from api.console.words import span
from api.doors import FrontDep
from db.audits import Audits
from db.switching import Queue as Held
from db.tables.words import ActOutcome
from db.upkeep import Queue, Upkeep
from models.audit import Audit, Finding, Found
from runtime.auditing import begin_audit
from runtime.client import TemporalUnreachable
from runtime.engine_room import look
from runtime.front import Front
from runtime.hooks import secret_of
from runtime.sealing import Opener, opener_of

router = APIRouter(route_class=SoonRoute, include_in_schema=False)

AUDITS = 6
"""How many audits are shown."""

AWAITED = timedelta(seconds=8)
"""How long an audit that somebody asked for is waited for before the page says that it runs."""

_FINDINGS = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of what waits: for whom, how much, for how long, and how much a person has to look at."""

    what: str
    why: str
    queue: Queue
    path: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """All that the page says."""

    looks: Looks
    needs: tuple[Need, ...]
    sentence: str
    held: Held
    waiting: tuple[Waiting, ...]
    audits: tuple[Audit, ...]
    findings: tuple[Finding, ...]
    sessions: int

    @property
    def tone(self) -> str:
        """Give the tone of the sentence."""
        if any(need.urgent for need in self.needs):
            return "bad"
        return "kept" if self.needs else "good"


@router.get("/ops")
async def health(request: Request, front: FrontDep, viewer: Watcher) -> Response:
    """Say first whether anything needs whoever looks, then what."""
    zone = await zone_for(front, viewer)
    found = await health_of(front, zone)
    return await ops_page(
        request, front, viewer, "ops.html", title="Operations", tab="/ops", zone=zone, health=found,
        database=front.store.database.name, queue=front.settings.task_queue,
    )  # fmt: skip


async def health_of(front: Front, zone: str) -> Health:
    """Look at everything. Raises `DatabaseUnreachable`."""
    now, upkeep = front.clock(), Upkeep(front.store.database)
    backlog, schema, engine, audits = await asyncio.gather(
        upkeep.backlog(now, late=LATE),
        upkeep.schema(),
        look(front.line, front.store, front.settings),
        Audits(front.store.database).latest(AUDITS),
    )
    held = await front.store.switching.queue()
    looks = Looks(
        now=now,
        zone=zone,
        backlog=backlog,
        schema=schema,
        engine=engine,
        audit=audits[0] if audits else None,
        audit_every=front.settings.audit_every,
        stopped=await front.store.switching.state(),
        held=held.leads,
        secrets_lost=await _secrets_lost(front),
    )
    needs = needs_of(looks)
    return Health(
        looks=looks,
        needs=needs,
        sentence=sentence(looks, needs),
        held=held,
        waiting=_waiting(looks),
        audits=audits,
        findings=_findings(audits),
        sessions=await front.store.sessions.open_ones(at=now),
    )


async def _secrets_lost(front: Front) -> tuple[str, ...]:
    """Name the sources of whose secrets some cannot be opened by any key: then none of them is believed."""
    now = front.clock()
    loaded = {secret_of(one.source.name) for one in await front.store.sources.list()}
    counting = [
        one
        for one in await front.store.secrets.list()
        if one.purpose in loaded and (one.expires_at is None or one.expires_at > now)
    ]
    lost = {one.purpose for one in counting if opener_of(front.sealer, one) is Opener.NONE}
    return tuple(sorted(purpose.removeprefix(secret_of("")) for purpose in lost))


def _waiting(looks: Looks) -> tuple[Waiting, ...]:
    log = looks.backlog
    return (
        Waiting("Leads from the doors", "acknowledged and not started yet", log.door),
        Waiting("Leads of imports", "started by and by, at the pace that is set", log.imports),
        Waiting("Errands", "decided and not run yet: wakes, messages, erasures", log.errands),
        Waiting("Webhooks that came", "kept and not settled yet", log.received, "/ops/sources"),
        Waiting("Dead letters", "webhooks that could not be read", Queue(0, log.dead.since, log.dead.waiting),
                "/ops/sources"),
        Waiting("Messages", "of the last day, that did not go out", log.messages, "/ops/messages"),
        Waiting("Alerts", "overdue, or not to be sent within the last day", log.alerts, "/ops/messages"),
        Waiting("Hand-offs", "to marketing tools and prospects", log.hand_offs, "/ops/hand-offs"),
        Waiting("CRM", "leads that the CRM should hear of", log.crm, "/ops/crm"),
        Waiting("Erasures", "asked for and not complete", log.erasures),
    )  # fmt: skip


def _findings(audits: tuple[Audit, ...]) -> tuple[Finding, ...]:
    """Give what the last audit found that was not fine, what a person has to look at first."""
    found = [one for one in (audits[0].found if audits else ()) if one.found is not Found.FINE]
    return tuple(sorted(found, key=lambda one: one.found is not Found.UNHEALED)[:_FINDINGS])


@router.post("/ops/routing/stop")
async def stop(front: FrontDep, form: Form, viewer: Ops) -> Response:
    """Stop all routing: leads wait, visibly, until somebody starts it."""
    reason = said(form, "reason")
    if not reason:
        raise Untellable(422, "Say why", "Others read it. Nothing was changed.")
    stopped = await front.store.switching.stop(by=viewer.signs, reason=reason, at=front.clock())
    ours = (stopped.by, stopped.reason) == (viewer.signs, reason)
    told = "Routing is stopped: no lead is given to anybody until it is started again."
    because = told if ours else f"{stopped.by} has stopped it already: {stopped.reason}"
    outcome = ActOutcome.DONE if ours else ActOutcome.REFUSED
    act = await note(front, viewer, "routing.stop", outcome, because, detail={"reason": reason})
    return back("/ops", act)


@router.post("/ops/routing/start")
async def start(front: FrontDep, viewer: Ops) -> Response:
    """Let routing go on, and wake what waits, best score first."""
    woken = await front.store.switching.start(by=viewer.signs, at=front.clock())
    if woken is None:
        because = "Routing runs already."
    else:
        because = f"Routing runs again; {woken} waiting lead{'' if woken == 1 else 's'} woken, best score first."
    return back("/ops", await note(front, viewer, "routing.start", ActOutcome.DONE, because))


@router.post("/ops/audit")
async def audit(front: FrontDep, viewer: Ops) -> Response:
    """Run an audit now, and wait a moment for it."""
    try:
        async with asyncio.timeout(AWAITED.total_seconds()):
            client = await front.line.client()
            handle = await begin_audit(client, front.settings.task_queue)
            outcome, because = _audited(await handle.result())
    except TimeoutError:
        outcome = ActOutcome.RECORDED
        because = f"The audit runs for longer than {span(AWAITED)}; its result is shown here once it has ended."
    except (TemporalUnreachable, RPCError, WorkflowFailureError) as error:
        outcome, because = ActOutcome.FAILED, f"No audit ran: {type(error).__name__}. Is Temporal there?"
    return back("/ops", await note(front, viewer, "audit.now", outcome, because))


def _audited(ended: Audit) -> tuple[ActOutcome, str]:
    told = f"{ended.open_leads} open leads, {ended.suspects} suspects, {ended.healed} healed, {ended.unhealed} not."
    healthy = "The audit is healthy" if ended.healthy else "The audit is not healthy"
    return ActOutcome.DONE, f"{healthy}: {told}"

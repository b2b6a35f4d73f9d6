"""Looking at one suspect in Temporal and in the database, and healing what can be healed (R26).

A lead that overslept or whose row lags is nudged, an end that nobody wrote down is written down, a workflow that is
gone is begun again where the lead stood. What cannot be healed is said, and never guessed: a database or a Temporal
that is away is an error, so that the order is given again.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from db.audits import STANDING, Acknowledged, Audits, Errand, Kept
from db.inbox import Inbox
from db.leads import Leads
from db.outbox import Outbox
from db.ownership import Ownerships
from db.tables.words import Intake
from db.unheard import UNHEARD
from models.audit import Found, Stood, Suspect
from models.lead import ENDED, Stage
from models.orders import Holding, RecordLead
from models.status import Result, Status

PROOF = timedelta(seconds=10)
"""How long what was healed may take to show it in the database."""

LOOK = timedelta(milliseconds=250)


@dataclass(frozen=True, slots=True)
class Running:
    """A workflow that runs: what it says of itself, or why it says nothing; `waits_for` names an order that fails."""

    status: Status | None
    trouble: str = ""
    waits_for: str = ""


class How(StrEnum):
    """How a workflow came to run no more."""

    COMPLETED = "completed"
    CANCELLED = "was cancelled"
    TERMINATED = "was terminated"
    FAILED = "has failed"
    TIMED_OUT = "timed out"


@dataclass(frozen=True, slots=True)
class Over:
    """A workflow that runs no more, and what it left behind."""

    how: How
    result: Result | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """No workflow is known by the lead's id."""


Seen = Running | Over | Gone


class NotTaken(Exception):
    """Temporal is there, and does not take a start. Says why."""


class Temporal(Protocol):
    """What an auditor needs of Temporal. Everything raises while it is away."""

    async def look(self, lead_id: str) -> Seen:
        """See what there is of a lead."""

    async def strays(self, lead_ids: tuple[str, ...]) -> tuple[Suspect, ...]:
        """Name those of open leads that have no running workflow."""

    async def nudge(self, lead_id: str) -> None:
        """Have a lead look at the clock and write down where it stands."""

    async def begin(self, lead_id: str, raw: object, received_at: datetime) -> None:
        """Start a lead from what came in. Raises `NotTaken`."""

    async def resume(self, there: Stood) -> None:
        """Start a lead where it stood. Raises `NotTaken`."""


Judged = tuple[Found, str]
Clock = Callable[[], datetime]


class Healer:
    """Judges suspects one at a time."""

    def __init__(
        self,
        audits: Audits,
        leads: Leads,
        ownerships: Ownerships,
        inbox: Inbox,
        outbox: Outbox,
        temporal: Temporal,
        proof: timedelta = PROOF,
    ) -> None:
        self._audits, self._leads, self._ownerships = audits, leads, ownerships
        self._inbox, self._outbox, self._temporal, self._proof = inbox, outbox, temporal, proof

    async def look_at(self, lead_id: str, now: Clock) -> Judged:
        """Say what is the matter with a lead, after healing what can be.

        Raises while Temporal or the database is away.
        """
        kept = await self._audits.kept(lead_id)
        if kept.inbox is not None and kept.inbox.state is Intake.WAITING:
            return await self._have_it_started(lead_id, kept.inbox, now)
        judged: Judged = Found.FINE, "it has ended"
        if kept.row.closed_at is None if kept.row else kept.inbox is not None:
            judged = await self._mend(lead_id, kept, await self._temporal.look(lead_id), now)
        if judged[0] is Found.FINE and kept.errand and now() - kept.errand.created_at > STANDING:
            return await self._have_its_errand_run(lead_id, kept.errand, now)
        if judged[0] is Found.FINE and kept.unheard and now() - kept.unheard.send_at > UNHEARD:
            return Found.UNHEALED, f"{kept.unheard.person_id} was to be alerted, and nobody could do so: tell them"
        return judged

    async def _have_it_started(self, lead_id: str, row: Acknowledged, now: Clock) -> Judged:
        """Let the dispatcher have the row at once, whatever it waits for."""
        await self._inbox.give_back([row.id], at=now())
        after = await self._until(lead_id, lambda one: one.inbox is None or one.inbox.state is not Intake.WAITING)
        if after is not None:
            return Found.HEALED, "the dispatcher has started it now"
        tried = f"after {row.attempts} tries: {row.because}" if row.because else "by any dispatcher"
        return Found.UNHEALED, f"it is acknowledged, and was not started {tried}"

    async def _have_its_errand_run(self, lead_id: str, errand: Errand, now: Clock) -> Judged:
        await self._outbox.give_back([errand.id], at=now())
        if await self._until(lead_id, lambda one: one.errand is None or one.errand.id != errand.id):
            return Found.HEALED, f"the dispatcher has run its errand ({errand.what}) now"
        tried = f"after {errand.attempts} tries: {errand.because}" if errand.because else "by any dispatcher"
        return Found.UNHEALED, f"its errand ({errand.what}) was not run {tried}"

    async def _mend(self, lead_id: str, kept: Kept, seen: Seen, now: Clock) -> Judged:
        match seen:
            case Running():
                return await self._wake_up(lead_id, kept, seen, now)
            case Over(result=Result() as result) if result.stage in ENDED:
                return await self._write_down(lead_id, kept, result, now)
            case Over(how=How.CANCELLED):
                return await self._write_down(lead_id, kept, None, now)
            case Over():
                return await self._begin_again(lead_id, kept, f"its workflow {seen.how}", now)
            case Gone():
                return await self._begin_again(lead_id, kept, "its workflow is gone", now)

    async def _wake_up(self, lead_id: str, kept: Kept, seen: Running, now: Clock) -> Judged:
        """Nudge a workflow that overslept, or whose row lags behind."""
        if seen.status is None:
            return Found.UNHEALED, f"its workflow runs and says nothing: {seen.trouble}"
        ahead = _ahead(seen.status.due_at, now())
        if ahead and _goes_on(kept, now()):
            return Found.FINE, f"it goes on {_at(seen.status.due_at)}"
        if kept.row is not None:
            await self._temporal.nudge(lead_id)
            if after := await self._until(lead_id, lambda one: _goes_on(one, now())):
                how = "its row lagged behind" if ahead else "it had overslept"
                return Found.HEALED, f"{how}; nudged, it {_what_next(after)}"
        again = await self._temporal.look(lead_id)
        if isinstance(again, Running) and again.waits_for:
            return Found.UNHEALED, f"it {again.waits_for}"
        if isinstance(again, Running) and again.status and _ahead(again.status.due_at, now()):
            says = f"its workflow goes on {_at(again.status.due_at)}, and its row is not brought up to date"
            return Found.UNHEALED, says
        if isinstance(again, Running) and again.status and again.status.due_at is None:
            return Found.FINE, f"it is being worked on, in {again.status.stage}"
        return Found.UNHEALED, "it was nudged, and does not go on"

    async def _write_down(self, lead_id: str, kept: Kept, result: Result | None, now: Clock) -> Judged:
        """Bring the row to where the workflow ended."""
        stage = result.stage if result else Stage.CLOSED
        row, because = kept.row, result.because if result else "cancelled in Temporal"
        if row is None:
            return Found.UNHEALED, f"its workflow ended as {stage}, and no row of it was ever written"
        holder = await self._ownerships.open_owner(lead_id)
        holding = None
        if result and result.stage is Stage.CONTACTED and result.owner:
            same = holder is not None and holder.rep_id == result.owner
            offer = holder.offer if holder and same else result.offers
            times = {"accepted_at": result.accepted_at, "contacted_at": result.contacted_at}
            holding = Holding(rep_id=result.owner, offer=offer, **times)
        order = RecordLead(
            lead_id=lead_id,
            seq=row.seq + 1,
            at=now(),
            stage=stage,
            holding=holding,
            answerable=row.answerable,
            released_because=because,
            offer=max(row.offer, result.offers if result else 0),
            rung=row.rung,
            due_at=None,
            next_step=f"nothing: {because}",
            breached=result.breached if result else row.breached,
            closed=True,
        )
        await self._leads.record(order)
        return Found.HEALED, f"its workflow had ended as {stage}, and that is written down now"

    async def _begin_again(self, lead_id: str, kept: Kept, why: str, now: Clock) -> Judged:
        """Start it where it stood; one that never came as far as a record is started from what came in."""
        there = await self._audits.stood(lead_id, why)
        try:
            if there is not None:
                await self._temporal.resume(there)
            elif kept.raw is not None:
                since = kept.row.received_at if kept.row else kept.inbox.created_at if kept.inbox else now()
                await self._temporal.begin(lead_id, kept.raw, since)
            else:
                return Found.UNHEALED, f"{why}, and nothing readable is kept to begin it from"
        except NotTaken as error:
            return Found.UNHEALED, f"{why}, and Temporal does not take it again: {error}"
        was = _seq(kept)
        if after := await self._until(lead_id, lambda one: _goes_on(one, now()) and _seq(one) > was):
            return Found.HEALED, f"{why}; begun again, it {_what_next(after)}"
        match await self._temporal.look(lead_id):
            case Running(status=Status() as status, waits_for=""):
                return Found.HEALED, f"{why}; begun again, it runs, in {status.stage}"
            case Running() as seen:
                return Found.UNHEALED, f"{why}; begun again, it {seen.waits_for or f'says nothing: {seen.trouble}'}"
            case Over(result=Result() as result):
                return Found.HEALED, f"{why}; begun again, it ended as {result.stage}"
            case _:
                return Found.UNHEALED, f"{why}; it was begun again, and is gone again"

    async def _until(self, lead_id: str, so: Callable[[Kept], bool]) -> Kept | None:
        """Wait until what is kept of a lead is so; None when it does not become so in time."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._proof.total_seconds()
        while not so(kept := await self._audits.kept(lead_id)):
            if clock() > deadline:
                return None
            await asyncio.sleep(LOOK.total_seconds())
        return kept


def _ahead(due_at: datetime | None, now: datetime) -> bool:
    return due_at is not None and due_at > now


def _goes_on(kept: Kept, now: datetime) -> bool:
    """Say whether the database shows a lead that has ended or has a future due time."""
    return kept.row is not None and (kept.row.closed_at is not None or _ahead(kept.row.due_at, now))


def _what_next(kept: Kept) -> str:
    if kept.row is None or kept.row.closed_at is not None:
        return "has ended"
    return f"goes on {_at(kept.row.due_at)}, in {kept.row.stage}"


def _at(due_at: datetime | None) -> str:
    return f"at {due_at:%Y-%m-%d %H:%M:%S} UTC" if due_at else "soon"


def _seq(kept: Kept) -> int:
    return kept.row.seq if kept.row else -1

"""Proving that no lead is forgotten: suspects are named by the database and looked at in Temporal, one by one (R26).

What `activities.healing` could not heal is logged, kept, and told to a manager; a healthy audit gives a sign of life.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import contract
from activities.healing import Clock, Healer, Temporal
from activities.letter import Letter
from adapters.channels.base import Kind
from adapters.deadman import DeadMan
from db.audits import Audits
from db.rosters import Rosters
from models.audit import Audit, Finding, Found, Surveyed
from models.decisions import Delivery
from models.orders import CloseAudit, Examine, Survey
from models.roster import Person

log = structlog.stdlib.get_logger("baton.audit")

SAMPLE = 100
"""So many leads that plainly wait are looked for in Temporal by each audit, others each time."""

TRIES_TO_TELL = 5
"""How often a manager is told of what could not be healed, before the log has to do."""

NAMED = 10
"""So many leads a letter names."""


class Auditor(contract.Audits):
    """Looks for leads that are forgotten, and heals them."""

    def __init__(
        self,
        audits: Audits,
        healer: Healer,
        rosters: Rosters,
        temporal: Temporal,
        deadman: DeadMan,
        deliver: Callable[[Person, Letter], Awaitable[Delivery]],
    ) -> None:
        self._audits, self._healer, self._rosters = audits, healer, rosters
        self._temporal, self._deadman, self._deliver = temporal, deadman, deliver

    @activity.defn(name="survey")
    async def survey(self, order: Survey) -> Surveyed:
        """Name the open leads that look forgotten, and of those that do not, some whose workflow is gone."""
        at = activity.info().started_time
        surveyed = await self._audits.survey(at=at, limit=order.limit)
        if not surveyed.proved:
            return surveyed
        start = int(at.timestamp()) * 2_654_435_761 % surveyed.proved  # somewhere else each time
        sample = await self._audits.waiting(start, SAMPLE, at=at)
        sample += await self._audits.waiting(0, min(start, SAMPLE - len(sample)), at=at)
        named = {one.lead_id for one in surveyed.suspects}
        sample = tuple(one for one in sample if one not in named)
        strays = await self._temporal.strays(sample)
        return surveyed.model_copy(
            update={"proved": surveyed.proved - len(strays), "suspects": (*surveyed.suspects, *strays)}
        )

    @activity.defn(name="examine")
    async def examine(self, order: Examine) -> Finding:
        """Look at one suspect, and heal what can be healed. Raises while Temporal or the database is away."""
        found, because = await self._healer.look_at(order.lead_id, _clock())
        if found is Found.HEALED:
            log.warning("lead_healed", lead_id=order.lead_id, suspicion=order.suspicion, because=because)
        elif found is Found.UNHEALED:
            log.error("lead_not_healed", lead_id=order.lead_id, suspicion=order.suspicion, because=because)
        return Finding(lead_id=order.lead_id, suspicion=order.suspicion, found=found, because=because)

    @activity.defn(name="close_audit")
    async def close_audit(self, order: CloseAudit) -> Audit:
        """Write down what was found, give the sign of life, and tell a manager once a day of what is not healed."""
        audit = Audit(
            audit_id=order.audit_id,
            began_at=order.began_at,
            ended_at=order.at,
            open_leads=order.open_leads,
            suspects=order.suspects,
            healed=sum(one.found is Found.HEALED for one in order.found),
            unhealed=sum(one.found is Found.UNHEALED for one in order.found),
            found=order.found,
        )
        await self._audits.write(audit)
        if trouble := await self._deadman.sign(healthy=audit.healthy):
            log.warning("sign_of_life_not_given", because=trouble)
        await self._tell(audit)
        log.info(
            "audit_closed",
            healthy=audit.healthy,
            open_leads=audit.open_leads,
            suspects=audit.suspects,
            healed=audit.healed,
            unhealed=audit.unhealed,
        )
        return audit

    async def _tell(self, audit: Audit) -> None:
        """Tell the first manager of what is not healed, each lead once a day. Raises while that may yet work."""
        midnight = audit.ended_at.replace(hour=0, minute=0, second=0, microsecond=0)
        before = {_key(one): one for one in await self._audits.since(midnight) if one.audit_id != audit.audit_id}
        told = [before[key] for key in await self._audits.told(tuple(before))]
        known = {one.lead_id for earlier in told for one in earlier.found if one.found is Found.UNHEALED}
        new = [one for one in audit.found if one.found is Found.UNHEALED and one.lead_id not in known]
        roster = await self._rosters.load()
        if not new or roster is None or not roster.managers:
            return
        try:
            delivery = await self._deliver(roster.managers[0], _letter(audit, new))
        except ApplicationError as error:
            if activity.info().attempt < TRIES_TO_TELL:
                raise
            log.error("manager_not_told_of_audit", because=error.message)
        else:
            log.info("manager_told_of_audit", person_id=delivery.person_id, state=delivery.state, leads=len(new))


def _key(audit: Audit) -> str:
    return f"audit-{audit.audit_id}"


def _letter(audit: Audit, new: list[Finding]) -> Letter:
    lines = [f"{one.lead_id} {one.suspicion}: {one.because}" for one in new[:NAMED]]
    if len(new) > NAMED:
        lines.append(f"and {len(new) - NAMED} more")
    count = f"{len(new)} leads need" if len(new) > 1 else "1 lead needs"
    text = "\n".join((*lines, "", "Look: python starter.py status LEAD, python starter.py audit"))
    return Letter(
        lead_id=_key(audit),
        offer=0,
        rung=0,
        kind=Kind.ALERT,
        subject=f"The audit could not heal: {count} somebody to look",
        text=text,
    )


def _clock() -> Clock:
    """Tell the time from the start of this try on."""
    started, clock = activity.info().started_time, asyncio.get_running_loop().time
    began = clock()
    return lambda: started + timedelta(seconds=clock() - began)

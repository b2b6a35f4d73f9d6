"""The chore that tells the CRM of leads that changed: each as it is now, one at a time per lead, at least once.

Never on a lead's way: what fails waits. While the CRM is away nobody's try counts but that of the one that looks
whether it is back; what waits meanwhile is told in the order it began to wait. A lead that the CRM refuses is shown
with the reason, and told again once it changes, or by hand.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog

from adapters.crm.base import Crm, CrmAway, CrmRefused, LeadState, Taken
from adapters.crm.hubspot import HubSpot
from adapters.crm.salesforce import Salesforce
from config.crm_fields import read_crm_fields
from config.settings import Settings
from config.values import CrmName
from db.crm import Copy
from db.engine import DatabaseUnreachable
from models.crm import CrmField
from runtime import clock as wall
from runtime.crm_state import nothing_to_tell, state_of
from runtime.store import Store

log = structlog.stdlib.get_logger("baton.crm")

BATCH = 8
"""Leads that are told of at the same time."""

LEASE = timedelta(minutes=2)
"""How long one is somebody's to tell of."""

MARGIN = timedelta(seconds=20)
"""How long before its lease a telling ends, all its requests together."""

FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(minutes=5)
"""A CRM that is away is asked again after this, and after twice as long each further time, up to the longest."""

MISSET_RETRY = timedelta(minutes=1)
"""How soon one is asked again that somebody has to set right first."""


_WITHOUT = "told without "


class CrmTeller:
    """Tells one CRM."""

    name = "crm"

    def __init__(self, store: Store, crm: Crm, clock: Callable[[], datetime]) -> None:
        self._store, self._crm, self._clock = store, crm, clock
        self._quiet_until: datetime | None = None
        self._failures = 0

    async def once(self) -> bool:
        """Tell of what is due; tell whether there may be more. Raises `DatabaseUnreachable`."""
        now = self._clock()
        if self._quiet_until is not None and now < self._quiet_until:
            return False
        limit = 1 if self._failures else BATCH
        claimed = await self._store.crm_copies.claim(limit, now=now, lease=LEASE)
        outcomes = await asyncio.gather(*map(self._try, claimed), return_exceptions=True)
        trouble = [one for one in outcomes if isinstance(one, BaseException) and not isinstance(one, CrmAway)]
        if trouble:
            raise trouble[0]
        await self._look_after(claimed, [one for one in outcomes if isinstance(one, CrmAway)])
        return len(claimed) == limit and not self._failures

    async def _look_after(self, claimed: tuple[Copy, ...], away: list[CrmAway]) -> None:
        """Note whether the CRM is away, and for how long it is left alone."""
        if away:
            worst = max(away, key=lambda one: (one.misset, one.retry_after or timedelta(0)))
            doubled = FIRST_RETRY * (1 << min(self._failures, 10))
            wait = max(min(doubled, LONGEST_RETRY), MISSET_RETRY if worst.misset else timedelta(0))
            wait = max(wait, worst.retry_after or timedelta(0))
            if not self._failures:
                log.warning("crm_away", crm=self._crm.name, because=worst.detail, wait_s=wait.total_seconds())
            self._failures += 1
            self._quiet_until = self._clock() + wait
        elif claimed and self._failures:
            log.info("crm_back", crm=self._crm.name)
            self._failures, self._quiet_until = 0, None

    async def _try(self, copy: Copy) -> None:
        """Tell of one lead, and note what became of it. Raises `CrmAway`, once that is noted."""
        copies = self._store.crm_copies
        try:
            await self._tell(copy)
        except DatabaseUnreachable:
            raise
        except CrmRefused as refused:
            await self._noted(copy, await copies.refused(copy, refused.detail, at=self._clock()))
            log.warning("crm_refused", crm=self._crm.name, lead_id=copy.lead_id, because=refused.detail)
        except CrmAway as away:
            # It goes back to its place in the line, unless it was the one that looks whether the CRM is back: another
            # looks next, lest one lead that the CRM stumbles over holds up all the others.
            until = self._clock() + self._patience(copy) if self._failures else copy.due_at
            tried = bool(self._failures)
            await self._noted(copy, await copies.put_off(copy, away.detail, until=until, tried=tried))
            raise
        except Exception as error:  # whatever it is about this one, the others are not to blame
            because = type(error).__name__
            log.exception("crm_failed", lead_id=copy.lead_id, because=because)
            until = self._clock() + self._patience(copy)
            await self._noted(copy, await copies.put_off(copy, because, until=until))

    async def _noted(self, copy: Copy, ours: bool) -> None:
        """See to a lead that was told of when it was no longer ours to tell of: the CRM may have the older word."""
        if not ours:
            known = await self._store.crm_copies.overtaken(copy.lead_id, at=self._clock())
            log.warning("crm_late", crm=self._crm.name, lead_id=copy.lead_id, forgotten=not known)

    def _patience(self, copy: Copy) -> timedelta:
        return min(FIRST_RETRY * (1 << min(max(copy.attempts - 1, 0), 10)), LONGEST_RETRY)

    async def _tell(self, copy: Copy) -> None:
        copies = self._store.crm_copies
        seen = await copies.see(copy.lead_id)
        why = nothing_to_tell(seen, copy, one_per_person=self._crm.one_per_person)
        if seen is None or why is not None:
            await copies.nothing_to_tell(copy, why or "", at=self._clock())
            return
        state, missing = state_of(seen, copy, await self._store.rosters.load())
        if copy.digest == state.digest and not state.tasks:
            as_told = copy.because if copy.because.startswith(_WITHOUT) else ""
            await copies.nothing_to_tell(copy, as_told, at=self._clock())
            return
        keys = [task.key for task in state.tasks]
        ours = await copies.telling(copy, owner=state.owner, tasks=keys, at=self._clock())
        left = copy.next_at - MARGIN - self._clock()
        if not ours or left <= timedelta(0):
            return  # it took so long to get here that it is, or will soon be, somebody else's to tell of
        taken = await self._in_time(state, left)
        ours = await copies.told(
            copy,
            at=self._clock(),
            external_id=taken.external_id,
            tasks=_tasks(copy, state, taken),
            digest=state.digest,
            because=_without(missing + taken.left_out),
        )
        await self._noted(copy, ours)
        log.info("crm_told", crm=self._crm.name, lead_id=copy.lead_id, left_out=len(taken.left_out) + len(missing))

    async def _in_time(self, state: LeadState, left: timedelta) -> Taken:
        try:
            async with asyncio.timeout(left.total_seconds()):
                return await self._crm.tell(state)
        except TimeoutError:
            raise CrmAway("took too long to answer") from None


def _without(left_out: tuple[str, ...]) -> str:
    return _WITHOUT + ", ".join(sorted(set(left_out))) if left_out else ""


def _tasks(copy: Copy, state: LeadState, taken: Taken) -> Mapping[str, Any]:
    """Remember what the CRM knows of tasks; one that it would not take is told again with the lead's next change."""
    heard: dict[str, Any] = {task.key: {} for task in state.tasks}
    told = {
        task.key: {"id": taken.tasks[task.key], "shows": task.digest} for task in state.tasks if task.key in taken.tasks
    }
    return {**heard, **copy.tasks, **told}


def crm_of(settings: Settings) -> Crm | None:
    """Set up the CRM that the settings name; None where they name none. Raises `FileError` for its fields' file."""
    fields = read_crm_fields(settings.crm_fields).fields if settings.crm and settings.crm_fields else {}
    return _made(settings, fields)


def _made(settings: Settings, fields: Mapping[CrmField, str | None]) -> Crm | None:
    match settings.crm:
        case CrmName.HUBSPOT if settings.hubspot_token is not None:
            token = settings.hubspot_token.get_secret_value()
            return HubSpot(token, url=settings.hubspot_url, fields=fields, clock=wall.now)
        case CrmName.SALESFORCE if settings.salesforce_url and settings.salesforce_client_secret is not None:
            secret = settings.salesforce_client_secret.get_secret_value()
            client = settings.salesforce_client_id or ""
            return Salesforce(settings.salesforce_url, client, secret, fields=fields, clock=wall.now)
    return None


@asynccontextmanager
async def teller_of(settings: Settings, store: Store) -> AsyncIterator[CrmTeller | None]:
    """Set up who tells the CRM, and let its connections go at the end; None where there is no CRM."""
    crm = crm_of(settings)
    if crm is None:
        yield None
        return
    try:
        yield CrmTeller(store, crm, wall.now)
    finally:
        await crm.aclose()

"""The scripted team of `make demo`: what each of them does with an offer, said through the same door as everybody's.

They see what a rep sees (open offers in the database) and answer by updates through Temporal. The script fixes who
answers what and when; it refuses to touch a lead in any other way.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from temporalio.client import Client, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode

from db.engine import DatabaseUnreachable
from db.leads import Filters, LeadCard, Leads
from models.lead import ENDED, SETTLED, Stage
from models.messages import Verdict
from runtime.client import RPC_PATIENCE, is_away
from runtime.supervisor import Say
from workflows import names

LOOK = timedelta(milliseconds=150)
"""How often the team looks at its offers."""

AGAIN = timedelta(milliseconds=300)
"""After which an answer that got through to nobody is said again, under the same key."""

ATTEMPTS = 5
EVERY_LEAD = 1000


class Manner(StrEnum):
    """What somebody does with an offer."""

    ACCEPTS = "accepts"
    DECLINES = "declines"
    IS_SILENT = "is silent"
    IS_AWAY = "is away"


@dataclass(frozen=True)
class Part:
    """One person's part: what they do, how soon, and when they report the contact after they accepted.

    `lets_pass`: so many leads that come to them from somebody silent they do not answer either.
    """

    manner: Manner
    answers_after: timedelta = timedelta(seconds=0.4)
    contacts_after: timedelta = timedelta(seconds=1)
    lets_pass: int = 0
    reason: str = "on the road all day"


SCRIPT: Mapping[str, Part] = {
    "ada": Part(Manner.ACCEPTS),
    "cam": Part(Manner.ACCEPTS),
    "eli": Part(Manner.ACCEPTS),
    "sam": Part(Manner.IS_SILENT),
    "dee": Part(Manner.DECLINES),
    "ali": Part(Manner.IS_AWAY),
    "bea": Part(Manner.ACCEPTS, answers_after=timedelta(seconds=0.6), lets_pass=1),
    "ben": Part(Manner.ACCEPTS, answers_after=timedelta(seconds=0.6)),
}
"""The reps of `examples/demo-roster.yaml`. Bea lets one lead pass, so that one climbs to the manager and beyond."""

MANAGER = "mia"
"""She takes what reaches triage."""


def playing(manner: Manner) -> frozenset[str]:
    """Name who has this manner."""
    return frozenset(rep_id for rep_id, part in SCRIPT.items() if part.manner is manner)


class Team:
    """Everybody of the script, at work."""

    def __init__(self, leads: Leads, client: Client, say: Say) -> None:
        self._leads, self._client, self._say = leads, client, say
        self._seen: set[tuple[str, int, Stage]] = set()
        self._passed = dict.fromkeys(SCRIPT, 0)
        self._owners: dict[str, list[str]] = {}

    async def work(self) -> None:
        """Answer what is offered until cancelled. Raises what only a bug of Baton's raises."""
        async with asyncio.TaskGroup() as answers:
            while True:
                for card in sorted(await self._open_leads(), key=lambda card: card.lead_id):
                    self._note_owner(card)
                    if (act := self._act(card)) is not None:
                        answers.create_task(act)
                await asyncio.sleep(LOOK.total_seconds())

    async def _open_leads(self) -> tuple[LeadCard, ...]:
        try:
            return await self._leads.list(Filters(stages=tuple(set(Stage) - SETTLED)), limit=EVERY_LEAD)
        except DatabaseUnreachable as error:
            if not error.busy:
                raise
            return ()  # the next look comes at once

    def _note_owner(self, card: LeadCard) -> None:
        owners = self._owners.setdefault(card.lead_id, [])
        if card.owner and card.owner not in owners:
            owners.append(card.owner)

    def _comes_from_somebody_silent(self, card: LeadCard) -> bool:
        before = [owner for owner in self._owners[card.lead_id] if owner != card.owner]
        return bool(before) and before[-1] in playing(Manner.IS_SILENT)

    def _act(self, card: LeadCard) -> Coroutine[Any, Any, None] | None:
        """Say what somebody does about this lead now; each offer is answered once."""
        key = (card.lead_id, card.offer, card.stage)
        if key in self._seen or card.stage not in (Stage.OFFERED, Stage.TRIAGE):
            return None
        self._seen.add(key)
        if card.stage is Stage.TRIAGE:
            return self._take(card)
        part = SCRIPT.get(card.owner or "")
        if part is None or card.owner is None:
            return None
        if part.manner is Manner.DECLINES:
            return self._decline(card, card.owner, part)
        if part.manner is not Manner.ACCEPTS:
            return None
        if self._comes_from_somebody_silent(card) and self._passed[card.owner] < part.lets_pass:
            self._passed[card.owner] += 1
            self._say(f"{card.owner} lets {card.lead_id} pass")
            return None
        return self._accept(card, card.owner, part)

    async def _accept(self, card: LeadCard, rep_id: str, part: Part) -> None:
        await asyncio.sleep(part.answers_after.total_seconds())
        if await self._says(card, rep_id, "accept", {"rep_id": rep_id, "offer": card.offer}):
            await self._contact(card, rep_id, part.contacts_after)

    async def _decline(self, card: LeadCard, rep_id: str, part: Part) -> None:
        await asyncio.sleep(part.answers_after.total_seconds())
        message = {"rep_id": rep_id, "reason": part.reason, "offer": card.offer}
        await self._says(card, rep_id, "decline", message)

    async def _take(self, card: LeadCard) -> None:
        if await self._says(card, MANAGER, "take", {"by": MANAGER}):
            await self._contact(card, MANAGER, timedelta(seconds=1))

    async def _contact(self, card: LeadCard, rep_id: str, after: timedelta) -> None:
        await asyncio.sleep(after.total_seconds())
        await self._says(card, rep_id, "contacted", {"rep_id": rep_id, "channel": "phone"})

    async def _says(self, card: LeadCard, who: str, name: str, message: dict[str, Any]) -> bool:
        """Say it, as a person would: once more when it is refused although the list still shows it as theirs."""
        for attempt in range(1, ATTEMPTS + 1):
            verdict = await self._verdict(card, name, message, f"demo-{card.lead_id}-{card.offer}-{name}-{attempt}")
            if verdict is None or verdict.done:
                return verdict is not None
            now = await self._leads.get(card.lead_id)
            if now is None or now.owner != who or now.stage in ENDED:
                self._say(f"{who} was too late to {name} {card.lead_id}: {verdict.because}")
                return False
            await asyncio.sleep(AGAIN.total_seconds())
        self._say(f"{who} could not {name} {card.lead_id}, asked {ATTEMPTS} times")
        return False

    async def _verdict(self, card: LeadCard, name: str, message: dict[str, Any], key: str) -> Verdict | None:
        """Get the verdict, always under the same key while nobody answers; None when the lead is closed."""
        handle = self._client.get_workflow_handle(names.workflow_id(card.lead_id))
        said = {**message, "key": key}
        while True:
            try:
                verdict: Verdict = await handle.execute_update(
                    name, said, id=key, result_type=Verdict, rpc_timeout=RPC_PATIENCE
                )
            except WorkflowUpdateRPCTimeoutOrCancelledError:
                pass  # no worker answers just now
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND:
                    return None
                if not is_away(error):
                    raise
            else:
                return verdict
            await asyncio.sleep(AGAIN.total_seconds())

"""What tools say of leads by whatever they call them: what became of them, and who has them now.

It finds the lead, and leaves what follows to the database's rooms. It refuses to believe anybody: hooks and doors have
done that.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from db.holding import UnknownLead
from db.outcomes import Noted, NothingNew
from db.owner_changes import CannotOwn, Change, TooEarly
from db.recognising import Sought
from models.base import Problem, Refused, parse
from models.door import Ended, KnownToCrm, OwnerChanged, Reception
from models.outcome import Outcome
from runtime.intake.door import check_source, signs_of_whose
from runtime.intake.taking import mint_lead_id
from runtime.store import Store
from runtime.talking.answers import NoSuchLead
from runtime.talking.outcomes import NothingBecame, note, read_outcome

log = structlog.stdlib.get_logger("baton.hearsay")

IN_THE_CRM = "the owner was changed in the CRM"


class NobodyKnown(LookupError):
    """There is no lead like the one that something is said of."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What follows of what was said of a lead; without a status nothing does, and `because` says why."""

    lead_id: str
    status: Reception | None
    because: str = ""


class Hearsay:
    """Hears what tools say of leads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def find(self, whose: KnownToCrm, sources: Collection[str] = ()) -> str:
        """Name the lead that something is said of. Raises `NobodyKnown`, and `Refused` for an address that is none."""
        signs = signs_of_whose(whose)
        sought = Sought(whose.lead_id, whose.crm_id, signs, sources)
        found = await self._store.recognising.latest(sought)
        if found is None:
            raise NobodyKnown("no lead of that id, email or external id is known")
        return found

    async def note(self, said: Ended, *, key: str | None, sources: Collection[str], now: datetime) -> Noted:
        """Note what became of a lead, as somebody says it in so many words.

        Raises `NobodyKnown`, `NothingBecame`, `Refused`.
        """
        if said.source is not None:
            check_source(said.source, sources)
        lead_id = await self.find(said, sources)
        wanted = read_outcome(_outcome(said, key or mint_lead_id(), said.by, said.at), now)
        try:
            return await note(self._store, lead_id, wanted, now=now)
        except NoSuchLead:
            raise NobodyKnown("the lead was erased this very moment") from None

    async def ended(self, raw: Any, *, by: str, key: str, came: datetime, now: datetime) -> Heard:
        """Note what a tool says became of a lead, unless that is known, or older than what it said last.

        Left out, `at` is when it came; one ahead of that (the day on which a deal is to close) counts as then. Raises
        `NobodyKnown`, `Refused`.
        """
        said = parse(Ended, raw)
        lead_id = await self.find(said)
        at = min(said.at or came, came)
        outcome = parse(Outcome, _outcome(said, said.key or key, said.by or by, at))
        try:
            noted = await note(self._store, lead_id, outcome, now=now, news_only=True)
        except NothingNew as nothing:
            return Heard(lead_id, None, str(nothing))
        except NoSuchLead:
            raise NobodyKnown("the lead was erased this very moment") from None
        except NothingBecame as nothing:
            raise Refused((Problem(field="result", what=str(nothing)),)) from None
        log.info("outcome_heard", lead_id=lead_id, source=by, result=noted.result.value)
        return Heard(lead_id, Reception.REPEAT if noted.repeat else Reception.RECORDED)

    async def owner_changed(self, raw: Any, *, by: str, key: str, came: datetime, now: datetime) -> Heard:
        """Give a lead to whom a tool says that it was given there. Raises `NobodyKnown`, `Refused`."""
        said = parse(OwnerChanged, raw)
        lead_id = await self.find(said)
        change = Change(said.owner, said.crm_owner, said.by or by, IN_THE_CRM, min(said.at or came, came))
        try:
            followed = await self._store.owner_changes.follow(lead_id, change, key=said.key or key, now=now)
        except UnknownLead:
            raise Refused((Problem(field="owner", what="it is not started yet; replay this once it is"),)) from None
        except TooEarly as early:
            raise Refused((Problem(field="owner", what=f"{early}; replay this once somebody has it"),)) from None
        except CannotOwn as cannot:
            raise Refused((Problem(field=cannot.field, what=cannot.what),)) from None
        log.info("owner_change_heard", lead_id=lead_id, source=by, rep_id=followed.rep_id, moves=followed.moves)
        return Heard(lead_id, Reception.RECORDED if followed.moves else None, followed.because)


def _outcome(said: Ended, key: str, by: str | None, at: datetime | None) -> dict[str, Any]:
    words = said.model_dump(mode="json", include={"result", "value", "currency"})
    return {**words, "key": key, "by": by, "at": None if at is None else at.isoformat()}

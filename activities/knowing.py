"""Recognising a lead's company among the accounts, and saying which it might be (R44, R46).

Asked after enrichment and whenever what is known of the company changes. This room refuses to judge how alike two
names are (`policy/matching`) and what follows from it.
"""

from datetime import datetime
from typing import NamedTuple

from db.accounts import Accounts
from db.engine import Database
from db.possible import PossibleMatches
from models.account import AccountMatch, MatchState, PossibleMatch
from models.facts import LeadFacts
from policy.matching.cascade import match
from policy.matching.sought import Sought


class Recognised(NamedTuple):
    """What is known of a lead with its account, and which accounts it might be besides."""

    facts: LeadFacts
    possible: tuple[PossibleMatch, ...] = ()

    @property
    def told(self) -> str | None:
        """Name the account and by what it was recognised: "Acme GmbH (name, 100)"."""
        found = self.facts.account
        return None if found is None else f"{found.account.name} ({found.by.replace('_', ' ')}, {found.score:g})"


class Knowing:
    """Knows companies again."""

    def __init__(self, db: Database) -> None:
        self._accounts, self._possible = Accounts(db), PossibleMatches(db)

    async def recognise(self, facts: LeadFacts, *, at: datetime) -> LeadFacts:
        """Give what is known of a lead with the account that its company is now; what it might be is kept for a person.

        Raises `DatabaseUnreachable`.
        """
        return (await self.look(facts, at=at)).facts

    async def look(self, facts: LeadFacts, *, at: datetime) -> Recognised:
        """Recognise a lead's company, as `recognise`, and say which accounts it might be, too."""
        said = await self._possible.said(facts.lead_id)
        confirmed = [account_id for account_id, state in said.items() if state is MatchState.CONFIRMED]
        candidates = await self._accounts.find(Sought.of(facts), confirmed)
        found = match(Sought.of(facts), candidates, said)
        possible = () if isinstance(found, AccountMatch) else found
        if possible or MatchState.OPEN in said.values():
            await self._possible.keep(facts.lead_id, possible, at=at)
        if isinstance(found, AccountMatch):
            chain = await self._accounts.chain(found.account.id)
            account = found.model_copy(update={"accounts": chain or found.accounts})
            return Recognised(facts.model_copy(update={"account": account}))
        return Recognised(facts.model_copy(update={"account": None}), possible)

    async def again(self, facts: LeadFacts, *, at: datetime, tell: str | None = None) -> LeadFacts:
        """Recognise a lead's company once more, and keep it where that is another account now, or none.

        `tell`: have its workflow judge it anew, under this key.
        """
        known = await self.recognise(facts, at=at)
        if _which(known) != _which(facts):
            await self._possible.found(facts.lead_id, known.account, at=at, tell=tell)
            return known
        return await self.as_it_is_now(facts)

    async def as_it_is_now(self, facts: LeadFacts) -> LeadFacts:
        """Give what is known of a lead with its account as it is now: acquired, merged, looked after anew."""
        if facts.account is None:
            return facts
        chain = await self._accounts.chain(facts.account.account.id)
        if not chain or chain == facts.account.accounts:
            return facts
        return facts.model_copy(update={"account": facts.account.model_copy(update={"accounts": chain})})


def _which(facts: LeadFacts) -> tuple[str, str] | None:
    return (facts.account.account.id, facts.account.by) if facts.account else None

"""Possible matches: the accounts that a lead's company might be, until somebody says; then for good.

Which account a lead has is kept here, too, when it is found after the lead's enrichment: its workflow is told in the
same transaction, and judges anew.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import accounts, tables
from db.engine import Database
from db.known import keep_facts
from db.outbox import keep_saying
from models.account import AccountMatch, MatchedBy, MatchState, PossibleMatch
from models.base import Inside, Instant
from models.facts import LeadFacts
from models.lead import Stage
from models.messages import Event, HouseEvent
from policy.routing.accounts import domains_of


class PossibleCard(Inside):
    """One possible match as a list shows it: no personal data. `company` is what the lead calls it."""

    id: int
    lead_id: str
    company: str | None
    account_id: str
    account: str
    score: float
    because: str
    state: MatchState
    at: Instant
    decided_at: Instant | None
    decided_by: str | None


class AlreadySaid(Exception):
    """Somebody said otherwise of this match before. Carries it."""

    def __init__(self, card: PossibleCard) -> None:
        super().__init__(f"it is {card.state} already, by {card.decided_by}")
        self.card = card


class PossibleMatches:
    """Every account that some lead's company might be."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def said(self, lead_id: str) -> Mapping[str, MatchState]:
        """Give what stands of each account that a lead's company might be, by account id."""
        table = tables.PossibleMatchRow
        asked = select(table.account_id, table.state).where(table.lead_id == lead_id)
        async with self._db.reading() as session:
            rows = (await session.exec(asked)).all()
        return {account_id: MatchState(state) for account_id, state in rows}

    async def keep(self, lead_id: str, possible: Sequence[PossibleMatch], *, at: datetime) -> None:
        """Let these be the open ones of a lead; what was decided stays, and an erased lead gets none."""
        table = tables.PossibleMatchRow
        async with self._db.writing() as session:
            lead = await session.get(tables.Lead, lead_id, with_for_update=True)
            if lead is None or lead.stage is Stage.ERASED:
                return
            rows = {
                row.account_id: row for row in (await session.exec(select(table).where(table.lead_id == lead_id))).all()
            }
            wanted = {one.account_id: one for one in possible}
            for account_id, row in rows.items():
                if row.state is MatchState.OPEN and account_id not in wanted:
                    await session.delete(row)
            for account_id, one in wanted.items():
                if account_id in rows:
                    if rows[account_id].state is MatchState.OPEN:
                        rows[account_id].score, rows[account_id].because = one.score, one.because
                else:
                    row = table(lead_id=lead_id, account_id=account_id, score=one.score, because=one.because, at=at)
                    session.add(row)

    async def get(self, match_id: int) -> PossibleCard | None:
        """Give one of them."""
        async with self._db.reading() as session:
            row = await session.get(tables.PossibleMatchRow, match_id)
            return None if row is None else await _card(session, row)

    async def list(
        self, state: MatchState | None = MatchState.OPEN, *, limit: int = 50, after: int | None = None
    ) -> tuple[PossibleCard, ...]:
        """List them in the order in which they came."""
        table = tables.PossibleMatchRow
        asked = select(table).order_by(col(table.id)).limit(limit)
        if state is not None:
            asked = asked.where(table.state == state)
        if after is not None:
            asked = asked.where(col(table.id) > after)
        async with self._db.reading() as session:
            return tuple([await _card(session, row) for row in (await session.exec(asked)).all()])

    async def decide(self, match_id: int, state: MatchState, *, by: str, at: datetime) -> PossibleCard | None:
        """Take a person's word; a confirmed one teaches the account the company's domain and name. None: there is none.

        The lead's other possible matches are closed with it. The same once more changes nothing. Raises `AlreadySaid`.
        """
        async with self._db.writing() as session:
            await self._db.lock(session, accounts.LOCK)
            row = await session.get(tables.PossibleMatchRow, match_id, with_for_update=True)
            if row is None:
                return None
            if row.state is not MatchState.OPEN:
                if row.state is state:
                    return await _card(session, row)
                raise AlreadySaid(await _card(session, row))
            row.state, row.decided_at, row.decided_by = state, at, by
            if state is MatchState.CONFIRMED:
                await self._confirmed(session, row, by, at)
            return await _card(session, row)

    async def other_leads(self, account_id: str, *, limit: int = 50) -> tuple[str, ...]:
        """Name the leads whose company might be an account, the oldest first."""
        table = tables.PossibleMatchRow
        asked = select(table.lead_id).where(table.account_id == account_id, table.state == MatchState.OPEN)
        async with self._db.reading() as session:
            return tuple((await session.exec(asked.order_by(col(table.id)).limit(limit))).all())

    async def found(self, lead_id: str, account: AccountMatch | None, *, at: datetime, tell: str | None) -> bool:
        """Keep which account a lead has now; `tell` has its workflow judge it anew, under this key. False: as it was.

        Nothing is kept of an erased lead.
        """
        async with self._db.writing() as session:
            lead = await session.get(tables.Lead, lead_id, with_for_update=True)
            return lead is not None and await _keep_account(session, lead, account, at, tell)

    async def _confirmed(self, session: AsyncSession, row: tables.PossibleMatchRow, by: str, at: datetime) -> None:
        table = tables.PossibleMatchRow
        others = select(table).where(table.lead_id == row.lead_id, table.state == MatchState.OPEN)
        for other in (await session.exec(others)).all():
            if other.id != row.id:
                await session.delete(other)
        lead = await session.get(tables.Lead, row.lead_id)
        if lead is None or lead.facts is None:
            return
        facts = LeadFacts.model_validate(lead.facts)
        domains = domains_of(facts)
        domain, name = (domains[-1] if domains else None), facts.company.name
        await accounts.learn(self._db, session, row.account_id, domain=domain, name=name, by=by, at=at)
        if chain := await accounts.chain(session, row.account_id):
            found = AccountMatch(by=MatchedBy.HAND, score=100, because="a person said so", accounts=chain)
            await _keep_account(session, lead, found, at, f"account-{row.id}")


async def _keep_account(
    session: AsyncSession, lead: tables.Lead, account: AccountMatch | None, at: datetime, tell: str | None
) -> bool:
    if lead.facts is None or lead.stage is Stage.ERASED:
        return False
    facts = LeadFacts.model_validate(lead.facts)
    if facts.account == account:
        return False
    keep_facts(lead, facts.model_copy(update={"account": account}), at)
    if tell is not None:
        said = {"fields": ["account"], "provider": "accounts"}
        event = Event(kind=HouseEvent.ENRICHED, at=at, properties=said, key=tell)
        await keep_saying(session, lead.lead_id, "event", event.model_dump(mode="json"), at=at)
    return True


async def _card(session: AsyncSession, row: tables.PossibleMatchRow) -> PossibleCard:
    lead = await session.get(tables.Lead, row.lead_id)
    account = await session.get(tables.AccountRow, row.account_id)
    company = LeadFacts.model_validate(lead.facts).company.name if lead and lead.facts else None
    own = {name: getattr(row, name) for name in PossibleCard.model_fields if name not in ("company", "account")}
    return PossibleCard(**own, company=company, account=account.name if account else row.account_id)

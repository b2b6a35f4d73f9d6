"""Who has which lead: given to exactly one person in one transaction, keyed by (lead, offer).

The choice itself is a pure function that is handed in: it sees a `Snapshot` that nobody else can change meanwhile,
and answers with a `Choice`, which is written down in the same transaction. So a retry finds what was chosen, two
workers never spend the same place twice, and the ledger counts each turn once.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables, waiting
from db.choosing import Choice, Give, Hold, Leave, Snapshot
from db.crm_wanting import tell_crm
from db.decisions import write_decision
from db.engine import Database
from db.follow_up import follow_up
from db.forgiving import misses_of
from db.holding import Hands, Holder, holder_of, lead_for_change, open_ownership
from db.ledger import ROTATION, Booked, Ledger, balances, booked
from db.outcomes import records
from db.refreshing import refresh
from db.refunds import give_back, refundable
from db.rosters import KnownRoster, read_roster
from db.switching import stopped
from db.tables.words import DecisionKind, End, Holds
from db.ties import recent_of, ties_of
from models.decisions import Assignment, Held, Nobody, Offered
from models.lead import ENDED, Stage
from models.orders import AssignLead
from models.routing import AsideRule, Refundable
from policy.routing.situation import Record, Situation

__all__ = ["AlreadyTaken", "Choice", "Give", "Hold", "LeadOver", "Leave", "NoRoster", "Ownerships", "Snapshot"]

_ASSIGNMENT: TypeAdapter[Assignment] = TypeAdapter(Assignment)
_NOT_TAKEN = (End.DECLINED, End.EXPIRED)


class NoRoster(LookupError):
    """No roster was ever saved, so there is nobody to choose from."""


@dataclass(frozen=True, slots=True)
class AlreadyTaken:
    """Refused: somebody accepted the lead after this was ordered."""

    rep_id: str
    offer: int
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class LeadOver:
    """Refused: the lead has left sales' hands for good."""

    stage: Stage


class Ownerships:
    """Who has which lead, and how it came to them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._roster: KnownRoster | None = None

    async def assign(
        self,
        order: AssignLead,
        decide: Callable[[Snapshot], Choice],
        *,
        at: datetime,
        ordered_at: datetime,
        companies: Collection[str] = (),
        aside: AsideRule | None = None,
    ) -> Assignment | AlreadyTaken | LeadOver:
        """Give the lead to whom `decide` chooses; an offer that was made already is answered as it was made.

        `at` judges eligibility; `ordered_at` is when the workflow wanted this: a machine's order is refused when
        somebody accepted since. `companies` are the domains whose leads may make this one somebody's; `aside` is the
        rule by which offers that ran out count. An ended lead is given to nobody, by an old offer neither. Raises
        `UnknownLead`, `NoRoster`, and whatever `decide` raises, with nothing changed.
        """
        async with self._db.writing() as session:
            await self._db.lock(session, ROTATION)
            lead = await lead_for_change(session, order.lead_id)
            hands = Hands(self._db, session, lead, at)
            if lead.stage in ENDED:  # before the offer of old: whoever asks again would hold an ended lead
                return LeadOver(lead.stage)
            if known := await hands.of(order.offer):
                return _as_it_was(known)
            present = await hands.open()
            if present and order.by is None and present.accepted_at and present.accepted_at >= ordered_at:
                return AlreadyTaken(present.rep_id, present.offer, present.accepted_at)
            choice = decide(await self._snapshot(session, lead, present, at, companies, aside))
            await self._carry_out(hands, order, choice, present, ordered_at)
            await follow_up(hands)
            await write_decision(
                self._db,
                session,
                lead_id=order.lead_id,
                offer=order.offer,
                kind=DecisionKind.ASSIGN,
                policy=order.policy,
                at=at,
                body=choice.assignment.model_dump(mode="json"),
            )
            await hands.wake_the_waiting("a place came free")
            await refresh(session, lead, at)
            await tell_crm(self._db, session, lead.lead_id, at)
            return choice.assignment

    async def still_stands(self, lead_id: str, offer: int) -> bool:
        """Say whether this offer is the one by which somebody holds the lead."""
        holder = await self.open_owner(lead_id)
        return holder is not None and holder.offer == offer

    async def open_owner(self, lead_id: str) -> Holder | None:
        """Give who holds the lead."""
        async with self._db.reading() as session:
            return holder_of(await open_ownership(session, lead_id))

    async def loads(self) -> dict[str, int]:
        """Count what each person has to answer or to contact."""
        async with self._db.reading() as session:
            return await waiting.loads(session)

    async def booked(self, pool: str | None = None, rep_id: str | None = None, *, limit: int) -> tuple[Booked, ...]:
        """List the ledger's lines, newest first: every credit and debit there ever was, of a pool, a rep, or all."""
        async with self._db.reading() as session:
            return await booked(session, pool, rep_id, limit=limit)

    async def balances(self) -> dict[str, dict[str, int]]:
        """Give every balance, by pool and rep."""
        async with self._db.reading() as session:
            return await balances(session)

    async def records(self) -> dict[tuple[str, str | None], Record]:
        """Sum up how each rep's leads ended, as `db.outcomes.records`."""
        async with self._db.reading() as session:
            return await records(session)

    async def _snapshot(
        self,
        session: AsyncSession,
        lead: tables.Lead,
        present: tables.Ownership | None,
        at: datetime,
        companies: Collection[str],
        aside: AsideRule | None,
    ) -> Snapshot:
        self._roster = await read_roster(session, self._roster)
        if self._roster is None:
            raise NoRoster("no roster was ever saved")
        roster = self._roster.roster
        return Snapshot(
            situation=Situation(
                at=at,
                roster=roster,
                loads=await waiting.loads(session),
                balances=await balances(session),
                recent=await recent_of(session, roster, at),
                ties=await ties_of(session, lead, companies),
                misses=await misses_of(session, roster, aside, at) if aside else {},
            ),
            holder=holder_of(present),
            ahead=await waiting.ahead_of(session, lead, at),
            stopped=await stopped(session),
        )

    async def _carry_out(
        self,
        hands: Hands,
        order: AssignLead,
        choice: Choice,
        present: tables.Ownership | None,
        ordered_at: datetime,
    ) -> None:
        lead, session = hands.lead, hands.session
        match choice:
            case Give():
                await _take_over(hands, order, choice, present)
                await _open(hands, order, choice, ordered_at)
                await waiting.drop(session, lead.lead_id)
            case Hold():
                if present and choice.ends:
                    await hands.end(present, choice.ends, order.cause)
                    lead.owner = None
                until = choice.assignment.until
                _promise(lead, choice.assignment)
                await waiting.hold(self._db, session, lead, choice.pool, choice.levels, until, hands.at, choice.rep_id)
            case Leave(assignment=Nobody() as nobody):
                _promise(lead, nobody)
                await waiting.drop(session, lead.lead_id)
            case Leave():
                pass


def _as_it_was(known: tables.Ownership) -> Assignment | AlreadyTaken:
    if known.assignment is None:  # a workflow recorded the offer; we never made it
        return AlreadyTaken(known.rep_id, known.offer, known.accepted_at or known.offered_at)
    return _ASSIGNMENT.validate_python(known.assignment)


async def _take_over(hands: Hands, order: AssignLead, choice: Give, present: tables.Ownership | None) -> None:
    """End the offer before this one; also one that ended by itself may have been for a backup to cover."""
    if present:
        covered = (Refundable.COVERED,) if choice.covers and choice.ends in _NOT_TAKEN else ()
        await hands.end(present, choice.ends, order.cause, [*refundable(choice.ends), *covered])
    elif choice.covers and (last := await hands.last()) and last.ended in _NOT_TAKEN:
        because = f"{choice.assignment.rep_id} covers {last.rep_id}"
        await give_back(hands.db, hands.session, last, [Refundable.COVERED], because, hands.at)


async def _open(hands: Hands, order: AssignLead, choice: Give, ordered_at: datetime) -> None:
    offered, lead, at = choice.assignment, hands.lead, hands.at
    if offered.offer != order.offer:
        raise ValueError(f"offer {order.offer} was ordered, and offer {offered.offer} chosen")
    if choice.moves and offered.pool is None:
        raise ValueError("a turn belongs to a pool")
    row = tables.Ownership(
        lead_id=order.lead_id,
        offer=order.offer,
        rep_id=offered.rep_id,
        pool=offered.pool,
        state=Holds.ACCEPTED if offered.accepted else Holds.OFFERED,
        ordered_at=ordered_at,
        offered_at=at,
        accepted_at=at if offered.accepted else None,
        because=order.cause,
        by=order.by,
        refund_on=sorted(choice.refund_on),
        refund_limit=choice.refund_limit.model_dump(mode="json") if choice.refund_limit else None,
        assignment=offered.model_dump(mode="json"),
    )
    hands.session.add(row)
    await hands.session.flush()
    if offered.pool is not None:
        ledger = Ledger(hands.db, hands.session, order.lead_id, order.offer)
        await ledger.turn(offered.pool, choice.moves, choice.turn_because, at)
    lead.owner, lead.team, lead.offer, lead.changed_at = offered.rep_id, offered.team, order.offer, at
    lead.first_offered_at = lead.first_offered_at or at
    _promise(lead, offered)


def _promise(lead: tables.Lead, answer: Offered | Held | Nobody) -> None:
    """Keep what is promised for a lead; it is promised once, as the first answer has it, whoever gets the lead."""
    lead.response_due_at = lead.response_due_at or answer.response_due_at

"""A rep reads their share, line by line, and why a colleague got more: right to the unit, on either database."""

import csv
import io
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel.ext.asyncio.session import AsyncSession

from api.console.mine_share import HUNDREDTH, rounded, standing
from db import tables
from db.desk import Desks, InHand
from db.engine import Database
from db.ledger import Line, post
from db.shares import NOT_ASKED, Shares
from db.tables.words import Holds, Posting
from models.access import Role
from models.lead import Stage
from policy.fairness import UNIT, turn
from policy.shares import Why, compare
from runtime import clock
from tests.api.house import Doors
from tests.console.desks import offer
from tests.console.house import visiting


class Turns:
    """Turns of a pool, posted as assignments post them, and counted by hand."""

    def __init__(self, db: Database, pool: str = "demo") -> None:
        self.db, self.pool, self.count = db, pool, 0
        self.balances: dict[str, int] = {}
        self.offered: dict[str, int] = {}

    async def take(
        self,
        weights: Mapping[str, int],
        at: datetime,
        *,
        past: str | None = None,
        away: Mapping[str, str] | None = None,
    ) -> tuple[str, str]:
        """Offer one lead by turns, or past them to somebody; give its id and who got it."""
        self.count += 1
        lead_id = f"{self.pool}-{self.count}"
        found = None if past else turn(self.balances, weights)
        chosen = past or (found.chosen if found else "")
        self.offered[chosen] = self.offered.get(chosen, 0) + 1
        candidates = [{"rep_id": rep, "excluded": why} for rep, why in (away or {}).items()]
        trace = {"at": at.isoformat(), "policy": "p", "pool": self.pool, "tier": None, "candidates": candidates}
        made = {
            "offer": 1, "rep_id": chosen, "rep_name": chosen, "team": "demo", "region": None, "manager_id": None,
            "sla": "slow", "sentence": "your turn", "at": at.isoformat(), "trace": trace,
            "plan": {"made_at": at.isoformat(), "cause": "offer", "rungs": []},
        }  # fmt: skip
        async with self.db.writing() as session:
            lead = tables.Lead(
                lead_id=lead_id, headline=f"demo request {self.count}", source="web", type="demo_request",
                policy="p", stage=Stage.OFFERED, owner=chosen, received_at=at, changed_at=at,
            )  # fmt: skip
            session.add(lead)
            await session.flush()
            session.add(
                tables.Ownership(
                    lead_id=lead_id,
                    offer=1,
                    rep_id=chosen,
                    pool=self.pool,
                    state=Holds.OFFERED,
                    ordered_at=at,
                    offered_at=at,
                    refund_on=[],
                    assignment=made,
                    by="mia" if past else None,
                )
            )
            await session.flush()
            if found is not None:
                await self._post(session, found.moves, Posting.TURN, lead_id, at)
        return lead_id, chosen

    async def give_back(self, lead_id: str, moves: Mapping[str, int], at: datetime) -> None:
        """Give a turn back."""
        async with self.db.writing() as session:
            await self._post(session, {rep: -units for rep, units in moves.items()}, Posting.REFUND, lead_id, at)

    async def _post(
        self, session: AsyncSession, moves: Mapping[str, int], posting: Posting, lead_id: str, at: datetime
    ) -> None:
        lines = [Line(self.pool, rep, units, f"because of {posting}", lead_id, 1) for rep, units in moves.items()]
        await post(self.db, session, lines, posting, at)
        for rep, units in moves.items():
            self.balances[rep] = self.balances.get(rep, 0) + units


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def db(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A fresh database of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'shares.db'}"
    else:
        url = request.getfixturevalue("new_postgres_database")()
    database = Database(url)
    await database.migrate()
    yield database
    await database.dispose()


async def test_the_postings_explain_the_difference_on_either_database(db: Database) -> None:
    """Turns, a refund, a lead by hand, a colleague away, and lines from before the while: nothing is left over."""
    turns, now = Turns(db), datetime(2026, 3, 2, 9, tzinfo=UTC)
    both, long_ago = {"ana": 1, "ben": 2}, now - timedelta(days=60)
    for _ in range(2):
        await turns.take(both, long_ago)
    before = dict(turns.balances)
    turns.offered.clear()
    for _ in range(4):
        await turns.take(both, now)
    for _ in range(3):
        await turns.take({"ben": 2, "cam": 1}, now, away={"ana": "off hours until Mon 09:00"})
    await turns.take({}, now, past="ben")
    got = {rep: turns.offered.get(rep, 0) for rep in ("ana", "ben")}
    books, past = await Shares(db).books("demo", ("ana", "ben"), now - timedelta(days=30))
    found = compare(books["ana"], books["ben"])
    assert {rep: book.offered for rep, book in books.items()} == got
    assert {rep: book.before for rep, book in books.items()} == {rep: before[rep] for rep in books}
    assert {rep: book.now for rep, book in books.items()} == {rep: turns.balances[rep] for rep in books}
    assert sum(part.units for part in found.parts) == UNIT * (got["ben"] - got["ana"])
    assert (past["ben"].offers, past["ben"].by_hand, past["ana"].offers) == (1, 1, 0)
    missed = [line.offer for line in books["ben"].lines if line.offer in found.without]
    against = await Shares(db).against("ana", missed)
    assert list(against.values()) == ["off hours until Mon 09:00"] * 3
    assert set((await Shares(db).against("dee", missed)).values()) == {NOT_ASKED}


async def test_a_turn_given_back_counts_no_more_and_is_told(db: Database) -> None:
    """Its refund is a line of everybody who took part, and only its owner's lead comes back."""
    turns, now = Turns(db), datetime(2026, 3, 2, 9, tzinfo=UTC)
    first = turn({}, {"ana": 1, "ben": 1})
    lead_id, chosen = await turns.take({"ana": 1, "ben": 1}, now)
    await turns.give_back(lead_id, first.moves, now)
    books, _ = await Shares(db).books("demo", ("ana", "ben"), now - timedelta(days=1))
    assert (books[chosen].turns, books[chosen].given_back, books[chosen].counted) == (1, 1, 0)
    assert {book.now for book in books.values()} == {0}
    found = compare(books["ben"], books["ana"])
    back = next(part.units for part in found.parts if part.why is Why.GIVEN_BACK)
    assert back == (UNIT if chosen == "ana" else -UNIT)
    entries = await Shares(db).entries("demo", "ana", limit=10)
    assert [entry.posting for entry in entries] == [Posting.REFUND, Posting.TURN]
    assert await Shares(db).sizes(entries) == {(lead_id, 1): 2}
    page = await Shares(db).entries("demo", "ana", limit=10, after=entries[0].id)
    assert page == entries[1:]


async def test_a_desk_is_read_on_either_database(db: Database) -> None:
    """What is due first stands first; offers, taken, in contact, over and waiting leads are told apart."""
    now, desks = clock.now(), Desks(db)
    await offer(db, "later", "ana", due_in=timedelta(hours=2))
    await offer(db, "never", "ana")
    await offer(db, "sooner", "ana", accepted_at=now, due_in=timedelta(hours=1), breached=True)
    await offer(db, "met", "ana", accepted_at=now, contacted_at=now)
    await offer(db, "over", "ana", ended="declined")
    await offer(db, "triaged", None, stage=Stage.TRIAGE, answerable="mia")
    assert [one.lead_id for one in await desks.in_hand("ana", most=9)] == ["sooner", "later", "never"]
    assert [one.lead_id for one in await desks.in_contact("ana", most=9)] == ["met"]
    assert [one.lead_id for one in await desks.had("ana", now - timedelta(days=1), most=9)] == ["over"]
    assert [one.lead_id for one in await desks.waiting_for("mia", most=9)] == ["triaged"]
    assert await desks.hands(["ana", "ben"]) == {"ana": InHand(2, 1, 1)}
    assert (await desks.was_asked("ana", "over"), await desks.was_asked("ben", "over")) == (True, False)
    assert len(await desks.answered("ana", now - timedelta(days=1), most=9)) == 5
    assert await desks.away("ana") == ()


async def test_a_rep_reads_why_a_colleague_got_two_more(doors: Doors) -> None:
    """The page says it in one sentence, reason by reason, and every line is there, also as a file."""
    turns, now = Turns(doors.store.database), clock.now() - timedelta(hours=1)
    for _ in range(2):
        await turns.take({"ana": 1, "ben": 1}, now)
    await turns.take({"ben": 1}, now, away={"ana": "on leave until 9 Mar"})
    await turns.take({}, now, past="ben")
    assert turns.offered == {"ana": 1, "ben": 3}
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        page = (await ana.get("/mine/ledger?with=ben")).text
        file = await ana.get("/mine/ledger.csv?pool=demo")
        other = await ana.get("/mine/ledger?of=ben")
        unknown = await ana.get("/mine/ledger?pool=nowhere")
    assert "Ben Bach was offered 2 leads more than you in the last 30 days: 3 against 1." in page
    assert "What was against you: on leave (1)." in page
    assert "By hand: 0 to you, 1 to Ben Bach." in page
    assert "<b>+2.00</b>" in page
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert sorted(int(row["units"]) for row in rows) == [-UNIT // 2, UNIT // 2]
    assert (other.status_code, unknown.status_code) == (403, 404)
    async with visiting(doors, Role.MANAGER, person_id="mia") as mia:
        theirs = (await mia.get("/mine/ledger?of=ana&with=ben")).text
    assert "Ben Bach was offered 2 leads more than Ana Abel" in theirs


@given(st.lists(st.integers(-5 * UNIT, 5 * UNIT), max_size=8))
def test_rounded_amounts_add_up(units: list[int]) -> None:
    """Hundredths add up to the rounded sum, and none is further than one hundredth from what it stands for."""
    shown = rounded(units)
    assert sum(shown) == round(sum(units) / HUNDREDTH)
    assert all(abs(one * HUNDREDTH - exact) <= 2 * HUNDREDTH for one, exact in zip(shown, units, strict=True))


@pytest.mark.parametrize(
    ("units", "words"), [(0, "even"), (UNIT // 2, "0.50 behind"), (-UNIT, "1.00 ahead"), (UNIT // 1000, "even")]
)
def test_a_balance_in_words(units: int, words: str) -> None:
    """Behind: leads are owed to them. Ahead: they have had more than their share."""
    assert standing(units) == words

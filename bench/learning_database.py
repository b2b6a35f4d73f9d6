"""Made leads in a real database, with what they did and what became of them: what learning costs from end to end."""

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import insert
from sqlmodel import delete

from bench import scene
from bench.learning_leads import MadeLead
from db import tables
from db.engine import Database
from db.evidence import Evidence
from models.outcome import OutcomeResult
from runtime.learning.training import examples, pointed, split, train

_PIECE = 2000
_EXAMINED = 0.25


class Shelf:
    """A database with leads whose outcome is known, of which nothing is learned yet."""

    def __init__(self, database: Database, number: int) -> None:
        self.database, self.number = database, number

    async def train(self) -> None:
        """Do what `score train` does: read, split by time, add up the points of the later ones, fit and examine."""
        compiled = scene.policy()
        parts = split(await examples(self.database), _EXAMINED)
        leads = await pointed(self.database, compiled, parts)
        await train("logistic", "bench", leads, at=scene.NOON, policy=compiled)

    async def gather(self) -> None:
        """Count all outcomes, as if there had been no evidence before."""
        async with self.database.writing() as session:
            await session.exec(delete(tables.Evidence))
            await session.exec(delete(tables.EvidenceLead))
        if await Evidence(self.database).gather() != self.number:
            raise RuntimeError("not every outcome was counted")


@asynccontextmanager
async def shelved(leads: Sequence[MadeLead]) -> AsyncIterator[Shelf]:
    """Put leads into a database of their own; leaving it throws that away."""
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'learning.db'}")
        await database.migrate()
        for start in range(0, len(leads), _PIECE):
            await put(database, leads[start : start + _PIECE])
        yield Shelf(database, len(leads))
        await database.dispose()


async def put(database: Database, leads: Sequence[MadeLead]) -> None:
    """Put leads in with what they did and what became of them, and nothing learned of it."""
    outcomes = [
        {
            "lead_id": one.facts.lead_id,
            "key": "bench",
            "result": OutcomeResult.WON if one.converted else OutcomeResult.LOST,
            "at": one.at,
            "recorded_at": one.at,
        }
        for one in leads
    ]
    touches = [
        {"lead_id": one.facts.lead_id, "n": n, "kind": touch.kind, "at": touch.at, "properties": touch.properties}
        for one in leads
        for n, touch in enumerate(one.touches)
    ]
    async with database.writing() as session:
        connection = await session.connection()
        await connection.execute(insert(tables.Lead), [_row(one) for one in leads])
        await connection.execute(insert(tables.Touched), touches)
        await connection.execute(insert(tables.Outcome), outcomes)


def _row(one: MadeLead) -> dict[str, object]:
    facts = one.facts
    lead = tables.Lead(
        lead_id=facts.lead_id,
        headline="made",
        source=facts.source,
        type=facts.type,
        policy="bench",
        received_at=facts.received_at,
        changed_at=facts.received_at,
        first_offered_at=one.at,
        facts=facts.model_dump(mode="json"),
    )
    return lead.model_dump()

"""The bounds that a lead was let in with, on both databases."""

from dataclasses import replace
from datetime import timedelta

from db.engine import Database
from db.leads import Leads
from db.manners import manners_of
from models.decisions import Admitted, Manners
from tests.db.samples import newcomer


async def test_the_bounds_are_those_it_was_let_in_with(db: Database) -> None:
    """As they were pinned; the usual ones where nobody knows the lead."""
    bounds = Manners(undo_within=timedelta(minutes=7), snooze_at_most=timedelta(hours=2))
    known = newcomer("pinned")
    assert isinstance(known.answer, Admitted)
    await Leads(db).admit(replace(known, answer=known.answer.model_copy(update={"manners": bounds})))
    assert bounds == await manners_of(db, "pinned")
    assert Manners() == await manners_of(db, "nobody")

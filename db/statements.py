"""The few statements that the two databases say differently."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy.dialects import postgresql, sqlite

from db.engine import Database
from db.tables import Table

T = TypeVar("T")

CHUNK = 500
"""Rows in one statement: SQLite takes 32,766 values at most."""


def insert_into(db: Database, table: type[Table], values: Any) -> sqlite.Insert | postgresql.Insert:
    """Begin an INSERT that can say what to do on a conflict."""
    return (sqlite.insert if db.is_sqlite else postgresql.insert)(table).values(values)


def chunks(rows: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Cut rows into pieces that fit one statement each, or of another size."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]

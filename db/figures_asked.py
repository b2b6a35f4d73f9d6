"""How figures are asked for: the leads that filters let through, and the columns that questions share.

This room refuses to know what a figure means.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, false, func, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.measures import COLUMNS
from models.figures import UNKNOWN, Dimension, Filters

LEAD, OFFER = tables.LeadMeasure, tables.OfferMeasure
PROMISED = col(LEAD.target_s).is_not(None)
OFFERED = col(LEAD.offers) > 0


def within(filters: Filters, table: Any = LEAD, rep: Any = None) -> list[ColumnElement[bool]]:
    """Say which rows of a table of measures are let through; `rep` is the column that says whose they are."""
    asked = [col(table.day) >= filters.since, col(table.day) <= filters.until]
    if not filters.backfill:
        asked.append(col(table.backfill).is_(False))
    for dimension in Dimension:
        if values := filters.of(dimension):
            own = rep is not None and dimension is Dimension.REP
            asked.append(_any_of(rep if own else column(dimension, table), dimension, values))
    return asked


async def grouped(
    session: AsyncSession, by: Sequence[Any], numbers: Sequence[Any], conditions: Sequence[ColumnElement[bool]]
) -> Sequence[Any]:
    """Ask for numbers of each group of rows; without groups, of all of them."""
    asked = select(*by, *numbers).where(*conditions).group_by(*by)
    return (await (await session.connection()).execute(asked)).all()


def column(dimension: Dimension, table: Any = LEAD) -> Any:
    """Give the column of a dimension."""
    return col(getattr(table, COLUMNS[dimension]))


def word(value: Any) -> str:
    """Give a column's value as filters and answers have it."""
    return UNKNOWN if value is None else str(value)


def tens_of(value: str) -> int | None:
    """Read a band as its column has it; None for a word that is none."""
    plain = value.isascii() and value.removeprefix("-").isdecimal() and len(value) <= 6
    return int(value) if plain and abs(int(value)) < 2**15 else None


def count(*conditions: ColumnElement[bool]) -> Any:
    """Count the rows of which all this is true."""
    return func.coalesce(func.sum(case((_all(conditions), 1), else_=0)), 0)


def _all(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    whole = conditions[0]
    for one in conditions[1:]:
        whole = whole & one
    return whole


def _any_of(known: Any, dimension: Dimension, values: Sequence[str]) -> ColumnElement[bool]:
    named = [one for one in values if one != UNKNOWN]
    conditions: list[ColumnElement[bool]] = [known.is_(None)] if UNKNOWN in values else []
    if dimension is Dimension.BAND:
        numbers = [tens for one in named if (tens := tens_of(one)) is not None]
        conditions.append(known.in_(numbers) if numbers else false())
    elif named:
        conditions.append(known.in_(named))
    return or_(*conditions)

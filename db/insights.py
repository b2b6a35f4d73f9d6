"""What the insights are made of: counts over measures, grouped by the database, for `policy.insight` to judge.

This room refuses to say what a count means.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlmodel import col

from db.engine import Database
from db.figures_asked import LEAD, OFFER, OFFERED, count, grouped, within, word
from db.tables.words import End
from models.figures import Filters
from models.outcome import FINAL
from policy.insight.alike import Dealt
from policy.insight.blame import Handled
from policy.insight.peaks import Arrived

_CHOSEN = col(OFFER.accepted_b).is_not(None) | col(OFFER.ended).in_([End.DECLINED, End.EXPIRED])
_TAKEN = col(OFFER.accepted_b).is_not(None)
_DECIDED, _LEAD_DECIDED = (
    col(of.qualified).is_(True) | col(of.result).in_([one.value for one in FINAL]) for of in (OFFER, LEAD)
)
_KIND = (col(OFFER.type), col(OFFER.intent), col(OFFER.fit))


class Insights:
    """Counts what insights are read off. Every method raises `DatabaseUnreachable`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def accepted(self, filters: Filters) -> tuple[Dealt, ...]:
        """Count offers by rules that a rep answered or let pass, and those accepted, by rep and kind of lead (R48)."""
        numbers, conditions = (func.count(), count(_TAKEN)), [_CHOSEN, col(OFFER.by_hand).is_(False)]
        return await self._dealt(filters, numbers, conditions)

    async def converted(self, filters: Filters) -> tuple[Dealt, ...]:
        """Count accepted offers of leads that are decided, and those that became opportunities, in the same way."""
        numbers = (func.count(), count(col(OFFER.qualified).is_(True)))
        return await self._dealt(filters, numbers, [_TAKEN, _DECIDED])

    async def handled(self, filters: Filters) -> tuple[Handled, ...]:
        """Count decided leads that were offered in time or late, and the opportunities, by how they fared (R50).

        Those that may still come to something do not count: they would speak against sources that are new.
        """
        groups, came = (col(LEAD.source), col(LEAD.team), col(LEAD.kept)), count(col(LEAD.qualified).is_(True))
        asked = [*within(filters), OFFERED, col(LEAD.kept).is_not(None), _LEAD_DECIDED]
        async with self._db.reading() as session:
            rows = await grouped(session, groups, (func.count(), came), asked)
        return tuple(
            Handled(source, word(team), bool(kept), int(leads), int(good)) for source, team, kept, leads, good in rows
        )

    async def arrived(self, filters: Filters) -> tuple[Arrived, ...]:
        """Count leads by team, day and hour of the week, where the team is (R51)."""
        groups = (col(LEAD.team), col(LEAD.day), col(LEAD.hour_of_week))
        async with self._db.reading() as session:
            rows = await grouped(session, groups, [func.count()], within(filters))
        return tuple(Arrived(word(team), day, hour, int(leads)) for team, day, hour, leads in rows)

    async def _dealt(
        self, filters: Filters, numbers: Sequence[Any], conditions: Sequence[ColumnElement[bool]]
    ) -> tuple[Dealt, ...]:
        asked = [*within(filters, OFFER), *conditions]
        async with self._db.reading() as session:
            rows = await grouped(session, [col(OFFER.rep_id), *_KIND], numbers, asked)
        return tuple(
            Dealt(rep_id, " · ".join(map(word, kind)), int(leads), int(came)) for rep_id, *kind, leads, came in rows
        )

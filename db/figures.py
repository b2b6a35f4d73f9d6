"""The figures of a while, read off what is measured of each lead (`db.measures`); the same filters for each of them.

It asks, and leaves the arithmetic to `policy.insight`. This room refuses to read leads themselves: a million of them
are read at once only because their measures are narrow.
"""

from datetime import datetime

from db.engine import Database
from models.figures import (
    Automation,
    Conversion,
    Dimension,
    Fairness,
    Filters,
    Funnel,
    HeatMap,
    Kept,
    Measured,
    Overview,
    Speed,
    SpeedRow,
)
from models.trial import Goal


class Figures:
    """Answers each question of the analytics. Every method raises `DatabaseUnreachable`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def measured(self) -> Measured:
        """Say what is measured so far."""
        raise NotImplementedError

    async def values(self) -> dict[Dimension, tuple[str, ...]]:
        """Give every value that leads have of each dimension, sorted: what a filter may offer; cheap."""
        raise NotImplementedError

    async def overview(self, filters: Filters, now: datetime) -> Overview:
        """Give one number of each."""
        raise NotImplementedError

    async def speed(self, filters: Filters, now: datetime) -> Speed:
        """Say how fast leads are offered, accepted and contacted; those that wait count until `now` (R50)."""
        raise NotImplementedError

    async def speed_by(self, filters: Filters, by: Dimension, now: datetime) -> tuple[SpeedRow, ...]:
        """Say the same in short for each value of a dimension, most leads first."""
        raise NotImplementedError

    async def kept(self, filters: Filters) -> Kept:
        """Say which promises were kept, by rep, team, region, type and source (R32)."""
        raise NotImplementedError

    async def hours(self, filters: Filters, now: datetime) -> HeatMap:
        """Say when in the week leads come and are answered, and when nobody is there to (R50)."""
        raise NotImplementedError

    async def conversion(self, filters: Filters, by: Dimension, goal: Goal) -> Conversion:
        """Say how leads convert, by one dimension (R49)."""
        raise NotImplementedError

    async def funnel(self, filters: Filters) -> Funnel:
        """Say how far leads come."""
        raise NotImplementedError

    async def automation(self, filters: Filters) -> Automation:
        """Say how many leads went by rules alone (R28)."""
        raise NotImplementedError

    async def fairness(self, filters: Filters) -> Fairness:
        """Say what each rep was offered and has in hand, beside what is theirs by weight."""
        raise NotImplementedError

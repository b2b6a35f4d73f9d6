"""How much of an import a worker may start now, so that a lead which comes at a door meanwhile hardly waits for it.

The rate is what imports may do, by all workers together; this is what one worker can. An import gives way to leads
that have just come, and to what of itself is still being worked on.
"""

import math
from collections.abc import Callable
from datetime import datetime, timedelta

from db.inbox import Inbox

UNDER_WAY = timedelta(seconds=0.3)
"""One worker has so much of its pace in hand at a time (2 leads at 6 a second): where they take longer, the machine is
at its limit, and a hot lead would wait behind them."""

YIELD_TO = timedelta(seconds=3)
"""While a lead that came so lately at a door is with nobody yet, no import is started."""

YIELD_AT_MOST = timedelta(seconds=1)
"""So long in a row; then some of the import has its turn, however many come."""

BREATH = timedelta(milliseconds=100)
"""Between two looks while an import runs: one start often, rather than many at once."""

FORGOTTEN = timedelta(seconds=30)
"""After which a lead that got nowhere counts no more: what holds it up is its own."""


class Pacing:
    """What one worker has of imports in hand."""

    def __init__(self, inbox: Inbox, rate: float, clock: Callable[[], datetime]) -> None:
        self._inbox, self._rate, self._clock = inbox, rate, clock
        self._under_way: dict[str, datetime] = {}
        self._yielding_since = clock()

    @property
    def busy(self) -> bool:
        """Say whether some of an import is being worked on."""
        return bool(self._under_way)

    def started(self, lead_id: str) -> None:
        """Note that an imported lead was started."""
        self._under_way[lead_id] = self._clock()

    async def room(self) -> int:
        """Say how many more imported leads may be started in this breath; none or fewer: none."""
        now = self._clock()
        if self._under_way:
            since = now - FORGOTTEN
            still = await self._inbox.on_their_way([one for one, at in self._under_way.items() if at > since])
            self._under_way = {one: at for one, at in self._under_way.items() if one in still}
        if now - self._yielding_since < YIELD_AT_MOST and await self._inbox.awaited(now - YIELD_TO):
            return 0
        self._yielding_since = now
        most = math.ceil(self._rate * UNDER_WAY.total_seconds())
        return min(most - len(self._under_way), math.ceil(self._rate * BREATH.total_seconds()))

"""Answers that nobody asks for again: a request's key is remembered for a while, and then it may stand for another.

Leads are not forgotten with them: what came under a key long ago is known by its person and its id as ever.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from db.answered import Answered

REMEMBERED = timedelta(days=30)
"""How long a request under the same `Idempotency-Key` is a repeat; tools try again for hours, or days."""

EVERY = timedelta(hours=1)
"""Between two looks, while there is nothing to forget."""

AT_ONCE = 200
"""Answers forgotten in one transaction: leads at the door wait for no more."""


class Forgetter:
    """The chore of a worker that forgets old answers."""

    name = "answers"

    def __init__(self, answered: Answered, clock: Callable[[], datetime]) -> None:
        self._answered, self._clock = answered, clock
        self._next: datetime | None = None

    async def once(self) -> bool:
        """Forget some, if it is time to look; whether there may be more."""
        now = self._clock()
        if self._next is not None and now < self._next:
            return False
        if await self._answered.forget(now - REMEMBERED, AT_ONCE) == AT_ONCE:
            return True
        self._next = now + EVERY
        return False

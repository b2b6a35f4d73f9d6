"""A marketing tool in memory, for tests: it remembers by key, drops repeats, and fails on demand.

Refuses to leave the process.
"""

from collections import deque
from datetime import timedelta

from adapters.channels.base import ChannelError, PermanentFailure, Receipt, TemporaryFailure
from adapters.marketing.base import MarketingTool, Notice


class FakeMarketing(MarketingTool):
    """Keep what was told: `told` holds the first notice of each key, in the order they came."""

    name = "fake"

    def __init__(self) -> None:
        self.told: dict[str, Notice] = {}
        self.closed = False
        self._failures: deque[ChannelError] = deque()

    def fail_temporarily(self, times: int = 1, retry_after: timedelta | None = None) -> None:
        """Let the next `times` notices raise TemporaryFailure."""
        self._failures.extend(TemporaryFailure("the fake is told to be busy", retry_after) for _ in range(times))

    def fail_permanently(self, times: int = 1) -> None:
        """Let the next `times` notices raise PermanentFailure."""
        self._failures.extend(PermanentFailure("the fake is told to refuse") for _ in range(times))

    async def tell(self, notice: Notice) -> Receipt:
        """Remember it. Raises what it was told to."""
        if self._failures:
            raise self._failures.popleft()
        self.told.setdefault(notice.key, notice)
        return Receipt(self.name, f"fake-{list(self.told).index(notice.key) + 1}", "told")

    async def aclose(self) -> None:
        """Note that nobody needs it any more."""
        self.closed = True

"""A channel in memory, for tests: it remembers by key, drops repeats, and fails on demand.

Refuses to leave the process.
"""

from collections import Counter, deque
from collections.abc import Callable
from datetime import timedelta

from adapters.channels.base import (
    Address,
    Capability,
    Channel,
    ChannelError,
    Message,
    PermanentFailure,
    Receipt,
    TemporaryFailure,
)


class FakeChannel(Channel):
    """Keep what was sent; `sent` holds the first message of each key, `attempts` counts every try by key.

    `shows` holds by provider id what a message that is out was changed to say.
    """

    capabilities = frozenset(Capability)

    def __init__(self, name: str = "fake") -> None:
        self.name = name
        self.sent: dict[str, Message] = {}
        self.attempts: Counter[str] = Counter()
        self.shows: dict[str, Message] = {}
        self.closed = False
        self._failures: deque[Callable[[], ChannelError]] = deque()

    def fail_temporarily(self, times: int = 1, retry_after: timedelta | None = None) -> None:
        """Let the next `times` sends raise TemporaryFailure."""
        self._failures.extend([lambda: TemporaryFailure("the fake is told to be busy", retry_after)] * times)

    def fail_permanently(self, times: int = 1) -> None:
        """Let the next `times` sends raise PermanentFailure."""
        self._failures.extend([lambda: PermanentFailure("the fake is told to refuse")] * times)

    def can_reach(self, address: Address) -> bool:
        """Reach whoever has any address at all."""
        return bool(address.email or address.webhook_url or address.slack or address.teams_url)

    async def _deliver(self, message: Message) -> Receipt:
        self.attempts[message.key] += 1
        if self._failures:
            make = self._failures.popleft()
            raise make()
        repeat = message.key in self.sent
        self.sent.setdefault(message.key, message)
        number = list(self.sent).index(message.key) + 1
        return Receipt(self.name, f"{self.name}-{number}", "already delivered" if repeat else "delivered")

    async def update(self, provider_id: str, message: Message) -> Receipt:
        """Remember what a message that is out says now; refuses what is not out."""
        if self._failures:
            make = self._failures.popleft()
            raise make()
        if provider_id not in {f"{self.name}-{number}" for number, _ in enumerate(self.sent, 1)}:
            raise PermanentFailure("nothing is out under that id")
        self.shows[provider_id] = message
        return Receipt(self.name, provider_id, "changed")

    async def aclose(self) -> None:
        """Remember having been closed."""
        self.closed = True

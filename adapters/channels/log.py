"""Tell a person by one line in the log or on the terminal: for a first run, a demo, an audit trail.

Refuses to print anything personal: the line names people and leads by id.
"""

import json
from collections.abc import Callable

import structlog

from adapters.channels.base import Address, Capability, Channel, Message, Receipt, TemporaryFailure
from adapters.channels.wording import SUBJECT_LIMIT, masked, one_line


class LogChannel(Channel):
    """Write the event `notification` to structlog, or a readable line to `write` (no newline) when given."""

    capabilities: frozenset[Capability] = frozenset()

    def __init__(self, *, write: Callable[[str], object] | None = None, name: str = "log") -> None:
        self.name = name
        self._write = write

    def can_reach(self, address: Address) -> bool:  # noqa: ARG002 - the seam asks with it
        """Reach everybody: a log needs no address."""
        return True

    async def _deliver(self, message: Message) -> Receipt:
        subject = masked(message.subject, message.to, SUBJECT_LIMIT)
        if self._write is None:
            structlog.get_logger("adapters.channels.log").info(
                "notification",
                kind=message.kind.value,
                person_id=message.to.person_id,
                lead_id=message.lead_id,
                offer=message.offer,
                rung=message.rung,
                subject=subject,
                key=message.key,
            )
        else:
            self._print(self._write, message, subject)
        return Receipt(self.name, None, "written")

    def _print(self, write: Callable[[str], object], message: Message, subject: str) -> None:
        line = (
            f"notification {message.kind.value} to={message.to.person_id} lead={message.lead_id} "
            f"offer={message.offer} rung={message.rung} "
            f"subject={json.dumps(subject, ensure_ascii=False)} key={message.key}"
        )
        try:
            write(one_line(line, len(line)))
        except OSError as error:
            raise TemporaryFailure(f"the terminal cannot be written: {type(error).__name__}") from error

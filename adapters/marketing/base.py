"""The seam every marketing tool stands behind: the notice of an enrolment or of its end, and the port (R7).

Failures and receipts are those of the channels. Refuses to know any vendor, to retry, and to read a clock.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from adapters.channels.base import KEY_PATTERN, Receipt


class NoticeKind(StrEnum):
    """Say what the tool is asked to do."""

    ENROL = "enrol"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Ask the marketing tool to enrol a lead in a programme, or to let it go.

    `key` makes a repeat recognisable and holds nothing personal; a lead leaves by the `n` it was enrolled by.
    `answerable` (id, name, email) is who owns the lead meanwhile; `person`, `company` and `lead` are what the tool may
    need to know. An end of an erased lead names nobody. Raises ValueError for a key that is none, or a naive instant.
    """

    key: str
    kind: NoticeKind
    lead_id: str
    n: int
    programme: str
    at: datetime
    until: datetime | None = None
    because: str = ""
    answerable: Mapping[str, str] | None = field(default=None, repr=False)
    person: Mapping[str, str] = field(default_factory=dict, repr=False)
    company: Mapping[str, str] = field(default_factory=dict, repr=False)
    lead: Mapping[str, str | bool] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not KEY_PATTERN.fullmatch(self.key):
            raise ValueError("key must be 1 to 200 of the characters A-Z a-z 0-9 . _ : / + @ ~ -")
        if any(one is not None and one.utcoffset() is None for one in (self.at, self.until)):
            raise ValueError("instants must be aware")


def compose(notice: Notice) -> bytes:
    """Return the notice as one line of JSON: a function of the notice alone, so a repeat is the same."""
    content: dict[str, Any] = {
        "type": f"nurture.{notice.kind}",
        "key": notice.key,
        "lead_id": notice.lead_id,
        "n": notice.n,
        "programme": notice.programme,
        "at": _said(notice.at),
        "until": _said(notice.until),
        "because": notice.because,
        "answerable": dict(notice.answerable) if notice.answerable else None,
        "person": dict(notice.person),
        "company": dict(notice.company),
        "lead": dict(notice.lead),
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


class MarketingTool(ABC):
    """Pass one notice on.

    A repeat with the same key must be recognisable as a repeat at the receiving end. A tool keeps no state that a
    restart would lose and never logs or raises what is personal.
    """

    name: str

    @abstractmethod
    async def tell(self, notice: Notice) -> Receipt:
        """Pass it on once. Raises TemporaryFailure or PermanentFailure."""

    async def aclose(self) -> None:
        """Give back connections; a tool without any has nothing to do."""
        return


def _said(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat() if instant else None

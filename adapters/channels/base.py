"""The seam every notification channel stands behind: the message, the receipt, the failures, the port.

Refuses to know any vendor, to retry, and to read a clock: whoever calls decides when to send again.
"""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

KEY_PATTERN = re.compile(r"[A-Za-z0-9._:/+@~-]{1,200}")
# Printable ASCII without the four characters that could end an attribute or start markup.
URL_PATTERN = re.compile(r"https?://[!#-;=?-\[\]-~]+")
NAME_PATTERN = re.compile(r"[a-z][a-z_]{0,39}")


class Kind(StrEnum):
    """Say why a person is told."""

    OFFER = "offer"
    REMIND = "remind"
    WITHDRAWN = "withdrawn"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNTOUCHED = "untouched"
    ALERT = "alert"
    TRIAGE = "triage"
    REVIEW = "review"
    DIGEST = "digest"
    BUNDLE = "bundle"
    """What a rep is told of several leads at once."""
    TEST = "test"
    """Whether a channel reaches somebody; about no lead."""


class Capability(StrEnum):
    """Name what a channel can do beyond carrying words."""

    BUTTONS = "buttons"
    """The actions of a message can be taken from where it is read."""
    UPDATE = "update"
    """A message already sent can be changed, for example when its offer is withdrawn."""
    RECEIPT = "receipt"
    """A success means that the provider took the message, not only that it was written down."""
    IDEMPOTENCY_KEY = "idempotency_key"
    """The receiver is given the key as such and can drop a repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Say where one person is reached; what is personal stays out of `repr`."""

    person_id: str
    name: str = field(repr=False)
    email: str | None = field(default=None, repr=False)
    webhook_url: str | None = field(default=None, repr=False)
    slack: str | None = field(default=None, repr=False)
    teams_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerable:
    """Name one message that the reader may say to a lead, so that a tool can draw a button for it.

    `says` is its name on the wire (`accept`), `fields` what it says already, `asks` names what the reader has to add,
    `choices` what is usually added to the last of these. Raises ValueError for a name that is none.
    """

    label: str
    lead_id: str
    says: str
    fields: tuple[tuple[str, str | int], ...] = field(default=(), repr=False)
    asks: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in (self.says, *(name for name, _ in self.fields), *self.asks):
            if not NAME_PATTERN.fullmatch(name):
                raise ValueError(f"the answer {self.label!r} must name its message and fields in lower-case letters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Carry one finished notification: enough to act and no more (`R48`).

    `key` is the idempotency key `lead:offer:rung:channel`: up to 200 letters, digits and `._:/+@~-`, nothing
    personal. `fields` are (label, value), `actions` are (label, http(s) URL), `answers` what may be said to which
    lead, `bundled` the keys of the alerts that one message is about, `due_at` is an aware instant. `lead_id` is empty
    where a message is about no lead in particular. Raises ValueError when the caller broke one of these.
    """

    key: str
    lead_id: str
    offer: int
    rung: int
    kind: Kind
    to: Address
    subject: str = field(repr=False)
    text: str = field(repr=False)
    fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    actions: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    answers: tuple[Answerable, ...] = field(default=(), repr=False)
    bundled: tuple[str, ...] = field(default=(), repr=False)
    due_at: datetime | None = None

    def __post_init__(self) -> None:
        if not all(KEY_PATTERN.fullmatch(key) for key in (self.key, *self.bundled)):
            raise ValueError("key must be 1 to 200 of the characters A-Z a-z 0-9 . _ : / + @ ~ -")
        if self.offer < 0 or self.rung < 0:
            raise ValueError("offer and rung count from zero")
        if self.due_at is not None and self.due_at.utcoffset() is None:
            raise ValueError("due_at must be an aware instant")
        for label, url in self.actions:
            if not URL_PATTERN.fullmatch(url):
                # The URL stays out of the text: it carries the token that accepts the lead.
                raise ValueError(f"the action {label!r} must lead to an http or https URL")


@dataclass(frozen=True, slots=True)
class Receipt:
    """Report a delivery: the provider's own id when it gave one, and a short detail, nothing personal."""

    channel: str
    provider_id: str | None
    detail: str


class ChannelError(Exception):
    """Say that the message was not (known to be) delivered; `detail` holds nothing personal."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class TemporaryFailure(ChannelError):
    """Say that the same message may go through later; `retry_after` is the provider's own wish, if any."""

    def __init__(self, detail: str, retry_after: timedelta | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class PermanentFailure(ChannelError):
    """Say that repeating is useless: refused, misconfigured, or no address for this channel."""


class Channel(ABC):
    """Deliver one message to one person.

    A repeat with the same key must be recognisable as a repeat at the receiving end. A channel keeps
    no state that a restart would lose and never logs or raises what is personal.
    """

    name: str
    capabilities: frozenset[Capability]

    @abstractmethod
    def can_reach(self, address: Address) -> bool:
        """Say whether this person has a usable address here; does no I/O."""

    async def send(self, message: Message) -> Receipt:
        """Deliver once; raises TemporaryFailure or PermanentFailure (also for "no address")."""
        if not self.can_reach(message.to):
            raise PermanentFailure(f"{message.to.person_id} has no usable address for {self.name}")
        return await self._deliver(message)

    @abstractmethod
    async def _deliver(self, message: Message) -> Receipt:
        """Hand the message to the vendor; the address is known to be usable."""

    async def update(self, provider_id: str, message: Message) -> Receipt:
        """Make a message that is out say what `message` says, without its buttons if it has no `answers`.

        For channels with `Capability.UPDATE`; `provider_id` is the receipt's. Raises as `send`.
        """
        raise PermanentFailure(f"{self.name} cannot change what is out ({message.key}, {provider_id[:40]})")

    async def aclose(self) -> None:
        """Give back connections; a channel without any has nothing to do."""
        return

"""The signed links in messages to people: each names one offer, or one alert, and whoever it was sent to.

A link has no end: it outlives its offer, and the lead's state decides what it still does. This room refuses to act on a
link, to know whether its offer stands, and to put a token (it is a credential) in an error or a log.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode

LinkKind = Literal["offer", "alert"]
KINDS: tuple[LinkKind, ...] = ("offer", "alert")

LONGEST = 1000
"""Characters of a token: what is longer is none of ours, and not looked at."""

# Another use of the same ring has another salt, so that neither's signature passes for the other's.
_SALT = b"baton accept link v1"


class BadLink(ValueError):
    """Say that a token is none of ours: cut, changed, or signed with a key that is in the ring no more."""

    def __init__(self) -> None:
        super().__init__("the link is not one of ours, or was cut")


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says. `offer` counts offers of the lead; `person_id` is whoever the message went to."""

    lead_id: str
    offer: int
    person_id: str
    kind: LinkKind


class AcceptLinks:
    """Make and read links below `public_url`; `keys` is the ring, newest first: the newest signs, all are read.

    Raises ValueError for an empty ring.
    """

    def __init__(self, keys: Sequence[bytes], public_url: str) -> None:
        if not keys:
            raise ValueError("the key ring must hold at least one key")
        # The library wants the ring oldest first.
        self._signer = Signer(list(reversed(keys)), salt=_SALT, key_derivation="hmac", digest_method=hashlib.sha256)
        self._below = f"{public_url.rstrip('/')}/a/"

    def url(self, lead_id: str, offer: int, person_id: str, kind: LinkKind) -> str:
        """Give the address of the page where this person answers; the same for the same, while the ring's head is."""
        return self._below + self.token(Link(lead_id, offer, person_id, kind))

    def token(self, link: Link) -> str:
        """Give the signed part of a link: letters, digits, `-`, `_` and one dot."""
        said = json.dumps([link.kind, link.lead_id, link.offer, link.person_id], separators=(",", ":"))
        return self._signer.sign(base64_encode(said)).decode("ascii")

    def read(self, token: str) -> Link:
        """Read a token; raises BadLink when no key of the ring signed it."""
        if not token.isascii() or len(token) > LONGEST or not _as_we_write_it(token):
            raise BadLink
        try:
            kind, lead_id, offer, person_id = json.loads(base64_decode(self._signer.unsign(token)))
        except (BadData, ValueError, TypeError):
            raise BadLink from None
        if kind not in KINDS or not (isinstance(lead_id, str) and isinstance(person_id, str) and type(offer) is int):
            raise BadLink
        return Link(lead_id, offer, person_id, kind)


def _as_we_write_it(token: str) -> bool:
    """Say whether each part is spelt as we spell it: the last letter of a part may be changed without its meaning."""
    try:
        return all(base64_encode(base64_decode(part)).decode("ascii") == part for part in token.split("."))
    except BadData:
        return False

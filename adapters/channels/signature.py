"""Sign and check webhooks the Standard Webhooks way (`v1`, HMAC-SHA256 over `id.timestamp.body`).

Refuses to read a clock (now is an argument) and to say more about a bad signature than which part failed.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

ID_HEADER = "webhook-id"
TIMESTAMP_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"
SECRET_PREFIX = "whsec_"
MIN_KEY_BYTES = 24
TOLERANCE = timedelta(minutes=5)


class SignatureError(Exception):
    """Say that a webhook is not authentic, or too old to be believed; answer it with 401."""


def derive_signing_key(secret: bytes) -> bytes:
    """Return the webhook key (32 bytes) that belongs to one secret of the house.

    The receiver of a webhook is handed this key. Handing out the secret itself would let them sign
    accept links and open encrypted payloads, which use the same ring.
    """
    return hmac.new(secret, b"baton webhook signing key v1", hashlib.sha256).digest()


def format_key(key: bytes) -> str:
    """Return the key as `whsec_<base64>`, the form receivers paste into their tool."""
    return SECRET_PREFIX + base64.b64encode(key).decode("ascii")


def parse_key(text: str) -> bytes:
    """Read a key from `whsec_<base64>` (prefix optional); raises ValueError when it is no such key."""
    try:
        key = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a webhook key is whsec_ followed by base64") from None
    return checked_key(key)


def checked_key(key: bytes) -> bytes:
    """Return the key; raises ValueError when it is shorter than 24 bytes."""
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(f"a webhook key has at least {MIN_KEY_BYTES} bytes")
    return key


def sign(key: bytes, webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the three signature headers for this body, sent at the aware instant `at`."""
    timestamp = str(int(at.timestamp()))
    return {
        ID_HEADER: webhook_id,
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: f"v1,{_digest(key, webhook_id, timestamp, body)}",
    }


def verify(
    headers: Mapping[str, str],
    body: bytes,
    keys: Sequence[bytes],
    *,
    now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> str:
    """Return the webhook's id when any key of the ring made any of its signatures.

    Raises SignatureError when a header is missing, the timestamp is more than `tolerance` away from
    `now` (a replay), or nothing matches.
    """
    found = {name.lower(): value for name, value in headers.items()}
    try:
        webhook_id, timestamp, signatures = (found[name] for name in (ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER))
    except KeyError as missing:
        raise SignatureError(f"the header {missing.args[0]} is missing") from None
    if abs(now - _instant(timestamp)) > tolerance:
        raise SignatureError(f"{TIMESTAMP_HEADER} is too far from now")
    given = [part.removeprefix("v1,").encode() for part in signatures.split(" ") if part.startswith("v1,")]
    wanted = [_digest(key, webhook_id, timestamp, body).encode() for key in keys]
    if not any(hmac.compare_digest(one, other) for one in given for other in wanted):
        raise SignatureError(f"{SIGNATURE_HEADER} does not match")
    return webhook_id


def _instant(timestamp: str) -> datetime:
    # Only plain digits: int() would also take "+1", "1_0" and digits of other scripts.
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
        raise SignatureError(f"{TIMESTAMP_HEADER} is not a number of seconds")
    return datetime.fromtimestamp(int(timestamp), UTC)


def _digest(key: bytes, webhook_id: str, timestamp: str, body: bytes) -> str:
    content = b".".join((webhook_id.encode(), timestamp.encode(), body))
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode("ascii")

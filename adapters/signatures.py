"""Check that a webhook comes from the tool that holds the source's secret: HMAC, Standard Webhooks, the vendors' own.

Refuses to read a clock (now is an argument), to parse a body, and to say more about a bad signature than which part
failed. Every comparison takes the same time whatever is wrong.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from adapters.channels import signature as standard
from models.source import Encoding, Scheme, Signature

SignatureError = standard.SignatureError
TOLERANCE = standard.TOLERANCE

SLACK_SIGNATURE = "x-slack-signature"
SLACK_TIMESTAMP = "x-slack-request-timestamp"
HUBSPOT_SIGNATURE = "x-hubspot-signature-v3"
HUBSPOT_TIMESTAMP = "x-hubspot-request-timestamp"

_HUBSPOT_DECODES = {f"%{ord(sign):02X}": sign for sign in ":/?@!$'()*,;"}
_HUBSPOT_ENCODED = re.compile("|".join(_HUBSPOT_DECODES), re.IGNORECASE)
_CODE = re.compile(r"[0-9A-Za-z-]{1,64}")
_MILLISECONDS = 1000


@dataclass(frozen=True, slots=True)
class Post:
    """One request as it came: `url` is the public one that the sender called, with its query."""

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    method: str = "POST"
    url: str = ""


def verify(how: Signature, secrets: Sequence[str], post: Post, *, now: datetime) -> None:
    """Believe that the post is from whoever holds one of the secrets; a source that says `none` is believed anyway.

    Raises SignatureError: a header is missing, the instant is too far from `now` (a replay), nothing matches, there is
    no secret.
    """
    if how.scheme is Scheme.NONE:
        return
    if not secrets:
        raise SignatureError("there is no secret to check it with")
    headers = {name.lower(): value for name, value in post.headers.items()}
    _CHECKS[how.scheme](how, secrets, Post(headers, post.body, post.method, post.url), now)


def verify_slack(
    secrets: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> None:
    """Believe that Slack sent this body (signing secret, version v0). Raises SignatureError as `verify` does."""
    how = Signature(scheme=Scheme.SLACK, tolerance=tolerance)
    verify(how, secrets, Post(headers, body), now=now)


def answer_challenge(secret: str, code: str) -> str:
    """Answer LinkedIn's challenge: the HMAC-SHA256 of its code, in hexadecimal.

    Anybody may ask, and the same secret signs webhooks: a code is letters, digits and hyphens (theirs is a UUID), so
    that no answer is a body's signature. Raises SignatureError for anything else.
    """
    if not _CODE.fullmatch(code):
        raise SignatureError("the challenge code is none")
    return hmac.new(secret.encode(), code.encode(), hashlib.sha256).hexdigest()


def verify_token(secret: str) -> str:
    """Give the word that a tool says when it registers an address (Facebook); it tells nothing of the secret."""
    return hmac.new(secret.encode(), b"baton verify token v1", hashlib.sha256).hexdigest()[:32]


def same_secret(secrets: Sequence[str], given: str) -> bool:
    """Say whether `given` is one of the secrets, in constant time."""
    # A list, as any() over a generator would stop at the first that matches.
    found = [hmac.compare_digest(one.encode(), given.encode("utf-8", "replace")) for one in secrets]
    return any(found)


def _hmac_sha256(how: Signature, secrets: Sequence[str], post: Post, now: datetime) -> None:
    given = _header(post, how.header)
    timestamp = ""
    signatures = [given]
    if how.parts is not None:
        split = [piece.partition("=") for piece in given.split(",")]
        pieces = [(name.strip(), value.strip()) for name, _, value in split]
        named = dict(pieces)  # of a repeated name the last; a timestamp stands once
        timestamp = named.get(how.parts.timestamp, "") if how.parts.timestamp else ""
        signatures = [value for name, value in pieces if name == how.parts.signature]
    if how.timestamp_header is not None:
        timestamp = _header(post, how.timestamp_header)
    if how.timed:
        _check_age(timestamp, how, now)
    signed = _fill(how.signed, timestamp, post.body)
    wanted = [_encode(how.encoding, _digest(secret, signed)) for secret in secrets]
    # Of some tools the documents disagree on whether the prefix is sent; the digest alone proves as much.
    _match([one.removeprefix(how.prefix) for one in signatures], wanted, how)


def _token(how: Signature, secrets: Sequence[str], post: Post, _now: datetime) -> None:
    given = _header(post, how.header)
    if not given.startswith(how.prefix) or not same_secret(secrets, given.removeprefix(how.prefix)):
        raise SignatureError(f"{how.header} does not match")


def _standard_webhooks(how: Signature, secrets: Sequence[str], post: Post, now: datetime) -> None:
    try:
        keys = [standard.parse_key(secret) for secret in secrets]
    except ValueError as error:
        raise SignatureError(f"the source's secret is none for Standard Webhooks: {error}") from None
    standard.verify(post.headers, post.body, keys, now=now, tolerance=how.tolerance)


def _slack(how: Signature, secrets: Sequence[str], post: Post, now: datetime) -> None:
    timestamp, given = _header(post, SLACK_TIMESTAMP), _header(post, SLACK_SIGNATURE)
    _check_age(timestamp, how, now)
    signed = b":".join((b"v0", timestamp.encode(), post.body))
    _match([given], [f"v0={_digest(secret, signed).hex()}" for secret in secrets], how)


def _hubspot_v3(how: Signature, secrets: Sequence[str], post: Post, now: datetime) -> None:
    timestamp, given = _header(post, HUBSPOT_TIMESTAMP), _header(post, HUBSPOT_SIGNATURE)
    _check_age(timestamp, how, now, unit=_MILLISECONDS)
    address = decode_hubspot_url(post.url).encode()
    signed = b"".join((post.method.upper().encode(), address, post.body, timestamp.encode()))
    _match([given], [_encode(Encoding.BASE64, _digest(secret, signed)) for secret in secrets], how)


def decode_hubspot_url(url: str) -> str:
    """Decode in a URL what HubSpot decodes before it signs, and nothing else."""
    return _HUBSPOT_ENCODED.sub(lambda found: _HUBSPOT_DECODES[found[0].upper()], url)


_Check = Callable[[Signature, Sequence[str], Post, datetime], None]
_CHECKS: dict[Scheme, _Check] = {
    Scheme.HMAC_SHA256: _hmac_sha256,
    Scheme.TOKEN: _token,
    Scheme.STANDARD_WEBHOOKS: _standard_webhooks,
    Scheme.SLACK: _slack,
    Scheme.HUBSPOT_V3: _hubspot_v3,
}


def _header(post: Post, name: str | None) -> str:
    value = post.headers.get((name or "").lower(), "").strip()
    if not value:
        raise SignatureError(f"the header {name} is missing")
    return value


def _check_age(timestamp: str, how: Signature, now: datetime, unit: int = 1) -> None:
    # Only plain digits: int() would also take "+1", "1_0" and digits of other scripts.
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 14):
        raise SignatureError("the timestamp is not a number")
    try:
        at = datetime.fromtimestamp(int(timestamp) / unit, UTC)
    except (OverflowError, ValueError, OSError):
        raise SignatureError("the timestamp is no instant") from None
    if abs(now - at) > how.tolerance:
        raise SignatureError("the timestamp is too far from now")


def _fill(template: str, timestamp: str, body: bytes) -> bytes:
    # Split first: a body that holds "{timestamp}" must not be filled in itself.
    before, _, after = template.partition("{body}")
    return before.replace("{timestamp}", timestamp).encode() + body + after.replace("{timestamp}", timestamp).encode()


def _digest(secret: str, signed: bytes) -> bytes:
    return hmac.new(secret.encode(), signed, hashlib.sha256).digest()


def _encode(encoding: Encoding, digest: bytes) -> str:
    return digest.hex() if encoding is Encoding.HEX else base64.b64encode(digest).decode("ascii")


def _match(given: Sequence[str], wanted: Sequence[str], how: Signature) -> None:
    if how.encoding is Encoding.HEX and how.scheme is Scheme.HMAC_SHA256:
        given = [one.lower() for one in given]
    found = [hmac.compare_digest(one.encode("utf-8", "replace"), other.encode()) for one in given for other in wanted]
    if not any(found):
        raise SignatureError("the signature does not match")

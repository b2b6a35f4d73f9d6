"""Sealing what the database keeps for us and nobody else may read: source secrets, signing tokens.

A sealed text names the key that opens it, so that old ones still open while `BATON_SECRET_KEYS` is rotated. It is tied
to its purpose: moved to another row it does not open. This room refuses to keep anything, and to say what it could not
open.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from config.settings import Settings
from db.secrets import Kept, Secrets

LONGEST_SECRET = 1000
"""Characters that a secret may have."""

_VERSION = "s1"
_NONCE = 12


class CannotOpen(ValueError):
    """A sealed text cannot be opened: its key has left the ring, or it was changed or moved. Never says what it is."""


@dataclass(frozen=True, slots=True)
class _Key:
    name: str
    cipher: AESGCM


class Sealer:
    """Seals with the newest key of a ring and opens with any; `keys` are newest first, as `BATON_SECRET_KEYS` has them.

    AES-256-GCM under a key derived from each secret, so that accept links, which use the same ring, share none with it.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("a key ring needs at least one key")
        self._keys = tuple(_derive(key) for key in keys)

    def seal(self, text: str, *, purpose: str = "") -> str:
        """Give the text as only this ring can read it, for this purpose; twice the same never looks the same."""
        key, nonce = self._keys[0], secrets.token_bytes(_NONCE)
        box = key.cipher.encrypt(nonce, text.encode(), _context(key, purpose))
        return f"{_VERSION}.{key.name}.{base64.urlsafe_b64encode(nonce + box).decode('ascii')}"

    def open(self, sealed: str, *, purpose: str = "") -> str:
        """Give the text back. Raises `CannotOpen` also when it was sealed for another purpose."""
        version, _, rest = sealed.partition(".")
        name, _, body = rest.partition(".")
        key = next((one for one in self._keys if one.name == name), None)
        if version != _VERSION or key is None:
            raise CannotOpen("sealed with a key that is not in BATON_SECRET_KEYS any more")
        try:
            box = base64.b64decode(body.encode("ascii"), altchars=b"-_", validate=True)
            return key.cipher.decrypt(box[:_NONCE], box[_NONCE:], _context(key, purpose)).decode()
        except (InvalidTag, binascii.Error, ValueError):
            raise CannotOpen("changed since it was sealed, or sealed for something else") from None

    def is_current(self, sealed: str) -> bool:
        """Say whether the newest key has sealed it: only then may the older ones go."""
        return sealed.startswith(f"{_VERSION}.{self._keys[0].name}.")


class Opener(StrEnum):
    """Which key of the ring opens a sealed text."""

    NEWEST = "newest"
    FORMER = "former"
    NONE = "none"


def opener_of(sealer: Sealer | None, kept: Kept) -> Opener:
    """Say which key opens a secret; none without a ring, or when its key has left it."""
    if sealer is None:
        return Opener.NONE
    try:
        sealer.open(kept.sealed, purpose=kept.purpose)
    except CannotOpen:
        return Opener.NONE
    return Opener.NEWEST if sealer.is_current(kept.sealed) else Opener.FORMER


class Vault:
    """Secrets that we have to say or check ourselves, each under its purpose (`source:hubspot`), sealed where kept."""

    def __init__(self, secrets: Secrets, sealer: Sealer) -> None:
        self._secrets, self._sealer = secrets, sealer

    async def add(self, purpose: str, secret: str, *, at: datetime, former_until: datetime | None = None) -> int:
        """Keep a secret as the newest of its purpose, and give its number; `former_until` ends the older ones then."""
        sealed = self._sealer.seal(secret, purpose=purpose)
        return await self._secrets.add(purpose, sealed, at=at, former_until=former_until)

    async def ring(self, purpose: str, now: datetime) -> tuple[str, ...]:
        """Give the secrets that count now, newest first. Raises `CannotOpen`."""
        return tuple(self._sealer.open(one, purpose=purpose) for one in await self._secrets.ring(purpose, now))

    async def reseal(self) -> int:
        """Seal what older keys have sealed with the newest one, and say how much that was. Raises `CannotOpen`."""
        changed = 0
        for kept in await self._secrets.list():
            if not self._sealer.is_current(kept.sealed):
                text = self._sealer.open(kept.sealed, purpose=kept.purpose)
                fresh = self._sealer.seal(text, purpose=kept.purpose)
                changed += await self._secrets.replace(kept.id, kept.sealed, fresh)
        return changed


def sealer_of(settings: Settings) -> Sealer | None:
    """Make the sealer of `BATON_SECRET_KEYS`; None where it is not set."""
    keys = [key.get_secret_value() for key in settings.secret_keys]
    return Sealer(keys) if keys else None


def _derive(key: str) -> _Key:
    material = hmac.new(key.encode(), b"baton sealing key v1", hashlib.sha256).digest()
    name = hmac.new(key.encode(), b"baton sealing key name v1", hashlib.sha256).hexdigest()[:12]
    return _Key(name, AESGCM(material))


def _context(key: _Key, purpose: str) -> bytes:
    return f"{_VERSION}.{key.name}.{purpose}".encode()

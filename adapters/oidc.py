"""The house's identity provider over OpenID Connect: the code flow with PKCE, and who it says that somebody is.

It asks, and it checks: signature, issuer, audience, nonce, age. It refuses redirects, answers that are too large,
signatures without a public key, and to say what somebody may do here.
"""

import json
import secrets
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import Key, KeySet, import_key

PATIENCE = timedelta(seconds=5)
"""How long the provider may take for one answer."""

LARGEST_ANSWER = 512 * 1024
LEEWAY = timedelta(seconds=60)
"""How far the provider's clock may be from ours."""

FRESH = timedelta(hours=1)
"""How long what the provider says of itself holds."""

_ANEW = timedelta(seconds=30)
"""Keys that are not known are asked for at most so often: whoever makes them up costs the provider nothing."""

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures that are taken: with a public key of the provider's, all of them."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class ProviderAway(Exception):
    """The identity provider did not answer, or not as one. Its text holds nothing of anybody."""


class NotVouched(Exception):
    """The identity provider does not vouch for whoever came. Its text holds nothing of them."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What has to come back as it was sent; `url` is where the browser goes."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the provider vouches for. `email`: theirs for sure, else None; `claims`: everything that it said of them."""

    subject: str
    email: str | None
    claims: Mapping[str, Any]


class Provider:
    """One identity provider, as one client of it; what it says of itself is kept for an hour."""

    def __init__(
        self, issuer: str, client_id: str, client_secret: str, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        self.issuer, self._client_id, self._secret = issuer, client_id, client_secret
        self._transport = transport
        self._metadata: dict[str, Any] | None = None
        self._keys: KeySet | None = None
        self._read_at = self._keys_at = float("-inf")

    async def begin(self, redirect_uri: str) -> Begun:
        """Give where somebody signs in. Raises `ProviderAway`."""
        metadata = await self._described()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        client = OAuth2Client(
            None, self._client_id, scope="openid email profile", redirect_uri=redirect_uri, code_challenge_method="S256"
        )
        endpoint = metadata["authorization_endpoint"]
        url, _ = client.create_authorization_url(endpoint, state=state, code_verifier=verifier, nonce=nonce)
        return Begun(url, state, nonce, verifier)

    async def finish(
        self, code: str, redirect_uri: str, *, nonce: str, verifier: str, issuer: str | None, now: datetime
    ) -> Vouched:
        """Trade the code that came back for whom it stands for. Raises `ProviderAway`, `NotVouched`.

        `issuer`: who sent it back, where that was said (RFC 9207).
        """
        metadata = await self._described()
        if issuer is not None and issuer != metadata["issuer"]:
            raise NotVouched("another provider sent this back")
        given = await self._token(metadata, code, redirect_uri, verifier)
        claims = await self._checked(metadata, given, nonce, now)
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:
            raise NotVouched("its token says of nobody")
        if "email" not in claims and "userinfo_endpoint" in metadata and isinstance(given.get("access_token"), str):
            more = await self._asked(metadata["userinfo_endpoint"], given["access_token"])
            if more.get("sub") != subject:
                raise NotVouched("it tells of somebody else")
            claims = {**more, **claims}
        return Vouched(subject, _sure(claims), claims)

    async def _described(self) -> dict[str, Any]:
        if self._metadata is not None and time.monotonic() - self._read_at < FRESH.total_seconds():
            return self._metadata
        found = await self._fetch("GET", f"{self.issuer}/.well-known/openid-configuration")
        for name in ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(found.get(name), str):
                raise ProviderAway(f"it does not say its {name}")
        if found["issuer"].rstrip("/") != self.issuer:
            raise ProviderAway("it calls itself by another name than BATON_OIDC_ISSUER does")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
            if name in found and not _private(found[name]):
                raise ProviderAway(f"its {name} is not https")
        self._metadata, self._read_at = found, time.monotonic()
        return found

    async def _token(self, metadata: Mapping[str, Any], code: str, redirect_uri: str, verifier: str) -> dict[str, Any]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        form["code_verifier"] = verifier
        known = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        auth = None
        if "client_secret_basic" in known:
            auth = httpx2.BasicAuth(_encoded(self._client_id), _encoded(self._secret))
        else:
            form |= {"client_id": self._client_id, "client_secret": self._secret}
        given = await self._fetch("POST", metadata["token_endpoint"], refusing=True, data=form, auth=auth)
        if not isinstance(given.get("id_token"), str):
            raise NotVouched("it gave no token for this code")
        return given

    async def _checked(
        self, metadata: Mapping[str, Any], given: Mapping[str, Any], nonce: str, now: datetime
    ) -> dict[str, Any]:
        """Check the token that says who it is; give what it says. Raises `NotVouched`."""
        options = {
            "iss": {"essential": True, "value": metadata["issuer"]},
            "aud": {"essential": True, "value": self._client_id},
        }
        params = {"nonce": nonce, "client_id": self._client_id, "access_token": given.get("access_token")}
        try:
            token = await self._opened(metadata["jwks_uri"], given["id_token"])
            claims = CodeIDToken(token.claims, token.header, options, params)
            claims.validate(now=int(now.timestamp()), leeway=int(LEEWAY.total_seconds()))
        except (JoseError, ValueError, TypeError) as error:
            told = getattr(error, "claim", None) or getattr(error, "error", "") or "unreadable"
            raise NotVouched(f"its token does not hold ({told})") from None
        return dict(claims)

    async def _opened(self, uri: str, token: str) -> jwt.Token:
        """Check the signature, with keys that are asked for anew when it names one that is not known."""
        if self._keys is None or time.monotonic() - self._keys_at > FRESH.total_seconds():
            await self._read_keys(uri)
        assert self._keys is not None
        try:
            return jwt.decode(token, self._keys, algorithms=ALGORITHMS)
        except InvalidKeyIdError:
            if time.monotonic() - self._keys_at < _ANEW.total_seconds():
                raise
            await self._read_keys(uri)
            return jwt.decode(token, self._keys, algorithms=ALGORITHMS)

    async def _read_keys(self, uri: str) -> None:
        found = await self._fetch("GET", uri)
        listed = found.get("keys")
        public = [key for one in listed if (key := _public(one)) is not None] if isinstance(listed, list) else []
        if not public:
            raise ProviderAway("its keys cannot be read")
        self._keys = KeySet(public)
        self._keys_at = time.monotonic()

    async def _asked(self, endpoint: str, access_token: str) -> dict[str, Any]:
        return await self._fetch("GET", endpoint, headers={"Authorization": f"Bearer {access_token}"})

    async def _fetch(self, method: str, url: str, *, refusing: bool = False, **more: Any) -> dict[str, Any]:
        """Fetch a JSON object. `refusing`: that it refuses says something of who came, and not of the provider."""
        timeout = PATIENCE.total_seconds()
        try:
            async with httpx2.AsyncClient(
                timeout=timeout, transport=self._transport, verify=_trusted(), trust_env=False
            ) as client:
                headers = {"Accept": "application/json", **more.pop("headers", {})}
                answer = await client.request(method, url, headers=headers, follow_redirects=False, **more)
        except (httpx2.HTTPError, OSError) as error:
            raise ProviderAway(f"it does not answer ({type(error).__name__})") from None
        if refusing and 400 <= answer.status_code < 500 and answer.status_code != 429:
            raise NotVouched(f"it does not take this code ({answer.status_code})")
        if not answer.is_success or len(answer.content) > LARGEST_ANSWER:
            raise ProviderAway(f"it answers {answer.status_code}")
        try:
            found = json.loads(answer.content)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise ProviderAway("its answer cannot be read")
        return found


@cache
def _trusted() -> ssl.SSLContext:
    """Give whose certificates are believed; reading them takes a tenth of a second."""
    return httpx2.create_ssl_context(trust_env=False)


def _public(given: object) -> Key | None:
    """Read one public key; None for a secret, and for a kind that nobody here reads, beside which others may do."""
    if not isinstance(given, dict) or given.get("kty") == "oct":
        return None
    try:
        return import_key(given)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _sure(claims: Mapping[str, Any]) -> str | None:
    """Give the address that is theirs for sure."""
    email, verified = claims.get("email"), claims.get("email_verified")
    return email if isinstance(email, str) and "@" in email and (verified is True or verified == "true") else None


def _encoded(word: str) -> str:
    """Write a word of the client's as RFC 6749 wants it in a header."""
    return str(httpx2.QueryParams({"": word}))[1:]


def _private(url: object) -> bool:
    """Say whether nobody listens on the way there."""
    parts = urlsplit(url) if isinstance(url, str) else None
    return parts is not None and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK))

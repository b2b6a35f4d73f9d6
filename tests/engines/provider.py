"""An identity provider for tests: OpenID Connect on loopback, which can be told to lie.

async with providing() as provider:
    provider.people["ana"] = {"email": "ana@example.com", "email_verified": True}
    provider.lies["aud"] = "somebody else"
"""

import asyncio
import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import ECKey

CLIENT_ID, CLIENT_SECRET = "baton", "a secret of the tests"


@dataclass
class TestProvider:
    """Whoever signs in is `who`; `lies` replace claims (None leaves one out); `alg` and `key` sign."""

    __test__ = False

    url: str = ""
    who: str = "ana"
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    lies: dict[str, Any] = field(default_factory=dict)
    alg: str = "ES256"
    thin: bool = False
    """The token says of nobody but the subject; the rest is at userinfo."""
    away: bool = False
    keys: list[ECKey] = field(default_factory=lambda: [ECKey.generate_key("P-256", auto_kid=True)])
    foreign: ECKey | None = None
    """Signs in place of a key that is published."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def discovery(self) -> dict[str, Any]:
        """Give what the provider says of itself."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/me",
        }

    def claims(self, nonce: str) -> dict[str, Any]:
        """Give what the token says, lies included."""
        now = int(time.time())
        told: dict[str, Any] = {"iss": self.url, "sub": self.who, "aud": CLIENT_ID, "iat": now, "exp": now + 300}
        told |= {"nonce": nonce} | ({} if self.thin else self.people.get(self.who, {})) | self.lies
        return {name: value for name, value in told.items() if value is not None}

    def token(self, nonce: str) -> str:
        """Sign a token, or leave it unsigned (`none`), or with a key that everybody knows (`HS256`)."""
        key = self.foreign or self.keys[-1]
        if self.alg == "ES256":
            return jwt.encode({"alg": "ES256", "kid": key.kid}, self.claims(nonce), key)
        head = _part({"alg": self.alg, "kid": key.kid, "typ": "JWT"})
        signed = f"{head}.{_part(self.claims(nonce))}"
        if self.alg == "none":
            return f"{signed}."
        mac = hashlib.new("sha256", signed.encode()).digest()
        return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def _part(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def _app(provider: TestProvider) -> FastAPI:
    app = FastAPI()

    @app.get("/.well-known/openid-configuration")
    async def discovery() -> Response:
        provider.asked.append("discovery")
        return Response(status_code=503) if provider.away else JSONResponse(provider.discovery())

    @app.get("/keys")
    async def keys() -> Response:
        provider.asked.append("keys")
        odd = [{"kty": "AKP", "kid": "new"}, {"kty": "EC", "crv": "odd", "kid": "odd"}, {}, "none"]
        return JSONResponse({"keys": [*odd, *(one.as_dict(private=False) for one in provider.keys)]})

    @app.get("/authorize")
    async def authorize(request: Request) -> Response:
        asked = dict(request.query_params)
        code = secrets.token_urlsafe(16)
        provider.codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}", 302)

    @app.post("/token")
    async def token(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        begun = provider.codes.pop(form.get("code", ""), None)
        said = base64.b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode()
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        known = said == f"{CLIENT_ID}:{CLIENT_SECRET.replace(' ', '+')}"
        if begun is None or not known or begun["code_challenge"] != proof or begun["code_challenge_method"] != "S256":
            return JSONResponse({"error": "invalid_grant"}, 400)
        given = {"access_token": "of the tests", "token_type": "Bearer", "id_token": provider.token(begun["nonce"])}
        return JSONResponse(given)

    @app.get("/me")
    async def me() -> Response:
        return JSONResponse({"sub": provider.who} | provider.people.get(provider.who, {}))

    return app


@asynccontextmanager
async def providing() -> AsyncIterator[TestProvider]:
    """Let one listen on a free port of loopback."""
    provider = TestProvider()
    server = uvicorn.Server(uvicorn.Config(_app(provider), host="127.0.0.1", port=0, log_config=None, lifespan="off"))
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment] # they are for whoever runs the tests
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:
            assert not serving.done(), "the provider ended before it had started"
            await asyncio.sleep(0.01)
        provider.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        yield provider
    finally:
        server.should_exit = True
        await serving


def query_of(url: str) -> dict[str, str]:
    """Read an address's query."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}

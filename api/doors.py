"""What every route stands on: the front behind it, whose key it is and what that may do, and what a request may weigh.

    router = door("leads")

    @router.post("/v1/leads", status_code=202)
    async def take(front: FrontDep, caller: Annotated[Caller, allowed(Scope.LEADS_WRITE)], body: NewLead) -> Taken: ...

Whose key it is is looked at before anything of the body is read.
"""

import asyncio
import email.message
import ipaddress
import re
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response, params
from fastapi.routing import APIRoute
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from pydantic import BaseModel, BeforeValidator, WrapValidator
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as AsgiScope

from api import problems
from api.problems import Problem
from db.keys import Caller
from models.access import Scope
from models.base import Instant, parse
from models.lead import LEAD_ID
from runtime.front import Front

__all__ = ["Caller", "FrontDep", "KeyHeader", "QueryInstant", "allowed", "door", "read_as", "speaks_for"]

LARGEST_BODY = 1024 * 1024
LARGEST_IMPORT = 64 * 1024 * 1024
LARGEST = {"/v1/leads/import": LARGEST_IMPORT, "/v1/accounts/import": LARGEST_IMPORT}
"""Bytes that a body may have, where that is more than `LARGEST_BODY`."""

PATIENCE_S = 30.0
"""Seconds within which more of a body has to come."""

KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="A repeat under the same key changes nothing and gets the first answer.",
    ),
]


_AN_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ].+")


def _written_out(text: object) -> object:
    if isinstance(text, str) and not _AN_INSTANT.fullmatch(text):
        raise ValueError("is no instant; write for example 2026-03-02T09:00:00Z")
    return text


QueryInstant = Annotated[Instant, BeforeValidator(_written_out)]
"""An instant in a query, as it is in a body: RFC 3339 with an offset, and never a number of seconds."""


def front_of(request: Request) -> Front:
    """Give what the app stands on."""
    found: Front = request.app.state.front
    return found


FrontDep = Annotated[Front, Depends(front_of)]


PER_ADDRESS = 1200
"""Webhooks, and clicks, that are looked at in a minute from one address: whoever sends them has no key to count by."""


class Pace:
    """How many requests each may make in a minute, counted over the last sixty seconds, in this process."""

    def __init__(self) -> None:
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def count(self, who: str, per_minute: int, whose: str = "from this key") -> None:
        """Count one request of `who`. Raises a 429 `Problem` that says when to come again."""
        if not self._window.hit(RateLimitItemPerMinute(per_minute), who):
            raise _too_many(per_minute, whose)

    def look(self, who: str, per_minute: int, whose: str) -> None:
        """See whether `who` has room for one more, and count nothing. Raises a 429 `Problem`."""
        if not self._window.test(RateLimitItemPerMinute(per_minute), who):
            raise _too_many(per_minute, whose)

    def note(self, who: str, per_minute: int) -> None:
        """Count one of `who` that is taken in any case."""
        self._window.hit(RateLimitItemPerMinute(per_minute), who)

    def count_address(self, request: Request, what: str, per_minute: int = PER_ADDRESS) -> None:
        """Count a request without a key by where it comes from. Raises a 429 `Problem`."""
        self.count(f"{what} {address_of(request)}", per_minute, "from this address")


def _too_many(per_minute: int, whose: str) -> Problem:
    detail = f"{per_minute} requests a minute are taken {whose}."
    return Problem(429, "too_many", "Too many requests", detail, headers={"Retry-After": "5"})


def address_of(request: Request) -> str:
    """Give the address of who asks, as far as proxies are believed; of IPv6 the network, which is one household's."""
    host = request.client.host if request.client else ""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(found) if found.version == 4 else str(ipaddress.ip_network((int(found), 64), strict=False))


class Allowed:
    """A dependency: a key that holds one of these scopes, and keeps within its sources.

    `everywhere`: the route is about leads of all sources at once, and no key for certain sources opens it.
    """

    def __init__(self, scopes: tuple[Scope, ...], *, everywhere: bool = False) -> None:
        self.scopes, self.everywhere = scopes, everywhere

    async def __call__(self, request: Request) -> Caller:
        """Give who calls. Raises 401, 403 and 429, and 404 for a lead of a source that the key is not for."""
        known: Caller | None = getattr(request.state, "caller", None)
        if known is None:
            known = request.state.caller = await self._look(request)
        return known

    async def _look(self, request: Request) -> Caller:
        front = front_of(request)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        caller = None
        if scheme.lower() == "bearer" and token:
            caller = await front.store.api_keys.find(token.strip(), at=front.clock())
        if caller is None:
            headers = {"WWW-Authenticate": 'Bearer realm="baton"'}
            detail = "Send `Authorization: Bearer bt_...` with a key that holds."
            raise Problem(401, "unauthorized", "No key, or none of ours", detail, headers=headers)
        request.app.state.pace.count(caller.key_id, caller.per_minute)
        if not caller.scopes & set(self.scopes):
            needed = " or ".join(self.scopes)
            raise Problem(403, "forbidden", "This key may not do that", f"It needs the scope {needed}.", scope=needed)
        if caller.sources and self.everywhere:
            names = ", ".join(sorted(caller.sources))
            raise Problem(403, "forbidden", "This key may not do that", f"It is for leads of {names} only.")
        if caller.sources and not await _theirs(front, caller, request.path_params.get("lead_id")):
            raise problems.nothing_here(f"no lead {request.path_params['lead_id']}")
        return caller


async def _theirs(front: Front, caller: Caller, lead_id: str | None) -> bool:
    """Say whether a lead, if the path names one, came from a source that the caller speaks for."""
    if lead_id is None or LEAD_ID.fullmatch(lead_id) is None:  # what is no id the route refuses itself
        return True
    return await front.store.leads.source_of(lead_id) in caller.sources


def allowed(*scopes: Scope, everywhere: bool = False) -> Any:
    """Guard a route by a key that holds one of these scopes; whoever calls is the dependency's value.

    A key for certain sources finds leads of others not there; `everywhere` closes the route to it altogether.
    """
    return Depends(Allowed(scopes, everywhere=everywhere))


def speaks_for(caller: Caller, who: str | None) -> None:
    """Refuse a caller who speaks for certain people only, and not for this one: 403. None: nobody is named."""
    if caller.people and who is not None and who not in caller.people:
        people = ", ".join(sorted(caller.people))
        raise Problem(403, "forbidden", "This key may not do that", f"It speaks for {people} only.")


class DoorRoute(APIRoute):
    """A route that is strict about what it takes: key first, then content type, then names of the query."""

    @property
    def guard(self) -> Allowed | None:
        """Whose key this route asks for; None when it asks for none."""
        return next((one.call for one in self.dependant.dependencies if isinstance(one.call, Allowed)), None)

    @property
    def takes_json(self) -> bool:
        """Say whether the body is JSON that is read as a model, and not a form or a stream."""
        return self.body_field is not None and not isinstance(self.body_field.field_info, params.Form)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Look at everything that can be judged without the body first."""
        handle = super().get_route_handler()
        guard, takes_json = self.guard, self.takes_json
        known = {field.alias for field in self.dependant.query_params}
        for inner in self.dependant.dependencies:
            known |= {field.alias for field in inner.query_params}

        async def strictly(request: Request) -> Response:
            if guard is not None:
                await guard(request)
            if guard is not None and (unknown := sorted(set(request.query_params) - known)):
                raise problems.unreadable(
                    [{"field": name[:100], "what": "is not a known parameter"} for name in unknown]
                )
            if takes_json and not _is_json(request.headers.get("content-type", "")):
                raise problems.of_status(415, "Send application/json.", {"Accept": "application/json"})
            return await handle(request)

        return strictly


def read_as(model: type[BaseModel]) -> WrapValidator:
    """Read a JSON body as every other door reads it: strictly, with our own words for what is wrong.

    `body: Annotated[TimeOff, read_as(TimeOff)]`.
    """
    return WrapValidator(lambda raw, _handler: parse(model, raw))


def door(tag: str) -> APIRouter:
    """Make the router of one area; its routes are told as `tag` in the documentation."""
    return APIRouter(route_class=DoorRoute, tags=[tag])


def _is_json(content_type: str) -> bool:
    message = email.message.Message()
    message["content-type"] = content_type
    return bool(content_type) and message.get_content_type() == "application/json"


class TooLarge(HTTPException):
    """A body grew larger than is taken, while it was read."""

    def __init__(self, largest: int) -> None:
        super().__init__(413, f"At most {largest:,} bytes are taken here.")


class TooSlow(HTTPException):
    """Nothing more of a body came for too long."""

    def __init__(self) -> None:
        super().__init__(408, "The body did not come in time.", {"Connection": "close"})


class BodyLimit:
    """Refuse bodies that are too large, by what they say of themselves, else once they are; and those that stop."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting its bytes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        largest = LARGEST.get(scope["path"], LARGEST_BODY)
        said = dict(scope["headers"]).get(b"content-length", b"")
        if said.isdigit() and int(said) > largest:
            problem = problems.of_status(413, TooLarge(largest).detail, {"Connection": "close"})
            await problem.response()(scope, receive, send)
            return
        taken, whole = 0, False

        async def counted() -> Message:
            nonlocal taken, whole
            try:
                # Once it has come whole, what is awaited is that the client goes away.
                async with asyncio.timeout(None if whole else PATIENCE_S):
                    message = await receive()
            except TimeoutError:
                raise TooSlow from None
            taken, whole = taken + len(message.get("body", b"")), not message.get("more_body", False)
            if taken > largest:
                raise TooLarge(largest)
            return message

        await self._app(scope, counted, send)

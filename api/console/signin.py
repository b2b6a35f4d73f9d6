"""Signing in and out: by a one-time link on this machine, or through the house's identity provider.

A link's page only asks; its button signs in, for what fetches links ahead presses none. Whoever signs in gets a cookie
that no browser had before.
"""

import base64
import hmac
import json
from datetime import timedelta

import structlog
from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from adapters.oidc import NotVouched, ProviderAway
from api.console.files import ours
from api.console.frame import note, page
from api.console.viewing import Form, Untellable, Viewer, acted, console, cookie_name, foreign, secure, viewer_of
from api.doors import FrontDep
from db.sessions import LONGEST
from db.sign_in_links import Invited
from db.tables.words import ActOutcome
from models.access import Right
from runtime.front import Front
from runtime.signing_in import Unwelcome, coming_in, is_loopback, links_work, taken_from

router = console()

PER_ADDRESS = 30
"""Links that are looked at in a minute from one address."""

PER_OFFICE = 600
"""Steps to the identity provider and back that are taken in a minute from one address: a whole house comes at nine."""

AWAY = timedelta(minutes=10)
"""How long somebody may take at the identity provider."""

PASSED_ON = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""What proxies say of whom they ask for."""

LONGEST_NEXT = 2000
LARGEST_COOKIE = 4096
"""Browsers keep none that is larger."""

log = structlog.stdlib.get_logger("baton.doors")

_OVER = "It signs in once, within 10 minutes. Get a fresh one: python starter.py signin"

Anybody = acted(*Right)


@router.get("/signin")
async def sign_in(request: Request, front: FrontDep, next: str = "/") -> Response:  # noqa: A002 - its name in addresses
    """Show how one signs in here."""
    viewer = await viewer_of(request)
    if viewer is not None:
        return RedirectResponse(ours(next), 303)
    return await page(
        request,
        None,
        "signin.html",
        title="Sign in",
        next=ours(next),
        links=links_work(front.settings),
        provider=front.settings.oidc_name if front.provider else "",
    )


@router.get("/signin/link/{token}")
async def look(token: str, request: Request, front: FrontDep) -> Response:
    """Ask whether to sign in; nothing is used up."""
    _on_this_machine(request, front)
    invited = await front.store.sign_in_links.look(token, at=front.clock())
    if invited is None:
        raise Untellable(404, "This link is used up", _OVER)
    return await page(request, None, "signin_link.html", title="Sign in", invited=invited, token=token)


@router.post("/signin/link/{token}")
async def use(token: str, request: Request, front: FrontDep) -> Response:
    """Use a link up, and sign its person in."""
    _on_this_machine(request, front)
    if foreign(request):
        raise Untellable(403, "This did not come from the page", "Nobody was signed in. Open the link itself.")
    invited = await front.store.sign_in_links.use(token, at=front.clock())
    if invited is None:
        raise Untellable(404, "This link is used up", _OVER)
    return await signed_in(request, front, invited, how="link", where="/")


@router.get("/signin/oidc")
async def leave(request: Request, front: FrontDep, next: str = "/") -> Response:  # noqa: A002 - its name in addresses
    """Send somebody to the identity provider, and keep in their browser what has to come back with them."""
    request.app.state.pace.count_address(request, "signin-away", PER_OFFICE)
    if front.provider is None:
        raise Untellable(404, "Nobody vouches for people here", "No identity provider is named.")
    try:
        begun = await front.provider.begin(_back(front))
    except ProviderAway as error:
        raise _away(error) from None
    kept = {"state": begun.state, "nonce": begun.nonce, "verifier": begun.verifier, "next": ours(next[:LONGEST_NEXT])}
    answer = RedirectResponse(begun.url, 303)
    answer.set_cookie(
        _waits(request),
        base64.urlsafe_b64encode(json.dumps(kept).encode()).decode(),
        max_age=int(AWAY.total_seconds()),
        secure=secure(request),
        httponly=True,
        samesite="lax",
        path="/",
    )
    return answer


@router.get("/signin/oidc/back")
async def come_back(
    request: Request, front: FrontDep, code: str = "", state: str = "", iss: str | None = None
) -> Response:
    """Take somebody back from the identity provider, and sign them in as whom it vouches for."""
    request.app.state.pace.count_address(request, "signin-away", PER_OFFICE)
    kept = _kept(request.cookies.get(_waits(request), ""))
    if front.provider is None or kept is None or not hmac.compare_digest(kept["state"].encode(), state.encode()):
        raise Untellable(400, "This is not where you left", "Nobody was signed in. Begin anew, in one window.")
    if not code:
        raise Untellable(403, "You were not signed in", "Your company account did not let you. Begin anew.")
    try:
        vouched = await front.provider.finish(
            code, _back(front), nonce=kept["nonce"], verifier=kept["verifier"], issuer=iss, now=front.clock()
        )
        invited = await coming_in(front.settings, front.store, vouched, at=front.clock())
    except ProviderAway as error:
        raise _away(error) from None
    except NotVouched as error:
        log.warning("signin_refused", because=str(error))
        raise Untellable(
            403, "You were not signed in", "Your company account could not be checked. Begin anew."
        ) from None
    except Unwelcome as error:
        log.warning("signin_refused", because=error.heading)
        raise Untellable(403, error.heading, error.sentence) from None
    answer = await signed_in(request, front, invited, how=invited.by, where=kept["next"])
    answer.delete_cookie(_waits(request), secure=secure(request), httponly=True, samesite="lax", path="/")
    return answer


@router.post("/signout")
async def sign_out(request: Request, _form: Form, front: FrontDep, viewer: Viewer = Anybody) -> Response:
    """End the session, and let the browser forget its cookie."""
    await front.store.sessions.end(viewer.session, at=front.clock())
    await note(front, viewer, "sign_out", ActOutcome.DONE, "Signed out.")
    answer = RedirectResponse("/signin", 303)
    answer.delete_cookie(cookie_name(request), secure=secure(request), httponly=True, samesite="lax")
    return answer


async def signed_in(request: Request, front: Front, who: Invited, *, how: str, where: str) -> Response:
    """Open a session for somebody in a cookie that nobody had before, and send them on; a former session ends."""
    now, former = front.clock(), await viewer_of(request)
    if former is not None:
        await front.store.sessions.end(former.session, at=now)
    token = await front.store.sessions.open(
        who.member_id, who.name, who.roles, person_id=who.person_id, how=how, at=now
    )
    viewer = await front.store.sessions.find(token, at=now)
    if viewer is None:
        raise Untellable(403, "You may not come in", "An administrator has closed this door to you.")
    await note(front, viewer, "sign_in", ActOutcome.DONE, f"Signed in by {how}.", about=how)
    answer = RedirectResponse(ours(where), 303)
    answer.set_cookie(
        cookie_name(request),
        token,
        max_age=int(LONGEST.total_seconds()),
        secure=secure(request),
        httponly=True,
        samesite="lax",
        path="/",
    )
    return answer


def _back(front: Front) -> str:
    """Give where the identity provider sends people back to."""
    return f"{front.settings.public_url}/signin/oidc/back"


def _waits(request: Request) -> str:
    """Name the cookie of whoever is away at the identity provider."""
    return f"{cookie_name(request)}-signin"


def _kept(cookie: str) -> dict[str, str] | None:
    """Read what was kept for the way back; None for what we did not write."""
    try:
        found = json.loads(base64.urlsafe_b64decode(cookie.encode())) if len(cookie) <= LARGEST_COOKIE else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or set(found) != {"state", "nonce", "verifier", "next"}:
        return None
    return found if all(isinstance(one, str) and one.isprintable() for one in found.values()) else None


def _away(error: ProviderAway) -> Untellable:
    log.warning("identity_provider_away", because=str(error))
    return Untellable(503, "Not now", "Your company's sign-in does not answer at this moment. Try again in a minute.")


def _on_this_machine(request: Request, front: Front) -> None:
    """Count the request, and refuse it unless it comes from the machine that people reach the console on."""
    request.app.state.pace.count_address(request, "signin", PER_ADDRESS)
    asks = request.client.host if request.client else None
    # Whoever comes over a proxy that nobody named seems to be the proxy, which may well run on this machine.
    passed_on = not front.settings.forwarded_allow_ips and any(name in request.headers for name in PASSED_ON)
    named = is_loopback(request.url.hostname)
    if passed_on or not (links_work(front.settings) and taken_from(asks, front.settings) and named):
        raise Untellable(
            403, "Links do not sign in here", "They do on one's own machine only. Sign in as your team does."
        )

"""Somebody at the console in a real browser, before a running house.

seat = await desk.seat(Role.OPS)
page = await seat.open("/")
seat.complaints  # what the browser's console said, and what was asked of other houses
"""

from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from api.console.viewing import Viewer
from models.access import Role
from runtime import clock
from tests.api.answering import House

WIDE = {"width": 1400, "height": 900}
NARROW = {"width": 390, "height": 844}
EVERYBODY = (Role.ADMIN, Role.MANAGER, Role.OPS, Role.PRIVACY)


@dataclass(frozen=True)
class Seat:
    """One browser that is signed in; `complaints` fills as pages say something that they should not."""

    context: BrowserContext
    url: str
    viewer: Viewer
    complaints: list[str] = field(default_factory=list)

    async def open(self, path: str) -> Page:
        """Open a page in a tab of its own."""
        page = await self.context.new_page()
        page.on("console", lambda message: self._said(message))  # noqa: PLW0108 - Playwright writes into what it is given
        page.on("pageerror", lambda error: self.complaints.append(f"{path}: {error}"))
        page.on("request", lambda request: self._asked(request))  # noqa: PLW0108
        page.on("dialog", lambda dialog: self.complaints.append(f"{path}: a dialog: {dialog.message}"))
        await page.goto(self.url + path)
        return page

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.location.get('url')}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:")):
            self.complaints.append(f"asked another house: {request.url}")


@dataclass(frozen=True)
class Desk:
    """A house whose console people sit at."""

    house: House
    browser: Browser
    url: str

    async def seat(self, *roles: Role, person_id: str | None = None, **context: Any) -> Seat:
        """Sign somebody in, in a browser of their own; `context` is Playwright's, as `java_script_enabled`."""
        front = self.house.front
        member_id = person_id or "-".join(sorted(roles))
        token = await front.store.sessions.open(
            member_id, member_id.title(), roles, person_id=person_id, how="tests", at=clock.now()
        )
        viewer = await front.store.sessions.find(token, at=clock.now())
        assert viewer is not None
        made = await self.browser.new_context(**{"viewport": WIDE, "locale": "en-GB", **context})
        await made.add_cookies([{"name": "baton", "value": token, "url": self.url}])
        return Seat(made, self.url, viewer)

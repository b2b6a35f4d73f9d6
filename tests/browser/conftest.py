"""A real browser before the real app: the doors listen on loopback, and reps open their links in Chromium."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright
from temporalio.client import Client

from tests.api.answering import House, answering_house
from tests.api.house import listening
from tests.browser.chromium import find_chromium
from tests.browser.desk import Desk

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True)
class Phone:
    """Somebody with a phone, or with a keyboard."""

    house: House
    browser: Browser
    url: str

    async def open(self, path: str, **context: Any) -> Page:
        """Open a path as a phone does; `context` is Playwright's, as `java_script_enabled`."""
        given = {"viewport": PHONE, "has_touch": True, "is_mobile": True, "locale": "en-GB", **context}
        made = await self.browser.new_context(**given)
        page = await made.new_page()
        answer = await page.goto(self.url + path)
        assert answer is not None
        return page


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, headless."""
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(executable_path=find_chromium(playwright))
        yield made
        await made.close()


@pytest.fixture(scope="session")
async def phone(
    browser: Browser, temporal_client: Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Phone]:
    """A phone, and a house whose doors it reaches."""
    async with (
        answering_house(temporal_client, tmp_path_factory.mktemp("browser")) as house,
        listening(house.doors.app) as url,
    ):
        yield Phone(house, browser, url)


async def complaints(page: Page, *rules: str) -> list[str]:
    """List what axe finds wrong with a page: by WCAG 2.2 AA and its best practices, or by these rules alone."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE)
    only = {"runOnly": list(rules)} if rules else {}
    found = await page.evaluate("options => axe.run(options)", {"resultTypes": ["violations"], **only})
    return [f"{one['id']}: {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]]


@pytest.fixture(scope="session")
async def desk(phone: Phone) -> Desk:
    """The same house's console."""
    return Desk(phone.house, phone.browser, phone.url)

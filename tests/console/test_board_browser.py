"""The board in a real browser: it changes under one's hands, and takes nothing out of them."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from api.console.stream import Streams
from models.access import Role
from models.lead import Stage
from tests.api.house import Doors, listening
from tests.browser.chromium import find_chromium
from tests.console.board_rows import change, put
from tests.console.house import visiting


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium, headless."""
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(executable_path=find_chromium(playwright))
        yield made
        await made.close()


async def test_what_is_in_hand_stays_while_the_board_changes(doors: Doors, browser: Browser) -> None:
    """A tick, the focus and the chosen act outlive an update; without script the same board reads as of its opening."""
    doors.app.state.streams = Streams(doors.front, every_s=0.05, heartbeat_s=5)
    await put(doors, "one")
    await put(doors, "two")
    complaints: list[str] = []
    async with visiting(doors, Role.OPS) as ops, listening(doors.app) as base:
        page = await _open(browser, base, ops.token)
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(base)
        await expect(page.locator(".steady")).to_have_text("It keeps itself up to date.")
        await page.check("#tick-one")
        await page.select_option("#f-do", "pause")
        await page.focus("#to-two")
        await change(doors, "two", stage=Stage.ACCEPTED, next_step="wait for the first contact")
        await expect(page.locator("#lead-two")).to_contain_text("wait for the first contact")
        assert await page.is_checked("#tick-one")
        assert not await page.is_checked("#tick-two")
        assert "to-two" == await page.evaluate("document.activeElement.id")
        assert "pause" == await page.input_value("#f-do")
        await page.click("button[value=ticked]")
        await expect(page.locator("h1")).to_have_text("Pause: 1 lead?")
        plain = await _open(browser, base, ops.token, script=False)
        await plain.goto(base)
        await expect(plain.locator(".steady")).to_have_text("Open it anew to see what is new.")
        await expect(plain.locator("#lead-two")).to_contain_text("wait for the first contact")
        for number in range(25):
            await put(doors, f"more-{number}", breached=True)
        await plain.set_viewport_size({"width": 1400, "height": 900})
        await plain.goto(base)
        bottoms = await plain.eval_on_selector_all(
            "tr[id]", "rows => rows.map(row => row.getBoundingClientRect().bottom)"
        )
        assert sum(bottom <= 900 for bottom in bottoms) >= 20, "a lead is one line on a wide screen"
        for one in (page, plain):
            await one.context.close()
    assert [] == complaints


async def test_a_page_that_was_refused_and_hidden_has_one_stream(
    doors: Doors, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often its stream was refused, and however often somebody looks away: a page that is seen has one."""
    streams = doors.app.state.streams = Streams(doors.front, every_s=0.05, heartbeat_s=1)
    await put(doors, "one")
    async with visiting(doors, Role.OPS) as ops, listening(doors.app) as base:
        page = await _open(browser, base, ops.token)
        with monkeypatch.context() as full:
            full.setattr("api.console.stream.MOST", 0)
            await page.goto(base)
            await expect(page.locator(".steady")).to_contain_text("What you see may be old")
        await expect(page.locator(".steady")).to_have_text("It keeps itself up to date.")
        for hidden in (True, False):
            await page.evaluate(
                "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });"
                " document.dispatchEvent(new Event('visibilitychange')); }",
                hidden,
            )
            async with asyncio.timeout(10):
                while streams.number != int(not hidden):  # noqa: ASYNC110 - the server notices by itself
                    await asyncio.sleep(0.02)
        await change(doors, "one", headline="demo request, changed")
        await expect(page.locator("#lead-one")).to_contain_text("changed")
        assert 1 == streams.number
        await page.context.close()


async def _open(browser: Browser, base: str, token: str, *, script: bool = True) -> Page:
    context = await browser.new_context(java_script_enabled=script)
    await context.add_cookies([{"name": "baton", "value": token, "url": base}])
    return await context.new_page()

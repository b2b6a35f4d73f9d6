"""The page behind a link in a real browser: on a phone, without JavaScript, by keyboard, for a screen reader."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, Request, expect

from tests.browser.conftest import Phone, complaints

GROUND = "getComputedStyle(document.body).backgroundColor"
TARGETS = "button, a.button, summary, select, input:not([type=hidden])"
LONG = {
    "company": {
        "name": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
        "employees": 9,
    },
    "title": "Chief " * 30,
    "message": "x" * 900,
}


async def _wide(page: Page) -> int:
    wide: int = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide


async def test_a_tap_takes_the_lead_without_javascript(phone: Phone) -> None:
    """From the link to the number to call, on a phone; nothing is asked of anybody else."""
    lead_id, owner = await phone.house.offered()
    page = await phone.open(phone.house.path(lead_id, 1, owner), java_script_enabled=False)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(_origin(request)))
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"Company {lead_id}")
    await page.get_by_role("button", name="Take it").tap()
    await expect(page.get_by_role("status")).to_have_text("It is yours.")
    call = page.get_by_role("link", name="Call +4930901820")
    assert "tel:+4930901820" == await call.get_attribute("href")
    await page.get_by_role("button", name="I reached out").tap()
    await expect(page.get_by_role("status")).to_have_text("Noted: you reached out.")
    assert {phone.url} == set(asked)
    await page.context.close()


async def test_passing_it_on_works_without_javascript(phone: Phone) -> None:
    """The reasons unfold, one is chosen, and the page says that it is done."""
    lead_id, owner = await phone.house.offered()
    page = await phone.open(phone.house.path(lead_id, 1, owner), java_script_enabled=False)
    await page.get_by_text("Pass it on…").tap()
    await page.get_by_label("Why is it not for you?").select_option("I am away")
    await page.get_by_role("button", name="Pass it on").tap()
    await expect(page.get_by_role("status")).to_contain_text("You passed it on.")
    await page.context.close()


async def test_a_keyboard_is_enough(phone: Phone) -> None:
    """Everything is reached in order, and where one is can be seen."""
    lead_id, owner = await phone.house.offered()
    page = await phone.open(
        phone.house.path(lead_id, 1, owner), java_script_enabled=False, is_mobile=False, has_touch=False
    )
    reached = []
    for _ in range(3):
        await page.keyboard.press("Tab")
        reached.append(await page.evaluate("document.activeElement.innerText"))
        outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert "solid" == outline, reached
    assert ["Take it", "Pass it on…", "How it came to you"] == reached
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.type("It is")
    await page.keyboard.press("Tab")
    await page.keyboard.type("small")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("You passed it on.")
    timeline = await phone.house.temporal.get_workflow_handle(f"lead-{lead_id}").query("timeline")
    declined = [entry["says"] for entry in timeline if entry["kind"] == "declined"]
    assert ["It is the wrong lead for me: small" in says for says in declined] == [True]
    await page.context.close()


async def _asked_why(phone: Phone, page: Page, alert: str) -> None:
    for summary in await page.locator("summary").all():
        await summary.click()


async def _mine(phone: Phone, page: Page, alert: str) -> None:
    await page.get_by_role("button", name="Take it").click()
    await expect(page.get_by_role("heading", name="Get in touch with Kim Lake")).to_be_visible()


async def _late(phone: Phone, page: Page, alert: str) -> None:
    await phone.house.tap(alert, "take")
    await page.get_by_role("button", name="Take it").click()
    await expect(page.get_by_role("alert")).to_be_visible()


async def _nowhere(phone: Phone, page: Page, alert: str) -> None:
    await page.goto(f"{phone.url}/a/none")


States = Callable[[Phone, Page, str], Awaitable[None]]


@pytest.mark.parametrize("state", [_asked_why, _mine, _late, _nowhere])
async def test_everybody_can_read_and_reach_it(phone: Phone, state: States) -> None:
    """No complaint of axe in any state, light or dark; what is tapped is 44 pixels high; nothing runs off the side."""
    lead_id, owner = await phone.house.offered(**(LONG if state is _asked_why else {}))
    page = await phone.open(phone.house.path(lead_id, 1, owner), color_scheme="light")
    await state(phone, page, phone.house.path(lead_id, 1, "mia", "alert"))
    assert ([], 0) == (await complaints(page), await _wide(page))
    boxes = [await one.bounding_box() for one in await page.locator(TARGETS).all() if await one.is_visible()]
    assert [] == [box for box in boxes if box is None or box["height"] < 44 or box["width"] < 44]
    light = await page.evaluate(GROUND)
    await page.emulate_media(color_scheme="dark")
    assert [] == await complaints(page, "color-contrast")
    assert ("rgb(244, 245, 247)", "rgb(16, 19, 25)") == (light, await page.evaluate(GROUND))
    await page.context.close()


async def test_what_is_to_be_done_is_in_sight(phone: Phone) -> None:
    """On a phone nobody has to scroll to take a lead."""
    lead_id, owner = await phone.house.offered()
    page = await phone.open(phone.house.path(lead_id, 1, owner))
    await expect(page.get_by_role("button", name="Take it")).to_be_in_viewport(ratio=1)
    await page.context.close()


async def test_a_screen_reader_hears_what_there_is(phone: Phone) -> None:
    """One heading, the facts as terms, buttons by their names, in the order in which they are read."""
    lead_id, owner = await phone.house.offered()
    page = await phone.open(phone.house.path(lead_id, 1, owner))
    await expect(page.locator("main")).to_match_aria_snapshot(f"""
        - main:
          - article:
            - paragraph: Yours to take
            - heading "Company {lead_id}" [level=1]
            - paragraph
            - term: Asks for
            - definition: demo request
            - term: Who
            - definition: Kim Lake, Chief Operating Officer
            - term: Company
            - definition: 40,000 employees
            - term: Due
            - definition
            - term: Then
            - definition
            - region "Why you"
            - region "Your answer":
              - button "Take it"
    """)
    await page.context.close()


def _origin(request: Request) -> str:
    scheme, _, rest = request.url.partition("://")
    return f"{scheme}://{rest.split('/')[0]}"

"""The console in a real browser before a running house: it moves by itself, and answers with and without JavaScript."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from api.console.viewing import ConsoleRoute
from models.access import Role
from tests.browser.conftest import complaints
from tests.browser.desk import EVERYBODY, NARROW, Desk

HOSTILE = '"><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>{{7*7}}\u202egnp.exe'


async def _with(page: Page, lead_id: str) -> str:
    """Say whom the board shows a lead with."""
    return await page.locator(f"#lead-{lead_id} td[data-label=With]").inner_text()


async def test_the_board_moves_while_a_lead_climbs(desk: Desk) -> None:
    """From one rung to the next, without a reload, and the focus stays where it was."""
    lead_id, owner = await desk.house.offered()
    seat = await desk.seat(Role.OPS, Role.MANAGER)
    page = await seat.open("/")
    await page.get_by_role("searchbox").fill(f"Company {lead_id}")
    await page.get_by_role("searchbox").press("Enter")
    row = page.locator(f"#lead-{lead_id}")
    await expect(row).to_contain_text("offered")
    before = await _with(page, lead_id)
    await page.evaluate("window.kept = 1")
    await page.locator(f"#to-{lead_id}").focus()
    climbed = await desk.house.front.speaker.say(
        "decline", lead_id, {"rep_id": owner, "offer": 1, "reason": "on the road"}
    )
    assert "done" == climbed.outcome, climbed.sentence
    await expect(row.locator("td[data-label=With]")).not_to_have_text(before, timeout=15_000)
    await expect(row).to_contain_text("offered")
    assert 1 == await page.evaluate("window.kept")
    assert f"to-{lead_id}" == await page.evaluate("document.activeElement.id")
    assert [] == seat.complaints
    await seat.context.close()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
@pytest.mark.parametrize("where", ["/mine", "/leads/{lead_id}"])
async def test_a_lead_is_taken_with_one_tap(desk: Desk, where: str, script: bool) -> None:
    """On a phone: from one's own list, or from the lead's page; it says what came of it."""
    lead_id, owner = await desk.house.offered()
    seat = await desk.seat(Role.REP, person_id=owner, viewport=NARROW, java_script_enabled=script)
    page = await seat.open(where.format(lead_id=lead_id))
    await (
        page.get_by_role("button", name=re.compile("^(Accept|Take it)"))
        .and_(page.locator(f"form[action*='{lead_id}/'] button"))
        .click()
    )
    await expect(page.get_by_role("status").first).to_contain_text("Done")
    await desk.house.until_stage(lead_id, "accepted")
    await page.goto(f"{desk.url}/leads/{lead_id}")
    await expect(page.locator("main")).to_contain_text("accepted")
    assert [] == seat.complaints
    await seat.context.close()


async def test_what_a_stranger_wrote_is_only_words(desk: Desk) -> None:
    """Markup, templates and letters that turn round in every field a form has: shown, and never run."""
    company = {"name": f"Evil {HOSTILE}", "industry": HOSTILE, "employees": 40_000}
    lead_id, owner = await desk.house.offered(
        company=company, first_name=HOSTILE[:60], title=HOSTILE[:100], message=HOSTILE
    )
    seat = await desk.seat(*EVERYBODY, Role.REP, person_id=owner)
    for path in (f"/leads/{lead_id}", "/", "/mine", f"/?q={lead_id}", "/log", "/ops/messages"):
        page = await seat.open(path)
        assert await page.evaluate("window.hacked === undefined"), path
        assert "49" != await page.title()
        assert 0 == await page.locator("main img, main script").count(), path
    assert [] == seat.complaints
    await seat.context.close()


async def test_a_rep_is_not_shown_what_is_not_theirs_to_do(desk: Desk) -> None:
    """No room, and no button, that their role does not open."""
    lead_id, owner = await desk.house.offered()
    seat = await desk.seat(Role.REP, person_id=owner)
    page = await seat.open(f"/leads/{lead_id}")
    rooms = await page.get_by_role("navigation", name="Rooms").get_by_role("link").all_inner_texts()
    assert ["Board", "My leads", "Policy"] == rooms
    actions = await page.locator("main form").evaluate_all("forms => forms.map(form => new URL(form.action).pathname)")
    manages = {f"/leads/{lead_id}/{name}" for name in ("reassign", "take", "pause", "escalate", "disqualify", "erase")}
    assert set() == manages & set(actions)
    await seat.context.close()


async def test_a_keyboard_is_enough(desk: Desk) -> None:
    """To the content, to the search, and out of a menu."""
    seat = await desk.seat(Role.OPS)
    page = await seat.open("/")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="To the content")).to_be_focused()
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox")).to_be_focused()
    menu = page.locator("details.who")
    await menu.locator("summary").focus()
    await page.keyboard.press("Enter")
    await expect(menu).to_have_attribute("open", "")
    await page.keyboard.press("Escape")
    await expect(menu).not_to_have_attribute("open", "")
    await expect(menu.locator("summary")).to_be_focused()
    await seat.context.close()


async def test_the_colours_are_whose_they_are(desk: Desk) -> None:
    """Dark or light as the system is, until somebody chooses; the choice holds on every page."""
    ground = "getComputedStyle(document.body).backgroundColor"
    seat = await desk.seat(Role.OPS, color_scheme="dark")
    page = await seat.open("/")
    dark = await page.evaluate(ground)
    await page.locator("details.who > summary").click()
    await page.get_by_role("button", name="Light", exact=True).click()
    light = await page.evaluate(ground)
    await page.goto(f"{desk.url}/log")
    assert dark != light
    assert light == await page.evaluate(ground)
    await seat.context.close()


ASKED = {"/board/bulk": "?do=pause&of=all"}
"""What pages have to be asked that say nothing by themselves."""


def _pages(desk: Desk, **known: str) -> list[str]:
    """Give an address of every page that the console has, as far as what its address names is known."""
    found = []
    for route in desk.house.doors.app.routes:
        path, methods = getattr(route, "path", ""), getattr(route, "methods", None) or set()
        if "GET" not in methods or not isinstance(route, ConsoleRoute) or path.endswith((".csv", ".md", ".yaml")):
            continue
        if path.startswith(("/static/", "/signin/")) or path.endswith("/stream"):
            continue
        if all(f"{{{name}}}" not in path or name in known for name in re.findall(r"{(\w+)", path)):
            found.append(path.format(**known) + ASKED.get(path, ""))
    return found


SHAPES: tuple[dict[str, Any], ...] = (
    {"viewport": NARROW, "is_mobile": True, "has_touch": True, "color_scheme": "dark"},
    {"color_scheme": "light"},
)


@pytest.mark.timeout(240)
async def test_every_page_can_be_read_by_everybody(desk: Desk) -> None:
    """Each page, by turns on a phone in the dark and on a desk in the light: axe, its console, its width."""
    lead_id, owner = await desk.house.offered()
    seats = [await desk.seat(*EVERYBODY, Role.REP, person_id=owner, **shape) for shape in SHAPES]
    found = []
    for number, path in enumerate(_pages(desk, lead_id=lead_id)):
        found += await _looked_at(seats[number % 2], path)
    assert [] == found
    assert [[], []] == [seat.complaints for seat in seats]
    for seat in seats:
        await seat.context.close()


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_every_page_can_be_read_by_everybody_everywhere(desk: Desk) -> None:
    """The long form: each page in each shape."""
    lead_id, owner = await desk.house.offered()
    for shape in SHAPES:
        for colours in ("dark", "light"):
            given = {**shape, "color_scheme": colours}
            seat = await desk.seat(*EVERYBODY, Role.REP, person_id=owner, **given)
            assert [] == [one for path in _pages(desk, lead_id=lead_id) for one in await _looked_at(seat, path)]
            assert [] == seat.complaints
            await seat.context.close()


async def _looked_at(seat: Any, path: str) -> list[str]:
    """Say what is wrong with a page."""
    page = await seat.open(path)
    wrong = [f"{path}: {one}" for one in await complaints(page)]
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    heads = await page.locator("h1").count()
    await page.close()
    return [*wrong, *([f"{path} is {wide} px too wide"] if wide > 0 else []), *([f"{path}: {heads} h1"] * (heads != 1))]

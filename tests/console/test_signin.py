"""Signing in by a one-time link: once, in time, on one's own machine; and out again."""

import re
from collections.abc import AsyncIterator

import httpx2
import pytest

from models.access import Role
from runtime import clock
from runtime.signing_in import invited, link_for
from tests.api.house import Doors


@pytest.fixture
async def browser(doors: Doors) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser in which nobody is signed in."""
    transport = httpx2.ASGITransport(app=doors.app)
    async with httpx2.AsyncClient(transport=transport, base_url=doors.front.settings.public_url) as client:
        yield client


async def a_link(doors: Doors, *roles: Role, person: str | None = None) -> str:
    """Make a link and give its path."""
    who = await invited(doors.store, person, roles, None, "tests")
    link = await link_for(doors.front.settings, doors.store, who, at=clock.now())
    return link.removeprefix(doors.front.settings.public_url)


async def test_a_link_signs_in_once(doors: Doors, browser: httpx2.AsyncClient) -> None:
    """Looking at it changes nothing; its button signs in; a second press does not."""
    path = await a_link(doors, Role.OPS)
    looked = [await browser.get(path) for _ in range(2)]
    assert [200, 200] == [one.status_code for one in looked]
    assert "set-cookie" not in looked[0].headers
    used = await browser.post(path)
    assert (303, "/") == (used.status_code, used.headers["location"])
    cookie = used.headers["set-cookie"]
    assert re.fullmatch(r"baton=[\w-]{43}; HttpOnly; Max-Age=43200; Path=/; SameSite=lax", cookie)
    assert 404 == (await browser.post(path)).status_code
    assert 404 == (await browser.get(path)).status_code
    viewer = await doors.store.sessions.find(browser.cookies["baton"], at=clock.now())
    assert viewer is not None
    assert ("you", frozenset({Role.OPS})) == (viewer.member_id, viewer.roles)

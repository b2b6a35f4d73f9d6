"""Signing in by a one-time link: once, in time, on one's own machine; and out again."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from api.console.signin import PER_ADDRESS
from db.sign_in_links import Invited
from models.access import Role
from runtime import clock
from runtime.signing_in import EVERYTHING, NobodyThere, NotHere, invited, is_loopback, link_for, taken_from
from tests.api.house import Doors, opened
from tests.console.house import visiting

OPS = Invited("you", "You", (Role.OPS,), None, "tests")


def browser_of(doors: Doors, address: str = "127.0.0.1") -> httpx2.AsyncClient:
    """Open a browser in which nobody is signed in."""
    transport = httpx2.ASGITransport(app=doors.app, client=(address, 4711))
    return httpx2.AsyncClient(transport=transport, base_url=doors.front.settings.public_url)


@pytest.fixture
async def browser(doors: Doors) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser on this machine in which nobody is signed in."""
    async with browser_of(doors) as client:
        yield client


async def a_link(doors: Doors, who: Invited = OPS) -> str:
    """Make a link and give its path."""
    link = await link_for(doors.front.settings, doors.store, who, at=clock.now())
    return link.removeprefix(doors.front.settings.public_url)


async def test_a_link_signs_in_once(doors: Doors, browser: httpx2.AsyncClient) -> None:
    """Looking at it changes nothing; its button signs in; a second press does not."""
    path = await a_link(doors)
    looked = [await browser.get(path) for _ in range(2)]
    assert [200, 200] == [one.status_code for one in looked]
    assert "set-cookie" not in looked[0].headers
    used = await browser.post(path)
    assert (303, "/") == (used.status_code, used.headers["location"])
    assert re.fullmatch(r"baton=[\w-]{43}; HttpOnly; Max-Age=43200; Path=/; SameSite=lax", used.headers["set-cookie"])
    assert [404, 404] == [(await browser.post(path)).status_code, (await browser.get(path)).status_code]
    viewer = await doors.store.sessions.find(browser.cookies["baton"], at=clock.now())
    assert viewer is not None
    assert ("you", frozenset({Role.OPS})) == (viewer.member_id, viewer.roles)
    assert ["sign_in"] == [act.what for act in await doors.store.acts.list(who="you")]


async def test_over_https_the_cookie_is_held_to_the_host(tmp_path: Path, doors: Doors) -> None:
    """Browsers neither send it in the open nor take it from another host of the domain."""
    url = doors.front.settings.database_url.get_secret_value()
    async with opened(url, tmp_path, public_url="https://localhost:8443") as house, browser_of(house) as browser:
        used = await browser.post(await a_link(house))
    cookie = used.headers["set-cookie"]
    assert cookie.startswith("__Host-baton=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))


async def test_a_session_begins_afresh_with_each_sign_in(doors: Doors, browser: httpx2.AsyncClient) -> None:
    """A cookie that somebody planted, or that was there before, signs nobody in afterwards."""
    browser.cookies.set("baton", "planted", domain="127.0.0.1")
    await browser.post(await a_link(doors))
    first = browser.cookies["baton"]
    await browser.post(await a_link(doors))
    second = browser.cookies["baton"]
    assert len({"planted", first, second}) == 3
    assert await doors.store.sessions.find(first, at=clock.now()) is None
    assert await doors.store.sessions.find(second, at=clock.now()) is not None


async def test_signing_out_ends_the_session(doors: Doors, browser: httpx2.AsyncClient) -> None:
    """The cookie goes, and is worth nothing to whoever kept it."""
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        out = await ana.post("/signout")
        assert (303, "/signin") == (out.status_code, out.headers["location"])
        assert "Max-Age=0; Path=/;" in out.headers["set-cookie"]
        browser.cookies.set("baton", ana.token)
        assert "/signin" == (await browser.get("/setup/members")).headers["location"].partition("?")[0]


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::7", ""])
async def test_a_link_is_for_this_machine_only(doors: Doors, address: str) -> None:
    """Whoever asks from elsewhere is refused, and the link stays unused."""
    path = await a_link(doors)
    async with browser_of(doors, address) as stranger:
        assert [403, 403] == [(await stranger.get(path)).status_code, (await stranger.post(path)).status_code]
    assert await doors.store.sign_in_links.look(path.rpartition("/")[2], at=clock.now()) == OPS


async def test_a_proxy_on_this_machine_passes_for_nobody(doors: Doors, browser: httpx2.AsyncClient) -> None:
    """Whoever comes over one that nobody named, or under a name that is not this machine's, signs in with no link."""
    path = await a_link(doors)
    foreign = [{"X-Forwarded-For": "203.0.113.7"}, {"Forwarded": "for=203.0.113.7"}, {"Host": "baton.example"}]
    assert [403] * 3 == [(await browser.post(path, headers=headers)).status_code for headers in foreign]
    assert 303 == (await browser.post(path)).status_code


async def test_nobody_gets_a_link_where_others_reach_the_console(tmp_path: Path, doors: Doors) -> None:
    """Neither is one made where the console is public, nor does one that was made before sign in."""
    url, token = doors.front.settings.database_url.get_secret_value(), (await a_link(doors)).rpartition("/")[2]
    async with opened(url, tmp_path, public_url="https://baton.example") as public, browser_of(public) as browser:
        with pytest.raises(NotHere, match=re.escape("https://baton.example (BATON_PUBLIC_URL)")):
            await link_for(public.front.settings, public.store, OPS, at=clock.now())
        assert 403 == (await browser.post(f"/signin/link/{token}")).status_code
        assert "starter.py signin" not in (await browser.get("/signin")).text


async def test_another_houses_page_uses_no_link_up(doors: Doors, browser: httpx2.AsyncClient) -> None:
    """Nobody is signed in by a form that somebody else's page sends."""
    path = await a_link(doors)
    foreign = [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]
    assert [403, 403] == [(await browser.post(path, headers=headers)).status_code for headers in foreign]
    assert 303 == (await browser.post(path)).status_code


async def test_links_that_are_guessed_are_counted(doors: Doors, browser: httpx2.AsyncClient) -> None:
    """After thirty attempts within a minute no more are looked at from that address."""
    statuses = [(await browser.get(f"/signin/link/guess-{number}")).status_code for number in range(PER_ADDRESS + 1)]
    assert [404] * PER_ADDRESS + [429] == statuses


async def test_whoever_is_sent_to_sign_in_comes_back(doors: Doors, browser: httpx2.AsyncClient) -> None:
    """The page that was asked for waits; no other house's does."""
    sent = await browser.get("/log?who=ana")
    assert (303, "/signin?next=/log%3Fwho%3Dana") == (sent.status_code, sent.headers["location"])
    async with visiting(doors, Role.OPS) as ops:
        assert "/log?who=ana" == (await ops.get(sent.headers["location"])).headers["location"]
        for evil in ("//evil.example", "//[", "//evil%E2%84%80.example", "/%09/evil.example", "/%5Cevil.example"):
            assert "/" == (await ops.get(f"/signin?next={evil}")).headers["location"], evil


async def test_a_link_is_as_much_as_its_person(doors: Doors) -> None:
    """Nobody named: everything; somebody of the roster: what they are there; a role given: that one."""
    store = doors.store
    assert Invited("you", "You", EVERYTHING, None, "t") == await invited(store, None, (), None, "t")
    assert Invited("ana", "Ana Abel", (Role.REP,), "ana", "t") == await invited(store, "ana", (), None, "t")
    assert Invited("mia", "Mia Moor", (Role.MANAGER,), "mia", "t") == await invited(store, "mia", (), None, "t")
    assert Invited("ana", "A", (Role.OPS,), "ana", "t") == await invited(store, "ana", [Role.OPS], "A", "t")
    with pytest.raises(NobodyThere):
        await invited(store, "zed", (), None, "t")


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:203.0.113.7", False),
        ("0.0.0.0", False),
        ("192.168.0.7", False),
        ("localhost.evil.example", False),
        ("", False),
        (None, False),
    ],
)
def test_this_machine_is_told_from_others(host: str | None, here: bool) -> None:
    """Only what nobody else can come from counts as this machine."""
    assert is_loopback(host) is here


@pytest.mark.parametrize(
    ("host", "taken"), [("127.0.0.1", True), ("172.18.0.1", True), ("172.32.0.1", False), ("testclient", False)]
)
def test_a_containers_network_may_be_named(doors: Doors, host: str, taken: bool) -> None:
    """Besides this machine, links are taken from the networks that the settings name, and from no other."""
    named = doors.front.settings.model_copy(update={"sign_in_from": ("172.16.0.0/12",)})
    assert taken_from(host, named) is taken
    assert taken_from(host, doors.front.settings) is (host == "127.0.0.1")

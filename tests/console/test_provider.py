"""Signing in through the house's identity provider: a real one on loopback, honest and lying."""

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
import yaml
from joserfc.jwk import ECKey

from config.settings import load_settings
from db.members import Wanted
from models.access import Role
from models.base import parse
from models.roster import Roster
from runtime import clock
from tests.api.house import Doors
from tests.cli.house import ROSTER
from tests.engines.provider import CLIENT_ID, CLIENT_SECRET, TestProvider, providing, query_of

ANA = {"email": "ana@company.example", "email_verified": True}
MIA = Wanted("Mia Stone", "mia@company.example", (Role.ADMIN,), None)

ADDRESSED = (
    ROSTER.replace("id: ana,", "id: ana, email: ana@company.example,")
    .replace("id: ben,", "id: ben, email: ben@company.example, active: false,")
    .replace("id: mia,", "id: mia, email: moor@company.example,")
)


@pytest.fixture(scope="module")
async def listening_provider() -> AsyncIterator[TestProvider]:
    """One that listens for all tests of this file."""
    async with providing() as made:
        yield made


@pytest.fixture
def provider(listening_provider: TestProvider) -> TestProvider:
    """One that knows ana, and lies of nothing yet."""
    fresh = TestProvider(url=listening_provider.url, people={"ana": dict(ANA)})
    vars(listening_provider).update(vars(fresh))
    return listening_provider


@pytest.fixture
def house(doors: Doors, provider: TestProvider) -> Doors:
    """The doors of a house with this provider, whose roster has addresses."""
    return with_provider(doors, provider)


def with_provider(doors: Doors, provider: TestProvider, **more: Any) -> Doors:
    """Name a provider to the app."""
    known = doors.front.settings
    named = {"oidc_issuer": provider.url, "oidc_client_id": CLIENT_ID, "oidc_client_secret": CLIENT_SECRET}
    settings = load_settings(
        state_dir=known.state_dir, database_url=known.database_url, **named, oidc_name="Company Login", **more
    )
    front = replace(doors.front, settings=settings)
    doors.app.state.front = front
    return replace(doors, front=front)


@pytest.fixture(autouse=True)
async def addresses(doors: Doors) -> None:
    """Give ana an address, as roster files do; ben has one, too, and is not active."""
    await doors.store.rosters.save(parse(Roster, yaml.safe_load(ADDRESSED)), at=clock.now())


class Browser:
    """A browser that goes to the provider and comes back."""

    def __init__(self, house: Doors) -> None:
        self.house = house
        self.ours = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=house.app), base_url=house.front.settings.public_url
        )

    async def leave(self, where: str = "/") -> str:
        """Press the button; give where it leads."""
        sent = await self.ours.get("/signin/oidc", params={"next": where})
        assert sent.status_code == 303, sent.text
        return sent.headers["location"]

    async def at_provider(self, url: str) -> str:
        """Sign in there; give where it sends one back to."""
        async with httpx2.AsyncClient(trust_env=False) as client:
            return (await client.get(url)).headers["location"]

    async def sign_in(self, where: str = "/") -> httpx2.Response:
        """Go the whole way."""
        return await self.ours.get(await self.at_provider(await self.leave(where)))

    async def roles(self) -> tuple[str, frozenset[Role], str | None] | None:
        """Say who is signed in here now."""
        found = await self.house.store.sessions.find(self.ours.cookies.get("baton") or "", at=clock.now())
        return None if found is None else (found.member_id, found.roles, found.person_id)


@pytest.fixture
async def browser(house: Doors) -> AsyncIterator[Browser]:
    """A browser in which nobody is signed in."""
    made = Browser(house)
    async with made.ours:
        yield made


async def test_somebody_of_the_roster_comes_in(browser: Browser, provider: TestProvider) -> None:
    """By a verified address: a rep as one, with their leads; back to the page that was asked for."""
    assert "Sign in with Company Login" in (await browser.ours.get("/signin")).text
    answer = await browser.sign_in("/mine?x=1")
    assert (303, "/mine?x=1") == (answer.status_code, answer.headers["location"])
    assert ("ana", frozenset({Role.REP}), "ana") == await browser.roles()
    assert "baton-signin" not in browser.ours.cookies
    provider.people["ana"]["email"] = "Moor@company.example"
    await browser.sign_in()
    assert ("mia", frozenset({Role.MANAGER}), "mia") == await browser.roles()


async def test_who_leaves_the_roster_is_signed_out(browser: Browser) -> None:
    """Whoever came in as somebody of the roster is out once they are not active any more."""
    await browser.sign_in()
    assert await browser.roles() is not None
    await browser.house.store.rosters.set_active("ana", False, at=clock.now())
    assert await browser.roles() is None


async def test_whoever_loses_a_role_in_the_roster_is_signed_out(browser: Browser, doors: Doors) -> None:
    """A manager who is one no more, and still a rep, does not go on as a manager."""
    ana = "  - {id: ana, name: Ana Abel, email: ana@company.example}\n"
    both = ADDRESSED.replace("managers:\n", f"managers:\n{ana}")
    await doors.store.rosters.save(parse(Roster, yaml.safe_load(both)), at=clock.now())
    await browser.sign_in()
    assert ("ana", frozenset({Role.REP, Role.MANAGER}), "ana") == await browser.roles()
    await doors.store.rosters.save(parse(Roster, yaml.safe_load(ADDRESSED)), at=clock.now())
    assert await browser.roles() is None
    await browser.sign_in()
    assert ("ana", frozenset({Role.REP}), "ana") == await browser.roles()


async def test_a_whole_house_comes_in_from_one_address(browser: Browser) -> None:
    """At nine everybody signs in, and all of them behind one router."""
    assert {303} == {(await browser.sign_in()).status_code for _ in range(20)}


async def test_a_member_comes_in_and_is_known_again_by_subject(browser: Browser, provider: TestProvider) -> None:
    """First by address; then by who they are to the provider, whatever their address is by then."""
    members = browser.house.store.members
    member_id = await members.add(MIA, by="tests", at=clock.now())
    provider.who, provider.people["m-1"] = "m-1", {"email": "Mia@Company.example", "email_verified": True}
    await browser.sign_in()
    assert (member_id, frozenset({Role.ADMIN}), None) == await browser.roles()
    provider.people["m-1"] = {"email": "mia.moved@company.example", "email_verified": True}
    await browser.sign_in()
    assert (member_id, frozenset({Role.ADMIN}), None) == await browser.roles()
    known = await members.get(member_id)
    assert known is not None
    assert f"{provider.url} m-1" == known.subject


STRANGERS: tuple[dict[str, Any], ...] = (
    {"email": "stranger@company.example"},
    {"email_verified": False},
    {"email_verified": "yes"},
    {"email_verified": 1},
    {"email": ""},
    {"email": "ben@company.example"},
    {"email": ["ana@company.example"]},
)


async def test_who_is_not_known_is_told_so(browser: Browser, provider: TestProvider) -> None:
    """A stranger, an address that is not verified, none at all, and a rep who is not active: none comes in."""
    for claims in STRANGERS:
        provider.lies = claims
        answer = await browser.sign_in()
        assert (403, True) == (answer.status_code, "We do not know you" in answer.text), claims
        assert "An administrator of Baton can add you" in answer.text, claims
        assert await browser.roles() is None, claims


async def test_who_is_closed_out_or_somebody_else_is_told_so(browser: Browser, provider: TestProvider) -> None:
    """A disabled member stays out, also when the roster has them; another account under one's address does, too."""
    members = browser.house.store.members
    member_id = await members.add(Wanted("Ana", "ana@company.example", (Role.REP,), "ana"), by="t", at=clock.now())
    await browser.sign_in()
    provider.who, provider.people["other"] = "other", dict(ANA)
    assert "You are somebody else here" in (await browser.sign_in()).text
    provider.who = "ana"
    await members.disable(member_id, at=clock.now())
    assert "You may not come in" in (await browser.sign_in()).text
    assert await browser.roles() is None


async def test_a_member_without_an_address_is_the_person_they_are(browser: Browser) -> None:
    """Whoever the roster knows by address is let in as their member, and stays out with it."""
    members, ana = browser.house.store.members, Wanted("Ana", None, (Role.OPS,), "ana")
    await browser.sign_in()
    member_id = await members.add(Wanted("Anna", None, (Role.OPS,), None), by="t", at=clock.now())
    await members.set(member_id, ana, at=clock.now())
    assert await browser.roles() is None
    await browser.sign_in()
    assert (member_id, frozenset({Role.OPS}), "ana") == await browser.roles()
    await members.disable(member_id, at=clock.now())
    assert await browser.roles() is None
    assert "You may not come in" in (await browser.sign_in()).text


LIES: tuple[dict[str, Any], ...] = (
    {"nonce": "another"},
    {"nonce": None},
    {"aud": "another client"},
    {"aud": ["another client", CLIENT_ID], "azp": "another client"},
    {"iss": "https://evil.example"},
    {"exp": 1_000_000_000},
    {"exp": None},
    {"sub": None},
    {"sub": ""},
    {"iat": 9_000_000_000, "exp": 9_000_000_300},
)


async def test_a_token_that_lies_lets_nobody_in(browser: Browser, provider: TestProvider) -> None:
    """For another sign-in, another client, by another provider, too old, of nobody: refused, and told as a page."""
    for lies in LIES:
        provider.lies = lies
        answer = await browser.sign_in()
        assert (403, True) == (answer.status_code, "You were not signed in" in answer.text), lies
        assert await browser.roles() is None, lies
    provider.lies = {}
    assert 303 == (await browser.sign_in()).status_code


async def test_a_token_without_a_public_keys_signature_lets_nobody_in(browser: Browser, provider: TestProvider) -> None:
    """Neither unsigned nor signed with something that is no key of the provider's."""
    for alg in ("none", "HS256"):
        provider.alg = alg
        assert 403 == (await browser.sign_in()).status_code, alg


async def test_a_foreign_key_lets_nobody_in_and_a_new_one_does(
    browser: Browser, provider: TestProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider's keys are asked for again when they have changed, and not for each that somebody makes up."""
    monkeypatch.setattr("adapters.oidc._ANEW", clock.now() - clock.now())
    await browser.sign_in()
    provider.foreign = ECKey.generate_key("P-256", {"kid": str(provider.keys[0].kid)})
    assert 403 == (await browser.sign_in()).status_code
    provider.foreign = None
    provider.keys.append(ECKey.generate_key("P-256", auto_kid=True))
    assert 303 == (await browser.sign_in()).status_code
    monkeypatch.undo()
    provider.foreign, asked = ECKey.generate_key("P-256", auto_kid=True), provider.asked.count("keys")
    assert [403, 403] == [(await browser.sign_in()).status_code for _ in range(2)]
    assert asked == provider.asked.count("keys")
    assert 1 == provider.asked.count("discovery")


async def test_a_code_of_another_browser_lets_nobody_in(browser: Browser, house: Doors) -> None:
    """What one browser began, another cannot end; nor does anything come back that nobody sent away."""
    back = await browser.at_provider(await browser.leave())
    stranger = Browser(house)
    async with stranger.ours:
        assert 400 == (await stranger.ours.get(back)).status_code
        await stranger.leave()
        assert 400 == (await stranger.ours.get(back)).status_code
    assert 400 == (await browser.ours.get(back.replace("state=", "state=x"))).status_code
    assert 403 == (await browser.ours.get(f"{back}&iss=https://evil.example")).status_code
    for planted in ("[" * 2900, '{"state":"","nonce":"","verifier":"\\ud800","next":"/"}', '{"state":1}', "no"):
        browser.ours.cookies.clear()
        browser.ours.cookies.set("baton-signin", base64.urlsafe_b64encode(planted.encode()).decode())
        assert 400 == (await browser.ours.get(back)).status_code, planted


async def test_a_code_counts_once(browser: Browser) -> None:
    """An address from the history signs nobody in again."""
    back = await browser.at_provider(await browser.leave())
    assert 303 == (await browser.ours.get(back)).status_code
    await browser.ours.post("/signout")
    assert 400 == (await browser.ours.get(back)).status_code


async def test_whoever_says_no_there_is_told_so(browser: Browser) -> None:
    """The provider's refusal comes back without a code."""
    state = query_of(await browser.leave())["state"]
    answer = await browser.ours.get("/signin/oidc/back", params={"state": state, "error": "access_denied"})
    assert (403, True) == (answer.status_code, "You were not signed in" in answer.text)


async def test_a_provider_that_is_away_is_told(browser: Browser, provider: TestProvider) -> None:
    """Nobody sees a defect; a minute later it may go."""
    provider.away = True
    answer = await browser.ours.get("/signin/oidc")
    assert (503, True) == (answer.status_code, "does not answer at this moment" in answer.text)
    provider.away = False
    assert 303 == (await browser.sign_in()).status_code


async def test_a_thin_token_is_completed(browser: Browser, provider: TestProvider) -> None:
    """Providers that say nothing in their token are asked for the address."""
    provider.thin = True
    assert 303 == (await browser.sign_in()).status_code
    assert ("ana", frozenset({Role.REP}), "ana") == await browser.roles()


SAID: tuple[tuple[dict[str, Any], set[Role] | None], ...] = (
    ({"realm": {"roles": ["manager", "Ops", "unknown"]}}, {Role.MANAGER, Role.OPS}),
    ({"realm": {"roles": "admin privacy"}}, {Role.ADMIN, Role.PRIVACY}),
    ({"realm.roles": ["rep"]}, {Role.REP}),
    ({"realm": {"roles": []}}, None),
    ({"realm": "admin"}, None),
    ({}, None),
)


async def test_roles_that_the_provider_says_hold_alone(doors: Doors, provider: TestProvider) -> None:
    """Once they are to come from there, nothing that is kept here adds one."""
    house = with_provider(doors, provider, oidc_roles_claim="realm.roles")
    for said, roles in SAID:
        provider.lies, browser = said, Browser(house)
        async with browser.ours:
            answer = await browser.sign_in()
            signed_in = await browser.roles()
        if roles is None:
            assert (403, True) == (answer.status_code, "You have no role here" in answer.text), said
        assert signed_in == (None if roles is None else ("ana", frozenset(roles), "ana")), said

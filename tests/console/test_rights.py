"""Every route of the console before every role: who may not is refused by the server, whatever page they came from.

The routes are the app's own table, so that a page that is added tomorrow is asked, too.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from api.console.viewing import ConsoleRoute, Guard
from models.access import RIGHTS, Right, Role
from tests.api.house import Doors
from tests.console.house import Visitor, visiting

OPEN = {
    ("GET", "/static/console/{name:path}"),
    ("GET", "/signin"),
    ("GET", "/signin/link/{token}"),
    ("POST", "/signin/link/{token}"),
    ("GET", "/signin/oidc"),
    ("GET", "/signin/oidc/back"),
}
"""What nobody need be signed in for."""

ANYBODYS = frozenset(Right)
NEEDED: tuple[tuple[str, str, frozenset[Right]], ...] = (
    (".*", "/(theme|signout)", ANYBODYS),
    ("POST", "/leads/{lead_id}/erase", frozenset({Right.ERASE})),
    ("POST", "/ops/models/{version}/(publish|retire)", frozenset({Right.PUBLISH})),
    ("POST", "/policy/(.*/)?publish", frozenset({Right.PUBLISH})),
    (".*", "/policy/drafts.*", frozenset({Right.DRAFT, Right.PUBLISH})),
    ("GET", "/policy.*", frozenset({Right.SEE, Right.DRAFT, Right.PUBLISH})),
    ("POST", "/policy.*", frozenset({Right.DRAFT, Right.PUBLISH})),
    (".*", "/setup/members.*", frozenset({Right.MEMBERS})),
    (".*", "/setup/keys.*", frozenset({Right.KEYS})),
    (".*", "/setup.*", frozenset({Right.ROSTER})),
    (".*", "/ops.*", frozenset({Right.OPS})),
    (".*", "/log.*", frozenset({Right.LOG})),
    (".*", "/analytics.*", frozenset({Right.ANALYTICS})),
    (".*", "/accounts.*", frozenset({Right.ACCOUNTS})),
    (".*", "/team.*", frozenset({Right.TEAM, Right.MANAGE})),
    (".*", "/board/bulk.*", frozenset({Right.BULK})),
    (".*", "/mine.*", frozenset({Right.ANSWER, Right.TEAM})),
    ("POST", "/leads/.*", frozenset({Right.ANSWER, Right.MANAGE})),
    ("GET", "/|/leads/.*|/board/stream", frozenset({Right.SEE})),
    ("POST", "/find", frozenset({Right.SEE})),
)
"""What each address may ask for, first fit: written down apart from the routes, so that none is opened by accident."""

ENDLESS = {"/board/stream"}
"""What answers for as long as somebody listens."""


@dataclass(frozen=True)
class Asked:
    """One route, and an address of it."""

    method: str
    pattern: str
    guard: Guard | None

    @property
    def path(self) -> str:
        """Give an address that the route is for."""
        return re.sub(r"\{[^}]*\}", "1", self.pattern)

    def allowed(self, role: Role) -> bool:
        """Say whether somebody of this role alone may."""
        return self.guard is not None and bool(RIGHTS[role] & set(self.guard.rights))

    async def by(self, visitor: Visitor) -> httpx2.Response:
        """Ask as somebody who is signed in, in the right form."""
        return await (visitor.get(self.path) if self.method == "GET" else visitor.post(self.path))


def routes(app: FastAPI) -> Iterator[Asked]:
    """Give every route of the console."""
    for route in app.router.routes:
        if isinstance(route, ConsoleRoute):
            for method in sorted(route.methods or ()):
                yield Asked(method, route.path, route.guard)


def guarded(app: FastAPI) -> list[Asked]:
    """Give those that somebody has to be signed in for."""
    return [one for one in routes(app) if (one.method, one.pattern) not in OPEN]


def test_each_route_has_a_guard_that_fits(doors: Doors) -> None:
    """A route without one is refused here; a POST's acts, a GET's does not; each asks for what its address is for."""
    wrong = []
    for one in guarded(doors.app):
        if one.guard is None:
            wrong.append(f"{one.method} {one.pattern}: for anybody")
            continue
        needed = next((ask for how, where, ask in NEEDED if re.fullmatch(how, one.method) and
                       re.fullmatch(where, one.pattern)), None)  # fmt: skip
        if needed is None or not set(one.guard.rights) <= needed:
            wrong.append(f"{one.method} {one.pattern}: asks for {', '.join(one.guard.rights)}")
        if one.guard.acts != (one.method == "POST"):
            wrong.append(f"{one.method} {one.pattern}: {'acts' if one.guard.acts else 'acts unseen'}")
    assert [] == wrong
    assert {one for one in OPEN if one not in {(each.method, each.pattern) for each in routes(doors.app)}} == set()


async def test_whoever_is_not_signed_in_is_sent_to(doors: Doors) -> None:
    """Nothing is shown and nothing is done; the page that was asked for waits."""
    wrong = []
    for one in guarded(doors.app):
        answer = await doors.client.request(
            one.method, one.path, data={"csrf": "guess"} if one.method == "POST" else None
        )
        if answer.status_code != 303 or not answer.headers["location"].startswith("/signin"):
            wrong.append(f"{one.method} {one.path}: {answer.status_code}")
    assert [] == wrong


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_is_refused_what_is_not_its_own(doors: Doors, role: Role) -> None:
    """As the table of roles says, on the server, with a page that says so; what they tried stands in the log."""
    wrong, tried = [], 0
    async with visiting(doors, role) as visitor:
        for one in guarded(doors.app):
            if one.allowed(role):
                continue
            answer = await one.by(visitor)
            if answer.status_code != 403 or "This is not for you" not in answer.text:
                wrong.append(f"{one.method} {one.path}: {answer.status_code}")
            tried += one.method == "POST"
    assert [] == wrong
    acts = await doors.store.acts.list(limit=1000)
    assert tried == len(acts)
    assert {(role, "refused", True)} == {(act.who, act.outcome, act.what.startswith("tried.")) for act in acts}


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_is_let_in_where_it_may(doors: Doors, tmp_path: Path, role: Role) -> None:
    """No page fails, also where there is nothing of what is asked for; and none that is only looked at writes."""
    wrong = []
    asked = [one for one in guarded(doors.app) if one.allowed(role) and one.pattern not in ENDLESS]
    with closing(sqlite3.connect(tmp_path / "baton.db")) as beside:
        async with visiting(doors, role) as visitor:
            for one in sorted(asked, key=lambda each: each.pattern == "/signout"):
                before = beside.execute("PRAGMA data_version").fetchone()
                answer = await one.by(visitor)
                wrote = before != beside.execute("PRAGMA data_version").fetchone()
                out = answer.headers.get("location", "").startswith("/signin") and one.pattern != "/signout"
                if "This is not for you" in answer.text or answer.status_code in (401, 500) or out:
                    wrong.append(f"{one.method} {one.path}: {answer.status_code}")
                if one.method == "GET" and wrote:
                    wrong.append(f"{one.path}: writes")
    assert [] == wrong


async def test_no_form_counts_without_its_sessions_word(doors: Doors) -> None:
    """Neither without it, nor with another session's, nor from another house's page."""
    everything = tuple(Role)
    wrong = []
    async with visiting(doors, *everything) as one, visiting(doors, *everything, person_id="ana") as other:
        for asked in guarded(doors.app):
            if asked.method != "POST":
                continue
            answers = [
                await one.client.post(asked.path, data={"csrf": ""}),
                await one.client.post(asked.path, data={"csrf": other.viewer.csrf}),
                await one.client.post(
                    asked.path, data={"csrf": one.viewer.csrf}, headers={"Origin": "https://evil.example"}
                ),
            ]
            if [403, 403, 403] != [answer.status_code for answer in answers]:
                wrong.append(f"{asked.path}: {[answer.status_code for answer in answers]}")
        assert [] == list(await doors.store.acts.list())
    assert [] == wrong

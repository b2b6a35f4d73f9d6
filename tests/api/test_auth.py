"""Keys: who may do what, how often, until when; and nothing is told to who has none."""

from datetime import timedelta

import pytest

from models.access import Scope
from runtime import clock
from tests.api.house import Doors

PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer bt_x_y", f"Bearer bt_{'0' * 12}_{'A' * 43}", "Bearer \xe9"],
)
async def test_without_a_key_of_ours_nobody_gets_in(doors: Doors, header: str | None) -> None:
    """Whatever is sent in its place."""
    headers = {} if header is None else {b"authorization": header.encode("latin-1")}
    answer = await doors.client.request("GET", "/v1/routing", headers=headers)
    assert (401, PROBLEM) == (answer.status_code, answer.headers["content-type"])
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_no_part_of_a_key_may_be_changed(doors: Doors) -> None:
    """Each letter counts."""
    key = await doors.key()
    changed = [key[:place] + ("0" if key[place] != "0" else "1") + key[place + 1 :] for place in (3, 8, 16, 30, -1)]
    answers = [(await doors.get("/v1/routing", key=one)).status_code for one in (key, *changed)]
    assert [200, 401, 401, 401, 401, 401] == answers


async def test_the_key_is_looked_at_before_the_body(doors: Doors) -> None:
    """Who has none learns nothing of what would be right."""
    answer = await doors.ask("POST", "/v1/roster", content=b"{", headers={"content-type": "application/json"})
    assert 401 == answer.status_code


async def test_a_key_does_what_its_scopes_say(doors: Doors) -> None:
    """And is told what it lacks."""
    key = await doors.key(Scope.ROSTER_READ)
    assert 200 == (await doors.get("/v1/roster", key=key)).status_code
    refused = await doors.post("/v1/roster", {}, key=key)
    assert (403, "roster:write") == (refused.status_code, refused.json()["scope"])


async def test_a_key_is_paced_by_itself(doors: Doors) -> None:
    """Another one is not slowed by it."""
    slow, other = await doors.key(per_minute=2), await doors.key(per_minute=2)
    answers = [await doors.get("/v1/routing", key=slow) for _ in range(3)]
    assert [200, 200, 429] == [answer.status_code for answer in answers]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    assert 200 == (await doors.get("/v1/routing", key=other)).status_code


async def test_a_rotated_key_leaves_time_to_change_it(doors: Doors) -> None:
    """The former secret holds until it is said to end, the new one at once."""
    keys, now = doors.store.api_keys, clock.now()
    key_id, first = await keys.create("crm", [Scope.OPS], by="tests", at=now)
    second = await keys.rotate(key_id, at=now, former_until=now + timedelta(hours=1))
    for token, later, holds in (
        (first, timedelta(0), True),
        (second, timedelta(0), True),
        (first, timedelta(hours=1), False),
        (second, timedelta(hours=1), True),
    ):
        assert holds == (await keys.find(token, at=now + later) is not None)


async def test_a_revoked_or_expired_key_holds_no_more(doors: Doors) -> None:
    """At once."""
    keys, now = doors.store.api_keys, clock.now()
    key_id, token = await keys.create("crm", [Scope.OPS], by="tests", at=now)
    _, brief = await keys.create("trial", [Scope.OPS], by="tests", at=now, expires_at=now + timedelta(hours=1))
    assert (True, False) == (await keys.revoke(key_id, at=now), await keys.revoke(key_id, at=now))
    assert await keys.find(token, at=now) is None
    assert await keys.find(brief, at=now) is not None
    assert await keys.find(brief, at=now + timedelta(hours=1)) is None


async def test_only_digests_are_kept(doors: Doors) -> None:
    """Who reads the database cannot use what is there."""
    token = await doors.key()
    secret = token.rpartition("_")[2]
    path = str(doors.front.settings.async_database_url).partition("///")[2]
    for suffix in ("", "-wal"):
        with open(path + suffix, "rb") as file:  # noqa: ASYNC230, PTH123
            assert secret.encode() not in file.read()
    assert {"test"} == {known.name for known in await doors.store.api_keys.list()}

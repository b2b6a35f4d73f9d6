"""Links that sign in, and sessions: once, in time, and over at once when somebody says so."""

import asyncio
from datetime import timedelta

from db.engine import Database
from db.sessions import LONGEST, UNUSED, Sessions
from db.sign_in_links import LASTS, Invited, SignInLinks
from models.access import Role
from tests.db.samples import AT

OPS = Invited("you", "You", (Role.OPS,), None, "tests")


async def test_links_and_sessions_end(db: Database) -> None:
    """A link is used once by whoever comes first, and not after ten minutes; a session ends when it was not used."""
    links, sessions, now = SignInLinks(db), Sessions(db), AT
    token = await links.make(OPS, at=now)
    late = now + LASTS
    assert None is await links.use(token, at=late)
    used = await asyncio.gather(*(links.use(token, at=now) for _ in range(3)))
    assert [OPS] == [one for one in used if one is not None]
    assert None is await links.use("guessed", at=now)

    cookie = await sessions.open("you", "You", [Role.OPS], person_id=None, how="link", at=now)
    assert 1 == await sessions.open_ones(at=now)
    half = now + UNUSED / 2
    assert [True, True, False] == [
        await sessions.find(cookie, at=at) is not None
        for at in (half, half + UNUSED, half + 2 * UNUSED + timedelta(seconds=1))
    ]
    other = await sessions.open("you", "You", [Role.OPS], person_id=None, how="link", at=now)
    await sessions.end_of("you", at=now)
    assert [None, None] == [await sessions.find(one, at=now) for one in (cookie, other)]
    await sessions.open("me", "Me", [Role.OPS], person_id=None, how="link", at=now + LONGEST + timedelta(days=31))
    assert 1 == await sessions.open_ones(at=now + LONGEST + timedelta(days=31))

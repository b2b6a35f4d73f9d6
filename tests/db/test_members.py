"""Members: ids made of names, addresses of one's own, and sessions that end with what somebody may."""

import pytest

from db.engine import Database
from db.members import Members, UnknownMember, Wanted
from db.sessions import Sessions
from models.access import Role
from models.base import Refused
from tests.db.samples import AT

MIA = Wanted("Mia Stone", "mia@company.example", (Role.ADMIN,), None)


async def test_members_are_kept(db: Database) -> None:
    """Ids are made of names, addresses are one's own whatever their case, and a change signs out."""
    members, sessions, now = Members(db), Sessions(db), AT
    first = await members.add(MIA, by="tests", at=now)
    second = await members.add(Wanted("Mia Stone", None, (Role.OPS,), None), by="tests", at=now)
    third = await members.add(Wanted("李明", None, (Role.OPS,), None), by="tests", at=now)
    assert ("mia-stone", "mia-stone-2", "member") == (first, second, third)
    with pytest.raises(Refused, match="email: is mia-stone's already"):
        await members.add(Wanted("Mo", "MIA@Company.example", (Role.OPS,), None), by="tests", at=now)

    cookie = await sessions.open(first, "Mia", [Role.ADMIN], person_id=None, how="link", at=now)
    assert not await members.set(first, MIA, at=now)
    assert await sessions.find(cookie, at=now) is not None
    await members.came(first, "issuer mia", at=now)
    assert await members.set(first, Wanted("Mia Stone", MIA.email, (Role.OPS,), None), at=now)
    assert await sessions.find(cookie, at=now) is None
    known = await members.known_as("issuer mia", None)
    assert known is not None
    assert ((Role.OPS,), "issuer mia", now) == (known.roles, known.subject, known.seen_at)
    await members.set(first, Wanted("Mia Stone", "other@company.example", (Role.OPS,), None), at=now)
    assert await members.known_as("issuer mia", None) is None
    by_address = await members.known_as("issuer other", "Other@company.example")
    assert by_address is not None
    assert first == by_address.member_id
    with pytest.raises(UnknownMember):
        await members.disable("zed", at=now)

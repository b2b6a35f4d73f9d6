"""Published policies: immutable, one of them active."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from db.engine import Database
from db.policies import Policies, PolicyDiffers
from tests.db.samples import AT, MINUTE


async def test_exactly_one_is_active(db: Database) -> None:
    """The one published last is active; the others stay to be read under their version."""
    policies = Policies(db)
    assert None is await policies.active()
    await policies.publish("p1", "standard", "a: 1", by="mia", at=AT)
    second = await policies.publish("p2", "standard", "a: 2", by="mia", at=AT + MINUTE)
    first = await policies.get("p1")
    assert (second, True) == (await policies.active(), second.active)
    assert first is not None
    assert ("a: 1", False, "mia", AT) == (first.text, first.active, first.published_by, first.published_at)
    assert ["p2", "p1"] == [one.version for one in await policies.versions()]
    assert None is await policies.get("p3")


async def test_a_former_version_can_be_brought_back(db: Database) -> None:
    """Publishing what was published before makes it active again and changes nothing of it."""
    policies = Policies(db)
    first = await policies.publish("p1", "standard", "a: 1", by="mia", at=AT)
    await policies.publish("p2", "standard", "a: 2", by="mia", at=AT)
    assert first == await policies.publish("p1", "standard", "a: 1", by="ada", at=AT + MINUTE)
    assert first == await policies.active()


async def test_a_published_text_never_changes(db: Database) -> None:
    """A version stands for one text, for ever."""
    policies = Policies(db)
    await policies.publish("p1", "standard", "a: 1", by="mia", at=AT)
    with pytest.raises(PolicyDiffers, match="p1"):
        await policies.publish("p1", "standard", "a: 2", by="mia", at=AT)


async def test_publishing_at_once_leaves_one_active(db: Database) -> None:
    """However many publish at the same time, one policy is active afterwards."""
    await asyncio.gather(*(Policies(db).publish(f"p{n}", "standard", str(n), by="mia", at=AT) for n in range(6)))
    assert 1 == sum(one.active for one in await Policies(db).versions())


async def test_the_database_itself_refuses_two_active_policies(db: Database) -> None:
    """Even a hand-written statement cannot make two policies active."""
    for version in ("p1", "p2"):
        await Policies(db).publish(version, "standard", version, by="mia", at=AT)

    async def activate_all() -> None:
        async with db.writing() as session:
            await (await session.connection()).execute(text("UPDATE policy_version SET active = true"))

    with pytest.raises(IntegrityError):
        await activate_all()

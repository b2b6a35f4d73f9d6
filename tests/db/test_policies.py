"""Published policies: immutable, one of them active."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from db.engine import Database
from db.policies import Policies, PolicyDiffers, Published, PublishedMeanwhile
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
    """What was published before is active again, by whoever brought it back; what is active already stays as it is."""
    policies = Policies(db)
    first = await policies.publish("p1", "standard", "a: 1", by="mia", at=AT)
    await policies.publish("p2", "standard", "a: 2", by="mia", at=AT)
    back = replace(first, published_by="ada", published_at=AT + MINUTE)
    assert back == await policies.publish("p1", "standard", "a: 1", by="ada", at=AT + MINUTE)
    assert back == await policies.publish("p1", "standard", "a: 1", by="zoe", at=AT + 2 * MINUTE)
    assert back == await policies.active()


async def test_what_was_compared_with_another_policy_is_not_published(db: Database) -> None:
    """Of all who saw the same policy active, one publishes; doing the same twice is no harm."""
    policies = Policies(db)
    await policies.publish("p0", "standard", "0", by="mia", at=AT, instead_of="")
    tries = (Policies(db).publish(f"p{n}", "standard", str(n), by="mia", at=AT, instead_of="p0") for n in (1, 2, 3))
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert 2 == sum(isinstance(one, PublishedMeanwhile) for one in done)
    (won,) = (one for one in done if isinstance(one, Published))
    again = await policies.publish(won.version, "standard", won.text, by="ada", at=AT, instead_of="p0")
    assert won == again == await policies.active()
    with pytest.raises(PublishedMeanwhile):
        await policies.publish("p9", "standard", "9", by="mia", at=AT, instead_of="")


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

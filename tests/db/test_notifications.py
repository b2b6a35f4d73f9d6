"""Messages: claimed before they are sent, sent once for each lead, offer, rung and channel."""

import asyncio
from datetime import timedelta

from db.cache import Cache
from db.engine import Database
from db.notifications import AlreadySent, Key, New, Notifications, Refused, Retry
from db.tables.words import Sending
from tests.db.samples import AT, MINUTE

KEY = Key("one", 1, 0, "email")


async def test_a_message_is_new_once(db: Database) -> None:
    """The first claim is new, the next a retry; once it is out, a repeat is told so with the provider's id."""
    told = Notifications(db)
    assert New() == await told.claim(KEY, person_id="ada", at=AT)
    assert Retry(2) == await told.claim(KEY, person_id="ada", at=AT)
    await told.failed(KEY, "the server was busy", at=AT)
    assert Retry(3) == await told.claim(KEY, person_id="ada", at=AT)
    await told.sent(KEY, provider_id="<1@mail>", at=AT + MINUTE)
    assert AlreadySent("<1@mail>") == await told.claim(KEY, person_id="ada", at=AT)
    (row,) = await told.of("one")
    assert (KEY, "ada", Sending.SENT, 3, "") == (row.key, row.person_id, row.state, row.attempts, row.because)


async def test_another_offer_rung_or_channel_is_another_message(db: Database) -> None:
    """Each part of the key counts, and a key reads as one."""
    told = Notifications(db)
    keys = [KEY, Key("one", 2, 0, "email"), Key("one", 1, 1, "email"), Key("one", 1, 0, "log"), Key("two", 1, 0, "log")]
    assert [New()] * 5 == [await told.claim(key, person_id=None, at=AT) for key in keys]
    assert "one:1:0:email" == str(KEY)
    assert keys[:4] == [row.key for row in await told.of("one")]


async def test_what_is_out_stays_out(db: Database) -> None:
    """Somebody slower who failed, or found the offer gone, does not undo a delivery."""
    told = Notifications(db)
    await told.claim(KEY, person_id="ada", at=AT)
    await told.sent(KEY, provider_id=None, at=AT)
    await told.failed(KEY, "timed out", at=AT + MINUTE)
    await told.stale(KEY, "bo has it now", at=AT + MINUTE)
    assert AlreadySent(None) == await told.claim(KEY, person_id="ada", at=AT)


async def test_what_was_refused_for_good_is_not_tried_again(db: Database) -> None:
    """Whoever claims it again learns why, and it counts no further attempt."""
    told = Notifications(db)
    await told.claim(KEY, person_id="ada", at=AT)
    await told.refused(KEY, "no such mailbox", at=AT)
    assert Refused("no such mailbox") == await told.claim(KEY, person_id="ada", at=AT + MINUTE)
    assert [(Sending.REFUSED, 1)] == [(row.state, row.attempts) for row in await told.of("one")]


async def test_a_stale_message_says_why(db: Database) -> None:
    """A message whose offer no longer stands is remembered as not sent."""
    told = Notifications(db)
    await told.claim(KEY, person_id="ada", at=AT)
    await told.stale(KEY, "bo has it now", at=AT)
    assert [(Sending.STALE, "bo has it now")] == [(row.state, row.because) for row in await told.of("one")]


async def test_claims_at_once_count_every_attempt(db: Database) -> None:
    """Of many who claim at the same time one is first, and each of the others knows its number."""
    claims = await asyncio.gather(*(Notifications(db).claim(KEY, person_id="ada", at=AT) for _ in range(6)))
    assert 1 == claims.count(New())
    assert [2, 3, 4, 5, 6] == sorted(claim.attempt for claim in claims if isinstance(claim, Retry))


async def test_the_cache_keeps_the_latest_until_it_expires(db: Database) -> None:
    """A text is kept under its key, replaced by the next, and thrown away once it expired."""
    cache = Cache(db)
    assert None is await cache.get("k")
    await cache.put("k", "old", expires_at=AT)
    await cache.put("k", "new", expires_at=AT + timedelta(days=1))
    await cache.put("gone", "x", expires_at=AT)
    assert 1 == await cache.prune(now=AT)
    assert ("new", None) == (await cache.get("k"), await cache.get("gone"))

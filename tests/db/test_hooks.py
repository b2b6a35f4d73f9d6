"""Sources and deliveries as they are kept, on either database."""

import asyncio
from datetime import timedelta

import pytest

from config.source_files import SHIPPED, read_source
from db.engine import Database
from db.hooks import Deliveries, NotWaiting, Sources, UnknownDelivery, UnknownSource
from db.tables.words import HookState
from tests.db.samples import AT, MINUTE

DEAD, TAKEN = HookState.DEAD, HookState.TAKEN


async def test_a_source_comes_back_as_it_was_loaded(db: Database) -> None:
    """Every shipped one; loading it again changes it."""
    sources = Sources(db)
    for path in sorted(SHIPPED.glob("*.yaml")):
        source = read_source(path).source
        assert await sources.save(source, by="pia", at=AT)
        assert source == (await sources.find(source.name)).source
    source = read_source(SHIPPED / "typeform.yaml").source
    changed = source.model_copy(update={"description": "another"})
    assert not await sources.save(changed, by="ops", at=AT + MINUTE)
    kept = await sources.find(source.name)
    assert ("another", "ops", AT + MINUTE) == (kept.source.description, kept.by, kept.changed_at)
    assert sorted(path.stem for path in SHIPPED.glob("*.yaml")) == [one.source.name for one in await sources.list()]
    assert [True, False] == [await sources.remove(source.name), await sources.remove(source.name)]
    with pytest.raises(UnknownSource):
        await sources.find(source.name)


async def test_what_comes_is_kept_byte_for_byte(db: Database) -> None:
    """Also what is no text."""
    raw = bytes(range(256)) * 3
    kept, new = await Deliveries(db).receive("tool", None, "x\x00y", raw, at=AT)
    found = await Deliveries(db).find(kept.id)
    assert (True, raw, "x\ufffdy", HookState.RECEIVED, AT) == (
        new,
        found.raw,
        found.content_type,
        found.state,
        found.received_at,
    )


async def test_a_webhook_id_is_kept_once_however_many_come_at_once(db: Database) -> None:
    """Of its source: another source's is another webhook. Without an id each is its own."""
    deliveries = Deliveries(db)
    named = await asyncio.gather(*(deliveries.receive("tool", "w-1", "", b"%d" % n, at=AT) for n in range(20)))
    assert (1, 1, 1) == (
        len({one.id for one, _ in named}),
        len({one.raw for one, _ in named}),
        sum(new for _, new in named),
    )
    other, new = await deliveries.receive("else", "w-1", "", b"", at=AT)
    bare = [await deliveries.receive("tool", None, "", b"", at=AT) for _ in range(2)]
    assert new
    assert 4 == len({named[0][0].id, other.id, *(one.id for one, _ in bare)})


async def test_what_is_settled_stays_so(db: Database) -> None:
    """A dead one may still become taken; a taken or dropped one nothing else."""
    deliveries = Deliveries(db)
    kept, _ = await deliveries.receive("tool", None, "", b"raw", at=AT)
    results = [{"became": "refused", "because": "\x00"}]
    assert DEAD is (await deliveries.settle(kept.id, DEAD, "no", results, at=AT)).state
    assert TAKEN is (await deliveries.settle(kept.id, TAKEN, "", [], at=AT + MINUTE)).state
    assert TAKEN is (await deliveries.settle(kept.id, DEAD, "late", [], at=AT + MINUTE)).state
    with pytest.raises(NotWaiting, match="taken already"):
        await deliveries.drop(kept.id, "by ops", at=AT)
    other, _ = await deliveries.receive("tool", None, "", b"raw", at=AT)
    dropped = await deliveries.drop(other.id, "by ops", at=AT)
    assert (HookState.DROPPED, b"", "by ops") == (dropped.state, dropped.raw, dropped.because)
    for number in (kept.id + 99, 2**31 - 1):
        with pytest.raises(UnknownDelivery):
            await deliveries.find(number)
        with pytest.raises(UnknownDelivery):
            await deliveries.settle(number, TAKEN, "", [], at=AT)


async def test_they_are_listed_newest_first_and_counted(db: Database) -> None:
    """By state and source, in pages."""
    deliveries = Deliveries(db)
    ids = [(await deliveries.receive("a" if n % 2 else "b", None, "", b"", at=AT))[0].id for n in range(6)]
    await deliveries.settle(ids[0], TAKEN, "", [], at=AT)
    waiting = [HookState.RECEIVED]
    assert ids[:0:-1] == [one.id for one in await deliveries.list(waiting)]
    assert [ids[4], ids[2]] == [one.id for one in await deliveries.list(waiting, source="b")]
    assert [ids[3], ids[2]] == [one.id for one in await deliveries.list(waiting, before=ids[4], limit=2)]
    counted = await deliveries.counts()
    assert {("a", HookState.RECEIVED): 3, ("b", HookState.RECEIVED): 2, ("b", TAKEN): 1} == counted


async def test_what_was_left_is_found_and_each_look_counted(db: Database) -> None:
    """Older than an instant, oldest first, and only what was never settled."""
    deliveries = Deliveries(db)
    ids = [(await deliveries.receive("tool", None, "", b"", at=AT + n * MINUTE))[0].id for n in range(4)]
    await deliveries.settle(ids[0], DEAD, "", [], at=AT)
    found = await deliveries.left_behind(AT + timedelta(minutes=3), 10)
    assert [(ids[1], 2), (ids[2], 2)] == [(one.id, one.attempts) for one in found]
    assert [3] == [one.attempts for one in await deliveries.left_behind(AT + timedelta(hours=1), 1)]

"""Requests' keys are remembered for a month, and forgotten a little at a time."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.settings import load_settings
from db.door import Asked
from runtime.intake.forgetting import EVERY, REMEMBERED, Forgetter
from runtime.store import Store, open_store

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A fresh database."""
    async with open_store(load_settings(state_dir=tmp_path)) as store:
        await store.database.migrate()
        yield store


async def remembered(store: Store, keys: range) -> list[bool]:
    """Say which requests are known, by what they are answered."""
    found = [await store.answered.first(Asked("tool", f"k-{key}", "x"), "lead", at=NOW) for key in keys]
    return [one is not None for one in found]


async def test_keys_are_forgotten_after_a_month(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest first, a few in one transaction, and then nobody looks for an hour; what is younger is still known."""
    monkeypatch.setattr("runtime.intake.forgetting.AT_ONCE", 2)
    for age in range(5):
        asked = Asked("tool", f"k-{age}", "x")
        await store.answered.first(asked, "lead", at=NOW - REMEMBERED - (age - 1) * DAY)
        await store.answered.keep(asked, {"lead_id": "lead", "verdict": "done"})
    now = [NOW]
    forgetter = Forgetter(store.answered, lambda: now[0])
    assert [True, False, False] == [await forgetter.once() for _ in range(3)]
    now[0] += EVERY
    assert not await forgetter.once(), "one more is too old by then"
    assert [True, False, False, False, False] == await remembered(store, range(5))

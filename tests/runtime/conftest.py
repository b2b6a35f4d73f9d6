"""A clock that is set by hand, and a fresh database, for what works on the database by itself."""

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.settings import load_settings
from runtime.store import Store, open_store

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Nine o'clock."""
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, migrated_file: Path) -> AsyncIterator[Store]:
    """An empty database."""
    shutil.copy(migrated_file, tmp_path / "baton.db")
    async with open_store(load_settings(state_dir=tmp_path)) as store:
        yield store

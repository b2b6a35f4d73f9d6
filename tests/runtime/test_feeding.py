"""Sample leads go in once, whole or not at all."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.settings import load_settings
from runtime.feeding import BadSample, feed_once, read_samples
from runtime.store import Store, open_store

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SOON = timedelta(milliseconds=10)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A fresh database."""
    async with open_store(load_settings(state_dir=tmp_path)) as store:
        await store.database.migrate()
        yield store


async def test_feeding_again_changes_nothing(store: Store) -> None:
    """The leads of the first start are fed on the first start."""
    leads = ROOT / "examples/demo-leads.csv"
    assert await feed_once(store.inbox, leads, NOW) == 24
    assert await feed_once(store.inbox, leads, NOW) == 0
    assert (await store.inbox.counts()).waiting == 24
    claims = await store.inbox.claim(50, now=NOW, lease=SOON)
    assert [claim.lead_id for claim in claims] == [sample.lead_id for sample in read_samples(leads)]
    assert {claim.paced for claim in claims} == {True}


async def test_ids_follow_from_file_and_line() -> None:
    """The same file gives the same ids, whenever and wherever it is read."""
    samples = read_samples(ROOT / "examples/leads.csv")
    assert samples[0].lead_id == "leads-001"
    assert len({sample.lead_id for sample in samples}) == len(samples)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("website,demo_request,,", r"bad\.csv:3: .*needs an email or a phone"),
        ("website,demo_request,nobody,", r"bad\.csv:3: "),
        ("website,no_such_type,a@b.example,", r"bad\.csv:3: type"),
        ("website,demo_request,a@b.example,5,6", r"bad\.csv:3: "),
    ],
)
async def test_a_wrong_line_is_named_and_nothing_is_fed(store: Store, tmp_path: Path, row: str, says: str) -> None:
    """No door accepts what the next room would refuse."""
    file = tmp_path / "bad.csv"
    head = "source,type,email,company.employees"
    file.write_text(f"{head}\nwebsite,demo_request,someone@company.example,5\n{row}\n")
    with pytest.raises(BadSample, match=says):
        await feed_once(store.inbox, file, NOW)
    assert (await store.inbox.counts()).waiting == 0

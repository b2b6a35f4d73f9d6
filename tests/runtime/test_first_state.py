"""The first policy and roster of a fresh database: taken over when they check, refused by line when they do not."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from config.load import SHIPPED, FileError, compile_text, open_policy
from config.settings import Settings
from runtime.store import load_first_state, open_store

AT = datetime(2026, 3, 4, 12, tzinfo=UTC)
ROSTER = Path(__file__).parents[2] / "examples" / "demo-roster.yaml"
EXAMPLE = """
examples:
  - name: a request
    given: {type: demo_request}
    expect: {pool: moon}
"""


async def test_a_policy_whose_examples_fail_is_not_published(tmp_path: Path) -> None:
    """Its line is told, and what came out instead; mended, it is what new leads get."""
    text = (SHIPPED / "demo.yaml").read_text("utf-8").partition("\nexamples:")[0] + EXAMPLE
    policy = tmp_path / "p.yaml"
    policy.write_text(text, encoding="utf-8")
    async with open_store(Settings(database_url=SecretStr(f"sqlite:///{tmp_path / 'baton.db'}"))) as store:
        await store.database.migrate()
        with pytest.raises(FileError) as caught:
            await load_first_state(store, policy, ROSTER, by="test", at=AT)
        line = text[: text.index("expect: {pool: moon}")].count("\n") + 1
        assert caught.value.lines[0].startswith(f"{policy}:{line}: examples[0] (a request).expect.pool: expected moon")
        assert await store.policies.active() is None
        policy.write_text(text.replace("moon", "demo"), encoding="utf-8")
        await load_first_state(store, policy, ROSTER, by="test", at=AT)
        active = await store.policies.active()
        assert active is not None
        assert active.name == "demo"


async def test_a_first_policy_holds_its_public_holidays(tmp_path: Path) -> None:
    """What is published at the first start means the same for ever, as with `policy publish`."""
    calendar = "{tz: UTC, week: {mon: [['09:00', '17:00']]}, country: DE, public_holidays: true}"
    text = (
        (SHIPPED / "demo.yaml")
        .read_text("utf-8")
        .replace("scoring:\n", f"calendars: {{lead: {calendar}}}\nscoring:\n", 1)
    )
    policy = tmp_path / "p.yaml"
    policy.write_text(text, encoding="utf-8")
    async with open_store(Settings(database_url=SecretStr(f"sqlite:///{tmp_path / 'baton.db'}"))) as store:
        await store.database.migrate()
        await load_first_state(store, policy, ROSTER, by="test", at=AT)
        active = await store.policies.active()
    assert active is not None
    assert (active.version, True) == (open_policy(text).version, '"2026-10-03": "German Unity Day"' in active.text)
    assert compile_text(active.text, active.version).policy == open_policy(text).policy

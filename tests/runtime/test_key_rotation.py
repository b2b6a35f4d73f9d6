"""A new key goes to the front of BATON_SECRET_KEYS, and what was made with the former one works on."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.links import BadLink
from config.settings import Settings, load_settings
from runtime.reaching import links_of
from runtime.sealing import Vault, sealer_of
from runtime.store import open_store

OLD, NEW = "old-" * 10, "new-" * 10
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def with_keys(folder: Path, *keys: str) -> Settings:
    """Give the settings of a process with this ring."""
    return load_settings(state_dir=folder, secret_keys=list(keys), public_url="https://baton.example")


def test_links_that_are_out_work_while_their_key_is_in_the_ring(tmp_path: Path) -> None:
    """They outlive the rotation and name the same offer; once the key has left they are links to nowhere."""
    before, during, after = (links_of(with_keys(tmp_path, *keys)) for keys in ((OLD,), (NEW, OLD), (NEW,)))
    assert before is not None
    assert during is not None
    assert after is not None
    token = before.url("lead1", 2, "ana", "offer").rpartition("/")[2]
    assert during.read(token) == before.read(token)
    newer = during.url("lead1", 2, "ana", "offer").rpartition("/")[2]
    assert after.read(newer) == before.read(token)
    with pytest.raises(BadLink):
        after.read(token)


async def test_secrets_that_are_kept_work_on(tmp_path: Path) -> None:
    """A source's webhooks are believed during the rotation, and after it once they are sealed anew."""
    async with open_store(with_keys(tmp_path, OLD)) as store:
        await store.database.migrate()
        rings = []
        for keys in ((OLD,), (NEW, OLD), (NEW,)):
            sealer = sealer_of(with_keys(tmp_path, *keys))
            assert sealer is not None
            vault = Vault(store.secrets, sealer)
            if keys == (OLD,):
                await vault.add("source:form", "shhh", at=AT)
            rings.append(await vault.ring("source:form", AT))
            await vault.reseal()
    assert rings == [("shhh",)] * 3


def test_without_keys_there_is_neither_link_nor_seal(tmp_path: Path) -> None:
    """A process without a ring says so by having none."""
    settings = with_keys(tmp_path)
    assert (links_of(settings), sealer_of(settings)) == (None, None)

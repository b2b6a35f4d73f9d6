"""What is sealed opens with any key of the ring, for the purpose it was sealed for, and with nothing else."""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.engine import Database
from db.secrets import Secrets
from runtime.sealing import CannotOpen, Sealer, Vault

OLD, NEW, OTHER = "old-" * 10, "new-" * 10, "other-" * 10
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
HUBSPOT = "source:hubspot"


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Secrets]:
    """An empty database's secrets."""
    database = Database(f"sqlite:///{tmp_path}/baton.db")
    await database.migrate()
    yield Secrets(database)
    await database.dispose()


@pytest.mark.parametrize("text", ["", "shhh", "pässwörd \U0001f511\n"])
def test_what_is_sealed_opens_and_never_looks_the_same(text: str) -> None:
    """Any text comes back, and two rows do not tell that they hold the same."""
    sealer = Sealer([NEW])
    first, second = sealer.seal(text, purpose=HUBSPOT), sealer.seal(text, purpose=HUBSPOT)
    assert first != second
    assert (text, text) == (sealer.open(first, purpose=HUBSPOT), sealer.open(second, purpose=HUBSPOT))


def test_a_former_key_opens_and_the_newest_seals() -> None:
    """Rotation: the new key goes to the front of the ring, and nothing that was sealed is lost."""
    old, both = Sealer([OLD]), Sealer([NEW, OLD])
    assert both.open(old.seal("shhh")) == "shhh"
    assert Sealer([NEW]).open(both.seal("shhh")) == "shhh"
    assert (both.is_current(old.seal("x")), both.is_current(both.seal("x"))) == (False, True)


def test_a_key_that_left_the_ring_opens_nothing() -> None:
    """The refusal names the setting and neither key nor text."""
    with pytest.raises(CannotOpen, match="BATON_SECRET_KEYS"):
        Sealer([NEW, OTHER]).open(Sealer([OLD]).seal("shhh"))


def test_a_sealed_text_moved_to_another_purpose_does_not_open() -> None:
    """Who can write to the table cannot make one source check with another's secret."""
    sealer = Sealer([NEW])
    with pytest.raises(CannotOpen):
        sealer.open(sealer.seal("shhh", purpose=HUBSPOT), purpose="source:typeform")


@pytest.mark.parametrize("wrong", ["", "s1", "s1.x.y", "shhh", "s2.a.b", "é.è.ê"])
def test_what_is_no_sealed_text_is_refused(wrong: str) -> None:
    """Never an exception of the library."""
    with pytest.raises(CannotOpen):
        Sealer([NEW]).open(wrong)


def test_every_changed_byte_is_noticed() -> None:
    """Authenticated: there is no byte that could be changed."""
    sealer = Sealer([NEW])
    head, _, body = sealer.seal("shhh").rpartition(".")
    box = base64.urlsafe_b64decode(body)
    for place in range(len(box)):
        changed = bytearray(box)
        changed[place] ^= 1
        with pytest.raises(CannotOpen):
            sealer.open(f"{head}.{base64.urlsafe_b64encode(changed).decode()}")
    with pytest.raises(CannotOpen):
        sealer.open(f"{head}.!{body}")
    with pytest.raises(CannotOpen):
        sealer.open(f"{head}.")


def test_a_ring_needs_a_key() -> None:
    """No silent sealing with nothing."""
    with pytest.raises(ValueError, match="at least one key"):
        Sealer([])


async def test_the_secrets_of_a_purpose_are_a_ring(kept: Secrets) -> None:
    """The newest is first; a former one counts until it expires; another purpose has its own; the table holds none."""
    vault = Vault(kept, Sealer([NEW]))
    await vault.add(HUBSPOT, "one", at=AT)
    await vault.add("source:typeform", "theirs", at=AT)
    await vault.add(HUBSPOT, "two", at=AT, former_until=AT + HOUR)
    assert await vault.ring(HUBSPOT, AT) == ("two", "one")
    assert await vault.ring(HUBSPOT, AT + HOUR) == ("two",)
    assert await vault.ring("source:typeform", AT + HOUR) == ("theirs",)
    assert await vault.ring("source:nobody", AT) == ()
    assert not [one for one in await kept.list() if "one" in one.sealed or "theirs" in one.sealed]


async def test_expiry_is_only_ever_brought_forward(kept: Secrets) -> None:
    """Adding a third secret does not give the first one longer."""
    for n, grace in enumerate((None, HOUR, 3 * HOUR)):
        await kept.add(HUBSPOT, f"sealed {n}", at=AT, former_until=None if grace is None else AT + grace)
    assert await kept.ring(HUBSPOT, AT + 2 * HOUR) == ("sealed 2", "sealed 1")


async def test_resealing_lets_the_old_key_go(kept: Secrets) -> None:
    """After it the newest key alone opens everything; a second time there is nothing to do."""
    await Vault(kept, Sealer([OLD])).add(HUBSPOT, "shhh", at=AT)
    both = Vault(kept, Sealer([NEW, OLD]))
    assert (await both.reseal(), await both.reseal()) == (1, 0)
    assert await Vault(kept, Sealer([NEW])).ring(HUBSPOT, AT) == ("shhh",)


async def test_a_secret_is_taken_away_for_good(kept: Secrets) -> None:
    """It counts no more; taking it away twice says that there is none."""
    number = await kept.add(HUBSPOT, "sealed", at=AT)
    assert (await kept.remove(number), await kept.remove(number)) == (HUBSPOT, None)
    assert await kept.ring(HUBSPOT, AT) == ()

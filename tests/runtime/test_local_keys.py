"""The secrets of a system on one machine: made once, for its owner's eyes, never on a command line."""

import stat
from pathlib import Path

from config.load import SHIPPED
from config.settings import load_settings
from db.engine import Database
from db.keys import ApiKeys
from models.access import Scope
from runtime import clock
from runtime.local_keys import KEY_RING, door_key, key_ring
from runtime.local_system import Layout, doors_command, worker_command


def mode_of(file: Path) -> int:
    """Give who may do what with a file."""
    return stat.S_IMODE(file.stat().st_mode)


def test_the_key_ring_is_made_once(tmp_path: Path) -> None:
    """Links that are out go on working after the next start."""
    first = key_ring(tmp_path).read_text()
    assert (first, 0o600) == (key_ring(tmp_path).read_text(), mode_of(tmp_path / KEY_RING))


async def test_the_key_of_the_doors_is_kept_while_it_holds(tmp_path: Path) -> None:
    """A new database gets a new one."""
    tokens = []
    for name in ("one", "one", "two"):
        database = Database(f"sqlite:///{tmp_path / name}.db")
        await database.migrate()
        tokens.append(await door_key(ApiKeys(database), tmp_path))
        caller = await ApiKeys(database).find(tokens[-1], at=clock.now())
        assert caller is not None
        assert set(Scope) == caller.scopes
        await database.dispose()
    assert tokens[0] == tokens[1] != tokens[2]
    assert 0o600 == mode_of(tmp_path / "door-key")


def test_no_secret_is_on_a_command_line(tmp_path: Path) -> None:
    """Everybody on the machine may read those."""
    layout = Layout(load_settings(state_dir=tmp_path), SHIPPED / "demo.yaml", tmp_path / "roster.yaml")
    words = [*worker_command(layout, "127.0.0.1:1"), *doors_command(layout, "127.0.0.1:1")]
    secret = key_ring(tmp_path).read_text().partition("=")[2].strip()
    assert 64 == len(secret)
    assert [] == [word for word in words if secret in word]

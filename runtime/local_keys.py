"""The secrets of a system on one machine: made at the first start, kept in the state folder for its owner's eyes only.

They stand in files and never on a command line, which everybody on the machine may read.
"""

import os
import secrets
import shlex
from pathlib import Path

from config.settings import variable
from db.keys import ApiKeys
from models.access import Scope
from runtime import clock

KEY_RING = "secret-keys.env"
DOOR_KEY = "door-key"
OWNER = "make run"


def key_ring(state: Path) -> Path:
    """Give the file that a shell sources to know the key ring of links and sealed secrets; made where there is none."""
    file = state / KEY_RING
    if not file.exists():
        write_secretly(file, f"export {variable('secret_keys')}={shlex.quote(secrets.token_hex(32))}\n")
    return file


async def door_key(keys: ApiKeys, state: Path) -> str:
    """Give a key of this database that may do everything; a former start's, if that still holds."""
    file = state / DOOR_KEY
    if file.exists():
        token = file.read_text(encoding="ascii").strip()
        if await keys.find(token, at=clock.now()) is not None:
            return token
    _, token = await keys.create(OWNER, tuple(Scope), by=OWNER, at=clock.now(), per_minute=100_000)
    write_secretly(file, token + "\n")
    return token


def write_secretly(file: Path, text: str) -> None:
    """Write a file that only its owner may read, whatever stood there before."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)

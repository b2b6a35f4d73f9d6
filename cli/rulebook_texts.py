"""Policies as the command line is given them: a file, or the name of a published version. This room changes none."""

import asyncio
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cli import reach
from cli.exits import BadInput, Unreachable
from config.load import FileError, PolicyFile, open_policy
from config.settings import Settings
from db.policies import Published
from models.roster import Roster
from policy.spelling import did_you_mean
from runtime.store import Store

_PATIENCE = 5
"""Seconds in which the database has to answer a question that can do without an answer."""


@dataclass(frozen=True)
class Text:
    """One policy's text under the name it was asked for by; `published` is None for a file's."""

    name: str
    text: str
    published: Published | None = None

    def read(self) -> PolicyFile:
        """Read and compile it. Raises BadInput with a line for everything wrong."""
        try:
            return open_policy(self.text, self.name)
        except FileError as error:
            raise BadInput(*error.lines) from None


def open_file(file: str) -> PolicyFile:
    """Read and compile a policy file. Raises BadInput with a line for everything wrong."""
    try:
        return open_policy(Path(file))
    except FileError as error:
        raise BadInput(*error.lines) from None


def refuse(opened: PolicyFile, *spots: Any) -> None:
    """Raise BadInput with a line for each spot, if there are any."""
    try:
        opened.refuse(tuple(sorted(spots)))
    except FileError as error:
        raise BadInput(*error.lines) from None


def find(*names: str | None) -> list[Text]:
    """Find texts by name: a file's, else a version's, else (None) the one new leads get.

    Files alone need no database. Raises BadInput and Unreachable.
    """
    files = {name: text for name in names if name is not None and (text := _file_text(name)) is not None}
    if all(name in files for name in names):
        return [Text(name, files[name]) for name in names if name is not None]
    return reach.carry_out(_find(reach.settings(), files, names))


async def _find(settings: Settings, files: dict[str, str], names: tuple[str | None, ...]) -> list[Text]:
    async with reach.store(settings) as store:
        return [
            Text(name, files[name]) if name in files and name is not None else await _published(store, name)
            for name in names
        ]


async def _published(store: Store, name: str | None) -> Text:
    if name is None:
        found = await store.policies.active()
        if found is None:
            raise BadInput("no policy is published yet: policy publish FILE --by WHO")
    else:
        found = await store.policies.get(name)
        if found is None:
            known = [one.version for one in await store.policies.versions()]
            raise BadInput(f"no policy version {name}{did_you_mean(name, known) or ', and no file of that name'}")
    return Text(found.version, found.text, found)


def loaded_roster() -> Roster | None:
    """Give the roster that is loaded; None when there is none, or no database that answers soon."""
    settings = reach.settings()
    url = settings.database_url.get_secret_value()
    if url.startswith("sqlite") and not Path(url.partition(":///")[2]).exists():
        return None  # asking would make the file
    try:
        return reach.carry_out(_roster(settings))
    except (Unreachable, TimeoutError):
        return None


async def _roster(settings: Settings) -> Roster | None:
    async with asyncio.timeout(_PATIENCE), reach.store(settings) as store:
        return await store.rosters.load()


def _file_text(name: str) -> str | None:
    path = Path(name)
    if not path.is_file():
        return None
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{name}: cannot be read: {error}") from None


def document_of(published: Published) -> dict[str, Any]:
    """Give a published policy as JSON shows it."""
    return asdict(published) | {"published_at": published.published_at.isoformat().replace("+00:00", "Z")}

"""The loaded roster, as several commands need it."""

from cli import reach
from cli.exits import BadInput
from config.settings import Settings
from models.roster import Roster
from runtime.store import Store


async def known_roster(settings: Settings) -> Roster:
    """Give the loaded roster. Raises BadInput when there is none."""
    async with reach.store(settings) as store:
        return await roster_in(store)


async def roster_in(store: Store) -> Roster:
    """Give the loaded roster of an open database. Raises BadInput when there is none."""
    roster = await store.rosters.load()
    if roster is None:
        raise BadInput("no roster is loaded yet: roster load FILE")
    return roster

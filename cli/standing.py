"""Where the latest experiment stands, for the command line; what that means is told in `runtime.standing`."""

from cli import reach
from cli.trials import latest
from config.settings import Settings
from models.trial import TrialKind
from runtime import clock, standing
from runtime.standing import Standing


async def standing_of(settings: Settings) -> Standing:
    """Count where the latest experiment stands. Raises BadInput when there was none."""
    async with reach.store(settings) as store:
        trial = await latest(store, TrialKind.EXPERIMENT)
        return await standing.standing_of(store, trial, clock.now())

"""Simulating a draft on past leads beside everything else, and writing down what it found, or why it found nothing.

One at a time in a process: it takes a core as long as it lasts. Which leads and which draft, its caller says.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from config.load import compile_text
from config.yaml_marks import FileError
from db.engine import DatabaseUnreachable
from db.tables.words import RunState
from runtime.replaying import NothingToReplay, compare_on_past
from runtime.store import Store
from runtime.telling_policy.simulation import document

log = structlog.stdlib.get_logger("baton.drafts")

BUDGET = timedelta(minutes=10)
"""So long a simulation may take."""

BEAT = timedelta(seconds=15)
"""So often it says that it is at work, which `db.drafts.SILENT` counts on."""

SIZES = (200, 1000, 5000, 20_000)
"""Of how many leads, the last ones, one may choose."""

CUT = "the server was stopped before it was done; begin it again"


class NothingThere(LookupError):
    """There is nobody, or nothing, to simulate with."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What is simulated: a draft's text beside another version's, under the run's number."""

    run_id: int
    version: str
    text: str
    against: str
    against_text: str
    leads: int


async def simulate(store: Store, tried: Tried, clock: Callable[[], datetime]) -> None:
    """Replay the last leads through both, and keep what came of them. Whatever goes wrong is written down.

    Where the database is away it cannot be: the run is then told as gone once it was silent for long.
    """
    beating = asyncio.create_task(_beat(store, tried.run_id, clock))
    try:
        await _simulate(store, tried, clock)
    except DatabaseUnreachable as away:
        log.warning("draft_simulation_lost", run=tried.run_id, because=str(away))
    finally:
        beating.cancel()
        await asyncio.wait([beating])


async def _beat(store: Store, run_id: int, clock: Callable[[], datetime]) -> None:
    while True:
        await asyncio.sleep(BEAT.total_seconds())
        try:
            await store.drafts.seen(run_id, at=clock())
        except DatabaseUnreachable as away:
            log.warning("draft_simulation_unseen", run=run_id, because=str(away))


async def _simulate(store: Store, tried: Tried, clock: Callable[[], datetime]) -> None:
    try:
        async with asyncio.timeout(BUDGET.total_seconds()):
            found = await _document(store, tried, clock())
    except asyncio.CancelledError:
        await store.drafts.end(tried.run_id, RunState.FAILED, at=clock(), because=CUT)
        raise
    except TimeoutError:
        because = "it took longer than ten minutes; take fewer leads"
        await store.drafts.end(tried.run_id, RunState.FAILED, at=clock(), because=because)
    except (NothingToReplay, NothingThere) as nothing:
        await store.drafts.end(tried.run_id, RunState.FAILED, at=clock(), because=str(nothing))
    except FileError:
        because = "one of the two can no longer be read as a policy"
        await store.drafts.end(tried.run_id, RunState.FAILED, at=clock(), because=because)
    except DatabaseUnreachable:
        raise
    except Exception as error:
        log.exception("draft_simulation_failed", run=tried.run_id, version=tried.version)
        because = f"it ended with {type(error).__name__}; the log of the server says more"
        await store.drafts.end(tried.run_id, RunState.FAILED, at=clock(), because=because)
    else:
        await store.drafts.end(tried.run_id, RunState.DONE, at=clock(), document=found)


async def _document(store: Store, tried: Tried, now: datetime) -> dict[str, object]:
    roster = await store.rosters.load()
    if roster is None:
        raise NothingThere("no roster is loaded, so there is nobody to offer leads to")
    since = await store.drafts.since_last(tried.leads, until=now)
    if since is None:
        raise NothingThere("no lead was received yet; there is nothing to replay")
    draft = await asyncio.to_thread(compile_text, tried.text, tried.version)
    against = await asyncio.to_thread(compile_text, tried.against_text, tried.against)
    told = await compare_on_past(store.database, draft, against, roster, since, now)
    return await asyncio.to_thread(document, told)

"""`make demo`: leads arrive, a scripted team answers, the worker is killed in the middle, and every promise is checked.

It runs on a folder of its own that is gone afterwards. It refuses to say that something went well: it reads what the
database kept and judges that.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.text import Text
from temporalio.client import Client

from config.load import SHIPPED
from config.settings import Settings, load_settings, variable
from db.engine import DatabaseUnreachable
from db.leads import LeadCard
from models.lead import ENDED, SETTLED
from runtime import clock
from runtime.board import Board, Glance, speaker
from runtime.feeding import arrival, read_samples
from runtime.local_system import ROOT, Layout, LocalSystem, beside, local_system, own_log
from runtime.promises import Story, Verdict, judge, read_stories, summary
from runtime.team import Team
from workflows import names

POLICY = SHIPPED / "demo.yaml"
ROSTER = ROOT / "examples" / "demo-roster.yaml"
LEADS = ROOT / "examples" / "demo-leads.csv"

BETWEEN_LEADS = timedelta(seconds=0.35)
"""One lead after the other, as they come in life; all at once would be an import."""

LOOK = timedelta(seconds=0.2)


Moment = Callable[[Glance, int], bool]
"""Says of a glance, and of how many leads the demo has, whether the worker is to be killed now."""


def in_the_middle(glance: Glance, leads: int) -> bool:
    """Say whether half of the leads are in and some are in flight."""
    return 2 * len(glance.cards) >= leads and glance.settled < len(glance.cards)


@dataclass(frozen=True)
class DemoOptions:
    """What can be chosen: whether the team plays, what is kept, when it is given up, when the worker is killed."""

    team: bool = True
    keep: bool = False
    limit: timedelta = timedelta(seconds=50)
    kill_when: Moment = in_the_middle


async def demo(options: DemoOptions, console: Console, live: bool) -> int:
    """Run the demo; 0 when every lead is settled and every promise was kept. Raises what `local_system` raises."""
    async with _scratch(options.keep, console) as folder:
        return await Demo(options, console, live, folder).run()


@asynccontextmanager
async def _scratch(keep: bool, console: Console) -> AsyncIterator[Path]:
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="baton-demo-"))
    try:
        yield folder
    finally:
        if keep:
            console.print(f"The state is kept in {folder}.", soft_wrap=True)
        else:
            await asyncio.to_thread(shutil.rmtree, folder)


class Demo:
    """One run of the demo."""

    def __init__(self, options: DemoOptions, console: Console, live: bool, folder: Path) -> None:
        self._options, self._console, self._live = options, console, live
        self._say = speaker(console)
        self._layout = layout_in(folder)
        self._samples = read_samples(LEADS)
        self._began = monotonic()
        self._killed_at: float | None = None

    async def run(self) -> int:
        """Play it and judge it; give the exit code."""
        with own_log(self._layout.settings):
            stories, verdicts, in_time = await self._witness()
        return self.report(stories, verdicts, in_time)

    async def _witness(self) -> tuple[tuple[Story, ...], tuple[Verdict, ...], bool]:
        async with local_system(self._layout, self._say) as system:
            board = Board(system.store, self._console, self._say, live=self._live, head=lambda: _head(system))
            for words in () if self._live else _head(system):
                self._say(words)
            in_time = await self._play(system, board)
            stories = await read_stories(system.store)
            roster = await system.store.rosters.load()
            assert roster is not None  # the system starts with one
            return stories, (*judge(stories, roster), self._nothing_lost(stories, system)), in_time

    async def _play(self, system: LocalSystem, board: Board) -> bool:
        """Let it happen until every lead is settled; False when that took too long."""
        try:
            async with asyncio.timeout(self._options.limit.total_seconds() - self._elapsed):
                await beside(self._act(system, board), system.supervise(self._say))
        except TimeoutError:
            return False
        return True

    async def _act(self, system: LocalSystem, board: Board) -> None:
        await system.worker_ready()
        team = [Team(system.store.leads, system.client, self._say).work()] if self._options.team else []
        await beside(
            self._until_over(system, board),
            self._arrive(system),
            self._kill_the_worker(system, board),
            *team,
        )

    async def _until_over(self, system: LocalSystem, board: Board) -> None:
        glance = await board.show(until=lambda glance: self._over(glance, system))
        await all_is_told(system.client, glance.cards)

    def _over(self, glance: Glance, system: LocalSystem) -> bool:
        return glance.settled == len(self._samples) and bool(system.gaps)

    async def _arrive(self, system: LocalSystem) -> None:
        for sample in self._samples:
            at = clock.now()
            await system.store.inbox.put([arrival(sample, LEADS, at, paced=False)], at=at)
            await asyncio.sleep(BETWEEN_LEADS.total_seconds())

    async def _kill_the_worker(self, system: LocalSystem, board: Board) -> None:
        while not await self._time_to_kill(board):  # noqa: ASYNC110 - the database tells nobody what changes
            await asyncio.sleep(LOOK.total_seconds())
        self._say(f"Now the worker is killed in the middle of it: kill -9 {system.worker.pid}")
        self._killed_at = self._elapsed
        system.worker.kill()

    async def _time_to_kill(self, board: Board) -> bool:
        try:
            return self._options.kill_when(await board.look(), len(self._samples))
        except DatabaseUnreachable as error:
            if not error.busy:
                raise
            return False  # the next look comes at once

    @property
    def _elapsed(self) -> float:
        return monotonic() - self._began

    def _nothing_lost(self, stories: tuple[Story, ...], system: LocalSystem) -> Verdict:
        waiting = {story.card.lead_id for story in stories if story.card.due_at is not None}
        settled = {story.card.lead_id for story in stories if story.card.stage in SETTLED}
        lost = [sample.lead_id for sample in self._samples if sample.lead_id not in waiting | settled]
        there = f"{len(self._samples) - len(lost)} of {len(self._samples)} leads accounted for"
        if lost:
            there += f", missing {', '.join(lost)}"
        back = f"back at {system.gaps[0][1] - self._began:.1f} s" if system.gaps else "not back"
        killed = "the worker was not killed"
        if self._killed_at is not None:
            killed = f"worker killed with -9 at {self._killed_at:.1f} s, {back}"
        kept = not lost and self._killed_at is not None and bool(system.gaps)
        return Verdict("nothing was lost", kept, f"{killed}, {there}")

    def report(self, stories: Sequence[Story], verdicts: Sequence[Verdict], in_time: bool) -> int:
        """Say what became of everything, and give the exit code: 0 when it was in time and every promise was kept."""
        self._console.print()
        self._console.print(summary(stories))
        self._console.print()
        for verdict in verdicts:
            mark = "kept  " if verdict.kept else "BROKEN"
            self._print(f"{mark}  {verdict.promise}: {verdict.because}", "green" if verdict.kept else "bold red")
        reasons = [f"not so: {verdict.promise}" for verdict in verdicts if not verdict.kept]
        if not in_time:
            reasons.insert(0, self._unsettled(stories))
        if reasons:
            self._print(f"\nThe demo failed after {self._elapsed:.0f} s: {'; '.join(reasons)}.", "bold red")
            return 1
        self._print(f"\nAll {len(stories)} leads settled in {self._elapsed:.0f} s. Every promise was kept.", "bold")
        return 0

    def _unsettled(self, stories: Sequence[Story]) -> str:
        known = {story.card.lead_id: story.card for story in stories}
        open_leads = [
            f"{sample.lead_id} ({known[sample.lead_id].stage if sample.lead_id in known else 'not in'})"
            for sample in self._samples
            if sample.lead_id not in known or known[sample.lead_id].stage not in SETTLED
        ]
        limit = f"{self._options.limit.total_seconds():.0f} s"
        if not open_leads:
            return f"within {limit}, all settled, but something about them was still on its way"
        return f"within {limit}, {len(open_leads)} of {len(self._samples)} did not settle: {', '.join(open_leads)}"

    def _print(self, words: str, style: str) -> None:
        self._console.print(Text(words, style=style), soft_wrap=True)


async def all_is_told(client: Client, cards: Sequence[LeadCard]) -> None:
    """Wait until nothing is on its way about the leads that have ended: messages run beside, and may be late."""
    for card in cards:
        if card.stage in ENDED:
            await client.get_workflow_handle(names.workflow_id(card.lead_id)).result()


def layout_in(folder: Path) -> Layout:
    """Lay a system out in a scratch folder, whatever the environment says about another one."""
    settings = load_settings(state_dir=folder, database_url=f"sqlite:///{folder / 'baton.db'}", task_queue="leads")
    return Layout(
        settings=settings,
        policy=POLICY,
        roster=ROSTER,
        ports=(None, None),
        dropped=tuple(variable(name) for name in Settings.model_fields if name not in ("log_format", "log_level")),
    )


def _head(system: LocalSystem) -> list[str]:
    return [
        "The demo: leads arrive, ada, cam, eli, bea and ben accept, sam is silent, dee declines, ali is away.",
        f"Console          {system.console}",
        f"Temporal Web UI  {system.temporal.ui_url}/namespaces/default/workflows",
        f"HTTP doors       {system.url}/docs",
        f"Processes        Temporal {system.temporal.pid}, worker {system.worker.pid}, HTTP app {system.doors.pid}",
    ]

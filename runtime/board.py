"""What happens, as it happens: a live table on a terminal, one line per change anywhere else.

It reads the database and shows it. It refuses to show personal data (a lead is its headline) and to change anything.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from db.choosing import Stopped
from db.engine import DatabaseUnreachable
from db.leads import Filters, LeadCard
from models.lead import SETTLED, Stage
from runtime import clock
from runtime.store import Store
from runtime.supervisor import Say

LOOK = timedelta(milliseconds=500)
"""How often the database is looked at."""

SHOWN_AT_MOST = 2000
"""How many leads, the last received ones, are counted and watched."""

FRAME = 10
"""Lines of the screen that are not rows of the table."""

WITH_A_PERSON = frozenset({Stage.OFFERED, Stage.ACCEPTED, Stage.TRIAGE})

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_COLOURS = {
    Stage.OFFERED: "yellow",
    Stage.ACCEPTED: "green",
    Stage.CONTACTED: "bold green",
    Stage.TRIAGE: "bold red",
    Stage.REVIEW: "magenta",
    Stage.NURTURING: "cyan",
    Stage.DISQUALIFIED: "dim",
    Stage.CLOSED: "dim",
}


@dataclass(frozen=True)
class Glance:
    """The database at one instant: leads, how many are acknowledged but not started yet, and who stopped routing."""

    at: datetime
    cards: tuple[LeadCard, ...] = ()
    waiting: int = 0
    stopped: Stopped | None = None

    @property
    def settled(self) -> int:
        """Count the leads that are settled."""
        return sum(card.stage in SETTLED for card in self.cards)


def speaker(console: Console) -> Say:
    """Make a voice that writes sentences with the time before them, above the live table if there is one."""

    def say(sentence: str) -> None:
        console.print(Text(f"{clock.now():%H:%M:%S}  {plain(sentence)}"), soft_wrap=True)

    return say


async def look(store: Store, limit: int) -> Glance:
    """Read what there is now, of at most so many leads. Raises DatabaseUnreachable."""
    cards = await store.leads.list(Filters(folded=True), limit=limit)
    counted, stopped = await store.inbox.counts(), await store.switching.state()
    return Glance(clock.now(), cards, counted.waiting, stopped)


@dataclass
class Board:
    """Looks at the database and shows what it sees."""

    store: Store
    console: Console
    say: Say
    live: bool = False
    """Whether there is a terminal to draw on; else lines are written."""
    head: Callable[[], Sequence[str]] = tuple
    """Gives the lines that stay above the table: addresses, processes, what to type."""
    told: dict[str, tuple[Stage, str | None, int, int]] = field(default_factory=dict)
    told_stopped: Stopped | None = None

    async def look(self) -> Glance:
        """Read what there is now. Raises DatabaseUnreachable."""
        return await look(self.store, SHOWN_AT_MOST)

    async def show(self, until: Callable[[Glance], bool] = lambda _: False) -> Glance:
        """Show what happens until a glance satisfies `until`; give that glance."""
        if not self.live:
            return await self._follow(self._tell, until)
        with Live(console=self.console, auto_refresh=False) as live:
            return await self._follow(lambda glance: live.update(self.screen(glance), refresh=True), until)

    async def _follow(self, present: Callable[[Glance], None], until: Callable[[Glance], bool]) -> Glance:
        trouble = False
        while True:
            began = monotonic()
            try:
                glance = await self.look()
            except DatabaseUnreachable as error:
                if not trouble:
                    self.say(f"Nothing can be shown just now: {error}")
                trouble = True
            else:
                trouble = False
                present(glance)
                if until(glance):
                    return glance
            # Whatever the number of leads, looking takes at most a fifth of the time.
            await asyncio.sleep(max(LOOK.total_seconds(), 4 * (monotonic() - began)))

    def _tell(self, glance: Glance) -> None:
        """Write a line when routing was stopped or started, and for each lead that moved, oldest change first."""
        if self.told_stopped != glance.stopped:
            self.told_stopped = glance.stopped
            self.say(plain(standing(glance.stopped)))
        for card in sorted(glance.cards, key=lambda card: (card.changed_at, card.lead_id)):
            now = (card.stage, card.owner, card.offer, card.rung)
            if self.told.get(card.lead_id) != now:
                self.told[card.lead_id] = now
                self.say(line(card, glance.at))

    def screen(self, glance: Glance) -> RenderableType:
        """Lay out the whole screen: what stays, counts, the leads that changed last."""
        head = [Text(plain(words), style="dim", no_wrap=True) for words in self.head()]
        rows = max(3, self.console.height - FRAME - len(head))
        table = leads_table(latest(glance.cards, rows), glance.at)
        return Group(Text(), *head, Text(), *heading(glance), Text(), table)


def latest(cards: Iterable[LeadCard], rows: int) -> list[LeadCard]:
    """Choose the leads to show, last changed first: who waits for a person, then who waits otherwise, then settled.

    The first get half of the rows, the second and third a quarter each; what one does not need the others have.
    """
    groups: tuple[list[LeadCard], ...] = ([], [], [])
    for card in sorted(cards, key=lambda card: card.changed_at, reverse=True):
        groups[0 if card.stage in WITH_A_PERSON else 2 if card.stage in SETTLED else 1].append(card)
    shown = [
        min(len(group), share)
        for group, share in zip(groups, (rows - 2 * (rows // 4), rows // 4, rows // 4), strict=True)
    ]
    for place, group in enumerate(groups):
        shown[place] = min(len(group), shown[place] + rows - sum(shown))
    return [card for group, number in zip(groups, shown, strict=True) for card in group[:number]]


def heading(glance: Glance) -> Sequence[Text]:
    """Say first that all routing is stopped, if it is; then count the leads."""
    if glance.stopped is None:
        return (counts(glance),)
    return Text(plain(standing(glance.stopped)), style="bold red", no_wrap=True), counts(glance)


def standing(stopped: Stopped | None) -> str:
    """Say whether routing is stopped, by whom, since when and why."""
    if stopped is None:
        return "Routing runs again."
    return f"All routing is stopped by {stopped.by} since {stopped.at:%Y-%m-%d %H:%M:%S} UTC: {stopped.reason}"


def counts(glance: Glance) -> Text:
    """Count the leads in each stage, in the order of a lead's life."""
    by_stage = Counter(card.stage for card in glance.cards)
    shown = Text()
    if glance.waiting:
        shown.append(f"at the door {glance.waiting}  ", style="bold")
    for stage in Stage:
        if by_stage[stage]:
            shown.append(f"{stage} {by_stage[stage]}  ", style=_COLOURS.get(stage, "bold"))
    if len(glance.cards) == SHOWN_AT_MOST:
        shown.append(f"(of the last {SHOWN_AT_MOST})", style="dim")
    return shown if shown.plain else Text("no leads yet", style="dim")


def leads_table(cards: Iterable[LeadCard], at: datetime) -> Table:
    """Lay leads out, one a row."""
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    for name in ("id", "lead", "stage", "owner"):
        table.add_column(name, no_wrap=True, ratio=3 if name == "lead" else None)
    table.add_column("rung", justify="right", no_wrap=True)
    table.add_column("next step", no_wrap=True, ratio=2)
    table.add_column("due", justify="right", no_wrap=True)
    for card in cards:
        settled = card.stage in SETTLED
        table.add_row(
            Text(card.lead_id),
            Text(plain(card.headline)),
            Text(card.stage, style=_COLOURS.get(card.stage, "")),
            Text(card.owner or (f"({card.answerable})" if card.answerable else "")),
            Text("" if settled else str(card.rung)),
            Text(plain(card.next_step)),
            Text(countdown(card.due_at, at), style="red" if card.breached and not settled else ""),
        )
    return table


def line(card: LeadCard, at: datetime) -> str:
    """Tell where one lead stands, in one line."""
    words = [f"{card.lead_id}: {plain(card.headline)}", str(card.stage)]
    if card.owner:
        words.append(f"owner {card.owner}, offer {card.offer}")
    elif card.answerable:
        words.append(f"answerable {card.answerable}")
    if card.folded_into:
        words.append(f"folded into {card.folded_into}")
    if card.next_step and card.due_at:
        words.append(f"next: {plain(card.next_step)}, {countdown(card.due_at, at)}")
    return "; ".join(words)


def countdown(due_at: datetime | None, at: datetime) -> str:
    """Say how far away an instant is: `in 4 m 05 s`, `in 3 d 2 h`, `12 s ago`."""
    if due_at is None:
        return ""
    seconds = (due_at - at).total_seconds()
    return f"in {_span(seconds)}" if seconds >= 0 else f"{_span(-seconds)} ago"


def _span(exact: float) -> str:
    seconds = int(exact)
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60:02d} m"
    if minutes:
        return f"{minutes} m {seconds % 60:02d} s"
    return f"{seconds} s" if seconds >= 10 else f"{exact:.1f} s"


def plain(text: object) -> str:
    """Give a text without what steers terminals: a company's name must not repaint one."""
    return _CONTROL.sub("\ufffd", str(text))

"""What the demo promised and whether it was so, judged from what the database kept and from nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from rich.table import Table
from rich.text import Text

from db.leads import Filters, LeadCard
from db.tables.words import DecisionKind
from models.ladder import Entry, EntryKind
from models.lead import SETTLED, Stage
from models.roster import Roster
from runtime.store import Store
from runtime.team import Manner, playing

LADDER = 1000
"""Rungs below this are the plan's; alerts above it are not part of the ladder."""

EVERY_LEAD = 1000


@dataclass(frozen=True)
class Offer:
    """One offer of a lead to somebody; `n` is its line in the timeline."""

    n: int
    number: int
    rep_id: str
    at: datetime


@dataclass(frozen=True)
class Story:
    """One lead's life as the database kept it: where it stands, its timeline, whom the routing looked at."""

    card: LeadCard
    timeline: tuple[Entry, ...]
    decided: tuple[dict[str, Any], ...]
    """Every routing decision, whole."""

    @property
    def offers(self) -> tuple[Offer, ...]:
        """List the offers in order."""
        made = [entry for entry in self.timeline if entry.kind is EntryKind.OFFERED]
        return tuple(Offer(entry.n, entry.data["offer"], entry.data["rep_id"], entry.at) for entry in made)

    @property
    def path(self) -> str:
        """Say through whose hands it went: `sam -> bea`."""
        if self.card.folded_into:
            return f"folded into {self.card.folded_into}"
        return " -> ".join(offer.rep_id for offer in self.offers)

    @property
    def alerted_of(self) -> int | None:
        """Give the number of the first offer that the ladder alerted the manager of.

        Not when: an alert runs beside the ladder, so one that died with its worker may be told after the next offer.
        """
        told = [entry for entry in self.timeline if entry.kind is EntryKind.ALERTED and entry.data["rung"] < LADDER]
        return min((entry.data["offer"] for entry in told), default=None)

    @property
    def took(self) -> timedelta | None:
        """Tell the lead clock: received until contacted, or until it was settled otherwise."""
        if self.card.stage not in SETTLED:
            return None
        over_at = self.card.contacted_at or self.card.closed_at or self.timeline[-1].at
        return over_at - self.card.received_at


@dataclass(frozen=True)
class Verdict:
    """One promise: whether it was kept, and by what that is known."""

    promise: str
    kept: bool
    because: str


async def read_stories(store: Store) -> tuple[Story, ...]:
    """Read every lead's story, in the order of arrival."""
    cards = await store.leads.list(Filters(folded=True), limit=EVERY_LEAD)
    stories = []
    for card in sorted(cards, key=lambda card: card.lead_id):
        decided = [one.body for one in await store.decisions.of(card.lead_id) if one.kind is DecisionKind.ASSIGN]
        stories.append(Story(card, await store.timelines.of(card.lead_id), tuple(decided)))
    return tuple(stories)


def judge(stories: Sequence[Story], roster: Roster) -> tuple[Verdict, ...]:
    """Judge the four promises of the demo."""
    return (_silent(stories, roster), _declined(stories), _climbed(stories), _away(stories))


def _silent(stories: Sequence[Story], roster: Roster) -> Verdict:
    backups = {rep.id: rep.backup for rep in roster.reps}
    asked, reached, kept = 0, [], []
    for story in stories:
        for mine, after in pairwise((*story.offers, None)):
            if mine is None or mine.rep_id not in playing(Manner.IS_SILENT):
                continue
            asked += 1
            if after is None:
                kept.append(story.card.lead_id)
            elif after.rep_id == backups[mine.rep_id]:
                reached.append(f"{story.card.lead_id} ({mine.rep_id} -> {after.rep_id})")
    because = f"{asked} silent offers, {len(reached)} went to the backup: {_some(reached)}"
    if kept:
        because += f"; still with the silent one: {', '.join(kept)}"
    return Verdict("the silent rep's lead reached the backup", bool(reached) and not kept, because)


def _declined(stories: Sequence[Story]) -> Verdict:
    passed, stuck = [], []
    for story in stories:
        for decline in (entry for entry in story.timeline if entry.kind is EntryKind.DECLINED):
            after = [offer for offer in story.offers if offer.n > decline.n]
            before = [offer for offer in story.offers if offer.n < decline.n]
            if after and after[0].rep_id not in {offer.rep_id for offer in before}:
                lag = (after[0].at - decline.at).total_seconds()
                passed.append(f"{story.card.lead_id} ({before[-1].rep_id} -> {after[0].rep_id}, {lag:.1f} s)")
            else:
                stuck.append(story.card.lead_id)
    because = f"{len(passed) + len(stuck)} declined, {len(passed)} passed on at once: {_some(passed)}"
    if stuck:
        because += f"; not passed on: {', '.join(stuck)}"
    return Verdict("the declined lead went to the next rep", bool(passed) and not stuck, because)


def _climbed(stories: Sequence[Story]) -> Verdict:
    climbed = []
    for story in stories:
        alerted_of = story.alerted_of
        if alerted_of and any(offer.number > max(alerted_of, 2) for offer in story.offers):
            climbed.append(f"{story.card.lead_id} ({story.path})")
    because = f"{len(climbed)} climbed that far: {_some(climbed)}"
    return Verdict("one lead reached the manager's alert and a reassignment", bool(climbed), because)


def _away(stories: Sequence[Story]) -> Verdict:
    away = playing(Manner.IS_AWAY)
    offered, left_out, reasons = [], 0, set()
    for story in stories:
        for decision in story.decided:
            if decision["outcome"] == "offered" and decision["rep_id"] in away:
                offered.append(story.card.lead_id)
            candidates = (decision.get("trace") or {}).get("candidates", ())
            for candidate in candidates:
                if candidate["rep_id"] in away and candidate["excluded"]:
                    left_out += 1
                    reasons.add(candidate["excluded"])
    names = ", ".join(sorted(away))
    because = f"{names} was considered and left out {left_out} times ({'; '.join(sorted(reasons)) or 'never seen'})"
    if offered:
        because = f"{names} was offered {', '.join(offered)}"
    return Verdict("nobody away was offered anything", left_out > 0 and not offered, because)


def _some(examples: Sequence[str], shown: int = 3) -> str:
    more = f" and {len(examples) - shown} more" if len(examples) > shown else ""
    return (", ".join(examples[:shown]) or "none") + more


def summary(stories: Sequence[Story]) -> Table:
    """Lay out one line per lead: its path, where it ended, how many offers and rungs, and how long it took."""
    table = Table(title="What became of each lead", title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in ("id", "lead", "path", "stage"):
        table.add_column(name, overflow="fold")
    for name in ("offers", "rungs", "time"):
        table.add_column(name, justify="right")
    for story in stories:
        took = story.took
        table.add_row(
            Text(story.card.lead_id),
            Text(story.card.headline),
            Text(story.path or "-"),
            Text(_stage(story.card)),
            str(story.card.offer or "-"),
            str(story.card.rung or "-"),
            "open" if took is None else f"{took.total_seconds():.1f} s",
        )
    return table


def _stage(card: LeadCard) -> str:
    if card.stage in (Stage.REVIEW, Stage.NURTURING) and card.answerable:
        return f"{card.stage} ({card.answerable})"
    return str(card.stage)

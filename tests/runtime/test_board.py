"""What one sees while it runs: who waits for a person first, each change in one line."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from pydantic import SecretStr
from rich.console import Console

from config.settings import Settings
from db.leads import LeadCard
from models.lead import Stage
from runtime.board import Board, Glance, countdown, latest, line
from runtime.store import open_store

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def card(lead_id: str, stage: Stage, changed: int = 0, **more: object) -> LeadCard:
    """Make a lead as a list shows it; `changed` is in seconds."""
    given = dict.fromkeys(LeadCard.model_fields) | {
        "lead_id": lead_id,
        "headline": "demo request, Acme (DE)",
        "source": "website",
        "type": "demo_request",
        "policy": "demo-1",
        "backfill": False,
        "stage": stage,
        "offer": 0,
        "rung": 0,
        "next_step": "",
        "breached": False,
        "received_at": NOW,
        "changed_at": NOW + timedelta(seconds=changed),
    }
    return LeadCard.model_validate(given | more)


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (0, "in 0.0 s"),
        (2.5, "in 2.5 s"),
        (12, "in 12 s"),
        (245, "in 4 m 05 s"),
        (7_500, "in 2 h 05 m"),
        (200_000, "in 2 d 7 h"),
        (-3, "3.0 s ago"),
        (-90, "1 m 30 s ago"),
    ],
)
def test_a_countdown_reads_as_one_says_it(seconds: float, says: str) -> None:
    """Near instants by the second, far ones by the hour, past ones as past."""
    assert says == countdown(NOW + timedelta(seconds=seconds), NOW)


def test_who_waits_for_a_person_is_shown_first() -> None:
    """On a small screen one sees whom to answer, and what happened last of the rest."""
    cards = [card(f"held-{n}", Stage.ROUTING, n) for n in range(9)]
    cards += [card(f"done-{n}", Stage.CONTACTED, n) for n in range(9)]
    cards += [card(f"asked-{n}", Stage.OFFERED, n) for n in range(3)]
    shown = [one.lead_id for one in latest(cards, 8)]
    assert ["asked-2", "asked-1", "asked-0", "held-8", "held-7", "held-6", "done-8", "done-7"] == shown
    assert len(latest(cards, 100)) == len(cards)
    assert latest([], 8) == []


def test_a_line_says_who_what_and_when() -> None:
    """Without a terminal each change is one line, and no company name can steer what reads it."""
    offered = card(
        "l-1",
        Stage.OFFERED,
        headline="demo request, \x1b[2JAcme",
        owner="ada",
        offer=2,
        next_step="remind the owner",
        due_at=NOW + timedelta(seconds=75),
    )
    assert "l-1: demo request, \ufffd[2JAcme; offered; owner ada, offer 2; next: remind the owner, in 1 m 15 s" == line(
        offered, NOW
    )


async def test_whoever_looks_sees_that_routing_is_stopped(tmp_path: Path) -> None:
    """Above the table while it is so; between lines once when it is stopped, and once when it goes on."""
    said: list[str] = []
    async with open_store(Settings(database_url=SecretStr(f"sqlite:///{tmp_path / 'baton.db'}"))) as store:
        await store.database.migrate()
        console = Console(file=StringIO(), width=120)
        board = Board(store, console, said.append)
        await board.show(lambda _: True)
        await store.switching.stop(by="mia", reason="wrong \x1b[2Jterritories", at=NOW)
        stopped, again = [await board.show(lambda _: True) for _ in range(2)]
        await store.switching.start(by="mia", at=NOW)
        runs = await board.show(lambda _: True)
    sentence = "All routing is stopped by mia since 2026-03-02 09:00:00 UTC: wrong \ufffd[2Jterritories"
    assert said == [sentence, "Routing runs again."]
    assert [sentence in drawn(board, glance) for glance in (stopped, again, runs)] == [True, True, False]


def drawn(board: Board, glance: Glance) -> str:
    """Give the screen as a terminal would show it."""
    with board.console.capture() as shown:
        board.console.print(board.screen(glance))
    return shown.get()

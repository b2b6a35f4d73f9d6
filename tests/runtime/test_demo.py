"""`make demo`: it ends well when every promise was kept, and says so when one was not."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import cast

import pytest
from rich.console import Console
from temporalio.client import Client

from config.load import read_roster
from db.leads import LeadCard
from models.ladder import Entry, EntryKind
from models.lead import Stage
from models.roster import Roster
from runtime.demo import LEADS, ROSTER, Demo, DemoOptions, all_is_told
from runtime.feeding import read_samples
from runtime.promises import Story, judge
from runtime.team import MANAGER, SCRIPT, Manner, playing

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PROMISES = (
    "the silent rep's lead reached the backup",
    "the declined lead went to the next rep",
    "one lead reached the manager's alert and a reassignment",
    "nobody away was offered anything",
)


def demo(scratch: Path, *more: str) -> tuple[int, str]:
    """Run the demo with its scratch folder below `scratch`; give exit code and output."""
    process = subprocess.run(
        ["env", f"TMPDIR={scratch}", sys.executable, "-m", "runtime.local", "demo", *more],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return process.returncode, process.stdout


@pytest.mark.timeout(240)
def test_the_demo_keeps_every_promise(tmp_path: Path) -> None:
    """A worker dies in the middle, every lead settles, each promise is judged from what was stored, nothing is left."""
    # A busy test machine may take longer than the demo's own limit.
    code, output = demo(tmp_path, "--limit", "150")
    assert code == 0, output
    for promise in PROMISES:
        assert f"kept    {promise}: " in output
    killed = re.search(
        r"nothing was lost: worker killed with -9 at (\S+) s, back at (\S+) s, 24 of 24 leads accounted for", output
    )
    assert killed is not None, output
    assert float(killed[1]) < float(killed[2])
    assert re.search(r"All 24 leads settled in \d+ s\. Every promise was kept\.", output)
    for sample in read_samples(LEADS):
        assert re.search(rf"^{sample.lead_id} .*(contacted|nurturing|review|disqualified|closed)", output, re.MULTILINE)
    assert re.search(r"^demo-leads-\d+ .* sam -> bea ", output, re.MULTILINE)
    assert [] == list(tmp_path.iterdir()), "the scratch folder is gone"


WORST_MOMENT = """
import asyncio, os, sys
from datetime import timedelta
from rich.console import Console
from runtime.demo import DemoOptions, demo

def just_before_an_alert(glance, leads):
    # Breached: what is due next is the alert itself, and not the promise.
    near = [card for card in glance.cards if card.next_step == "tell the manager, mia" and card.breached]
    return any(card.due_at - glance.at < timedelta(seconds=0.25) for card in near)

options = DemoOptions(limit=timedelta(seconds=150), kill_when=just_before_an_alert)
code = asyncio.run(demo(options, Console(width=180, markup=False, highlight=False), live=False))
sys.stdout.flush()
os._exit(code)
"""


@pytest.mark.timeout(240)
def test_an_alert_due_while_the_worker_is_dead_is_told_and_counted(tmp_path: Path) -> None:
    """By the time it is back the reassignment is overdue, too, and both go out side by side, in whatever order."""
    process = subprocess.run(
        ["env", f"TMPDIR={tmp_path}", sys.executable, "-c", WORST_MOMENT],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout
    assert "kept    one lead reached the manager's alert and a reassignment: 1 climbed that far" in process.stdout


@pytest.mark.timeout(120)
def test_a_demo_in_which_nobody_answers_fails_and_says_why(tmp_path: Path) -> None:
    """The exit code is earned: without the team the leads stay open, and the reason names them."""
    code, output = demo(tmp_path, "--no-team", "--limit", "12", "--keep")
    assert code == 1, output
    assert re.search(r"The demo failed after \d+ s: within 12 s, \d+ of 24 did not settle: demo-leads-001 \(", output)
    assert "BROKEN  the declined lead went to the next rep: 0 declined" in output
    kept = re.search(r"The state is kept in (\S+)\.$", output, re.MULTILINE)
    assert kept is not None
    assert Path(kept[1], "baton.db").is_file()


@pytest.mark.timeout(120)
def test_a_stopped_demo_is_no_success(tmp_path: Path) -> None:
    """Ctrl-C ends it with 130, a sentence, and nothing left behind."""
    process = subprocess.Popen(
        ["env", f"TMPDIR={tmp_path}", sys.executable, "-m", "runtime.local", "demo"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        pids = next(found for line in process.stdout if (found := re.search(r"Temporal (\d+), worker (\d+)", line)))
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate()
    assert process.returncode == 130
    assert complaint == "The demo was stopped before it could be judged.\n"
    for pid in pids.groups():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)
    assert [] == list(tmp_path.iterdir())


# --- the script


@pytest.fixture(scope="module")
def roster() -> Roster:
    """The demo's roster."""
    return read_roster(ROSTER)


def test_everybody_of_the_roster_has_a_part(roster: Roster) -> None:
    """The script and the roster tell of the same people, each manner is played, and who is away is on leave."""
    assert {rep.id for rep in roster.reps} == set(SCRIPT)
    assert [MANAGER] == [manager.id for manager in roster.managers]
    assert all(playing(manner) for manner in Manner)
    assert {rep.id for rep in roster.reps if rep.time_off} == playing(Manner.IS_AWAY)
    backups = {rep.backup for rep in roster.reps if rep.id in playing(Manner.IS_SILENT)}
    assert all(SCRIPT[backup].lets_pass for backup in backups if backup), "so that one lead climbs to the manager"


# --- the judgement


def story(
    *told: tuple[EntryKind, str],
    looked_at: Sequence[dict[str, object]] = (),
    apart: timedelta = timedelta(seconds=1),
    **more: object,
) -> Story:
    """Tell a story line by line: offers to a rep, declines by one, alerts of a rung (`3`, or `3 of 2`: of offer 2)."""
    offers, entries = 0, []
    for n, (kind, word) in enumerate(told):
        data: dict[str, object] = {}
        if kind is EntryKind.OFFERED:
            offers += 1
            data = {"rep_id": word, "offer": offers}
        elif kind is EntryKind.ALERTED:
            rung, _, offer = word.partition(" of ")
            data = {"rung": int(rung), "offer": int(offer or offers)}
        entries.append(Entry(n=n, at=NOW + n * apart, kind=kind, says=word, data=data))
    given = dict.fromkeys(LeadCard.model_fields) | {
        "lead_id": "l-1",
        "headline": "demo request, Acme (DE)",
        "source": "website",
        "type": "demo_request",
        "policy": "demo-1",
        "backfill": False,
        "stage": Stage.CONTACTED,
        "offer": offers,
        "rung": offers,
        "next_step": "",
        "breached": False,
        "received_at": NOW,
        "changed_at": NOW,
    }
    return Story(LeadCard.model_validate(given | more), tuple(entries), tuple(looked_at))


def routing(chosen: str, **excluded: str) -> dict[str, object]:
    """Write a routing decision down as the database keeps it."""
    candidates = [{"rep_id": rep_id, "excluded": because} for rep_id, because in excluded.items()]
    return {"outcome": "offered", "rep_id": chosen, "trace": {"candidates": candidates}}


OFFERED, DECLINED, ALERTED = EntryKind.OFFERED, EntryKind.DECLINED, EntryKind.ALERTED
SILENCE = ((OFFERED, "sam"), (OFFERED, "bea"))
REFUSAL = ((OFFERED, "dee"), (DECLINED, "dee"), (OFFERED, "ben"))
CLIMB = ((OFFERED, "sam"), (OFFERED, "bea"), (ALERTED, "3"), (OFFERED, "ada"))
LEFT_OUT = routing("ada", ali="on leave")


def verdicts(stories: Sequence[Story], roster: Roster) -> tuple[bool, ...]:
    """Judge, and give what was kept in the order of the promises."""
    judged = judge(stories, roster)
    assert PROMISES == tuple(verdict.promise for verdict in judged)
    return tuple(verdict.kept for verdict in judged)


def test_a_good_run_is_judged_good(roster: Roster) -> None:
    """Each promise is seen kept in the stories that keep it."""
    stories = [story(*SILENCE, looked_at=[LEFT_OUT]), story(*REFUSAL), story(*CLIMB)]
    assert verdicts(stories, roster) == (True, True, True, True)


def test_nothing_that_happened_keeps_no_promise(roster: Roster) -> None:
    """A promise that was never put to the test is not kept."""
    assert verdicts([], roster) == (False, False, False, False)
    assert verdicts([story((OFFERED, "ada"))], roster) == (False, False, False, False)


@pytest.mark.parametrize(
    ("bad", "broken"),
    [
        (story((OFFERED, "sam")), 0),
        (story((OFFERED, "dee"), (DECLINED, "dee")), 1),
        (story((OFFERED, "dee"), (DECLINED, "dee"), (OFFERED, "dee")), 1),
        (story(looked_at=[routing("ali")]), 3),
    ],
    ids=["left with the silent one", "declined and forgotten", "asked again", "offered to somebody away"],
)
def test_one_broken_promise_is_seen_among_good_ones(bad: Story, broken: int, roster: Roster) -> None:
    """One lead treated wrongly is enough."""
    good = [story(*SILENCE, looked_at=[LEFT_OUT]), story(*REFUSAL), story(*CLIMB)]
    assert tuple(place != broken for place in range(4)) == verdicts([*good, bad], roster)


@pytest.mark.parametrize(
    "told",
    [
        ((OFFERED, "sam"), (OFFERED, "bea"), (OFFERED, "ada")),
        ((OFFERED, "sam"), (OFFERED, "bea"), (ALERTED, "3")),
        ((OFFERED, "sam"), (OFFERED, "bea"), (ALERTED, "1001"), (OFFERED, "ada")),
        ((OFFERED, "sam"), (ALERTED, "1"), (OFFERED, "bea")),
        ((OFFERED, "sam"), (OFFERED, "bea"), (OFFERED, "ada"), (ALERTED, "3 of 3")),
    ],
    ids=["no alert", "no reassignment", "an alert outside the ladder", "only the backup after it", "of the last offer"],
)
def test_climbing_takes_an_alert_of_the_ladder_and_a_reassignment(
    told: tuple[tuple[EntryKind, str], ...], roster: Roster
) -> None:
    """Neither alone counts."""
    stories = [story(*SILENCE, looked_at=[LEFT_OUT]), story(*REFUSAL), story(*told)]
    assert verdicts(stories, roster) == (True, True, False, True)


def test_an_alert_told_after_the_reassignment_counts(roster: Roster) -> None:
    """Messages run beside the ladder: one that died with the worker is told later, of the offer that it was due in."""
    late = story((OFFERED, "sam"), (OFFERED, "bea"), (OFFERED, "ada"), (ALERTED, "3 of 2"))
    stories = [story(*SILENCE, looked_at=[LEFT_OUT]), story(*REFUSAL), late]
    assert verdicts(stories, roster) == (True, True, True, True)


def test_what_happened_in_one_instant_has_an_order(roster: Roster) -> None:
    """After an outage a lead catches up within one workflow task, whose lines all have one time."""
    told = (SILENCE, REFUSAL, CLIMB)
    stories = [story(*lines, looked_at=[LEFT_OUT], apart=timedelta(0)) for lines in told]
    assert verdicts(stories, roster) == (True, True, True, True)


class Ending:
    """A client whose leads end when they are told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.told = asyncio.Event()

    def get_workflow_handle(self, workflow_id: str) -> "Ending":
        self.asked.append(workflow_id)
        return self

    async def result(self) -> None:
        await self.told.wait()


async def test_nothing_is_judged_while_something_is_on_its_way() -> None:
    """A settled lead may still have an alert to tell of; one with marketing has no end to wait for."""
    client, stages = Ending(), (Stage.NURTURING, Stage.CONTACTED, Stage.REVIEW)
    cards = [story(*SILENCE, lead_id=f"l-{stage}", stage=stage).card for stage in stages]
    waiting = asyncio.create_task(all_is_told(cast(Client, client), cards))
    await asyncio.wait({waiting}, timeout=0.05)
    assert not waiting.done()
    client.told.set()
    await waiting
    assert client.asked == ["lead-l-contacted"]


def test_settled_leads_that_do_not_end_are_no_success(tmp_path: Path) -> None:
    """The limit may pass while a message about a settled lead is on its way: that is said, too."""
    said = StringIO()
    leads = [story(*CLIMB, lead_id=sample.lead_id) for sample in read_samples(LEADS)]
    played = Demo(DemoOptions(), Console(file=said, width=180), live=False, folder=tmp_path)
    assert played.report(leads, (), in_time=False) == 1
    assert "within 50 s, all settled, but something about them was still on its way." in said.getvalue()


def test_a_story_tells_its_path_and_its_time() -> None:
    """The summary's words come from the stored lines."""
    told = story(*CLIMB, contacted_at=NOW + timedelta(seconds=9))
    assert told.path == "sam -> bea -> ada"
    assert told.took == timedelta(seconds=9)
    assert story(stage=Stage.OFFERED).took is None
    assert story(folded_into="l-0").path == "folded into l-0"

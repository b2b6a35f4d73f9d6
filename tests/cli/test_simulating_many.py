"""Many leads: the shipped policy and the sample roster at work on a file of thousands, within little memory."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.cli.driving import Cli
from tests.measuring import measure
from tools.make_leads import write

ROOT = Path(__file__).parents[2]
POLICY, ROSTER = ROOT / "config/policies/default.yaml", ROOT / "examples/roster.yaml"
MOST_MB = 500


def drafted(folder: Path) -> Path:
    """A draft that promotes fewer leads than the shipped policy."""
    draft = folder / "draft.yaml"
    text = POLICY.read_text(encoding="utf-8")
    assert "qualified_above: 20" in text
    draft.write_text(text.replace("qualified_above: 20", "qualified_above: 30"), encoding="utf-8")
    return draft


def measured(folder: Path, *words: object) -> tuple[Any, int]:
    """Carry out a command in a process of its own; give its document, and the most memory it had, in MB."""
    ran = measure(*words, "--json", folder=folder)
    assert 0 == ran.code, ran.err.decode()
    return json.loads(ran.out), ran.megabytes


def whole(report: dict[str, Any], leads: int) -> None:
    """Every lead has one fate, and the sums of all parts are the same."""
    offered = report["fates"]["offered"]
    assert leads == report["leads"] == sum(report["fates"].values())
    assert offered == sum(one["leads"] for one in report["reps"]) == sum(one["offered"] for one in report["pools"])
    assert offered == sum(one["leads"] for one in report["shares"])
    assert sum(one["leads"] for one in report["hours"]) == sum(one["leads"] for one in report["regions"])
    assert all(one["peak_load"] <= one["capacity"] for one in report["reps"])


async def test_two_thousand_leads(cli: Cli) -> None:
    """In whatever order the file has them: the lines of the file add up to the document."""
    write(cli.folder / "leads.csv", 2000, days=20, shuffled=True)
    words = ("policy", "simulate", drafted(cli.folder), "--leads", "leads.csv", "--roster", ROSTER)
    ran = await cli(*words, "--against", POLICY, "--out", "told.csv", "--json")
    assert 0 == ran.code
    told = ran.json
    whole(told["report"], 2000)
    whole(told["against_report"], 2000)
    with (cli.folder / "told.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["received_at"] for row in rows] == sorted(row["received_at"] for row in rows)
    assert told["report"]["fates"] == {**dict.fromkeys(told["report"]["fates"], 0), **Counter(r["fate"] for r in rows)}
    counted = Counter(row["difference"] for row in rows if row["difference"])
    assert {name: count for name, count in told["differences"]["counts"].items() if count} == counted
    assert counted["way"] > 0
    assert told["report"]["fates"]["nurture"] > told["against_report"]["fates"]["nurture"]


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_a_hundred_thousand_leads_fit_into_little_memory(tmp_path: Path) -> None:
    """Under 500 MB for the whole process, with two policies beside each other; time is the bench's matter."""
    write(tmp_path / "leads.csv", 100_000, shuffled=True)
    told, megabytes = measured(
        tmp_path, "policy", "simulate", drafted(tmp_path), "--leads", "leads.csv", "--roster", ROSTER,
        "--against", POLICY, "--out", "told.csv",
    )  # fmt: skip
    whole(told["report"], 100_000)
    whole(told["against_report"], 100_000)
    assert megabytes < MOST_MB

"""Trying policies before they are published: told in tables, as JSON and line by line, and nothing is changed."""

import csv
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from db.engine import Database
from db.leads import Leads
from db.ownership import Ownerships
from db.policies import Policies
from db.rosters import Rosters
from runtime import clock
from tests.cli.driving import Cli
from tests.db.samples import newcomer
from tests.policy.toytown import lead, rules_as_data, town

ROSTER = town({"id": "ana", "capacity": 2}, {"id": "ben", "level": "senior"}).model_dump(mode="json", by_alias=True)
BIG = {"name": "big", "when": "company.employees >= 1000", "pool": "all", "levels": ["senior"]}
LEADS = """\
source,type,email,company.employees,received_at
web,demo_request,a@acme.example,5000,2026-03-02T10:00:00Z
web,newsletter,b@bolt.example,,2026-03-02T09:00:00Z
web,demo_request,c@coal.example,,2026-03-02T11:00:00Z
web,referral,d@dust.example,,2026-03-02T12:00:00Z
web,demo_request,e@east.example,,2026-03-02T20:00:00Z
"""


def policy(**routing: Any) -> str:
    """A policy's text."""
    return json.dumps(rules_as_data(routing=routing))


@pytest.fixture
def shell(cli: Cli) -> Cli:
    """A shell with leads, a roster and two policies in its folder; there is no database, and none is made."""
    cli.write("leads.csv", LEADS)
    cli.write("roster.yaml", json.dumps(ROSTER))
    cli.write("draft.yaml", policy(rules=[BIG]))
    cli.write("now.yaml", policy())
    return cli


FILES = ("--leads", "leads.csv", "--roster", "roster.yaml")


@pytest.mark.usefixtures("no_database_yet")
async def test_files_alone_are_enough(shell: Cli) -> None:
    """Who gets what, what is late, which rules are silent: without a database or Temporal, and without making one."""
    ran = await shell("policy", "simulate", "draft.yaml", *FILES)
    assert (0, "") == (ran.code, ran.err)
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert "leads 5 from leads.csv" in lines
    assert "received 2026-03-02 09:00:00 UTC to 2026-03-02 20:00:00 UTC" in lines
    assert "review 20.0% are decided by people; healthy is 10% to 20%" in lines
    assert "offered 3 60.0%" in lines
    assert "ana crew 1 33.3% 50.0% 0 0 1 of 2" in lines
    assert "all 3 3 1 0 0 1" in lines
    assert "20 1 1 100.0% 13 h" in lines
    assert "ways job seekers" in lines
    assert "leads are taken as the file has them: no company is looked up" in ran.out
    assert not (shell.folder / "baton.db").exists()


async def test_the_document_has_everything(shell: Cli) -> None:
    """Every part by its name; instants as text, durations in seconds."""
    ran = await shell("policy", "simulate", "draft.yaml", *FILES, "--handling", "90m", "--json")
    assert (0, "") == (ran.code, ran.err)
    known = ran.json
    assert {
        "policy", "against", "roster", "leads_from", "first_received_at", "last_received_at", "handling_s",
        "assumptions", "report",
    } == known.keys()  # fmt: skip
    assert (None, 5400.0, "2026-03-02T09:00:00Z") == (
        known["against"], known["handling_s"], known["first_received_at"]
    )  # fmt: skip
    report = known["report"]
    assert {
        "leads", "fates", "review_share", "automatic_share", "healthy", "reps", "pools", "shares", "nobody", "fired",
        "never_fired", "hours", "regions", "left_out",
    } == report.keys()  # fmt: skip
    assert {
        "offered": 3, "waiting": 0, "nobody": 0, "nurture": 1, "review": 1, "disqualified": 0, "folded": 0
    } == report["fates"]  # fmt: skip
    assert {"rep": "ben", "team": "crew", "leads": 2, "share": 0.6667, "weight_share": 0.5, "held": 1, "late": 1} == {
        name: value for name, value in report["reps"][1].items() if name not in ("peak_load", "capacity")
    }
    assert {"where": "20", "leads": 1, "late": 1, "longest_wait_s": 46800.0} in report["hours"]
    assert {"big": 1} == report["fired"]["routing.rules"]


async def test_two_policies_are_compared_lead_by_lead(shell: Cli) -> None:
    """With the reason on both sides; leads of which only the turn differs are told apart."""
    shell.write("draft.yaml", policy(rules=[BIG | {"pool": "seniors"}]))
    pools = {"pools": {"all": {"team": "crew"}, "seniors": {"members": ["ben"]}}}
    shell.write("roster.yaml", json.dumps(ROSTER | pools))
    words = ("policy", "simulate", "draft.yaml", *FILES, "--against", "now.yaml")
    known = (await shell(*words, "--json")).json
    counts, told = known["differences"]["counts"], known["differences"]["leads"]
    assert {"way": 0, "pool": 1, "owner": 0, "promise": 0, "turn": 2} == counts
    first = next(one for one in told if one["difference"] == "pool")
    assert ("line-2", "all", None, "seniors", "big") == (
        first["lead_id"], first["before"]["pool"], first["before"]["rule"], first["after"]["pool"],
        first["after"]["rule"],
    )  # fmt: skip
    assert first["before"]["because"]
    assert first["after"]["because"] == "ben is the only one eligible"
    assert {"reps", "fates", "hours"} <= known["against_report"].keys()
    tables = (await shell(*words)).out
    assert "1      goes to another pool" in tables
    assert "2      only the turn differs" in tables
    assert "rule big, pool seniors, hour" in tables


async def test_lines_for_a_spreadsheet(shell: Cli) -> None:
    """One a lead in the order in which they came, both sides where two are compared; no cell is a formula."""
    formula = LEADS + "web,demo_request,f@far.example,,2026-03-03T10:00:00Z\n"
    shell.write("leads.csv", formula.replace("received_at\n", "received_at,region\n").replace("Z\n", "Z,=1+2\n"))
    for name in ("draft.yaml", "now.yaml"):
        shell.write(name, json.dumps(json.loads((shell.folder / name).read_text()) | {"territories": {}}))
    ran = await shell("policy", "simulate", "draft.yaml", *FILES, "--out", "told.csv")
    assert (0, "") == (ran.code, ran.err)
    assert ran.out.endswith("told.csv: 6 leads, one a line.\n")
    rows = _rows(shell, "told.csv")
    assert ["line-3", "line-2", "line-4", "line-5", "line-6", "line-7"] == [row["lead_id"] for row in rows]
    assert ("nurture", "", "offered", "ben", "big") == (
        rows[0]["fate"], rows[0]["owner"], rows[1]["fate"], rows[1]["owner"], rows[1]["rule"]
    )  # fmt: skip
    assert ("'=1+2", "True", "46800.0") == (rows[4]["region"], rows[4]["late"], rows[4]["held_for_s"])
    await shell("policy", "simulate", "draft.yaml", *FILES, "--against", "now.yaml", "--out", "told.csv")
    compared = _rows(shell, "told.csv")
    assert ("owner", "ben", "big", "ana", "") == tuple(
        compared[1][name] for name in ("difference", "owner", "rule", "against.owner", "against.rule")
    )


def _rows(shell: Cli, name: str) -> list[Mapping[str, str]]:
    with (shell.folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.usefixtures("no_database_yet")
async def test_every_bad_line_is_named_and_nothing_is_simulated(shell: Cli) -> None:
    """A file of `--out` from before stays as it was."""
    shell.write("told.csv", "kept")
    shell.write("leads.csv", LEADS + "web,demo,x@y.example,,\nweb,demo_request,nobody,many,\n")
    ran = await shell("policy", "simulate", "draft.yaml", *FILES, "--out", "told.csv")
    assert (2, "") == (ran.code, ran.out)
    lines = ran.err.splitlines()
    assert lines[0].startswith("leads.csv:7: type: ")
    assert lines[1].startswith("leads.csv:8: email: is not an e-mail address")
    assert "leads.csv: 2 lines are no leads; nothing was simulated" == lines[-1]
    assert "kept" == (shell.folder / "told.csv").read_text()
    assert ["draft.yaml", "leads.csv", "now.yaml", "roster.yaml", "told.csv"] == sorted(
        path.name for path in shell.folder.iterdir()
    )


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("draft.yaml", "--roster", "roster.yaml"), "--leads, --history: give one of the two"),
        (("draft.yaml", *FILES, "--history", "9d"), "--leads, --history: give one of the two"),
        (("draft.yaml", *FILES, "--handling", "soon"), "--handling: 'soon' is not a duration"),
        (("draft.yaml", *FILES, "--at", "soon"), "--at: is no instant"),
        (("draft.yaml", "--roster", "roster.yaml", "--history", "long"), "--history: 'long' is not a duration"),
        (("draft.yaml", "--leads", "none.csv", "--roster", "roster.yaml"), "none.csv: cannot be read: No such file"),
        (("draft.yaml", "--leads", "leads.csv", "--roster", "none.yaml"), "none.yaml:1: cannot be read: No such file"),
        (("draft.yaml", *FILES, "--out", "no/such/told.csv"), "--out: no/such/told.csv: cannot be written: No such"),
        (("draft.yaml", *FILES, "--out", "."), "--out: .: cannot be written: is a folder"),
        (("draft.yaml", "--leads", "empty.csv", "--roster", "roster.yaml"), "empty.csv:1: holds no lead"),
        (("draft.yaml", "--leads", "odd.csv", "--roster", "roster.yaml"), "odd.csv:1: company: is not a known column"),
    ],
)
async def test_what_is_wrong_is_named(shell: Cli, words: tuple[str, ...], complaint: str) -> None:
    """The option, or the file and its line; exit code 2."""
    shell.write("empty.csv", "\n\n")
    shell.write("odd.csv", "source,company\nweb,acme\n")
    ran = await shell("policy", "simulate", *words)
    assert (2, "") == (ran.code, ran.out)
    assert ran.err.startswith(complaint)


async def test_leads_that_name_no_time_came_when_it_is_said(shell: Cli) -> None:
    """Standard input is as good as a file."""
    leads = [{"source": "web", "type": "demo_request", "email": f"{name}@acme.example"} for name in ("a", "b", "c")]
    ran = await shell(
        "policy", "simulate", "now.yaml", "--leads", "-", "--roster", "roster.yaml", "--at", "2026-03-02T07:00:00Z",
        stdin=json.dumps(leads),
    )  # fmt: skip
    assert (0, "") == (ran.code, ran.err)
    assert "3 leads name no time and count as received at 2026-03-02 07:00:00 UTC" in ran.out
    assert "07    3      3" in ran.out


async def test_a_pool_that_the_roster_lacks_is_warned_of(shell: Cli) -> None:
    """It is simulated all the same: that is what a draft may be tried for."""
    shell.write("draft.yaml", policy(rules=[BIG | {"pool": "moon"}]))
    ran = await shell("policy", "simulate", "draft.yaml", *FILES, "--json")
    assert 0 == ran.code
    assert "draft.yaml:1: warning: routing.rules[0] (big).pool: the roster has no pool moon; it has all\n" == ran.err
    assert {"rule big sends it to pool 'moon', which the roster does not have": 1} == ran.json["report"]["nobody"]


async def test_an_example_that_fails_is_warned_of(shell: Cli) -> None:
    """A draft may be tried before its own examples hold; published it cannot be."""
    wrong = {"name": "to nobody", "given": {"type": "demo_request"}, "expect": {"way": "nurture"}}
    shell.write("draft.yaml", json.dumps(rules_as_data() | {"examples": [wrong]}))
    ran = await shell("policy", "simulate", "draft.yaml", *FILES, "--json")
    assert 0 == ran.code
    assert "draft.yaml:1: warning: examples[0] (to nobody).expect.way: expected nurture, got route" in ran.err
    assert ran.json["report"]["leads"] == sum(ran.json["report"]["fates"].values()) > 0


@pytest.mark.usefixtures("no_database_yet")
async def test_without_a_database_what_is_not_a_file_cannot_be_had(shell: Cli) -> None:
    """The active policy, a version, the loaded roster, the past: each needs one."""
    for words in (
        ("--leads", "leads.csv", "--roster", "roster.yaml"),
        ("toy-12345678", *FILES),
        ("draft.yaml", "--leads", "leads.csv"),
        ("draft.yaml", "--history", "9d", "--roster", "roster.yaml"),
    ):
        ran = await shell("policy", "simulate", *words)
        assert (3, "") == (ran.code, ran.out)
        assert "there is none yet" in ran.err


async def test_the_past_is_replayed_through_what_is_published(shell: Cli) -> None:
    """The leads of the last so many days, under the active policy and the loaded roster, which stay as they are."""
    database = Database(f"sqlite:///{shell.folder / 'baton.db'}")
    await database.migrate()
    missing = await shell("policy", "simulate", "draft.yaml", "--history", "9d")
    assert (2, "no roster is loaded yet: roster load FILE, or say --roster FILE\n") == (missing.code, missing.err)
    now = clock.now()
    await Rosters(database).save(town({"id": "ana"}, {"id": "ben"}), at=now)
    none = await shell("policy", "simulate", "draft.yaml", "--history", "9d")
    assert (2, "") == (none.code, none.out)
    assert none.err.startswith("--history: no lead was received since ")
    await Policies(database).publish("toy-1", "toy", policy(), by="ops", at=now)
    past = [lead(number, now - timedelta(days=days)) for number, days in enumerate((1, 2, 3, 30))]
    for about in (*past, lead(9, now - timedelta(days=1), email=past[-1].email)):
        await Leads(database).admit(newcomer(about.lead_id, about))
    ran = await shell("policy", "simulate", "--history", "9d", "--json")
    assert (0, "") == (ran.code, ran.err)
    assert (3, "the last 9d", "the roster that is loaded") == (
        ran.json["report"]["leads"], ran.json["leads_from"], ran.json["roster"]
    )  # fmt: skip
    assert "1 that were folded into others count as what those prospects did" in ran.json["assumptions"]
    both = await shell("policy", "simulate", "draft.yaml", "--history", "60d", "--against", "toy-1", "--json")
    assert (0, 4, 4) == (both.code, both.json["report"]["leads"], both.json["against_report"]["leads"])
    unknown = await shell("policy", "simulate", "toy-2", "--history", "9d")
    assert (2, "no policy version toy-2; did you mean toy-1?\n") == (unknown.code, unknown.err)
    assert ({}, {}) == (await Ownerships(database).loads(), await Ownerships(database).balances())
    await database.dispose()

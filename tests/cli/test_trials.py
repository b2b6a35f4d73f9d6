"""Drafts tried from the command line: a shadow's report, and an experiment from its plan to its end."""

import csv
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlmodel import col, select

from config.load import read_policy
from config.settings import Settings
from db import tables
from db.leads import Leads
from db.ownership import Ownerships
from models.decisions import Route, Score
from models.lead import Fit, Intent, Stage
from models.orders import Holding
from models.trial import TrialKind
from policy.trials.beside import Answer
from policy.trials.experiment import Arm
from runtime.store import Store, open_store
from tests.cli.driving import Cli
from tests.cli.house import ROSTER, policy_text
from tests.db.samples import facts, give, newcomer, order, standing

PUBLISHED = policy_text()
DRAFT = PUBLISHED.replace("undo: 5m", "undo: 6m")
VERSION, LIVE = (read_policy(text)[1].version for text in (DRAFT, PUBLISHED))
NOW = datetime.now(UTC).replace(microsecond=0)
LONG_AGO = NOW - timedelta(days=60)


@pytest.fixture(scope="session")
async def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with a roster and a published policy."""
    folder = tmp_path_factory.mktemp("published")
    cli = Cli(folder, {"BATON_DATABASE_URL": f"sqlite:///{folder / 'baton.db'}"})
    cli.write("roster.yaml", ROSTER)
    cli.write("policy.yaml", PUBLISHED)
    assert 0 == (await cli("roster", "load", "roster.yaml")).code
    assert 0 == (await cli("policy", "publish", "policy.yaml", "--by", "ops")).code
    return folder / "baton.db"


@pytest.fixture
async def shell(cli: Cli, published: Path) -> Cli:
    """A shell with a roster, a published policy, and a draft beside it."""
    for name, text in {"roster.yaml": ROSTER, "policy.yaml": PUBLISHED, "draft.yaml": DRAFT}.items():
        cli.write(name, text)
    shutil.copy(published, cli.folder / "baton.db")
    return cli


def opened(shell: Cli) -> Any:
    """Open the database behind a shell."""
    return open_store(Settings(database_url=SecretStr(shell.env["BATON_DATABASE_URL"])))


async def enrolled(store: Store, lead_id: str, arm: Arm, converts: bool, received_at: datetime) -> None:
    """Put a lead into an arm, and have it accepted or not."""
    trial = await store.trials.running(TrialKind.EXPERIMENT)
    assert trial is not None
    await Leads(store.database).admit(newcomer(lead_id, facts(lead_id, received_at=received_at), at=received_at))
    await store.trials.enrol(trial, lead_id, arm, at=received_at)
    if converts:
        owners = Ownerships(store.database)
        await owners.assign(order(lead_id), give(lead_id, "ana"), at=received_at, ordered_at=received_at)
        holding = Holding(rep_id="ana", offer=1, accepted_at=received_at)
        await Leads(store.database).record(standing(lead_id, 1, Stage.ACCEPTED, holding))


async def fill(shell: Cli, control: int, variant: int, of: int = 40, received_at: datetime = LONG_AGO) -> None:
    """Fill both arms with so many leads, of which so many converted, as if the experiment had begun long ago."""
    async with opened(shell) as store:
        async with store.database.writing() as session:
            (row,) = (await session.exec(select(tables.Trial).where(col(tables.Trial.ended_at).is_(None)))).all()
            row.started_at = LONG_AGO
        for arm, converted in ((Arm.CONTROL, control), (Arm.VARIANT, variant)):
            for n in range(of):
                await enrolled(store, f"{arm}-{n}", arm, n < converted, received_at)


async def begun(shell: Cli, *words: object) -> None:
    """Begin an experiment."""
    ends = words or ("--sample", 40)
    ran = await shell("policy", "ab", "start", "draft.yaml", "--goal", "accepted", "--by", "mia", *ends)
    assert (0, "") == (ran.code, ran.err)


async def active(shell: Cli) -> str:
    """Say which version new leads get."""
    listed: list[dict[str, Any]] = (await shell("policy", "list", "--json")).json
    return str(next(one["version"] for one in listed if one["active"]))


async def test_an_experiment_from_its_start_to_the_adopted_winner(shell: Cli) -> None:
    """Begun with its end, too early to call until it is there, then a winner, published by one confirmed act."""
    ran = await shell("policy", "ab", "start", "draft.yaml", "--goal", "accepted", "--by", "mia", "--sample", 40)
    expected = f"draft.yaml: 50% of new leads get version {VERSION} instead of {LIVE}, "
    assert (0, expected + "until 40 leads are in the control and 40 in the variant.\n") == (ran.code, ran.out)
    early = (await shell("policy", "ab", "status", "--json")).json
    assert ("too_early", False, None) == (early["call"], early["complete"], early["difference"])
    refused = await shell("policy", "ab", "adopt", "--by", "mia", "--yes")
    assert (1, "") == (refused.code, refused.out)
    assert refused.err.startswith("refused: too early to call: 0 of 40 leads in the control and 0 of 40 leads in the")

    await fill(shell, 10, 28)
    status = (await shell("policy", "ab", "status", "--json")).json
    assert ("variant", True, 0.45) == (status["call"], status["complete"], round(status["difference"], 9))
    assert {"enrolled": 40, "counted": 40, "waiting": 0, "converted": 28, "rate": 0.7} == {
        name: value for name, value in status["arms"]["variant"].items() if name not in ("version", "interval")
    }
    assert 0.00012 == pytest.approx(status["p"], abs=0.00001)
    assert (0.233, 0.611) == (round(status["interval"]["low"], 3), round(status["interval"]["high"], 3))
    told = (await shell("policy", "ab", "status")).out
    assert f"the variant wins (p 0.0001, below 0.05). `policy ab adopt --by WHO` publishes {VERSION}." in told

    unconfirmed = await shell("policy", "ab", "adopt", "--by", "mia")
    would = f"refused: this would publish {VERSION}, the variant, for new leads, and end the experiment; "
    assert (1, "", would + "confirm it with --yes\n") == (unconfirmed.code, unconfirmed.out, unconfirmed.err)
    assert LIVE == await active(shell)
    adopted = await shell("policy", "ab", "adopt", "--by", "mia", "--yes")
    assert (0, f"version {VERSION}, the variant, is what new leads get from now on.\n") == (adopted.code, adopted.out)
    assert VERSION == await active(shell)
    ended = (await shell("policy", "ab", "status", "--json")).json
    assert ("adopted", "mia", "variant") == (ended["ended"], ended["ended_by"], ended["call"])
    again = await shell("policy", "ab", "adopt", "--by", "mia", "--yes")
    assert (1, "refused: no experiment runs\n") == (again.code, again.err)


async def test_a_losing_variant_is_not_published(shell: Cli) -> None:
    """Adopting the winner keeps the control, and ends the experiment all the same."""
    await begun(shell)
    await fill(shell, 28, 10)
    adopted = await shell("policy", "ab", "adopt", "--by", "mia", "--yes", "--json")
    assert (0, "control", LIVE) == (adopted.code, adopted.json["adopted"], adopted.json["version"])
    assert LIVE == await active(shell)


async def test_without_a_difference_nothing_is_proposed(shell: Cli) -> None:
    """Unless somebody wants the variant anyway, and then that is written down."""
    await begun(shell)
    await fill(shell, 20, 22)
    status = (await shell("policy", "ab", "status", "--json")).json
    assert "no_difference" == status["call"]
    refused = await shell("policy", "ab", "adopt", "--by", "mia", "--yes")
    assert (1, "refused: no difference to see (p 0.8230, not below 0.05)") == (
        refused.code,
        refused.err.splitlines()[0],
    )
    adopted = await shell("policy", "ab", "adopt", "--by", "mia", "--yes", "--anyway", "--json")
    assert (0, "variant", "variant adopted: no difference to see (p 0.8230, not below 0.05)") == (
        adopted.code,
        adopted.json["adopted"],
        adopted.json["because"],
    )


async def test_leads_that_still_have_time_keep_it_open(shell: Cli) -> None:
    """However clear it looks: nothing is called before every lead's time is over."""
    await begun(shell)
    await fill(shell, 10, 28, received_at=NOW)
    status = (await shell("policy", "ab", "status", "--json")).json
    assert ("too_early", 40, 0, 40) == (
        status["call"],
        status["arms"]["control"]["enrolled"],
        status["arms"]["control"]["counted"],
        status["arms"]["control"]["waiting"],
    )
    told = (await shell("policy", "ab", "status")).out
    assert "too early to call: 40 of 40 leads in the control and 40 of 40 leads in the variant, 80 of them" in told


async def test_an_experiment_is_stopped(shell: Cli) -> None:
    """New leads get what was published; a second stop has nothing to stop."""
    await begun(shell)
    stopped = await shell("policy", "ab", "stop", "--by", "mia")
    assert (0, True) == (stopped.code, stopped.out.startswith("the experiment has ended; new leads get " + LIVE))
    again = await shell("policy", "ab", "stop", "--by", "mia")
    assert (1, "refused: no experiment runs\n") == (again.code, again.err)
    assert LIVE == await active(shell)


async def test_publishing_waits_for_the_end_of_an_experiment(shell: Cli) -> None:
    """A third version would make the comparison worthless."""
    await begun(shell)
    shell.write("third.yaml", PUBLISHED.replace("undo: 5m", "undo: 7m"))
    refused = await shell("policy", "publish", "third.yaml", "--by", "ops")
    assert (1, "", True) == (refused.code, refused.out, "an experiment compares" in refused.err)
    second = await shell("policy", "ab", "start", "third.yaml", "--goal", "won", "--by", "mia", "--sample", 5)
    assert (1, True) == (second.code, second.err.startswith(f"refused: {VERSION} is on trial since"))
    assert 0 == (await shell("policy", "ab", "stop", "--by", "mia")).code
    assert 0 == (await shell("policy", "publish", "third.yaml", "--by", "ops")).code


async def test_a_plan_tells_the_sample_and_the_days(shell: Cli) -> None:
    """At the pace of the last weeks, the last lead's own time included."""
    words = ("policy", "ab", "plan", "--baseline", 0.3, "--effect", 0.05)
    unknown = await shell(*words)
    assert (0, True) == (unknown.code, unknown.out.endswith("so nobody can say how long that takes.\n"))
    async with opened(shell) as store:
        for n in range(28):
            at = NOW - timedelta(days=n, minutes=1)
            await store.leads.admit(newcomer(f"l{n}", facts(f"l{n}", received_at=at)))
        await store.leads.admit(newcomer("old", facts("old", received_at=NOW - timedelta(days=90))))
    planned = (await shell(*words, "--json")).json
    expected = {"control": 1417, "variant": 1417, "both": 2834, "leads_a_day": 1.0, "days": 2864.0}
    assert expected == planned
    told = (await shell(*words)).out
    assert "1417 leads in the control and 1417 in the variant, 2834 together, find +5.0% on 30.0% with a" in told
    assert "At 1.0 leads a day that takes 2,864 days, the 30d of the last lead included." in told
    await begun(shell, "--baseline", 0.3, "--effect", 0.05)
    assert {"control": 1417, "variant": 1417} == (await shell("policy", "ab", "status", "--json")).json["planned"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "--sample, --until, --effect: say by one of them where the experiment ends"),
        (["--sample", "5", "--until", "30d"], "--sample, --until, --effect: say by one of them"),
        (["--effect", "0.1"], "--baseline, --effect: say both"),
        (["--baseline", "0.3", "--effect", "0.9"], "--effect: 0.3 and 0.9 more have to be a rate"),
        (["--baseline", "0.3", "--effect", "0.1", "--power", "2"], "--power: lies between 0 and 1, and is 2"),
        (["--sample", "5", "--share", "1"], "--share: lies between 0 and 1, and is 1"),
        (["--sample", "5", "--alpha", "0"], "--alpha: lies between 0 and 1, and is 0"),
        (["--sample", "5", "--within", "soon"], "--within: 'soon' is not a duration"),
        (["--until", "2020-01-01T00:00:00Z"], "--until: is past already"),
        (["--sample", "5", "--goal", "acepted"], "--goal: acepted is not one; did you mean accepted?"),
        (["--sample", "0"], "Invalid value for '--sample'"),
        (["--sample", "5", "--by", " "], "--by: say who does it"),
    ],
)
async def test_an_experiment_that_cannot_be_is_refused(shell: Cli, words: list[str], complaint: str) -> None:
    """Before anything is begun: exit code 2, and the option."""
    given = ["--goal", "accepted", "--by", "mia", *words]
    ran = await shell("policy", "ab", "start", "draft.yaml", *given)
    assert (2, "") == (ran.code, ran.out)
    assert ran.err.startswith(complaint), ran.err


@pytest.mark.parametrize("words", [("shadow", "start"), ("ab", "start", "--goal", "won", "--sample", "5")])
async def test_a_draft_has_to_check_and_to_be_another_one(shell: Cli, words: tuple[str, ...]) -> None:
    """A mistake is told with its line, a pool that nobody has too; what is published already needs no trial."""
    shell.write("bad.yaml", DRAFT.replace("undo: 6m", "undo: sixm"))
    shell.write("lost.yaml", DRAFT.replace("default_pool: demo", "default_pool: demmo"))
    for file, complaint in (("bad.yaml", "'sixm' is not a duration"), ("lost.yaml", "the roster has no pool demmo")):
        ran = await shell("policy", *words, file, "--by", "mia")
        assert (2, "") == (ran.code, ran.out)
        assert ran.err.startswith(f"{file}:")
        assert complaint in ran.err
    same = await shell("policy", *words, "policy.yaml", "--by", "mia")
    assert (1, f"refused: {LIVE} is what new leads get already\n") == (same.code, same.err)
    for command in ("report",) if words[0] == "shadow" else ("status",):
        nothing = await shell("policy", words[0], command)
        assert (2, True) == (nothing.code, "was begun yet" in nothing.err)


async def decided(store: Store, lead_id: str, live: str, draft: Answer | None, failed: str | None = None) -> None:
    """Have one lead decided by both policies."""
    database, trial = store.database, await store.trials.running(TrialKind.SHADOW)
    assert trial is not None
    await store.leads.admit(newcomer(lead_id))
    way = Route(sla="slow", because="hot")
    score = Score(points=20, reasons=(), intent=Intent.HIGH, fit=Fit.WEAK, qualification=way, policy=LIVE)
    await store.leads.save_score(lead_id, score, at=NOW + timedelta(hours=1))
    given = give(lead_id, live, pool="demo", sentence="=its turn")
    await Ownerships(database).assign(order(lead_id), given, at=NOW, ordered_at=NOW)
    await store.shadows.write(trial, lead_id, draft, at=NOW, judged=None, failed=failed)


async def test_a_shadow_is_begun_reported_and_stopped(shell: Cli) -> None:
    """How far the two agree, who would have had how many, and lead by lead with both reasons; all of them as CSV."""
    ran = await shell("policy", "shadow", "start", "draft.yaml", "--by", "mia")
    expected = f"draft.yaml: version {VERSION} looks on from now on, beside {LIVE}; it acts on nothing.\n"
    assert (0, expected, "") == (ran.code, ran.out, ran.err)
    empty = (await shell("policy", "shadow", "report", "--json")).json
    assert (0, None, []) == (empty["leads"], empty["agreement"], empty["differing"])
    same = Answer("route", 20, sla="slow", pool="demo", owner="ana", because="owed most", sentence="=its turn")
    async with opened(shell) as store:
        await decided(store, "one", "ana", same)
        await decided(store, "two", "ben", same)
        await decided(store, "three", "cam", Answer("nurture", 3, because="not yet"))
        await decided(store, "four", "ana", None, failed="TimeoutError")
    report = (await shell("policy", "shadow", "report", "--json")).json
    assert (4, {"TimeoutError": 1}, 0, 3) == (
        report["leads"],
        report["failed"],
        report["missed"],
        report["compared"],
    )
    assert pytest.approx(2 / 3) == report["agreement"]
    assert {"none": 1, "turn": 1, "way": 1} == {kind: n for kind, n in report["differences"].items() if n}
    assert {"ana": {"live": 1, "draft": 2}, "ben": {"live": 1, "draft": 0}, "cam": {"live": 1, "draft": 0}} == (
        report["reps"]
    )
    (differing,) = report["differing"]
    assert ("three", "way", "cam", "not yet") == (
        differing["lead_id"],
        differing["difference"],
        differing["live"]["owner"],
        differing["draft"]["because"],
    )
    told = await shell("policy", "shadow", "report", "--out", "lines.csv")
    assert (0, "4 leads are in lines.csv\n") == (told.code, told.err)
    assert "66.7% of 3 leads" in told.out
    assert "three" in told.out
    _has_lines(shell.folder / "lines.csv")
    stopped = await shell("policy", "shadow", "stop", "--by", "mia")
    assert (0, f"version {VERSION} looks on no more; its report stays.\n") == (stopped.code, stopped.out)
    assert 4 == (await shell("policy", "shadow", "report", "--json")).json["leads"]
    assert 1 == (await shell("policy", "shadow", "stop", "--by", "mia")).code


def _has_lines(path: Path) -> None:
    """Every lead, both answers; no cell that a spreadsheet would compute."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = {row["lead_id"]: row for row in csv.DictReader(file)}
    assert {"one": "none", "two": "turn", "three": "way", "four": ""} == {
        lead_id: row["difference"] for lead_id, row in rows.items()
    }
    assert ("ben", "ana", "'=its turn", "") == (
        rows["two"]["live_owner"],
        rows["two"]["draft_owner"],
        rows["two"]["live_sentence"],
        rows["two"]["failed"],
    )
    assert "TimeoutError" == rows["four"]["failed"]


async def test_a_report_that_cannot_be_written_is_bad_input(shell: Cli) -> None:
    """Told by the option, before anything is asked."""
    ran = await shell("policy", "shadow", "report", "--out", "missing/lines.csv")
    assert (2, "--out: missing/lines.csv cannot be written: No such file or directory\n") == (ran.code, ran.err)


@pytest.mark.parametrize(
    "words",
    [
        ("shadow", "start", "draft.yaml", "--by", "mia"),
        ("shadow", "report"),
        ("ab", "plan", "--baseline", "0.3", "--effect", "0.1"),
        ("ab", "status"),
        ("ab", "stop", "--by", "mia"),
    ],
)
async def test_a_database_that_is_away_is_exit_code_3(cli: Cli, nowhere: str, words: tuple[str, ...]) -> None:
    """One sentence, without the password."""
    cli.write("draft.yaml", DRAFT)
    ran = await cli.but(BATON_DATABASE_URL=f"postgresql://baton:s3cret@{nowhere}/baton")("policy", *words)
    assert (3, "", 1) == (ran.code, ran.out, len(ran.err.splitlines()))
    assert "s3cret" not in json.dumps(ran.err)

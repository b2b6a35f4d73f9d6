"""Rosters and policies: taken over when they check, and each mistake told with file and line."""

import pytest

from tests.cli.driving import Cli
from tests.cli.house import ROSTER, policy_text


def with_files(cli: Cli) -> Cli:
    """Put a good roster and policy into the shell's folder."""
    cli.write("roster.yaml", ROSTER)
    cli.write("policy.yaml", policy_text())
    return cli


async def test_a_policy_is_checked_published_shown_and_compared(cli: Cli) -> None:
    """A version follows from the content; publishing again brings it back, comments or not."""
    with_files(cli)
    checked = await cli("policy", "check", "policy.yaml")
    assert (0, True) == (checked.code, checked.out.startswith("policy.yaml: checks, as version demo-"))
    version = (await cli("policy", "check", "policy.yaml", "--json")).json["version"]
    published = await cli("policy", "publish", "policy.yaml", "--by", "ops")
    assert (0, f"policy.yaml: version {version} is what new leads get from now on.\n") == (
        published.code,
        published.out,
    )
    shown = await cli("policy", "show", "--text")
    assert (0, policy_text(), True) == (shown.code, shown.out, f"version {version}, which new leads get" in shown.err)

    cli.write("other.yaml", policy_text().replace("undo: 5m", "undo: 6m"))
    other = (await cli("policy", "publish", "other.yaml", "--by", "ana", "--json")).json
    assert (True, "ana", (cli.folder / "other.yaml").read_text()) == (
        other["active"],
        other["published_by"],
        other["text"],
    )
    listed = (await cli("policy", "list", "--json")).json
    assert [(other["version"], True), (version, False)] == [(one["version"], one["active"]) for one in listed]
    assert version in (await cli("policy", "list")).out

    diff = await cli("policy", "diff", version, "other.yaml", "--text")
    changed = [line for line in diff.out.splitlines() if line[:1] in "+-" and line[1:2] not in "+-"]
    expected = ["-manners: {undo: 5m,", "+manners: {undo: 6m,"]
    assert (0, expected) == (diff.code, [line.partition(" snooze")[0] for line in changed])
    same = await cli("policy", "diff", other["version"], "other.yaml", "--text", "--json")
    assert (0, True, []) == (same.code, same.json["same"], same.json["diff"])

    cli.write("commented.yaml", "# a comment\n" + policy_text())
    back = await cli("policy", "publish", "commented.yaml", "--by", "ops", "--json")
    assert (0, version, True) == (back.code, back.json["version"], back.json["active"])
    assert version == (await cli("policy", "show", version, "--json")).json["version"]


POLICY = policy_text()
FILES = [
    (
        "policy",
        "policy.yaml",
        POLICY.replace("response: 4h", "response: four"),
        "(slow).response: 'four' is not a dur",
    ),
    (
        "policy",
        "policy.yaml",
        POLICY.replace("default_pool:", "defaultpool:"),
        "routing.defaultpool: is not a known key",
    ),
    ("policy", "policy.yaml", POLICY.replace("custom.budget_approved == true", "custom.budget ="), "compare with =="),
    ("policy", "policy.yaml", POLICY + "\n  - [", "is not YAML"),
    ("policy", "policy.yaml", "", "is empty"),
    (
        "roster",
        "roster.yaml",
        ROSTER.replace("team: demo, level: senior", "team: dmo, level: senior", 1),
        "'dmo' is not",
    ),
    ("roster", "roster.yaml", ROSTER.replace("id: ana,", "id: Ana,"), "reps[0].id:"),
    ("roster", "roster.yaml", ROSTER.replace("level: senior", "level: senor", 1), "did you mean senior?"),
    ("roster", "roster.yaml", ROSTER.replace('["00:00", "24:00"]', '["25:00", "24:00"]'), "is not a time of day"),
]


@pytest.mark.parametrize(("room", "name", "text", "complaint"), FILES, ids=[complaint for *_, complaint in FILES])
async def test_a_broken_file_names_its_line(cli: Cli, room: str, name: str, text: str, complaint: str) -> None:
    """`FILE:LINE: key: what`, exit code 2, and nothing is changed."""
    good = with_files(cli).folder / name
    lines = good.read_text().splitlines()
    cli.write(name, text)
    for words in (["load"],) if room == "roster" else (["check"], ["publish", "--by", "ops"]):
        ran = await cli(room, words[0], name, *words[1:])
        assert (2, "") == (ran.code, ran.out)
        told = next(line for line in ran.err.splitlines() if complaint in line)
        file, number, _ = told.split(":", 2)
        changed = [n for n, line in enumerate(text.splitlines(), 1) if line not in lines]
        assert (name, True) == (file, int(number) in (changed or [1])), told


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["policy", "check", "missing.yaml"], "missing.yaml:1: cannot be read: No such file or directory"),
        (["roster", "load", "missing.yaml"], "missing.yaml:1: cannot be read: No such file or directory"),
        (["policy", "show", "demo-1234"], "no policy version demo-1234"),
        (["policy", "diff", "demo-1234", "policy.yaml"], "no policy version demo-1234"),
        (["policy", "show"], "no policy is published yet: policy publish FILE --by WHO"),
        (["roster", "show"], "no roster is loaded yet: roster load FILE"),
        (["policy", "publish", "policy.yaml", "--by", " "], "--by: say who publishes it"),
        (["policy", "publish", "policy.yaml"], "Missing option '--by'."),
        (["policy", "chek", "policy.yaml"], "No such command 'chek'"),
    ],
)
async def test_what_is_not_there_is_told(cli: Cli, words: list[str], complaint: str) -> None:
    """Exit code 2 and what to do."""
    with_files(cli)
    await cli("start", "-", "--no-wait", stdin='{"source":"w","type":"other","email":"a@b.example"}')
    ran = await cli(*words)
    assert (2, "") == (ran.code, ran.out)
    assert complaint == ran.err.splitlines()[0][: len(complaint)]


@pytest.mark.parametrize(
    "words",
    [
        ("roster", "load", "roster.yaml"),
        ("roster", "show"),
        ("roster", "ledger"),
        ("policy", "publish", "policy.yaml", "--by", "ops"),
        ("policy", "list"),
        ("policy", "show"),
    ],
)
async def test_a_database_that_is_away_is_exit_code_3(cli: Cli, nowhere: str, words: tuple[str, ...]) -> None:
    """One sentence, without the password."""
    shell = with_files(cli).but(BATON_DATABASE_URL=f"postgresql://baton:s3cret@{nowhere}/baton")
    ran = await shell(*words)
    assert (3, "", 1) == (ran.code, ran.out, len(ran.err.splitlines()))
    assert "s3cret" not in ran.err


@pytest.mark.usefixtures("no_database_yet")
async def test_either_database_will_do(cli: Cli, database_url: str) -> None:
    """From the first command on an empty one: SQLite and PostgreSQL answer the same."""
    shell = with_files(cli).but(BATON_DATABASE_URL=database_url)
    assert 3 == (await shell("list")).code
    assert 0 == (await shell("roster", "load", "roster.yaml")).code
    assert 0 == (await shell("policy", "publish", "policy.yaml", "--by", "ops")).code
    lead = '{"lead_id": "one", "source": "web", "type": "other", "email": "kim@acme.example"}'
    assert 0 == (await shell("start", "-", "--no-wait", stdin=lead)).code
    assert "no leads\n(1 more in the inbox, not started yet)\n" == (await shell("list")).out
    assert "inbox" == (await shell("status", "one", "--json")).json["told_by"]
    assert ["ana", "ben", "cam"] == [rep["id"] for rep in (await shell("roster", "show", "--json")).json["reps"]]
    assert [True] == [one["active"] for one in (await shell("policy", "list", "--json")).json]


async def test_a_policy_and_a_roster_have_to_agree(cli: Cli) -> None:
    """A policy that names a pool nobody has is not published; a roster that loses one is warned about."""
    with_files(cli)
    await cli("roster", "load", "roster.yaml")
    cli.write("lost.yaml", policy_text().replace("default_pool: demo", "default_pool: demmo"))
    refused = await cli("policy", "publish", "lost.yaml", "--by", "ops")
    assert refused.code == 2
    assert "routing.default_pool: the roster has no pool demmo; did you mean demo?" in refused.err
    assert refused.err.startswith("lost.yaml:")
    assert (await cli("policy", "publish", "policy.yaml", "--by", "ops")).code == 0
    cli.write("other.yaml", ROSTER.replace("  demo: ", "  other: "))
    warned = await cli("roster", "load", "other.yaml")
    assert warned.code == 0
    assert "warning: the published policy's routing.default_pool: the roster has no pool demo" in warned.err

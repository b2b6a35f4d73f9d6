"""Policies at the command line: checked with their examples, shown as a page, compared by rule."""

import pytest

from tests.cli.driving import Cli
from tests.cli.house import ROSTER, policy_text

PLAIN = policy_text()
GIVEN = "{type: demo_request, company: {employees: 500, industry: banking}}"


def with_example(expect: str, given: str = GIVEN) -> str:
    """Add one example to the policy."""
    return f"{PLAIN}examples:\n  - name: a bank\n    given: {given}\n    expect: {expect}\n"


def line_of(text: str, part: str) -> int:
    """Give the line on which a part stands."""
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.usefixtures("no_database_yet")
async def test_examples_are_run_by_every_check(cli: Cli) -> None:
    """Without a database and without a roster, as far as that goes; nothing is made on the way."""
    cli.write("p.yaml", with_example("{way: route, sla: slow, pool: demo, rule: default, reason: bank}"))
    ran = await cli("policy", "check", "p.yaml")
    assert (2, "") == (ran.code, ran.out)
    line = line_of((cli.folder / "p.yaml").read_text(), "expect:")
    assert ran.err.startswith(f'p.yaml:{line}: examples[0] (a bank).expect.reason: expected "bank" in the reason, whi')
    cli.write("p.yaml", with_example("{way: route, sla: slow, pool: demo, rule: default, reason: high intent}"))
    ran = await cli("policy", "check", "p.yaml")
    assert (0, "") == (ran.code, ran.err)
    assert ran.out.endswith(" 1 SLA classes; its example holds.\n")
    document = (await cli("policy", "check", "p.yaml", "--json")).json
    assert {"name": "demo", "warnings": [], "examples": 1, "roster": False} == {
        key: value for key, value in document.items() if key != "version"
    }
    assert not (cli.folder / "baton.db").exists()


async def test_who_gets_it_is_checked_with_a_roster(cli: Cli, nowhere: str) -> None:
    """One that is named, else the one that is loaded; with neither that is said, also when the database is away."""
    cli.write("p.yaml", with_example("{owner: ana, backup: ben}"))
    cli.write("roster.yaml", ROSTER.replace("id: ana,", "id: ana, backup: ben,"))
    away = cli.but(BATON_DATABASE_URL=f"postgresql://baton:s3cret@{nowhere}/baton")
    for shell in (cli, away):
        ran = await shell("policy", "check", "p.yaml")
        assert (2, "") == (ran.code, ran.out)
        assert "expect.owner: needs a roster: load one (roster load FILE), or name one (policy check" in ran.err
        assert "s3cret" not in ran.err
        ran = await shell("policy", "check", "p.yaml", "--roster", "roster.yaml")
        assert (0, "") == (ran.code, ran.err)
    await cli("roster", "load", "roster.yaml")
    assert (await cli("policy", "check", "p.yaml", "--json")).json["roster"]
    cli.write("p.yaml", with_example("{owner: anna}"))
    ran = await cli("policy", "check", "p.yaml")
    assert "expected anna (there is none of that name; did you mean ana?), got ana: " in ran.err


async def test_a_roster_that_is_named_has_to_agree_and_a_loaded_one_is_warned_about(cli: Cli) -> None:
    """A policy may be written before its roster is loaded; publishing needs both."""
    text = PLAIN.replace("default_pool: demo", "default_pool: demmo")
    cli.write("p.yaml", text)
    cli.write("roster.yaml", ROSTER)
    said = "routing.default_pool: the roster has no pool demmo; did you mean demo?"
    line = line_of(text, "default_pool: demmo")
    ran = await cli("policy", "check", "p.yaml", "--roster", "roster.yaml")
    assert (2, f"p.yaml:{line}: {said}\n") == (ran.code, ran.err)
    await cli("roster", "load", "roster.yaml")
    ran = await cli("policy", "check", "p.yaml")
    assert (0, f"p.yaml:{line}: warning: {said}\n") == (ran.code, ran.err)
    assert [said] == (await cli("policy", "check", "p.yaml", "--json")).json["warnings"]
    ran = await cli("policy", "publish", "p.yaml", "--by", "ops")
    assert (2, f"p.yaml:{line}: {said}\n") == (ran.code, ran.err)


async def test_what_a_policy_and_a_roster_can_only_just_do_together_is_warned_about(cli: Cli) -> None:
    """By checking with either roster, and by publishing: nobody stands above the manager who is to be told."""
    chief = "      - {do: alert, to: managers_manager, after: 3h}\n      - {do: reassign"
    cli.write("p.yaml", PLAIN.replace("      - {do: reassign", chief, 1))
    cli.write("roster.yaml", ROSTER)
    key = "sla[0].ladder[2]"
    said = f"{key} goes to the manager's manager, and no manager has one: the manager is told instead"
    assert (0, "") == ((ran := await cli("policy", "check", "p.yaml")).code, ran.err)
    ran = await cli("policy", "check", "p.yaml", "--roster", "roster.yaml", "--json")
    assert [said] == ran.json["warnings"]
    await cli("roster", "load", "roster.yaml")
    for words in (("check", "p.yaml"), ("publish", "p.yaml", "--by", "ops")):
        ran = await cli("policy", *words)
        assert (0, f"p.yaml: warning: {said}\n") == (ran.code, ran.err)


async def test_a_policy_whose_examples_fail_is_not_published(cli: Cli) -> None:
    """Nor one that expects somebody of a roster that is not there; then nothing is published at all."""
    for expect, complaint in (("{way: nurture}", "expected nurture, got route"), ("{owner: ana}", "needs a roster")):
        cli.write("p.yaml", with_example(expect))
        ran = await cli("policy", "publish", "p.yaml", "--by", "ops")
        assert (2, "", True) == (ran.code, ran.out, complaint in ran.err)
    assert [] == (await cli("policy", "list", "--json")).json
    cli.write("roster.yaml", ROSTER)
    await cli("roster", "load", "roster.yaml")
    assert 0 == (await cli("policy", "publish", "p.yaml", "--by", "ops")).code


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["check", "p.yaml", "--roster", "gone.yaml"], "gone.yaml:1: cannot be read: No such file or directory"),
        (["check", "p.yaml", "--roster", "p.yaml"], "p.yaml:"),
        (["check"], "Missing argument 'FILE'."),
        (["show", "gone.yaml"], "no policy version gone.yaml, and no file of that name"),
        (["show", "bad.yaml"], "bad.yaml:1: "),
        (["diff", "p.yaml", "bad.yaml"], "bad.yaml:1: "),
        (["diff", "p.yaml"], "Missing argument 'B'."),
        (["show", "p.yaml", "--al"], "No such option: --al"),
    ],
)
async def test_what_is_wrong_is_told_in_one_line(cli: Cli, words: list[str], complaint: str) -> None:
    """Exit code 2."""
    cli.write("roster.yaml", ROSTER)
    await cli("roster", "load", "roster.yaml")
    cli.write("p.yaml", PLAIN)
    cli.write("bad.yaml", "nam: x\n")
    ran = await cli("policy", *words)
    assert (2, "") == (ran.code, ran.out)
    assert ran.err.startswith(complaint), ran.err


@pytest.mark.usefixtures("no_database_yet")
async def test_a_policy_is_shown_as_a_page(cli: Cli) -> None:
    """A file's without a database, a version's, or the one new leads get; as its text, or as JSON."""
    cli.write("p.yaml", PLAIN)
    cli.write("roster.yaml", ROSTER)
    ran = await cli("policy", "show", "p.yaml")
    assert (0, True) == (ran.code, ran.out.startswith("demo\n====\nThe shipped policy in fast motion;"))
    assert "(No roster is loaded, so pools are shown without their people.)\n" in ran.out
    version = (await cli("policy", "check", "p.yaml", "--json")).json["version"]
    assert f"version {version}, from p.yaml\n" == ran.err
    assert not (cli.folder / "baton.db").exists()

    await cli("roster", "load", "roster.yaml")
    await cli("policy", "publish", "p.yaml", "--by", "ops")
    shown = [await cli("policy", "show", *words) for words in ([], [version], ["p.yaml"])]
    assert [0, 0, 0] == [ran.code for ran in shown]
    assert 1 == len({ran.out for ran in shown})
    assert "  otherwise -> pool demo: Ana Abel, Ben Bach, Cam Cole (by turns)\n" in shown[0].out
    assert shown[0].err.startswith(f"version {version}, which new leads get; published by ops at ")
    for words in ([], [version], ["p.yaml"]):
        assert PLAIN == (await cli("policy", "show", *words, "--text")).out
        document = (await cli("policy", "show", *words, "--json")).json
        assert (version, "demo", PLAIN, "4h") == (
            document["version"],
            document["name"],
            document["text"],
            document["policy"]["sla"][0]["response"],
        )


async def test_long_lists_are_shown_when_they_are_asked_for(cli: Cli) -> None:
    """Everybody may read every account."""
    cli.write("p.yaml", PLAIN + "accounts:\n" + "".join(f"  - {{id: a{n}, name: Firm {n}}}\n" for n in range(1, 31)))
    few, every = await cli("policy", "show", "p.yaml"), await cli("policy", "show", "p.yaml", "--all")
    assert ("Firm 30" not in few.out, "... and 10 more accounts (--all)" in few.out) == (True, True)
    assert ("Firm 30" in every.out, "--all" not in every.out) == (True, True)


@pytest.mark.usefixtures("no_database_yet")
async def test_policies_are_compared_by_rule_and_key(cli: Cli) -> None:
    """Two files need no database; what is only written differently is the same."""
    rules = [f"    - {{name: r{n}, when: points > {n}, pool: demo}}\n" for n in range(4)]
    cli.write("a.yaml", PLAIN.replace("  rules: []\n", "  rules:\n" + "".join(rules)))
    changed = [rules[3], rules[0].replace("pool: demo", "pool: big"), rules[2], rules[1].replace("r1", "new")]
    text = PLAIN.replace("  rules: []\n", "  rules:\n" + "".join(changed)).replace("undo: 5m", "undo: 6m")
    cli.write("b.yaml", text.replace("{do: remind, after: 2h}", "{do: remind, after: 1h}"))
    ran = await cli("policy", "diff", "a.yaml", "b.yaml")
    expected = """\
routing.rules
  moved    r3: from 4th to 1st
  changed  r0
             pool: demo -> big
  added    new: when: points > 1, pool: demo
  removed  r1: when: points > 1, pool: demo
sla
  changed  slow
             ladder:
               - {do: remind, after: 2h}
               + {do: remind, after: 1h}
manners.undo: 5m -> 6m
"""
    assert (0, expected, "") == (ran.code, ran.out, ran.err)
    document = (await cli("policy", "diff", "a.yaml", "b.yaml", "--json")).json
    assert (False, "a.yaml", "b.yaml") == (document["same"], document["a"], document["b"])
    assert {"kind": "moved", "section": "routing.rules", "name": "r3", "key": "", "old": 4, "new": 1} == (
        document["changes"][0]
    )
    lines = (await cli("policy", "diff", "a.yaml", "b.yaml", "--text")).out.splitlines()
    assert ["--- a.yaml", "+++ b.yaml"] == lines[:2]
    assert not (cli.folder / "baton.db").exists()

    cli.write("c.yaml", "# a comment\n" + (cli.folder / "a.yaml").read_text())
    assert "a.yaml and c.yaml are the same policy\n" == (await cli("policy", "diff", "a.yaml", "c.yaml")).out
    cli.write("d.yaml", (cli.folder / "a.yaml").read_text() + "accounts: []\n")
    same = await cli("policy", "diff", "a.yaml", "d.yaml")
    assert "a.yaml and d.yaml mean the same, and are written differently (--text)\n" == same.out
    document = (await cli("policy", "diff", "a.yaml", "d.yaml", "--json")).json
    assert ([], True) == (document["changes"], document["same"])


async def test_a_text_that_is_read_no_more_is_still_shown(cli: Cli) -> None:
    """What is wrong with it is told, and how to see it all the same."""
    cli.write("p.yaml", "name: x\nrules: y\n")
    ran = await cli("policy", "show", "p.yaml")
    assert (2, "`policy show --text` shows it as it is") == (ran.code, ran.err.splitlines()[-1])
    assert "p.yaml:2: rules: is not a known key" in ran.err
    assert "name: x\nrules: y\n" == (await cli("policy", "show", "p.yaml", "--text")).out

"""Reading policies and rosters: what is wrong with a file is told with its line, and nothing gets past."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.load import SHIPPED, FileError, check_agreement, compile_text, read_policy, read_roster, version_of
from models.base import Outside
from models.policy import Policy
from models.sla import RungRule
from policy.cleaning.titles import Seniority
from policy.conditions.condition import compile_condition
from policy.conditions.vocabulary import FIELDS, Scope
from tests.config.mistakes import Mistake, changed, line_of, wrong_policy, wrong_roster

EXAMPLES = Path(__file__).parents[2] / "examples"
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "policy.md"
GOOD = (SHIPPED / "default.yaml").read_text("utf-8")
ROSTER = (EXAMPLES / "roster.yaml").read_text("utf-8")


@pytest.mark.parametrize("name", ["default", "demo"])
def test_what_ships_can_be_used(name: str) -> None:
    """The shipped policies compile without a warning, and their version names them."""
    policy, compiled = read_policy(SHIPPED / f"{name}.yaml")
    assert (name, policy, ()) == (policy.name, compiled.policy, compiled.warnings)
    assert compiled.version.startswith(f"{name}-")


@pytest.mark.parametrize("name", ["roster.yaml", "demo-roster.yaml"])
def test_the_example_rosters_can_be_used(name: str) -> None:
    """Aliases, dates and Norway included."""
    assert read_roster(EXAMPLES / name).reps


MISTAKES = {
    "an unknown key": Mistake(
        "qualified_above: 20",
        "qualified_abov: 20",
        "qualified_abov:",
        "scoring.qualified_abov: is not a known key, did you mean qualified_above?",
    ),
    "an unknown word": Mistake(
        "do: monitor",
        "do: montior",
        "montior",
        (
            "matrix[4] (low, strong).do: \"montior\" should be 'route', 'nurture', 'monitor', 'review' or "
            "'disqualify'; did you mean monitor?"
        ),
    ),
    "a duration in words": Mistake(
        "after: 10m}",
        "after: 10 minutes}",
        "10 minutes",
        (
            "sla[0] (inbound-demo).ladder[1] (remind).after: '10 minutes' "
            "is not a duration; write for example 90s, 15m, 1h30m, 2d or 5bd"
        ),
    ),
    "a number without its unit": Mistake(
        "response: 15m",
        "response: 15",
        "response: 15\n",
        "sla[0] (inbound-demo).response: 15 of what? write for example 15s, 15m or 15h",
    ),
    "an endless duration": Mistake(
        "hold_at_most: 4d",
        "hold_at_most: 9999999999999d",
        "hold_at_most",
        "routing.hold_at_most: is longer than anybody waits (ten years at most)",
    ),
    "a text for a number": Mistake(
        "points: 10, when: decision_maker",
        "points: ten, when: decision_maker",
        "points: ten",
        "scoring.attributes[4] (decision maker).points: should be a number",
    ),
    "a key that is missing": Mistake(
        "    response: 4h\n",
        "",
        "name: high-intent",
        "sla[1] (high-intent).response: is required",
    ),
    "a key that is there twice": Mistake(
        "name: default\n",
        "name: default\nname: other\n",
        "name: other",
        "name: is there twice; the first is on line 4",
    ),
    "a cell that is missing": Mistake(
        "  - {intent: low, fit: weak, do: nurture, levels: [sdr]}\n",
        "",
        "- {intent: high, fit: strong",
        "matrix: needs exactly one cell for intent low and fit weak",
    ),
    "a ladder without an end": Mistake(
        "      - {do: triage, after: 30m}\n",
        "",
        "- {do: reassign, after: 20m, times: 3}",
        "sla[0] (inbound-demo).ladder[5] (reassign): the last rung has to be triage or stage",
    ),
    "a rung that runs backwards": Mistake(
        "{do: alert, after: 15m}",
        "{do: alert, after: 5m}",
        "{do: alert, after: 5m}",
        (
            "sla[0] (inbound-demo).ladder[4] (alert): is due before the rung above it; "
            "`after` counts from the offer before"
        ),
    ),
    "a reminder to somebody else": Mistake(
        "{do: remind, after: 10m}",
        "{do: remind, to: backup, after: 10m}",
        "{do: remind, to: backup",
        "sla[0] (inbound-demo).ladder[1] (remind).to: remind goes to nobody else; leave it out",
    ),
    "tiers that fall": Mistake(
        "below: 10000",
        "below: 90000",
        "- {name: small",
        "tiers: bounds have to rise, and the last tier, and only it, has none",
    ),
    "a country in two places": Mistake(
        "americas: [US, CA",
        "americas: [US, DE, CA",
        "americas: [",
        "territories: DE: in more than one place; a country has one region",
    ),
    "two rules of one name": Mistake(
        "name: decision maker",
        "name: 25 employees or more",
        "- {name: country US or UK",
        "scoring.attributes: '25 employees or more' is there twice; reasons are told by name",
    ),
    "a condition on an unknown field": Mistake(
        "when: company.employees >= 1000",
        "when: company.employes >= 1000",
        "company.employes",
        (
            "fit.criteria[1] (1000 employees or more).when: "
            "unknown field company.employes, did you mean company.employees? (character 1)"
        ),
    ),
    "a condition on a region that is none": Mistake(
        '\'region == "emea" && "senior"',
        '\'region == "emae" && "senior"',
        '"emae"',
        'routing.rules[1] (senior deals in EMEA).when: region is never "emae", did you mean emea? (character 11)',
    ),
    "a condition over several lines": Mistake(
        "&& (touches.email_open == 0 ||",
        "&& (touches.email_opn == 0 ||",
        "when: days_since.received >= 30",
        (
            "scoring.attributes[12] (no email opened for 30 days).when: unknown field touches.email_opn, did you mean "
            "touches.email_open? (character 31)"
        ),
    ),
    "a touch that is no touch": Mistake(
        "kind: nurture_click",
        "kind: received",
        "kind: received",
        "scoring.behaviour[5].kind: 'received' is not a touch; choose another name",
    ),
    "a fit out of reach": Mistake(
        "strong_from: 5",
        "strong_from: 50",
        "strong_from: 50",
        "fit.strong_from: 50 is out of reach: all criteria give 8 points",
    ),
    "a calendar that never opens": Mistake(
        "lists:\n",
        "calendars:\n  lead: {tz: UTC, week: {}}\nlists:\n",
        "lead: {tz",
        "calendars.lead: never opens: give at least one window in week or in exceptions",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_policy_is_told_with_its_line(name: str) -> None:
    """The line, the key, what is wrong and what would be right."""
    text, expected = MISTAKES[name].told_of(GOOD)
    assert [expected] == wrong_policy(text)


def test_every_mistake_is_told_in_the_files_order() -> None:
    """A file is mended in one go."""
    text = changed(GOOD, ("company.employees >= 25}", "company.employes >= 25}"), ('\'"has-budget"', "'\"has-budget"))
    found = wrong_policy(text)
    assert ["scoring.attributes[3] (25 employees or more).when", "scoring.attributes[7] (buying authority).when"] == [
        line.split(": ")[1] for line in found
    ]
    text = changed(
        GOOD, ("do: monitor", "do: watch"), ("points: 1,", "points: one,"), ("name: default", "nam: default")
    )
    assert ["nam", "name", "scoring.attributes[0] (country US or UK).points", "matrix[4] (low, strong).do"] == [
        line.split(": ")[1] for line in wrong_policy(text)
    ]


ROSTER_MISTAKES = {
    "a backup who is nobody": Mistake(
        "backup: leo",
        "backup: leon",
        "backup: leon",
        (
            "reps[0] (ana).backup: 'leon' is not defined "
            "(known: eva, iris, kenji, leo, mei, mila, noah, omar, ravi, sora, tom, zoe)"
        ),
    ),
    "a level that is none": Mistake(
        "level: senior",
        "level: seniour",
        "seniour",
        "reps[0] (ana).level: \"seniour\" should be 'sdr', 'junior', 'mid' or 'senior'; did you mean senior?",
    ),
    "yes for true": Mistake(
        "backup: leo\n",
        "backup: leo\n    active: yes\n",
        "active: yes",
        "reps[0] (ana).active: should be true or false",
    ),
    "a zone that is none": Mistake(
        "tz: Europe/London\n    week",
        "tz: Europe/Lodnon\n    week",
        "Lodnon",
        ('calendars.london.tz: "Europe/Lodnon" is not a time zone; write an IANA name, like Europe/Berlin'),
    ),
    "a missing key": Mistake(
        "manager: grace",
        "manger: grace",
        "- id: americas",
        "teams[0] (americas).manager: is required",
    ),
    "somebody twice": Mistake(
        "id: tom",
        "id: eva",
        "- id: ana",
        "reps: holds an id twice: eva",
    ),
}


@pytest.mark.parametrize("name", ROSTER_MISTAKES)
def test_a_mistake_in_a_roster_is_told_with_its_line(name: str) -> None:
    """As for policies."""
    text, expected = ROSTER_MISTAKES[name].told_of(ROSTER)
    assert expected in wrong_roster(text)


def test_a_value_that_may_be_two_things_is_told_once() -> None:
    """A date of time off may be a day or an instant; one mistake is one line."""
    text = changed(ROSTER, ('{from: "2026-12-21"', '{from: "21.12.2026"'))
    found = wrong_roster(text)
    assert 1 == len(found)
    assert found[0].startswith(f"{line_of(text, '21.12.2026')}: reps[4] (tom).time_off[0].from: should be a date")


def test_a_file_without_keys_is_no_policy() -> None:
    """A list is told from a policy."""
    assert ["1: is not a policy: begin with keys (name: ...)"] == wrong_policy("- a\n- b\n")


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    """Missing files, folders and texts that are no UTF-8 are told by name."""
    with pytest.raises(FileError, match=r"gone\.yaml:1: cannot be read: No such file or directory"):
        read_policy(tmp_path / "gone.yaml")
    with pytest.raises(FileError, match=r":1: cannot be read: Is a directory"):
        read_roster(tmp_path)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("name: x\ndescription: Müller\n".encode("latin-1"))
    with pytest.raises(FileError, match=r"latin\.yaml:2: is not UTF-8 text"):
        read_policy(latin)


def test_a_version_follows_the_content() -> None:
    """Comments, layout and the order of keys do not make a new version; every value does."""
    laid_out = "# another comment\n" + changed(GOOD, ("{every: 1d}", "{ every:   1d }"))
    assert version_of(GOOD) == version_of(laid_out) == read_policy(GOOD)[1].version
    assert version_of(GOOD) != version_of(changed(GOOD, ("points: 10,", "points: 11,")))
    assert version_of("a: 1\nb: 2\n") == version_of("b: 2\na: 1\n")


def test_a_published_text_keeps_its_version() -> None:
    """What is pinned to a lead is compiled under the version it was published as."""
    assert "default-00000000" == compile_text(GOOD, "default-00000000").version
    with pytest.raises(FileError, match=r"^old-1:1: is empty$"):
        compile_text("", "old-1")


PARTS = {
    f"models.{name}" for name in ("calendar", "example", "market", "policy", "qualifying", "routing", "sla", "validity")
}


def every(model: type[Outside]) -> Iterator[type[Outside]]:
    """Give a model's heirs and theirs."""
    for heir in model.__subclasses__():
        yield heir
        yield from every(heir)


def keys_of(model: type[Outside], seen: set[str]) -> set[str]:
    """Collect the keys of a model and of every model it holds."""
    for name, field in model.model_fields.items():
        seen.add(field.alias or name)
        for inner in every(Outside):
            if inner.__module__ in PARTS and re.search(rf"\b{inner.__name__}\b", str(field.annotation)):
                keys_of(inner, seen)
    return seen


def test_every_key_of_a_policy_is_documented() -> None:
    """Each key stands in the reference in backticks (tables there begin a key's row with it)."""
    keys = keys_of(Policy, set())
    assert set(RungRule.model_fields) <= keys
    spans = re.findall(r"`([^`\n]+)`", REFERENCE.read_text("utf-8"))
    documented = {word for span in spans for word in re.findall(r"\w+", span)}
    assert [] == sorted(keys - documented)


def test_every_field_of_conditions_is_documented() -> None:
    """Whoever writes a condition finds each field in the reference."""
    documented = REFERENCE.read_text("utf-8")
    assert [] == sorted(name for name in FIELDS if f"`{name}`" not in documented)
    assert [] == sorted(rank for rank in Seniority if f"`{rank}`" not in documented)


def test_the_conditions_in_the_reference_compile() -> None:
    """What people copy from the page works under the shipped policy."""
    table = REFERENCE.read_text("utf-8").partition("| meant | write |")[2].partition("\n\n")[0]
    conditions = [found.replace("\\|", "|") for found in re.findall(r"^\| .* \| `(.*)` \|$", table, re.MULTILINE)]
    assert len(conditions) >= 6
    words = read_policy(SHIPPED / "default.yaml")[1].vocabulary(Scope.QUALIFIED)
    assert conditions == [compile_condition(text, "", words).text for text in conditions]


def test_a_policy_that_names_what_the_roster_lacks_is_refused_by_line(tmp_path: Path) -> None:
    """A pool that nobody is in would send leads nowhere; the line that names it is told."""
    text = (SHIPPED / "default.yaml").read_text(encoding="utf-8")
    file = tmp_path / "mine.yaml"
    file.write_text(text.replace("pool: enterprise-emea}", "pool: enterprise-emeaa}"), encoding="utf-8")
    line = next(n for n, one in enumerate(file.read_text().splitlines(), 1) if "enterprise-emeaa" in one)
    roster = read_roster(Path("examples/roster.yaml"))
    with pytest.raises(FileError) as refused:
        check_agreement(file, roster)
    assert (
        f"mine.yaml:{line}: routing.rules[1] (senior deals in EMEA).pool: the roster has no pool enterprise-emeaa"
        in str(refused.value)
    )
    check_agreement(text, roster)

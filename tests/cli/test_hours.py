"""Business time from the shell: one question at a time, or a line each."""

import json

import pytest

from tests.cli.driving import Cli
from tests.cli.house import ROSTER

BERLIN = {"tz": "Europe/Berlin", "week": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
FRIDAY = "2026-03-06T15:55:00+01:00"
TABBED = json.dumps(BERLIN, indent="\t")


async def test_due_is_told_window_by_window(cli: Cli) -> None:
    """For people with the wall time of the calendar's zone, for programs in UTC."""
    cli.write("berlin.json", json.dumps(BERLIN))
    words = ("due", "--calendar", "berlin.json", "--from", FRIDAY, "--budget", "4h")
    ran = await cli(*words)
    expected = [
        "due 2026-03-09T10:55:00Z (Mon 09 Mar 2026 11:55:00 in Europe/Berlin)",
        "  Fri 15:55-17:00 1 h 5 min",
        "  weekend",
        "  Mon 09:00-11:55 2 h 55 min",
    ]
    assert (0, expected, "") == (ran.code, ran.out.splitlines(), ran.err)
    document = (await cli(*words, "--json")).json
    assert {"due": "2026-03-09T10:55:00Z", "trace": [line.strip() for line in expected[1:]]} == document


async def test_elapsed_is_told_window_by_window(cli: Cli) -> None:
    """The time back: what `due` was given."""
    cli.write("berlin.yaml", "tz: Europe/Berlin\nweek: {fri: [['09:00', '17:00']], mon: [['09:00', '17:00']]}\n")
    words = ("elapsed", "--calendar", "berlin.yaml", "--from", FRIDAY, "--to", "2026-03-09T10:55:00Z")
    ran = await cli(*words)
    assert (0, "elapsed 4 h of business time (14400 s)") == (ran.code, ran.out.splitlines()[0])
    assert 14400 == (await cli(*words, "--json")).json["elapsed_s"]


async def test_a_calendar_of_a_roster_is_chosen_by_name(cli: Cli) -> None:
    """What a team works by can be asked about."""
    cli.write("roster.yaml", ROSTER)
    cli.write("tabs.json", TABBED)
    for words in (["roster.yaml", "--name", "always"], ["tabs.json"]):
        ran = await cli("due", "--calendar", *words, "--from", "2026-03-06T10:00:00Z", "--budget", "1h30m", "--json")
        assert (0, "2026-03-06T11:30:00Z") == (ran.code, ran.json["due"])


async def test_the_tutorial_clock_is_now(cli: Cli) -> None:
    """`now` needs no looking at a clock."""
    cli.write("roster.yaml", ROSTER)
    words = ("--calendar", "roster.yaml", "--name", "always")
    assert 0 == (await cli("due", *words, "--from", "now", "--budget", "0s")).code
    assert 0 == (await cli("elapsed", *words, "--from", "now", "--to", "now", "--json")).json["elapsed_s"]


MISTAKES = [
    ("berlin.json", '{"week": {}}', [], "berlin.json:1: tz: is required"),
    ("berlin.json", '{"tz": "UTC", "week": {}}', [], "berlin.json:1: never opens: give at least one window"),
    ("berlin.json", '{"tz": "UTC",\n"week": {\n"mon": [["9:00", "17:00"]]}}', [], "berlin.json:3: week.mon[0][0]: "),
    ("berlin.json", '{"tz": "Berlin",\n"week": {}}', [], 'berlin.json:1: tz: "Berlin" is not a time zone'),
    ("berlin.json", "[]", [], "berlin.json:1: is not a calendar: begin with tz and week"),
    ("berlin.json", "{", [], "berlin.json:1: is not YAML"),
    ("roster.yaml", ROSTER, ["--calendar", "roster.yaml"], "--name: say which calendar of roster.yaml: always"),
    (
        "roster.yaml",
        ROSTER,
        ["--calendar", "roster.yaml", "--name", "allways"],
        "--name: roster.yaml has no calendar allways; did you mean always?",
    ),
    ("good.json", TABBED, ["--calendar", "good.json", "--name", "x"], "--name: good.json is one calendar, and not"),
    ("good.json", TABBED, ["--calendar", "missing.json"], "missing.json: cannot be read: No such file or directory"),
    ("good.json", TABBED, ["--calendar", "good.json", "--budget", "4"], "--budget: '4' is not a duration; write for"),
    ("good.json", TABBED, ["--calendar", "good.json", "--budget", "-4h"], "--budget: '-4h' is not a duration"),
    ("good.json", TABBED, ["--calendar", "good.json", "--from", "today"], "--from: is no instant; write for example 2"),
    ("good.json", TABBED, ["--calendar", "good.json", "--from", "2026-03-06T10:00"], "--from: needs a UTC offset"),
    (
        "good.json",
        TABBED,
        ["--calendar", "good.json", "--from", "1066-01-01T00:00:00Z"],
        "1066-01-01 00:00:00+00:00 is",
    ),
]


@pytest.mark.parametrize(("name", "text", "options", "complaint"), MISTAKES, ids=[case[3] for case in MISTAKES])
async def test_each_mistake_is_one_sentence(cli: Cli, name: str, text: str, options: list[str], complaint: str) -> None:
    """Exit code 2, with the option, or the file and its line."""
    cli.write(name, text)
    given = {"--calendar": name, "--from": FRIDAY, "--budget": "4h"} | dict(
        zip(options[::2], options[1::2], strict=True)
    )
    ran = await cli("due", *(word for pair in given.items() for word in pair))
    assert (2, "") == (ran.code, ran.out)
    assert complaint == ran.err[: len(complaint)]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["due"], "--calendar: is missing (or give --batch)\n"),
        (["due", "--calendar", "good.json", "--budget", "4h"], "--from: is missing (or give --batch)\n"),
        (["elapsed", "--calendar", "good.json", "--from", FRIDAY], "--to: is missing (or give --batch)\n"),
        (
            ["elapsed", "--calendar", "good.json", "--from", FRIDAY, "--to", "2026-03-01T00:00:00Z"],
            "business time does not run backwards: 2026-03-01 00:00:00+00:00 is before 2026-03-06 14:55:00+00:00\n",
        ),
        (["due", "--batch", "missing.jsonl"], "missing.jsonl: cannot be read: No such file or directory\n"),
    ],
)
async def test_what_is_missing_is_named(cli: Cli, words: list[str], complaint: str) -> None:
    """Nothing is guessed."""
    cli.write("good.json", TABBED)
    ran = await cli(*words)
    assert (2, "", complaint) == (ran.code, ran.out, ran.err)


async def test_a_batch_is_answered_line_by_line(cli: Cli) -> None:
    """One JSON object a line, both kinds of question, the calendar inline, by file or from the option."""
    cli.write("berlin.json", json.dumps(BERLIN))
    questions = [
        {"calendar": BERLIN, "start": FRIDAY, "budget_s": 14400},
        {"calendar": BERLIN, "start": FRIDAY, "end": "2026-03-09T10:55:00Z"},
        {"calendar": "berlin.json", "start": FRIDAY, "budget_s": 0.5},
        {"start": FRIDAY, "end": FRIDAY},
    ]
    text = "\n".join(map(json.dumps, questions)) + "\n\n"
    cli.write("questions.jsonl", text)
    for words, stdin in ((("due", "--batch", "-"), text), (("elapsed", "--batch", "questions.jsonl"), "")):
        ran = await cli(*words, "--calendar", "berlin.json", stdin=stdin)
        answers = [json.loads(line) for line in ran.out.splitlines()]
        assert (0, "", 4) == (ran.code, ran.err, len(answers))
        assert [{"due", "trace"}, {"elapsed_s", "trace"}] * 2 == [set(answer) for answer in answers]
        expected = ["2026-03-09T10:55:00Z", 14400, "2026-03-06T14:55:00.500000Z", 0]
        assert expected == [answer.get("due", answer.get("elapsed_s")) for answer in answers]


BAD_LINES = [
    ("{", "is not JSON: Expecting property name enclosed in double quotes"),
    ("[]", "has to be a JSON object, and is a list"),
    ({"start": FRIDAY, "budget_s": 1}, "calendar: is required"),
    ({"calendar": BERLIN, "start": FRIDAY}, "needs either budget_s or end"),
    ({"calendar": BERLIN, "start": FRIDAY, "budget_s": 1, "end": FRIDAY}, "needs either budget_s or end"),
    ({"calendar": BERLIN, "budget_s": 1}, "start: is required"),
    ({"calendar": BERLIN, "start": "2026-03-06T10:00:00", "budget_s": 1}, "start: needs a UTC offset, for example"),
    ({"calendar": BERLIN, "start": FRIDAY, "budget_s": -1}, "budget_s: Input should be greater than or equal to 0"),
    ({"calendar": BERLIN, "start": FRIDAY, "budget_s": True}, "budget_s: Input should be a valid number"),
    ({"calendar": BERLIN, "start": FRIDAY, "budget_s": 1e12}, "budget_s: Input should be less than or equal to"),
    ({"calendar": BERLIN | {"tz": "x"}, "start": FRIDAY, "budget_s": 1}, 'calendar.tz: "x" is not a time zone'),
    ({"calendar": "missing.json", "start": FRIDAY, "budget_s": 1}, "calendar: missing.json: cannot be read"),
    ({"calendar": 7, "start": FRIDAY, "budget_s": 1}, "calendar: has to be a JSON object, and is a number"),
    ({"calendar": BERLIN, "start": FRIDAY, "end": "2026-03-01T00:00:00Z"}, "business time does not run backwards"),
    ({"calendar": BERLIN, "start": FRIDAY, "budget": 1}, "budget: is not a known field"),
]


@pytest.mark.parametrize(("line", "complaint"), BAD_LINES, ids=[complaint for _, complaint in BAD_LINES])
async def test_a_bad_line_is_answered_with_its_error(cli: Cli, line: object, complaint: str) -> None:
    """Answers stay beside their questions, the good ones go on, and the exit code is 2."""
    good = json.dumps({"calendar": BERLIN, "start": FRIDAY, "budget_s": 0})
    bad = line if isinstance(line, str) else json.dumps(line)
    ran = await cli("due", "--batch", "-", stdin=f"{good}\n{bad}\n{good}\n")
    answers = [json.loads(line) for line in ran.out.splitlines()]
    assert (2, 3, ["error"]) == (ran.code, len(answers), list(answers[1]))
    assert answers[1]["error"].startswith(complaint) or complaint in answers[1]["error"].splitlines()
    assert ran.err == f"stdin:2: {answers[1]['error']}\n"
    assert "2026-03-06T14:55:00Z" == answers[0]["due"] == answers[2]["due"]

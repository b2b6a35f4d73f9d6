"""Public holidays at the command line: in business time, in what is published, and in the roster that is loaded."""

import json

from tests.cli.driving import Cli
from tests.cli.house import ROSTER, policy_text

WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
BAVARIA = {"tz": "Europe/Berlin", "week": WEEK, "country": "DE", "subdivision": "BY", "public_holidays": True}
WRITTEN = f"calendars: {{lead: {json.dumps(BAVARIA)}}}\n"
POLICY = policy_text().replace("scoring:\n", f"{WRITTEN}scoring:\n", 1)


async def test_business_time_knows_them_by_name(cli: Cli) -> None:
    """One at a time and in a batch, in a calendar of its own and in a policy's."""
    cli.write("bavaria.json", json.dumps(BAVARIA))
    cli.write("p.yaml", POLICY)
    trace = ["Mon 16:00-17:00 1 h", "Tue 6 Jan holiday (Epiphany)", "Wed 09:00-10:00 1 h"]
    asked = ("--from", "2026-01-05T16:00:00+01:00", "--budget", "2h", "--json")
    for words in (("bavaria.json",), ("p.yaml", "--name", "lead")):
        ran = await cli("due", "--calendar", *words, *asked)
        assert (0, {"due": "2026-01-07T09:00:00Z", "trace": trace}) == (ran.code, ran.json)
    question = {"calendar": BAVARIA, "start": "2026-01-05T15:00:00Z", "end": "2026-01-07T09:00:00Z"}
    ran = await cli("elapsed", "--batch", "-", stdin=json.dumps(question))
    assert (0, {"elapsed_s": 7200, "trace": trace}) == (ran.code, ran.json)


async def test_years_that_are_asked_about_are_looked_up(cli: Cli) -> None:
    """A question about long ago or far ahead is answered for its own years."""
    for year, day in ((1999, "Wed"), (2049, "Wed")):
        question = {"calendar": BAVARIA, "start": f"{year}-01-05T15:00:00Z", "budget_s": 7200}
        ran = await cli("due", "--batch", "-", stdin=json.dumps(question))
        assert [f"{day} 6 Jan holiday (Epiphany)"] == [line for line in ran.json["trace"] if "holiday" in line]


async def test_a_mistake_in_one_is_told(cli: Cli) -> None:
    """With its line in a file, with its field in a batch; the other lines are answered."""
    cli.write("p.yaml", POLICY.replace('"BY"', '"BX"'))
    ran = await cli("due", "--calendar", "p.yaml", "--name", "lead", "--from", "now", "--budget", "1h")
    line = POLICY[: POLICY.index("calendars:")].count("\n") + 1
    says = "subdivision: DE has no part BX whose holidays are known; there are BB"
    assert (2, f"p.yaml:{line}: {says}") == (ran.code, ran.err[: len(f"p.yaml:{line}: {says}")])
    good = {"calendar": BAVARIA, "start": "2026-01-05T15:00:00Z", "budget_s": 0}
    bad = good | {"calendar": BAVARIA | {"subdivision": "BX", "tz": "x"}}
    ran = await cli("due", "--batch", "-", stdin=f"{json.dumps(bad)}\n{json.dumps(good)}\n")
    answers = [json.loads(answer) for answer in ran.out.splitlines()]
    assert [["error"], ["due", "trace"]] == [list(answer) for answer in answers]
    assert answers[0]["error"].startswith(f"calendar.{says}")
    assert 'calendar.tz: "x" is not a time zone' in answers[0]["error"]


async def test_what_is_published_holds_them(cli: Cli) -> None:
    """The version that was checked is published; its text has the dates, and reads as the same policy."""
    cli.write("p.yaml", POLICY)
    cli.write("roster.yaml", ROSTER.replace("calendars:\n", f"calendars:\n  lead: {json.dumps(BAVARIA)}\n"))
    assert 0 == (await cli("roster", "load", "roster.yaml")).code
    version = (await cli("policy", "check", "p.yaml", "--json")).json["version"]
    published = (await cli("policy", "publish", "p.yaml", "--by", "mia", "--json")).json
    assert (version, True) == (published["version"], published["text"].startswith(POLICY.rstrip()))
    assert '"2026-01-06": "Epiphany"' in published["text"]
    cli.write("again.yaml", published["text"])
    assert version == (await cli("policy", "check", "again.yaml", "--json")).json["version"]
    assert (await cli("policy", "diff", "p.yaml", version, "--json")).json["same"]
    assert "2026-01-06" in json.dumps((await cli("roster", "show", "--json")).json["calendars"]["lead"]["frozen"])

"""People of accounts at the command line: a file of them, whom to try next, and which parts nobody has (R45)."""

import json

from tests.cli.driving import Cli
from tests.cli.house import House

PEOPLE = """\
email,first_name,last_name,title,role,phone,domain
eva@acme.example,Eva,Bauer,CFO,Economic Buyer,,
Eva@Acme.example,,Bauer,,,,
pat at acme,,,,,,acme.example
bo@acme.example,Bo,Berg,Head of IT,king,,
,Cy,,Buyer,,+49 30 901820,www.acme.example
"only one"
"""

WRONG = [
    (["load", "none.csv"], "none.csv: No such file or directory"),
    (["load", "wrong.csv"], "wrong.csv:1: column 1: 'mail' is not a known column; did you mean email?"),
    (["list"], "say whose people: one of --lead, --account and --company"),
    (["list", "--account", "none"], "--account: there is no account none"),
    (["list", "--lead", "none"], "none"),
    (["add", "--title", "CFO"], "needs an email or a phone"),
    (["add", "--email", "a@b.example", "--referred-by", "7"], "--referred-by: there is no contact 7"),
    (["state", "7", "lazy", "--by", "ana"], "STATE: lazy is not one"),
    (["state", "7", "left", "--by", "ana"], "CONTACT: there is no contact 7"),
    (["forget", "0"], "CONTACT: 0 is no such number"),
]


async def test_a_file_of_people_is_taken_in_line_by_line(cli: Cli) -> None:
    """Good lines are kept, once each; what is wrong with a line names it, and the exit code says so."""
    cli.write("people.csv", PEOPLE)
    ran = await cli("contacts", "load", "people.csv")
    assert (2, "people.csv: 2 new, 1 known already, 3 refused.") == (ran.code, ran.out.strip())
    told = [line.split(":")[1:3] for line in ran.err.splitlines()]
    assert [["4", " email"], ["5", " role"], ["7", " has 1 cells where the header has 7"]] == told
    again = await cli("contacts", "load", "-", "--json", stdin="email\neva@acme.example\n")
    assert (0, {"new": 0, "known": 1, "refused": []}) == (again.code, again.json)


async def test_whom_to_try_next(cli: Cli) -> None:
    """Who has most say first, with why; who does not answer comes last, and the next one is somebody else."""
    cli.write("people.csv", PEOPLE)
    await cli("contacts", "load", "people.csv")
    words = ("contacts", "list", "--company", "acme.example")
    first = (await cli(*words, "--json")).json
    eva, cy = (one["id"] for one in first["others"])
    assert ("economic_buyer", True, eva) == (
        first["next_best"]["role"],
        first["next_best"]["role_said"],
        first["next_best"]["id"],
    )
    said = await cli("contacts", "state", eva, "no-answer", "--by", "ana")
    assert (0, f"contact {eva} is no answer now.") == (said.code, said.out.strip())
    shown = await cli(*words)
    assert f"next: contact {cy}" in shown.out
    assert "eva@acme.example" in shown.out
    parts = await cli("contacts", "coverage", "--company", "acme.example", "--json")
    assert [eva] == parts.json["known"]["economic_buyer"]
    assert "champion" in (await cli("contacts", "coverage", "--company", "acme.example")).out
    added = await cli("contacts", "add", "--email", "di@other.example", "--referred-by", cy, "--json")
    assert (0, cy, True) == (added.code, added.json["referred_by"], added.json["new"])
    assert [0, 2] == [(await cli("contacts", "forget", added.json["id"])).code for _ in range(2)]


async def test_what_cannot_be_is_said(cli: Cli) -> None:
    """In one sentence that names the word; nothing is kept."""
    cli.write("wrong.csv", "mail\na@b.example\n")
    await cli("contacts", "load", "-", stdin="email\neva@acme.example\n")
    told = [(await cli("contacts", *words)) for words, _ in WRONG]
    assert [(2, "")] * len(WRONG) == [(ran.code, ran.out) for ran in told]
    assert [] == [(says, ran.err) for ran, (_, says) in zip(told, WRONG, strict=True) if says not in ran.err]
    assert 1 == len((await cli("contacts", "list", "--company", "acme.example", "--json")).json["others"])


async def test_an_event_turns_the_rep_to_the_next_one(house: House) -> None:
    """Through workflow and worker: whoever asked refers us on, and the rep's task is whom they named, not by name."""
    lead_id, owner = await house.offered()
    company = f"{lead_id.lower().replace('_', '-')}.example"
    named = {"email": f"wanda@{company}", "name": "Wanda Berg", "title": "CFO"}
    said = await house.cli("event", lead_id, "--kind", "referred_on", "--properties", json.dumps(named))
    assert (0, "") == (said.code, said.err)
    status = await house.until(lead_id, lambda status: (status["task"] or {}).get("contact_id") is not None)
    assert (owner, 1, "CFO", status["task"]["contact_id"]) == (
        status["task"]["rep_id"],
        status["people"]["others"],
        status["people"]["next_best"]["title"],
        status["people"]["next_best"]["contact_id"],
    )
    shown = " ".join((await house.cli("status", lead_id)).out.split())
    assert "1 more of the company known; next: contact" in shown
    assert f"{owner} has to try contact {status['task']['contact_id']}" in shown
    assert "wanda" not in shown.lower()
    people = (await house.cli("contacts", "list", "--lead", lead_id, "--json")).json
    assert ("referred_on", "wanda", people["asked"]["id"]) == (
        people["asked"]["state"],
        people["next_best"]["email"].partition("@")[0],
        people["next_best"]["referred_by"],
    )
    assert "whoever asked referred us to them +25" in people["next_best"]["because"]

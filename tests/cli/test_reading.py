"""Where leads stand, and why: from the workflow while it runs, else from the database, for people and for programs."""

import json
import re

import pytest

from adapters.links import AcceptLinks
from models.status import Status
from tests.cli.driving import Cli
from tests.cli.house import House, lead, new_id, working

COMPANY = {"name": "Acme\x1b[2J Tools", "domain": "acme.example", "country": "DE"}
SECRETS = {"first_name": "Katrin", "last_name": "Eichwald", "phone": "+49 30 901820", "message": "call my cell"}


async def test_status_says_owner_stage_and_next_step(house: House) -> None:
    """As the workflow tells it, with the rungs ahead, and the contract's fields as JSON (R47)."""
    lead_id, owner = await house.offered(company=COMPANY)
    ran = await house.cli("status", lead_id)
    assert (0, "") == (ran.code, ran.err)
    shown = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert "stage offered" in shown
    assert f"owner {owner} (asked, offer 1)" in shown
    assert any(re.search(r"^next remind .* \(in (2 h|1 h 59 min)\)$", line) for line in shown)
    assert any(line.startswith("2 give it to the next one available") for line in shown)
    document = (await house.cli("status", lead_id, "--json")).json
    assert {
        *Status.model_fields,
        "next_steps",
        "told_by",
        "note",
        "routing_stopped",
        "task",
        "enrolment",
        "people",
        "hygiene",
    } == set(document)
    assert ("workflow", None, owner, 1) == (document["told_by"], document["note"], document["owner"], document["offer"])
    assert ["remind", "reassign", "triage"] == [rung["kind"] for rung in document["next_steps"]]
    assert document["due_at"] == document["next_steps"][0]["due_at"]
    assert document["due_at"].endswith("Z")


async def test_explain_tells_sentence_and_trace(house: House) -> None:
    """Facts with who said them, the score's reasons, rules, everybody who was looked at, and the policy (R29)."""
    lead_id, owner = await house.offered(company=COMPANY, tags=["abm"], **SECRETS)
    ran = await house.cli("explain", lead_id)
    assert (0, "") == (ran.code, ran.err)
    document = (await house.cli("explain", lead_id, "--json")).json
    assert document["sentence"] == ran.out.splitlines()[0]
    assert ("workflow", None, owner) == (document["told_by"], document["note"], document["assignment"]["rep_id"])
    assert {"ana", "ben", "cam"} <= {one["rep_id"] for one in document["assignment"]["trace"]["candidates"]}
    for words in ("company.country", "tags", "demo_request once", "Who was looked at", "chosen", document["policy"]):
        assert words in ran.out
    for secret in SECRETS.values():
        assert secret not in ran.out + json.dumps(document)


async def test_a_link_leads_to_the_page_of_whoever_is_asked(house: House) -> None:
    """Their message's link, signed with the worker's ring; the manager's on request; without a ring, what to set."""
    lead_id, owner = await house.offered()
    shell = house.cli.but(BATON_SECRET_KEYS="k" * 32, BATON_PUBLIC_URL="https://baton.example")
    links = AcceptLinks([b"k" * 32], "https://baton.example")
    asked = await shell("link", lead_id)
    assert (0, f"{owner}  {links.url(lead_id, 1, owner, 'offer')}\n", "") == (asked.code, asked.out, asked.err)
    manager = (await shell("link", lead_id, "--manager", "--json")).json
    assert ("mia", links.url(lead_id, 1, "mia", "alert")) == (manager["person_id"], manager["url"])
    keyless = await house.cli("link", lead_id)
    assert (2, True) == (keyless.code, keyless.err.startswith("BATON_SECRET_KEYS: "))
    await house.cli("disqualify", lead_id, "--by", "mia", "--reason", "a student")
    ended = await shell("link", lead_id)
    assert (1, "", True) == (ended.code, ended.out, ended.err.startswith("refused: nobody has it now"))


async def test_without_a_database_the_workflow_still_tells(house: House, nowhere: str) -> None:
    """What is running answers for itself; what only the database knows is said to be missing."""
    lead_id, owner = await house.offered()
    shell = house.cli.but(BATON_DATABASE_URL=f"postgresql://baton:s3cret@{nowhere}/baton")
    status = await shell("status", lead_id, "--json")
    assert (0, owner, None) == (status.code, status.json["owner"], status.json["task"])
    assert "its task, its enrolment, its people and its hygiene stay unknown" in status.json["note"]
    explained = await shell("explain", lead_id, "--json")
    assert (0, "workflow", None) == (explained.code, explained.json["told_by"], explained.json["facts"])
    assert "the lead's facts stay unknown" in explained.json["note"]
    story = await shell("timeline", lead_id)
    assert (0, True, True) == (story.code, f"offer 1 to {owner}" in story.out, "cannot be used" in story.err)


async def test_a_company_cannot_repaint_a_terminal(house: House) -> None:
    """What strangers wrote is shown without control characters."""
    lead_id, _ = await house.offered(company=COMPANY)
    for words in (("status", lead_id), ("explain", lead_id), ("list",), ("watch", "--once"), ("timeline", lead_id)):
        assert "\x1b" not in (await house.cli(*words)).out


async def test_the_timeline_tells_what_happened(house: House) -> None:
    """Line by line in order, from database and workflow together."""
    lead_id, owner = await house.offered()
    await house.cli("accept", lead_id, "--rep", owner)
    ran = await house.cli("timeline", lead_id, "--json")
    assert list(range(len(ran.json))) == [entry["n"] for entry in ran.json]
    kinds = [entry["kind"] for entry in ran.json]
    assert {"received", "scored", "offered", "accepted"} <= set(kinds)
    told = (await house.cli("timeline", lead_id)).out.splitlines()
    assert len(ran.json) <= len(told)
    assert f"{owner} accepted" in "\n".join(told)


async def test_lists_are_filtered(house: House) -> None:
    """By stage, owner, type and breach; as rows for people and as one array for programs."""
    lead_id, owner = await house.offered(type="contact_sales")
    await house.cli("accept", lead_id, "--rep", owner)
    words = ("list", "--stage", "accepted", "--stage", "offered", "--owner", owner, "--type", "contact_sales")
    while True:  # the database hears of it a moment later
        ran = await house.cli(*words, "--json")
        if any(card["stage"] == "accepted" for card in ran.json if card["lead_id"] == lead_id):
            break
    assert {(owner, "contact_sales")} == {(card["owner"], card["type"]) for card in ran.json}
    assert 0 == (await house.cli(*words, "--breached", "--json")).json.count(lead_id)
    assert lead_id in (await house.cli(*words, "--not-breached")).out
    assert 1 == len((await house.cli("list", "--limit", 1, "--json")).json)
    first = (await house.cli("list", "--json")).json[0]["lead_id"]
    assert first not in [card["lead_id"] for card in (await house.cli("list", "--after", first, "--json")).json]
    assert [] == (await house.cli("list", "--owner", "nobody", "--json")).json


async def test_a_watched_table_is_printed_once(house: House) -> None:
    """`--once` and `--json` end; the live one is a terminal's."""
    lead_id, owner = await house.offered()
    ran = await house.cli("watch", "--once", "--limit", 1000)
    (row,) = [line for line in ran.out.splitlines() if line.startswith(f"{lead_id} ")]
    assert (0, True, True) == (ran.code, owner in row, "offered" in row)
    assert lead_id in [card["lead_id"] for card in (await house.cli("watch", "--json")).json]
    one = await house.cli("watch", lead_id, "--once")
    assert (0, True) == (one.code, f"{owner} (asked, offer 1)" in one.out)
    assert owner == (await house.cli("watch", lead_id, "--json")).json["owner"]


@pytest.mark.timeout(180)
async def test_without_a_worker_the_database_tells(empty_house: House, nowhere: str) -> None:
    """The same words from what was recorded, and a note on standard error why."""
    async with working(empty_house):
        lead_id, owner = await empty_house.offered(company=COMPANY)
        while not (cards := (await empty_house.cli("list", "--stage", "offered", "--json")).json):
            pass
    assert [lead_id] == [card["lead_id"] for card in cards]
    away = empty_house.cli.but(TEMPORAL_ADDRESS=nowhere)
    for shell, why in ((empty_house.cli, "No worker answers"), (away, f"Temporal at {nowhere} cannot be reached")):
        status = await shell("status", lead_id, "--json")
        assert (0, "database", owner) == (status.code, status.json["told_by"], status.json["owner"])
        assert status.json["note"].startswith(why)
    explained = (await away("explain", lead_id, "--json")).json
    assert ("database", owner) == (explained["told_by"], explained["assignment"]["rep_id"])
    assert {"facts", "enrichment", "score"} <= {name for name, value in explained.items() if value}
    story = await away("timeline", lead_id)
    assert (0, True, True) == (story.code, "offer 1 to" in story.out, "This is what the database knows." in story.err)
    unknown = await away("status", "nobody-knows-it")
    assert (3, "") == (unknown.code, unknown.out)
    assert "The database knows no lead nobody-knows-it." in unknown.err


async def test_a_lead_in_the_inbox_is_seen(cli: Cli) -> None:
    """Acknowledged leads are visible before anything has happened to them."""
    await cli("start", "-", "--no-wait", stdin=json.dumps(lead(one := new_id(), company=COMPANY)))
    status = (await cli("status", one, "--json")).json
    assert ("inbox", "received", None, "be started") == (
        status["told_by"],
        status["stage"],
        status["owner"],
        status["next_step"],
    )
    explained = (await cli("explain", one)).out
    assert explained.startswith("Nothing is decided yet: it is to be started.")
    story = await cli("timeline", one)
    assert (0, "") == (story.code, story.out)
    assert f"lead {one} is to be started" in story.err
    listed = await cli("list")
    assert (0, "no leads\n(1 more in the inbox, not started yet)\n") == (listed.code, listed.out)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--stage", "offred"], "--stage: offred is not one; did you mean offered?"),
        (["--stage", "xyz"], "--stage: xyz is not one (received, enriching, scoring"),
        (["--type", "demo"], "--type: demo is not one"),
        (["--limit", "0"], "Invalid value for '--limit'"),
    ],
)
async def test_words_that_filter_nothing_are_refused(cli: Cli, words: list[str], complaint: str) -> None:
    """A mistyped stage is no empty list."""
    ran = await cli("list", *words)
    assert (2, "") == (ran.code, ran.out)
    assert ran.err.startswith(complaint)


@pytest.mark.parametrize(
    "words",
    [("status", "x"), ("explain", "x"), ("timeline", "x"), ("list",), ("watch", "--once"), ("watch", "x", "--once")],
)
async def test_a_database_that_is_away_is_exit_code_3(cli: Cli, nowhere: str, words: tuple[str, ...]) -> None:
    """One sentence with the address, without the password."""
    ran = await cli.but(BATON_DATABASE_URL=f"postgresql://baton:s3cret@{nowhere}/baton")(*words)
    assert (3, "", 1) == (ran.code, ran.out, len(ran.err.splitlines()))
    assert f"postgresql+asyncpg://baton:***@{nowhere}/baton cannot be used" in ran.err


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.usefixtures("no_database_yet")
async def test_a_database_without_tables_says_what_makes_them(cli: Cli, there: bool) -> None:
    """Reading neither makes a database nor migrates one."""
    file = cli.folder / "baton.db"
    if there:
        file.touch()
    ran = await cli("list")
    assert (3, "", 1, there) == (ran.code, ran.out, len(ran.err.splitlines()), file.exists())
    assert "the first `start" in ran.err or "the first `starter.py start`" in ran.err

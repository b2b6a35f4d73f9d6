"""What became of a lead, said at the command line."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.driving import Cli
from tests.cli.house import House, lead, new_id


async def contacted(house: House) -> tuple[str, str]:
    """Let a lead in, have it contacted, and wait until the database knows."""
    lead_id, owner = await house.offered()
    assert 0 == (await house.cli("contacted", lead_id, "--rep", owner)).code
    await house.until(lead_id, lambda status: (status["told_by"], status["stage"]) == ("database", "contacted"))
    return lead_id, owner


async def test_a_lead_is_won_after_its_workflow_ended(house: House) -> None:
    """With its value and who held it; the lead is over then, and `status` tells what became of it."""
    lead_id, owner = await contacted(house)
    ran = await house.cli("outcome", lead_id, "qualified", "--by", "mia", "--key", "crm-1")
    assert (0, f"lead {lead_id}: qualified, held by {owner}. Key crm-1.\n", "") == (ran.code, ran.out, ran.err)
    assert owner == (await house.cli("status", lead_id, "--json")).json["owner"]
    ran = await house.cli("outcome", lead_id, "won", "--value", "12000", "--at", "2026-01-02T09:00:00+01:00", "--json")
    expected = {
        "lead_id": lead_id,
        "result": "won",
        "value": 12000,
        "currency": "EUR",
        "rep_id": owner,
        "industry": None,
        "by": None,
        "at": "2026-01-02T08:00:00Z",
        "repeat": False,
    }
    assert (0, expected) == (ran.code, {name: value for name, value in ran.json.items() if name in expected})
    status = (await house.cli("status", lead_id, "--json")).json
    assert (None, ran.json) == (status["owner"], status["outcome"])
    assert (
        f"won, 12,000.00 EUR, held by {owner}, at 2026-01-02 08:00:00 UTC" in (await house.cli("status", lead_id)).out
    )


async def test_a_lead_is_named_by_its_person(house: House) -> None:
    """By the e-mail address it came with, or what its source calls them: as a tool would."""
    lead_id, _ = await contacted(house)
    email = f"kim@{lead_id.lower().replace('_', '-')}.example"
    ran = await house.cli("outcome", email.upper(), "disqualified", "--json")
    assert (0, lead_id, "disqualified") == (ran.code, ran.json["lead_id"], ran.json["result"]), ran.err


async def test_a_repeat_changes_nothing(house: House) -> None:
    """A hook that comes twice is told what it was told."""
    lead_id, owner = await contacted(house)
    first = await house.cli("outcome", lead_id, "won", "--key", "k", "--json")
    again = await house.cli("outcome", lead_id, "lost", "--key", "k", "--json")
    assert (0, 0, {**first.json, "repeat": True}) == (first.code, again.code, again.json)
    told = await house.cli("outcome", lead_id, "lost", "--key", "k")
    assert f"lead {lead_id}: won, held by {owner} (as before: this key was answered already). Key k.\n" == told.out


async def test_what_cannot_be_is_told(house: House) -> None:
    """Unknown words and instants to come are bad input; a lead still in the inbox is refused."""
    lead_id = new_id()
    shell = Cli(house.cli.folder, house.cli.env | {"TEMPORAL_ADDRESS": "127.0.0.1:1"})
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for words, complaint in (
        (["nobody-knows-it", "won"], "no lead nobody-knows-it"),
        ([lead_id, "wonn"], "RESULT: wonn is not one; did you mean won?"),
        ([lead_id, "sold"], "RESULT: sold is not one (qualified, won, lost, disqualified, bad, unreachable)"),
        ([lead_id, "won", "--at", tomorrow], "--at: lies ahead of us"),
        ([lead_id, "won", "--at", "soon"], "--at: is no instant"),
        ([lead_id, "won", "--value", "-1"], "--value: has to be 0 or more"),
        ([lead_id, "won", "--value", "1", "--currency", "euro"], "--currency: has to be three capital letters"),
        (["nobody@acme.example", "won"], "LEAD: no lead of that e-mail address or external id is known"),
        (["no@address@", "won"], "LEAD: is not an e-mail address"),
        (["badge-1", "won", "--source", "fair"], "LEAD: no lead of that e-mail address or external id is known"),
        (["badge-1", "won", "--source", ""], "--source: String should have at least 1 character"),
        ([lead_id, "won", "--key", ""], "--key: has to be 1 to 200 characters long"),
    ):
        ran = await shell("outcome", *words)
        assert (2, "") == (ran.code, ran.out)
        assert ran.err.startswith(complaint), ran.err


async def test_a_lead_in_the_inbox_has_no_outcome_yet(cli: Cli) -> None:
    """It is known, so that is no mistake of whoever typed it: exit code 1."""
    lead_id = new_id()
    cli.write("one.json", str(lead(lead_id)).replace("'", '"'))
    await cli("start", "one.json", "--no-wait")
    ran = await cli("outcome", lead_id, "won")
    expected = f"refused: lead {lead_id} is in the inbox, and nothing became of it yet\n"
    assert (1, "", expected) == (ran.code, ran.out, ran.err)


@pytest.mark.parametrize("words", [("outcome", "x", "won")])
async def test_a_database_that_is_away_is_exit_code_3(cli: Cli, nowhere: str, words: tuple[str, ...]) -> None:
    """One sentence, without the password."""
    ran = await cli.but(BATON_DATABASE_URL=f"postgresql://baton:s3cret@{nowhere}/baton")(*words)
    assert (3, "", 1) == (ran.code, ran.out, len(ran.err.splitlines()))
    assert "s3cret" not in ran.err

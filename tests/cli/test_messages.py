"""What people say to leads: the verdict, what is only recorded, and what is refused before it is said."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.driving import Cli, Ran
from tests.cli.house import House, new_id, working

REPS = ("ana", "ben", "cam")


def other_than(owner: str) -> str:
    """A rep who has not got it."""
    return next(rep for rep in REPS if rep != owner)


async def test_an_accepted_lead_is_yours(house: House) -> None:
    """The verdict is told with who has the lead, and with the key that would take it back."""
    lead_id, owner = await house.offered()
    ran = await house.cli("accept", lead_id, "--rep", owner, "--offer", 1, "--key", "k1")
    expected = f"done: yours. Lead {lead_id}: stage accepted, owner {owner}. Key k1.\n"
    assert (0, expected, "") == (ran.code, ran.out, ran.err)


async def test_a_repeat_gets_the_first_verdict(house: House) -> None:
    """The same key twice, as a tool that did not hear the answer sends it; also as JSON."""
    lead_id, owner = await house.offered()
    words = ("accept", lead_id, "--rep", owner, "--key", "click-1", "--json")
    first, second = await house.cli(*words), await house.cli(*words)
    assert (0, 0) == (first.code, second.code)
    assert ("done", owner, "click-1") == (first.json["verdict"], first.json["owner"], first.json["key"])
    assert {**first.json, "repeat": False} == {**second.json, "repeat": False}


async def test_two_people_may_use_the_same_key(house: House) -> None:
    """A key is its sender's: somebody else's verdict is never told."""
    lead_id, owner = await house.offered()
    assert 0 == (await house.cli("accept", lead_id, "--rep", owner, "--key", "1")).code
    ran = await house.cli("accept", lead_id, "--rep", other_than(owner), "--key", "1")
    assert (1, "") == (ran.code, ran.out)
    assert ran.err.startswith(f"refused: {other_than(owner)} cannot accept: the lead was never offered to you: {owner}")


async def test_too_late_is_told_with_who_has_it(house: House) -> None:
    """An answer to a superseded offer is refused: exit code 1, the reason, and the present owner."""
    lead_id, first = await house.offered()
    assert 0 == (await house.cli("decline", lead_id, "--rep", first, "--reason", "on the road")).code
    status = await house.until(lead_id, lambda status: status["owner"] not in (None, first))
    ran = await house.cli("accept", lead_id, "--rep", first, "--offer", 1)
    assert (1, "") == (ran.code, ran.out)
    assert f"{first} cannot accept" in ran.err
    assert f"Lead {lead_id}: stage offered, owner {status['owner']}." in ran.err


async def test_every_message_of_a_lead_is_understood(house: House) -> None:
    """Each of them once on one lead, in an order in which each makes sense."""
    lead_id, owner = await house.offered()
    rep = other_than(owner)
    (third,) = {*REPS} - {owner, rep}
    said = [
        (["event", "--kind", "pricing_visit", "--properties", '{"page": "/pricing"}', "--at", "now"], "noted"),
        (["snooze", "--rep", owner, "--until", "2h"], "snoozed"),
        (["extend", "--by", "mia", "--until", in_hours(20)], "extended until"),
        (["pause", "--by", "mia", "--reason", "holiday"], "paused"),
        (["resume", "--by", "mia"], "resumed"),
        (["escalate", "--by", "mia"], "the manager is told"),
        (["acknowledge", "--by", "mia"], "acknowledged: "),
        (["handover", "--rep", third, "--by", "mia", "--reason", "is away"], "offered to"),
        (["reassign", "--rep", rep, "--by", "mia", "--reason", "knows them"], "offered to"),
        (["accept", "--rep", rep, "--key", "yes"], "yours"),
        (["undo", "--rep", rep, "--key", "yes"], "taken back"),
        (["requalify", "--by", "mia", "--reason", "better rules"], ""),
        (["take", "--by", "mia"], ""),
        (["contacted", "--rep", "mia", "--channel", "phone"], "contacted"),
    ]
    for (name, *options), verdict in said:
        if name == "take":
            await house.until(lead_id, lambda status: status["stage"] == "offered")
        ran = await house.cli(name, lead_id, *options)
        assert (0, "") == (ran.code, ran.err), (name, ran)
        assert ran.out.startswith(f"done: {verdict}"), (name, ran)


async def test_a_lead_is_disqualified(house: House) -> None:
    """It ends there, and a later answer is told so from the database."""
    lead_id, owner = await house.offered()
    ran = await house.cli("disqualify", lead_id, "--by", "mia", "--reason", "a student")
    assert (0, f"done: disqualified. Lead {lead_id}: stage disqualified, nobody owns it.") == (
        ran.code,
        ran.out.partition(" Key")[0],
    )
    late = await until_over(house, "accept", lead_id, "--rep", owner)
    assert (1, f"refused: the lead is disqualified already. Lead {lead_id}: stage disqualified, nobody owns it.\n") == (
        late.code,
        late.err,
    )


async def test_the_owner_of_a_contacted_lead_is_told_yes(house: House) -> None:
    """Their own repeat is a success, long after the workflow ended; anybody else is told who has it."""
    lead_id, owner = await house.offered()
    assert 0 == (await house.cli("contacted", lead_id, "--rep", owner)).code
    ran = await until_over(house, "accept", lead_id, "--rep", owner)
    assert (0, f"Lead {lead_id}: stage contacted, owner {owner}.\n") == (ran.code, ran.out.partition("UTC. ")[2])
    again = await house.cli("contacted", lead_id, "--rep", owner, "--json")
    assert (0, "done", True) == (again.code, again.json["verdict"], again.json["repeat"])
    given = await house.cli("handover", lead_id, "--by", "mia", "--reason", "is away")
    assert (1, True) == (given.code, "(`roster handover` gives leads in contact to others)" in given.err)
    late = await house.cli("accept", lead_id, "--rep", other_than(owner))
    assert (1, f"refused: the lead is contacted already. Lead {lead_id}: stage contacted, owner {owner}.\n") == (
        late.code,
        late.err,
    )


@pytest.mark.timeout(180)
async def test_what_no_worker_hears_is_recorded_and_judged_later(empty_house: House) -> None:
    """Durable and told as such, never as accepted; once a worker is back the lead is taken."""
    async with working(empty_house):
        lead_id, owner = await empty_house.offered()
    ran = await empty_house.cli("accept", lead_id, "--rep", owner, "--key", "k")
    assert (0, "") == (ran.code, ran.err)
    assert ran.out.startswith("recorded: no worker answered in time; it is kept durably, and the verdict follows")
    assert "accepted" not in ran.out
    again = await empty_house.cli("accept", lead_id, "--rep", owner, "--key", "k", "--json")
    assert (0, "recorded", "k") == (again.code, again.json["verdict"], again.json["key"])
    async with working(empty_house):
        status = await empty_house.until(lead_id, lambda status: status["stage"] == "accepted")
        assert owner == status["owner"]
        known = await empty_house.cli("accept", lead_id, "--rep", owner, "--key", "k")
        assert (0, True) == (known.code, known.out.startswith("done: yours"))


async def test_a_lead_that_is_not_started_says_so(cli: Cli, house: House) -> None:
    """Acknowledged, and in nobody's hands yet: that is an answer, and not an unknown lead."""
    lead_id = new_id()
    lead = {"lead_id": lead_id, "source": "web", "type": "demo_request", "email": "kim@acme.example"}
    shell = cli.but(TEMPORAL_ADDRESS=house.cli.env["TEMPORAL_ADDRESS"])
    await shell("start", "-", "--no-wait", stdin=json.dumps(lead))
    ran = await shell("accept", lead_id, "--rep", "ana")
    expected = f"refused: it is in the inbox, and no workflow of it runs yet. Lead {lead_id}: stage received, "
    assert (1, expected + "nobody owns it.\n") == (ran.code, ran.err)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["accept", "nobody-knows-it", "--rep", "ana"], "no lead nobody-knows-it"),
        (["accept", "lead-x7", "--rep", "ana"], "no lead lead-x7; did you mean x7?"),
        (["status", "nobody-knows-it"], "no lead nobody-knows-it"),
        (["explain", "nobody-knows-it"], "no lead nobody-knows-it"),
        (["timeline", "nobody-knows-it"], "no lead nobody-knows-it"),
        (["watch", "nobody-knows-it", "--once"], "no lead nobody-knows-it"),
        (["list", "--after", "nobody-knows-it"], "--after: no lead nobody-knows-it"),
        (
            ["reassign", "x", "--rep", "anna", "--by", "mia", "--reason", "x"],
            "--rep: anna is nobody in the roster; did you mean ana?",
        ),
        (["take", "x", "--by", "nobody"], "--by: nobody is nobody in the roster"),
        (
            ["handover", "x", "--rep", "bem", "--by", "mia", "--reason", "x"],
            "--rep: bem is nobody in the roster; did you mean ben?",
        ),
    ],
)
async def test_what_nobody_knows_is_told(house: House, words: list[str], complaint: str) -> None:
    """An unknown lead and an unknown person are mistakes of whoever typed them: exit code 2."""
    ran = await house.cli(*words)
    assert (2, "", complaint + "\n") == (ran.code, ran.out, ran.err)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["accept", "a@b", "--rep", "ana"], "LEAD: is no lead id: it holds letters, digits, - and _ only, 64 at most"),
        (["accept", "x", "--rep", ""], "--rep: String should have at least 1 character"),
        (["accept", "x", "--rep", "ana", "--offer", "0"], "--offer: Input should be greater than or equal to 1"),
        (["accept", "x", "--rep", "ana", "--key", ""], "--key: String should have at least 1 character"),
        (["decline", "x", "--rep", "ana", "--reason", ""], "--reason: String should have at least 1 character"),
        (["snooze", "x", "--rep", "ana", "--until", "soon"], "--until: is no instant; write for example 2026-"),
        (["snooze", "x", "--rep", "ana", "--until", "2026-03-02T09:00:00"], "--until: needs a UTC offset"),
        (["snooze", "x", "--rep", "ana", "--until", "2 moons"], "--until: '2 moons' is not a duration"),
        (["contacted", "x", "--rep", "ana", "--at", "2026-13-01T00:00:00Z"], "--at: is no instant"),
        (["event", "x", "--kind", "visit", "--properties", "{"], "--properties: is not JSON"),
        (["event", "x", "--kind", "visit", "--properties", "[]"], "--properties: has to be a JSON object"),
        (["event", "x", "--kind", ""], "--kind: String should have at least 1 character"),
        (["accept", "x"], "Missing option '--rep'."),
        (["accept"], "Missing argument 'LEAD'."),
        (["accept", "x", "--rep", "ana", "--offer", "two"], "Invalid value for '--offer'"),
        (["accept", "x", "--rap", "ana"], "No such option: --rap (Possible options: --rep)"),
        (["acept", "x"], "No such command 'acept'. Did you mean 'accept'?"),
    ],
)
async def test_a_malformed_message_names_its_option(cli: Cli, words: list[str], complaint: str) -> None:
    """Exit code 2 before anything is reached."""
    ran = await cli(*words)
    assert (2, "") == (ran.code, ran.out)
    assert ran.err.startswith(complaint), ran.err
    assert "Traceback" not in ran.err


async def test_without_temporal_nothing_is_said(cli: Cli, nowhere: str) -> None:
    """Exit code 3 and one sentence."""
    ran = await cli("accept", "x", "--rep", "ana")
    expected = f"Temporal at {nowhere} cannot be reached: connection refused.\n"
    assert (3, "", expected) == (ran.code, ran.out, ran.err)


async def test_a_missing_namespace_is_no_missing_lead(house: House) -> None:
    """Exit code 3, because the lead may well be there."""
    ran = await house.cli.but(TEMPORAL_NAMESPACE="nowhere")("accept", "x", "--rep", "ana")
    assert (3, "", 1) == (ran.code, ran.out, len(ran.err.splitlines()))
    assert ran.err.endswith("did not do it: Namespace nowhere is not found.\n")


async def test_without_a_roster_nobody_can_be_named(cli: Cli) -> None:
    """The sentence says what to do first."""
    await cli("start", "-", "--no-wait", stdin='{"source":"w","type":"other","email":"a@b.example"}')
    ran = await cli("take", "x", "--by", "mia")
    assert (2, "--by: nobody is known yet; load a roster first (roster load FILE)\n") == (ran.code, ran.err)


def in_hours(hours: int) -> str:
    """An instant, as one types it."""
    return f"{datetime.now(UTC) + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"


async def until_over(house: House, *words: str) -> Ran:
    """Say something until the workflow has ended and the database answers."""
    while True:
        ran = await house.cli(*words, "--json")
        if ran.out and "since" in ran.json and (ran.json["since"] is None or ran.json["repeat"]):
            return await house.cli(*words)

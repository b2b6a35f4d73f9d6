"""What watches over everything: audits, which a monitor may ask for, and managers' digests."""

import pytest

from tests.cli.driving import Cli
from tests.cli.house import ROSTER, House


@pytest.mark.usefixtures("no_database_yet")
async def test_no_audit_is_no_proof(cli: Cli) -> None:
    """A monitor that asks hears no until one has ended, and 3 when nobody can say."""
    assert 3 == (await cli("audit")).code
    cli.write("roster.yaml", ROSTER)
    await cli("roster", "load", "roster.yaml")
    ran = await cli("audit", "--json")
    assert (1, [], "no audit has ended yet: does a worker run?\n") == (ran.code, ran.json, ran.err)
    wrong = await cli("audit", "later")
    assert (2, "audit: later is not known; `audit now` runs one, `audit` shows the last ones\n") == (
        wrong.code,
        wrong.err,
    )


async def test_an_audit_is_run_and_shown(house: House) -> None:
    """Every open lead is proved; later it is the newest of those that are listed, until it is too old."""
    await house.offered()
    ran = await house.cli("audit", "now", "--json")
    assert (0, "", True, 0) == (ran.code, ran.err, ran.json["healthy"], ran.json["unhealed"])
    assert 1 <= ran.json["open_leads"]
    shown = await house.cli("audit", "--limit", 1000, "--json")
    assert (0, True) == (shown.code, ran.json in shown.json)
    assert "healthy" in (await house.cli("audit", "--limit", 1)).out
    old = await house.cli.but(BATON_AUDIT_EVERY="1s")("audit", "--limit", 1)
    while old.code == 0:  # three periods have to pass
        old = await house.cli.but(BATON_AUDIT_EVERY="1s")("audit", "--limit", 1)
    assert (1, True, True) == (old.code, "the last audit ended" in old.err, "one is due every 1 s" in old.err)


async def test_a_digest_is_shown_and_sent(house: House) -> None:
    """What a manager would read now; somebody whom nobody knows is a mistake."""
    await house.offered()
    shown = await house.cli("digest", "mia", "--json")
    assert (0, "mia", None) == (shown.code, shown.json["manager_id"], shown.json["sent"])
    assert " open, " in shown.json["subject"]
    sent = await house.cli("digest", "mia", "--send", "--json")
    assert (0, "delivered", "log") == (sent.code, sent.json["sent"]["state"], sent.json["sent"]["channel"])
    assert "Sent to mia over log" in sent.err
    assert shown.json["subject"].split(":")[0] in (await house.cli("digest", "mia")).out
    wrong = await house.cli("digest", "mina")
    assert (2, "MANAGER: mina is nobody in the roster; did you mean mia?\n") == (wrong.code, wrong.err)

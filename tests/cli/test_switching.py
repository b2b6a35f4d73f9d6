"""Stopping and starting all routing: leads wait, everybody who looks is told, and they go on best score first."""

import pytest

from tests.cli.driving import Cli
from tests.cli.house import ROSTER, House, working


async def test_the_switch_says_who_stopped_routing_and_why(cli: Cli) -> None:
    """The first stop counts; a second one, and a start of what runs, are refused with who did it."""
    cli.write("roster.yaml", ROSTER)
    await cli("roster", "load", "roster.yaml")
    runs = await cli("routing", "status", "--json")
    assert (0, {"stopped": None, "waiting": {"count": 0, "since": None, "first": []}}) == (runs.code, runs.json)
    again = await cli("routing", "start", "--by", "mia")
    assert (1, "refused: routing runs already\n") == (again.code, again.err)

    stopped = await cli("routing", "stop", "--by", "mia", "--reason", "wrong territories", "--json")
    assert (0, "mia", "wrong territories") == (
        stopped.code, stopped.json["stopped"]["by"], stopped.json["stopped"]["reason"]
    )  # fmt: skip
    second = await cli("routing", "stop", "--by", "max", "--reason", "me too")
    assert (1, True) == (second.code, second.err.startswith("refused: all routing is stopped by mia since 20"))
    said = f"all routing is stopped by mia since {stopped.json['stopped']['at'].replace('T', ' ')[:19]} UTC"
    shown = await cli("routing", "status")
    assert (0, True) == (shown.code, shown.out.startswith(f"A{said[1:]}: wrong territories.\n"))
    assert f"({said}: wrong territories)" in (await cli("list")).out
    assert (await cli("watch", "--once")).out.startswith(f"A{said[1:]}: wrong territories\n")
    started = await cli("routing", "start", "--by", "max", "--json")
    assert (0, None, 0) == (started.code, started.json["stopped"], started.json["woken"])


@pytest.mark.timeout(180)
async def test_leads_wait_while_routing_is_stopped(empty_house: House) -> None:
    """Nobody is given a lead; status says why; people still give, and after the start it is offered."""
    shell = empty_house.cli
    assert 0 == (await shell("routing", "stop", "--by", "mia", "--reason", "wrong territories")).code
    async with working(empty_house):
        first, second = await empty_house.start(), await empty_house.start()
        for lead_id in (first, second):
            waits = await empty_house.until(lead_id, lambda status: status["stage"] == "routing" and status["due_at"])
            assert (None, "mia") == (waits["owner"], waits["routing_stopped"]["by"])
        shown = " ".join((await shell("status", first)).out.split())
        assert "routing all of it is stopped by mia since" in shown
        waiting = (await shell("routing", "status", "--json")).json["waiting"]
        assert (2, {first, second}) == (waiting["count"], {one["lead_id"] for one in waiting["first"]})
        assert first in (await shell("routing", "status")).out

        given = await shell("reassign", first, "--rep", "ana", "--by", "mia", "--reason", "cannot wait")
        assert (0, "") == (given.code, given.err)
        assert "ana" == (await empty_house.until(first, lambda status: status["owner"]))["owner"]
        assert 1 == (await shell("routing", "start", "--by", "mia", "--json")).json["woken"]
        offered = await empty_house.until(second, lambda status: status["stage"] == "offered")
        assert (True, None) == (offered["owner"] in ("ana", "ben", "cam"), offered["routing_stopped"])

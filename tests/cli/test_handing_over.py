"""Somebody leaves: what they hold goes to others, lead by lead with reasons, and the ledger is settled."""

from typing import Any

import pytest

from tests.cli.house import ROSTER, House, working

WITH_BACKUP = ROSTER.replace("name: Ana Abel,", "name: Ana Abel, backup: ben,")


async def given(house: House, rep: str, *then: str) -> str:
    """Let a lead in, give it to somebody, and have them say something to it."""
    lead_id, owner = await house.offered()
    if owner != rep:
        words = ("reassign", lead_id, "--rep", rep, "--by", "mia", "--reason", "knows them")
        assert 0 == (await house.cli(*words)).code
    for name in then:
        assert 0 == (await house.cli(name, lead_id, "--rep", rep)).code
    return lead_id


async def holds(house: House, rep: str, leads: set[str]) -> None:
    """Wait until the database knows that somebody holds these leads, and no other."""
    while {one["lead_id"] for one in await listed(house, rep)} != leads:
        pass


async def listed(house: House, rep: str) -> list[dict[str, Any]]:
    """List whose leads the database knows of: with an offer, accepted, or in contact with a workflow that has ended."""
    leads = (await house.cli("list", "--owner", rep, "--json")).json
    return [one for one in leads if one["stage"] in ("offered", "accepted") or one["closed_at"]]


@pytest.mark.timeout(240)
async def test_a_leavers_leads_go_to_others(empty_house: House) -> None:
    """Offered, accepted, and in contact; confirmed before, told after, and nothing is left behind."""
    house, shell = empty_house, empty_house.cli
    shell.write("backup.yaml", WITH_BACKUP)
    assert 0 == (await shell("roster", "load", "backup.yaml")).code
    leave = ("roster", "handover", "ana", "--by", "mia", "--reason", "leaves on Friday")
    async with working(house):
        offered, accepted = await given(house, "ana"), await given(house, "ana", "accept")
        met = await given(house, "ana", "contacted")
        await holds(house, "ana", {offered, accepted, met})

        shown = (await shell(*leave, "--dry-run", "--json")).json
        assert {offered: "offered", accepted: "accepted", met: "contacted"} == {
            one["lead_id"]: one["state"] for one in shown["leads"]
        }
        refused = await shell(*leave)
        assert (1, True) == (refused.code, "What ana holds" in refused.out)
        act = "give 3 leads of ana to whoever routing finds, and take ana out of the rotation"
        assert refused.err == f"refused: this would {act}; confirm it with --yes\n"

        done = await shell(*leave, "--yes", "--json")
        assert (0, "") == (done.code, done.err)
        leads = {one["lead_id"]: one for one in done.json["leads"]}
        assert {offered, accepted, met} == set(leads)
        assert {"given"} == {one["outcome"] for one in leads.values()}
        assert "ben" == leads[met]["owner"]
        assert {leads[offered]["owner"], leads[accepted]["owner"]} <= {"ben", "cam"}
        assert all(one["because"] for one in leads.values())
        assert 0 == pytest.approx(sum(line["units"] for line in done.json["settled"]))
        assert "ana" in {line["rep_id"] for line in done.json["settled"]}
        assert [] == (await shell("list", "--owner", "ana", "--json")).json
        reps = (await shell("roster", "show", "--json")).json["reps"]
        assert "inactive" == next(rep["unavailable_because"] for rep in reps if rep["id"] == "ana")

        more = {one["lead_id"] for one in leads.values() if one["owner"] == "ben"}
        await holds(house, "ben", more)
        words = ("--by", "mia", "--reason", "new territory", "--to", "cam", "--keep-active", "--yes")
        told = await shell("roster", "handover", "ben", *words)
        assert (0, "") == (told.code, told.err), told
        assert more <= {line.split()[0] for line in told.out.splitlines() if line.split()[-1:]}
        counted = "1 lead" if len(more) == 1 else f"{len(more)} leads"
        assert told.out.splitlines()[-1] == f"ben: {counted} ({len(more)} given)."

        await holds(house, "cam", {offered, accepted, met})
        last = await shell("roster", "handover", "cam", "--by", "mia", "--reason", "leaves, too", "--yes")
        assert (1, True) == (last.code, "stays with cam" in last.out)
        assert "some could not be given to anybody" in last.err


async def test_who_holds_nothing_just_leaves(house: House) -> None:
    """Nothing to give, nothing to wait for; a rep without leads is shown so."""
    shell = house.cli
    shell.write(
        "dan.yaml", ROSTER.replace("pools:", "  - {id: dan, name: Dan Dorn, team: demo, active: false}\npools:")
    )
    assert 0 == (await shell("roster", "load", "dan.yaml")).code
    words = ("roster", "handover", "dan", "--by", "mia", "--reason", "was never here")
    assert "dan holds nothing.\n" == (await shell(*words, "--dry-run")).out
    ran = await shell(*words, "--keep-active", "--yes", "--json")
    assert (0, [], False) == (ran.code, ran.json["leads"], ran.json["retired"])

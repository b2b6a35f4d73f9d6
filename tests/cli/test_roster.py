"""The roster: loaded, shown, edited one rep at a time, and who is on duty."""

import shlex

import pytest

from tests.cli.driving import Cli
from tests.cli.house import ROSTER, House

MORE = (
    ROSTER.replace(
        "  - {id: mia, name: Mia Moor}\n",
        '  - {id: mia, name: Mia Moor, manager: max, quiet: ["20:00", "07:00"]}\n  - {id: max, name: Max Mann}\n',
    )
    + """\
rotas:
  duty: {members: [mia, ana], turn: 7d, from: "2026-11-30", at: "09:00", tz: Europe/Berlin}
  later: {members: [max], from: "2030-01-01"}
rooms:
  - {id: war-room, name: War room}
"""
)
"""With a manager's manager, quiet hours, rotas and a room."""


async def test_a_roster_is_loaded_and_shown(cli: Cli) -> None:
    """With who is new, who is gone, and who may be offered a lead now."""
    cli.write("roster.yaml", ROSTER)
    ran = await cli("roster", "load", "roster.yaml")
    expected = "roster.yaml: 3 reps in 1 teams and 1 pools are loaded.\nnew: ana, ben, cam\n"
    assert (0, expected, "") == (ran.code, ran.out, ran.err)
    cli.write("fewer.yaml", ROSTER.replace("  - {id: cam,", "  - {id: dan,"))
    again = await cli("roster", "load", "fewer.yaml", "--json")
    assert (0, {"new": ["dan"], "inactive from now on": ["cam"]}) == (again.code, again.json)
    shown = (await cli("roster", "show")).out
    rows = {line.split()[0]: " ".join(line.split()) for line in shown.splitlines() if line}
    assert rows["ana"].endswith("0 of 1000 1 available")
    assert rows["cam"].endswith("inactive")
    assert {"weighted"} == {row.split()[1] for row in shown.partition("Pools")[2].splitlines()[2:] if row}
    document = (await cli("roster", "show", "--json")).json
    assert {"ana": None, "ben": None, "cam": "inactive", "dan": None} == {
        rep["id"]: rep["unavailable_because"] for rep in document["reps"]
    }
    ledger = await cli("roster", "ledger")
    assert (0, "no turn was taken yet\n") == (ledger.code, ledger.out)
    assert [] == (await cli("roster", "ledger", "--json")).json


async def test_the_ledger_shows_whose_turn_it_is(house: House) -> None:
    """After a turn somebody is ahead and the others behind; in sum nobody is."""
    await house.offered()
    lines = (await house.cli("roster", "ledger", "--json")).json
    assert {"demo"} == {line["pool"] for line in lines}
    assert 0 == pytest.approx(sum(line["balance"] for line in lines))
    assert "demo  ana  " in (await house.cli("roster", "ledger")).out
    assert {"ana"} == {one["rep"] for one in (await house.cli("roster", "ledger", "--rep", "ana", "--json")).json}
    assert [] == (await house.cli("roster", "ledger", "--pool", "none", "--json")).json


async def test_the_ledger_tells_each_credit_and_debit(house: House) -> None:
    """The balances are the sum of the lines, each with its lead, offer and reason; newest first, as many as asked."""
    lead_id, owner = await house.offered()
    lines = (await house.cli("roster", "ledger", "--pool", "demo", "--lines", "1000", "--json")).json
    sums: dict[str, float] = {}
    for line in lines:
        sums[line["rep_id"]] = sums.get(line["rep_id"], 0) + line["units"]
    balances = (await house.cli("roster", "ledger", "--pool", "demo", "--json")).json
    assert {one["rep"]: pytest.approx(one["balance"]) for one in balances} == sums
    mine = [line for line in lines if line["lead_id"] == lead_id]
    assert {("turn", 1)} == {(line["posting"], line["offer"]) for line in mine}
    assert [owner] == [line["rep_id"] for line in mine if line["units"] < 0]
    assert all(line["because"] for line in mine)
    assert mine == lines[: len(mine)]
    told = (await house.cli("roster", "ledger", "--lines", "2")).out.splitlines()
    assert 1 + 2 == len(told)
    assert f"{lead_id} 1" in told[1]


async def test_a_room_is_not_named_as_somebody_who_left(cli: Cli) -> None:
    """Their leads and ledger are theirs still; nothing of the file is taken over."""
    cli.write("roster.yaml", ROSTER)
    await cli("roster", "load", "roster.yaml")
    without_cam = "".join(line for line in ROSTER.splitlines(keepends=True) if "id: cam" not in line)
    cli.write("room.yaml", without_cam + "rooms:\n  - {id: cam, name: Camera}\n")
    ran = await cli("roster", "load", "room.yaml")
    assert (2, "", "room.yaml: rooms: cam is a person's id already\n") == (ran.code, ran.out, ran.err)
    assert 3 == len((await cli("roster", "show", "--json")).json["reps"])


async def test_rooms_rotas_and_quiet_hours_are_shown(cli: Cli) -> None:
    """Whom managers answer to, who is told where, and when nobody wants to be told."""
    cli.write("roster.yaml", MORE)
    assert 0 == (await cli("roster", "load", "roster.yaml")).code
    lines = [" ".join(line.split()) for line in (await cli("roster", "show")).out.splitlines()]
    assert "mia Mia Moor max log 20:00-07:00" in lines
    assert "duty mia, ana 7 d 2026-11-30 09:00 Europe/Berlin" in lines
    assert "war-room War room log" in lines


async def test_who_is_on_duty_is_told(cli: Cli) -> None:
    """Now or at an instant, until when, and who is next; absences are covered and say so."""
    cli.write("roster.yaml", MORE)
    await cli("roster", "load", "roster.yaml")
    at = ("--at", "2026-12-07T12:00:00Z")  # ana's first week
    (duty, later) = (await cli("roster", "rotas", *at, "--json")).json
    assert ("duty", "ana", "2026-12-14T08:00:00Z", "mia") == (
        duty["rota"], duty["on_duty"], duty["until"], duty["next"]
    )  # fmt: skip
    assert (None, "max", "it begins on 2030-01-01") == (later["on_duty"], later["next"], later["because"])
    assert 0 == (await cli("roster", "off", "ana", "--from", "2026-12-07", "--to", "2026-12-08")).code
    (row, _) = (await cli("roster", "rotas", *at)).out.splitlines()[1:]
    assert row.startswith("duty   mia (Mia Moor)  ana is on leave until ")
    assert row.endswith("ana (Ana Abel)")


async def test_one_rep_is_edited_alone(cli: Cli) -> None:
    """Away and back, inactive and active again: at once in the roster, and refused where nothing would change."""
    cli.write("roster.yaml", ROSTER)
    await cli("roster", "load", "roster.yaml")

    async def state(rep: str) -> str | None:
        reps = (await cli("roster", "show", "--json")).json["reps"]
        return next(one["unavailable_because"] for one in reps if one["id"] == rep)  # type: ignore[no-any-return]

    away = ("roster", "off", "ana", "--from", "2026-01-01", "--to", "2099-12-31")
    ran = await cli(*away, "--reason", "sabbatical", "--json")
    assert (0, {"from": "2026-01-01", "to": "2099-12-31", "reason": "sabbatical", "rep_id": "ana", "noted": True}) == (
        ran.code,
        ran.json,
    )
    assert "on leave" in (await state("ana") or "")
    assert 0 == (await cli(*away, "--cancel")).code
    assert None is await state("ana")
    again = await cli(*away, "--cancel")
    assert (1, "refused: no such time off of ana was noted here") == (again.code, again.err.splitlines()[0])

    words = ("ben", "--by", "mia", "--reason", "on a project")
    assert 0 == (await cli("roster", "inactive", *words)).code
    assert "inactive" == await state("ben")
    twice = await cli("roster", "inactive", *words)
    assert (1, "refused: ben is inactive already\n") == (twice.code, twice.err)
    back = await cli("roster", "active", *words, "--json")
    assert (0, True, "mia") == (back.code, back.json["active"], back.json["by"])
    assert None is await state("ben")


async def test_the_coaching_list_counts_and_forgives(house: House) -> None:
    """Offers and what became of them, rep by rep, as far back as asked; forgiving is told."""
    lead_id, owner = await house.offered()
    nobody = await house.cli("roster", "coaching", "--days", "0")
    assert (2, True) == (nobody.code, "--days" in nobody.err)
    before = {one["rep_id"]: one for one in (await house.cli("roster", "coaching", "--json")).json}
    assert 0 == (await house.cli("decline", lead_id, "--rep", owner, "--reason", "on the road")).code
    await house.until(lead_id, lambda status: status["owner"] not in (None, owner))
    after = {one["rep_id"]: one for one in (await house.cli("roster", "coaching", "--days", "1", "--json")).json}
    assert before[owner]["declined"] + 1 == after[owner]["declined"]
    assert (0, None, False) == (after[owner]["missed"], after[owner]["aside_until"], after[owner]["coach"])
    shown = (await house.cli("roster", "coaching")).out.splitlines()
    assert shown[0].startswith("Offers made since ")
    assert shown[-1] == "0 to coach: 3 or more missed within 14 d (policy)."
    words = (owner, "--by", "mia", "--reason", "his phone was broken")
    ran = await house.cli("roster", "forgive", *words)
    assert (0, f"{owner}: what they missed so far counts no more.\n") == (ran.code, ran.out)
    forgiven = {one["rep_id"]: one["forgiven_at"] for one in (await house.cli("roster", "coaching", "--json")).json}
    assert None is not forgiven[owner]


NO_INSTANT = "is no instant; write for example 2026-03-02T09:00:00Z"
NO_MOMENT = "is no day and no instant; write for example 2026-03-02 or 2026-03-02T13:00"
WRONG = [
    ("off anna --from 2026-01-01 --to 2026-01-02", "REP: anna is no rep of the roster; did you mean ana?"),
    ("off ana --from soon --to 2h", f"--from: {NO_MOMENT}"),
    ("off ana --from 2h --to 2026-13-01", f"--to: {NO_MOMENT}"),
    ("off ana --from 2026-01-02 --to 2026-01-01", "--to: lies before from"),
    ("inactive mia --by me --reason x", "REP: mia is no rep of the roster"),
    ("active ana --by '' --reason x", "--by: say who does it"),
    ("forgive nobody --by me --reason x", "REP: nobody is no rep of the roster"),
    ("handover ana --by me --reason ''", "--reason: say why; others read it"),
    ("handover mia --by me --reason x", "REP: mia is no rep of the roster"),
    ("handover ana --by me --reason x --to nobody", "--to: nobody is no rep of the roster"),
    ("handover ana --by me --reason x --to ana", "--to: ana is who leaves"),
    ("rotas --at then", f"--at: {NO_INSTANT}"),
]


async def test_a_wrong_edit_names_its_word(cli: Cli) -> None:
    """Exit code 2, and nothing is changed."""
    cli.write("roster.yaml", ROSTER)
    await cli("roster", "load", "roster.yaml")
    for typed, complaint in WRONG:
        ran = await cli("roster", *shlex.split(typed))
        assert (2, "", complaint + "\n") == (ran.code, ran.out, ran.err), typed

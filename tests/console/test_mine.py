"""My leads: everybody sees and answers their own, with one tap and without scripts."""

import asyncio
import re
from datetime import timedelta

import pytest

from db.tables.words import ActOutcome
from models.access import Role
from models.lead import Stage
from runtime import clock
from tests.api.house import Doors
from tests.cli.house import lead
from tests.console.desks import offer
from tests.console.house import visiting


async def test_what_is_asked_stands_first_with_one_button_to_accept_it(doors: Doors) -> None:
    """An offer is a form with its number and one button; what is taken, in contact and over has its own place."""
    now = clock.now()
    await offer(doors, "asked", "ana", headline="demo request, Acme (DE)", due_in=timedelta(minutes=12, seconds=30))
    await offer(doors, "taken", "ana", accepted_at=now, due_in=timedelta(minutes=-5))
    await offer(doors, "met", "ana", accepted_at=now, contacted_at=now)
    await offer(doors, "foreign", "ben", headline="somebody else's")
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        page = (await ana.get("/mine")).text
    assert re.search(r"To answer <span class=\"quiet\">\(1\)", page)
    assert re.search(r"Yours, to reach <span class=\"quiet\">\(1\)", page)
    assert re.search(r"In contact <span class=\"quiet\">\(1\)", page)
    assert "12 m left" in page
    assert "Late by 5 m" in page
    assert 'action="/mine/asked/accept"' in page
    assert '<input type="hidden" name="offer" value="1">' in page
    assert "2 of 1000 leads in hand" in page
    assert "somebody else" not in page


async def test_an_answer_is_kept_while_temporal_is_away_and_said_once(doors: Doors) -> None:
    """One tap leads back to the desk, which says that it is kept; the same tap again is the same message."""
    await offer(doors, "asked", "ana")
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        form = {"offer": "1", "once": "x"}
        page = (await ana.do("/mine/asked/accept", form)).text
        again = await ana.post("/mine/asked/accept", form)
        acts = await doors.store.acts.list(lead_id="asked")
    assert again.status_code == 303
    assert "Recorded:" in page
    assert "Your answer is kept" in page
    assert 'action="/mine/asked/accept"' not in page
    assert {act.detail["key"] for act in acts} == {acts[0].detail["key"]}
    assert acts[0].detail["offer"] == 1


async def test_nobody_answers_for_others(doors: Doors) -> None:
    """Whoever was never asked is refused, also a manager; so is whoever is not in the roster."""
    await offer(doors, "asked", "ana")
    for role, person in ((Role.REP, "ben"), (Role.MANAGER, "mia"), (Role.REP, None)):
        async with visiting(doors, role, person_id=person) as other:
            answer = await other.post("/mine/asked/accept", offer="1")
        assert answer.status_code == 403
    async with visiting(doors, Role.OPS) as ops:
        assert (await ops.get("/mine")).status_code == 403


async def test_passing_on_needs_a_reason(doors: Doors) -> None:
    """Without one the form comes back open, with what is wrong beside the field."""
    await offer(doors, "asked", "ana")
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        wrong = await ana.post("/mine/asked/decline", offer="1", why="", reason=" ")
        right = await ana.do("/mine/asked/decline", offer="1", why="I am away", reason="")
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.text
    assert "Say why in a few words." in wrong.text
    assert "Recorded:" in right.text


async def test_somebody_who_is_not_in_the_roster_is_told_so(doors: Doors) -> None:
    """The page says why it is empty."""
    async with visiting(doors, Role.REP) as stranger:
        for path in ("/mine", "/mine/time", "/mine/ledger", "/mine/figures"):
            page = await stranger.get(path)
            assert page.status_code == 200
            assert "not in the roster" in page.text


async def test_what_ended_says_how_and_what_became_of_the_turn(doors: Doors) -> None:
    """A manager finds what waits for them; a rep what was theirs, with feedback in one tap."""
    await offer(doors, "ranout", "ana", ended="expired", because="no answer in time; the turn stays charged: twice")
    await offer(doors, "triaged", None, stage=Stage.TRIAGE, answerable="mia")
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        page = (await ana.get("/mine")).text
    async with visiting(doors, Role.MANAGER, person_id="mia") as mia:
        managers = (await mia.get("/mine")).text
    assert "it ran out" in page
    assert "the turn stays charged" in page
    assert 'action="/leads/ranout/complaint"' in page
    assert 'action="/leads/triaged/take"' in managers
    assert "You are no rep" in managers


async def test_a_paused_lead_is_no_step_ahead(doors: Doors) -> None:
    """What its pause says is so now; what comes next, comes then."""
    await offer(doors, "rests", "ana", due_in=timedelta(hours=2), next_step="paused by mia (away); goes on by itself")
    await offer(doors, "runs", "ana", due_in=timedelta(hours=2), next_step="remind the owner")
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        page = (await ana.get("/mine")).text
    assert "; <bdi>paused by mia (away)" in page
    assert "; then <bdi>remind the owner" in page


@pytest.mark.parametrize("hostile", ['<script>alert(1)</script>"><img src=x>', "\u202egnp.exe", "x" * 3000])
async def test_a_headline_stays_text(doors: Doors, hostile: str) -> None:
    """What a lead brings along is written as text, apart from what stands around it."""
    await offer(doors, "asked", "ana", headline=hostile)
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        page = (await ana.get("/mine")).text
    assert "<script>alert" not in page
    assert "<bdi>" in page


async def test_one_tap_takes_a_lead_before_a_real_worker(live_doors: Doors) -> None:
    """The workflow's verdict leads to how the prospect is reached; a second tap is the same answer, one turn in all."""
    given = lead()
    key = await live_doors.key()
    started = await live_doors.post("/v1/leads", given, key=key)
    assert started.status_code in (200, 202)
    lead_id = str(given["lead_id"])
    holder = None
    while holder is None:
        holder = await live_doors.store.ownerships.open_owner(lead_id)
        await asyncio.sleep(0.05)
    form = {"offer": str(holder.offer), "once": "x"}
    async with visiting(live_doors, Role.REP, person_id=holder.rep_id) as rep:
        before = (await rep.get("/mine")).text
        first = await rep.post(f"/mine/{lead_id}/accept", form)
        second = await rep.post(f"/mine/{lead_id}/accept", form)
        act = await live_doors.store.acts.get(int(first.headers["location"].rpartition("told=")[2]))
        contacted = await rep.post(f"/mine/{lead_id}/contacted", offer=form["offer"], once="y")
    assert f'action="/mine/{lead_id}/accept"' in before
    assert [one.headers["location"].partition("?")[0] for one in (first, second)] == [f"/leads/{lead_id}"] * 2
    assert act is not None
    assert act.outcome is ActOutcome.DONE
    assert contacted.headers["location"].startswith("/mine?told=")
    entries = await live_doors.store.shares.entries("demo", holder.rep_id, limit=100)
    assert len([one for one in entries if one.lead_id == lead_id and one.theirs]) == 1

"""Drafts of the policy: checked line by line, simulated beside the published one, let look on, published."""

import asyncio
import csv
import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest

from db.drafts import SILENT, Drafts
from db.emptying import empty
from db.tables.words import RunState
from models.access import Role
from models.trial import TrialKind
from policy.trials.beside import Answer
from runtime import clock, trying_drafts
from runtime.replaying import NothingToReplay
from tests.api.house import Doors
from tests.cli.house import policy_text
from tests.console.house import Visitor, visiting
from tests.db.samples import facts, newcomer

BRISK = policy_text().replace("- name: slow", "- name: brisk")


async def keep(visitor: Visitor, text: str = BRISK) -> str:
    """Save a draft, and give its version."""
    answer = await visitor.post("/policy/drafts", text=text)
    assert 303 == answer.status_code, answer.text
    return re.sub(r".*/policy/drafts/([^?]+).*", r"\1", answer.headers["location"])


async def let_in(doors: Doors, *lead_ids: str) -> None:
    """Let leads in, an hour apart, as the past has them."""
    begin = clock.now() - timedelta(days=3)
    for place, lead_id in enumerate(lead_ids):
        about = facts(lead_id, email=f"kim@{lead_id}.example", received_at=begin + place * timedelta(hours=1))
        await doors.store.leads.admit(newcomer(lead_id, about))
        await doors.store.leads.save_facts(about, at=clock.now())


async def simulated(doors: Doors, ops: Visitor, version: str) -> int:
    """Simulate a draft, wait for its end, and give the run's number."""
    answer = await ops.post(f"/policy/drafts/{version}/simulate", leads="200")
    number = int(re.findall(r"/policy/runs/(\d+)", answer.headers["location"])[0])
    await doors.store.beside.settle(timedelta(seconds=20))
    return number


async def test_what_is_wrong_is_shown_at_its_line_and_what_was_typed_stays(doors: Doors) -> None:
    """Line, key, the line itself and a caret under the key; nothing is kept."""
    text = BRISK.replace("    response: 4h", "    responce: 4h", 1)
    line = text.splitlines().index("    responce: 4h") + 1
    async with visiting(doors, Role.OPS) as ops:
        answer = await ops.post("/policy/drafts", text=text.replace("\n", "\r\n"))
        assert 422 == answer.status_code
        assert f"<b>Line {line}</b>" in answer.text
        assert f"{line:5d} |     responce: 4h\n      |     ^</pre>" in answer.text
        assert "responce: 4h\n    clock: wall" in answer.text.partition("<textarea")[2]
        assert () == await doors.store.drafts.list()


async def test_a_file_counts_instead_of_the_text(doors: Doors) -> None:
    """What is uploaded is read as it is; what is no text is refused."""
    async with visiting(doors, Role.OPS) as ops:
        answer = await ops.client.post(
            "/policy/drafts",
            data={"csrf": ops.viewer.csrf, "text": "nothing"},
            files={"file": ("p.yaml", BRISK.encode())},
        )
        assert 303 == answer.status_code
        (draft,) = await doors.store.drafts.list()
        assert "name: brisk" in draft.text
        answer = await ops.client.post(
            "/policy/drafts", data={"csrf": ops.viewer.csrf, "text": "mine"}, files={"file": ("p.png", b"a\n\xff\xfe")}
        )
        assert 422 == answer.status_code
        assert "<b>Line 2</b>: <bdi>the file that you chose cannot be read" in answer.text
        assert "mine</textarea>" in answer.text


async def test_a_draft_shows_what_it_changes_and_a_changed_one_takes_its_place(doors: Doors) -> None:
    """By rule and key; its old name is gone, and leads nowhere."""
    async with visiting(doors, Role.OPS) as ops:
        version = await keep(ops)
        page = (await ops.get(f"/policy/drafts/{version}")).text
        assert "It checks" in page
        assert '<span class="badge mine">added</span> <b><bdi>brisk</bdi></b>' in page
        assert '<span class="badge late">removed</span> <b><bdi>slow</bdi></b>' in page
        form = (await ops.get(f"/policy/drafts/{version}/edit")).text
        assert f'name="was" value="{version}"' in form
        answer = await ops.post("/policy/drafts", text=BRISK.replace("undo: 5m", "undo: 6m"), was=version)
        assert 303 == answer.status_code
        assert 1 == len(await doors.store.drafts.list())
        assert 404 == (await ops.get(f"/policy/drafts/{version}")).status_code


async def test_a_simulation_tells_lead_by_lead_who_fares_differently(doors: Doors) -> None:
    """Counted by hand: two leads go to sales under another promise, one is the same person again."""
    await let_in(doors, "one", "two")
    async with visiting(doors, Role.OPS) as ops:
        version = await keep(ops)
        number = await simulated(doors, ops, version)
        page = (await ops.get(f"/policy/runs/{number}")).text
        assert "2 of 2 leads would fare differently." in page
        assert "has another promise (2)" in page
        assert "demo, brisk" in page.replace("pool ", "")
        assert "What becomes of them" in page
        assert '<a href="/leads/one">' in (await ops.get(f"/policy/runs/{number}?differing=promise")).text
        assert "No lead differs in this." in (await ops.get(f"/policy/runs/{number}?differing=way")).text
        rows = list(csv.DictReader(io.StringIO((await ops.get(f"/policy/runs/{number}.csv")).text)))
        assert [("one", "brisk", "slow"), ("two", "brisk", "slow")] == [
            (row["lead_id"], row["draft.sla"], row["published.sla"]) for row in rows
        ]
        figure = (await ops.get(f"/policy/runs/{number}.csv?figure=3")).text
        assert ["what,published,draft,difference", "demo,2,2,0"] == figure.splitlines()
        assert f"Simulation {number}" in (await ops.get(f"/policy/drafts/{version}")).text


async def test_a_simulation_that_cannot_be_says_why(doors: Doors) -> None:
    """Without leads there is nothing to replay; one whose process went away has failed; other sizes are refused."""
    async with visiting(doors, Role.OPS) as ops:
        version = await keep(ops)
        number = await simulated(doors, ops, version)
        assert "there is nothing to replay" in (await ops.get(f"/policy/runs/{number}")).text
        before = clock.now() - SILENT
        lost = await doors.store.drafts.begin(version, "x", {"leads": 200}, by="ops", at=before)
        assert "the server that ran it has gone away" in (await ops.get(f"/policy/runs/{lost}")).text
        assert '<span class="badge late">failed</span>' in (await ops.get(f"/policy/drafts/{version}")).text
        await doors.store.drafts.seen(lost, at=clock.now())
        assert 'hx-trigger="every 2s"' in (await ops.get(f"/policy/runs/{lost}")).text
        assert 422 == (await ops.post(f"/policy/drafts/{version}/simulate", leads="7")).status_code
        assert 404 == (await ops.get("/policy/runs/999")).status_code


async def test_a_defect_is_told_and_hurts_nothing_else(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page names its kind; the next simulation may begin."""

    async def broken(*_: object) -> None:
        raise RuntimeError("no table")

    monkeypatch.setattr(trying_drafts, "compare_on_past", broken)
    await let_in(doors, "one")
    async with visiting(doors, Role.OPS) as ops:
        version = await keep(ops)
        number = await simulated(doors, ops, version)
        assert "it ended with RuntimeError" in (await ops.get(f"/policy/runs/{number}")).text
        monkeypatch.undo()
        number = await simulated(doors, ops, version)
        assert "1 of 1 leads would fare differently" in (await ops.get(f"/policy/runs/{number}")).text


async def test_one_simulation_at_a_time(doors: Doors) -> None:
    """It takes a core; who comes second is told."""
    await let_in(doors, "one")
    async with visiting(doors, Role.OPS) as ops:
        version = await keep(ops)
        await ops.post(f"/policy/drafts/{version}/simulate", leads="200")
        assert (
            "Another simulation is under way here."
            in (await ops.do(f"/policy/drafts/{version}/simulate", leads="200")).text
        )
        await doors.store.beside.settle(timedelta(seconds=20))


async def test_a_simulation_says_that_it_is_at_work(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that one whose process was killed is known soon, however long another takes."""
    seen, said = Drafts.seen, asyncio.Event()

    async def noted(*given: Any, **more: Any) -> None:
        await seen(*given, **more)
        said.set()

    async def slow(*_: object) -> None:
        await said.wait()
        raise NothingToReplay("nothing")

    monkeypatch.setattr(Drafts, "seen", noted)
    monkeypatch.setattr(trying_drafts, "BEAT", timedelta(milliseconds=5))
    monkeypatch.setattr(trying_drafts, "compare_on_past", slow)
    await let_in(doors, "one")
    async with visiting(doors, Role.OPS) as ops:
        number = await simulated(doors, ops, await keep(ops))
        run = await doors.store.drafts.run(number)
        assert run is not None
        assert (RunState.FAILED, "nothing", {"leads", "seen_at"}) == (run.state, run.because, set(run.wanted))


async def test_of_two_that_begin_at_once_one_runs(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second is told that it failed, and is not left as one that runs for ever."""
    await let_in(doors, "one")
    begin, both = Drafts.begin, asyncio.Barrier(2)

    async def together(*given: Any, **more: Any) -> int:
        await both.wait()
        return await begin(*given, **more)

    monkeypatch.setattr(Drafts, "begin", together)
    async with visiting(doors, Role.OPS) as ops:
        version = await keep(ops)
        await asyncio.gather(*(ops.post(f"/policy/drafts/{version}/simulate", leads="200") for _ in range(2)))
        await doors.store.beside.settle(timedelta(seconds=20))
        second, first = sorted(await doors.store.drafts.runs(version), key=lambda one: one.state, reverse=True)
        assert (RunState.DONE, RunState.FAILED) == (first.state, second.state)
        assert "another simulation began at the same time" in (await ops.get(f"/policy/runs/{second.id}")).text


async def test_of_an_erased_lead_a_simulation_tells_nothing(doors: Doors) -> None:
    """It stays counted, and is no longer in the document that is kept."""
    await let_in(doors, "one", "two")
    async with visiting(doors, Role.OPS) as ops:
        number = await simulated(doors, ops, await keep(ops))
        async with doors.store.database.writing() as session:
            await empty(session, ["one"], clock.now())
        run = await doors.store.drafts.run(number)
        assert run is not None
        assert '"one"' not in json.dumps(run.document)
        assert '"two"' in json.dumps(run.document)
        assert "2 of 2 leads would fare differently." in (await ops.get(f"/policy/runs/{number}")).text


async def test_a_draft_looks_on_until_it_is_stopped(doors: Doors) -> None:
    """One at a time; both are noted, and what it showed stays."""
    async with visiting(doors, Role.OPS) as ops:
        version = await keep(ops)
        page = (await ops.do(f"/policy/drafts/{version}/shadow")).text
        assert "looks on from now on" in page
        assert "It has not seen a lead yet." in page
        again = (await ops.do(f"/policy/drafts/{version}/shadow")).text
        assert "Refused:" in again
        assert "is on trial since" in again
        assert "looks on no more" in (await ops.do("/policy/shadow/stop")).text
        assert await doors.store.trials.running(TrialKind.SHADOW) is None
        assert "it was ended already" in (await ops.do("/policy/shadow/stop")).text


async def test_what_a_shadow_showed_can_be_had_as_a_file(doors: Doors) -> None:
    """Every lead with both answers, and what is behind the chart; people are named on the page."""
    async with visiting(doors, Role.OPS) as ops:
        assert 404 == (await ops.get("/policy/shadow.csv")).status_code
        await ops.do(f"/policy/drafts/{await keep(ops)}/shadow")
        trial = await doors.store.trials.running(TrialKind.SHADOW)
        assert trial is not None
        await let_in(doors, "one", "two")
        answer = Answer("route", 3.0, "brisk", "demo", "a", None, "ana", "=turn", "")
        await doors.store.shadows.write(trial, "one", answer, at=clock.now(), judged=None)
        await doors.store.shadows.write(trial, "two", None, at=clock.now(), judged=None, failed="KeyError")
        file = await ops.get("/policy/shadow.csv")
        rows = list(csv.DictReader(io.StringIO(file.text)))
        assert [("one", "pending", "ana", "'=turn", ""), ("two", "", "", "", "KeyError")] == [
            (row["lead_id"], row["difference"], row["draft_owner"], row["draft_because"], row["failed"]) for row in rows
        ]
        assert "what,published,draft,difference" in (await ops.get("/policy/shadow.csv?figure=1")).text
        assert 'href="/policy/shadow.csv"' in (await ops.get("/policy/shadow")).text


async def test_publishing_is_the_administrators_and_shows_what_changes_first(doors: Doors) -> None:
    """Ops may not; a page that compared with another policy publishes nothing; what does not check neither."""
    active = await doors.store.policies.active()
    assert active is not None
    async with visiting(doors, Role.OPS) as ops, visiting(doors, Role.ADMIN) as admin:
        version = await keep(ops)
        assert "/publish" not in (await ops.get(f"/policy/drafts/{version}")).text
        refused = await ops.post(f"/policy/drafts/{version}/publish", instead_of=active.version)
        assert 403 == refused.status_code
        page = (await admin.get(f"/policy/drafts/{version}")).text
        assert f'name="instead_of" value="{active.version}"' in page
        assert "It makes 2 changes, all of them below." in page
        stale = await admin.do(f"/policy/drafts/{version}/publish", instead_of="another")
        assert "Another policy was published since" in stale.text
        told = await admin.do(f"/policy/drafts/{version}/publish", instead_of=active.version)
        assert f"{version} is what new leads get from now on." in told.text
        now = await doors.store.policies.active()
        assert now is not None
        assert (version, "admin") == (now.version, now.published_by)
        twice = await admin.do(f"/policy/drafts/{version}/publish", instead_of=active.version)
        assert "Done" in twice.text
        assert "Another policy was published" not in twice.text
        lost = await keep(ops, BRISK.replace("default_pool: demo", "default_pool: nowhere"))
        page = (await admin.get(f"/policy/drafts/{lost}")).text
        assert "It does not check, and cannot be published" in page
        answer = await admin.do(f"/policy/drafts/{lost}/publish", instead_of=version)
        assert "It does not check. Line" in answer.text


async def test_a_draft_is_removed_with_what_was_found_of_it(doors: Doors) -> None:
    """Its simulations go, too."""
    async with visiting(doors, Role.OPS) as ops:
        version = await keep(ops)
        number = await simulated(doors, ops, version)
        assert "is gone." in (await ops.do(f"/policy/drafts/{version}/remove")).text
        assert await doors.store.drafts.run(number) is None
        assert 404 == (await ops.post(f"/policy/drafts/{version}/remove")).status_code

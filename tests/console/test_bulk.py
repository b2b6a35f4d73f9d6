"""The same said to many leads: asked first, said once, told lead by lead, and gone on with after a restart."""

import asyncio
import re
from html import unescape
from typing import Any

import pytest
from sqlmodel import select

from api.console.board_bulk import SILENT
from db.tables import HumanAct, Outbox
from db.tables.words import ActOutcome
from models.access import Role
from models.lead import Stage
from tests.api.house import Doors
from tests.api.test_messages import offered
from tests.console.board_rows import put
from tests.console.house import Visitor, visiting
from tests.console.test_board import words


async def settled(visitor: Visitor, where: str) -> str:
    """The result page once the run is over; the test's own time-out bounds it."""
    while True:
        page = words((await visitor.get(where)).text)
        if "it goes on, and this page with it" not in page:
            return page
        await asyncio.sleep(0.02)


async def said(doors: Doors) -> list[dict[str, Any]]:
    """What is kept to be said while Temporal is away."""
    async with doors.store.database.reading() as session:
        return [row.body for row in (await session.exec(select(Outbox).order_by(Outbox.lead_id))).all()]


async def test_it_is_asked_first_with_the_number(doors: Doors) -> None:
    """Ticked ones, or all that match the board's filters; a page that is only looked at says nothing to anybody."""
    for lead_id in ("one", "two", "three"):
        await put(doors, lead_id, owner="ben" if lead_id == "three" else "ana")
    async with visiting(doors, Role.OPS) as ops:
        ticked = await ops.get("/board/bulk?do=pause&of=ticked&lead=one&lead=two&lead=one")
        matching = await ops.get("/board/bulk?do=disqualify&of=all&owner=ana&stage=offered")
        nothing = await ops.get("/board/bulk?do=pause&of=ticked")
        wrong = await ops.get("/board/bulk?do=forget&of=all")
    assert "Pause: 2 leads?" in words(ticked.text)
    assert "Disqualify: 2 leads?" in words(matching.text)
    fields = re.findall(r'name="leads" value="([^"]*)"', matching.text)
    assert [{"one", "two"}] == [set(field.split()) for field in fields]
    assert [422, 422] == [nothing.status_code, wrong.status_code]
    assert [] == await said(doors)


async def test_each_lead_answers_for_itself(doors: Doors) -> None:
    """Kept while Temporal is away, refused by one that has ended, unknown: each is told, and each is in the log."""
    await put(doors, "one")
    await put(doors, "two")
    await put(doors, "over", Stage.CONTACTED, closed_at=doors.front.clock())
    form = {"do": "pause", "once": "form-1234", "leads": "one two over nobody", "reason": "a fair"}
    async with visiting(doors, Role.OPS, person_id="mia") as ops:
        answer = await ops.post("/board/bulk", form)
        where = answer.headers["location"]
        page = await settled(ops, where)
    assert "Pause: 4 leads" in page
    for figure in ("Done 0", "Recorded 2", "Refused 2", "Not said yet 0"):
        assert figure in page
    assert "over refused the lead is contacted already" in page
    assert "nobody refused no lead nobody" in page
    assert "one recorded Temporal is away" in page
    assert ["pause", "pause"] == [one["name"] for one in await said(doors)]
    assert {("mia", "a fair")} == {(one["message"]["by"], one["message"]["reason"]) for one in await said(doors)}
    async with doors.store.database.reading() as session:
        acts = (await session.exec(select(HumanAct))).all()
    assert {None, "one", "two", "over", "nobody"} == {act.lead_id for act in acts}
    assert not any("a fair" in str(act.detail) + act.because for act in acts)


async def test_a_form_that_is_sent_twice_is_said_once(doors: Doors) -> None:
    """A double click leads to the same page; no lead hears it again."""
    await put(doors, "one")
    form = {"do": "resume", "once": "form-5678", "leads": "one"}
    async with visiting(doors, Role.OPS) as ops:
        first = await ops.post("/board/bulk", form)
        await settled(ops, first.headers["location"])
        again = await ops.post("/board/bulk", form)
        page = await settled(ops, again.headers["location"])
    assert first.headers["location"] == again.headers["location"]
    assert 1 == len(await said(doors))
    assert "Recorded 1" in page


async def test_of_forms_that_come_at_once_one_begins(doors: Doors) -> None:
    """All lead to the page of the one run, which is in the log once."""
    await put(doors, "one")
    form = {"do": "resume", "once": "form-2222", "leads": "one"}
    async with visiting(doors, Role.OPS) as ops:
        answers = await asyncio.gather(*(ops.post("/board/bulk", form) for _ in range(4)))
        page = await settled(ops, answers[-1].headers["location"])
        lost = await ops.get("/board/bulk/3000000000")
        odd = await ops.post("/board/bulk", form | {"once": "form\x002222"})
    assert 1 == len({answer.headers["location"] for answer in answers})
    assert 1 == sum(act.what == "bulk.resume" for act in await doors.store.acts.list())
    assert "Recorded 1" in page
    assert [422, 422] == [lost.status_code, odd.status_code]


@pytest.mark.parametrize(
    ("form", "field", "why"),
    [
        ({"do": "pause"}, "reason", "Say why"),
        ({"do": "reassign", "reason": "so"}, "rep_id", "Say to whom."),
        ({"do": "reassign", "reason": "so", "rep_id": "zed"}, "rep_id", "They are not in the roster."),
        ({"do": "pause", "reason": "so", "until": "soon"}, "until", "This is no date with a time."),
        ({"do": "pause", "reason": "so", "until": "2001-01-01T09:00"}, "until", "This is over already."),
    ],
)
async def test_what_is_wrong_stands_beside_its_field(doors: Doors, form: dict[str, str], field: str, why: str) -> None:
    """The form comes back with what was typed, and nothing is said to anybody."""
    await put(doors, "one")
    async with visiting(doors, Role.OPS) as ops:
        page = await ops.post("/board/bulk", {"once": "form-9999", "leads": "one"} | form)
    assert 422 == page.status_code
    assert re.search(rf'name="{field}"[^>]*aria-invalid="true" aria-describedby="e-{field}"', page.text)
    assert why in unescape(page.text)
    assert f'value="{form.get("reason", "")}"' in page.text
    assert [] == await said(doors)


async def test_a_run_that_was_cut_off_says_so_and_goes_on(doors: Doors) -> None:
    """Who was not reached is told apart; going on reaches them, and nobody twice."""
    await put(doors, "one")
    await put(doors, "two")
    detail = {"do": "resume", "leads": ["one", "two"]}
    note: dict[str, Any] = {
        "at": doors.front.clock() - SILENT,
        "who": "ops",
        "person_id": None,
        "about": "bulk form-0000",
    }
    begun = await doors.store.acts.add(
        what="bulk.resume", outcome=ActOutcome.RECORDED, because="", detail=detail, lead_id=None, **note
    )
    await doors.store.acts.add(what="resume", outcome=ActOutcome.DONE, because="resumed", lead_id="one", **note)
    async with visiting(doors, Role.OPS) as ops:
        before = words((await ops.get(f"/board/bulk/{begun}")).text)
        await ops.do(f"/board/bulk/{begun}/on")
        after = await settled(ops, f"/board/bulk/{begun}")
    assert "It was cut off: 1 lead has not been told." in before
    assert "It was cut off" not in after
    assert "Done 1" in after
    assert "Recorded 1" in after
    assert 1 == len(await said(doors))


async def test_a_run_under_way_is_followed_and_is_never_two(doors: Doors) -> None:
    """The page says that it goes on, and looks again by itself; going on with it by hand starts no second one."""
    await put(doors, "one")
    detail, on = {"do": "resume", "leads": ["one"]}, asyncio.Event()
    begun = await doors.store.acts.add(
        at=doors.front.clock() - SILENT, who="ops", person_id=None, what="bulk.resume", outcome=ActOutcome.RECORDED,
        because="", about="bulk form-1111", detail=detail,
    )  # fmt: skip

    async def work() -> None:
        await on.wait()

    assert doors.front.bulks.start("bulk form-1111", work, doors.store.beside)
    async with visiting(doors, Role.OPS) as ops:
        await ops.post(f"/board/bulk/{begun}/on")
        page = (await ops.get(f"/board/bulk/{begun}")).text
        on.set()
        after = await settled(ops, f"/board/bulk/{begun}")
    assert f'hx-get="/board/bulk/{begun}" hx-trigger="every 1s"' in page
    assert f'<a class="button small" href="/board/bulk/{begun}">Look again</a>' in page
    assert "It was cut off" not in words(page)
    assert "It was cut off: 1 lead has not been told." in after
    assert [] == await said(doors)


async def test_a_run_of_another_process_goes_on(doors: Doors) -> None:
    """Of what was heard just now nobody is told that it was cut off, whichever process answers."""
    await put(doors, "one")
    begun = await doors.store.acts.add(
        at=doors.front.clock(), who="ops", person_id=None, what="bulk.resume", outcome=ActOutcome.RECORDED,
        because="", about="bulk form-3333", detail={"do": "resume", "leads": ["one"]},
    )  # fmt: skip
    async with visiting(doors, Role.OPS) as ops:
        page = words((await ops.get(f"/board/bulk/{begun}")).text)
    assert "it goes on, and this page with it" in page
    assert "It was cut off" not in page


async def test_bulk_is_for_operations(doors: Doors) -> None:
    """Reps, managers and privacy officers may neither ask nor do; a run is its own people's and the log's readers'."""
    await put(doors, "one")
    form = {"do": "resume", "once": "form-4321", "leads": "one"}
    for role in (Role.REP, Role.MANAGER, Role.PRIVACY):
        async with visiting(doors, role) as somebody:
            answers = [
                await somebody.get("/board/bulk?do=pause&of=all"),
                await somebody.post("/board/bulk", form),
                await somebody.get("/board/bulk/1"),
                await somebody.post("/board/bulk/1/on"),
            ]
        assert [403] * 4 == [answer.status_code for answer in answers]
    async with visiting(doors, Role.OPS) as ops:
        assert 404 == (await ops.get("/board/bulk/1")).status_code
    assert [] == await said(doors)


async def test_leads_that_live_do_what_they_are_told(live_doors: Doors) -> None:
    """Before a real worker: both pause, and say so."""
    key = await live_doors.key()
    leads = [lead_id for lead_id, _ in await asyncio.gather(offered(live_doors, key), offered(live_doors, key))]
    form = {"do": "pause", "once": "form-live", "leads": " ".join(leads), "reason": "a fair"}
    async with visiting(live_doors, Role.OPS, person_id="mia") as ops:
        answer = await ops.post("/board/bulk", form)
        page = await settled(ops, answer.headers["location"])
    assert "Done 2" in page

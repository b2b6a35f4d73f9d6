"""The roster as text: checked line by line, what differs and what it means shown, and saved only as it was shown."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from config.load import read_roster
from config.roster_text import roster_text
from db.engine import Database
from db.rosters import RosterChanged
from models.access import Role
from models.base import parse
from models.lead import Stage
from models.roster import Roster, TimeOff
from runtime import clock
from runtime.rosters import Leaving, Left, foresee, take_over
from runtime.store import Store
from tests.api.house import Doors
from tests.cli.house import ROSTER
from tests.console.desks import offer
from tests.console.house import visiting
from tests.console.test_setup import confirm, hidden, roster_of

EXAMPLES = Path(__file__).parents[2] / "examples"


async def text_of(doors: Doors) -> tuple[str, str]:
    """The roster's text, and its digest."""
    file = await doors.store.rosters.file()
    assert file is not None
    return roster_text(file.roster), file.digest


@pytest.mark.parametrize("name", ["roster.yaml", "demo-roster.yaml"])
def test_the_text_reads_back_as_the_roster(name: str) -> None:
    """Everything of it, public holidays looked up anew."""
    roster = read_roster(EXAMPLES / name)
    assert roster == read_roster(roster_text(roster))


@pytest.mark.parametrize(
    "name", ["NO", "1e3", "yes", "0x1F", "007", "- a: b", "x: y # z", "ümläut 'q\" \\", "null", "~"]
)
def test_no_name_is_read_as_something_else(name: str) -> None:
    """Countries are no lies, numbers no names, and signs of YAML stay signs."""
    roster = read_roster(ROSTER)
    team = roster.teams[0].model_copy(update={"name": name, "countries": ["NO"]})
    named = roster.model_copy(update={"teams": [team]})
    assert named == read_roster(roster_text(named))


async def test_the_file_is_the_roster_without_who_left_and_what_was_noted(doors: Doors) -> None:
    """Taking it over again changes nothing, and it is called the same as long as it says the same."""
    file, before = await doors.store.rosters.file(), await roster_of(doors)
    assert file is not None
    assert before == file.roster
    text = roster_text(file.roster).replace("  - id: cam\n    name: Cam Cole\n", "")
    fewer = file.roster.model_copy(update={"reps": file.roster.reps[:2]})
    assert text != roster_text(fewer)
    await take_over(doors.store, fewer, at=clock.now(), instead_of=file.digest)
    await doors.store.rosters.add_time_off(
        "ana", parse(TimeOff, {"from": "2090-01-01", "to": "2090-01-02"}), at=clock.now()
    )
    again = await doors.store.rosters.file()
    assert again is not None
    assert fewer == again.roster
    assert ["ana", "ben", "cam"] == [rep.id for rep in (await roster_of(doors)).reps]
    with pytest.raises(RosterChanged):
        await take_over(doors.store, file.roster, at=clock.now(), instead_of=file.digest)


async def test_a_wrong_text_is_told_line_by_line_and_kept(doors: Doors) -> None:
    """Line and field, with the line itself; nothing has changed."""
    text, was = await text_of(doors)
    wrong = text.replace("manager: mia", "manager: nobody").replace("level: senior", "level: king", 1)
    async with visiting(doors, Role.OPS) as ops:
        page = await ops.post("/setup/text", {"text": wrong, "was": was})
    assert 422 == page.status_code
    line = wrong.splitlines().index("    level: king") + 1
    assert f"<b>Line {line}</b>" in page.text
    assert "reps[0] (ana).level" in page.text
    assert "manager: nobody" in page.text
    assert "mia" == (await roster_of(doors)).teams[0].manager


async def test_a_text_is_reviewed_and_then_saved(doors: Doors) -> None:
    """What differs is listed entry by entry; what is shown is what is saved, and the log says so."""
    text, was = await text_of(doors)
    more = (
        text.replace("name: Ana Abel", "name: Ana <i>Berg")
        .replace('      sat: [["00:00", "24:00"]]\n', "")
        .replace('sun: [["00:00", "24:00"]]', 'sun: [["10:00", "12:00"]]')
        .replace("pools:", "  - id: dee\n    name: Dee Dorn\n    team: demo\npools:")
    )
    async with visiting(doors, Role.ADMIN) as admin:
        page = await admin.post("/setup/text", {"text": more, "was": was})
        assert 200 == page.status_code
        for said in (
            "rep ana",
            "Ana Abel",
            "Ana &lt;i&gt;Berg",
            "new: Dee Dorn",
            "New: Dee Dorn. They may be offered",
            "10:00–12:00",
            "<bdi>closed</bdi>",
        ):
            assert said in page.text
        assert 3 == len((await roster_of(doors)).reps)
        saved = await admin.get((await confirm(admin, page)).headers["location"])
    assert "The roster is saved." in saved.text
    assert ["Ana <i>Berg", "Ben Bach", "Cam Cole", "Dee Dorn"] == [rep.name for rep in (await roster_of(doors)).reps]
    act = (await doors.store.acts.list(who="admin"))[0]
    assert (["calendar always sat", "calendar always sun", "rep ana name", "rep dee"], ["dee"]) == (
        act.detail["changed"],
        act.detail["new"],
    )


async def test_who_holds_leads_is_lost_only_by_intent(doors: Doors) -> None:
    """It is said how many leads stay and move, and has to be meant; so for what the policy names."""
    await offer(doors, "one", "cam")
    await offer(doors, "two", "cam", accepted_at=clock.now())
    text, was = await text_of(doors)
    fewer = text.replace("  - id: cam\n    name: Cam Cole\n    team: demo\n    level: senior\n    capacity: 1000\n", "")
    assert "cam" not in fewer
    async with visiting(doors, Role.OPS) as ops:
        page = await ops.post(
            "/setup/text", {"text": fewer.replace("  demo:\n    team", "  other:\n    team"), "was": was}
        )
        assert "Cam Cole is offered nothing more. 1 that they are asked about moves on." in page.text
        assert "1 that they have taken stays theirs until handed over." in page.text
        assert "has no pool demo" in page.text
        assert 'href="/team/reps/cam/handover"' in page.text
        refused = await confirm(ops, page)
        assert (422, True) == (refused.status_code, "Nothing was saved." in refused.text)
        assert ["demo"] == list((await roster_of(doors)).pools)
        assert 303 == (await confirm(ops, refused, knows="yes")).status_code
    after = await roster_of(doors)
    assert (["other"], [("ana", True), ("ben", True), ("cam", False)]) == (
        list(after.pools), [(rep.id, rep.active) for rep in after.reps],
    )  # fmt: skip


async def test_what_somebody_else_changed_is_not_overwritten_unseen(doors: Doors) -> None:
    """Neither when it is checked nor when it is saved; the text stays, and is checked against what is there now."""
    text, was = await text_of(doors)
    mine = text.replace("Ben Bach", "Ben Brook")
    async with visiting(doors, Role.OPS) as ops:
        page = await ops.post("/setup/text", {"text": mine, "was": was})
        await doors.store.rosters.set_active("cam", False, at=clock.now())
        for late in (await confirm(ops, page), await ops.post("/setup/text", {"text": mine, "was": was})):
            assert 409 == late.status_code
            assert "Somebody changed the roster since you opened this page" in late.text
            assert "Ben Brook" in late.text
        again = await ops.post("/setup/text", {"text": mine, "was": hidden(late, "was")})
        assert 200 == again.status_code
        assert "rep cam" in again.text
    assert "Ben Bach" == (await roster_of(doors)).reps[1].name


async def test_a_pool_that_nobody_is_left_in_is_told(doors: Doors) -> None:
    """Though the policy finds it still: leads that go by it find nobody."""
    text, was = await text_of(doors)
    emptied = text.replace("  demo:\n    team: demo\n", "  demo:\n    team: demo\n    levels: [junior]\n")
    assert text != emptied
    async with visiting(doors, Role.OPS) as ops:
        page = await ops.post("/setup/text", {"text": emptied, "was": was})
    assert "Nobody is in the pool demo. Leads that go by it find nobody there." in page.text
    assert 'name="knows"' in page.text


async def test_what_is_too_long_or_cannot_be_seen_is_kept(doors: Doors) -> None:
    """It is told as any other mistake."""
    text, was = await text_of(doors)
    async with visiting(doors, Role.OPS) as ops:
        for wrong, says in ((text + "x" * 1_000_000, "is too large"), (text + "\x00", "YAML forbids")):
            page = await ops.post("/setup/text", {"text": wrong, "was": was})
            assert (422, True, True) == (page.status_code, says in page.text, "Ana Abel" in page.text)


async def test_managers_do_not_read_where_anybody_can_post(doors: Doors) -> None:
    """Addresses of Teams workflows and webhooks are credentials: operations see them."""
    file = await doors.store.rosters.file()
    assert file is not None
    at = {key: f"https://{key[0]}.example/secret" for key in ("teams_url", "webhook_url")}
    ana = file.roster.reps[0].model_copy(update=at)
    changed = file.roster.model_copy(update={"reps": [ana, *file.roster.reps[1:]]})
    await doors.store.rosters.save(changed, at=clock.now())
    async with visiting(doors, Role.OPS) as ops, visiting(doors, Role.MANAGER, person_id="mia") as mia:
        for path in ("/setup/text", "/setup/roster.yaml", "/setup/reps/ana"):
            assert 2 == (await ops.get(path)).text.count("example/secret"), path
            assert 0 == (await mia.get(path)).text.count("secret"), path


async def test_what_no_form_of_ours_sends_is_refused(doors: Doors) -> None:
    """A document that is none changes nothing."""
    _, was = await text_of(doors)
    async with visiting(doors, Role.OPS) as ops:
        for document in ("", "[", "{}", "[1]", "9" * 5000):
            answer = await ops.post("/setup/save", {"document": document, "was": was})
            assert 422 == answer.status_code, document[:10]
    assert 3 == len((await roster_of(doors)).reps)


@pytest.fixture
async def both(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store on each kind of database."""
    postgres = request.param == "postgres"
    url = request.getfixturevalue("new_postgres_database")() if postgres else f"sqlite:///{tmp_path / 'baton.db'}"
    database = Database(url)
    await database.migrate()
    yield Store(database)
    await database.dispose()


@pytest.mark.parametrize("both", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_the_first_roster_and_what_the_next_means(both: Store) -> None:
    """Before the first there is none to be stale; later, who leaves and for whose word leads wait is counted."""
    roster = read_roster(ROSTER)
    assert await both.rosters.file() is None
    assert ["ana", "ben", "cam"] == list((await foresee(both, roster, instead_of="none")).new)
    await take_over(both, roster, at=clock.now(), instead_of="none")
    with pytest.raises(RosterChanged):
        await take_over(both, roster, at=clock.now(), instead_of="none")
    await offer(both.database, "one", "cam", contacted_at=clock.now(), accepted_at=clock.now())
    await offer(both.database, "two", None, stage=Stage.TRIAGE, answerable="mia")
    file = await both.rosters.file()
    assert file is not None
    assert file.roster == roster
    new = roster.managers[0].model_copy(update={"id": "max", "name": "Max Maar"})
    wanted = Roster(
        **dict(roster)
        | {
            "managers": [new],
            "teams": [roster.teams[0].model_copy(update={"manager": "max"})],
            "reps": list(roster.reps[:2]),
        }
    )
    seen = await foresee(both, wanted, instead_of=file.digest)
    assert [Leaving("cam", 0, 0, 1)] == list(seen.leaving)
    assert [Left("mia", 1)] == list(seen.left)
    assert [("demo", "cam")] == list(seen.out_of)
    assert seen.loses
    same = await foresee(both, roster, instead_of=file.digest)
    assert same.calm
    saves = (take_over(both, one, at=clock.now(), instead_of=file.digest) for one in (wanted, wanted))
    came = await asyncio.gather(*saves, return_exceptions=True)
    assert ["RosterChange", "RosterChanged"] == sorted(type(one).__name__ for one in came)

"""Members: who may sign in is kept by administrators, and ends when they say so."""

import pytest

from db.members import Wanted
from models.access import Role
from runtime import clock
from tests.api.house import Doors
from tests.console.house import visiting

MIA = Wanted("Mia Stone", "mia@company.example", (Role.ADMIN,), None)


async def test_an_administrator_adds_changes_and_closes_out(doors: Doors) -> None:
    """Each step shows what came of it, and stands in the log."""
    form = {"name": "Ana Abel", "email": "Ana@Company.example", "person": "ana", "roles": ["rep", "ops"]}
    async with visiting(doors, Role.ADMIN) as admin:
        added = await admin.do("/setup/members", form)
        assert "Ana Abel may sign in as ops, rep." in added.text
        assert "ana@company.example" in added.text
        changed = await admin.do("/setup/members/ana", form | {"roles": ["rep"]})
        assert "Ana Abel has changed, and is signed out." in changed.text
        closed = await admin.do("/setup/members/ana/disable")
        assert "closed out" in closed.text
        opened = await admin.do("/setup/members/ana/enable")
        assert "They may sign in again." in opened.text
        found = await doors.store.members.get("ana")
    assert found is not None
    assert ((Role.REP,), "ana", None) == (found.roles, found.person_id, found.disabled_at)
    assert ["members.enable", "members.disable", "members.set", "members.add"] == [
        act.what for act in await doors.store.acts.list(who="admin")
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Name needs 1 to 120 plain characters."),
        ({"email": "nowhere"}, "E-mail address is no e-mail address."),
        ({"email": "a\0b@company.example"}, "E-mail address is no e-mail address."),
        ({"roles": []}, "Roles: needs at least one."),
        ({"roles": ["king"]}, "Roles: is none of those there are."),
        ({"person": "zed"}, "The person is nobody of the roster."),
        ({"email": "mia@company.example"}, "is mia-stone&#39;s already."),
    ],
)
async def test_a_wrong_form_says_what_and_keeps_what_was_typed(doors: Doors, wrong: dict[str, str], said: str) -> None:
    """Nothing is changed, the error stands at its field, and nothing has to be typed again."""
    await doors.store.members.add(MIA, by="tests", at=clock.now())
    form = {"name": "Bo <b>Berg", "email": "bo@company.example", "person": "", "roles": ["ops"]} | wrong
    async with visiting(doors, Role.ADMIN) as admin:
        answer = await admin.post("/setup/members", form)
    assert 422 == answer.status_code
    assert said in answer.text
    if "name" not in wrong:
        assert 'value="Bo &lt;b&gt;Berg"' in answer.text
    assert ["mia-stone"] == [one.member_id for one in await doors.store.members.list()]


async def test_nobody_changes_themselves(doors: Doors) -> None:
    """The last administrator cannot close the door behind themselves."""
    member_id = await doors.store.members.add(MIA, by="tests", at=clock.now())
    async with visiting(doors, Role.ADMIN, person_id=member_id) as mia:
        assert 403 == (await mia.post(f"/setup/members/{member_id}/disable")).status_code
        assert 403 == (await mia.post(f"/setup/members/{member_id}", {"name": "M", "roles": ["rep"]})).status_code
        assert "This is you." in (await mia.get(f"/setup/members/{member_id}")).text


async def test_nobody_adds_themselves(doors: Doors) -> None:
    """An administrator of the roster, who is no member, does not make one of themselves that may more."""
    form = {"name": "Ana", "person": "ana", "roles": ["privacy"]}
    async with visiting(doors, Role.ADMIN, person_id="ana") as ana:
        assert 403 == (await ana.post("/setup/members", form)).status_code
    assert () == await doors.store.members.list()
    assert [("tried.members", "refused")] == [(act.what, act.outcome) for act in await doors.store.acts.list()]


async def test_who_is_closed_out_is_out_at_once(doors: Doors) -> None:
    """A session ends with its member, and comes back with nobody."""
    member_id = await doors.store.members.add(MIA, by="tests", at=clock.now())
    async with visiting(doors, Role.ADMIN, person_id=member_id) as mia:
        assert 200 == (await mia.get("/setup/members")).status_code
        await doors.store.members.disable(member_id, at=clock.now())
        assert 303 == (await mia.get("/setup/members")).status_code
        await doors.store.members.enable(member_id)
        assert 303 == (await mia.get("/setup/members")).status_code

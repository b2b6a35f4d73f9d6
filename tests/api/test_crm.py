"""What the CRM knows of leads over HTTP: where each stands and why, and nothing of the prospect."""

from datetime import timedelta

from db.crm import Copy
from models.access import Scope
from models.lead import Stage
from runtime import clock
from tests.api.house import Doors
from tests.db.samples import newcomer, standing


async def claimed(doors: Doors, *lead_ids: str) -> dict[str, Copy]:
    """Let leads in that the CRM is to be told of, and take them."""
    doors.store.database.tells_crm = True
    for lead_id in lead_ids:
        await doors.store.leads.admit(newcomer(lead_id))
        await doors.store.leads.record(standing(lead_id, 1, Stage.REVIEW, at=clock.now()))
    found = await doors.store.crm_copies.claim(10, now=clock.now(), lease=timedelta(minutes=1))
    return {one.lead_id: one for one in found}


async def test_what_keeps_the_crm_is_seen_and_tried_again(doors: Doors) -> None:
    """Each state with its count, page by page; a refused one is told again when asked."""
    key = await doors.key(Scope.OPS)
    copies = await claimed(doors, "one", "two", "three")
    tasks = {"two-1-0": {"id": "t7", "shows": "d"}}
    await doors.store.crm_copies.refused(
        copies["one"], "answered 400 FIELD_CUSTOM_VALIDATION_EXCEPTION", at=clock.now()
    )
    await doors.store.crm_copies.told(
        copies["two"], at=clock.now(), external_id="77", tasks=tasks, digest="d", because=""
    )
    answer = await doors.get("/v1/crm?state=refused&state=told", key=key)
    shown = answer.json()
    assert (200, None, {"told": 1, "waiting": 1, "refused": 1}) == (
        answer.status_code,
        shown["after"],
        shown["counts"],
    )
    assert [("one", "refused", None, {}), ("two", "told", "77", {"two-1-0": "t7"})] == [
        (one["lead_id"], one["state"], one["crm_id"], one["tasks"]) for one in shown["copies"]
    ]
    assert "@acme.example" not in answer.text
    first = (await doors.get("/v1/crm?limit=2", key=key)).json()
    rest = (await doors.get(f"/v1/crm?limit=2&after={first['after']}", key=key)).json()
    assert ["one", "three", "two"] == [one["lead_id"] for one in (*first["copies"], *rest["copies"])]
    again = await doors.post("/v1/leads/one/crm", key=key)
    assert (200, "waiting") == (again.status_code, again.json()["state"])


async def test_who_may_and_what_there_is_not(doors: Doors) -> None:
    """Managers look, ops have it told again; a lead that the CRM was never to be told of is not found."""
    manager, reader = await doors.key(Scope.MANAGE), await doors.key(Scope.LEADS_READ)
    assert (200, 403) == (
        (await doors.get("/v1/crm", key=manager)).status_code,
        (await doors.get("/v1/crm", key=reader)).status_code,
    )
    assert 403 == (await doors.post("/v1/leads/one/crm", key=manager)).status_code
    assert 404 == (await doors.post("/v1/leads/nobody/crm", key=await doors.key(Scope.OPS))).status_code

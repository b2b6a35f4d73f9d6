"""The roster over HTTP: read, replaced, absences, leavers, and the switch for all routing."""

import yaml

from models.access import Scope
from tests.api.house import Doors
from tests.cli.house import ROSTER

ORDER = {"by": "mia", "reason": "holidays"}


async def test_the_roster_is_told_and_taken_back_as_it_is(doors: Doors) -> None:
    """What is read may be sent again, and changes nothing."""
    key = await doors.key()
    known = (await doors.get("/v1/roster", key=key)).json()
    answer = await doors.post("/v1/roster", known, key=key)
    assert (200, {"reps": 3, "new": [], "inactive": [], "warnings": []}) == (answer.status_code, answer.json())
    assert known == (await doors.get("/v1/roster", key=key)).json()


async def test_who_is_missing_from_a_roster_is_inactive(doors: Doors) -> None:
    """And told so."""
    key, roster = await doors.key(Scope.ROSTER_WRITE), yaml.safe_load(ROSTER)
    roster["reps"] = [rep for rep in roster["reps"] if rep["id"] != "cam"]
    assert ["cam"] == (await doors.post("/v1/roster", roster, key=key)).json()["inactive"]


async def test_a_wrong_roster_is_refused_by_field(doors: Doors) -> None:
    """With the words that the file's checks have."""
    key, roster = await doors.key(), yaml.safe_load(ROSTER)
    roster["reps"][0]["level"] = "wizard"
    roster["reps"][1]["colour"] = "red"
    answer = await doors.post("/v1/roster", roster, key=key)
    assert (422, ["reps.0.level", "reps.1.colour"]) == (
        answer.status_code,
        [error["field"] for error in answer.json()["errors"]],
    )


async def test_an_absence_counts_at_once_and_once(doors: Doors) -> None:
    """A repeat changes nothing; taken back, they are there again."""
    key, away = await doors.key(), {"from": "2000-01-01", "to": "2999-12-31", "reason": "moon"}
    path = "/v1/roster/reps/ana/time-off"
    first = (await doors.post(path, away, key=key)).json()
    again = (await doors.post(path, away, key=key)).json()
    assert ({"rep_id": "ana", **away, "noted": True, "changed": True}, False) == (first, again["changed"])
    told = (await doors.get("/v1/roster/availability", key=key)).json()["reps"]
    assert {"ana": False, "ben": True, "cam": True} == {one["rep_id"]: one["available"] for one in told}
    assert (await doors.get("/v1/roster/reps/ana", key=key)).json()["unavailable_because"]
    assert (await doors.post(f"{path}/remove", away, key=key)).json()["changed"]
    assert (await doors.get("/v1/roster/reps/ana", key=key)).json()["unavailable_because"] is None


async def test_somebody_unknown_is_not_found(doors: Doors) -> None:
    """With whom was meant, where that is near."""
    key = await doors.key()
    for path, body in (
        ("/v1/roster/reps/anna/activate", ORDER),
        ("/v1/roster/reps/anna/time-off", {"from": "2026-01-01", "to": "2026-01-02"}),
        ("/v1/reps/anna/handover", ORDER),
    ):
        answer = await doors.post(path, body, key=key)
        assert (404, True) == (answer.status_code, "ana?" in answer.json()["detail"])


async def test_who_is_deactivated_is_offered_nothing(doors: Doors) -> None:
    """Until they are activated."""
    key = await doors.key(Scope.ROSTER_READ, Scope.ROSTER_WRITE)
    for word, active in (("deactivate", False), ("activate", True)):
        answer = await doors.post(f"/v1/roster/reps/ben/{word}", ORDER, key=key)
        assert {"rep_id": "ben", "active": active, "changed": True} == answer.json()
        assert active == (await doors.get("/v1/roster/reps/ben", key=key)).json()["active"]


async def test_a_leaver_is_taken_out_and_may_not_be_their_own_heir(doors: Doors) -> None:
    """Whom nobody can give leads to is a conflict with nothing changed."""
    key = await doors.key(Scope.MANAGE, Scope.ROSTER_READ)
    refused = await doors.post("/v1/reps/ana/handover", ORDER | {"to": "ana"}, key=key)
    begun = await doors.post("/v1/reps/ana/handover", ORDER, key=key)
    assert (409, 202) == (refused.status_code, begun.status_code)
    assert {"rep_id": "ana", "moving": [], "given": [], "retired": True} == begun.json()
    assert {"rep_id": "ana", "leads": []} == (await doors.get("/v1/reps/ana/handover", key=key)).json()
    assert not (await doors.get("/v1/roster/reps/ana", key=key)).json()["active"]


async def test_routing_is_stopped_once_and_started(doors: Doors) -> None:
    """A repeat by the same for the same reason is the same; somebody else is told who."""
    key = await doors.key(Scope.OPS)
    assert (await doors.get("/v1/routing", key=key)).json()["stopped"] is None
    for _ in range(2):
        answer = await doors.post("/v1/routing/stop", ORDER, key=key)
        assert (200, "mia") == (answer.status_code, answer.json()["stopped"]["by"])
    other = await doors.post("/v1/routing/stop", ORDER | {"by": "leo"}, key=key)
    assert (409, "mia") == (other.status_code, other.json()["by"])
    started = (await doors.post("/v1/routing/start", {"by": "mia"}, key=key)).json()
    assert (None, 0) == (started["stopped"], started["woken"])

"""Learned scores: everybody of operations sees them and lets one look on; who publishes lets one count."""

import pytest

from api.console import ops_models
from models.access import Role
from models.learning import ModelState
from tests.api.house import Doors
from tests.console.house import visiting
from tests.db.test_score_models import kept


async def test_one_counts_after_it_looked_on(doors: Doors) -> None:
    """Not by whoever may not publish, and at once only with a reason."""
    models = await kept(doors.store.database, "m1", "m2")
    async with visiting(doors, Role.OPS) as ops, visiting(doors, Role.ADMIN) as admin:
        page = (await ops.get("/ops/models/m1")).text
        forbidden = [await ops.post(f"/ops/models/m1/{what}") for what in ("publish", "retire")]
        looks = await ops.do("/ops/models/m1/shadow")
        counts = await admin.do("/ops/models/m1/publish")
        hasty = await admin.do("/ops/models/m2/publish")
        reasoned = await admin.do("/ops/models/m2/publish", reason="m1 is wrong")
        again = await ops.do("/ops/models/m2/shadow")
        listed = (await ops.get("/ops/models")).text
        unknown = await ops.get("/ops/models/m9")
    assert ("decides" in page, "+1.000" in page, "/publish" in page) == (True, True, False)
    assert [403, 403] == [one.status_code for one in forbidden]
    assert "m1 looks on: nothing is done" in looks.text
    assert "m1 counts: it is asked about every lead" in counts.text
    assert "m2 cannot: let it look on first" in hasty.text
    assert "m2 counts: it is asked about every lead" in reasoned.text
    assert "m2 counts already" in again.text
    assert "n = 10 converted: may be chance" in listed
    assert 404 == unknown.status_code
    found = {one.model.version: one for one in await models.list()}
    assert (ModelState.RETIRED, ModelState.PUBLISHED) == (found["m1"].state, found["m2"].state)
    assert "admin (at once: m1 is wrong)" == found["m2"].published_by


async def test_one_is_retired(doors: Doors) -> None:
    """The points are left."""
    await kept(doors.store.database, "m1")
    async with visiting(doors, Role.ADMIN) as admin:
        await admin.do("/ops/models/m1/publish", reason="there is no other")
        told = await admin.do("/ops/models/m1/retire")
        listed = (await admin.get("/ops/models")).text
    assert "m1 is retired" in told.text
    assert "None counts: the policy goes by points alone." in listed


async def test_more_than_a_page_can_wait_for_is_compared_elsewhere(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says where; nothing of it is read in the request."""
    monkeypatch.setattr(ops_models, "MOST_COMPARED", -1)
    async with visiting(doors, Role.OPS) as ops:
        page = await ops.get("/ops/models/compare")
    assert 200 == page.status_code
    assert "python starter.py score compare" in page.text

"""The log: who did what, found by filters, whole as a file, and empty of words once its lead is erased."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

from db.acts import Acts
from db.tables.words import ActOutcome
from models.access import Role
from tests.api.house import Doors
from tests.console.house import visiting

MARCH = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


async def done(acts: Acts, number: int, **more: Any) -> int:
    """Note the act of one minute."""
    given: dict[str, Any] = {
        "who": "bo",
        "what": "pause",
        "lead_id": None,
        "because": f"because {number}",
        "detail": {},
    }
    values = given | {"outcome": ActOutcome.DONE} | more
    return await acts.add(at=MARCH + timedelta(minutes=number), person_id=None, **values)


async def test_filters_and_pages(doors: Doors) -> None:
    """The last come first, fifty a page; each filter narrows, days are whole."""
    for number in range(53):
        await done(doors.store.acts, number)
    await done(doors.store.acts, 60, who="ana", what="reassign", outcome=ActOutcome.REFUSED, lead_id="l-1")
    await done(doors.store.acts, 24 * 60, who="ana", because="=cmd|'/c calc'!A1 <script>alert(1)</script>")
    async with visiting(doors, Role.OPS) as ops:
        first = (await ops.get("/log")).text
        assert "50 shown; older ones on the next page." in first
        assert ("because 5<" in first, "because 4<" in first) == (True, False)
        assert "&lt;script&gt;alert(1)" in first
        older = first.partition('href="/log?after=')[2].partition('"')[0]
        second = (await ops.get(f"/log?after={older}")).text
        assert "5 shown." in second
        assert ("because 0<" in second, "because 52<" in second) == (True, False)
        refused = (await ops.get("/log?outcome=refused")).text
        assert ("1 shown." in refused, 'href="/leads/l-1"' in refused) == (True, True)
        assert "2 shown." in (await ops.get("/log?who=ana")).text
        assert "1 shown." in (await ops.get("/log?who=ana&lead=l-1&what=reassign")).text
        assert "1 shown." in (await ops.get("/log?from=2026-03-03&until=2026-03-03")).text
        assert "Nothing like this was done." in (await ops.get("/log?who=zed")).text
        for wrong in ("outcome=good", "from=monday", "after=x", "after=99999999999", "who=a%00b", "from=0001-01-01"):
            assert 422 == (await ops.get(f"/log?{wrong}")).status_code, wrong
        file = await ops.get("/log.csv?who=ana")
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert ["'=cmd|'/c calc'!A1 <script>alert(1)</script>", "because 60"] == [row["because"] for row in rows]
    assert ("2026-03-02T10:30:00Z", "refused", "l-1") == (rows[1]["at"], rows[1]["outcome"], rows[1]["lead_id"])


async def test_an_empty_log_says_what_comes(doors: Doors) -> None:
    """Nobody looks at a blank page."""
    async with visiting(doors, Role.PRIVACY) as officer:
        assert "Nobody did anything here yet." in (await officer.get("/log")).text

"""What is measured, at the command line: how far it is, and all of it anew."""

from db.engine import Database
from db.leads import Leads
from tests.cli.driving import Cli
from tests.db.samples import newcomer


async def test_leads_are_measured_anew(cli: Cli) -> None:
    """Before it, what changed is behind; after it, nothing is, and a second time finds as many."""
    database = Database(cli.env["BATON_DATABASE_URL"])
    for lead_id in ("one", "two"):
        await Leads(database).admit(newcomer(lead_id))
    await database.dispose()
    empty = (await cli("measures", "show", "--json")).json
    assert {"leads": 0, "first": None, "last": None, "until": None, "behind": 2} == empty
    assert ["measured 2 leads anew."] == (await cli("measures", "rebuild")).out.splitlines()
    assert {"leads": 2} == (await cli("measures", "rebuild", "--json")).json
    known = (await cli("measures", "show", "--json")).json
    assert (2, "2026-03-02", "2026-03-02", 0) == tuple(known[one] for one in ("leads", "first", "last", "behind"))
    shown = await cli("measures", "show")
    assert (0, True) == (shown.code, "2 leads" in shown.out and "2026-03-02 to 2026-03-02" in shown.out)

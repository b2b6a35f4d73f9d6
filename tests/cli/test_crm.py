"""What the CRM knows of leads, at the command line, without Temporal."""

from datetime import timedelta

from db.engine import Database
from db.leads import Leads
from models.lead import Stage
from runtime import clock
from runtime.store import Store
from tests.cli.driving import Cli
from tests.db.samples import newcomer, standing

TOKEN = "pat-na1-x"


async def test_the_crm_is_told_again_by_hand(cli: Cli) -> None:
    """What keeps it is listed and shown with the reason; a refused one waits again; older leads are told of, too."""
    database = Database(cli.env["BATON_DATABASE_URL"])
    await database.migrate()
    try:
        await _leads(Store(database))
    finally:
        await database.dispose()
    ran = await cli("crm", "list", "--json")
    assert (0, [("one", "refused", "answered 400")]) == (
        ran.code,
        [(one["lead_id"], one["state"], one["because"]) for one in ran.json],
    )
    assert "not there yet" in (await cli("crm", "show", "one")).out
    again = await cli("crm", "retry", "one", "--json")
    assert (0, "waiting", "one") == (again.code, again.json["state"], again.json["lead_id"])
    assert {"leads": 0} == (await cli("crm", "retry", "--refused", "--json")).json
    with_crm = cli.but(BATON_CRM="hubspot", BATON_HUBSPOT_TOKEN=TOKEN)
    assert {"leads": 1} == (await with_crm("crm", "sync", "--since", "2026-01-01", "--json")).json
    assert "2 waiting" in (await cli("crm", "list")).out


async def test_what_cannot_be_meant_is_said(cli: Cli) -> None:
    """No CRM, an unknown state, nobody's lead, both ways to retry at once."""
    database = Database(cli.env["BATON_DATABASE_URL"])
    await database.migrate()
    await database.dispose()
    assert 1 == (await cli("crm", "sync", "--since", "2026-01-01")).code
    assert "did you mean refused" in (await cli("crm", "list", "--state", "refusd")).err
    for words in (("show", "nobody"), ("retry", "one", "--refused")):
        assert 2 == (await cli("crm", *words)).code


async def _leads(store: Store) -> None:
    """One lead that the CRM refused, and one that was there before there was a CRM."""
    leads, now = Leads(store.database), clock.now()
    await leads.admit(newcomer("two"))
    store.database.tells_crm = True
    await leads.admit(newcomer("one"))
    await leads.record(standing("one", 1, Stage.REVIEW, at=now))
    (copy,) = await store.crm_copies.claim(1, now=now, lease=timedelta(minutes=1))
    await store.crm_copies.refused(copy, "answered 400", at=clock.now())

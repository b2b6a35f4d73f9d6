"""`kill -9` of the Temporal server at every step of a lead: nothing is lost, doubled or burnt."""

from datetime import datetime

from tests.chaos import rounds
from tests.chaos.harness import Site, now


class ServerAxe(rounds.Axe):
    """Kills the Temporal server; the worker lives on."""

    name = "server"
    kills_sends = False

    def fall(self, site: Site) -> None:
        site.server.kill()

    async def bring_back(self, site: Site) -> datetime:
        await site.server.start()
        return now()


async def test_leads_that_wait_go_on_where_they_were(site: Site) -> None:
    """A server dead for several rungs: one overdue rung runs within 5 s, the rest is planned anew; accepts stand."""
    await rounds.waiting(site, ServerAxe(), "s1")


async def test_orders_under_way_are_done_once(site: Site) -> None:
    """A server killed while a worker enriches, chooses and sends: each is done, and counts once."""
    await rounds.orders(site, ServerAxe(), "s2")


async def test_a_choice_nobody_heard_of_stands(site: Site) -> None:
    """A server killed before it could hear whom the worker chose: the same person, one turn, told once."""
    await rounds.choice(site, ServerAxe(), "s3")


async def test_a_strangers_lead_waits_for_no_dead_worker_either(site: Site) -> None:
    """The embedded server hands a task on after 4 s also where a bare client started the lead without saying so."""
    await site.start("stranger", custom={"ladder": "patient"})
    told = (await site.handle("stranger").describe()).raw_description
    assert 4 == told.execution_config.default_workflow_task_timeout.ToSeconds()

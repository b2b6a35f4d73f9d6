"""`kill -9` of the worker at every step of a lead: nothing is lost, doubled or burnt."""

from datetime import datetime

from tests.chaos import rounds
from tests.chaos.harness import Site


class WorkerAxe(rounds.Axe):
    """Kills the only worker."""

    name = "worker"
    kills_sends = True

    def fall(self, site: Site) -> None:
        site.worker.kill()

    async def bring_back(self, site: Site) -> datetime:
        return await site.worker.start()


async def test_leads_that_wait_go_on_where_they_were(site: Site) -> None:
    """A worker dead for several rungs: one overdue rung runs within 5 s, the rest is planned anew; accepts stand."""
    await rounds.waiting(site, WorkerAxe(), "w1")


async def test_orders_cut_in_the_middle_are_done_once(site: Site) -> None:
    """A worker killed while enriching, choosing and sending: each is done again, and counts once."""
    await rounds.orders(site, WorkerAxe(), "w2")


async def test_a_choice_nobody_heard_of_stands(site: Site) -> None:
    """A worker killed between committing whom it chose and saying so: the same person, one turn, told once."""
    await rounds.choice(site, WorkerAxe(), "w3")

"""Writing down where a lead stands: the database follows the workflow, record by record."""

from temporalio import activity

from activities.contract import Ledgers
from db.leads import Leads
from models.decisions import Recorded
from models.orders import RecordLead


class Recorder(Ledgers):
    """Keeps the database's view of a lead up to date."""

    def __init__(self, leads: Leads) -> None:
        self._leads = leads

    @activity.defn(name="record")
    async def record(self, order: RecordLead) -> Recorded:
        """Bring the database to where the workflow stood at the order's `seq`."""
        return await self._leads.record(order)

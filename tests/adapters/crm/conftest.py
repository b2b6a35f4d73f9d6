"""Every CRM on real HTTP, and the one in memory, each with a way to look into it."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.crm.base import Crm, CrmTask, LeadState, PersonField, Todo
from adapters.crm.fake import FakeCrm
from adapters.crm.hubspot import HubSpot
from adapters.crm.salesforce import Salesforce
from models.crm import CrmField
from tests.adapters.crm.hubspot_server import TOKEN, HubSpotServer
from tests.adapters.crm.salesforce_server import CLIENT, SECRET, SalesforceServer
from tests.adapters.crm.server import CrmServer

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DUE = NOW + timedelta(hours=4)
KIM = {
    PersonField.EMAIL: "kim@acme.example",
    PersonField.FIRST_NAME: "Kim",
    PersonField.LAST_NAME: "O'Neill",
    PersonField.COMPANY: "Acme",
}


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now


def task(key: str = "one-1-0", owner: str | None = None, state: Todo = Todo.OPEN, **changes: Any) -> CrmTask:
    """One task of a rep."""
    known: dict[str, Any] = {"what": "reach out: demo request, Acme", "made_at": NOW, "due_at": DUE}
    return CrmTask(key=key, state=state, owner=owner, **(known | changes))


def state(lead_id: str = "one", stage: str = "offered", **changes: Any) -> LeadState:
    """One lead as it is now."""
    fields = {
        CrmField.STAGE: stage,
        CrmField.SCORE: 42.5,
        CrmField.NEXT_STEP: "ada answers",
        CrmField.DUE_AT: DUE,
        CrmField.OUTCOME: None,
    }
    known: dict[str, Any] = {"person": KIM, "fields": fields}
    return LeadState(lead_id=lead_id, **(known | changes))


class Desk(ABC):
    """One CRM, and what stands in it. `ada`, `bo`: its ids of two users."""

    ada: str
    bo: str
    crm: Crm

    @abstractmethod
    def records(self) -> dict[str, dict[Any, Any]]:
        """Give the records of leads, by their id in the CRM: our fields, the person's, and `owner`."""

    @abstractmethod
    def tasks(self) -> dict[str, tuple[str, str | None, str]]:
        """Give tasks by our key: what they say, whose they are, and whether they are open."""


class FakeDesk(Desk):
    """The CRM in memory."""

    ada, bo = "ada", "bo"

    def __init__(self) -> None:
        self.crm = self.fake = FakeCrm()

    def records(self) -> dict[str, dict[Any, Any]]:
        """Give the records of leads."""
        found = self.fake.records.values()
        return {
            f"crm-{one.lead_id}": {CrmField.LEAD_ID: one.lead_id, **one.fields, **one.person, "owner": one.owner}
            for one in found
        }

    def tasks(self) -> dict[str, tuple[str, str | None, str]]:
        """Give tasks by our key."""
        told = [task for one in self.fake.tellings for task in one.tasks]
        return {one.key: (one.what, one.owner, one.state) for one in told}


class HttpDesk(Desk):
    """A CRM on the loopback."""

    server: CrmServer
    clock: Clock


class HubSpotDesk(HttpDesk):
    """HubSpot."""

    ada, bo = "501", "502"

    def __init__(self, server: HubSpotServer, clock: Clock, token: str = TOKEN) -> None:
        self.server = self.hubspot = server
        self.clock = clock
        self.crm = HubSpot(token, url=server.url, clock=clock)

    def records(self) -> dict[str, dict[Any, Any]]:
        """Give the records of leads."""
        names: dict[str, CrmField | PersonField | str] = {
            "email": PersonField.EMAIL,
            "firstname": PersonField.FIRST_NAME,
            "lastname": PersonField.LAST_NAME,
            "company": PersonField.COMPANY,
            "hubspot_owner_id": "owner",
            **{f"baton_{field}": field for field in CrmField},
        }
        return {
            key: {names[name]: _shown(name, value) for name, value in known.items() if name in names}
            for key, known in self.hubspot.contacts.items()
        }

    def tasks(self) -> dict[str, tuple[str, str | None, str]]:
        """Give tasks by our key."""
        words = {"NOT_STARTED": Todo.OPEN, "COMPLETED": Todo.DONE, "DEFERRED": Todo.DROPPED}
        return {
            one["baton_task_id"]: (one["hs_task_subject"], one.get("hubspot_owner_id"), words[one["hs_task_status"]])
            for one in self.hubspot.tasks.values()
        }


def _shown(name: str, value: str) -> str | float | None:
    """Read a property as HubSpot shows it: it keeps strings, and knows which are numbers."""
    return float(value) if name in ("baton_score", "baton_likelihood") and value else value or None


class SalesforceDesk(HttpDesk):
    """Salesforce."""

    ada, bo = "005000000000501AAA", "005000000000502AAA"

    def __init__(self, server: SalesforceServer, clock: Clock, secret: str = SECRET) -> None:
        self.server = self.salesforce = server
        self.clock = clock
        self.crm = Salesforce(server.url, CLIENT, secret, clock=clock)

    def records(self) -> dict[str, dict[Any, Any]]:
        """Give the records of leads."""
        names: dict[str, CrmField | PersonField | str] = {
            "Email": PersonField.EMAIL,
            "FirstName": PersonField.FIRST_NAME,
            "LastName": PersonField.LAST_NAME,
            "Company": PersonField.COMPANY,
            "OwnerId": "owner",
            **{f"Baton_{field.title()}__c": field for field in CrmField},
        }
        return {
            key: {names[name]: value for name, value in known.items() if name in names}
            for key, known in self.salesforce.records["Lead"].items()
        }

    def tasks(self) -> dict[str, tuple[str, str | None, str]]:
        """Give tasks by our key."""
        words = {"Not Started": Todo.OPEN, "Completed": Todo.DONE, "Deferred": Todo.DROPPED}
        return {
            one["Baton_Task_Id__c"]: (one["Subject"], one.get("OwnerId"), words[one["Status"]])
            for one in self.salesforce.records["Task"].values()
        }


@pytest.fixture
async def hubspot() -> AsyncIterator[HubSpotDesk]:
    """HubSpot on the loopback."""
    with HubSpotServer() as server:
        desk = HubSpotDesk(server, Clock())
        yield desk
        await desk.crm.aclose()


@pytest.fixture
async def salesforce() -> AsyncIterator[SalesforceDesk]:
    """Salesforce on the loopback."""
    with SalesforceServer() as server:
        desk = SalesforceDesk(server, Clock())
        yield desk
        await desk.crm.aclose()


@pytest.fixture(params=["hubspot", "salesforce", "fake"])
def desk(request: pytest.FixtureRequest) -> Desk:
    """Each CRM: the test runs once on each."""
    return FakeDesk() if request.param == "fake" else request.getfixturevalue(request.param)


@pytest.fixture(params=["hubspot", "salesforce"])
def over_http(request: pytest.FixtureRequest) -> HttpDesk:
    """Each CRM that is told over HTTP."""
    found: HttpDesk = request.getfixturevalue(request.param)
    return found

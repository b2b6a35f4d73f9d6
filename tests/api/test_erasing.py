"""Nothing personal is in any log, and after an erasure it is nowhere: not in a file, not in Temporal.

A lead that says a canary in every field comes in by every door and is mailed, accepted and talked about.
"""

import asyncio
import io
import logging
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
import yaml
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from config.values import LogFormat, LogLevel
from models.access import Scope
from models.base import parse
from models.roster import Roster
from models.source import Source
from runtime import clock
from runtime.bootstrap import activities_of, worker_for
from runtime.chores import run_chores
from runtime.dispatcher import Dispatcher
from runtime.embedded import EmbeddedTemporal
from runtime.erasing import Eraser
from runtime.logs import configure
from runtime.loopback import free_port
from runtime.providers import waterfall_of
from runtime.reaching import channels_of
from tests.api.house import Doors, furnish, line_to, opened
from tests.cli.house import ROSTER, new_id

CANARY = "kanarienvogel"
FIRM = "firmenkanari"
"""A company's name is not personal, and may be logged; after an erasure it is gone like everything else."""

EMAIL = f"{CANARY}@{FIRM}.example"
PHONE = "+49 30 5550199"
DIGITS = "30 5550199", "305550199"
LEAD = {
    "source": "website",
    "type": "demo_request",
    "email": EMAIL,
    "phone": PHONE,
    "external_id": f"{CANARY}-7",
    "first_name": CANARY,
    "last_name": CANARY.title(),
    "title": f"Head of {CANARY}",
    "company": {"name": FIRM, "domain": f"{FIRM}.example", "employees": 400, "country": "DE", "city": CANARY},
    "product": CANARY,
    "use_case": CANARY,
    "message": f"Call {CANARY} at {PHONE}",
    "campaign": {"name": CANARY},
    "tags": [CANARY],
    "custom": {"note": CANARY},
}
FORM = {
    "name": "form",
    "signature": {"scheme": "none"},
    "mappings": [
        {"becomes": "event", "when": "visit", "fields": {"email": "email", "kind": "visit", "properties.on": "name"}},
        {"becomes": "lead", "when": "wants", "fields": {"email": "email", "type": "wants", "first_name": "name"}},
    ],
}


async def until(so: Callable[[], Awaitable[object]]) -> None:
    """Wait until it is so; the test's own time-out bounds it."""
    while True:
        if await so():
            return
        await asyncio.sleep(0.05)


@dataclass(frozen=True)
class Kitchen:
    """The doors, a worker behind them in this process, and everything that both have logged."""

    doors: Doors
    client: Client
    logged: io.StringIO
    folder: Path

    async def shown(self, path: str, key: str, so: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Wait until a document is so, and give it."""
        found: dict[str, Any] = {}

        async def looked() -> bool:
            answer = await self.doors.get(path, key=key)
            found.update(answer.json() if answer.status_code == 200 else {})
            return answer.status_code == 200 and bool(so(found))

        await until(looked)
        return found

    def has_logged(self, word: str) -> Callable[[], Awaitable[bool]]:
        """Ask whether something was logged."""

        async def asked() -> bool:
            return word in self.logged.getvalue()

        return asked

    def files(self) -> str:
        """Read every byte that the database has on disk."""
        return "".join(path.read_bytes().decode("latin-1") for path in self.folder.glob("baton.db*"))


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged, down to the finest, as machines read it."""
    stream, root = io.StringIO(), logging.getLogger()
    before, level = list(root.handlers), root.level
    configure(LogFormat.JSON, LogLevel.DEBUG, stream)
    yield stream
    root.handlers = before
    root.setLevel(level)
    structlog.reset_defaults()


@asynccontextmanager
async def working(doors: Doors, client: Client) -> AsyncIterator[None]:
    """Work on leads in this process, as a worker does; its eraser looks again at once."""
    store, settings = doors.store, doors.front.settings
    async with AsyncExitStack() as stack:
        channels = await stack.enter_async_context(channels_of(settings))
        asks = await stack.enter_async_context(waterfall_of(settings, store))
        await stack.enter_async_context(worker_for(client, settings, activities_of(store, settings, channels, asks)))
        dispatcher = Dispatcher(store.inbox, store.outbox, client, settings.task_queue, 10, clock.now)
        eraser = Eraser(store, client, clock.now, settles=timedelta(0))
        pause = timedelta(milliseconds=50)
        besides = [asyncio.create_task(dispatcher.run()), asyncio.create_task(run_chores([eraser], pause))]
        try:
            yield
        finally:
            for beside in besides:
                beside.cancel()
            await asyncio.gather(*besides, return_exceptions=True)


@pytest.fixture
async def kitchen(
    tmp_path: Path,
    furnished_file: Path,
    temporal_server: EmbeddedTemporal,
    temporal_client: Client,
    logged: io.StringIO,
) -> AsyncIterator[Kitchen]:
    """Doors, worker and logs on a database of their own; nobody takes the mail."""
    shutil.copy(furnished_file, tmp_path / "baton.db")
    mail = {"smtp_url": f"smtp://127.0.0.1:{free_port().port}", "mail_from": "baton@sales.example"}
    url = f"sqlite:///{tmp_path}/baton.db"
    async with opened(url, tmp_path, line_to(temporal_server.address), task_queue=new_id(), **mail) as doors:
        await furnish(doors.store)
        roster = yaml.safe_load(ROSTER)
        for rep in roster["reps"]:
            rep |= {"email": f"{rep['id']}@sales.example", "channels": ["email", "log"]}
        await doors.store.rosters.save(parse(Roster, roster), at=clock.now())
        await doors.store.sources.save(parse(Source, FORM), by="tests", at=clock.now())
        async with working(doors, temporal_client):
            yield Kitchen(doors, temporal_client, logged, tmp_path)


async def go_through_the_house(kitchen: Kitchen, key: str) -> str:
    """Let the canary in by every door, have it mailed, accepted, and talked about; give its lead's id."""
    doors = kitchen.doors
    taken = await doors.post("/v1/leads", LEAD, key=key, headers={"Idempotency-Key": EMAIL})
    assert taken.status_code == 202, taken.text
    lead_id = str(taken.json()["lead_id"])
    path = f"/v1/leads/{lead_id}"
    status = await kitchen.shown(path, key, lambda status: status["stage"] == "offered")
    folded = await doors.post("/v1/leads", LEAD | {"message": f"me again, {CANARY}"}, key=key)
    assert (folded.status_code, folded.json()["status"]) == (202, "folded")
    for payload in (
        {"email": EMAIL.upper(), "visit": "pricing", "name": CANARY},
        {"email": EMAIL, "wants": "demo_request", "name": CANARY, "page": CANARY},
        {"email": EMAIL, "note": f"{CANARY} fits no mapping"},
    ):
        hooked = await doors.post("/v1/hooks/form", payload)
        assert hooked.status_code < 300, hooked.text
    event = {"kind": "call", "properties": {"said": CANARY}, "key": CANARY}
    assert (await doors.post(f"{path}/event", event, key=key)).status_code == 200
    accepted = await doors.post(f"{path}/accept", {"rep_id": status["owner"], "key": f"{CANARY}-1"}, key=key)
    assert accepted.status_code == 200, accepted.text
    late = await doors.post(f"{path}/accept", {"rep_id": "nobody-else", "key": f"{CANARY}-2"}, key=key)
    assert late.status_code == 409
    paused = await doors.post(f"{path}/pause", {"by": "mia", "reason": f"{CANARY} is ill", "key": CANARY}, key=key)
    assert paused.status_code == 200, paused.text
    for wrong in (LEAD | {"type": CANARY}, LEAD | {CANARY: CANARY}, {CANARY: CANARY}):
        refused = await doors.post("/v1/leads", wrong, key=key)
        assert refused.status_code == 422
        assert EMAIL not in refused.text
    return lead_id


async def knows(client: Client, lead_id: str) -> list[str]:
    """Name the runs of a lead that Temporal knows."""
    found = [run.run_id async for run in client.list_workflows(f'WorkflowId = "lead-{lead_id}"')]
    try:
        found.append((await client.get_workflow_handle(f"lead-{lead_id}").describe()).run_id)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    return found


async def test_nothing_personal_is_logged_and_after_an_erasure_it_is_nowhere(kitchen: Kitchen) -> None:
    """Every door, a mail server that is away, an acceptance, mistakes; then it is erased, and the canary is silent."""
    doors = kitchen.doors
    key = await doors.key()
    lead_id = await go_through_the_house(kitchen, key)
    await until(kitchen.has_logged("notification_in_trouble"))
    assert await knows(kitchen.client, lead_id)
    assert CANARY in kitchen.files().lower()

    erased = await doors.ask("DELETE", f"/v1/leads/{lead_id}?by=pia&reason=case+7", key=key)
    assert erased.status_code == 202, erased.text
    await kitchen.shown(f"/v1/leads/{lead_id}/erasure", key, lambda erased: erased["done_at"])

    assert await knows(kitchen.client, lead_id) == []
    on_disk, said = kitchen.files().lower(), kitchen.logged.getvalue()
    assert [word for word in (CANARY, FIRM, *DIGITS) if word in on_disk] == []
    assert [line for line in said.splitlines() if any(word in line.lower() for word in (CANARY, *DIGITS))] == []
    assert "lead_erased" in said
    for part in ("", "/explanation", "/timeline", "/messages"):
        told = await doors.get(f"/v1/leads/{lead_id}{part}", key=key)
        assert told.status_code == 200, (part, told.text)
        assert CANARY not in told.text.lower()
    status = (await doors.get(f"/v1/leads/{lead_id}", key=key)).json()
    assert (status["stage"], status["owner"]) == ("erased", None)
    assert doors.front.links is not None
    page = await doors.get(doors.front.links.url(lead_id, 1, "ana", "offer"))
    assert (page.status_code, CANARY in page.text.lower(), FIRM in page.text.lower()) == (200, False, False)
    late = await doors.post(f"/v1/leads/{lead_id}/accept", {"rep_id": "ana"}, key=key)
    assert late.status_code == 409


async def test_an_erasure_is_answered_the_same_again(doors: Doors) -> None:
    """202, then 200 with the same body, also of a lead that never began because Temporal was away; 404 for no lead."""
    key = await doors.key()
    lead_id = (await doors.post("/v1/leads", LEAD, key=key)).json()["lead_id"]
    first = await doors.ask("DELETE", f"/v1/leads/{lead_id}", key=key)
    again = await doors.ask("DELETE", f"/v1/leads/{lead_id}?by=somebody", key=key)
    shown = await doors.get(f"/v1/leads/{lead_id}/erasure", key=key)
    assert (first.status_code, again.status_code, shown.status_code) == (202, 200, 200)
    assert first.json() == again.json() == shown.json()
    assert first.json() | {"at": "", "lead_id": ""} == {
        "lead_id": "",
        "by": "test",
        "reason": "erasure was asked for",
        "at": "",
        "sent_out": [],
        "same_person": [],
        "done_at": None,
    }
    assert (await doors.get(f"/v1/leads/{lead_id}", key=key)).json()["stage"] == "erased"


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/v1/leads/nobody"), ("GET", "/v1/leads/nobody/erasure")])
async def test_nobody_and_others_are_refused(doors: Doors, method: str, path: str) -> None:
    """There is no such lead; and only an officer's key may ask."""
    statuses = []
    for scopes in ([Scope.PRIVACY], [Scope.MANAGE, Scope.OPS, Scope.LEADS_WRITE]):
        answer = await doors.ask(method, path, key=await doors.key(*scopes))
        statuses.append(answer.status_code)
    statuses.append((await doors.ask(method, path)).status_code)
    assert statuses == [404, 403, 401]


@pytest.mark.parametrize("query", ["by=", "reason=", "by=%20", f"by={'x' * 65}", f"reason={'x' * 501}", "because=x"])
async def test_what_cannot_be_kept_is_refused(doors: Doors, query: str) -> None:
    """Who and why are said, within bounds, and nothing else."""
    answer = await doors.ask("DELETE", f"/v1/leads/nobody?{query}", key=await doors.key(Scope.PRIVACY))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] in {"by", "reason", "because"}

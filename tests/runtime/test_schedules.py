"""Temporal's schedules follow settings, policy and roster, on a real server."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client, ScheduleActionStartWorkflow, ScheduleDescription, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from adapters.channels.fake import FakeChannel
from adapters.enrichers.directory import CompanyDirectory
from adapters.enrichers.waterfall import Waterfall
from config.load import FileError
from config.settings import Settings
from db.audits import Audits
from models.lead import Stage
from models.policy import DigestRule, Weekday
from models.roster import ChannelName, Roster
from runtime.bootstrap import activities_of, worker_for
from runtime.conversion import data_converter
from runtime.embedded import EmbeddedTemporal
from runtime.schedules import AUDIT, DIGEST, Schedules, digests_wanted, schedule_id
from runtime.store import Store, load_first_state, open_store
from tests.db.samples import newcomer, standing
from tests.workflows.auditing import HERE, moment
from workflows import names

MINUTES = timedelta(minutes=5)


@pytest.fixture
async def client(temporal_server: EmbeddedTemporal, temporal_client: Client) -> Client:
    """A client of a namespace of its own: schedules have fixed ids."""
    namespace = f"schedules-{uuid4().hex[:8]}"
    asked = RegisterNamespaceRequest(namespace=namespace)
    asked.workflow_execution_retention_period.FromTimedelta(timedelta(days=1))
    await temporal_client.workflow_service.register_namespace(asked)
    client = await Client.connect(temporal_server.address, namespace=namespace, data_converter=data_converter())
    async with asyncio.timeout(30):
        while True:
            try:
                [one async for one in await client.list_schedules()]
            except RPCError as error:  # a new namespace is known everywhere after a while
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                await asyncio.sleep(0.2)
            else:
                return client


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A database with a policy that sends digests at 08:30, and the managers max and una."""
    async with open_store(Settings(database_url=SecretStr(f"sqlite:///{tmp_path / 'baton.db'}"))) as store:
        await store.database.migrate()
        await load_first_state(store, HERE / "auditing.yaml", HERE / "auditing-roster.yaml", by="test", at=moment())
        yield store


async def described(client: Client, name: str) -> ScheduleDescription | None:
    """Give a schedule, or None."""
    try:
        return await client.get_schedule_handle(name).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None


async def publish(store: Store, version: str, digest: str) -> None:
    """Publish the policy with other digests."""
    text = (HERE / "auditing.yaml").read_text(encoding="utf-8")
    start, end = text.index("digest:\n"), text.index("coaching:")
    await store.policies.publish(version, "audited", text[:start] + digest + text[end:], by="test", at=moment())


async def test_schedules_follow_what_they_are_made_from(client: Client, store: Store) -> None:
    """Made, left alone, changed, deleted; what somebody paused stays paused, and what is not ours is not touched."""
    schedules = Schedules(client, "leads", MINUTES, store)
    await asyncio.gather(schedules.once(), Schedules(client, "leads", MINUTES, store).once())
    audit, max_s = await described(client, AUDIT), await described(client, DIGEST + "max")
    assert audit is not None
    assert max_s is not None
    assert [MINUTES] == [one.every for one in audit.schedule.spec.intervals]
    assert ("UTC", [8], [30]) == _when(max_s)
    assert _starts(max_s) == ("DigestWorkflow", "leads", f"{DIGEST}max")
    assert _starts(audit) == ("AuditWorkflow", "leads", AUDIT)
    assert await described(client, DIGEST + "una") is not None

    await schedules.once()
    again = await described(client, AUDIT)
    assert again is not None
    assert audit.raw_description.conflict_token == again.raw_description.conflict_token

    await client.get_schedule_handle(AUDIT).pause(note="maintenance")
    await publish(store, "v2", 'digest: {at: "07:15"}\n')
    await Schedules(client, "leads", timedelta(minutes=1), store).once()
    audit, max_s = await described(client, AUDIT), await described(client, DIGEST + "max")
    assert audit is not None
    assert max_s is not None
    assert [timedelta(minutes=1)] == [one.every for one in audit.schedule.spec.intervals]
    assert (True, "maintenance") == (audit.schedule.state.paused, audit.schedule.state.note)
    assert ("UTC", [7], [15]) == _when(max_s)

    action: ScheduleActionStartWorkflow = ScheduleActionStartWorkflow("TheirReport", id="theirs", task_queue="theirs")
    theirs = max_s.schedule
    theirs.action = action
    await client.create_schedule(DIGEST + "of-theirs", theirs)
    roster = await store.rosters.load()
    assert roster is not None
    left = roster.model_copy(update={"managers": [one for one in roster.managers if one.id != "una"]})
    await store.rosters.save(left, at=moment())
    await _until_listed(client, 4)
    await schedules.once()
    assert await described(client, DIGEST + "una") is None
    assert await described(client, DIGEST + "max") is not None
    await publish(store, "v3", "")
    await schedules.once()
    assert await described(client, DIGEST + "max") is None
    assert await described(client, DIGEST + "of-theirs") is not None
    assert await described(client, AUDIT) is not None


async def test_a_policy_that_cannot_be_read_keeps_no_audit_away(client: Client, store: Store) -> None:
    """It is when something is wrong that one wants to hear of it."""
    await store.policies.publish("v2", "broken", "name: broken\n", by="test", at=moment())
    with pytest.raises(FileError):
        await Schedules(client, "leads", MINUTES, store).once()
    assert await described(client, AUDIT) is not None


async def test_two_installations_share_a_namespace(client: Client, store: Store) -> None:
    """Each keeps the schedules of its own task queue, lets go of its own alone, and says what it cannot have."""
    here, there = Schedules(client, "leads", MINUTES, store), Schedules(client, "other", 2 * MINUTES, store)
    await asyncio.gather(here.once(), there.once())
    ids = (AUDIT, f"{AUDIT}@other", f"{DIGEST}max", f"{DIGEST}max@other")
    assert [
        ("leads", AUDIT),
        ("other", f"{AUDIT}@other"),
        ("leads", f"{DIGEST}max"),
        ("other", f"{DIGEST}max@other"),
    ] == [_starts(found)[1:] for one in ids if (found := await described(client, one))]
    await publish(store, "v2", "")
    await _until_listed(client, 6)
    await here.once()
    known = {name: await described(client, name) is not None for name in ids}
    assert known == {AUDIT: True, f"{AUDIT}@other": True, f"{DIGEST}max": False, f"{DIGEST}max@other": True}

    audit = await described(client, AUDIT)
    assert audit is not None
    audit.schedule.action = ScheduleActionStartWorkflow(names.AUDIT, id="theirs", task_queue="theirs")
    await client.get_schedule_handle(AUDIT).delete()
    await client.create_schedule(AUDIT, audit.schedule)
    with capture_logs() as logs:
        await here.once()
        await here.once()
    assert [("schedule_not_ours", AUDIT)] == [(one["event"], one["schedule"]) for one in logs if "schedule" in one]
    audit = await described(client, AUDIT)
    assert audit is not None
    assert "theirs" == _starts(audit)[1]


async def test_what_they_start_runs(client: Client, store: Store) -> None:
    """The audit and a digest, as a schedule starts them, find their workflow, their worker and their argument."""
    queue = f"scheduled-{uuid4().hex[:8]}"
    settings = Settings(task_queue=queue)
    post = FakeChannel("email")
    await store.leads.admit(newcomer("one"))
    await store.leads.record(standing("one", 1, Stage.CLOSED, closed=True))
    await Schedules(client, queue, timedelta(days=1), store).once()
    activities = activities_of(
        store, settings, {ChannelName.EMAIL: post}, Waterfall([CompanyDirectory()], settings.enrich_budget)
    )
    async with worker_for(client, settings, activities):
        await client.get_schedule_handle(schedule_id(AUDIT, queue)).trigger()
        await client.get_schedule_handle(schedule_id(DIGEST + "max", queue)).trigger()
        audits = Audits(store.database)
        async with asyncio.timeout(30):
            while True:
                if found := await audits.latest(1):
                    break
                await asyncio.sleep(0.1)
            runs = await _ended(client, "WorkflowType = 'DigestWorkflow'")
    assert (0, 0, True) == (found[0].open_leads, found[0].suspects, found[0].healthy)
    assert {WorkflowExecutionStatus.COMPLETED} == runs


async def _ended(client: Client, query: str) -> set[WorkflowExecutionStatus | None]:
    """Wait until what a query finds has ended, and give how."""
    while True:
        found = {one.status async for one in client.list_workflows(query)}
        if found and WorkflowExecutionStatus.RUNNING not in found:
            return found
        await asyncio.sleep(0.1)


async def _until_listed(client: Client, number: int) -> None:
    """Wait until the list, which lags, knows so many."""
    async with asyncio.timeout(30):
        while True:
            if len([one async for one in await client.list_schedules()]) >= number:
                return
            await asyncio.sleep(0.2)


def _when(found: ScheduleDescription) -> tuple[str | None, list[int], list[int]]:
    (calendar,) = found.schedule.spec.calendars
    zone = found.schedule.spec.time_zone_name
    return zone, [one.start for one in calendar.hour], [one.start for one in calendar.minute]


def _starts(found: ScheduleDescription) -> tuple[str, str, str]:
    action = found.schedule.action
    assert isinstance(action, ScheduleActionStartWorkflow)
    return action.workflow, action.task_queue, action.id


def people(**changes: Any) -> Roster:
    """A team in Berlin led by mia, and one in New York led by its rep joe."""
    office = {"mon": [["09:00", "17:00"]]}
    raw: dict[str, Any] = {
        "calendars": {
            "berlin": {"tz": "Europe/Berlin", "week": office},
            "york": {"tz": "America/New_York", "week": office},
        },
        "managers": [{"id": "mia", "name": "Mia"}, {"id": "tz", "name": "Tz", "tz": "Asia/Tokyo"}],
        "teams": [
            {"id": "de", "name": "DE", "manager": "mia", "calendar": "berlin", "region": "de"},
            {"id": "us", "name": "US", "manager": "joe", "calendar": "york", "region": "us"},
        ],
        "reps": [{"id": "joe", "name": "Joe", "team": "us"}],
        "pools": {"all": {"team": "us"}},
    }
    return Roster.model_validate_json(json.dumps(raw | changes))


def test_each_manager_has_a_digest_in_their_own_zone() -> None:
    """Their own zone, else their first team's; a rep who leads a team is a manager, too."""
    wanted = digests_wanted(DigestRule(at="09:05", days=[Weekday.SUN, Weekday.MON, Weekday.SAT]), people(), "leads")
    zones = {one.args[0]: one.spec.time_zone_name for one in wanted.values()}
    assert {"mia": "Europe/Berlin", "tz": "Asia/Tokyo", "joe": "America/New_York"} == zones
    (calendar,) = wanted["digest-mia"].spec.calendars
    assert [0, 1, 6] == [one.start for one in calendar.day_of_week]
    assert ([9], [5]) == ([one.start for one in calendar.hour], [one.start for one in calendar.minute])


def test_without_a_rule_or_a_roster_nobody_is_sent_anything() -> None:
    """A policy without `digest` sends none."""
    assert {} == digests_wanted(None, people(), "leads")
    assert {} == digests_wanted(DigestRule(), None, "leads")

"""Letting a lead in, on a real database: whatever came is answered, and nothing that came holds up other leads."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.intake import Reception
from activities.policybook import Policybook
from adapters.enrichers.fake import FakeEnricher
from adapters.enrichers.waterfall import Asked, Waterfall
from config.settings import load_settings
from db import tables
from models.decisions import Admission, Admitted, Manners, Unusable
from models.orders import AdmitLead, EnrichLead
from models.provider import EnrichedField
from policy.cleaning.reading import read
from runtime.store import Store, load_first_state, open_store
from workflows.options import enriching

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""When the activity runs."""
STARTED = NOW - timedelta(seconds=2)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A database with the demo's policy and roster."""
    async with open_store(load_settings(state_dir=tmp_path)) as store:
        await store.database.migrate()
        files = (ROOT / "config/policies/demo.yaml", ROOT / "examples/demo-roster.yaml")
        await load_first_state(store, *files, by="ops", at=NOW)
        yield store


@pytest.fixture
def reception(store: Store) -> Reception:
    """The first steps, with nobody to ask about companies."""
    within = timedelta(seconds=5)
    policybook = Policybook(store.policies, store.trials)
    return Reception(store.leads, store.rosters, policybook, Waterfall([], within), within)


async def admitted(reception: Reception, raw: Any, lead_id: str = "one") -> Admission:
    """Let a lead in as Temporal has it let in at `NOW`."""
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=NOW)
    order = AdmitLead(lead_id=lead_id, raw=raw, started_at=STARTED)
    answer: Admission = await environment.run(reception.admit, order)
    return answer


def lead(**fields: Any) -> dict[str, Any]:
    """A lead as somebody sends it."""
    return {"source": "web", "type": "demo_request", "email": "ann@acme.example"} | fields


@pytest.mark.parametrize(
    ("said", "note"),
    [
        ("1899-12-31T00:00:00Z", "received_at: lies before the year 2000; it counts from its start"),
        ("1970-01-01T00:00:00Z", "received_at: lies before the year 2000; it counts from its start"),
        ("2126-01-01T00:00:00Z", "received_at: lies ahead of us; it counts from its start"),
    ],
)
async def test_an_instant_that_cannot_be_is_replaced_and_told(
    store: Store, reception: Reception, said: str, note: str
) -> None:
    """No calendar is asked about the year 1899: the promise counts from the start, and the story says so."""
    answer = await admitted(reception, lead(received_at=said))
    assert isinstance(answer, Admitted)
    assert (STARTED, True) == (answer.received_at, note in answer.notes)
    async with store.database.reading() as session:
        row = await session.get_one(tables.Lead, "one")
    assert STARTED == row.received_at


@pytest.mark.parametrize(
    "raw",
    [
        {f"field_{n}": n for n in range(45_000)},
        {"x" * 1_000_000: 1},
        lead(**{"\x00" * 9: "\ud800"}),
        lead(custom={"a": float("nan")}),
        ["\x00", "\ud800", 10**400],
        "\ud800",
        None,
    ],
    ids=["many fields", "a long name", "odd letters", "no number", "a list", "half a letter", "nothing"],
)
async def test_whatever_comes_is_answered_and_kept(store: Store, reception: Reception, raw: Any) -> None:
    """It goes before a person with an answer that Temporal takes, and the row holds what came."""
    answer = await admitted(reception, raw)
    assert isinstance(answer, Unusable)
    assert len(answer.model_dump_json()) < 50_000
    async with store.database.reading() as session:
        row = await session.get_one(tables.Lead, "one")
    assert json.dumps(raw).replace("NaN", '"nan"') == json.dumps(row.raw)


async def test_a_lead_of_megabytes_holds_up_no_other(reception: Reception, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one lead is read, the event loop turns: others' activities go on."""
    turning = asyncio.Event()
    seen: list[bool] = []
    loop = asyncio.get_running_loop()

    def slow(raw: Any) -> Any:
        asyncio.run_coroutine_threadsafe(_set(turning), loop).result(timeout=5)
        seen.append(turning.is_set())
        return read(raw)

    monkeypatch.setattr("activities.intake.read", slow)
    answer = await admitted(reception, lead())
    assert ("admitted", [True]) == (answer.outcome, seen)


async def _set(event: asyncio.Event) -> None:
    """Set it from within the event loop, which has to turn for that."""
    event.set()


async def test_the_policys_manners_go_with_the_lead(store: Store, reception: Reception) -> None:
    """What a policy lets people ask of a lead in flight, its workflow knows from the door on."""
    text = (ROOT / "config/policies/demo.yaml").read_text("utf-8")
    manners = "{undo: 2m, snooze_at_most: 3h, pause_at_most: 5d, take_back: true}"
    keys = ("manners", "alerts", "nurture")
    kept = [part for part in re.split(r"(?m)^(?=[a-z_]+:)", text) if not part.startswith(keys)]
    added = f"manners: {manners}\nalerts: {{acknowledged: 4h}}\nnurture: {{lasts: 30d, then: review}}\n"
    await store.policies.publish("demo-manners", "demo", "".join(kept) + added, by="ops", at=NOW)
    answer = await admitted(reception, lead())
    assert isinstance(answer, Admitted)
    told = answer.manners
    assert (timedelta(minutes=2), timedelta(hours=3), timedelta(days=5)) == (
        told.undo_within,
        told.snooze_at_most,
        told.pause_at_most,
    )
    assert (timedelta(hours=4), timedelta(days=30)) == (told.acknowledged_for, told.nurture_for)
    assert (True, True) == (told.take_back, told.review_after_nurture)


@pytest.mark.parametrize(("waited", "longest"), [(0, 1), (3.6, 0.5), (30, 0.5)])
async def test_an_order_that_is_tried_again_has_less_time(store: Store, waited: float, longest: float) -> None:
    """Whose worker died while a provider kept it waiting keeps what others know before the server gives it up."""
    within = timedelta(seconds=1)
    slow, quick = [
        FakeEnricher({"acme.example": {field: "Bremen"}}, name=name, delay=timedelta(seconds=delay))
        for name, field, delay in (("slow", EnrichedField.INDUSTRY, 60), ("quick", EnrichedField.CITY, 0))
    ]
    policybook = Policybook(store.policies, store.trials)
    waterfall = Waterfall([Asked(slow, patience=within), Asked(quick)], within)
    reception = Reception(store.leads, store.rosters, policybook, waterfall, within)
    await admitted(reception, lead())
    policy = await store.policies.active()
    assert policy is not None
    environment = ActivityEnvironment()
    scheduled, close = NOW, enriching(Manners(enrich_within=within))["schedule_to_close_timeout"]
    environment.info = replace(
        environment.info,
        scheduled_time=scheduled,
        started_time=scheduled + timedelta(seconds=waited),
        schedule_to_close_timeout=close,
    )
    learned = await environment.run(reception.enrich, EnrichLead(lead_id="one", policy=policy.version))
    assert (["company.city"], True) == ([one.field for one in learned.facts], learned.later)
    took = max(one.took for one in learned.asked)
    assert longest - 0.1 <= took.total_seconds() < longest + 0.3

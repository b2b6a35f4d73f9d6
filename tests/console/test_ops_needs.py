"""Whether anything needs somebody: one sentence, and each thing with what to do about it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from api.console.ops_needs import Looks, needs_of, sentence
from api.console.words import at as said_at
from db.choosing import Stopped
from db.upkeep import Backlog, Queue, Schema
from models.audit import Audit
from runtime.engine_room import Engine, Planned, QueueSeen, Standing, WorkerSeen

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOTHING = Queue()
AUDIT = Audit(
    audit_id="a", began_at=NOW - 2 * MINUTE, ended_at=NOW - MINUTE, open_leads=3, suspects=0, healed=0, unhealed=0,
    found=(),
)  # fmt: skip
WORKER = WorkerSeen("w1", ("leads", "errands"), NOW - MINUTE)
PLANNED = Planned("audit", "every 300 s", Standing.RUNS)
BACKLOG = Backlog(3, 0, *[NOTHING] * 10)
ENGINE = Engine("here:7233", workers=(WORKER,), schedules=(PLANNED,))
FINE = Looks(
    now=NOW, zone="UTC", backlog=BACKLOG, schema=Schema("0008", "0008", "SQLite 3"), engine=ENGINE, audit=AUDIT,
    audit_every=5 * MINUTE, stopped=None, held=0,
)  # fmt: skip


def old(minutes: int, number: int = 1, refused: int = 0) -> Queue:
    """So many wait, the oldest for so long."""
    return Queue(number, NOW - minutes * MINUTE, refused)


def test_a_house_that_runs_needs_nobody() -> None:
    """It says what that is known by."""
    assert () == needs_of(FINE)
    ended = said_at(AUDIT.ended_at)
    expected = f"Nothing needs you: every part answers, and the audit of {ended} found none of 3 open leads forgotten."
    assert expected == sentence(FINE, ())


def backlog(**changes: Queue | int) -> Looks:
    """Everything is fine but what waits."""
    return replace(FINE, backlog=replace(BACKLOG, **changes))  # type: ignore[arg-type]


def engine(**changes: object) -> Looks:
    """Everything is fine but the engine."""
    return replace(FINE, engine=replace(ENGINE, **changes))  # type: ignore[arg-type]


URGENT = [
    (engine(away="it cannot be reached"), "Temporal is away"),
    (engine(workers=()), "no worker runs"),
    (engine(workers=(replace(WORKER, seen_at=NOW - timedelta(seconds=151)),)), "no worker runs"),
    (engine(queues=(QueueSeen("leads", 9, 6 * MINUTE),)), "workers do not keep up"),
    (engine(schedules=(replace(PLANNED, standing=Standing.PAUSED),)), "no audit is scheduled"),
    (engine(schedules=(replace(PLANNED, standing=Standing.MISSING),)), "no audit is scheduled"),
    (replace(FINE, schema=replace(FINE.schema, clock=NOW - 11 * MINUTE)), "clocks are apart"),
    (engine(workers=(replace(WORKER, seen_at=NOW + timedelta(seconds=11)),)), "clocks are apart"),
    (replace(FINE, audit=AUDIT.model_copy(update={"ended_at": NOW + MINUTE})), "clocks are apart"),
    (replace(FINE, schema=Schema("0007", "0008", "SQLite 3")), "the database is of another release"),
    (replace(FINE, audit=None), "no audit has ended yet"),
    (replace(FINE, audit=AUDIT.model_copy(update={"ended_at": NOW - 16 * MINUTE})), "audits have stopped"),
    (replace(FINE, audit=AUDIT.model_copy(update={"suspects": 2, "unhealed": 2})), "2 leads the audit could not heal"),
    (replace(FINE, audit=AUDIT.model_copy(update={"suspects": 2})), "an audit that was not finished"),
    (replace(FINE, stopped=Stopped("olive", NOW - HOUR, "a mistake"), held=4), "routing is stopped"),
    (replace(FINE, secrets_lost=("typeform",)), "typeform is locked out"),
    (backlog(late=2), "leads are late"),
    (backlog(door=old(6)), "leads do not start"),
    (backlog(errands=old(6)), "errands do not start"),
    (backlog(dead=old(1)), "1 webhook unread"),
    (backlog(received=old(6)), "webhooks are left lying"),
]
LATER = [
    (engine(schedules=(PLANNED, Planned("digest-mia", "08:00", Standing.MISSING))), "digest-mia does not come"),
    (backlog(alerts=Queue(0, None, 1)), "alerts were not told"),
    (backlog(messages=Queue(1, NOW, 0)), "messages fail"),
    (backlog(messages=Queue(0, None, 2)), "messages fail"),
    (backlog(hand_offs=Queue(0, None, 2)), "refused: hand-off"),
    (backlog(hand_offs=old(31)), "waiting: hand-off"),
    (backlog(crm=Queue(0, None, 1)), "refused: lead the CRM should hear of"),
    (backlog(crm=old(31)), "waiting: lead the CRM should hear of"),
    (backlog(erasures=old(61)), "erasures are not complete"),
]
PATIENCE = [
    replace(FINE, schema=replace(FINE.schema, clock=NOW - timedelta(seconds=10))),
    engine(workers=(replace(WORKER, seen_at=NOW - timedelta(seconds=150)),)),
    engine(queues=(QueueSeen("leads", 9, 5 * MINUTE),)),
    replace(FINE, audit=AUDIT.model_copy(update={"ended_at": NOW - 15 * MINUTE})),
    backlog(door=old(5), errands=old(5), received=old(5), hand_offs=old(30), crm=old(30), erasures=old(60)),
    backlog(imports=old(600, 5000)),
]


@pytest.mark.parametrize(("looks", "short"), URGENT, ids=[short for _, short in URGENT])
def test_what_cannot_wait_is_said_first(looks: Looks, short: str) -> None:
    """The sentence names it, and there is something to do about it."""
    (need,) = needs_of(looks)
    assert (True, short) == (need.urgent, need.short)
    assert need.remedy
    assert f"One thing needs you now: {short}." == sentence(looks, (need,))


@pytest.mark.parametrize(("looks", "short"), LATER, ids=[short for _, short in LATER])
def test_what_can_wait_wakes_nobody(looks: Looks, short: str) -> None:
    """It is for the morning."""
    (need,) = needs_of(looks)
    assert (False, short) == (need.urgent, need.short)
    assert "Nothing needs you now. There is one thing to look at in the morning." == sentence(looks, (need,))


@pytest.mark.parametrize("looks", PATIENCE)
def test_what_is_being_worked_on_is_no_trouble(looks: Looks) -> None:
    """Up to its patience, and an import for as long as its pace takes."""
    assert () == needs_of(looks)


def test_several_are_counted_the_urgent_first() -> None:
    """What can wait is left out of the sentence."""
    looks = replace(backlog(dead=old(1, 3), crm=Queue(0, None, 1)), stopped=Stopped("olive", NOW, "a mistake"))
    needs = needs_of(looks)
    assert [True, True, False] == [need.urgent for need in needs]
    assert "2 things need you now: routing is stopped and 3 webhooks unread." == sentence(looks, needs)


def test_while_temporal_is_away_nothing_is_said_of_its_workers() -> None:
    """Nobody knows."""
    looks = engine(away="no answer in 2 s", workers=(), schedules=())
    assert ["Temporal is away"] == [need.short for need in needs_of(looks)]

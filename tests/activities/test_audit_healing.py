"""What can be healed is healed, and what cannot is never called healed: one suspect, and a Temporal as it is told."""

# ruff: noqa: ARG002 (a Temporal that does as told asks for nothing)

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from temporalio.service import RPCError, RPCStatusCode

from activities.healing import Gone, Healer, How, NotTaken, Over, Running, Seen
from config.settings import Settings
from db import tables
from db.alerts import Alert, Alerts, Turn
from db.audits import Audits
from db.inbox import Arrival
from models.audit import Found, Stood, Suspect
from models.lead import Stage
from models.orders import Holding
from models.status import Result, Status
from runtime.store import Store, open_store
from tests.db.samples import AT, MINUTE, give, newcomer, order, roster, standing

HOUR = timedelta(hours=1)


class Told:
    """A Temporal that shows what it is told to, and remembers what was done to it."""

    def __init__(self, *seen: Seen) -> None:
        self.seen = list(seen)
        self.done: list[str] = []
        self.follows: Callable[[], Awaitable[None]] | None = None
        self.refuses = ""

    async def look(self, lead_id: str) -> Seen:
        """Show the next thing; the last one stays."""
        return self.seen.pop(0) if len(self.seen) > 1 else self.seen[0]

    async def strays(self, lead_ids: tuple[str, ...]) -> tuple[Suspect, ...]:
        """Nobody is asked for here."""
        return ()

    async def nudge(self, lead_id: str) -> None:
        """Do what follows."""
        await self._do("nudge")

    async def begin(self, lead_id: str, raw: object, received_at: datetime) -> None:
        """Do what follows."""
        await self._do(f"begin {raw}")

    async def resume(self, there: Stood) -> None:
        """Do what follows."""
        await self._do(f"resume {there.stage} by offer {there.offer}: {there.why}")

    async def _do(self, what: str) -> None:
        if self.refuses:
            raise NotTaken(self.refuses)
        self.done.append(what)
        if self.follows:
            await self.follows()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A database with the lead `one`, offered to ada, whose row was due an hour ago."""
    async with open_store(Settings(database_url=SecretStr(f"sqlite:///{tmp_path / 'baton.db'}"))) as store:
        await store.database.migrate()
        await store.rosters.save(roster(), at=AT)
        await store.leads.admit(newcomer("one"))
        await store.ownerships.assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
        await store.leads.record(standing("one", 4, Stage.OFFERED, Holding(rep_id="ada", offer=1), due_at=AT))
        yield store


async def judged(store: Store, temporal: Told, lead_id: str = "one") -> tuple[Found, str]:
    """Look at one suspect an hour later."""
    audits = Audits(store.database)
    patience = timedelta(milliseconds=300)
    healer = Healer(audits, store.leads, store.ownerships, store.inbox, store.outbox, temporal, patience)
    return await healer.look_at(lead_id, lambda: AT + HOUR)


def status(due_at: datetime | None, stage: Stage = Stage.OFFERED) -> Status:
    """What a lead says of itself."""
    nothing = dict.fromkeys(
        ("owner", "answerable", "received_at", "response_due_at", "accepted_at", "contacted_at", "score", "intent")
    )
    known = {"lead_id": "one", "headline": "", "stage": stage, "offer": 1, "rung": 1, "next_step": "remind"}
    flags = {"paused": False, "breached": False, "fit": None, "policy": None}
    return Status.model_validate({**nothing, **known, **flags, "due_at": due_at})


def result(stage: Stage, owner: str | None = None) -> Result:
    """How a lead says that it ended."""
    times = {"received_at": AT, "first_offered_at": AT, "accepted_at": AT + MINUTE, "contacted_at": AT + 2 * MINUTE}
    known = {"lead_id": "one", "stage": stage, "owner": owner, "because": "because", "offers": 1, "rungs": 1}
    return Result.model_validate({**times, **known, "breached": False})


async def test_one_that_overslept_is_nudged(store: Store) -> None:
    """Its time is past and it did not notice: after the nudge its row shows when it goes on."""
    temporal = Told(Running(status(AT)))

    async def wakes() -> None:
        holding = Holding(rep_id="ada", offer=1)
        await store.leads.record(standing("one", 5, Stage.OFFERED, holding, due_at=AT + 2 * HOUR))

    temporal.follows = wakes
    says = "it had overslept; nudged, it goes on at 2026-03-02 11:00:00 UTC, in offered"
    assert (Found.HEALED, says) == await judged(store, temporal)
    assert ["nudge"] == temporal.done


@pytest.mark.parametrize(
    ("seen", "found", "because"),
    [
        ([Running(status(AT))], Found.UNHEALED, "it was nudged, and does not go on"),
        (
            [Running(status(AT + 2 * HOUR))],
            Found.UNHEALED,
            "its workflow goes on at 2026-03-02 11:00:00 UTC, and its row is not brought up to date",
        ),
        (
            [Running(status(AT), waits_for="waits for `record`, which fails, tried 9 times")],
            Found.UNHEALED,
            "it waits for `record`, which fails, tried 9 times",
        ),
        ([Running(status(None, Stage.ROUTING))], Found.FINE, "it is being worked on, in routing"),
        ([Running(None, "its task fails")], Found.UNHEALED, "its workflow runs and says nothing: its task fails"),
    ],
)
async def test_one_that_runs_is_judged_by_what_it_says(
    store: Store, seen: list[Seen], found: Found, because: str
) -> None:
    """What a nudge does not help is said as it is."""
    assert (found, because) == await judged(store, Told(*seen))


@pytest.mark.parametrize(
    ("after", "found", "because"),
    [
        (
            Running(status(None, Stage.ROUTING)),
            Found.HEALED,
            "its workflow has failed; begun again, it runs, in routing",
        ),
        (
            Running(None, "its task fails"),
            Found.UNHEALED,
            "its workflow has failed; begun again, it says nothing: its task fails",
        ),
        (
            Running(None, "", "waits for `plan`, which fails"),
            Found.UNHEALED,
            "its workflow has failed; begun again, it waits for `plan`, which fails",
        ),
        (
            Over(How.COMPLETED, result(Stage.CONTACTED, "ada")),
            Found.HEALED,
            "its workflow has failed; begun again, it ended as contacted",
        ),
        (Over(How.FAILED), Found.UNHEALED, "its workflow has failed; it was begun again, and is gone again"),
    ],
)
async def test_one_that_failed_is_begun_again_and_looked_at_again(
    store: Store, after: Seen, found: Found, because: str
) -> None:
    """What fails again as soon as it is begun is not healed."""
    temporal = Told(Over(How.FAILED), after)
    assert (found, because) == await judged(store, temporal)
    assert ["resume offered by offer 1: its workflow has failed"] == temporal.done


async def test_one_that_never_wrote_anything_down_is_begun_from_what_came_in(store: Store) -> None:
    """There is nothing to go on from yet."""
    await store.leads.admit(newcomer("two"))
    temporal = Told(Gone(), Running(status(None, Stage.SCORING)))
    says = "its workflow is gone; begun again, it runs, in scoring"
    assert (Found.HEALED, says) == await judged(store, temporal, "two")
    assert ["begin {'source': 'web'}"] == temporal.done


async def test_what_temporal_does_not_take_and_what_nobody_can_read_is_not_healed(store: Store) -> None:
    """Each with its reason."""
    temporal = Told(Over(How.TERMINATED))
    temporal.refuses = "blob size exceeds limit"
    says = "its workflow was terminated, and Temporal does not take it again: blob size exceeds limit"
    assert (Found.UNHEALED, says) == await judged(store, temporal)
    (receipt,) = await store.inbox.put([Arrival("odd", "{not json")], at=AT)
    await store.inbox.started(receipt.id, at=AT)
    says = "its workflow is gone, and nothing readable is kept to begin it from"
    assert (Found.UNHEALED, says) == await judged(store, Told(Gone()), "odd")


async def test_the_contact_of_an_ended_workflow_is_written_down_with_its_owner(store: Store) -> None:
    """Ownership outlives the workflow: whoever reached out keeps the lead."""
    temporal = Told(Over(How.COMPLETED, result(Stage.CONTACTED, "ada")))
    says = "its workflow had ended as contacted, and that is written down now"
    assert (Found.HEALED, says) == await judged(store, temporal)
    card, owner = await store.leads.get("one"), await store.ownerships.open_owner("one")
    assert card is not None
    assert owner is not None
    assert (Stage.CONTACTED, "ada", AT + 2 * MINUTE) == (card.stage, card.owner, card.contacted_at)
    assert ("ada", 1, AT + MINUTE) == (owner.rep_id, owner.offer, owner.accepted_at)
    assert card.closed_at is not None
    assert (Found.FINE, "it has ended") == await judged(store, temporal)


async def test_a_cancelled_lead_is_closed(store: Store) -> None:
    """Somebody wanted its end: nobody holds it any more."""
    says = "its workflow had ended as closed, and that is written down now"
    assert (Found.HEALED, says) == await judged(store, Told(Over(How.CANCELLED)))
    assert await store.ownerships.open_owner("one") is None


async def test_without_a_dispatcher_nothing_is_started_and_no_errand_run(store: Store) -> None:
    """Whoever waits for one is not healed, and the last reason is told."""
    await store.leads.record(standing("one", 5, Stage.OFFERED, Holding(rep_id="ada", offer=1), due_at=AT + 2 * HOUR))
    (receipt,) = await store.inbox.put([Arrival("late", "{}")], at=AT)
    says = "it is acknowledged, and was not started by any dispatcher"
    assert (Found.UNHEALED, says) == await judged(store, Told(Gone()), "late")
    await store.inbox.failed(receipt.id, "Temporal: no", retry_at=AT)
    says = "it is acknowledged, and was not started after 0 tries: Temporal: no"
    assert (Found.UNHEALED, says) == await judged(store, Told(Gone()), "late")
    async with store.database.writing() as session:
        session.add(tables.Outbox(lead_id="one", what=tables.Errand.WAKE, body={}, created_at=AT, next_at=AT + HOUR))
    temporal = Told(Running(status(AT + 2 * HOUR)))
    says = "its errand (wake) was not run by any dispatcher"
    assert (Found.UNHEALED, says) == await judged(store, temporal)
    assert [] == temporal.done


async def test_a_temporal_that_is_away_is_an_error_and_no_finding(store: Store) -> None:
    """The order is given again; nothing is said of the lead."""

    class Away(Told):
        async def look(self, lead_id: str) -> Seen:
            raise RPCError("nobody listens", RPCStatusCode.UNAVAILABLE, b"")

    with pytest.raises(RPCError, match="nobody listens"):
        await judged(store, Away(Gone()))


async def test_a_lead_that_goes_on_and_of_which_nobody_could_be_told_is_not_fine(store: Store) -> None:
    """Whoever was to hear of it is named, until they or somebody else has heard."""
    holding = Holding(rep_id="ada", offer=1)
    await store.leads.record(standing("one", 5, Stage.OFFERED, holding, due_at=AT + 9 * HOUR))
    alerts = Alerts(store.database)
    given_up = Alert("one", 1, 1, "mia", "late", None, None)
    await alerts.ask(given_up, at=AT - MINUTE)
    temporal = Told(Running(status(AT + 9 * HOUR)))
    says = "mia was to be alerted, and nobody could do so: tell them"
    assert await judged(store, temporal) == (Found.UNHEALED, says)
    turn = await alerts.ask(given_up, at=AT)
    assert isinstance(turn, Turn)
    await alerts.sent(turn, at=AT)
    assert (await judged(store, temporal))[0] is Found.FINE
    assert temporal.done == []

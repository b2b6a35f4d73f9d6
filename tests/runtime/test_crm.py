"""The CRM is told of each lead as it is, later where it cannot be now, and never on a lead's way."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from adapters.crm.base import CrmAway, CrmRefused, LeadState, PersonField, Taken, Todo
from adapters.crm.fake import FakeCrm
from config.settings import load_settings
from config.yaml_marks import FileError
from db.crm import Copy
from db.crm_wanting import CopyState
from db.outbox import keep_saying
from db.tables import CrmCopy
from models.crm import CrmField
from models.decisions import Reason, Route, Score
from models.lead import Company, Fit, Intent, Stage
from models.orders import Holding
from models.outcome import Outcome, OutcomeResult
from runtime.crm import FIRST_RETRY, LEASE, MISSET_RETRY, CrmTeller, crm_of, teller_of
from runtime.store import Store, open_store
from tests.adapters.crm.hubspot_server import TOKEN, HubSpotServer
from tests.db.samples import AT, MINUTE, facts, give, newcomer, order, rep, roster, standing

ADA = Holding(rep_id="ada", offer=1)
PEOPLE = [rep("ada", crm="501"), rep("bo", crm="502", weight=2), rep("cy", weight=3)]


class House:
    """A database with people, one of whom the CRM does not know, a CRM, and a clock that is set by hand."""

    def __init__(self, store: Store) -> None:
        self.store, self.now = store, AT
        self.crm = FakeCrm()
        self.teller = CrmTeller(store, self.crm, lambda: self.now)

    async def look(self, after: timedelta = timedelta(0)) -> bool:
        """Have the teller look once, a while from now."""
        self.now += after
        return await self.teller.once()

    async def let_in(self, *lead_ids: str, **about: Any) -> None:
        """Let leads in and offer each to ada."""
        for lead_id in lead_ids:
            known = facts(lead_id, first_name="Kim", company=Company(name="Acme", domain="acme.example"), **about)
            await self.store.leads.admit(newcomer(lead_id, known))
            chosen = give(lead_id, "ada", response_due_at=AT + 30 * MINUTE)
            await self.store.ownerships.assign(order(lead_id), chosen, at=self.now, ordered_at=self.now)
            await self.goes_to(Stage.OFFERED, 1, lead_id, next_step="ada answers")

    async def goes_to(self, stage: Stage, seq: int, lead_id: str = "one", **more: Any) -> None:
        """Record where a lead stands."""
        known: dict[str, Any] = {"holding": ADA, "at": self.now} | more
        await self.store.leads.record(standing(lead_id, seq, stage, known.pop("holding"), **known))

    async def copy(self, lead_id: str = "one") -> Copy:
        """Give what the CRM knows of a lead."""
        found = await self.store.crm_copies.of(lead_id)
        assert found is not None
        return found


@pytest.fixture(scope="module")
async def staffed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with people: made once, for each test to have a copy of."""
    folder = tmp_path_factory.mktemp("staffed")
    async with open_store(load_settings(state_dir=folder)) as store:
        await store.database.migrate()
        await store.rosters.save(roster(reps=PEOPLE), at=AT)
    return folder / "baton.db"


@pytest.fixture
async def house(tmp_path: Path, staffed: Path) -> AsyncIterator[House]:
    """A house with a CRM."""
    shutil.copy(staffed, tmp_path / "baton.db")
    settings = load_settings(state_dir=tmp_path, crm="hubspot", hubspot_token="pat-x")
    async with open_store(settings) as store:
        yield House(store)


async def test_the_crm_shows_whose_it_is_and_what_comes_next(house: House) -> None:
    """Owner, stage, next step, score with reasons, and the task with its due date in the rep's day."""
    await house.let_in("one")
    reasons = (Reason(rule="demo", points=20, because=""), Reason(rule="free mail", points=-5, because=""))
    way = Route(because="fits", sla="demo")
    score = Score(points=15, reasons=reasons, intent=Intent.HIGH, fit=Fit.STRONG, qualification=way, policy="p1")
    await house.store.leads.save_score("one", score, at=AT)
    assert not await house.look()
    told = house.crm.records["one"]
    assert (told.owner, told.person[PersonField.COMPANY]) == ("501", "Acme")
    expected = {
        CrmField.STAGE: "offered",
        CrmField.NEXT_STEP: "ada answers",
        CrmField.SCORE: 15,
        CrmField.REASONS: "demo +20, free mail -5",
        CrmField.INTENT: "high",
        CrmField.RESPONSIBLE: "Ada",
        CrmField.OUTCOME: None,
    }
    assert {name: told.fields[name] for name in expected} == expected
    (task,) = told.tasks
    assert task.due_at is not None
    assert (task.key, task.owner, task.state, task.due_at.isoformat()) == (
        "one-1-0",
        "501",
        Todo.OPEN,
        "2026-03-02T10:30:00+01:00",
    )
    copy = await house.copy()
    assert (copy.state, copy.external_id, copy.owner, copy.because) == (CopyState.TOLD, "crm-one", "501", "")


async def test_what_happens_to_it_is_told_and_nothing_twice(house: House) -> None:
    """The contact closes the task, the outcome follows; a change that the CRM does not see is not told."""
    await house.let_in("one")
    await house.look()
    await house.goes_to(Stage.OFFERED, 2, next_step="ada answers")
    await house.look()
    assert len(house.crm.tellings) == 1
    contacted = Holding(rep_id="ada", offer=1, accepted_at=AT, contacted_at=AT)
    await house.goes_to(Stage.CONTACTED, 3, holding=contacted, closed=True)
    await house.look()
    assert [(one.key, one.state) for one in house.crm.tellings[1].tasks] == [("one-1-0", Todo.DONE)]
    await house.store.outcomes.record("one", Outcome(result=OutcomeResult.WON), key="k", now=AT)
    await house.look()
    last = house.crm.tellings[2]
    assert (last.fields[CrmField.OUTCOME], last.tasks, last.known_as) == ("won", (), "crm-one")
    assert last.owner in (None, "501")


async def test_what_nobody_has_judged_and_what_is_none_is_not_told(house: House) -> None:
    """Junk does not fill the CRM; a lead that is there already is told of to its end."""
    await house.store.leads.admit(newcomer("one"))
    await house.goes_to(Stage.SCORING, 1, holding=None)
    await house.look()
    await house.goes_to(Stage.DISQUALIFIED, 2, holding=None, closed=True)
    await house.look()
    copy = await house.copy()
    assert (house.crm.tellings, copy.state, copy.because) == ([], CopyState.TOLD, "it is disqualified")
    await house.let_in("two")
    await house.look()
    await house.goes_to(Stage.DISQUALIFIED, 2, "two", holding=None, closed=True)
    await house.look()
    assert house.crm.records["two"].fields[CrmField.STAGE] == "disqualified"


async def test_a_rep_without_an_id_there_is_said(house: House) -> None:
    """The lead is told, its owner in the CRM stays, and the list says what is missing."""
    await house.let_in("one")
    chosen = give("one", "cy", 2)
    await house.store.ownerships.assign(order("one", 2), chosen, at=AT, ordered_at=AT)
    await house.look()
    told, copy = house.crm.records["one"], await house.copy()
    assert (told.owner, told.fields[CrmField.RESPONSIBLE]) == (None, "Cy")
    assert copy.because == "told without owner (cy has no `crm` in the roster)"


async def test_who_was_just_given_it_in_the_crm_is_not_overwritten(house: House) -> None:
    """The lead has not heard of it yet: its owner here is the older word."""
    await house.let_in("one")
    async with house.store.database.writing() as session:
        await keep_saying(session, "one", "reassign", {"rep_id": "bo", "by": "crm", "reason": "r", "key": "k"}, at=AT)
    await house.look()
    assert house.crm.records["one"].owner is None


async def test_where_a_person_has_one_record_it_shows_their_newest_lead(house: House) -> None:
    """What becomes of an older lead does not overwrite it."""
    house.crm.one_per_person = True
    await house.let_in("one")
    await house.look()
    contacted = Holding(rep_id="ada", offer=1, accepted_at=AT, contacted_at=AT)
    await house.goes_to(Stage.CONTACTED, 2, holding=contacted, closed=True)
    await house.look()
    again = facts("two", email="one@acme.example")
    await house.store.leads.admit(newcomer("two", again, at=AT + timedelta(days=1)))
    await house.goes_to(Stage.ROUTING, 1, "two", holding=None)
    await house.store.outcomes.record("one", Outcome(result=OutcomeResult.LOST), key="k", now=AT)
    await house.look()
    assert [one.lead_id for one in house.crm.tellings] == ["one", "one", "two"]
    assert "newer lead two" in (await house.copy()).because


async def test_a_crm_that_is_away_for_hours_is_told_everything_when_it_is_back(house: House) -> None:
    """Leads go on meanwhile, it is asked ever more seldom, that is said once, and of each lead the last state goes."""
    names = [f"l{number:02}" for number in range(12)]
    for place, name in enumerate(names):
        house.now = AT + place * timedelta(seconds=1)
        await house.let_in(name)
    house.crm.failures = [CrmAway("answered 503") for _ in range(60)]
    looks = 0
    with capture_logs() as logs:
        while house.now < AT + timedelta(hours=3):
            left = len(house.crm.failures)
            await house.look(timedelta(seconds=30))
            looks += left - len(house.crm.failures)
        await house.goes_to(Stage.ACCEPTED, 2, "l03")
        house.crm.failures = []
        for _ in range(12):
            await house.look(timedelta(minutes=5))
    assert looks < 55
    assert [one["event"] for one in logs if one["event"] != "crm_told"] == ["crm_away", "crm_back"]
    assert sorted(one.lead_id for one in house.crm.tellings) == names
    assert house.crm.records["l03"].fields[CrmField.STAGE] == "accepted"
    assert (await house.store.crm_copies.counts())[CopyState.TOLD] == 12


async def test_a_wish_to_be_left_alone_is_kept(house: House) -> None:
    """A rate limit says for how long; nobody's try counts for it."""
    await house.let_in("one", "two")
    house.crm.failures = [CrmAway("answered 429", timedelta(minutes=7)), CrmAway("answered 429", timedelta(minutes=7))]
    await house.look()
    await house.look(timedelta(minutes=6))
    assert house.crm.tellings == []
    assert [one.attempts for one in await house.store.crm_copies.list()] == [0, 0]
    await house.look(timedelta(minutes=1))
    assert [one.lead_id for one in house.crm.tellings] == ["one"]
    await house.look()
    assert len(house.crm.tellings) == 2


async def test_what_somebody_has_to_set_right_is_asked_after_now_and_then(house: House) -> None:
    """A token that was taken back: nothing is lost, and nothing is refused for it."""
    await house.let_in("one")
    house.crm.failures = [CrmAway("answered 401", misset=True)]
    with capture_logs() as logs:
        await house.look()
        await house.look(MISSET_RETRY - timedelta(seconds=1))
        assert house.crm.tellings == []
        await house.look(timedelta(seconds=1))
    assert len(house.crm.tellings) == 1
    assert (logs[0]["event"], logs[0]["because"]) == ("crm_away", "answered 401")


async def test_one_that_is_refused_holds_up_nobody(house: House) -> None:
    """It is shown with the reason, and told again once it changes."""
    await house.let_in("one", "two")
    house.crm.failures = [CrmRefused("answered 400 FIELD_CUSTOM_VALIDATION_EXCEPTION")]
    await house.look()
    copies = {one.lead_id: one.state for one in await house.store.crm_copies.list()}
    assert sorted(copies.values()) == [CopyState.REFUSED, CopyState.TOLD]
    (refused,) = await house.store.crm_copies.list(states=[CopyState.REFUSED])
    assert refused.because == "answered 400 FIELD_CUSTOM_VALIDATION_EXCEPTION"
    await house.goes_to(Stage.ACCEPTED, 2, refused.lead_id)
    await house.look()
    assert len(house.crm.records) == 2


async def test_a_lead_that_the_crm_stumbles_over_does_not_hold_up_the_others(house: House) -> None:
    """Its server fails on that one each time: another looks whether it is back."""
    await house.let_in("one", "two", "three")
    tell = house.crm.tell

    async def stumble(state: LeadState) -> Taken:
        if state.lead_id == "one":
            raise CrmAway("answered 500")
        return await tell(state)

    house.crm.tell = stumble  # type: ignore[method-assign]
    for _ in range(4):
        await house.look(FIRST_RETRY)
    assert sorted(house.crm.records) == ["three", "two"]


async def test_a_defect_about_one_lead_is_its_own(house: House) -> None:
    """It is logged without what is personal, tried again, and the others are told."""
    await house.let_in("one", "two")
    house.crm.failures = [ZeroDivisionError("kim@acme.example")]  # type: ignore[list-item]
    with capture_logs() as logs:
        await house.look()
    assert len(house.crm.tellings) == 1
    failed = next(one for one in logs if one["event"] == "crm_failed")
    assert (failed["because"], failed["log_level"]) == ("ZeroDivisionError", "error")
    await house.look(FIRST_RETRY)
    assert len(house.crm.tellings) == 2


async def test_two_workers_tell_of_a_lead_one_after_the_other(house: House) -> None:
    """While one tells, what changes waits; the last word is what is so."""
    await house.let_in("one")
    begun, go_on = asyncio.Event(), asyncio.Event()
    tell = house.crm.tell

    async def slowly(state: LeadState) -> Taken:
        begun.set()
        await go_on.wait()
        return await tell(state)

    house.crm.tell = slowly  # type: ignore[method-assign]
    first = asyncio.create_task(house.look())
    await begun.wait()
    await house.goes_to(Stage.ACCEPTED, 2)
    other = CrmTeller(house.store, house.crm, lambda: house.now)
    assert not await other.once()
    go_on.set()
    await first
    await other.once()
    assert [one.fields[CrmField.STAGE] for one in house.crm.tellings] == ["offered", "accepted"]


async def test_a_teller_that_dies_is_followed_by_another(house: House) -> None:
    """It told and could not note it: after its lease the lead is told again, under the same id."""
    await house.let_in("one")
    await house.store.crm_copies.claim(8, now=house.now, lease=LEASE)
    await house.look()
    assert house.crm.tellings == []
    await house.look(LEASE)
    assert len(house.crm.tellings) == 1


async def test_what_two_told_at_once_is_told_again(house: House) -> None:
    """One slept through its lease and told last: the CRM has the older word, and hears the newer one again."""
    await house.let_in("one")
    tell, other = house.crm.tell, CrmTeller(house.store, house.crm, lambda: house.now)

    async def asleep(state: LeadState) -> Taken:
        house.crm.tell = tell  # type: ignore[method-assign]
        house.now += LEASE
        await house.goes_to(Stage.ACCEPTED, 2)
        await other.once()
        return await tell(state)

    house.crm.tell = asleep  # type: ignore[method-assign]
    with capture_logs() as logs:
        await house.look()
    await house.look()
    assert [one.fields[CrmField.STAGE] for one in house.crm.tellings] == ["accepted", "offered", "accepted"]
    assert [one["forgotten"] for one in logs if one["event"] == "crm_late"] == [False]


async def test_a_lead_that_is_forgotten_before_it_is_told_of_is_not_told(house: House) -> None:
    """It was looked at, and erased before the first request."""
    await house.let_in("one")
    telling = house.store.crm_copies.telling

    async def forgotten(copy: Copy, **about: Any) -> bool:
        async with house.store.database.writing() as session:
            await session.delete(await session.get_one(CrmCopy, "one"))
        return await telling(copy, **about)

    house.teller._store.crm_copies.telling = forgotten  # type: ignore[method-assign]
    await house.look()
    assert house.crm.tellings == []


@pytest.mark.parametrize("by_hand", [True, False])
async def test_a_task_that_the_crm_may_know_is_closed_there(house: House, by_hand: bool) -> None:
    """Its answer was lost, or somebody has it all told anew: what was done meanwhile is not left open there (R54)."""
    await house.let_in("one")
    if by_hand:
        await house.look()
        await house.store.crm_copies.retry("one", at=house.now)
    else:
        house.crm.failures = [CrmAway("the receiver did not answer in time")]
        await house.look()
    contacted = Holding(rep_id="ada", offer=1, accepted_at=AT, contacted_at=AT)
    await house.goes_to(Stage.CONTACTED, 3, holding=contacted, closed=True)
    await house.look(FIRST_RETRY)
    assert [(one.key, one.state) for one in house.crm.tellings[-1].tasks] == [("one-1-0", Todo.DONE)]


async def test_a_later_lead_that_the_crm_never_hears_of_keeps_nothing_from_it(house: House) -> None:
    """Where a person has one record, and what came last was none."""
    house.crm.one_per_person = True
    await house.let_in("one")
    again = facts("two", email="one@acme.example")
    contacted = Holding(rep_id="ada", offer=1, accepted_at=AT, contacted_at=AT)
    await house.goes_to(Stage.CONTACTED, 2, holding=contacted, closed=True)
    await house.store.leads.admit(newcomer("two", again, at=AT + timedelta(days=1)))
    await house.goes_to(Stage.DISQUALIFIED, 1, "two", holding=None, closed=True)
    await house.store.outcomes.record("one", Outcome(result=OutcomeResult.WON), key="k", now=AT)
    await house.look()
    assert house.crm.records["one"].fields[CrmField.OUTCOME] == "won"


async def test_it_reaches_the_crm_that_the_settings_name(tmp_path: Path, staffed: Path) -> None:
    """From a lead in the database to a contact in HubSpot, over HTTP, with fields as a file calls them."""
    shutil.copy(staffed, tmp_path / "baton.db")
    fields = tmp_path / "fields.yaml"
    fields.write_text("fields:\n  stage: lead_phase\n  score: null\n")
    with HubSpotServer() as server:
        server.properties["contacts"].add("lead_phase")
        named: dict[str, Any] = {"crm": "hubspot", "hubspot_token": TOKEN, "hubspot_url": server.url}
        settings = load_settings(state_dir=tmp_path, crm_fields=fields, **named)
        async with open_store(settings) as store, teller_of(settings, store) as teller:
            assert teller is not None
            house = House(store)
            await house.let_in("one")
            await teller.once()
        (contact,) = server.contacts.values()
        assert (contact["lead_phase"], contact["hubspot_owner_id"]) == ("offered", "501")
        assert "baton_score" not in contact
        assert len(server.tasks) == len(server.tied) == 1


async def test_without_a_crm_nobody_tells_and_nothing_is_noted(store: Store) -> None:
    """As before there was one."""
    settings = load_settings()
    async with teller_of(settings, store) as teller:
        assert teller is None
    await store.rosters.save(roster(), at=AT)
    await store.leads.admit(newcomer("one"))
    await store.leads.record(standing("one", 1, Stage.REVIEW))
    assert await store.crm_copies.of("one") is None


def test_a_file_of_fields_that_is_wrong_stops_the_start(tmp_path: Path) -> None:
    """Each mistake has its line."""
    fields = tmp_path / "fields.yaml"
    fields.write_text("fields:\n  stage: a b\n  lead_id: null\n  score: same\n  fit: same\n")
    settings = load_settings(state_dir=tmp_path, crm="hubspot", hubspot_token=TOKEN, crm_fields=fields)
    with pytest.raises(FileError) as wrong:
        crm_of(settings)
    assert [str(fields), "2", "3", "4", "5"] == [str(fields), *(str(spot.line) for spot in wrong.value.spots)]

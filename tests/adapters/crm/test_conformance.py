"""What every CRM promises: told twice is told once, a newer state wins, and nothing personal is in an error."""

from datetime import timedelta

import pytest

from adapters.crm.base import CrmAway, CrmError, PersonField, Todo
from models.crm import CrmField
from tests.adapters.crm.conftest import DUE, KIM, Desk, HttpDesk, state, task
from tests.adapters.crm.server import LOST, Answer


async def test_a_lead_is_there_with_its_person_owner_stage_score_and_next_step(desk: Desk) -> None:
    """Whoever opens the record sees whose it is, where it stands and what comes next (R47)."""
    taken = await desk.crm.tell(state(owner=desk.ada))
    (key,) = desk.records()
    assert (taken.external_id, taken.left_out) == (key, ())
    record = desk.records()[key]
    assert {name: record[name] for name in KIM} == KIM
    assert (record["owner"], record[CrmField.STAGE], record[CrmField.SCORE]) == (desk.ada, "offered", 42.5)
    assert (record[CrmField.LEAD_ID], record[CrmField.NEXT_STEP]) == ("one", "ada answers")
    assert record[CrmField.DUE_AT] in (DUE, "2026-03-02T13:00:00.000Z")


async def test_told_twice_is_told_once(desk: Desk) -> None:
    """Whether the id of the record is remembered or not, there is one record, and one of each task."""
    first = await desk.crm.tell(state(owner=desk.ada, tasks=(task(owner=desk.ada),)))
    for known_as in (None, first.external_id):
        again = await desk.crm.tell(state(owner=desk.ada, known_as=known_as, tasks=(task(owner=desk.ada),)))
        assert (again.external_id, again.tasks) == (first.external_id, first.tasks)
    assert (1, 1) == (len(desk.records()), len(desk.tasks()))


async def test_a_newer_state_replaces_the_older_one(desk: Desk) -> None:
    """Stage, owner and next step are what was told last; what is empty now is emptied."""
    first = await desk.crm.tell(state(owner=desk.ada))
    emptied = {CrmField.STAGE: "contacted", CrmField.NEXT_STEP: None, CrmField.OUTCOME: "won"}
    await desk.crm.tell(state(owner=desk.bo, fields=emptied, known_as=first.external_id))
    record = desk.records()[first.external_id]
    assert ("contacted", None, "won") == tuple(record[one] for one in emptied)
    assert record["owner"] == desk.bo


async def test_without_an_owner_the_record_keeps_the_one_it_has(over_http: HttpDesk) -> None:
    """Who has it in the CRM is not taken from them, because nobody has it here."""
    first = await over_http.crm.tell(state(owner=over_http.ada))
    await over_http.crm.tell(state(stage="review", known_as=first.external_id))
    assert over_http.records()[first.external_id]["owner"] == over_http.ada


async def test_tasks_are_opened_done_and_dropped(desk: Desk) -> None:
    """A rep's task is in the CRM with its due date, and is closed there when it is closed here (R54)."""
    await desk.crm.tell(state(tasks=(task(owner=desk.ada), task("one-2-0", desk.bo))))
    closed = (task(owner=desk.ada, state=Todo.DONE), task("one-2-0", desk.bo, Todo.DROPPED))
    await desk.crm.tell(state(tasks=closed))
    what = "reach out: demo request, Acme"
    assert desk.tasks() == {"one-1-0": (what, desk.ada, Todo.DONE), "one-2-0": (what, desk.bo, Todo.DROPPED)}


async def test_a_lead_with_a_phone_alone_is_told_of_too(desk: Desk) -> None:
    """Not everybody leaves an address."""
    person = {PersonField.PHONE: "+49301234567", PersonField.LAST_NAME: "Neu"}
    first = await desk.crm.tell(state(person=person))
    again = await desk.crm.tell(state(person=person))
    assert first.external_id == again.external_id
    assert list(desk.records()) == [first.external_id]


async def test_a_lead_with_nothing_but_a_phone_is_told_of_too(over_http: HttpDesk) -> None:
    """Neither makes a record without a name; it is learned later."""
    first = await over_http.crm.tell(state(person={PersonField.PHONE: "+49301234567"}))
    assert over_http.records()[first.external_id][PersonField.LAST_NAME] == "(unknown)"
    await over_http.crm.tell(state(person={PersonField.PHONE: "+49301234567", PersonField.LAST_NAME: "Neu"}))
    assert over_http.records()[first.external_id][PersonField.LAST_NAME] == "Neu"


async def test_what_people_wrote_in_the_crm_stays(over_http: HttpDesk) -> None:
    """A name that somebody corrected is not overwritten by what a form said; what is empty is filled."""
    known = {name: value for name, value in KIM.items() if name is not PersonField.COMPANY}
    first = await over_http.crm.tell(state(person=known))
    corrected = {**KIM, PersonField.FIRST_NAME: "Kimberley"}
    await over_http.crm.tell(state(person=corrected, known_as=first.external_id))
    record = over_http.records()[first.external_id]
    assert (record[PersonField.FIRST_NAME], record[PersonField.COMPANY]) == ("Kim", "Acme")


async def test_an_owner_that_the_crm_does_not_know_is_left_out_and_said(over_http: HttpDesk) -> None:
    """The lead and its task are told nevertheless."""
    taken = await over_http.crm.tell(state(owner="999", tasks=(task(owner="999"),)))
    assert {"owner"} - over_http.records()[taken.external_id].keys() == {"owner"}
    assert len(over_http.tasks()) == 1
    assert len(taken.left_out) == 2
    assert all("OWNER" in one.upper() for one in taken.left_out)


async def test_an_address_that_the_crm_does_not_take_is_left_out(over_http: HttpDesk) -> None:
    """A lead whose address is odd is told by its id; nothing of the address is in what is said."""
    taken = await over_http.crm.tell(state(person={**KIM, PersonField.EMAIL: "kanarienvogel"}))
    assert over_http.records()[taken.external_id].get(PersonField.EMAIL) is None
    assert "kanarienvogel" not in str(taken)
    again = await over_http.crm.tell(state(person={**KIM, PersonField.EMAIL: "kanarienvogel"}))
    assert again.external_id == taken.external_id


async def test_a_lost_answer_makes_no_second_record(over_http: HttpDesk) -> None:
    """It was done and nobody heard; told again it is found. At every request of a telling."""
    said = state(owner=over_http.ada, tasks=(task(owner=over_http.ada),))
    await over_http.crm.tell(state("other", person={PersonField.LAST_NAME: "Other"}))
    begun = len(over_http.server.requests)
    await over_http.crm.tell(said)
    needed = len(over_http.server.requests) - begun
    for place in range(needed):
        lead_id = f"lost-{place}"
        person = {**KIM, PersonField.EMAIL: f"{lead_id}@acme.example"}
        about = state(lead_id, person=person, tasks=(task(f"{lead_id}-1-0"),))
        over_http.server.trouble.extend([*([None] * place), LOST])
        with pytest.raises(CrmAway):
            await over_http.crm.tell(about)
        await over_http.crm.tell(about)
        found = [one for one in over_http.records().values() if one.get(CrmField.LEAD_ID) == lead_id]
        assert (1, 1) == (len(found), [*over_http.tasks()].count(f"{lead_id}-1-0"))


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 423])
async def test_trouble_of_the_crm_is_nobody_s_lead_s_fault(over_http: HttpDesk, status: int) -> None:
    """It is away; it may say for how long."""
    await over_http.crm.tell(state())
    over_http.server.trouble.append(Answer(status, {"message": "kim@acme.example"}, {"Retry-After": "120"}))
    with pytest.raises(CrmAway) as away:
        await over_http.crm.tell(state())
    assert (away.value.retry_after, away.value.misset) == (timedelta(minutes=2), False)
    assert "kim" not in str(away.value)
    await over_http.crm.tell(state())


async def test_a_crm_that_is_not_there_is_away(over_http: HttpDesk) -> None:
    """Nobody listens."""
    over_http.server.stop()
    with pytest.raises(CrmAway) as away:
        await over_http.crm.tell(state())
    assert "cannot be reached" in away.value.detail


async def test_nonsense_is_refused_and_harms_nobody(over_http: HttpDesk) -> None:
    """What is no JSON, or not what was asked for, is no success."""
    await over_http.crm.tell(state("warm", person={PersonField.LAST_NAME: "Warm"}))
    for status in (200, 400, 404, 409, 418):
        for _ in range(12):
            over_http.server.trouble.append(Answer(status, ["kim@acme.example"]))
        with pytest.raises(CrmError) as failure:
            await over_http.crm.tell(state())
        over_http.server.trouble.clear()
        assert "kim" not in str(failure.value)

"""Salesforce's own ways: tokens that expire, converted leads, external ids, fields that nobody made, limits."""

import asyncio
from datetime import timedelta

import pytest

from adapters.crm.base import CrmAway, CrmRefused, PersonField
from adapters.crm.salesforce import Salesforce
from models.crm import CrmField
from tests.adapters.crm.conftest import KIM, SalesforceDesk, state, task
from tests.adapters.crm.salesforce_server import CLIENT, GONE


async def test_one_token_serves_many_and_is_fetched_anew_when_it_expires(salesforce: SalesforceDesk) -> None:
    """A session ends when it likes."""
    await salesforce.crm.tell(state())
    await salesforce.crm.tell(state("two", person={**KIM, PersonField.EMAIL: "two@acme.example"}))
    assert salesforce.salesforce.tokens == 1
    salesforce.salesforce.expire()
    await salesforce.crm.tell(state(stage="accepted"))
    assert (salesforce.salesforce.tokens, len(salesforce.records())) == (2, 2)


async def test_several_whose_token_expires_at_once_fetch_one(salesforce: SalesforceDesk) -> None:
    """Salesforce counts logins, too."""
    await salesforce.crm.tell(state())
    salesforce.salesforce.expire()
    await asyncio.gather(*(salesforce.crm.tell(state(f"l{number}")) for number in range(6)))
    assert (salesforce.salesforce.tokens, len(salesforce.records())) == (2, 7)


async def test_an_app_without_a_token_stops_everything(salesforce: SalesforceDesk) -> None:
    """Somebody has to change the secret; it is in nothing that is said."""
    crm = Salesforce(salesforce.server.url, CLIENT, "wrong-secret", clock=salesforce.clock)
    with pytest.raises(CrmAway) as away:
        await crm.tell(state())
    await crm.aclose()
    assert (away.value.misset, away.value.detail) == (True, "answered 400: the app is given no token")


async def test_a_limit_is_waited_for(salesforce: SalesforceDesk) -> None:
    """Salesforce counts requests over a day, and says 403."""
    salesforce.salesforce.left = 0
    with pytest.raises(CrmAway) as away:
        await salesforce.crm.tell(state())
    assert (away.value.retry_after, away.value.misset) == (timedelta(minutes=15), False)
    assert "REQUEST_LIMIT_EXCEEDED" in away.value.detail


@pytest.mark.parametrize("remembered", [True, False])
async def test_a_converted_lead_is_told_of_to_its_contact(salesforce: SalesforceDesk, remembered: bool) -> None:
    """Its fields go where there are such fields, its tasks to the contact, and its owner stays who it is."""
    first = await salesforce.crm.tell(state(owner=salesforce.ada))
    contact = salesforce.salesforce.convert(first.external_id)
    salesforce.salesforce.columns["Contact"].add("Baton_Stage__c")
    told = state(
        stage="contacted",
        owner=salesforce.ada,
        known_as=first.external_id if remembered else None,
        tasks=(task(owner=salesforce.ada),),
    )
    again = await salesforce.crm.tell(told)
    known = salesforce.salesforce.records["Contact"][contact]
    assert (again.external_id, known["Baton_Stage__c"], known["OwnerId"]) == (contact, "contacted", salesforce.bo)
    assert [one["WhoId"] for one in salesforce.salesforce.records["Task"].values()] == [contact]
    assert "Baton_Score__c (INVALID_FIELD)" in again.left_out


async def test_a_lead_converted_while_it_is_told_of_is_no_trouble(salesforce: SalesforceDesk) -> None:
    """Between looking and writing somebody converted it."""
    first = await salesforce.crm.tell(state())
    answer = salesforce.salesforce.answer
    converted: list[str] = []

    def convert_before_writing(request: object) -> object:
        if not converted and getattr(request, "method", "") == "PATCH":
            converted.append(salesforce.salesforce.convert(first.external_id))
        return answer(request)  # type: ignore[arg-type]

    salesforce.salesforce.answer = convert_before_writing  # type: ignore[method-assign,assignment]
    again = await salesforce.crm.tell(state(stage="contacted"))
    assert [again.external_id] == converted


async def test_a_lead_that_is_there_already_becomes_ours(salesforce: SalesforceDesk) -> None:
    """Somebody typed it in: there is no second one. A quote in an address is no trouble."""
    email = "kim.o'neill@acme.example"
    salesforce.salesforce.records["Lead"]["00Qold"] = {
        "Id": "00Qold",
        "Email": email,
        "LastName": "O'Neill",
        "Company": "A",
    }
    salesforce.salesforce.columns["Lead"].remove("Industry")  # nor does it matter what we may not see of it
    taken = await salesforce.crm.tell(state(person={**KIM, PersonField.EMAIL: email}))
    again = await salesforce.crm.tell(state(stage="accepted", person={**KIM, PersonField.EMAIL: email}))
    assert (taken.external_id, again.external_id) == ("00Qold", "00Qold")
    record = salesforce.records()["00Qold"]
    assert (record[CrmField.LEAD_ID], record[CrmField.STAGE], record[PersonField.COMPANY]) == ("one", "accepted", "A")


async def test_each_lead_of_a_person_is_a_lead_of_its_own(salesforce: SalesforceDesk) -> None:
    """They came twice, and each time is worked on."""
    await salesforce.crm.tell(state())
    await salesforce.crm.tell(state("two"))
    assert ["one", "two"] == sorted(str(one[CrmField.LEAD_ID]) for one in salesforce.records().values())


async def test_several_records_with_one_id_are_nobody_s_to_choose_among(salesforce: SalesforceDesk) -> None:
    """The external id was not made unique."""
    for key in ("00Q1", "00Q2"):
        salesforce.salesforce.records["Lead"][key] = {"Id": key, "Baton_Lead_Id__c": "one"}
    with pytest.raises(CrmRefused, match="several Leads have the same Baton_Lead_Id__c"):
        await salesforce.crm.tell(state())


async def test_without_the_external_id_nothing_is_told(salesforce: SalesforceDesk) -> None:
    """Each telling would make a new lead; somebody has to make the field first."""
    salesforce.salesforce.columns["Lead"].remove("Baton_Lead_Id__c")
    with pytest.raises(CrmAway, match="is there an external id Baton_Lead_Id__c of Lead") as away:
        await salesforce.crm.tell(state())
    assert away.value.misset
    assert salesforce.records() == {}


async def test_fields_that_nobody_made_are_left_out(salesforce: SalesforceDesk) -> None:
    """They are said by name; a missing external id of tasks keeps tasks out alone."""
    salesforce.salesforce.columns["Lead"] -= {"Baton_Score__c", "Industry"}
    salesforce.salesforce.columns["Task"].remove("Baton_Task_Id__c")
    taken = await salesforce.crm.tell(state(tasks=(task(),)))
    assert taken.left_out == (
        "Baton_Score__c (INVALID_FIELD)",
        "task one-1-0: there is no external id Baton_Task_Id__c of Task",
    )


async def test_what_a_lead_cannot_be_without_is_filled_and_learned_later(salesforce: SalesforceDesk) -> None:
    """A form without a name or a company is a lead too."""
    taken = await salesforce.crm.tell(state(person={PersonField.EMAIL: "kim@acme.example"}))
    assert salesforce.records()[taken.external_id][PersonField.LAST_NAME] == "(unknown)"
    await salesforce.crm.tell(state())
    assert salesforce.records()[taken.external_id][PersonField.LAST_NAME] == "O'Neill"


async def test_status_is_never_written(salesforce: SalesforceDesk) -> None:
    """What is read as an outcome is not said by us: it would come back."""
    await salesforce.crm.tell(state())
    assert all("Status" not in one.body for one in salesforce.server.writes)


async def test_a_user_who_left_owns_nothing_and_the_lead_is_told(salesforce: SalesforceDesk) -> None:
    """Salesforce does not say by a field that it is about the owner."""
    taken = await salesforce.crm.tell(state(owner=GONE))
    assert taken.left_out == ("OwnerId (INACTIVE_OWNER_OR_USER)",)
    assert salesforce.records()[taken.external_id][CrmField.STAGE] == "offered"


async def test_a_contact_that_is_gone_is_the_lead_s_own_trouble(salesforce: SalesforceDesk) -> None:
    """Somebody deleted what the lead became: the others are told."""
    first = await salesforce.crm.tell(state())
    del salesforce.salesforce.records["Contact"][salesforce.salesforce.convert(first.external_id)]
    with pytest.raises(CrmRefused, match="the contact that it became is gone"):
        await salesforce.crm.tell(state(stage="contacted"))


async def test_a_lead_deleted_before_it_becomes_ours_is_made_anew(salesforce: SalesforceDesk) -> None:
    """Between finding and writing somebody deleted it."""
    salesforce.salesforce.records["Lead"]["00Qold"] = {"Id": "00Qold", "Email": KIM[PersonField.EMAIL]}
    answer = salesforce.salesforce.answer

    def delete_before_writing(request: object) -> object:
        if getattr(request, "method", "") == "PATCH":
            salesforce.salesforce.records["Lead"].pop("00Qold", None)
        return answer(request)  # type: ignore[arg-type]

    salesforce.salesforce.answer = delete_before_writing  # type: ignore[method-assign,assignment]
    taken = await salesforce.crm.tell(state())
    assert [taken.external_id] == list(salesforce.records()) != ["00Qold"]


async def test_long_names_are_cut(salesforce: SalesforceDesk) -> None:
    """A Lead without a last name is none."""
    taken = await salesforce.crm.tell(state(person={**KIM, PersonField.LAST_NAME: "x" * 81}))
    assert (taken.left_out, salesforce.records()[taken.external_id][PersonField.LAST_NAME]) == ((), "x" * 80)

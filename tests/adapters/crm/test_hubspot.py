"""HubSpot's own ways: merged and deleted contacts, properties that nobody made, limits, tokens."""

from datetime import timedelta

import pytest

from adapters.crm.base import CrmAway, CrmRefused, PersonField
from adapters.crm.calling import LATER
from adapters.crm.hubspot import HubSpot
from models.crm import CrmField
from tests.adapters.crm.conftest import HubSpotDesk, state, task
from tests.adapters.crm.server import Answer


async def test_a_merged_contact_is_told_under_the_one_that_is_left(hubspot: HubSpotDesk) -> None:
    """Somebody merged it with another: what is told goes there, and its id is learned."""
    first = await hubspot.crm.tell(state())
    other = await hubspot.crm.tell(state("two", person={PersonField.EMAIL: "kim@home.example"}))
    hubspot.hubspot.merge(other.external_id, first.external_id)
    again = await hubspot.crm.tell(state(stage="contacted", known_as=first.external_id))
    assert again.external_id == other.external_id
    assert [other.external_id] == list(hubspot.records())
    assert hubspot.records()[other.external_id][CrmField.STAGE] == "contacted"


async def test_a_contact_that_was_merged_before_it_is_looked_for_is_found_by_its_other_address(
    hubspot: HubSpotDesk,
) -> None:
    """Also where its id is not known here any more."""
    first = await hubspot.crm.tell(state())
    other = await hubspot.crm.tell(state("two", person={PersonField.EMAIL: "kim@home.example"}))
    hubspot.hubspot.merge(other.external_id, first.external_id)
    assert (await hubspot.crm.tell(state())).external_id == other.external_id


async def test_a_contact_that_was_deleted_is_made_anew(hubspot: HubSpotDesk) -> None:
    """Its old id leads nowhere."""
    first = await hubspot.crm.tell(state())
    hubspot.hubspot.contacts.clear()
    again = await hubspot.crm.tell(state(known_as=first.external_id))
    assert [again.external_id] == list(hubspot.records()) != [first.external_id]


async def test_a_contact_that_somebody_makes_meanwhile_is_taken_over(hubspot: HubSpotDesk) -> None:
    """Between looking and making there was none and then one: HubSpot names it, and that one is told."""
    first = await hubspot.crm.tell(state())
    hubspot.hubspot.contacts[first.external_id] |= {
        "email": "k@x.example",
        "hs_additional_emails": ["kim@acme.example"],
    }
    hubspot.server.trouble.append(Answer(404, {"category": "OBJECT_NOT_FOUND"}))
    again = await hubspot.crm.tell(state(stage="accepted"))
    assert again.external_id == first.external_id
    assert hubspot.records()[first.external_id][CrmField.STAGE] == "accepted"


async def test_a_property_that_nobody_made_is_left_out_and_asked_for_again_later(hubspot: HubSpotDesk) -> None:
    """It is said by name, costs no further requests for a while, and is told once somebody made it."""
    hubspot.hubspot.properties["contacts"].remove("baton_score")
    taken = await hubspot.crm.tell(state())
    assert taken.left_out == ("baton_score (PROPERTY_DOESNT_EXIST)",)
    begun = len(hubspot.server.requests)
    again = await hubspot.crm.tell(state(known_as=taken.external_id))
    assert (again.left_out, len(hubspot.server.requests) - begun) == (("baton_score (there is no such field)",), 2)
    hubspot.hubspot.properties["contacts"].add("baton_score")
    hubspot.clock.now += LATER
    assert (await hubspot.crm.tell(state())).left_out == ()
    assert hubspot.records()[taken.external_id][CrmField.SCORE] == 42.5


async def test_without_the_unique_properties_people_with_an_address_are_told_and_the_rest_is_said(
    hubspot: HubSpotDesk,
) -> None:
    """A lead without e-mail, and a task, cannot be told of twice without there being two of them."""
    hubspot.hubspot.properties["contacts"].remove("baton_lead_id")
    hubspot.hubspot.properties["tasks"].remove("baton_task_id")
    taken = await hubspot.crm.tell(state(tasks=(task(),)))
    assert ["baton_lead_id (PROPERTY_DOESNT_EXIST)", "task one-1-0: answered 400 VALIDATION_ERROR"] == list(
        taken.left_out
    )
    with pytest.raises(CrmRefused):
        await hubspot.crm.tell(state("two", person={PersonField.PHONE: "+49301234567"}))
    assert [taken.external_id] == list(hubspot.records())


async def test_properties_are_called_as_somebody_says(hubspot: HubSpotDesk) -> None:
    """What has another name there goes by that, and what is not to be told is not."""
    hubspot.hubspot.properties["contacts"].add("lead_phase")
    fields = {CrmField.STAGE: "lead_phase", CrmField.SCORE: None}
    crm = HubSpot(
        "pat-na1-11111111-2222-3333-4444-555555555555", url=hubspot.server.url, fields=fields, clock=hubspot.clock
    )
    taken = await crm.tell(state())
    await crm.aclose()
    known = hubspot.hubspot.contacts[taken.external_id]
    assert known["lead_phase"] == "offered"
    assert not {"baton_stage", "baton_score"} & known.keys()


async def test_statuses_of_its_people_are_never_written(hubspot: HubSpotDesk) -> None:
    """What is read as an outcome is not said by us: it would come back."""
    await hubspot.crm.tell(state(tasks=(task(),)))
    written = " ".join(one.raw.decode() for one in hubspot.server.writes)
    assert "lifecyclestage" not in written
    assert "hs_lead_status" not in written


async def test_a_limit_says_when_to_come_again(hubspot: HubSpotDesk) -> None:
    """Ten seconds' worth of requests is used up in the middle of a telling; later it goes through."""
    hubspot.hubspot.left = 1
    with pytest.raises(CrmAway) as away:
        await hubspot.crm.tell(state())
    assert away.value.retry_after == timedelta(seconds=7)
    hubspot.hubspot.left = None
    assert (await hubspot.crm.tell(state())).left_out == ()


async def test_an_account_that_is_moved_is_left_alone(hubspot: HubSpotDesk) -> None:
    """HubSpot says 477 while it moves one between data centres, for up to a day."""
    hubspot.server.trouble.append(Answer(477, {}, {"Retry-After": "3600"}))
    with pytest.raises(CrmAway) as away:
        await hubspot.crm.tell(state())
    assert away.value.retry_after == timedelta(hours=1)


async def test_a_day_s_limit_is_waited_for_longer(hubspot: HubSpotDesk) -> None:
    """HubSpot does not say until when."""
    hubspot.server.trouble.append(Answer(429, {"policyName": "DAILY"}))
    with pytest.raises(CrmAway) as away:
        await hubspot.crm.tell(state())
    assert away.value.retry_after == timedelta(minutes=15)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_token_that_is_not_taken_stops_everything(hubspot: HubSpotDesk, status: int) -> None:
    """Somebody has to change it; it is in nothing that is said."""
    crm = HubSpot("pat-wrong", url=hubspot.server.url, clock=hubspot.clock)
    if status == 403:
        hubspot.server.trouble.append(Answer(403, {"category": "MISSING_SCOPES"}))
    with pytest.raises(CrmAway) as away:
        await crm.tell(state())
    await crm.aclose()
    assert away.value.misset
    assert str(status) in away.value.detail
    assert "pat-wrong" not in away.value.detail

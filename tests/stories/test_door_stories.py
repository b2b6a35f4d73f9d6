"""Stories of the doors, with everything real: processes, mail, Slack's API, a marketing tool, HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from runtime.embedded import EmbeddedTemporal
from tests.stories.town import Town, eventually, form_in, link_in, running_town


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory, temporal_server: EmbeddedTemporal) -> AsyncIterator[Town]:
    """One town for all stories of this file."""
    async with running_town(tmp_path_factory.mktemp("town"), temporal_server) as made:
        yield made


async def mail_to(town: Town, address: str, about: str) -> Any:
    """Wait for a mail to somebody whose text names a lead."""

    async def look() -> Any:
        for mail in list(town.mail.mails):
            if address in str(mail["To"]) and about in mail.as_string():
                return mail
        return None

    return await eventually(look)


async def test_a_mail_is_tapped_on_a_phone_and_the_lead_is_hers(town: Town) -> None:
    """A demo request comes in, the mail's link is opened by a scanner, then tapped by Ana: accepted, then contacted."""
    lead_id = await town.lead()
    await town.given_to(lead_id, "ana")
    link = link_in(await mail_to(town, "ana@baton.example", f"{lead_id}"))
    phone: dict[str, Any] = {"headers": {"Authorization": ""}, "follow_redirects": True}
    opened = [await town.door.get(link, **phone) for _ in range(2)]
    assert [200, 200] == [page.status_code for page in opened]
    assert "offered" == (await town.status(lead_id))["stage"]
    taken = await town.door.post(link, data=form_in(opened[1].text, "Take it"), **phone)
    assert (200, True) == (taken.status_code, "mailto:kim@" in taken.text)
    assert "ana" == (await town.until(lead_id, stage="accepted"))["owner"]
    await town.door.post(link, data=form_in(taken.text, "I reached out"), **phone)
    await town.until(lead_id, stage="contacted")


async def test_a_click_in_slack_takes_it_and_the_message_says_so(town: Town) -> None:
    """Ben's message loses its buttons and says who has it; what is late is told so."""
    lead_id = await town.lead()
    await town.given_to(lead_id, "ben")

    async def posted() -> Any:
        return next((one for one in town.slack.posts if lead_id in str(one.body)), None)

    post = await eventually(posted)
    press = next(button for button in post.buttons() if button["action_id"] == "accept")
    answer = await town.click(press, "U0000BEN")
    assert (200, "done") == (answer.status_code, answer.json()["status"])
    assert "ben" == (await town.until(lead_id, stage="accepted"))["owner"]

    async def changed() -> bool | None:
        return bool(post.changed and not [one for one in post.buttons() if one["action_id"] == "accept"]) or None

    await eventually(changed)
    await town.door.post(f"/v1/leads/{lead_id}/contacted", json={"rep_id": "ben"})


async def test_slack_in_trouble_posts_once_or_says_which_offer(town: Town) -> None:
    """Busy, then broken: the message is there in the end, and no second one of the same offer without its number."""
    town.slack.answer(429, times=1, headers={"Retry-After": "1"})
    lead_id = await town.lead()
    await town.given_to(lead_id, "cam")

    async def told() -> Any:
        posts = [one for one in town.slack.posts if lead_id in str(one.body) and "U0000CAM" in str(one.first)]
        mails = [one for one in town.mail.mails if "cam@" in str(one["To"]) and lead_id in one.as_string()]
        return posts or mails or None

    told_by = await eventually(told)
    assert 1 == len(told_by)
    messages = (await town.door.get(f"/v1/leads/{lead_id}/messages")).json()
    assert "sent" in str(messages)
    await town.door.post(f"/v1/leads/{lead_id}/contacted", json={"rep_id": "cam"})


async def test_a_lead_for_marketing_is_enrolled_and_what_it_does_comes_back(town: Town) -> None:
    """The tool is told once, signed and with whose lead it is; a pricing visit that it reports is heard by the lead."""
    lead_id = await town.lead(type="newsletter", company={"name": "Tiny", "employees": 2})
    await town.until(lead_id, stage="nurturing")

    async def enrolled() -> Any:
        return next((one for one in town.marketing.received if one.body.get("lead_id") == lead_id), None)

    enrolment = await eventually(enrolled)
    assert "webhook-signature" in enrolment.headers
    assert enrolment.key
    said = {"lead_id": lead_id, "kind": "pricing_visit", "key": "visit-1"}
    answers = [await town.door.post("/v1/events", json=said) for _ in range(2)]
    assert [True, True] == [answer.is_success for answer in answers]

    async def heard() -> Any:
        lines = (await town.door.get(f"/v1/leads/{lead_id}/timeline")).json()["entries"]
        found = [one for one in lines if "pricing_visit" in one["says"]]
        return found or None

    assert 1 == len([one for one in await eventually(heard) if one["kind"] == "event"])


async def test_the_prospect_is_thanked_once_where_the_policy_says_so(town: Town) -> None:
    """And not those whose source the policy does not name."""
    asked = await town.lead(email="pat@thanks.example", first_name="Pat")
    other = await town.lead(email="sol@other.example", source="fair")
    mail = await mail_to(town, "pat@thanks.example", "Thank you")
    assert "Thank you, Pat" == str(mail["Subject"])
    await town.until(other, stage="offered")
    await town.until(asked, stage="offered")
    assert [] == [one for one in town.mail.mails if "sol@other.example" in str(one["To"])]

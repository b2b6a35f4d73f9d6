"""Clicks in Slack: authentic and young, from whoever was asked, durable before they are answered; messages follow."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi.responses import JSONResponse
from temporalio.client import Client

from db.tables.words import Errand
from runtime import clock
from runtime.line import Line
from tests.api.answering import House, answering_house, before, buttons, press

OTHERS = {"ana": "U000BEN", "ben": "U000CAM", "cam": "U000ANA"}


@pytest.fixture(scope="module")
async def house(temporal_client: Client, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Reps in Slack, before a real worker."""
    async with answering_house(temporal_client, tmp_path_factory.mktemp("slack")) as made:
        yield made


async def asked(house: House, **changes: Any) -> tuple[str, str, str, dict[str, Any]]:
    """Let a lead in, wait for its message, and give lead, owner, the message's id and the message."""
    lead_id, owner = await house.offered(**changes)

    async def sent() -> tuple[str, dict[str, Any]] | None:
        found = house.slack.about(lead_id, f"U000{owner.upper()}")
        known = await house.front.store.notifications.of(lead_id)
        return found if any(one.provider_id for one in known) else None

    return lead_id, owner, *(await house.until(sent))


async def until_changed(house: House, ts: str, words: str) -> dict[str, Any]:
    """Wait until a message says something else, and give it."""

    async def look() -> dict[str, Any] | None:
        found = house.slack.messages[ts]
        return found if words in json.dumps(found) else None

    return await house.until(look)


async def test_a_click_takes_the_lead_and_the_message_says_so(house: House) -> None:
    """Answered once it is durable; the buttons go; whoever clicked is led on to how to reach the prospect."""
    lead_id, owner, ts, message = await asked(house)
    assert buttons(message)[:3] == ["accept", "decline", "why"]
    answer = await house.click(press(message, "accept", f"U000{owner.upper()}", house.slack.url))
    assert (200, {"status": "done"}) == (answer.status_code, answer.json())
    await house.until_stage(lead_id, "accepted")
    changed = await until_changed(house, ts, "You have it, since")
    assert ["link-0"] == buttons(changed)
    link = await house.until_whispered(lambda text: "It is yours" in text)
    page = await house.doors.get(link.split("<")[1].split("|")[0])
    assert (200, True) == (page.status_code, "mailto:" in page.text)


async def test_a_second_click_is_a_success_and_changes_nothing(house: House) -> None:
    """The owner's own repeat."""
    lead_id, owner, _, message = await asked(house)
    click = press(message, "accept", f"U000{owner.upper()}", house.slack.url)
    told = [(await house.click(click)).json(), (await house.click(click)).json()]
    assert [{"status": "done"}] * 2 == told
    timeline = await house.temporal.get_workflow_handle(f"lead-{lead_id}").query("timeline")
    assert 1 == [entry["kind"] for entry in timeline].count("accepted")


async def test_passing_it_on_names_the_reason_of_the_menu(house: House) -> None:
    """And the first message says who is asked now."""
    lead_id, owner, ts, message = await asked(house)
    click = press(message, "decline", f"U000{owner.upper()}", house.slack.url, option=1)
    assert {"status": "done"} == (await house.click(click)).json()
    timeline = await house.temporal.get_workflow_handle(f"lead-{lead_id}").query("timeline")
    declined = [entry["says"] for entry in timeline if entry["kind"] == "declined"]
    assert ["I have no room for it" in says for says in declined] == [True]
    changed = await until_changed(house, ts, "is asked to take it since")
    assert [] == buttons(changed)


async def test_a_late_click_reads_who_has_it_and_since_when(house: House) -> None:
    """First valid accept wins."""
    lead_id, owner, _, message = await asked(house)
    other = await house.moved(lead_id, owner)
    await house.front.speaker.say("accept", lead_id, {"rep_id": other})
    answer = await house.click(press(message, "accept", f"U000{owner.upper()}", house.slack.url))
    assert {"status": "refused"} == answer.json()
    name = {"ana": "Ana Abel", "ben": "Ben Bach", "cam": "Cam Cole"}[other]
    await house.until_whispered(lambda text: text.startswith(f"Too late. {name} has it, since "))


async def test_a_click_on_what_has_ended_is_not_called_late(house: House) -> None:
    """Nobody else has it: the click is refused for what it is."""
    lead_id, owner, _, message = await asked(house)
    await house.front.speaker.say("disqualify", lead_id, {"by": "mia", "reason": "a student"})
    answer = await house.click(press(message, "accept", f"U000{owner.upper()}", house.slack.url))
    assert {"status": "refused"} == answer.json()
    await house.until_whispered(lambda text: text.startswith("That did not work: "))


async def test_only_who_was_asked_answers(house: House) -> None:
    """A message that was forwarded, or read over a shoulder, gives nobody else the lead."""
    lead_id, owner, _, message = await asked(house)
    for user, says in ((OTHERS[owner], "was asked, so only they"), ("U9STRANGER", "We do not know you")):
        answer = await house.click(press(message, "accept", user, house.slack.url))
        assert (200, {"status": "refused"}) == (answer.status_code, answer.json())
        await house.until_whispered(lambda text, says=says: says in text)  # type: ignore[misc]
    card = await house.front.store.leads.get(lead_id)
    assert card is not None
    assert "offered" == card.stage


async def test_why_me_is_told_to_who_asks_alone(house: House) -> None:
    """The sentence, the rules, who else was looked at, and the score (R29)."""
    _, owner, _, message = await asked(house)
    answer = await house.click(press(message, "why", f"U000{owner.upper()}", house.slack.url))
    assert {"status": "told"} == answer.json()
    told = await house.until_whispered(lambda text: "Score" in text)
    assert ("Who else was looked at: " in told, "ephemeral") == (True, house.slack.whispers[-1]["response_type"])


async def test_a_lead_that_moves_by_itself_changes_its_messages_too(house: House) -> None:
    """Without any click; and Slack's trouble is waited out."""
    house.slack.refuses += [
        JSONResponse({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "0"}),
        JSONResponse({"ok": False, "error": "internal_error"}, 200, {"Retry-After": "0"}),
    ]
    lead_id, owner, ts, _ = await asked(house)
    await house.moved(lead_id, owner)
    changed = await until_changed(house, ts, "is asked to take it since")
    assert ([], []) == (buttons(changed), house.slack.refuses)


async def test_an_acceptance_taken_back_asks_again(house: House) -> None:
    """The offer stands as before, and so does its message."""
    lead_id, owner, ts, message = await asked(house)
    await house.front.speaker.say("accept", lead_id, {"rep_id": owner, "key": "k1"})
    await until_changed(house, ts, "You have it, since")
    await house.front.speaker.say("undo", lead_id, {"rep_id": owner, "key": "k1"})
    again = await until_changed(house, ts, '"accept"')
    assert buttons(message) == buttons(again)


async def test_a_click_is_kept_in_time_while_temporal_hangs(house: House) -> None:
    """A server that takes connections and says nothing: the click is durable before Slack gives up."""
    lead_id, owner, _, message = await asked(house)

    async def silent() -> Client:
        await asyncio.Event().wait()
        raise AssertionError("nobody ever answers")

    front = replace(house.front, line=Line(silent, patience=timedelta(minutes=1)))
    payload = press(message, "accept", f"U000{owner.upper()}", house.slack.url)
    async with before(front) as doors:
        answer = await replace(house, doors=doors).click(payload)
    assert {"status": "recorded"} == answer.json()
    (task,) = await house.front.store.outbox.claim(9, now=clock.now(), lease=timedelta(minutes=1), what=[Errand.SAY])
    assert (lead_id, "accept", owner) == (task.lead_id, task.body["name"], task.body["message"]["rep_id"])
    await house.front.store.outbox.done(task.id, at=clock.now())


@pytest.mark.parametrize("change", ["signature", "old", "young", "missing", "body"])
async def test_what_slack_did_not_send_now_is_not_heard(house: House, change: str) -> None:
    """A changed byte, an old timestamp, a missing header: 401, and nothing happens."""
    payload = {"type": "block_actions", "actions": []}
    seconds = {"old": -301, "young": 301}.get(change, 0)
    at = str(int((clock.now() + timedelta(seconds=seconds)).timestamp()))
    wrong = {"signature": {"x-slack-signature": "v0=" + "0" * 64}, "missing": {"x-slack-signature": ""}}
    if change == "body":
        answer = await house.doors.ask(
            "POST", "/v1/slack/interactions", content=b"payload={}", headers={"content-type": "text/plain"}
        )
    else:
        answer = await house.click(payload, at=at, **wrong.get(change, {}))
    assert (401, "application/problem+json") == (answer.status_code, answer.headers["content-type"])


@pytest.mark.parametrize(
    ("payload", "status"),
    [
        ({}, 200),
        ({"type": "view_submission"}, 200),
        ({"type": "block_actions", "actions": "none"}, 200),
        ({"type": "block_actions", "actions": [{"action_id": "accept", "value": "{}"}]}, 200),
        ({"type": "block_actions", "actions": [{"action_id": "link-0"}], "response_url": 7}, 200),
        ([], 422),
        ("text", 422),
    ],
)
async def test_authentic_noise_is_let_pass(house: House, payload: Any, status: int) -> None:
    """Slack shows an error for anything but 200, so what means nothing to us is no error."""
    answer = await house.click(payload)
    assert status == answer.status_code
    assert status != 200 or answer.json() == {"status": "ignored"}


async def test_nothing_is_called_but_slack(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever address a payload names."""
    _, owner, _, message = await asked(house)
    payload = press(message, "why", f"U000{owner.upper()}", "http://127.0.0.1:1")
    assert {"status": "told"} == (await house.click(payload)).json()
    assert "not Slack's" in capsys.readouterr().out

"""Clicks in Slack: take it, pass it on, why me. Answered within three seconds, and only once what was said is durable.

Only who was asked answers: the Slack id of who clicked is looked up in the roster. The message itself is changed by
the worker as soon as the lead has changed hands (`runtime.refreshing`); here whoever clicked is told in a word.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

from fastapi import BackgroundTasks, Request
from pydantic import BaseModel, Field

from adapters.channels.slack_blocks import Pressed, pressed
from adapters.signatures import SignatureError, verify_slack
from api import problems
from api.document import refusals
from api.doors import FrontDep, door
from api.problems import Problem
from models.base import Refused
from models.roster import Roster
from runtime.front import Front
from runtime.slack_replies import SlackReplies
from runtime.talking.answers import Answer, NoSuchLead, Outcome, recorded
from runtime.whose import Eyes, whose_it_is
from runtime.why import why

router = door("slack")

FORM = "application/x-www-form-urlencoded"
PATIENCE = timedelta(milliseconds=700)
"""How long a worker may take to hear a click, and as long again for its verdict."""

ANSWERS_WITHIN = timedelta(seconds=2)
"""After which a click is kept in the database, whatever Temporal is doing: Slack waits three seconds in all."""


class Became(StrEnum):
    """What became of a click."""

    DONE = "done"
    REFUSED = "refused"
    RECORDED = "recorded"
    TOLD = "told"
    IGNORED = "ignored"


class Clicked(BaseModel):
    """The answer to Slack, which shows none of it."""

    status: Became = Field(description="`told`: who clicked is told something; `ignored`: no button of ours")

    model_config = {"json_schema_extra": {"examples": [{"status": "done"}]}}


@dataclass(frozen=True, slots=True)
class _Reply:
    """What is said to who clicked."""

    became: Became
    text: str
    link: tuple[str, str] | None = None


_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "required": ["payload"],
                    "properties": {"payload": {"type": "string", "description": "Slack's JSON"}},
                }
            }
        },
    },
    "parameters": [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
        for name in ("X-Slack-Request-Timestamp", "X-Slack-Signature")
    ],
}


@router.post(
    "/v1/slack/interactions",
    summary="Hear a click in Slack",
    openapi_extra=_BODY,
    responses=refusals(401, 415, 429),
)
async def interactions(request: Request, front: FrontDep, after: BackgroundTasks) -> Clicked:
    """Set this as the Request URL of the app's Interactivity. Signature (v0) and age (5 minutes) are checked first."""
    request.app.state.pace.count_address(request, "slack")
    payload = await _payload(request, front)
    actions = payload.get("actions")
    first = actions[0] if isinstance(actions, list) and actions and isinstance(actions[0], Mapping) else {}
    press = pressed(first) if payload.get("type") == "block_actions" else None
    if press is None:
        return Clicked(status=Became.IGNORED)
    reply = await _heard(press, payload, first, front)
    url = payload.get("response_url")
    if reply.text and isinstance(url, str) and url:
        replies = SlackReplies(front.settings.slack_url, front.clock)
        after.add_task(replies.say, url, reply.text, reply.link)
    return Clicked(status=reply.became)


async def _payload(request: Request, front: Front) -> Mapping[str, Any]:
    """Believe that Slack sent it, and read it. Raises `Problem`."""
    body = await request.body()
    secrets = [secret.get_secret_value() for secret in front.settings.slack_signing_secrets]
    try:
        verify_slack(secrets, request.headers, body, front.clock())
    except SignatureError as error:
        raise Problem(401, "unauthorized", "Not from Slack", f"{error}.") from None
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise problems.of_status(415, f"Send {FORM}.", {"Accept": FORM})
    try:
        payload = json.loads(dict(parse_qsl(body.decode(), max_num_fields=10))["payload"])
    except (ValueError, KeyError, RecursionError):
        raise problems.unreadable([{"field": "payload", "what": "is not the JSON that Slack sends"}]) from None
    if not isinstance(payload, dict):
        raise problems.unreadable([{"field": "payload", "what": "has to be a JSON object"}])
    return payload


async def _heard(press: Pressed, payload: Mapping[str, Any], action: Mapping[str, Any], front: Front) -> _Reply:
    """Say to the lead what was clicked, if it was for who clicked."""
    roster = await front.store.rosters.load()
    user = payload.get("user")
    slack_id = user.get("id") if isinstance(user, Mapping) else None
    who = _person(roster, slack_id)
    if roster is None or who is None:
        return _Reply(Became.REFUSED, "We do not know you: ask for your Slack id to be put into the roster.")
    eyes = Eyes(roster, who)
    if who != press.rep_id:
        return _Reply(Became.REFUSED, f"{eyes.name(press.rep_id)} was asked, so only they can answer here.")
    if press.does == "why":
        lines = await why(front.store, press.lead_id, press.offer, eyes)
        return _Reply(Became.TOLD, "\n".join(lines) or "Nothing was noted about this offer.")
    message = {"rep_id": who, "offer": press.offer, "key": _key(press, action)}
    if press.does == "decline":
        message["reason"] = press.reason
    try:
        answer = await _say(press, message, front)
    except NoSuchLead:
        return _Reply(Became.REFUSED, "This lead is not there any more.")
    except Refused:
        return _Reply(Became.REFUSED, "This button is out of date.")
    return _told(press, answer, eyes, front)


async def _say(press: Pressed, message: Mapping[str, Any], front: Front) -> Answer:
    """Say it to the lead, and have it durable in time: what is said twice has the same key, and counts once."""
    try:
        async with asyncio.timeout(ANSWERS_WITHIN.total_seconds()):
            return await front.speaker.say(press.does, press.lead_id, message, patience=PATIENCE)
    except TimeoutError:
        await front.store.outbox.say(press.lead_id, press.does, {**message, "report": True}, at=front.clock())
        return recorded(press.lead_id, str(message["key"]))


def _told(press: Pressed, answer: Answer, eyes: Eyes, front: Front) -> _Reply:
    """Say in a word what came of it; a late click reads who has it and since when."""
    if answer.outcome is Outcome.RECORDED:
        return _Reply(Became.RECORDED, "Your answer is kept. The verdict follows.")
    if answer.outcome is Outcome.REFUSED:
        return _Reply(Became.REFUSED, _refusal(answer.document, eyes))
    if press.does == "decline":
        return _Reply(Became.DONE, "You passed it on. Thank you for saying so.")
    links, link = front.links, None
    if links is not None:
        link = ("Open it", links.url(press.lead_id, press.offer, press.rep_id, "offer"))
    return _Reply(Became.DONE, "It is yours. How to reach them is behind the link." if link else "It is yours.", link)


def _refusal(document: Mapping[str, Any], eyes: Eyes) -> str:
    """Say who has it and since when; where nobody else has, why it did not work."""
    owner, since = document["owner"], document["since"]
    if owner in (None, eyes.person_id) or since is None:
        return f"That did not work: {document['because']}."
    at = datetime.fromisoformat(since)
    taken = document["stage"] in ("accepted", "contacted")
    return f"Too late. {whose_it_is(eyes, owner, None if taken else at, at if taken else None)}"


def _person(roster: Roster | None, slack_id: object) -> str | None:
    if roster is None or not isinstance(slack_id, str):
        return None
    return next((one.id for one in (*roster.reps, *roster.managers) if one.slack == slack_id), None)


def _key(press: Pressed, action: Mapping[str, Any]) -> str:
    """Name a click: the same one again changes nothing, a later one is heard anew."""
    at = str(action.get("action_ts", ""))[:40]
    return f"slack-{press.does}-{press.offer}-{at}"

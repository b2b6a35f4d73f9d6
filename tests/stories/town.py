"""A whole Baton as a company runs it: a worker and the HTTP app as processes, before mail, chat and marketing tools."""

import asyncio
import hashlib
import hmac
import json
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx2
import yaml

from runtime.embedded import EmbeddedTemporal
from runtime.loopback import free_port
from tests.adapters.channels.mail_sink import MailSink
from tests.adapters.channels.vendor_sinks import TOKEN, SlackSink
from tests.adapters.channels.webhook_sink import WebhookSink
from tests.cli.house import ROOT, ROSTER, House, furnished, policy_text, working

SIGNING = "slack-signing-secret-of-the-town"
REACHED = {
    "ana": {"email": "ana@baton.example", "channels": ["email"]},
    "ben": {"slack": "U0000BEN", "channels": ["slack"]},
    "cam": {"email": "cam@baton.example", "slack": "U0000CAM", "channels": ["slack", "email"]},
}
MORE_POLICY = """
first_answers:
  - name: welcome
    when: source == "website"
    subject: Thank you, {first_name}
    text: |
      Somebody will call you about {company}.
"""

T = TypeVar("T")


@dataclass
class Town:
    """What runs, and the tools around it."""

    house: House
    door: httpx2.AsyncClient
    mail: MailSink
    slack: SlackSink
    marketing: WebhookSink

    async def lead(self, **fields: Any) -> str:
        """Post one lead at the door and give its id."""
        number = hashlib.sha256(os.urandom(8)).hexdigest()[:10]
        lead = {"source": "website", "type": "demo_request", "email": f"kim@{number}.example", "first_name": "Kim"}
        answer = await self.door.post("/v1/leads", json=lead | {"company": {"name": f"Firm {number}"}} | fields)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["lead_id"])

    async def status(self, lead_id: str) -> dict[str, Any]:
        """Ask the door where a lead stands."""
        return dict((await self.door.get(f"/v1/leads/{lead_id}")).json())

    async def until(self, lead_id: str, **wanted: Any) -> dict[str, Any]:
        """Wait until a lead's status is as wanted."""

        async def look() -> dict[str, Any] | None:
            status = await self.status(lead_id)
            return status if all(status.get(name) == value for name, value in wanted.items()) else None

        found: dict[str, Any] = await eventually(look)
        return found

    async def given_to(self, lead_id: str, rep_id: str) -> None:
        """Let a manager give a lead to somebody, once somebody is asked."""

        async def asked() -> bool | None:
            return (await self.status(lead_id)).get("stage") == "offered" or None

        await eventually(asked)
        said = {"rep_id": rep_id, "by": "mia", "reason": "for the story"}
        answer = await self.door.post(f"/v1/leads/{lead_id}/reassign", json=said)
        assert answer.status_code == 200, answer.text
        await self.until(lead_id, owner=rep_id)

    async def click(self, button: dict[str, Any], who: str) -> httpx2.Response:
        """Press a button in Slack as Slack tells of it, signed."""
        payload = {"type": "block_actions", "user": {"id": who}, "actions": [button]}
        body = urlencode({"payload": json.dumps(payload)}).encode()
        at = str(int(time.time()))
        digest = hmac.new(SIGNING.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": f"v0={digest}",
        }
        return await self.door.post("/v1/slack/interactions", content=body, headers=headers)


async def eventually(look: Callable[[], Any], within_s: float = 30) -> Any:
    """Look until there is something, and give it."""
    async with asyncio.timeout(within_s):
        while (found := await look()) is None:  # noqa: ASYNC110 - other processes tell nobody when they are done
            await asyncio.sleep(0.05)
    return found


def link_in(mail: Any) -> str:
    """Find the link that answers in a mail, as a reader's program would."""
    found: list[str] = re.findall(r"http://[^\s\"<>]+/a/[^\s\"<>]+", mail.get_body(("plain",)).get_content())
    return found[0]


def form_in(page: str, label: str) -> dict[str, str]:
    """Fill in the form with this button as a phone would send it."""
    forms = [form for form in re.findall(r"<form.*?</form>", page, re.DOTALL) if f">{label}</button>" in form]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', forms[0]))


@asynccontextmanager
async def running_town(folder: Path, temporal: EmbeddedTemporal) -> AsyncIterator[Town]:
    """Start everything, and stop it as one stops it."""
    with ExitStack() as sinks:
        mail, slack = sinks.enter_context(MailSink()), sinks.enter_context(SlackSink())
        marketing = sinks.enter_context(WebhookSink())
        house = await furnished(folder, temporal)
        address = f"127.0.0.1:{free_port().port}"
        house.cli.env |= {
            "BATON_HTTP_ADDR": address,
            "BATON_PUBLIC_URL": f"http://{address}",
            "BATON_SECRET_KEYS": "s" * 40,
            "BATON_SMTP_URL": f"smtp://127.0.0.1:{mail.port}",
            "BATON_MAIL_FROM": "leads@baton.example",
            "BATON_SLACK_BOT_TOKEN": TOKEN,
            "BATON_SLACK_URL": slack.url,
            "BATON_SLACK_SIGNING_SECRETS": SIGNING,
            "BATON_NURTURE_URL": f"http://127.0.0.1:{marketing.port}/enrol",
            "BATON_WEBHOOK_SECRET": "w" * 40,
            "BATON_LOG_FORMAT": "json",
            "BATON_STATE_DIR": str(folder / "state"),
        }
        key = await _set_up(house)
        async with working(house), _doors(house), httpx2.AsyncClient(base_url=f"http://{address}", timeout=30) as door:
            door.headers["Authorization"] = f"Bearer {key}"

            async def open_() -> bool | None:
                try:
                    return (await door.get("/healthz")).status_code == 200 or None
                except httpx2.TransportError:
                    return None

            await eventually(open_)
            yield Town(house, door, mail, slack, marketing)


async def _set_up(house: House) -> str:
    """Load roster and policy of the town, and make a key for everything."""
    roster = yaml.safe_load(ROSTER)
    roster["reps"] = [rep | REACHED[rep["id"]] for rep in roster["reps"]]
    house.cli.write("roster.yaml", yaml.safe_dump(roster))
    house.cli.write("policy.yaml", policy_text() + MORE_POLICY)
    for words in (
        ("roster", "load", "roster.yaml"),
        ("policy", "publish", "policy.yaml", "--by", "ops"),
    ):
        ran = await house.cli(*words)
        assert (0, "") == (ran.code, ran.err), ran
    made = await house.cli("keys", "create", "town", "--scope", "all", "--by", "ops", "--json")
    assert (0, "") == (made.code, made.err)
    return str(made.json["token"])


@asynccontextmanager
async def _doors(house: House) -> AsyncIterator[None]:
    """Run `python -m api`, and stop it as one stops it."""
    with (house.cli.folder / "doors.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "api", env=os.environ | house.cli.env, stdout=log, stderr=log, cwd=ROOT
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            assert await process.wait() == 0

"""Channels: a test goes to whoever asks, through the real one; what did not go out is listed with its reason."""

import asyncio
import shutil
from datetime import datetime
from pathlib import Path

import yaml

from api.console.ops_channels import TESTS_A_MINUTE
from db import tables
from db.notifications import Key
from db.tables.console import Member
from db.tables.words import Alerting
from models.access import Role
from models.base import parse
from models.lead import Stage
from models.roster import Roster
from runtime import clock
from tests.adapters.channels.mail_sink import MailSink
from tests.api.house import Doors, opened
from tests.cli.house import ROSTER
from tests.console.board_rows import put
from tests.console.house import visiting

ADDRESS = "ops.person@house.example"


async def test_a_test_goes_through_the_real_mail_server(furnished_file: Path, tmp_path: Path) -> None:
    """To whoever asks and nobody else; clicked twice, it is one mail to whoever reads it."""
    url = f"sqlite:///{shutil.copy(furnished_file, tmp_path)}"
    with MailSink() as sink:
        server = f"smtp://127.0.0.1:{sink.port}"
        house = opened(url, tmp_path, smtp_url=server, mail_from="baton@house.example")
        async with house as mailing, visiting(mailing, Role.OPS) as ops:
            nowhere = await ops.get("/ops/channels")
            await _member(mailing)
            page = await ops.get("/ops/channels")
            sent = await ops.do("/ops/channels/email/test", once="one")
            await ops.do("/ops/channels/email/test", once="one")
            sink.answer("550 5.7.1 not from you")
            refused = await ops.do("/ops/channels/email/test", once="two")
    assert "The roster does not have an e-mail address for you." in nowhere.text
    assert 'action="/ops/channels/email/test"' in page.text
    assert "A test is on its way to you over email" in sent.text
    assert "Nothing reached you over email" in refused.text
    assert ADDRESS not in sent.text + refused.text
    assert ([ADDRESS], 2) == (sink.envelopes[0][1], len(sink.mails))
    assert 1 == len({one["Message-ID"] for one in sink.mails})
    assert "A test: Baton reaches you here" in sink.mails[0]["Subject"]


async def _member(doors: Doors) -> None:
    member = Member(member_id="ops", name="Ops", email=ADDRESS, roles=["ops"], created_at=clock.now(), created_by="t")
    async with doors.store.database.writing() as session:
        session.add(member)


async def test_what_is_not_set_up_is_told_with_who_misses_it(doors: Doors) -> None:
    """Somebody of the roster who wants mail is not reached without a mail server."""
    raw = yaml.safe_load(ROSTER)
    raw["reps"][0] |= {"channels": ["email", "log"], "email": "ana@house.example"}
    await doors.store.rosters.save(parse(Roster, raw), at=clock.now())
    async with visiting(doors, Role.OPS, person_id="ana") as ops:
        page = (await ops.get("/ops/channels")).text
        told = await ops.do("/ops/channels/email/test")
        logged = await ops.do("/ops/channels/log/test")
        unknown = await ops.post("/ops/channels/pigeon/test")
    assert "BATON_SMTP_URL and BATON_MAIL_FROM" in page
    assert '<dt>Not reached</dt><dd class="late-text">ana</dd>' in page
    assert "ana@house.example" not in page
    assert "email is not set up" in told.text
    assert "A test is on its way to you over log" in logged.text
    assert 404 == unknown.status_code


async def test_what_did_not_go_out_is_listed(doors: Doors) -> None:
    """Newest first, by how it stands; what went out is not."""
    now, said = clock.now(), doors.store.notifications
    for offer, because in ((1, ""), (2, "connection refused"), (3, "no such mailbox")):
        key = Key("lead-1", offer, 0, "email")
        await said.claim(key, person_id="ana", at=now, kind="offer")
        if offer == 1:
            await said.sent(key, provider_id="p", at=now)
        elif offer == 2:
            await said.failed(key, because, at=now)
        else:
            await said.refused(key, because, at=now)
    async with visiting(doors, Role.OPS) as ops:
        every = (await ops.get("/ops/messages")).text
        refused = (await ops.get("/ops/messages?state=refused")).text
        health = (await ops.get("/ops")).text
    assert every.index("offer, offer 3") < every.index("offer, offer 2")
    assert "offer, offer 1" not in every
    assert ("no such mailbox" in refused, "connection refused" in refused) == (True, False)
    assert "1 were refused and 1 are in trouble" in health


async def test_an_alert_that_nobody_was_told_is_told(furnished_file: Path, tmp_path: Path) -> None:
    """By mail, once, though the server refused it before; one whose lead needs nobody, or told meanwhile, is not."""
    url = f"sqlite:///{shutil.copy(furnished_file, tmp_path)}"
    raw = yaml.safe_load(ROSTER)
    raw["managers"][0] |= {"channels": ["email"], "email": "boss@house.example"}
    boss, now = raw["managers"][0]["id"], clock.now()
    with MailSink() as sink:
        server = f"smtp://127.0.0.1:{sink.port}"
        house = opened(url, tmp_path, smtp_url=server, mail_from="baton@house.example")
        async with house as mailing, visiting(mailing, Role.OPS) as ops, visiting(mailing, Role.ADMIN) as admin:
            await mailing.store.rosters.save(parse(Roster, raw), at=now)
            await _untold(mailing, boss, now)
            before = [(await ops.get(path)).text for path in ("/ops", "/ops/messages")]
            sink.answer("550 5.7.1 not yet")
            failed = await ops.do("/ops/alerts/1/retry")
            sink.answer("250 ok")
            told = await asyncio.gather(*(one.do("/ops/alerts/1/retry") for one in (ops, admin)))
            ended = await ops.do("/ops/alerts/2/retry")
            after = [(await ops.get(path)).text for path in ("/ops", "/ops/messages")]
    assert "1 alert could not be sent" in before[0]
    assert ("/ops/alerts/1/retry" in before[1], "/ops/alerts/2/retry" in before[1]) == (True, False)
    assert f"{boss} could not be told: email: " in failed.text
    assert 1 == sum(f"{boss} is told now, over email." in one.text for one in told)
    assert "Alert 2 is not one that could not be sent, or its lead needs nobody" in ended.text
    assert (1, ["boss@house.example"]) == (len(sink.mails), sink.envelopes[-1][1])
    assert "1 lead needs you" in sink.mails[0]["Subject"]
    assert "could not be sent" not in after[0]
    assert "Every alert reached somebody" in after[1]


async def _untold(doors: Doors, boss: str, at: datetime) -> None:
    """Two alerts were refused; one's lead has ended since."""
    await put(doors, "open-1")
    await put(doors, "over-1", Stage.DISQUALIFIED, closed_at=at)
    for lead_id in ("open-1", "over-1"):
        await doors.store.notifications.claim(Key(lead_id, 1, 1, "email"), person_id=boss, at=at, kind="alert")
        await doors.store.notifications.refused(Key(lead_id, 1, 1, "email"), "no such mailbox", at=at)
        async with doors.store.database.writing() as session:
            row = tables.Alert(lead_id=lead_id, offer=1, rung=1, person_id=boss, what="late", bundle=f"{lead_id}:1:1",
                               because="refused", state=Alerting.UNDELIVERABLE, raised_at=at, send_at=at)  # fmt: skip
            session.add(row)


async def test_nobody_has_a_channel_tested_without_end(doors: Doors) -> None:
    """Somebody who clicks on and on is asked to wait, and another is not."""
    async with visiting(doors, Role.OPS) as ops, visiting(doors, Role.ADMIN) as admin:
        answers = [(await ops.post("/ops/channels/log/test")).status_code for _ in range(TESTS_A_MINUTE + 1)]
        other = await admin.post("/ops/channels/log/test")
    assert [*[303] * TESTS_A_MINUTE, 429] == answers
    assert 303 == other.status_code

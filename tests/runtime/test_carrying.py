"""What leaves the house for a lead leaves it, once where the other end can tell, and tells no more than it should."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, update
from structlog.testing import capture_logs

from activities.policybook import Policybook
from adapters.channels.smtp import TlsMode
from adapters.marketing.answers import ProspectMail
from adapters.marketing.base import NoticeKind
from adapters.marketing.fake import FakeMarketing
from adapters.marketing.file import MarketingFile
from adapters.marketing.webhook import MarketingWebhook
from config.settings import load_settings
from db import tables
from db.hand_offs import HandOff
from db.tables.words import HandOffKind, HandOffState
from models.lead import Stage
from models.orders import Holding
from models.policy import FirstAnswer
from runtime.carriers import marketing_of, prospect_mail_of
from runtime.carrying import FIRST_RETRY, LEASE, LOOK_AGAIN, OWNER_PATIENCE, TOO_LATE, Carrier
from runtime.store import Store, open_store
from tests.activities.noticing import POLICY
from tests.adapters.channels.mail_sink import MailSink
from tests.db.samples import AT, facts, give, newcomer, order, roster, standing

NOW = AT + timedelta(minutes=30)
UNTIL = AT + timedelta(days=180)
OWNERS = FirstAnswer(name="owner", subject="Hello {first_name}", text="{owner} will call you.")
PLAIN = FirstAnswer(name="plain", subject="Thank you", text="Dear {first_name}, soon.")
ADA = Holding(rep_id="ada", offer=1)
SECRET = "s" * 40


class House:
    """A database with a policy and people, both tools, and a clock that is set by hand."""

    def __init__(self, store: Store, mail: ProspectMail | None) -> None:
        self.store, self.mail, self.now = store, mail, NOW
        self.marketing: FakeMarketing | None = FakeMarketing()

    def carrier(self) -> Carrier:
        """Make one, as a worker that has just started has it."""
        book = Policybook(self.store.policies, self.store.trials)
        return Carrier(self.store, book, self.marketing, self.mail, lambda: self.now)

    async def look(self, after: timedelta = timedelta(0)) -> bool:
        """Have a carrier look once, a while from now."""
        self.now += after
        return await self.carrier().once()

    async def let_in(self, lead_id: str = "one", answer: FirstAnswer | None = None, **about: Any) -> None:
        """Let a lead in, a moment ago."""
        known = facts(lead_id, email="kim@acme.example", first_name="Kim", **about)
        came = newcomer(lead_id, known, at=self.now, first_answer=answer)
        await self.store.leads.admit(came)

    async def goes_to(self, stage: Stage, seq: int, lead_id: str = "one", **more: Any) -> None:
        """Record where a lead stands."""
        holding = more.pop("holding", None)
        await self.store.leads.record(standing(lead_id, seq, stage, holding, at=self.now, **more))

    async def of(self, kind: HandOffKind, lead_id: str = "one") -> HandOff:
        """Give the newest hand-off of a kind."""
        return (await self.store.hand_offs.list(lead_id=lead_id, kinds=[kind]))[0]

    @property
    def told(self) -> list[str]:
        """Give the keys of what marketing was told, in order."""
        assert self.marketing is not None
        return list(self.marketing.told)


@pytest.fixture(scope="module")
def mail_sink() -> Iterator[MailSink]:
    """A mail server."""
    with MailSink() as sink:
        yield sink


@pytest.fixture
async def house(tmp_path: Path, mail_sink: MailSink) -> AsyncIterator[House]:
    """Everything in place."""
    mail_sink.mails.clear()
    mail = ProspectMail(
        host="127.0.0.1", port=mail_sink.port, sender="hello@baton.example", clock=lambda: NOW, tls=TlsMode.NONE
    )
    async with open_store(load_settings(state_dir=tmp_path)) as store:
        await store.database.migrate()
        await store.rosters.save(roster(), at=AT)
        text = json.dumps(POLICY | {"nurture": {"programme": "spring"}})
        await store.policies.publish("p1", "simple", text, by="mia", at=AT)
        yield House(store, mail)


async def test_marketing_hears_whom_to_keep_warm_and_who_answers_for_them(house: House) -> None:
    """Programme, until, owner by name, and whom it is about; afterwards the row knows the programme, and nobody."""
    await house.let_in()
    await house.goes_to(Stage.NURTURING, 1, due_at=UNTIL)
    assert house.marketing is not None
    await house.look()
    notice = house.marketing.told["one:enrol:1"]
    assert (NoticeKind.ENROL, "spring", UNTIL) == (notice.kind, notice.programme, notice.until)
    assert {"id": "mia", "name": "Mia Maler", "email": "mia@baton.example"} == notice.answerable
    assert {"email": "kim@acme.example", "first_name": "Kim"} == notice.person
    assert {"source": "web", "type": "demo_request", "backfill": False} == notice.lead
    row = await house.of(HandOffKind.ENROL)
    assert (HandOffState.SENT, house.now, "fake-1") == (row.state, row.sent_at, row.provider_id)
    assert {"programme": "spring", "answerable": "mia", "until": UNTIL.isoformat()} == row.body


async def test_marketing_hears_when_it_is_over(house: House) -> None:
    """A promoted lead leaves the programme it was enrolled in, with the reason; only its address is told again."""
    await house.let_in()
    await house.goes_to(Stage.NURTURING, 1, due_at=UNTIL)
    await house.look()
    await house.goes_to(Stage.ROUTING, 2)
    await house.look()
    assert house.marketing is not None
    notice = house.marketing.told["one:leave:1"]
    assert (NoticeKind.LEAVE, "spring", "the lead is routing") == (notice.kind, notice.programme, notice.because)
    assert {"email": "kim@acme.example"} == notice.person


async def test_enrolments_of_a_lead_arrive_in_their_order(house: House) -> None:
    """An end that is in trouble holds the next enrolment up: the last thing the tool hears is what is so."""
    await house.let_in()
    await house.goes_to(Stage.NURTURING, 1)
    await house.look()
    await house.goes_to(Stage.ROUTING, 2)
    await house.goes_to(Stage.NURTURING, 3)
    assert house.marketing is not None
    house.marketing.fail_temporarily()
    await house.look()
    assert ["one:enrol:1"] == house.told
    await house.look(FIRST_RETRY)
    await house.look()
    assert ["one:enrol:1", "one:leave:1", "one:enrol:2"] == house.told


async def test_trouble_is_waited_out_longer_each_time(house: House) -> None:
    """After 5 s, then 10; as long as the tool wishes where it says so; and said each time, without the person."""
    await house.let_in()
    await house.goes_to(Stage.NURTURING, 1)
    assert house.marketing is not None
    house.marketing.fail_temporarily(2)
    house.marketing.fail_temporarily(1, retry_after=timedelta(minutes=30))
    waits = []
    with capture_logs() as logs:
        for _ in range(3):
            await house.look()
            row = await house.of(HandOffKind.ENROL)
            waits.append(row.next_at - house.now)
            house.now = row.next_at
        await house.look()
    assert [FIRST_RETRY, 2 * FIRST_RETRY, timedelta(minutes=30)] == waits
    assert ["hand_off_in_trouble"] * 3 + ["hand_off_sent"] == [line["event"] for line in logs]
    assert "kim" not in str(logs)


async def test_a_refusal_waits_for_a_person(house: House) -> None:
    """It is not tried again by itself; told to, it goes out."""
    await house.let_in()
    await house.goes_to(Stage.NURTURING, 1)
    assert house.marketing is not None
    house.marketing.fail_permanently()
    await house.look()
    row = await house.of(HandOffKind.ENROL)
    assert (HandOffState.REFUSED, "the fake is told to refuse") == (row.state, row.because)
    await house.look(timedelta(days=1))
    assert [] == house.told
    await house.store.hand_offs.retry(row.id, at=house.now)
    await house.look()
    assert ["one:enrol:1"] == house.told


async def test_without_a_marketing_tool_enrolments_wait_for_one(house: House) -> None:
    """Set up later, it hears of everybody who is still to be enrolled, and of nobody else."""
    for lead_id in ("one", "two"):
        await house.store.leads.admit(newcomer(lead_id))
        await house.goes_to(Stage.NURTURING, 1, lead_id)
    tool, house.marketing = house.marketing, None
    await house.look()
    await house.goes_to(Stage.CLOSED, 2, "two", closed=True)
    house.marketing = tool
    await house.look(timedelta(days=1))
    assert ["one:enrol:1"] == house.told


async def test_who_carried_it_and_died_is_followed_by_another(house: House) -> None:
    """A claim that nobody carried out is anybody's after its lease."""
    await house.let_in()
    await house.goes_to(Stage.NURTURING, 1)
    await house.store.hand_offs.claim(list(HandOffKind), 10, now=house.now, lease=LEASE)
    await house.look()
    assert [] == house.told
    await house.look(LEASE)
    assert ["one:enrol:1"] == house.told


async def test_a_defect_of_one_is_not_the_others_trouble(house: House) -> None:
    """A row that cannot be read is tried again and again, and named; what comes after it goes out."""
    for lead_id in ("one", "two"):
        await house.store.leads.admit(newcomer(lead_id))
        await house.goes_to(Stage.NURTURING, 1, lead_id)
    async with house.store.database.writing() as session:
        broken = update(tables.HandOff).where(col(tables.HandOff.lead_id) == "one")
        await session.exec(broken.values(body={"until": "some day"}))
    with capture_logs() as logs:
        await house.look()
    assert ["two:enrol:1"] == house.told
    assert ("hand_off_failed", "one:enrol:1", "ValueError") in [
        (line["event"], line["key"], line.get("because")) for line in logs
    ]


async def test_an_erased_leads_end_names_nobody(house: House) -> None:
    """The tool hears that the lead is gone, and by its id alone."""
    await house.let_in()
    await house.goes_to(Stage.NURTURING, 1)
    await house.look()
    await house.goes_to(Stage.CLOSED, 2, closed=True)
    async with house.store.database.writing() as session:
        erased = update(tables.Lead).where(col(tables.Lead.lead_id) == "one")
        await session.exec(erased.values(stage=Stage.ERASED, facts=None))
    await house.look()
    assert house.marketing is not None
    notice = house.marketing.told["one:leave:1"]
    assert ({}, {}, {}) == (notice.person, notice.company, notice.lead)


async def test_a_prospect_is_answered_by_name_of_who_has_the_lead(house: House, mail_sink: MailSink) -> None:
    """It waits until the lead is judged and somebody has it; then one mail goes out, and no second one."""
    await house.let_in(answer=OWNERS)
    await house.look()
    assert [] == mail_sink.mails
    await house.store.ownerships.assign(order("one"), give("one", "ada"), at=house.now, ordered_at=house.now)
    await house.goes_to(Stage.OFFERED, 1, holding=ADA)
    for _ in range(3):
        await house.look(LOOK_AGAIN)
    (mail,) = mail_sink.mails
    assert ("kim@acme.example", "Hello Kim") == (mail["To"], mail["Subject"])
    assert "Ada will call you." in mail.get_content()
    row = await house.of(HandOffKind.ANSWER)
    assert (HandOffState.SENT, mail["Message-ID"], 1) == (row.state, row.provider_id, row.attempts)


async def test_an_answer_does_not_wait_for_ever_for_an_owner(house: House, mail_sink: MailSink) -> None:
    """After two minutes it is the team who will call."""
    await house.let_in(answer=OWNERS)
    await house.goes_to(Stage.ROUTING, 1)
    await house.look()
    assert [] == mail_sink.mails
    await house.look(OWNER_PATIENCE)
    assert "our team will call you." in mail_sink.mails[0].get_content()


async def test_an_answer_that_names_nobody_goes_out_once_the_lead_is_judged(house: House, mail_sink: MailSink) -> None:
    """Also for a lead that marketing keeps warm: the first contact may be automatic."""
    await house.let_in(answer=PLAIN)
    await house.goes_to(Stage.NURTURING, 1)
    await house.look()
    assert ["Thank you"] == [mail["Subject"] for mail in mail_sink.mails]


@pytest.mark.parametrize("stage", [Stage.DISQUALIFIED, Stage.CLOSED])
async def test_who_is_out_is_not_answered(house: House, mail_sink: MailSink, stage: Stage) -> None:
    """Spam and students get no mail of ours."""
    await house.let_in(answer=PLAIN)
    await house.goes_to(stage, 1, closed=True)
    await house.look()
    assert ([], HandOffState.DROPPED) == (mail_sink.mails, (await house.of(HandOffKind.ANSWER)).state)


async def test_a_late_answer_is_none(house: House, mail_sink: MailSink) -> None:
    """A mail server that is away for more than an hour lets nobody be greeted the day after."""
    await house.let_in(answer=PLAIN)
    await house.goes_to(Stage.NURTURING, 1)
    mail_sink.answer("451 4.3.0 later", times=1)
    await house.look()
    assert (HandOffState.WAITING, 1) == ((row := await house.of(HandOffKind.ANSWER)).state, row.attempts)
    await house.look(TOO_LATE + timedelta(seconds=1))
    assert ([], HandOffState.DROPPED) == (mail_sink.mails, (await house.of(HandOffKind.ANSWER)).state)


async def test_without_a_mail_server_an_answer_says_so(house: House) -> None:
    """Whoever asked for answers in the policy is told which setting is missing."""
    house.mail = None
    await house.let_in(answer=PLAIN)
    await house.look()
    row = await house.of(HandOffKind.ANSWER)
    assert (HandOffState.REFUSED, "no mail server is set up (BATON_SMTP_URL)") == (row.state, row.because)


async def test_only_new_people_are_answered(house: House) -> None:
    """Not a backfill, not a repeat of the admission, not who comes again within a day; after that, yes."""
    old = newcomer("old", first_answer=PLAIN)
    backfill = old.answer.model_copy(update={"backfill": True})
    await house.store.leads.admit(newcomer("old", first_answer=PLAIN, answer=backfill))
    assert () == await house.store.hand_offs.list(lead_id="old")
    for _ in range(2):
        await house.let_in("one", answer=PLAIN)
    assert 1 == len(await house.store.hand_offs.list(lead_id="one"))
    await house.goes_to(Stage.CLOSED, 1, closed=True)
    await house.let_in("again", answer=PLAIN)
    assert () == await house.store.hand_offs.list(lead_id="again")
    await house.goes_to(Stage.CLOSED, 1, "again", closed=True)
    house.now += timedelta(days=2)
    await house.let_in("later", answer=PLAIN)
    assert 1 == len(await house.store.hand_offs.list(lead_id="later"))


async def test_a_carrier_with_much_to_do_says_so(house: House) -> None:
    """Ten at a time, and on at once while there are more."""
    for n in range(11):
        await house.store.leads.admit(newcomer(f"lead-{n}"))
        await house.goes_to(Stage.NURTURING, 1, f"lead-{n}")
    assert [True, False, False] == [await house.look() for _ in range(3)]
    assert 11 == len(house.told)


def test_the_settings_name_the_tools(tmp_path: Path) -> None:
    """A URL, a file, or neither; prospects are written to where mail is set up."""
    path = tmp_path / "nurture.jsonl"
    nothing = load_settings(state_dir=tmp_path)
    assert (None, None) == (marketing_of(nothing), prospect_mail_of(nothing))
    assert isinstance(marketing_of(load_settings(state_dir=tmp_path, nurture_file=path)), MarketingFile)
    by_web = load_settings(
        state_dir=tmp_path,
        nurture_url="https://tool.example/in",
        webhook_secret=SECRET,
        smtp_url="smtp://127.0.0.1:25",
        mail_from="hello@baton.example",
    )
    assert isinstance(marketing_of(by_web), MarketingWebhook)
    assert isinstance(prospect_mail_of(by_web), ProspectMail)

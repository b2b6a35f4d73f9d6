"""What e-mail alone promises: headers, the Message-ID, TLS that is never dropped, and SMTP's codes."""

import asyncio
import email
import email.policy
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.channels.base import Message, PermanentFailure, TemporaryFailure
from adapters.channels.smtp import SmtpChannel, TlsMode
from adapters.channels.wording import headline
from tests.adapters.channels.conftest import raw_server, smtp_channel
from tests.adapters.channels.mail_sink import MailSink
from tests.adapters.channels.samples import HOSTILE, NOW, clock, message, person

CERTIFICATE = Path(__file__).with_name("localhost.pem")
HEADERS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "X-Baton-Key",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
}
PIECES = st.sampled_from(
    ["=?utf-8?q?", "=?utf-8?b?", "=0D=0A", "DQo=", "?=", "=?", "Bcc: x@y.example", " ", "é", '"', "<"]
)
TEXTS = st.text(max_size=80) | st.lists(PIECES, max_size=12).map("".join) | st.sampled_from(HOSTILE)


class Page(HTMLParser):
    """Collect tags, links and text of an HTML part."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str | None] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag and where it leads."""
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        """Note the words."""
        self.words += data


def html_of(mail: EmailMessage) -> str:
    """Return the HTML part."""
    part = mail.get_body(("html",))
    assert part is not None
    html = part.get_content()
    assert isinstance(html, str)
    return html


def tls_channel(port: int, tls: TlsMode, *, trusted: bool = True, login: tuple[str, str] | None = None) -> SmtpChannel:
    """Return a channel that trusts the sink's certificate, or only the public ones."""
    context = ssl.create_default_context(cafile=str(CERTIFICATE)) if trusted else ssl.create_default_context()
    return SmtpChannel(
        host="localhost",
        port=port,
        sender="baton@relay.example",
        clock=clock,
        user=login[0] if login else None,
        password=login[1] if login else None,
        tls=tls,
        tls_context=context,
    )


def server_tls() -> ssl.SSLContext:
    """Return the sink's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


async def test_the_mail_says_which_offer_it_is_and_what_made_it(mail_sink: MailSink) -> None:
    """Subject, key, Date from the given clock, and the header that keeps out-of-office replies away."""
    receipt = await smtp_channel(mail_sink.port).send(message())

    (mail,) = mail_sink.mails
    assert set(mail.keys()) == HEADERS
    assert "[offer 2] Demo request from Acme Robotics" == mail["Subject"]
    assert "L-7Q2:2:1:test" == mail["X-Baton-Key"]
    assert "auto-generated" == mail["Auto-Submitted"]
    assert NOW == mail["Date"].datetime
    assert "Baton <baton@relay.example>" == mail["From"]
    assert "Mira Santos <mira.santos@sales.example>" == mail["To"]
    assert receipt.provider_id == mail["Message-ID"]
    assert [("baton@relay.example", ["mira.santos@sales.example"])] == mail_sink.envelopes


async def test_the_html_form_says_the_same_with_links(mail_sink: MailSink) -> None:
    """Whoever reads HTML gets the same facts and can press the same actions."""
    await smtp_channel(mail_sink.port).send(message())

    page = Page(html_of(mail_sink.mails[0]))
    assert ["https://baton.example/a/tokenAccept", "https://baton.example/l/L-7Q2"] == page.links
    for part in ("A new lead is yours to take.", "Acme Robotics, 420 people, DE", "2026-03-27 17:10:00 UTC"):
        assert part in page.words


async def test_message_id_depends_on_the_key_alone() -> None:
    """The same key gives the same Message-ID after a restart, whatever the words; another key another one."""
    one, other = smtp_channel(1), smtp_channel(2)
    same = {one.compose(message())["Message-ID"], other.compose(message(subject="Reworded"))["Message-ID"]}
    assert 1 == len(same)
    assert same.isdisjoint({one.compose(message(key="L-7Q2:3:1:test"))["Message-ID"]})
    assert "L-7Q2" not in same.pop()


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_text_adds_no_header_recipient_tag_or_link(mail_sink: MailSink, text: str) -> None:
    """Forged headers, markup and reordering marks stay words inside one mail to one person."""
    hostile = message(to=person(name=text), subject=text, text=text, fields=((text, text),))
    await smtp_channel(mail_sink.port).send(hostile)

    (mail,) = mail_sink.mails
    page = Page(html_of(mail))
    assert HEADERS == set(mail.keys())
    assert len(HEADERS) == len(mail.keys())
    assert [("baton@relay.example", ["mira.santos@sales.example"])] == mail_sink.envelopes
    assert ["mira.santos@sales.example"] == [to.addr_spec for to in mail["To"].addresses]
    assert page.tags <= {"html", "head", "meta", "body", "p", "br", "table", "tr", "th", "td", "a"}
    assert [url for _, url in hostile.actions] == page.links
    assert not {"\u202e", "\x1b", "\x00"} & set(f"{mail['Subject']}{page.words}")


async def test_foreign_scripts_arrive_as_they_were_typed(mail_sink: MailSink) -> None:
    """Right-to-left names and accents are content, not an attack."""
    names = "شركة النور · אור בע״מ · Søren Łódź · 日本"
    await smtp_channel(mail_sink.port).send(message(subject=names, fields=(("Company", names),)))

    (mail,) = mail_sink.mails
    assert f"[offer 2] {names}" == mail["Subject"]
    assert names in Page(html_of(mail)).words


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Mira Santos", "Mira Santos"),
        ("Dr. M. O'Neil-Łódź", "Dr M O'Neil-Łódź"),
        ("Santos, Mira", "Santos Mira"),
        ('"Mira" <eve@mallory.example>', "Mira eve mallory example"),
        ("aaaa " * 16 + ", eve@mallory.example", "aaaa " * 11 + "aaaa…"),
        ("", ""),
    ],
)
def test_a_name_is_shown_without_what_could_make_it_an_address(name: str, shown: str) -> None:
    """Long quoted names lose their quotes in the library's folding: names are kept short and plain."""
    raw = smtp_channel(1).compose(message(to=person(name=name))).as_bytes()
    (to,) = email.message_from_bytes(raw, policy=email.policy.default)["To"].addresses
    # Spaces aside: where a long header is folded, some versions of the library add one.
    assert shown.split() == to.display_name.replace(" …", "…").split()
    assert "mira.santos@sales.example" == to.addr_spec


@settings(max_examples=80, deadline=None)
@given(subject=TEXTS, text=TEXTS, name=TEXTS, label=TEXTS, value=TEXTS)
def test_any_text_makes_a_mail_that_parses_to_the_same_headers(
    subject: str, text: str, name: str, label: str, value: str
) -> None:
    """For every text: seven-bit bytes, our headers once each, one recipient, the subject unchanged."""
    sent: Message = message(to=person(name=name), subject=subject, text=text, fields=((label, value),))
    raw = smtp_channel(1).compose(sent).as_bytes()
    mail = email.message_from_bytes(raw, policy=email.policy.default)

    assert raw.isascii()
    assert sorted(HEADERS) == sorted(mail.keys())
    assert ["mira.santos@sales.example"] == [to.addr_spec for to in mail["To"].addresses]
    expected = headline(sent).replace("=?", "= ?")
    assert "".join(expected.split()) == "".join(str(mail["Subject"]).split())


@pytest.mark.parametrize(
    "address",
    [
        "",
        "mira",
        "@sales.example",
        "mira@",
        "a@x.example,b@y.example",
        "a@x.example b@y.example",
        "a@x.example\r\nRCPT TO:<b@y.example>",
        "Mira <mira@sales.example>",
        "<mira@sales.example>",
        "mira@sales.example>",
        "mi ra@sales.example",
        "mira(comment)@sales.example",
        "mira@sales..example",
        "=?utf-8?q?a=0D=0ABcc=3Ab?=@sales.example",
    ],
)
async def test_what_is_not_one_plain_address_is_never_sent_to(mail_sink: MailSink, address: str) -> None:
    """Lists, display names and smuggled commands are refused before connecting."""
    channel = smtp_channel(mail_sink.port)
    assert not channel.can_reach(person(email=address))
    with pytest.raises(PermanentFailure):
        await channel.send(message(to=person(email=address)))
    assert 0 == mail_sink.attempts


async def test_a_domain_in_another_script_is_reached_by_its_ascii_name(mail_sink: MailSink) -> None:
    """Relays without SMTPUTF8 take mail for internationalised domains, too."""
    await smtp_channel(mail_sink.port).send(message(to=person(email="mira@bücher.example")))
    assert [("baton@relay.example", ["mira@xn--bcher-kva.example"])] == mail_sink.envelopes


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        ("421 4.3.2 shutting down", TemporaryFailure),
        ("450 4.2.1 mailbox busy", TemporaryFailure),
        ("452 4.2.2 mailbox full", TemporaryFailure),
        ("550 5.1.1 no such user", PermanentFailure),
        ("554 5.7.1 refused", PermanentFailure),
    ],
)
@pytest.mark.parametrize("stage", ["recipient", "data"])
async def test_the_first_digit_decides(mail_sink: MailSink, stage: str, reply: str, failure: type[Exception]) -> None:
    """4xx may pass, 5xx will not, at RCPT as at DATA, and the code is in the detail."""
    answer = mail_sink.answer_recipient if stage == "recipient" else mail_sink.answer
    answer(reply, times=1)
    with pytest.raises(failure, match=reply[:3]):
        await smtp_channel(mail_sink.port).send(message())
    assert [] == mail_sink.mails


async def test_a_refused_connection_is_temporary(closed_port: int) -> None:
    """The relay is down: try later."""
    with pytest.raises(TemporaryFailure, match="ConnectionRefusedError"):
        await smtp_channel(closed_port).send(message())


async def test_a_server_that_hangs_up_is_temporary() -> None:
    """A relay that closes before it greets is a relay in trouble."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with raw_server(hang_up) as port:
        with pytest.raises(TemporaryFailure):
            await smtp_channel(port).send(message())


async def test_a_server_that_drips_cannot_hold_the_sender() -> None:
    """The time-out bounds the whole send, not only each step of it."""

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"220-wait\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with raw_server(drip) as port, asyncio.timeout(10):
        with pytest.raises(TemporaryFailure, match="in time"):
            await smtp_channel(port, timeout_s=0.3).send(message())


async def test_a_server_slow_at_every_step_cannot_hold_the_sender() -> None:
    """Each answer comes just within the time-out, their sum does not."""
    answered: list[bytes] = []

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        while line := await reader.readline():
            await asyncio.sleep(0.2)
            answered.append(line)
            writer.write(b"354 go on\r\n" if line.startswith(b"DATA") else b"250 ok\r\n")

    async with raw_server(slow) as port:
        with pytest.raises(TemporaryFailure, match="in time"):
            await smtp_channel(port, timeout_s=0.5).send(message())
    assert not [line for line in answered if line.startswith(b"DATA")]


async def test_a_mail_taken_before_the_time_out_is_recognised_when_it_is_sent_again(
    mail_sink: MailSink,
) -> None:
    """The relay took the mail but answered too late: the repeat carries the same Message-ID."""
    mail_sink.answer(times=1, delay_s=30)
    with pytest.raises(TemporaryFailure, match="in time"):
        await smtp_channel(mail_sink.port, timeout_s=1.5).send(message())
    await smtp_channel(mail_sink.port).send(message())

    first, second = mail_sink.mails
    assert first["Message-ID"] == second["Message-ID"]


async def test_a_server_silent_at_quit_does_not_undo_the_delivery() -> None:
    """The mail was taken with 250: what happens to the goodbye is not the message's business."""

    async def silent_at_quit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        in_data = False
        while line := await reader.readline():
            if in_data:
                in_data = line != b".\r\n"
                reply = b"" if in_data else b"250 queued as 7\r\n"
            elif line.startswith(b"DATA"):
                in_data, reply = True, b"354 go on\r\n"
            else:
                reply = b"" if line.startswith(b"QUIT") else b"250 ok\r\n"
            writer.write(reply)

    async with raw_server(silent_at_quit) as port:
        receipt = await smtp_channel(port).send(message())
    assert "queued as 7" == receipt.detail


@pytest.mark.parametrize("tls", [TlsMode.STARTTLS, TlsMode.IMPLICIT])
async def test_mail_travels_encrypted_when_asked(tls: TlsMode) -> None:
    """Both TLS modes encrypt before the mail is handed over."""
    with MailSink(tls=server_tls(), implicit_tls=tls is TlsMode.IMPLICIT) as sink:
        await tls_channel(sink.port, tls).send(message())
    assert [True] == sink.encrypted


async def test_starttls_is_never_quietly_dropped(mail_sink: MailSink) -> None:
    """A server without STARTTLS gets nothing, rather than everything in the clear."""
    with pytest.raises(PermanentFailure, match="STARTTLS"):
        await tls_channel(mail_sink.port, TlsMode.STARTTLS).send(message())
    assert [] == mail_sink.mails


@pytest.mark.parametrize("tls", [TlsMode.STARTTLS, TlsMode.IMPLICIT])
async def test_an_untrusted_certificate_is_permanent(tls: TlsMode) -> None:
    """Somebody in between is not waited out; nothing is sent."""
    with (
        MailSink(tls=server_tls(), implicit_tls=tls is TlsMode.IMPLICIT) as sink,
        pytest.raises(PermanentFailure, match="certificate"),
    ):
        await tls_channel(sink.port, tls, trusted=False).send(message())
    assert [] == sink.mails


async def test_login_is_used_and_a_wrong_password_is_permanent() -> None:
    """The relay's user and password open it; a wrong one is a setting to mend, and is not repeated back."""
    with MailSink(tls=server_tls(), login=("relay-user", "right")) as sink:
        await tls_channel(sink.port, TlsMode.STARTTLS, login=("relay-user", "right")).send(message())
        with pytest.raises(PermanentFailure, match="535") as failure:
            await tls_channel(sink.port, TlsMode.STARTTLS, login=("relay-user", "wrong")).send(message())
    assert 1 == len(sink.mails)
    assert "wrong" not in str(failure.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": "nobody"},
        {"sender": "a@x.example, b@y.example"},
        {"password": "secret"},
        {"timeout": timedelta(0)},
    ],
)
def test_wrong_settings_are_refused_at_once(wrong: dict[str, object]) -> None:
    """A channel that could never send is not built."""
    right: dict[str, object] = {"host": "relay.example", "port": 587, "sender": "a@x.example", "clock": clock}
    build: Callable[..., SmtpChannel] = SmtpChannel
    with pytest.raises(ValueError, match=r"sender|password|timeout"):
        build(**{**right, **wrong})


async def test_many_mails_at_once_arrive_each_once(mail_sink: MailSink) -> None:
    """Concurrent sends over one channel do not mix."""
    channel = smtp_channel(mail_sink.port)
    keys = [f"L-{number}:1:0:smtp" for number in range(25)]
    await asyncio.gather(*(channel.send(replace(message(), key=key)) for key in keys))
    assert sorted(keys) == sorted(str(mail["X-Baton-Key"]) for mail in mail_sink.mails)

"""A real SMTP server on the loopback that takes mail and answers with failures on demand."""

import asyncio
import email
import email.policy
import socket
import ssl
import threading
from collections.abc import Callable
from email.message import EmailMessage
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.adapters.channels.journal import Answer, Answers, Journal

HOST = "127.0.0.1"
KEPT = "250 2.0.0 OK: queued"
LOST = "250 lost"
"""Keep the mail, and cut the line instead of saying so."""


class MailSink:
    """Take mail for anybody: `mails` holds what was accepted, in order; `attempts` counts every try.

    With `tls` it offers STARTTLS; with `login` it wants that user and password (and so TLS) first.
    """

    def __init__(
        self,
        port: int = 0,
        journal: Journal | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str | None, list[str]]] = []
        self.attempts = 0
        self.encrypted: list[bool] = []
        self._journal = journal or Journal(None)
        self._seen = {line["message_id"] for line in self._journal.lines() if line["channel"] == "mail"}
        self._at_rcpt, self._at_data = Answers("250 OK"), Answers(KEPT)
        self._tls, self._implicit, self._login = tls, implicit_tls, login
        self._socket = socket.create_server((HOST, port))
        self.port: int = self._socket.getsockname()[1]
        self._ready = threading.Event()
        self._stop: Callable[[], object] = self._socket.close
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def answer(self, reply: str = KEPT, *, times: int | None = None, delay_s: float = 0.0) -> None:
        """Answer the end of DATA so ("451 4.3.0 later"); only a 250 keeps the mail."""
        self._at_data.ask(Answer(reply, times, delay_s=delay_s))

    def answer_recipient(self, reply: str, *, times: int | None = None) -> None:
        """Answer RCPT so ("550 5.1.1 no such user")."""
        self._at_rcpt.ask(Answer(reply, times))

    def __enter__(self) -> Self:
        """Start serving."""
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the mail sink did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving and drop open connections."""
        self._stop()
        self._thread.join()

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take or refuse one recipient."""
        reply = str(self._at_rcpt.take().status)
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        else:
            self.attempts += 1
        return reply

    async def handle_DATA(  # noqa: N802 - the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail, then wait if told so, then answer."""
        answer = self._at_data.take()
        self.attempts += 1
        if str(answer.status).startswith("250"):
            self._keep(session, envelope)
        await asyncio.sleep(answer.delay_s)
        if answer.status == LOST:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return str(answer.status)

    def _keep(self, session: Session, envelope: Envelope) -> None:
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        plain = mail.get_body(("plain",))
        message_id = str(mail["Message-ID"])
        self._journal.append(
            {
                "channel": "mail",
                "key": str(mail["X-Baton-Key"]),
                "message_id": message_id,
                "repeat": message_id in self._seen,
                "to": envelope.rcpt_tos,
                "subject": str(mail["Subject"]),
                "text": plain.get_content() if plain else "",
            }
        )
        self._seen.add(message_id)
        self.mails.append(mail)
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        self.encrypted.append(session.ssl is not None or self._implicit)

    def _protocol(self) -> SMTP:
        return SMTP(
            self,
            # Named, because aiosmtpd would look the machine's own name up.
            hostname="sink.example",
            loop=asyncio.get_running_loop(),
            enable_SMTPUTF8=True,
            tls_context=None if self._implicit else self._tls,
            auth_required=self._login is not None,
            authenticator=self._authenticate,
        )

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        good = isinstance(given, LoginPassword) and ((given.login.decode(), given.password.decode()) == self._login)
        return AuthResult(success=good, handled=False)

    async def _serve(self) -> None:
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        self._stop = lambda: loop.call_soon_threadsafe(stopped.set)
        context = self._tls if self._implicit else None
        server = await loop.create_server(self._protocol, sock=self._socket, ssl=context)
        self._ready.set()
        await stopped.wait()
        server.close()
        open_connections = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in open_connections:
            task.cancel()
        await asyncio.gather(*open_connections, return_exceptions=True)
        await server.wait_closed()

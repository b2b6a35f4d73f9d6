"""Tell a person by e-mail: one short mail with a text and an HTML form of the same.

SMTP takes no idempotency key, so a repeat carries the same Message-ID and mail readers fold it.
Refuses to retry, to fall back from the asked TLS mode to plain text, and to repeat an address in an error.
"""

import asyncio
import contextlib
import hashlib
import re
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import getaddresses
from enum import StrEnum

import aiosmtplib

from adapters.channels.base import (
    Address,
    Capability,
    Channel,
    ChannelError,
    Message,
    PermanentFailure,
    Receipt,
    TemporaryFailure,
)
from adapters.channels.wording import VALUE_LIMIT, headline, html, masked, one_line, plain

# 7bit: any relay passes it on unchanged, also one that does not offer 8BITMIME.
_POLICY = SMTP_POLICY.clone(cte_type="7bit")
_GOODBYE_S = 1.0
_NAME_LIMIT = 60
_SPECIALS = re.compile(r'[()<>@,:;\\".\[\]=?]')


class TlsMode(StrEnum):
    """Say how the connection is protected."""

    NONE = "none"
    """Plain text: for a relay on the same machine."""
    STARTTLS = "starttls"
    """Upgrade after connecting, usually port 587; a server without it is refused."""
    IMPLICIT = "implicit"
    """TLS from the first byte, usually port 465."""


class SmtpChannel(Channel):
    """Send mail through one relay, one connection per mail.

    `sender` is an address, with or without a name; `clock` returns the aware instant for the Date
    header; `timeout` bounds the whole send. Raises ValueError for a sender that is no address, a
    password without a user, or a timeout that is not positive.
    """

    name = "smtp"
    capabilities = frozenset({Capability.BUTTONS, Capability.RECEIPT})

    def __init__(
        self,
        *,
        host: str,
        port: int,
        sender: str,
        clock: Callable[[], datetime],
        user: str | None = None,
        password: str | None = None,
        tls: TlsMode = TlsMode.STARTTLS,
        tls_context: ssl.SSLContext | None = None,
        timeout: timedelta = timedelta(seconds=10),
    ) -> None:
        parsed = getaddresses([sender])
        mailbox = _mailbox(*parsed[0]) if len(parsed) == 1 else None
        if mailbox is None:
            raise ValueError("sender must be one e-mail address, with or without a name")
        if password is not None and user is None:
            raise ValueError("a password needs a user")
        if timeout <= timedelta(0):
            raise ValueError("timeout must be positive")
        self._host, self._port, self._user, self._password = host, port, user, password
        self._sender, self._clock, self._timeout = mailbox, clock, timeout
        self._tls, self._tls_context = tls, tls_context

    def can_reach(self, address: Address) -> bool:
        """Reach whoever has one well-formed e-mail address."""
        return address.email is not None and _mailbox("", address.email) is not None

    def message_id(self, key: str) -> str:
        """Return the Message-ID of every mail with this key, angle brackets included."""
        return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{self._sender.domain}>"

    async def _deliver(self, message: Message) -> Receipt:
        mail = self.compose(message)
        client = self._client()
        try:
            async with asyncio.timeout(self._timeout.total_seconds()):
                await client.connect()
                _, answer = await client.sendmail(
                    self._sender.addr_spec, [_recipient(message.to).addr_spec], mail.as_bytes()
                )
        except (aiosmtplib.SMTPException, OSError) as error:
            # Not chained: the relay's answer, and so the cause, repeats the person's address.
            raise _failure(error, message.to) from None
        else:
            await _say_goodbye(client)
        finally:
            client.close()
        return Receipt(self.name, self.message_id(message.key), masked(answer, message.to))

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password,
            # Named, because looking the machine's own name up can hang for seconds on a poor resolver.
            local_hostname=self._sender.domain,
            use_tls=self._tls is TlsMode.IMPLICIT,
            start_tls=self._tls is TlsMode.STARTTLS,
            tls_context=self._tls_context,
            timeout=self._timeout.total_seconds(),
        )

    def compose(self, message: Message) -> EmailMessage:
        """Return the mail as it is sent; raises PermanentFailure when there is no usable address."""
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = self._sender
        mail["To"] = _recipient(message.to)
        mail["Subject"] = _unencoded(headline(message))
        mail["Date"] = self._clock()
        mail["Message-ID"] = self.message_id(message.key)
        mail["X-Baton-Key"] = message.key
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(plain(message))
        mail.add_alternative(html(message), subtype="html")
        return mail


def _recipient(address: Address) -> Mailbox:
    mailbox = _mailbox(address.name, address.email or "")
    if mailbox is None:
        raise PermanentFailure(f"{address.person_id} has no usable address for smtp")
    return mailbox


def _mailbox(name: str, email: str) -> Mailbox | None:
    """Return the mailbox, its domain in ASCII, or None when this is not exactly one plain address."""
    local, _, domain = email.rpartition("@")
    try:
        plain_email = f"{local}@{domain.encode('idna').decode('ascii')}"
        mailbox = Mailbox(_display_name(name), addr_spec=plain_email)
    except (ValueError, IndexError, MessageError):
        return None
    # Whatever the parser dropped or rewrote (comments, spaces) was no plain address.
    return mailbox if mailbox.addr_spec == plain_email and mailbox.username and mailbox.domain else None


def _unencoded(text: str) -> str:
    """Return the text without what looks like an encoded word.

    Python's mail library decodes `=?utf-8?q?=0D=0ABcc:...?=` in what it is given and writes the line
    break into the headers.
    """
    return text.replace("=?", "= ?")


def _display_name(name: str) -> str:
    """Return the name without characters that need quoting: long quoted names lose their quotes when folded."""
    return one_line(_SPECIALS.sub(" ", one_line(name, VALUE_LIMIT)), _NAME_LIMIT)


def _failure(error: aiosmtplib.SMTPException | OSError, to: Address) -> ChannelError:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, aiosmtplib.SMTPResponseException):
        detail = f"the mail server answered {error.code}: {masked(str(error.message), to)}"
        return PermanentFailure(detail) if 500 <= error.code < 600 else TemporaryFailure(detail)
    cause = error.__cause__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return PermanentFailure("the mail server's certificate is not trusted")
    if isinstance(error, TimeoutError):
        return TemporaryFailure("the mail server did not answer in time")
    if isinstance(error, OSError):
        return TemporaryFailure(f"the mail server cannot be reached: {type(cause).__name__}")
    # What is left is a server without what the settings ask for: STARTTLS, a login, SMTPUTF8.
    return PermanentFailure(f"the mail server does not fit the settings: {masked(str(error), to)}")


async def _say_goodbye(client: aiosmtplib.SMTP) -> None:
    # The mail is taken: whatever happens to the QUIT must not turn a delivery into a failure.
    with contextlib.suppress(aiosmtplib.SMTPException, OSError):
        await client.quit(timeout=_GOODBYE_S)

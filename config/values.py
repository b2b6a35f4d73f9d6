"""What the text of one setting means: addresses, database URLs, mail servers, key rings, durations.

Each function takes what stood in the environment and gives the value, or raises `ValueError` with a sentence
that fits after the variable's name. It refuses to read the environment (`config.settings` does) and to put a
secret into a sentence.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parseaddr
from enum import StrEnum
from ipaddress import ip_network
from string import Formatter
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

SHORTEST_KEY = 32
"""Characters a signing or encryption key needs at least: 128 bits, written in hexadecimal."""

SHORTEST_SECRET = 16
"""Characters a webhook's secret needs at least."""

_DRIVERS = {
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
}
_DATABASE_FORMS = "give sqlite:///path/to/file.db or postgresql://user:password@host:5432/name"
_SMTP_FORMS = "give smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465"
_ENRICH_FORM = "give one like https://provider.example/v1/companies/{domain}"
_PING_FORM = "give one like https://watch.example/ping/baton"
_WEB_FORM = "give one like https://baton.company.example"


class CrmName(StrEnum):
    """Which CRM hears of leads."""

    HUBSPOT = "hubspot"
    SALESFORCE = "salesforce"


class LogFormat(StrEnum):
    """How log lines look: for people at a terminal, or one JSON object a line."""

    CONSOLE = "console"
    JSON = "json"


class LogLevel(StrEnum):
    """The least severity that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Address:
    """Name where a server listens."""

    host: str
    port: int

    @property
    def reachable(self) -> "Address":
        """Give the address to call: one that stands for every interface is this machine's own."""
        own = {"0.0.0.0": "127.0.0.1", "::": "::1"}
        return Address(own.get(self.host, self.host), self.port)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Name the mail server, and whether it speaks TLS at once (`smtps`) or is asked for STARTTLS."""

    host: str
    port: int
    implicit_tls: bool
    username: str | None = None
    password: str | None = field(default=None, repr=False)


def parse_address(text: object) -> Address:
    """Read `host:port`, with an IPv6 host in brackets. Raises ValueError."""
    if isinstance(text, Address):
        return text
    found = re.fullmatch(r"(?P<host>\[[0-9a-fA-F:]+\]|[^\s:/]+):(?P<port>\d{1,5})", str(text).strip())
    if found is None:
        raise ValueError("is not an address: give host:port, like 127.0.0.1:8080")
    port = int(found["port"])
    if not 1 <= port <= 65535:
        raise ValueError("has no such port: give host:port with a port from 1 to 65535")
    return Address(host=found["host"].strip("[]"), port=port)


def check_database_url(text: str) -> str:
    """Return the URL of SQLite or PostgreSQL with its asynchronous driver. Raises ValueError."""
    parts = _split(text, _DATABASE_FORMS)
    driver = _DRIVERS.get(parts.scheme)
    if driver is None:
        raise ValueError(f"names no database that we know: {_DATABASE_FORMS}")
    if driver.startswith("sqlite"):
        if parts.netloc or parts.path in {"", "/", "/:memory:"}:
            raise ValueError(f"names no file, and a database in memory loses leads: {_DATABASE_FORMS}")
    elif not parts.hostname or parts.path in {"", "/"}:
        raise ValueError(f"names no host or no database: {_DATABASE_FORMS}")
    # libpq says sslmode; asyncpg takes the same words under the name ssl.
    query = urlencode([("ssl" if key == "sslmode" else key, value) for key, value in parse_qsl(parts.query)])
    # urlunsplit would swallow the empty host of sqlite:///, which tells a relative path from an absolute one.
    return f"{driver}://{parts.netloc}{urlunsplit(('', '', parts.path, query, ''))}"


def parse_smtp(text: str) -> SmtpServer:
    """Read `smtp://user:password@host:587` or `smtps://...:465`. Raises ValueError, without the URL."""
    parts = _split(text, _SMTP_FORMS)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError(f"is not a mail server: {_SMTP_FORMS}")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError(f"has something after the port: {_SMTP_FORMS}")
    implicit_tls = parts.scheme == "smtps"
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or (465 if implicit_tls else 587),
        implicit_tls=implicit_tls,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})


def check_mailbox(text: str) -> str:
    """Return one mailbox, bare or as `Name <local@domain>`. Raises ValueError."""
    address = parseaddr(text)[1]
    local, _, domain = address.rpartition("@")
    if not local or not domain or "," in text or re.search(r"\s", address) or not text.isprintable():
        raise ValueError("is not a mailbox: give leads@company.example or Baton <leads@company.example>")
    return text.strip()


def check_base_url(text: str) -> str:
    """Return an `http` or `https` URL without its last slash. Raises ValueError."""
    parts = _split(text, _WEB_FORM)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"is not a web address: {_WEB_FORM}")
    return text.strip().rstrip("/")


def check_secure_url(text: str) -> str:
    """Return an `https` URL without its last slash; plain `http` only on this machine. Raises ValueError."""
    url = check_base_url(text)
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _THIS_MACHINE:
        raise ValueError("needs https: what is told there goes with a token (plain http is for this machine only)")
    return url


def check_ping_url(text: str) -> str:
    """Return an `http` or `https` URL to which `/fail` can be added. Raises ValueError."""
    parts = _split(text, _PING_FORM)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment:
        raise ValueError(f"is not a web address: {_PING_FORM}")
    return text.strip()


def check_enrich_url(text: str) -> str:
    """Return a URL with a fixed host and `{domain}` after it: `https`, or `http` on this machine. Raises ValueError."""
    try:
        names = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        raise ValueError(f"has a brace without its pair: {_ENRICH_FORM}") from None
    if names != {"domain"}:
        raise ValueError(f"must hold {{domain}} and no other placeholder: {_ENRICH_FORM}")
    parts = _split(text, _ENRICH_FORM)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"is not a web address: {_ENRICH_FORM}")
    if "{" in parts.netloc:
        raise ValueError("has a fixed host: {domain} goes into its path or query")
    if "@" in parts.netloc:
        raise ValueError("carries a user name: give a token instead")
    if parts.scheme == "http" and parts.hostname not in _THIS_MACHINE:
        raise ValueError("needs https:// (plain http is for loopback only)")
    return text.strip()


def split_keys(text: object) -> object:
    """Split a key ring written with commas, newest key first; anything but text passes unchanged."""
    if not isinstance(text, str):
        return text
    return [key.strip() for key in text.split(",") if key.strip()]


def check_secret(text: str) -> None:
    """Raise ValueError when the secret is too short to sign with. Never tells the secret."""
    if len(text) < SHORTEST_SECRET:
        raise ValueError(f"is too short: give {SHORTEST_SECRET} characters or more")


def check_bot_token(text: str) -> None:
    """Raise ValueError for what is no bot token of Slack's. Never tells the token."""
    if not re.fullmatch(r"xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{8,}", text):
        raise ValueError("is no token of a Slack app: give the bot token, like xoxb-...")


def check_networks(proxies: Sequence[str]) -> None:
    """Raise ValueError unless each is an address or a network."""
    for one in proxies:
        try:
            ip_network(one)
        except ValueError:
            raise ValueError(f"names no address or network ({one}): give ones like 10.0.0.7 or 10.0.0.0/8") from None


def check_keys(keys: list[str]) -> None:
    """Raise ValueError unless each key is long enough and stands once. Tells the position, never the key."""
    for position, key in enumerate(keys, start=1):
        if len(key) < SHORTEST_KEY:
            raise ValueError(
                f"has a key that is too short (number {position}): {SHORTEST_KEY} characters or more, "
                "as `openssl rand -hex 32` makes them, newest first, with commas between"
            )
    if len(set(keys)) < len(keys):
        raise ValueError("has the same key twice: the newest first, each once, with commas between")


def parse_seconds(text: object) -> object:
    """Read a number of seconds as a duration; a duration passes unchanged. Raises ValueError."""
    if isinstance(text, timedelta):
        return text
    try:
        seconds = float(str(text))
        return timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        raise ValueError("is not a number of seconds: give one like 3 or 0.5") from None


def _split(text: str, right: str) -> SplitResult:
    try:
        parts = urlsplit(text.strip())
        _ = parts.port  # read here, as a port that is none raises only when it is looked at
    except ValueError:
        raise ValueError(f"has a host or a port that cannot be: {right}") from None
    return parts

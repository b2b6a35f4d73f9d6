"""Wires the ways to people that the settings name: their channels, and the signed links in what they are told.

Apart from `bootstrap`, so that the HTTP process reaches people the same way. It needs nothing but the settings.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypedDict

from adapters.channels.base import Channel
from adapters.channels.log import LogChannel
from adapters.channels.signature import derive_signing_key
from adapters.channels.slack import SlackChannel
from adapters.channels.smtp import SmtpChannel, TlsMode
from adapters.channels.teams import TeamsChannel
from adapters.channels.webhook import WebhookChannel
from adapters.links import AcceptLinks
from config.settings import Settings
from models.roster import ChannelName
from runtime import clock


class MailServer(TypedDict):
    """Where mail is handed in, as whom, and how."""

    host: str
    port: int
    sender: str
    clock: Callable[[], datetime]
    user: str | None
    password: str | None
    tls: TlsMode


def mail_server_of(settings: Settings) -> MailServer | None:
    """Read the mail server from the settings; None where they name none."""
    smtp = settings.smtp
    if smtp is None or settings.mail_from is None:
        return None
    return MailServer(
        host=smtp.host,
        port=smtp.port,
        sender=settings.mail_from,
        clock=clock.now,
        user=smtp.username,
        password=smtp.password,
        tls=TlsMode.IMPLICIT if smtp.implicit_tls else TlsMode.STARTTLS if smtp.username else TlsMode.NONE,
    )


@asynccontextmanager
async def channels_of(settings: Settings) -> AsyncIterator[dict[ChannelName, Channel]]:
    """Set up the channels that the settings name; the log and Teams need no setting."""
    channels: dict[ChannelName, Channel] = {
        ChannelName.LOG: LogChannel(),
        ChannelName.TEAMS: TeamsChannel(clock=clock.now),
    }
    if server := mail_server_of(settings):
        channels[ChannelName.EMAIL] = SmtpChannel(**server)
    if settings.webhook_secret:
        key = derive_signing_key(settings.webhook_secret.get_secret_value().encode())
        channels[ChannelName.WEBHOOK] = WebhookChannel(signing_keys=[key], clock=clock.now)
    if settings.slack_bot_token:
        token = settings.slack_bot_token.get_secret_value()
        channels[ChannelName.SLACK] = SlackChannel(token=token, clock=clock.now, url=settings.slack_url)
    try:
        yield channels
    finally:
        for channel in channels.values():
            await channel.aclose()


def links_of(settings: Settings) -> AcceptLinks | None:
    """Give what makes and reads the links in messages; None without `BATON_SECRET_KEYS`."""
    keys = [key.get_secret_value().encode() for key in settings.secret_keys]
    return AcceptLinks(keys, settings.public_url) if keys else None

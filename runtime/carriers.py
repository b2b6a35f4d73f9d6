"""Wires what leaves the house: the marketing tool and the prospects' mail that the settings name, and who carries it.

Apart from `bootstrap`, which makes a worker of it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from activities.policybook import Policybook
from adapters.channels.signature import derive_signing_key
from adapters.marketing.answers import ProspectMail
from adapters.marketing.base import MarketingTool
from adapters.marketing.file import MarketingFile
from adapters.marketing.webhook import MarketingWebhook
from config.settings import Settings
from runtime import clock
from runtime.carrying import Carrier
from runtime.reaching import mail_server_of
from runtime.store import Store


def marketing_of(settings: Settings) -> MarketingTool | None:
    """Set up the marketing tool that the settings name; None where they name none."""
    if settings.nurture_url and settings.webhook_secret:
        key = derive_signing_key(settings.webhook_secret.get_secret_value().encode())
        return MarketingWebhook(settings.nurture_url, signing_keys=[key], clock=clock.now)
    return MarketingFile(settings.nurture_file) if settings.nurture_file else None


def prospect_mail_of(settings: Settings) -> ProspectMail | None:
    """Set up the way to prospects; None where the settings name no mail server."""
    server = mail_server_of(settings)
    return ProspectMail(**server) if server else None


@asynccontextmanager
async def carrier_of(settings: Settings, store: Store) -> AsyncIterator[Carrier]:
    """Set up who carries hand-offs out, and let its connections go at the end."""
    marketing = marketing_of(settings)
    policybook = Policybook(store.policies, store.trials)
    try:
        yield Carrier(store, policybook, marketing, prospect_mail_of(settings), clock.now)
    finally:
        if marketing is not None:
            await marketing.aclose()

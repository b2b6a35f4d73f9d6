"""The enrichment providers that the settings name, set up to be asked: cache, breaker and daily limit before each.

Without a file (`BATON_PROVIDERS`) there are the built-in directory, and the one of `BATON_ENRICH_URL` if that is set.
This room refuses to decide in which order they are asked: the file and the waterfall do.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import structlog
from pydantic import SecretStr

from adapters.enrichers.base import Enricher
from adapters.enrichers.breaker import GuardedEnricher
from adapters.enrichers.cache import CachedEnricher
from adapters.enrichers.directory import CompanyDirectory
from adapters.enrichers.http import HttpEnricher, HttpSource
from adapters.enrichers.limit import LimitedEnricher
from adapters.enrichers.table import CsvEnricher
from adapters.enrichers.waterfall import Asked, Waterfall
from config.provider_files import read_providers
from config.settings import Settings
from models.provider import EnrichedField, Provider, ProviderKind, Providers
from policy.believing import Trust
from runtime import clock
from runtime.hooks import secret_of
from runtime.sealing import CannotOpen, Vault, sealer_of
from runtime.store import Store

log = structlog.stdlib.get_logger("baton.enriching")


def providers_of(settings: Settings) -> Providers:
    """Give the providers that the settings name. Raises FileError."""
    if settings.providers is not None:
        return read_providers(settings.providers)
    providers = [Provider(name="directory", kind=ProviderKind.DIRECTORY)]
    if settings.enrich_url:
        fields = {field.value: field.value for field in EnrichedField}
        http = Provider(
            name="http", kind=ProviderKind.HTTP, url=settings.enrich_url, fields=fields, budget=settings.enrich_budget
        )
        providers.append(http)
    return Providers(providers=providers)


def trust_of(providers: Providers) -> Trust:
    """Say whose word goes before whose, and how long it counts."""
    return Trust(
        providers=tuple(one.name for one in providers.providers),
        precedence={field: tuple(order) for field, order in providers.precedence.items()},
        fresh_for={one.name: one.fresh_for for one in providers.providers},
    )


@asynccontextmanager
async def waterfall_of(settings: Settings, store: Store) -> AsyncIterator[Waterfall]:
    """Set the providers up. Raises FileError, DatabaseUnreachable."""
    providers = providers_of(settings)
    async with httpx2.AsyncClient() as client:
        asked = [await _asked(one, settings, store, client) for one in providers.providers]
        yield Waterfall(asked, settings.enrich_budget, trust_of(providers))


async def _asked(one: Provider, settings: Settings, store: Store, client: httpx2.AsyncClient) -> Asked:
    if one.kind is ProviderKind.DIRECTORY:
        return Asked(CompanyDirectory(name=one.name), one.budget)
    columns = {EnrichedField(field): at for field, at in one.fields.items()}
    patience = one.patience if one.patience > timedelta(0) else None
    if one.kind is ProviderKind.CSV:
        return Asked(CsvEnricher(one.name, Path(one.file or ""), columns), one.budget, patience)
    source = HttpSource(
        name=one.name,
        url=one.url or "",
        token=await _token(one, settings, store),
        fields=columns,
        attempt_timeout=max(one.budget, one.patience),  # within a question's budget one try may take all
        max_attempts=one.attempts,
    )
    asked: Enricher = HttpEnricher(source, client)
    if one.most_per_day is not None:
        asked = LimitedEnricher(asked, store.provider_uses, one.most_per_day)
    fair = min(one.budget, settings.enrich_budget)  # nobody has more within a lead's response, where the dead cost most
    asked = GuardedEnricher(asked, one.breaker.after, one.breaker.rest, fair=fair)
    asked = CachedEnricher(asked, store.cache, one.fresh_for, one.nothing_for)
    return Asked(asked, one.budget, patience, one.cost, counted=one.most_per_day is not None)


async def _token(one: Provider, settings: Settings, store: Store) -> SecretStr | None:
    """Give a provider's token as it is kept now; one without is asked all the same, and its refusal says why."""
    if one.token is None:
        return settings.enrich_token if settings.providers is None else None
    sealer = sealer_of(settings)
    try:
        ring = await Vault(store.secrets, sealer).ring(secret_of(one.token), clock.now()) if sealer else ()
    except CannotOpen:
        ring = ()
    if not ring:
        log.warning("provider_without_token", provider=one.name, remedy=f"python starter.py secrets add {one.token}")
        return None
    return SecretStr(ring[0])

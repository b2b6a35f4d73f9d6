"""Enrichment providers at the command line: listed, counted, and tried on a company."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from activities.enriching import answers_of
from adapters.enrichers.findings import Query
from cli import reach
from cli.exits import BadInput, Code, RefusedByBusiness
from cli.output import say, say_json, show, table
from config.settings import Settings
from config.yaml_marks import FileError
from db.enriching import Enrichments
from db.provider_use import UseOfDay
from models.decisions import Enrichment
from models.provider import Provider, ProviderKind, Providers
from runtime import clock
from runtime.providers import providers_of, waterfall_of


def show_all(as_json: bool) -> int:
    """List the providers in their order. Raises BadInput with a line for each mistake of their file."""
    providers = _providers(reach.settings())
    if as_json:
        document = providers.model_dump(mode="json", exclude_none=True)
        say_json(document)
        return Code.DONE
    columns = ("provider", "kind", "tells", "within", "waited for", "fresh for", "cost", "a day at most")
    show(table(columns, [_row(one, providers.currency) for one in providers.providers]))
    for field, order in providers.precedence.items():
        say(f"{field}: {' before '.join(order)}")
    return Code.DONE


def _row(one: Provider, currency: str) -> tuple[object, ...]:
    asked = one.kind is not ProviderKind.DIRECTORY
    tells = ", ".join(field.removeprefix("company.") for field in one.fields) or "what it has"
    cost = f"{one.cost:g} {currency}" if one.cost else None
    return (
        one.name,
        one.kind,
        tells,
        _span(one.budget),
        _span(one.patience) if asked else None,
        _span(one.fresh_for),
        cost,
        one.most_per_day,
    )


def _span(span: timedelta) -> str:
    return f"{span.days} d" if span >= timedelta(days=1) else f"{span.total_seconds():g} s"


def show_use(days: int, as_json: bool) -> int:
    """Show what each provider did by day. Raises BadInput, Unreachable."""
    settings = reach.settings()
    currency = _providers(settings).currency
    used = reach.carry_out(_used(settings, days))
    if as_json:
        rows = [{**asdict(one), "day": one.day.isoformat()} for one in used]
        say_json({"currency": currency, "days": rows})
    elif not used:
        say("no provider was asked yet")
    else:
        columns = ("day", "provider", "asked", "found", "from the cache", "failed", f"cost ({currency})")
        body = [(one.day, one.provider, one.asked, one.found, one.cached, one.failed, f"{one.cost:g}") for one in used]
        show(table(columns, body))
        say(f"{sum(one.cost for one in used):g} {currency} in all")
    return Code.DONE


async def _used(settings: Settings, days: int) -> tuple[UseOfDay, ...]:
    async with reach.store(settings) as store:
        return await store.provider_uses.list(clock.now().date() - timedelta(days=days - 1))


def try_out(domain: str | None, name: str | None, as_json: bool) -> int:
    """Ask the providers about a company. Raises BadInput, RefusedByBusiness where nobody knows anything of it."""
    settings = reach.settings()
    query = Query(domain=domain, company_name=name)
    if query.is_empty:
        raise BadInput("DOMAIN: give the company's domain, or its name with --name")
    _providers(settings)
    learned = reach.carry_out(_ask(settings, query))
    if as_json:
        say_json(learned.model_dump(mode="json", include={"facts", "unknown", "asked", "later"}))
    else:
        show(table(("field", "value", "said by"), [_fact(one.value, one.field, one.source) for one in learned.facts]))
        asked = [(one.provider, one.outcome, one.because, f"{one.took.total_seconds():.2f} s") for one in learned.asked]
        show(table(("provider", "outcome", "because", "took"), asked))
    if not learned.facts:
        raise RefusedByBusiness("no provider knows anything of it")
    return Code.DONE


def _fact(value: Any, field: str, source: str) -> tuple[str, str, str]:
    return field, ", ".join(map(str, value)) if isinstance(value, list) else str(value), source


async def _ask(settings: Settings, query: Query) -> Enrichment:
    now = clock.now()
    async with reach.store(settings, migrate=True) as store, waterfall_of(settings, store) as waterfall:
        answers = answers_of(await waterfall.enrich(query, now=now))
        await Enrichments(store.database).count(answers.uses, at=now)
        return answers.enrichment


def _providers(settings: Settings) -> Providers:
    try:
        return providers_of(settings)
    except FileError as error:
        raise BadInput(*error.lines) from None

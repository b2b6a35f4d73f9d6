"""Sources of leads at the command line: checked, loaded, listed, and tried on a payload."""

import sys
from pathlib import Path
from typing import Any

from adapters.signatures import verify_token
from cli import reach
from cli.confirming import confirm
from cli.exits import BadInput, Code, RefusedByBusiness
from cli.output import facts, instant, say, say_json, show, stamp, table
from config.settings import Settings
from config.source_files import SHIPPED, read_source
from config.yaml_marks import FileError
from db.hooks import KeptSource, UnknownSource
from db.tables.words import HookState
from models.base import Refused, parse
from models.source import Source
from policy.mapping.compiled import CompiledSource, Passed
from policy.mapping.targets import MODELS
from policy.spelling import did_you_mean
from runtime import clock
from runtime.hooks import secret_of
from runtime.payloads import read_payload
from runtime.sealing import CannotOpen, Vault, sealer_of

LARGEST_PAYLOAD = 1024 * 1024
"""Bytes of a payload: so many the door takes."""


def load(file: str, by: str, as_json: bool) -> int:
    """Check a source and keep it. Raises BadInput with a line for each mistake."""
    if not by.strip():
        raise BadInput("--by: say who loads it")
    source = _open(file).source
    settings = reach.settings()
    new, secrets = reach.carry_out(_load(settings, source, by.strip()))
    address = _address(settings, source.name)
    if as_json:
        say_json({"name": source.name, "new": new, "address": address, "secrets": secrets})
        return Code.DONE
    say(f"The source {source.name} is {'loaded' if new else 'changed'}; its hook is {address}")
    if secrets == 0 and source.signature.scheme != "none":
        say(f"Nobody is believed there yet: python starter.py secrets add {source.name}")
    return Code.DONE


async def _load(settings: Settings, source: Source, by: str) -> tuple[bool, int]:
    now = clock.now()
    async with reach.store(settings, migrate=True) as store:
        new = await store.sources.save(source, by=by, at=now)
        return new, len(await store.secrets.ring(secret_of(source.name), now))


def show_all(as_json: bool) -> int:
    """List the sources that are loaded, with how much came of each, and the names of those that are shipped."""
    settings = reach.settings()
    kept, counts = reach.carry_out(_all(settings))
    rows = [_row(settings, one, counts) for one in kept]
    shipped = sorted(path.stem for path in SHIPPED.glob("*.yaml"))
    if as_json:
        say_json({"sources": rows, "shipped": shipped})
        return Code.DONE
    columns = ("source", "signature", "taken", "ignored", "waiting", "changed", "by")
    names = ("name", "signature", "taken", "ignored", "waiting")
    changed = [(instant(one.changed_at), one.by) for one in kept]
    show(table(columns, [(*(row[name] for name in names), *by) for row, by in zip(rows, changed, strict=True)]))
    say(f"Shipped, to be loaded by name: {', '.join(shipped)}")
    return Code.DONE


async def _all(settings: Settings) -> tuple[tuple[KeptSource, ...], dict[tuple[str, HookState], int]]:
    async with reach.store(settings) as store:
        return await store.sources.list(), await store.deliveries.counts()


def _row(settings: Settings, kept: KeptSource, counts: dict[tuple[str, HookState], int]) -> dict[str, Any]:
    name = kept.source.name
    waiting = counts.get((name, HookState.DEAD), 0) + counts.get((name, HookState.RECEIVED), 0)
    return {
        "name": name,
        "address": _address(settings, name),
        "signature": kept.source.signature.scheme.value,
        "taken": counts.get((name, HookState.TAKEN), 0),
        "ignored": counts.get((name, HookState.IGNORED), 0),
        "waiting": waiting,
        "changed_at": stamp(kept.changed_at),
        "by": kept.by,
    }


def show_one(name: str, as_json: bool) -> int:
    """Show how a source is believed and read. Raises RefusedByBusiness for one that there is not."""
    settings = reach.settings()
    kept = reach.carry_out(_one(settings, name))
    source = kept.source
    document = source.model_dump(mode="json", exclude_unset=True)
    if as_json:
        say_json({"source": document, "address": _address(settings, name), "changed_at": stamp(kept.changed_at)})
        return Code.DONE
    signature = document["signature"]
    how = ", ".join(f"{key} {value}" for key, value in signature.items() if key != "scheme")
    show(
        facts(
            {
                "source": source.name,
                "what": source.description,
                "address": _address(settings, name),
                "signature": f"{source.signature.scheme.value}{f' ({how})' if how else ''}",
                "each": source.each,
                "ignored": source.ignore,
                "changed": f"{instant(kept.changed_at)} by {kept.by}",
            }
        )
    )
    for mapping in source.mappings:
        rows = [(field, how.path, how.value, how.default) for field, how in mapping.fields.items()]
        title = f"{mapping.becomes.value}{f', when {mapping.when}' if mapping.when else ''}"
        show(table(("field", "path", "value", "default"), rows, title))
    return Code.DONE


def print_token(name: str) -> int:
    """Print the word that Facebook asks for when its address is registered. Raises RefusedByBusiness, BadInput."""
    settings = reach.settings()
    try:
        secret = reach.carry_out(_newest_secret(settings, name))
    except CannotOpen as error:
        raise RefusedByBusiness(f"refused: the secret of {name} is {error}") from None
    if secret is None:
        raise RefusedByBusiness(f"refused: {name} has no secret yet; `secrets add {name}` keeps one")
    say(verify_token(secret))
    return Code.DONE


async def _newest_secret(settings: Settings, name: str) -> str | None:
    sealer = sealer_of(settings)
    if sealer is None:
        raise BadInput("BATON_SECRET_KEYS is not set: without it no secret can be opened")
    async with reach.store(settings) as store:
        ring = await Vault(store.secrets, sealer).ring(secret_of(name), clock.now())
        return ring[0] if ring else None


async def _one(settings: Settings, name: str) -> KeptSource:
    async with reach.store(settings) as store:
        try:
            return await store.sources.find(name)
        except UnknownSource:
            known = [one.source.name for one in await store.sources.list()]
            raise RefusedByBusiness(f"refused: there is no source {name}{did_you_mean(name, known)}") from None


def try_out(file: str, payload: str, content_type: str, as_json: bool) -> int:
    """Say what a source would make of a payload. Raises BadInput; exit code 1 when an item does not come out."""
    source = _open(file)
    raw = _payload(payload)
    try:
        items = source.items(read_payload(content_type, raw))
    except Refused as error:
        raise RefusedByBusiness(f"dead: {error}") from None
    results = [_tried(source, item) for item in items]
    if as_json:
        say_json({"delivery_id": source.delivery_id(read_payload(content_type, raw)), "items": results})
    else:
        for number, result in enumerate(results, start=1):
            show(facts({f"item {number}": result["became"], **_flat(result.get("data") or {})}))
            say(*(f"  {error['field']}: {error['what']}" for error in result.get("errors", ())))
            if because := result.get("because"):
                say(f"  {because}")
    return Code.REFUSED if any(result["became"] == "refused" for result in results) else Code.DONE


def _tried(source: CompiledSource, item: Any) -> dict[str, Any]:
    data: dict[str, Any] | None = None
    try:
        found = source.read(item)
        if isinstance(found, Passed):
            return {"became": "nothing", "because": found.because}
        data = found.data
        parse(MODELS[found.becomes], data)
    except Refused as error:
        errors = [{"field": one.field, "what": one.what} for one in error.problems]
        return {"became": "refused", "errors": errors, "data": data}
    return {"became": found.becomes.value, "data": data}


def _flat(data: dict[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, dict) and above == "" and key not in ("custom", "campaign", "properties"):
            found |= _flat(value, f"{key}.")
        else:
            found[f"{above}{key}"] = value
    return found


def remove(name: str, yes: bool, as_json: bool) -> int:
    """Take a source away. Raises RefusedByBusiness."""
    settings = reach.settings()
    if not yes:
        confirm(f"close the hook of {name}, so that what its tool sends is refused")
    if not reach.carry_out(_remove(settings, name)):
        raise RefusedByBusiness(f"refused: there is no source {name}; `sources list` shows them")
    if as_json:
        say_json({"name": name})
    else:
        say(f"The source {name} is gone; what came of it stays.")
    return Code.DONE


async def _remove(settings: Settings, name: str) -> bool:
    async with reach.store(settings) as store:
        return await store.sources.remove(name)


def _open(file: str) -> CompiledSource:
    """Read a source's file, or one that is shipped by its name."""
    path = Path(file)
    shipped = SHIPPED / f"{file}.yaml"
    if not path.suffix and not path.exists():
        if not shipped.exists():
            names = sorted(one.stem for one in SHIPPED.glob("*.yaml"))
            raise BadInput(f"{file}: there is no such file, and no source of that name is shipped ({', '.join(names)})")
        path = shipped
    try:
        return read_source(path)
    except FileError as error:
        raise BadInput(*error.lines) from None


def _payload(file: str) -> bytes:
    try:
        raw = sys.stdin.buffer.read(LARGEST_PAYLOAD + 1) if file == "-" else _bytes(Path(file))
    except OSError as error:
        raise BadInput(f"{file}: cannot be read: {error.strerror or error}") from None
    if len(raw) > LARGEST_PAYLOAD:
        raise BadInput(f"{file}: is too large; the door takes {LARGEST_PAYLOAD:,} bytes")
    return raw


def _bytes(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(LARGEST_PAYLOAD + 1)


def _address(settings: Settings, name: str) -> str:
    return f"{settings.public_url}/v1/hooks/{name}"

"""Where leads stand, as a person or a program reads it on the command line. What is told is `runtime.talking`'s."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from cli import reach, switching, tables
from cli.exits import BadInput, Code
from cli.output import complain, instant, say, say_json, show
from cli.typed import read_lead_id
from config.settings import Settings
from db.choosing import Stopped
from db.leads import Filters, LeadCard
from models.lead import LeadType, Stage
from policy.spelling import did_you_mean
from runtime import clock
from runtime.line import Line
from runtime.store import Store
from runtime.talking.answers import NoSuchLead
from runtime.talking.looking import Document, listed, status_of, story_of

T = TypeVar("T")


def status(lead_id: str, as_json: bool) -> int:
    """Tell where a lead stands. Raises Stop."""
    document = reach.carry_out(ask_about(reach.settings(), status_of, read_lead_id(lead_id)))
    tell(document, as_json, lambda: show(*tables.status(document, clock.now())))
    return Code.DONE


def tell(document: Document, as_json: bool, lay_out: Callable[[], None]) -> None:
    """Print a document as JSON, or as it is laid out for people."""
    if as_json:
        say_json(document)
        return
    lay_out()
    if document["note"]:
        complain(document["note"])


def timeline(lead_id: str, as_json: bool) -> int:
    """Tell a lead's story. Raises Stop."""
    story = reach.carry_out(ask_about(reach.settings(), story_of, read_lead_id(lead_id)))
    complain(*story.notes)
    if as_json:
        say_json([entry.model_dump(mode="json") for entry in story.entries])
    else:
        say(*(f"{instant(entry.at)}  {entry.kind:<12}  {entry.says}" for entry in story.entries))
    return Code.DONE


def list_leads(stages: Sequence[str], asked: Mapping[str, Any], limit: int, after: str | None, as_json: bool) -> int:
    """List leads from the database. Raises Stop."""
    if asked["type"] is not None:
        _one_of(LeadType, asked["type"], "--type")
    filters = Filters(stages=tuple(_one_of(Stage, stage, "--stage") for stage in stages), **asked)
    cards, waiting, stopped = reach.carry_out(_listed(reach.settings(), filters, limit, after))
    if as_json:
        say_json([card.model_dump(mode="json") for card in cards])
        return Code.DONE
    show(tables.cards(cards, clock.now()))
    if stopped is not None:
        say(f"({switching.sentence(stopped)})")
    if len(cards) == limit:
        say(f"(the last {limit}; --after {cards[-1].lead_id} goes on)")
    if waiting:
        say(f"({waiting} more in the inbox, not started yet)")
    return Code.DONE


async def ask_about(
    settings: Settings, question: Callable[[Line, Store, str], Coroutine[Any, Any, T]], lead_id: str
) -> T:
    """Ask about a lead whatever can be reached now. Raises NoSuchLead and DatabaseUnreachable."""
    async with reach.store(settings) as store:
        return await question(reach.line(), store, lead_id)


async def _listed(
    settings: Settings, filters: Filters, limit: int, after: str | None
) -> tuple[tuple[LeadCard, ...], int, Stopped | None]:
    async with reach.store(settings) as store:
        try:
            cards = await listed(store, filters, limit=limit, after=after)
        except NoSuchLead:
            raise BadInput(f"--after: no lead {after}") from None
        return cards, (await store.inbox.counts()).waiting, await store.switching.state()


def _one_of(words: type[StrEnum], word: str, option: str) -> Any:
    try:
        return words(word.lower())
    except ValueError:
        hint = did_you_mean(word.lower(), words) or f" ({', '.join(words)})"
        raise BadInput(f"{option}: {word} is not one{hint}") from None

"""A policy as a page that whoever works by it can read: what we look for, whose it is, who gets it, by when (R29)."""

from typing import Any

from cli.exits import BadInput, Code
from cli.output import complain, instant, say, say_json
from cli.page_hours import calendars
from cli.page_leads import leads, queues
from cli.page_market import market
from cli.page_promises import promises
from cli.page_routing import routing
from cli.page_words import Lines, Reader, paragraph
from cli.rulebook_texts import Text, document_of, find, loaded_roster
from models.policy import Policy
from policy.trials.comparison import written


def show(name: str | None, as_text: bool, everything: bool, as_json: bool) -> int:
    """Show a policy, a file's or a published version's, or the one new leads get. Raises BadInput."""
    (text,) = find(name)
    if as_text:
        complain(_headline(text))
        say(*text.text.splitlines())
        return Code.DONE
    try:
        opened = text.read()
    except BadInput as error:
        raise BadInput(*error.lines, "`policy show --text` shows it as it is") from None
    if as_json:
        say_json(_document(text, opened.version, opened.policy))
        return Code.DONE
    complain(_headline(text) if text.published else f"version {opened.version}, from {text.name}")
    say(*page(opened.policy, Reader(loaded_roster(), everything)))
    return Code.DONE


def page(policy: Policy, reader: Reader) -> Lines:
    """Write a policy as a page, line by line."""
    yield policy.name
    yield "=" * len(policy.name)
    if policy.description:
        yield from paragraph(policy.description, indent=0)
    if reader.roster is None:
        yield "(No roster is loaded, so pools are shown without their people.)"
    yield from leads(policy, reader)
    yield from market(policy, reader)
    yield from routing(policy, reader)
    yield from promises(policy)
    yield from calendars(policy, reader)
    yield from queues(policy, reader)
    if policy.examples:
        yield from ("", f"{len(policy.examples)} examples are checked with it.")


def _headline(text: Text) -> str:
    published = text.published
    if published is None:
        return f"from {text.name}"
    active = ", which new leads get" if published.active else ""
    return (
        f"version {published.version}{active}; published by {published.published_by} "
        f"at {instant(published.published_at)}"
    )


def _document(text: Text, version: str, policy: Policy) -> dict[str, Any]:
    if text.published:
        about = document_of(text.published)
    else:
        nobody = dict.fromkeys(("published_at", "published_by"))
        about = {"version": version, "name": policy.name, "text": text.text, **nobody, "active": False}
    return {**about, "policy": written(policy, defaults=True)}

"""A policy as a page on a terminal, that whoever works by it can read (R29)."""

from typing import Any

from cli.exits import BadInput, Code
from cli.output import complain, instant, say, say_json
from cli.page_words import Lines, laid_out, paragraph
from cli.rulebook_texts import Text, document_of, find, loaded_roster
from models.policy import Policy
from policy.trials.comparison import written
from runtime.telling_policy.page import page as told
from runtime.telling_policy.words import Reader


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
    for section in told(policy, reader):
        yield from laid_out(section, reader)
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

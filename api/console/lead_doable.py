"""What a lead's page lets people do, as buttons with what they ask for; what was typed comes back with what is wrong.

This room refuses to know any action, and who may.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from api.console.words import span

SPANS = tuple(timedelta(minutes=minutes) for minutes in (15, 30, 60, 120, 240, 480, 1440, 2880, 10080))
"""So long may something be put off."""


class Part(StrEnum):
    """Where on the page an action stands."""

    NOW = "Now"
    OWNER = "If you have it"
    MANAGER = "For managers"
    GOOD = "For good"


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that a form asks. `kind`: text, area, select, number, when, email or tel; `options` (value, label)."""

    name: str
    label: str
    kind: str = "text"
    value: str = ""
    hint: str = ""
    required: bool = False
    options: tuple[tuple[str, str], ...] = ()
    longest: int = 500
    error: str = ""


@dataclass(frozen=True, slots=True)
class Doable:
    """One action. `at_once`: one tap; `sure` says what will happen where it asks first; `hidden` goes with its form."""

    name: str
    label: str
    part: Part
    sure: str = ""
    button: str = ""
    style: str = ""
    at_once: bool = False
    inputs: tuple[Input, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    problem: str = ""

    @property
    def wrong(self) -> bool:
        """Say whether something of its form was refused."""
        return bool(self.problem) or any(one.error for one in self.inputs)


def marked(
    found: tuple[Doable, ...], name: str, typed: Mapping[str, str], errors: Mapping[str, str]
) -> tuple[Doable, ...]:
    """Give them back with what was typed into one of them, and what is wrong with it."""
    return tuple(_marked(one, typed, errors) if one.name == name else one for one in found)


def _marked(one: Doable, typed: Mapping[str, str], errors: Mapping[str, str]) -> Doable:
    inputs = tuple(
        replace(each, value=typed.get(each.name, ""), error=errors.get(each.name, "")) for each in one.inputs
    )
    others = [what for field, what in errors.items() if field not in {each.name for each in one.inputs}]
    return replace(one, inputs=inputs, problem="; ".join(others), at_once=False)


def same(words: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Offer words that are their own labels."""
    return tuple((word, word) for word in words)


def when(name: str, label: str, hint: str) -> Input:
    """Ask for an instant."""
    return Input(name, label, "when", hint=hint)


def minutes(length: timedelta) -> str:
    """Write a span as a form sends it."""
    return str(round(length.total_seconds() / 60))


def lengths(most: timedelta) -> tuple[tuple[str, str], ...]:
    """Offer spans up to the longest that is taken."""
    return tuple((minutes(length), span(length)) for length in SPANS if length <= most)

"""What pydantic complains about, in words that say what would be right. This room refuses to know where it stands."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import ErrorDetails

from models.market import AccountId, Country, Domain
from models.qualifying import Word
from models.roster import Cap, Slug
from policy.spelling import did_you_mean

_DAY = "should be a date, for example 2026-12-24"
_INSTANT = "should be an instant, for example 2026-12-24T09:00:00Z"
_DURATION = "should be a duration, for example 15m"
_SAYS = {
    "missing": "is required",
    "bool_type": "should be true or false",
    "bool_parsing": "should be true or false",
    **dict.fromkeys(("list_type", "tuple_type"), "should be a list ([a, b], or a line with - for each)"),
    "dict_type": "should have keys of its own",
    "model_type": "should have keys of its own",
    "model_attributes_type": "should have keys of its own",
    "string_type": "should be a text",
    "int_type": "should be a whole number",
    "int_from_float": "should be a whole number",
    "float_type": "should be a number",
    "finite_number": "should be a number",
    **dict.fromkeys(("date_parsing", "date_type", "date_from_datetime_parsing", "date_from_datetime_inexact"), _DAY),
    **dict.fromkeys(("datetime_parsing", "datetime_type", "datetime_from_date_parsing"), _INSTANT),
    **dict.fromkeys(("time_delta_parsing", "time_delta_type"), _DURATION),
}
_BOUNDS = {
    "greater_than": "should be more than {gt:g}",
    "greater_than_equal": "should be {ge:g} or more",
    "less_than": "should be less than {lt:g}",
    "less_than_equal": "should be {le:g} or less",
}
_QUOTED = 40
_CHOICE = re.compile(r"'([^']*)'")


def put(detail: ErrorDetails, noun: str = "entries") -> str:
    """Put one complaint into words; `noun` says what there are too many of, where that is what is wrong."""
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind in _SAYS:
        return _SAYS[kind]
    if say := _COUNTS.get(kind):
        return say(context, noun)
    if kind in _BOUNDS and not any(hasattr(bound, "total_seconds") for bound in context.values()):
        try:
            return _BOUNDS[kind].format(**context)
        except (KeyError, ValueError):  # a bound that is no number
            return _plain(detail)
    if kind == "string_pattern_mismatch":
        return f'"{_short(given)}" {_patterns().get(context.get("pattern", "")) or _plain(detail)}'
    what = _plain(detail)
    if kind in ("enum", "literal_error") and isinstance(given, str):
        return f'"{_short(given)}" {what}{did_you_mean(given, _CHOICE.findall(what))}'
    return what


def _plain(detail: ErrorDetails) -> str:
    what = detail["msg"].removeprefix("Value error, ")
    return re.sub(r"^(Input|String|List|Dictionary) should", "should", what)


def _short(given: Any) -> str:
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in str(given)[:_QUOTED])


_COUNTS: Mapping[str, Callable[[Mapping[str, Any], str], str]] = {
    "too_long": lambda bound, noun: f"has {bound['actual_length']} {noun}; {bound['max_length']} at most",
    "too_short": lambda bound, noun: f"has {bound['actual_length']} {noun}; {bound['min_length']} at least",
    "string_too_long": lambda bound, _: f"is longer than {bound['max_length']} characters",
    "string_too_short": lambda bound, _: "is empty" if bound["min_length"] == 1 else "is too short",
}


@cache
def _patterns() -> Mapping[str, str]:
    """Give what is meant by each pattern that names have to follow."""
    meant: list[tuple[Any, str]] = [
        (Slug, "should be lower-case letters, digits, - and _ (64 at most), for example enterprise-emea"),
        (AccountId, "should be letters, digits, '.', - and _ (64 at most), for example acme-de"),
        (Word, "should be lower-case letters, digits and _ (64 at most), a letter first"),
        (Country, "should be a country's two capital letters (ISO 3166), for example DE"),
        (Domain, "should be a domain in small letters, for example acme.example"),
    ]
    said = {TypeAdapter(kind).json_schema()["pattern"]: words for kind, words in meant}
    per = Cap.model_json_schema()["properties"]["per"]["pattern"]
    return {
        **said,
        per: "should be day, or a span of hours or days: 12h, 7d",
        "^[A-Z]{3}$": "should be a currency's three capital letters (ISO 4217), for example USD",
    }

"""A lead's JSON read as a lead: what forms and files say in words where a number belongs is understood, or noted.

A lead that somebody could call is not refused for a head count of "50-100" or -5, for a title of 300 letters, or for
`null` where it has nothing to say (R42). Wrong shapes and unknown fields are refused still; what came is kept as it
came.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from models.base import parse
from models.lead import MAY_BE_NULL, Company, LeadInput, most_of
from policy.cleaning.amounts import (
    LARGEST_AMOUNT,
    MOST_EMPLOYEES,
    of_one_currency,
    read_amount,
    read_currency,
    read_headcount,
    read_yes_no,
)

IN_WORDS = frozenset({"company.employees", "decision_maker", "deal_value.amount"})
"""Fields that are no text, and may come as one."""


_NO_COUNT = "company.employees: is not a number of people; left out"
_NO_SUM = "deal_value: its amount cannot be read; left out"


def read(raw: Any, suggest: Callable[[str], str] | None = None) -> tuple[LeadInput, tuple[str, ...]]:
    """Read plain JSON data as a lead; give it with what there is to note of words that stood for numbers.

    Raises Refused naming each wrong field; `suggest` may add a hint for an unknown field name.
    """
    notes: list[str] = []
    return parse(LeadInput, _said_in_words(raw, notes) if isinstance(raw, Mapping) else raw, suggest), tuple(notes)


def _said_in_words(raw: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    data = _within_bounds("", raw, most_of(LeadInput), notes)
    if isinstance(company := data.get("company"), Mapping):
        data["company"] = _within_bounds("company.", company, most_of(Company), notes)
    if isinstance(text := data.get("decision_maker"), str):
        data["decision_maker"] = read_yes_no(text)
        if data["decision_maker"] is None and text.strip():
            notes.append("decision_maker: is neither yes nor no; left out")
    if isinstance(company := data.get("company"), Mapping) and "employees" in company:
        data["company"] = {**company, "employees": _employees(company["employees"], notes)}
    if isinstance(deal := data.get("deal_value"), Mapping):
        data["deal_value"] = _deal(dict(deal), notes)
    return data


def _within_bounds(holder: str, raw: Mapping[str, Any], most: Mapping[str, int], notes: list[str]) -> dict[str, Any]:
    """Leave out what says nothing, and cut what is longer than a lead may have it."""
    data = {name: value for name, value in raw.items() if value is not None or name not in MAY_BE_NULL}
    for name, longest in most.items():
        value = data.get(name)
        if isinstance(value, str | list) and len(value) > longest:
            data[name] = value[:longest]
            what = "characters" if isinstance(value, str) else "entries"
            notes.append(f"{holder}{name}: is too long; what is behind the first {longest:,} {what} was left out")
    return data


def _employees(said: Any, notes: list[str]) -> Any:
    """Read a head count; what is neither a number nor a text is for the model to refuse."""
    if _is_number(said):
        if said == int(said) and 0 <= said <= MOST_EMPLOYEES:
            return int(said)
        notes.append(_NO_COUNT)
        return None
    return _employees_in_words(said, notes) if isinstance(said, str) else said


def _employees_in_words(text: str, notes: list[str]) -> int | None:
    found = read_headcount(text)
    if found is None:
        if text.strip():
            notes.append(_NO_COUNT)
        return None
    count, exact = found
    if not exact:
        notes.append("company.employees: is rough; the middle of a range counts")
    return count


def _deal(deal: dict[str, Any], notes: list[str]) -> dict[str, Any] | None:
    """Read a deal's sum and currency; one of which either is unreadable says nothing. A wrong shape stays as it is."""
    amount, said = deal.get("amount"), deal.get("currency") or ""
    if not isinstance(said, str) or "amount" not in deal or deal.keys() - {"amount", "currency"}:
        return deal
    if amount is None or (isinstance(amount, str) and not amount.strip()):
        return None
    written = None
    if isinstance(amount, str):
        found = read_amount(amount)
        if found is None:
            notes.append(_NO_SUM)
            return None
        amount, written = found
    if not _is_number(amount):
        return {"amount": amount}
    if not 0 <= amount <= LARGEST_AMOUNT:
        notes.append(_NO_SUM)
        return None
    currency = read_currency(said) if said.strip() else written or "EUR"
    if currency is None or (written not in (None, currency) and not _means(deal["amount"], currency)):
        notes.append("deal_value: its currency cannot be read; left out")
        return None
    return {"amount": amount, "currency": currency}


def _means(text: str, currency: str) -> bool:
    """Say whether a sum's bare sign may stand for the currency that is named beside it: "$ 7k" in CAD."""
    return of_one_currency(re.sub(r"[^$a-z]", "", text.lower()).removesuffix("k").removesuffix("m"), currency)


def _is_number(said: Any) -> bool:
    return isinstance(said, int | float) and not isinstance(said, bool) and math.isfinite(said)

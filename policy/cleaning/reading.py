"""A lead's JSON read as a lead: what forms and files say in words where a number belongs is understood, or noted.

A lead that somebody could call is not refused for a head count of "50-100" (R42). Wrong shapes and unknown fields are
refused still; what came is kept as it came.
"""

from collections.abc import Callable, Mapping
from typing import Any

from models.base import parse
from models.lead import LeadInput
from policy.cleaning.amounts import LARGEST_AMOUNT, read_amount, read_currency, read_headcount, read_yes_no

IN_WORDS = frozenset({"company.employees", "decision_maker", "deal_value.amount"})
"""Fields that are no text, and may come as one."""


def read(raw: Any, suggest: Callable[[str], str] | None = None) -> tuple[LeadInput, tuple[str, ...]]:
    """Read plain JSON data as a lead; give it with what there is to note of words that stood for numbers.

    Raises Refused naming each wrong field; `suggest` may add a hint for an unknown field name.
    """
    notes: list[str] = []
    return parse(LeadInput, _said_in_words(raw, notes) if isinstance(raw, Mapping) else raw, suggest), tuple(notes)


def _said_in_words(raw: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    data = dict(raw)
    if isinstance(text := data.get("decision_maker"), str):
        data["decision_maker"] = read_yes_no(text)
        if data["decision_maker"] is None and text.strip():
            notes.append("decision_maker: is neither yes nor no; left out")
    company = data.get("company")
    if isinstance(company, Mapping) and isinstance(text := company.get("employees"), str):
        data["company"] = {**company, "employees": _employees(text, notes)}
    if isinstance(deal := data.get("deal_value"), Mapping):
        data["deal_value"] = _deal(dict(deal), notes)
    return data


def _employees(text: str, notes: list[str]) -> int | None:
    found = read_headcount(text)
    if found is None:
        if text.strip():
            notes.append("company.employees: is not a number of people; left out")
        return None
    count, exact = found
    if not exact:
        notes.append("company.employees: is rough; the middle of a range counts")
    return count


def _deal(deal: dict[str, Any], notes: list[str]) -> dict[str, Any] | None:
    """Read a deal's sum and currency; one of which either is unreadable says nothing. A wrong shape stays as it is."""
    amount, said = deal.get("amount"), deal.get("currency", "")
    if not isinstance(said, str) or deal.keys() - {"amount", "currency"}:
        return deal
    written = None
    if isinstance(amount, str):
        found = read_amount(amount)
        if found is None:
            if amount.strip():
                notes.append("deal_value: its amount cannot be read; left out")
            return None
        amount, written = found
    currency = read_currency(said) if said.strip() else written or "EUR"
    if currency is None or written not in (None, currency):
        if not _is_sum(amount):
            return {"amount": amount}
        notes.append("deal_value: its currency cannot be read; left out")
        return None
    return {**deal, "amount": amount, "currency": currency} if "amount" in deal else {"currency": currency}


def _is_sum(amount: Any) -> bool:
    return isinstance(amount, int | float) and not isinstance(amount, bool) and 0 <= amount <= LARGEST_AMOUNT

"""How much alike two company names are, in percent, and whether they differ by slips of the pen alone."""

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from policy.cleaning.companies import CompanyName

SAME = 100.0

ONE_SLIP = 6
"""A word of so many letters may have one slip."""

ONE_SLIP_ALONE = 8
"""So many letters a word has to have that is the whole name: "Stride" and "Strive" are two companies."""

TWO_SLIPS = 10
"""A word of so many letters may have two."""

_TRADE_WORDS = """
and agency agentur bank beratung capital clinic company construction consult consulting data design digital energy
engineering enterprise enterprises finance financial global group gruppe handel health holding holdings hotel immobilien
industries insurance international invest investment investments it labs logistics logistik management marketing media
online partner partners real estate restaurant sales school service services shop software solution solutions store
studio system systems tech technologies technology trade trading transport travel university ventures web
"""
_TRADES = frozenset(_TRADE_WORDS.split())
"""Words that say what many companies do, and name none of them."""


def says_a_trade_alone(name: CompanyName) -> bool:
    """Say whether nothing in a name is its own: "Consulting", "Data Solutions Group"."""
    return set(name.stem.split()) <= _TRADES


def roots(name: CompanyName) -> frozenset[str]:
    """Give the telling words of a name without a trailing "group" or "holding", in each of their spellings."""
    return frozenset(CompanyName(spelling, frozenset()).root for spelling in name.spellings)


def likeness(one: CompanyName, other: CompanyName) -> float:
    """Say how much alike two names are, 0 to 100, their legal forms left out; 0 for a name that tells nothing."""
    left, right = roots(one), roots(other)
    if left & right:
        return SAME
    return max((_alike(a, b) for a in left for b in right), default=0.0)


def a_slip(one: CompanyName, other: CompanyName) -> bool:
    """Say whether two names are one, mistyped: the same words in a row but for a slip in a long one, or other gaps.

    Numbers are never a slip, nor is a word too many, nor another first or last letter ("PayPal", "PayPay").
    """
    return any(_slipped(a.split(), b.split()) for a in roots(one) for b in roots(other))


def _alike(left: str, right: str) -> float:
    joined = fuzz.ratio(left.replace(" ", ""), right.replace(" ", ""))
    sorted_words = fuzz.token_sort_ratio(left, right)
    # One name inside the other ("Siemens", "Siemens Energy") is often another company of the family.
    inside = 0.9 * fuzz.token_set_ratio(left, right)
    return float(round(min(max(joined, sorted_words, inside), 99.0), 1))


def _slipped(left: list[str], right: list[str]) -> bool:
    if "".join(left) == "".join(right):
        return len("".join(left)) >= ONE_SLIP
    if len(left) != len(right):
        return False
    different = [(a, b) for a, b in zip(left, right, strict=True) if a != b]
    if len(left) == 1 and min(map(len, (*left, *right))) < ONE_SLIP_ALONE:
        return False
    return len(different) == 1 and _mistyped(*different[0])


def _mistyped(one: str, other: str) -> bool:
    if any(map(str.isdigit, one + other)) or one[0] != other[0] or one[-1] != other[-1]:
        return False
    slips = OSA.distance(one, other, score_cutoff=2)
    return slips <= (2 if min(len(one), len(other)) >= TWO_SLIPS else 1) and min(len(one), len(other)) >= ONE_SLIP

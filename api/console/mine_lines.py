"""The lines of a ledger in words: whose turn it was, among how many, and what it moved for whoever reads (R29)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from api.console.mine_share import amount
from db.shares import Entry
from db.tables.words import Posting
from policy.fairness import UNIT
from policy.shares import Offer


@dataclass(frozen=True, slots=True)
class Told:
    """One line in words. `amount` is what it adds to the balance."""

    entry: Entry
    title: str
    amount: str
    sentence: str


def tell(entries: Iterable[Entry], sizes: Mapping[Offer, int], names: Mapping[str, str], me: str) -> tuple[Told, ...]:
    """Put lines into words for one reader; `sizes`: how many members each turn was among."""
    return tuple(
        Told(one, _title(one, names, me), amount(one.units), _sentence(one, sizes, names, me)) for one in entries
    )


def _title(entry: Entry, names: Mapping[str, str], me: str) -> str:
    if entry.posting is Posting.SETTLE:
        return "Somebody left the pool"
    whose = "yours" if entry.to == me else names.get(entry.to or "", entry.to or "somebody")
    came = {Posting.REFUND: ", given back", Posting.RETAKE: ", taken again"}.get(entry.posting, "")
    return f"A turn of {whose}{came}"


def _sentence(entry: Entry, sizes: Mapping[Offer, int], names: Mapping[str, str], me: str) -> str:
    match entry.posting:
        case Posting.REFUND:
            return "What its turn moved is moved back."
        case Posting.RETAKE:
            return "It counts after all, so its turn is moved once more."
        case Posting.SETTLE:
            return "What they were owed, or owed, goes to those who stay."
    size = sizes.get((entry.lead_id, entry.offer), 0)
    if size == 1:
        return "Nobody else could be asked: it is no more than a whole share of it."
    whose = "Your share" if entry.rep_id == me else f"The share of {names.get(entry.rep_id, entry.rep_id)}"
    share = f"{whose} of it is {(entry.units + UNIT * entry.theirs) / UNIT:.2f}, among {size} who could be asked"
    return f"{share}; the lead itself is 1." if entry.theirs else f"{share}."

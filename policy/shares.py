"""Why one member of a rotation got more leads than another, to the unit, from the lines of their ledger (R9, R29).

Over a while, for each member, by the way the ledger is kept:

    leads offered = past the rotation + turns
    turns         = turns that count + turns given back (less those taken again)
    turns that count = balance at the start + credits + parts of those who left - balance at the end

so the difference between two members is the sum of the differences of these terms, exactly; credits are told apart by
whether both took part in a turn (then only weights can differ) or one alone (the other was away, full, or not asked
for). Amounts are in `policy.fairness.UNIT`, one lead. This room refuses to judge whether a share is a fair one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from policy.fairness import UNIT

Offer = tuple[str, int]
"""An offer of a lead: its id, and which one."""


class Kind(StrEnum):
    """What a line of a ledger is, as `db.tables.words.Posting` has it."""

    TURN = "turn"
    REFUND = "refund"
    RETAKE = "retake"
    SETTLE = "settle"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of one member. `theirs`: the lead was offered to them; `took_part`: they had a part in its turn."""

    kind: Kind
    offer: Offer
    units: int
    theirs: bool
    took_part: bool

    @property
    def leads(self) -> int:
        """Count the leads that the line adds to theirs: one for a turn of theirs, one less when it is given back."""
        if not self.theirs or not self.took_part:
            return 0
        return {Kind.TURN: 1, Kind.RETAKE: 1, Kind.REFUND: -1}.get(self.kind, 0)

    @property
    def credit(self) -> int:
        """Give what the line credits them with: the rest of it is the lead itself."""
        return self.units + UNIT * self.leads


@dataclass(frozen=True, slots=True)
class Book:
    """A member's part of a pool over a while. `now`: their balance at its end; `past`: offers that no turn was for."""

    rep_id: str
    now: int
    past: int
    lines: Sequence[Line]

    @property
    def before(self) -> int:
        """Give their balance at the start: what the lines led away from."""
        return self.now - sum(line.units for line in self.lines)

    @property
    def turns(self) -> int:
        """Count the turns that were theirs, also those given back since."""
        return sum(line.leads for line in self.lines if line.kind is Kind.TURN)

    @property
    def given_back(self) -> int:
        """Count the turns of theirs that were given back, less those taken again."""
        return -sum(line.leads for line in self.lines if line.kind is not Kind.TURN)

    @property
    def counted(self) -> int:
        """Count the turns that still stand."""
        return self.turns - self.given_back

    @property
    def offered(self) -> int:
        """Count every lead they were offered."""
        return self.turns + self.past

    @property
    def credits(self) -> int:
        """Give their share of all turns that they took part in."""
        return sum(line.credit for line in self.lines if line.took_part)

    @property
    def settled(self) -> int:
        """Give what came to them, or went from them, when somebody left the pool."""
        return sum(line.credit for line in self.lines if not line.took_part)

    @property
    def taken_part_in(self) -> frozenset[Offer]:
        """Name the offers in whose turn they took part."""
        return frozenset(line.offer for line in self.lines if line.took_part)

    def credited(self, offers: Collection[Offer]) -> int:
        """Give their share of the turns of these offers."""
        return sum(line.credit for line in self.lines if line.took_part and line.offer in offers)


class Why(StrEnum):
    """What makes two members' leads differ."""

    PAST = "past"
    GIVEN_BACK = "given_back"
    WEIGHTS = "weights"
    PRESENT = "present"
    LEFT = "left"
    BEFORE = "before"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Part:
    """One reason: `mine` and `theirs` are amounts of leads in `UNIT`; it makes up `theirs` less `mine`."""

    why: Why
    mine: int
    theirs: int

    @property
    def units(self) -> int:
        """Give what it adds to the difference."""
        return self.theirs - self.mine


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two members over the same while; the parts add up to how many leads more `theirs` was offered than `mine`.

    `together`: turns in which both took part; `alone`: in which only `mine` did; `without`: in which only `theirs` did.
    """

    mine: Book
    theirs: Book
    together: frozenset[Offer]
    alone: frozenset[Offer]
    without: frozenset[Offer]
    parts: tuple[Part, ...]

    @property
    def more(self) -> int:
        """Count the leads that `theirs` was offered more; negative when fewer."""
        return self.theirs.offered - self.mine.offered


def compare(mine: Book, theirs: Book) -> Comparison:
    """Say why `theirs` was offered more leads than `mine`, or fewer: the parts' units add up to that, to the unit."""
    ours, others = mine.taken_part_in, theirs.taken_part_in
    together, alone, without = ours & others, ours - others, others - ours
    parts = (
        Part(Why.PAST, UNIT * mine.past, UNIT * theirs.past),
        Part(Why.GIVEN_BACK, UNIT * mine.given_back, UNIT * theirs.given_back),
        Part(Why.WEIGHTS, mine.credited(together), theirs.credited(together)),
        Part(Why.PRESENT, mine.credited(alone), theirs.credited(without)),
        Part(Why.LEFT, mine.settled, theirs.settled),
        Part(Why.BEFORE, mine.before, theirs.before),
        Part(Why.OPEN, -mine.now, -theirs.now),
    )
    return Comparison(mine, theirs, together, alone, without, parts)

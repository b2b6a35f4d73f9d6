"""Why one member got more leads than another: the ledger explains it completely, to the unit."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from policy.fairness import UNIT, charge, leave, turn
from policy.shares import Book, Comparison, Kind, Line, Why, compare

EVERYBODY = ("ana", "ben", "cam", "dee")


@dataclass
class House:
    """A pool, its ledger kept as `db.ledger` keeps it, and a plain count of who was offered what."""

    balances: dict[str, int] = field(default_factory=lambda: dict.fromkeys(EVERYBODY, 0))
    lines: dict[str, list[Line]] = field(default_factory=lambda: {rep: [] for rep in EVERYBODY})
    turns: list[tuple[str, Mapping[str, int]]] = field(default_factory=list)
    back: set[int] = field(default_factory=set)
    offered: dict[str, int] = field(default_factory=lambda: dict.fromkeys(EVERYBODY, 0))
    past: dict[str, int] = field(default_factory=lambda: dict.fromkeys(EVERYBODY, 0))

    def post(self, kind: Kind, number: int, moves: Mapping[str, int]) -> None:
        """Add lines."""
        to, took_part = (None, {}) if kind is Kind.SETTLE else self.turns[number]
        for rep, units in moves.items():
            self.balances[rep] = self.balances.get(rep, 0) + units
            self.lines[rep].append(Line(kind, (f"l{number}", 1), units, rep == to, rep in took_part))

    def take(self, weights: Mapping[str, int], to: str | None) -> None:
        """Offer a lead by turns, or charge it to somebody."""
        found = turn(self.balances, weights) if to is None else charge(self.balances, weights, to)
        self.turns.append((found.chosen, found.moves))
        self.offered[found.chosen] += 1
        self.post(Kind.TURN, len(self.turns) - 1, found.moves)

    def flip(self, number: int) -> None:
        """Give a turn back, or take it again, among those who are in the pool."""
        moves = self.turns[number][1]
        again = number in self.back
        self.back ^= {number}
        shared = dict.fromkeys(self.balances, 0) | {rep: units if again else -units for rep, units in moves.items()}
        for rep in sorted(moves.keys() - self.balances.keys()):
            shared = dict(leave(shared, rep).balances_after)
        self.post(Kind.RETAKE if again else Kind.REFUND, number, shared)

    def part_with(self, rep: str) -> None:
        """Let somebody leave the pool for good."""
        self.post(Kind.SETTLE, 0, {one: units for one, units in leave(self.balances, rep).moves.items() if units})
        del self.balances[rep]

    def book(self, rep: str, skipped: int = 0) -> Book:
        """Give somebody's book without the first lines."""
        return Book(rep, self.balances.get(rep, 0), self.past[rep], self.lines[rep][skipped:])


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("turn"), st.dictionaries(st.sampled_from(EVERYBODY), st.integers(1, 4), min_size=1), st.booleans()
        ),
        st.tuples(st.just("flip"), st.integers(0, 30), st.none()),
        st.tuples(st.just("past"), st.sampled_from(EVERYBODY), st.none()),
        st.tuples(st.just("leave"), st.sampled_from(EVERYBODY[2:]), st.none()),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(STEPS)
def test_the_parts_add_up_to_the_difference_whatever_happened(steps: list[tuple[str, object, object]]) -> None:
    """Turns of any weights, charges, refunds, retakes, leavers, and leads past it all: no unit is unexplained."""
    house = House()
    for what, value, charged in steps:
        if what == "turn" and isinstance(value, dict):
            here = {rep: weight for rep, weight in value.items() if rep in house.balances}
            if here:
                house.take(here, min(here) if charged else None)
        elif what == "flip" and isinstance(value, int) and value < len(house.turns):
            house.flip(value)
        elif what == "past" and isinstance(value, str):
            house.past[value] += 1
            house.offered[value] += 1
        elif what == "leave" and isinstance(value, str) and value in house.balances:
            house.part_with(value)
    for rep in EVERYBODY:
        assert house.book(rep).offered == house.offered[rep]
        assert house.book(rep).before == 0
        for other in EVERYBODY:
            found = compare(house.book(rep), house.book(other))
            assert UNIT * (house.offered[other] - house.offered[rep]) == sum(part.units for part in found.parts)
            assert found.more == house.offered[other] - house.offered[rep]


def test_a_while_begins_with_what_was_owed_before_it() -> None:
    """Lines before the while are the balance at its start, and the parts still add up."""
    house = House()
    for _ in range(3):
        house.take({"ana": 1, "ben": 1}, None)
    before = dict(house.balances)
    house.take({"ana": 1, "ben": 1}, None)
    found = compare(house.book("ana", 3), house.book("ben", 3))
    assert (found.mine.before, found.theirs.before) == (before["ana"], before["ben"])
    assert (found.mine.offered, found.theirs.offered) == (0, 1)
    assert sum(part.units for part in found.parts) == UNIT


def part(found: Comparison, why: Why) -> int:
    """Give what one reason adds."""
    return next(one.units for one in found.parts if one.why is why)


def test_each_reason_is_told_where_it_belongs() -> None:
    """Two of ben's leads more come from six turns that ana missed, a refund, and one past the rotation."""
    house = House()
    for _ in range(4):
        house.take({"ana": 1, "ben": 1}, None)
    for _ in range(2):
        house.take({"ben": 1, "cam": 1}, None)
    number = next(place for place, (to, _) in enumerate(house.turns) if to == "ben")
    house.flip(number)
    house.past["ben"] += 1
    house.offered["ben"] += 1
    found = compare(house.book("ana"), house.book("ben"))
    assert (house.offered["ana"], house.offered["ben"]) == (2, 4)
    assert (len(found.together), len(found.alone), len(found.without)) == (4, 0, 2)
    assert {
        Why.PAST: UNIT,
        Why.GIVEN_BACK: UNIT,
        Why.WEIGHTS: 0,
        Why.PRESENT: UNIT,
        Why.LEFT: 0,
        Why.BEFORE: 0,
    } == {why: part(found, why) for why in Why if why is not Why.OPEN}
    assert part(found, Why.OPEN) == 2 * UNIT - 3 * UNIT


def test_weights_alone_make_a_difference_of_their_size() -> None:
    """With twice the weight, ben is credited two thirds of each of three leads, and ana a third."""
    house = House()
    for _ in range(3):
        house.take({"ana": 1, "ben": 2}, None)
    found = compare(house.book("ana"), house.book("ben"))
    assert (house.offered["ana"], house.offered["ben"]) == (1, 2)
    assert abs(part(found, Why.WEIGHTS) - UNIT) <= 3

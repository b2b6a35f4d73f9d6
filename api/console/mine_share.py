"""A pool's ledger in words: who is behind or ahead of their share, by which lines, and why a colleague got more (R29).

A pure view of `policy.shares`. Leads are whole and shares are not: amounts are told in hundredths of a lead, rounded so
that they add up as the exact ones do. It refuses to look anything up.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from db.shares import PastCount
from models.roster import Pool, Rep, Roster, Strategy
from policy.fairness import UNIT
from policy.routing.crew import crew_of
from policy.routing.strategies import weight_of
from policy.shares import Book, Comparison, Offer, Part, Why

HUNDREDTH = UNIT // 100

STRATEGIES = {
    Strategy.WEIGHTED: "Members take turns, each as often as their weight says.",
    Strategy.ROUND_ROBIN: "Members take turns, each as often as the others.",
    Strategy.LEAST_LOADED: "Whoever has the smallest part of their capacity in hand is next; ties go by turns.",
    Strategy.BEST_FIT: "Whom the lead suits best is next; ties go by turns.",
}

_UNTIL = re.compile(r" (until|since) .*$")
_FULL = re.compile(r"^\d+ of \d+ leads open$")


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a pool over a while. `chance`: their part of a turn by weight among the active members."""

    rep_id: str
    name: str
    me: bool
    active: bool
    weight: int
    chance: float | None
    book: Book
    past: PastCount
    stands: str
    behind: int


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a difference: what it is, what of it is mine and theirs, how many leads it makes, and what else."""

    title: str
    mine: str
    theirs: str
    makes: str
    part: Part
    notes: tuple[str, ...]

    @property
    def units(self) -> int:
        """Give what it makes, exactly."""
        return self.part.units

    @property
    def tells(self) -> bool:
        """Say whether either of the two has anything of it."""
        return bool(self.part.mine or self.part.theirs)


@dataclass(frozen=True, slots=True)
class Answer:
    """Why a colleague was offered more than me, or fewer."""

    headline: str
    sentence: str
    reasons: tuple[Reason, ...]
    makes: str


def pools_of(roster: Roster, rep_id: str, balances: Mapping[str, Mapping[str, int]]) -> tuple[str, ...]:
    """Name the pools that somebody belongs to, or has a balance in."""
    crew = crew_of(roster)
    names = {name for name in roster.pools if any(rep.id == rep_id for rep in crew.members(name))}
    return tuple(sorted(names | {pool for pool, reps in balances.items() if rep_id in reps}))


def members_of(
    roster: Roster, pool: str, reader: str | None, books: Mapping[str, Book], past: Mapping[str, PastCount]
) -> tuple[Member, ...]:
    """List a pool's members as `reader` sees them, who is furthest behind their share first."""
    crew, there = crew_of(roster), roster.pools.get(pool)
    names = {rep.id: rep for rep in crew.members(pool)}
    whole = sum(weight_of(there, rep) for rep in names.values() if rep.active)
    found = []
    for one, book in books.items():
        rep = names.get(one) or crew.reps.get(one)
        active = rep is not None and rep.active and one in names
        found.append(_member(one, rep, there, one == reader, active, whole, book, past[one]))
    return tuple(sorted(found, key=lambda one: (-one.book.now, one.name)))


def _member(
    rep_id: str, rep: Rep | None, pool: Pool | None, me: bool, active: bool, whole: int, book: Book, past: PastCount
) -> Member:
    weight = weight_of(pool, rep) if rep else 0
    chance = weight / whole if active and whole else None
    name = rep.name if rep else rep_id
    return Member(rep_id, name, me, active, weight, chance, book, past, standing(book.now), book.now)


def standing(units: int) -> str:
    """Say how far a balance is from an even one: `0.50 leads behind`."""
    amount = round(units / HUNDREDTH)
    if amount == 0:
        return "even"
    return f"{abs(amount) / 100:.2f} {'behind' if amount > 0 else 'ahead'}"


def amount(units: int) -> str:
    """Write an amount of leads with its sign."""
    return _signed(round(units / HUNDREDTH))


def _signed(hundredths: int) -> str:
    sign = "+" if hundredths > 0 else "\u2212" if hundredths < 0 else ""
    return f"{sign}{abs(hundredths) / 100:.2f}"


def rounded(units: Sequence[int]) -> tuple[int, ...]:
    """Round amounts to hundredths of a lead so that they add up to the rounded sum: the largest remainders go up."""
    whole = [one // HUNDREDTH for one in units]
    rest = round(sum(units) / HUNDREDTH) - sum(whole)
    order = sorted(range(len(units)), key=lambda place: -(units[place] % HUNDREDTH))
    up = set(order[:rest])
    return tuple(one + (place in up) for place, one in enumerate(whole))


def answer(
    found: Comparison,
    me: Member,
    them: Member,
    days: int,
    against_me: Mapping[Offer, str],
    against_them: Mapping[Offer, str],
) -> Answer:
    """Say why `them` was offered more leads than `me`, or fewer, in the last days."""
    shown = rounded([part.units for part in found.parts])
    reasons = tuple(
        _reason(part, made, found, me, them, days, against_me, against_them)
        for part, made in zip(found.parts, shown, strict=True)
    )
    return Answer(_headline(found, me, them, days), _sentence(found, reasons), reasons, _signed(sum(shown)))


def _headline(found: Comparison, me: Member, them: Member, days: int) -> str:
    more, counts = found.more, f"{found.theirs.offered} against {found.mine.offered}"
    you = "you" if me.me else me.name
    while_ = f"in the last {days} days: {counts}."
    if not more:
        return f"{them.name} was offered as many leads as {you} {while_}"
    return f"{them.name} was offered {_leads(abs(more))} {'more' if more > 0 else 'fewer'} than {you} {while_}"


def _sentence(found: Comparison, reasons: Iterable[Reason]) -> str:
    """Name what makes most of the difference, in its direction."""
    sign = 1 if found.more >= 0 else -1
    most = sorted((one for one in reasons if sign * one.units >= HUNDREDTH), key=lambda one: -sign * one.units)
    if not most or not found.more:
        return "What speaks for the one and for the other evens out below."
    first = [f"{one.title[:1].lower()}{one.title[1:]} ({one.makes})" for one in most[:2]]
    return f"Most of it: {' and '.join(first)}."


def _reason(
    part: Part,
    made: int,
    found: Comparison,
    me: Member,
    them: Member,
    days: int,
    against_me: Mapping[Offer, str],
    against_them: Mapping[Offer, str],
) -> Reason:
    you = "you" if me.me else me.name
    mine, theirs, notes = f"{part.mine / UNIT:.2f}", f"{part.theirs / UNIT:.2f}", list[str]()
    match part.why:
        case Why.PAST:
            title = "Leads past the rotation"
            mine, theirs = str(found.mine.past), str(found.theirs.past)
            notes.append("An account's or a person's own leads, and what somebody gave by hand: no turn is charged.")
            by_hand = (me.past.by_hand, them.past.by_hand)
            if any(by_hand):
                notes.append(f"By hand: {by_hand[0]} to {you}, {by_hand[1]} to {them.name}.")
        case Why.GIVEN_BACK:
            title = "Turns given back"
            mine, theirs = str(found.mine.given_back), str(found.theirs.given_back)
            notes.append("An offer that was passed on, ran out or was bad costs no turn: another lead comes instead.")
        case Why.WEIGHTS:
            title = f"Shares of {_turns(len(found.together))} that both took part in"
            notes.append(f"Weights are {me.weight} for {you} and {them.weight} for {them.name} now.")
        case Why.PRESENT:
            title = "Turns that only one of the two took part in"
            notes.append(f"{len(found.alone)} only with {you}, {len(found.without)} only with {them.name}.")
            notes += _why_not(you, found.without, against_me)
            notes += _why_not(them.name, found.alone, against_them)
        case Why.LEFT:
            title = "Parts of those who left the pool"
            notes.append("What the pool owed them, or they it, goes to those who stay, in equal parts.")
        case Why.BEFORE:
            title = f"Owed before these {days} days"
            mine, theirs = standing(found.mine.before), standing(found.theirs.before)
        case _:
            title = "Still owed now"
            mine, theirs = standing(found.mine.now), standing(found.theirs.now)
            notes.append("Leads are whole and shares are not: the next turns even it out.")
    return Reason(title, mine, theirs, _signed(made), part, tuple(notes))


def _why_not(who: str, offers: Collection[Offer], against: Mapping[Offer, str]) -> list[str]:
    """Sum up what was against somebody in the turns that they missed."""
    counts = Counter(_kind(against[offer]) for offer in offers if offer in against)
    if not counts:
        return []
    told = ", ".join(f"{what} ({number})" for what, number in counts.most_common(5))
    of = "" if counts.total() == len(offers) else f", in {counts.total()} of them that could be looked up"
    return [f"What was against {who}{of}: {told}."]


def _kind(reason: str) -> str:
    """Give a reason without its instant, so that equal ones count together."""
    return "all places taken" if _FULL.match(reason) else _UNTIL.sub("", reason)


def _leads(number: int) -> str:
    return "1 lead" if number == 1 else f"{number} leads"


def _turns(number: int) -> str:
    return "1 turn" if number == 1 else f"{number} turns"

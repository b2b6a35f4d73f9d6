"""The rotation keeps its promises: less than one lead from the share, bounded when sets vary, exact in every unit."""

import random
from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import combinations_with_replacement

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.fairness import UNIT, Rule, Turn, join, leave, refund, turn


def named(weights: Iterable[int]) -> dict[str, int]:
    """Name the reps of some weights."""
    return {f"rep-{place}": weight for place, weight in enumerate(weights)}


def turns(weights: Mapping[str, int], how_many: int, balances: Mapping[str, int] | None = None) -> list[Turn]:
    """Take turns with everybody eligible, one after the other."""
    taken: list[Turn] = []
    for _ in range(how_many):
        taken.append(turn(taken[-1].balances_after if taken else balances or {}, weights))
    return taken


def furthest(weights: Mapping[str, int], chosen: Iterable[str]) -> Fraction:
    """Count, from the names alone, how far anybody ever was from their share of the leads so far."""
    total, had, worst = sum(weights.values()), dict.fromkeys(weights, 0), 0
    for so_far, rep in enumerate(chosen, start=1):
        had[rep] += 1
        worst = max(worst, *(abs(had[one] * total - weight * so_far) for one, weight in weights.items()))
    return Fraction(worst, total)


def smooth_round_robin(weights: Mapping[str, int], how_many: int) -> list[str]:
    """Rotate as load balancers do: everybody gains their weight, the highest is chosen and loses the total."""
    current, chosen = dict.fromkeys(weights, 0), []
    for _ in range(how_many):
        current = {rep: value + weights[rep] for rep, value in current.items()}
        best = max(current, key=lambda rep: current[rep])
        current[best] -= sum(weights.values())
        chosen.append(best)
    return chosen


def bound(people: int) -> Fraction:
    """Give Tijdeman's bound for a constant set; the rounding of shares may add a trillionth a turn."""
    return (1 - Fraction(1, 2 * people - 2) if people > 1 else Fraction(0)) + Fraction(1, 10**8)


def keeps_the_promise(weights: Mapping[str, int]) -> bool:
    """Say whether one whole round stays within the bound and ends with everybody at exactly their share."""
    taken = turns(weights, sum(weights.values()))
    chosen = [one.chosen for one in taken]
    at_share = all(chosen.count(rep) == weight for rep, weight in weights.items())
    return (
        at_share
        and furthest(weights, chosen) <= bound(len(weights))
        and Rule.OWED_MOST not in {one.rule for one in taken}
    )


@pytest.mark.parametrize("people", [1, 2, 3, 4])
def test_nobody_is_a_lead_from_their_share_for_any_weights_of_a_small_pool(people: int) -> None:
    """Every weighting 1 to 10: at each prefix less than one lead off, and after a round exactly at the share.

    A round later everything repeats, so one round is all of them.
    """
    broken = [
        weights
        for weights in combinations_with_replacement(range(1, 11), people)
        if not keeps_the_promise(named(weights))
    ]
    assert [] == broken


@pytest.mark.parametrize("people", [5, 6, 7, 8])
def test_nobody_is_a_lead_from_their_share_in_larger_pools(people: int) -> None:
    """Weightings 1 to 10 drawn at random, in any order of ids."""
    dice = random.Random(people)
    drawn = [tuple(dice.randint(1, 10) for _ in range(people)) for _ in range(60)]
    assert [] == [weights for weights in drawn if not keeps_the_promise(named(weights))]


@pytest.mark.parametrize(
    "weights", [(1, 1, 1), (10, 1), (7, 5, 3, 2, 1), (10, 9, 8, 7, 6, 5, 4, 3), (997, 13, 13, 1), (1,) * 12]
)
def test_nobody_is_a_lead_from_their_share_after_thousands_of_turns(weights: tuple[int, ...]) -> None:
    """Rounded shares do not drift: counted against exact fractions, 4,000 turns stay under one lead."""
    reps = named(weights)
    worst = furthest(reps, [one.chosen for one in turns(reps, 4000)])
    assert worst <= bound(len(weights))
    assert worst < 1


@pytest.mark.parametrize(
    "weights", [(20, 20, 4, 1, 1, 1), (8, 20, 8, 10, 1, 1), (20, 20, 6, 2, 2), (30, 30, 10, 8, 5, 1, 1)]
)
def test_smooth_round_robin_would_put_somebody_a_whole_lead_off(weights: tuple[int, ...]) -> None:
    """Why it is not the usual rotation: on these weightings that one is a lead off, and the deadline rule is not."""
    reps = named(weights)
    usual = furthest(reps, smooth_round_robin(reps, sum(weights)))
    ours = furthest(reps, [one.chosen for one in turns(reps, sum(weights))])
    assert usual >= 1 > ours


def test_equal_weights_take_turns() -> None:
    """Plain round robin is the same rule with equal weights: nobody comes twice before everybody came once."""
    chosen = [one.chosen for one in turns(dict.fromkeys(("ana", "ben", "cy"), 1), 9)]
    assert [{"ana", "ben", "cy"}] * 3 == [set(chosen[start : start + 3]) for start in (0, 3, 6)]


@st.composite
def varying(draw: st.DrawFn) -> list[dict[str, int]]:
    """Draw who is eligible with which weight, turn after turn."""
    people = [f"rep-{place}" for place in range(draw(st.integers(2, 7)))]
    weights = st.one_of(st.just(1), st.integers(1, 10), st.sampled_from([1000, 10**6]))
    return draw(st.lists(st.dictionaries(st.sampled_from(people), weights, min_size=1), min_size=1, max_size=60))


@settings(max_examples=200, deadline=None)
@given(decisions=varying())
def test_varying_sets_keep_balances_exact_and_within_the_pool(decisions: list[dict[str, int]]) -> None:
    """Whoever is eligible when: sums are zero to the unit, the absent keep theirs, nobody is owed a pool's worth."""
    balances: Mapping[str, int] = {}
    for weights in decisions:
        before, taken = balances, turn(balances, weights)
        balances = taken.balances_after
        assert sum(taken.credits.values()) == UNIT
        assert sum(taken.moves.values()) == 0 == sum(balances.values())
        assert balances == {rep: before.get(rep, 0) + taken.moves.get(rep, 0) for rep in before.keys() | weights.keys()}
        assert max(map(abs, balances.values())) <= max(0, 2 * len(balances) - 3) * UNIT // 2
        assert sorted(weights) == sorted(taken.order)
        assert taken.chosen == taken.order[0]


@pytest.mark.parametrize("people", [2, 3, 4, 5, 7])
def test_an_adversary_does_not_get_a_balance_out_of_the_pool(people: int) -> None:
    """Somebody who picks each eligible set to make the ledger worse stays below N - 3/2 leads all the same."""
    dice, reps = random.Random(people), [f"rep-{place}" for place in range(people)]
    balances: Mapping[str, int] = dict.fromkeys(reps, 0)
    worst = 0
    for _ in range(500):
        tried = []
        for _ in range(4):
            size = dice.randint(2, people)
            start = dice.randint(0, people - size)
            neighbours = sorted(reps, key=lambda rep: balances[rep])[start : start + size]
            tried.append(turn(balances, {rep: dice.choice((1, 1, 40, 1000)) for rep in neighbours}).balances_after)
        balances = max(tried, key=lambda after: sum(balance**2 for balance in after.values()))
        worst = max(worst, *map(abs, balances.values()))
    assert UNIT // 4 < worst <= (2 * people - 3) * UNIT // 2


def test_deficits_carry_over() -> None:
    """Who was owed before being away is owed after it, and gets it."""
    everybody = dict.fromkeys(("ana", "ben", "cy"), 1)
    balances = turns(everybody, 1)[-1].balances_after
    owed = balances["cy"]
    without = turns({"ana": 1, "ben": 1}, 100, balances)[-1].balances_after
    assert owed == without["cy"] > 0
    assert "cy" in {one.chosen for one in turns(everybody, 2, without)}


@pytest.mark.parametrize("seed", range(8))
def test_joiner_is_neither_flooded_nor_starved(seed: int) -> None:
    """After a thousand turns of others, a new rep's leads stay within two of their share from the first turn on."""
    dice = random.Random(seed)
    reps = named(dice.randint(1, 10) for _ in range(5))
    balances = join(turns(reps, 1000 + seed)[-1].balances_after, "new")
    assert (0, 0) == (balances["new"], sum(balances.values()))
    reps["new"] = dice.randint(1, 10)
    chosen = [one.chosen for one in turns(reps, 300, balances)]
    assert furthest(reps, chosen) < 2


@pytest.mark.parametrize("seed", range(8))
def test_returner_is_neither_flooded_nor_starved(seed: int) -> None:
    """A thousand turns of absence build up no claim: the returner's leads stay within two of their share."""
    dice = random.Random(seed)
    reps = named(dice.randint(1, 10) for _ in range(5))
    balances = turns(reps, 100 + seed)[-1].balances_after
    away = dice.choice(sorted(reps))
    others = {rep: weight for rep, weight in reps.items() if rep != away}
    back = turns(others, 1000, balances)[-1].balances_after
    assert balances[away] == back[away] == join(back, away)[away]
    assert furthest(reps, [one.chosen for one in turns(reps, 300, back)]) < 2


def test_change_of_weights_does_not_reset_the_ledger() -> None:
    """An edit of the roster goes on from the balances there are."""
    balances = turns(named((5, 3, 1)), 7)[-1].balances_after
    edited = named((1, 3, 5))
    chosen = [one.chosen for one in turns(edited, 450, balances)]
    assert any(balances.values())
    assert furthest(edited, chosen) < 2


def test_leaver_settles_and_the_ledger_still_adds_up() -> None:
    """What a leaver was owed goes to the others in equal parts, to the unit, and changes nobody's order."""
    weights = named((7, 5, 3, 2))
    balances = turns(weights, 9)[-1].balances_after
    gone = max(balances, key=lambda rep: balances[rep])
    settled = leave(balances, gone)
    others = sorted(rep for rep in weights if rep != gone)
    assert 0 == sum(settled.moves.values()) == sum(settled.balances_after.values())
    assert {gone: -balances[gone]} == {rep: move for rep, move in settled.moves.items() if rep not in others}
    assert max(settled.moves[rep] for rep in others) - min(settled.moves[rep] for rep in others) <= 1
    left = {rep: weights[rep] for rep in others}
    unsettled = {rep: balance for rep, balance in balances.items() if rep != gone}
    chosen = [one.chosen for one in turns(left, 50, settled.balances_after)]
    assert chosen == [one.chosen for one in turns(left, 50, unsettled)]


def test_last_leaver_closes_the_ledger() -> None:
    """A pool without anybody has an empty ledger."""
    assert {} == leave({"ana": 0}, "ana").balances_after


@settings(max_examples=100, deadline=None)
@given(decisions=varying(), which=st.integers(0, 59))
def test_refund_reverses_its_turn_exactly_however_late(decisions: list[dict[str, int]], which: int) -> None:
    """A lead given back leaves the ledger as if that turn had moved nothing, whatever came after it."""
    balances: Mapping[str, int] = dict.fromkeys((rep for weights in decisions for rep in weights), 0)
    taken = []
    for weights in decisions:
        taken.append(turn(balances, weights))
        balances = taken[-1].balances_after
    back = taken.pop(which % len(taken))
    settled = refund(balances, back.chosen, back.credits)
    expected = {rep: sum(one.moves.get(rep, 0) for one in taken) for rep in balances}
    assert expected == settled.balances_after
    assert 0 == sum(settled.moves.values())
    assert {rep: -move for rep, move in back.moves.items() if move} == settled.moves


def test_refund_after_somebody_left_still_adds_up() -> None:
    """The part of a leaver goes to those who are there, and so does a lead whose own rep has left."""
    taken = turns(named((5, 3, 2)), 4)[-1]
    for gone in taken.order:
        settled = refund(leave(taken.balances_after, gone).balances_after, taken.chosen, taken.credits)
        assert 0 == sum(settled.moves.values()) == sum(settled.balances_after.values())
        assert gone not in settled.balances_after


def test_rep_who_always_declines_builds_up_no_claim() -> None:
    """Declining costs nothing and earns nothing: the balance stays where it was, and others get their share."""
    weights = named((3, 2, 2))
    balances: Mapping[str, int] = dict.fromkeys(weights, 0)
    for _ in range(200):
        taken = turn(balances, weights)
        if taken.chosen == "rep-0":
            balances = refund(taken.balances_after, taken.chosen, taken.credits).balances_after
            taken = turn(balances, {rep: weight for rep, weight in weights.items() if rep != "rep-0"})
        balances = taken.balances_after
    assert max(map(abs, balances.values())) < UNIT


@pytest.mark.parametrize(
    ("balances", "weights", "rule", "because"),
    [
        ({}, {"ana": 3}, Rule.ALONE, "ana is the only one eligible"),
        ({}, {"ana": 3, "ben": 1}, Rule.DEADLINE, "ana is the only one behind their share (+0.75 lead)"),
        (
            {"ana": 120_000_000_000, "ben": 480_000_000_000, "cy": -600_000_000_000},
            {"ana": 5, "ben": 1, "cy": 4},
            Rule.DEADLINE,
            "ana has the earliest deadline of 2 behind their share (+0.62 lead, now)",
        ),
        (
            {"ana": 1900 * UNIT // 1000, "ben": 1700 * UNIT // 1000, "cy": -3600 * UNIT // 1000},
            dict.fromkeys(("ana", "ben", "cy"), 1),
            Rule.OWED_MOST,
            "owed most: ana (+2.23 lead), then ben (+2.03 lead)",
        ),
    ],
    ids=["alone", "one behind", "deadline", "several overdue"],
)
def test_turn_says_why(balances: dict[str, int], weights: dict[str, int], rule: Rule, because: str) -> None:
    """One sentence a rep can check against the ledger."""
    taken = turn(balances, weights)
    assert (rule, because) == (taken.rule, taken.because)


def test_order_tells_who_is_next_if_the_first_is_taken_away() -> None:
    """Deadlines first, earliest first; then those ahead of their share, the least ahead first."""
    balances = {"ana": UNIT // 10, "ben": UNIT // 2, "cy": -UNIT // 10, "dee": -UNIT // 2}
    assert ("ben", "ana", "cy", "dee") == turn(balances, dict.fromkeys(balances, 1)).order


def test_deadline_goes_before_the_larger_debt() -> None:
    """A rep with a large share runs late sooner than one with a small share who is owed a little more."""
    taken = turn({"big": 0, "small": 11 * UNIT // 20, "other": -11 * UNIT // 20}, {"big": 6, "small": 1, "other": 3})
    assert taken.credits["big"] < taken.balances_after["small"]
    assert ("big", "small", "other") == taken.order
    assert "big has the earliest deadline of 2 behind their share (+0.60 lead, now)" == taken.because


@settings(max_examples=50, deadline=None)
@given(decisions=varying(), seed=st.integers(0, 99))
def test_same_ledger_same_answer(decisions: list[dict[str, int]], seed: int) -> None:
    """The order in which reps are handed in decides nothing; ties go by id."""
    balances: Mapping[str, int] = {}
    for weights in decisions:
        shuffled = random.Random(seed).sample(list(weights.items()), len(weights))
        taken = turn(balances, weights)
        assert taken == turn(dict(reversed(list(balances.items()))), dict(shuffled))
        balances = taken.balances_after


def test_ties_go_by_id() -> None:
    """Equal claims are settled by id, not by who was hired or written first."""
    assert ("ana", "ben", "cy") == turn({}, {"cy": 1, "ben": 1, "ana": 1}).order


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: turn({}, {}), "nobody is eligible"),
        (lambda: turn({}, {"ana": 1, "ben": 0}), "ben has weight 0"),
        (lambda: turn({}, {"ana": -1}), "ana has weight -1"),
        (lambda: turn({}, {"ana": UNIT, "ben": 1}), "more than one lead can be split into"),
        (lambda: leave({"ana": 0}, "ben"), "ben is not on the ledger"),
        (lambda: refund({"ana": 0}, "ben", {"ana": UNIT}), "ben was not eligible in that turn"),
        (lambda: refund({"ana": 0}, "ana", {"ana": UNIT - 1}), "are one lead"),
    ],
)
def test_ledger_refuses_what_would_not_add_up(call: object, says: str) -> None:
    """Nobody eligible, weights that are none, and refunds of turns that never were are errors."""
    assert callable(call)
    with pytest.raises(ValueError, match=says):
        call()


def test_smallest_share_still_gets_its_turn() -> None:
    """A weight of 1 against 99 comes once in its hundred turns, half way through."""
    chosen = [one.chosen for one in turns({"big": 99, "small": 1}, 100)]
    assert 1 == chosen.count("small")
    assert 50 == chosen.index("small")

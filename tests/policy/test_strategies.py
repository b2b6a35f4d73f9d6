"""Among whom a pool chooses, who takes over when it cannot, and what costs a turn (R9, R19, R22, R30)."""

from collections.abc import Mapping
from typing import Any

import pytest

from models.ladder import Target
from models.roster import Level
from policy.fairness import UNIT, Rule, charge, turn
from policy.routing.choices import Chosen
from policy.routing.situation import Record
from tests.policy.floor import (
    ask,
    berlin,
    chosen,
    compiled,
    excluded,
    lead,
    no_one,
    order,
    roster,
    score,
    waits,
)

OFF = {"time_off": [{"from": "2026-03-03", "to": "2026-03-03"}]}


def pool(strategy: str, **more: Any) -> dict[str, Any]:
    """Make pool `all` choose in some way."""
    return {"all": {"team": "emea", "strategy": strategy} | more}


@pytest.mark.parametrize(
    ("pools", "weights"),
    [
        (pool("weighted"), {"ana": 3, "ben": 1, "cho": 2}),
        (pool("weighted", weights={"ben": 5}), {"ana": 3, "ben": 5, "cho": 2}),
        (pool("round_robin", weights={"ben": 5}), {"ana": 1, "ben": 1, "cho": 1}),
    ],
)
def test_a_pool_says_how_much_each_counts(pools: Any, weights: dict[str, int]) -> None:
    """Weighted: the rep's weight, or the pool's own; round-robin: everybody the same. The trace shows it."""
    answer = chosen(roster(pools, ana={"weight": 3}, cho={"weight": 2}))

    assert weights == answer.weights == {one.rep_id: one.weight for one in answer.trace.candidates}
    assert pools["all"]["strategy"] == answer.trace.strategy


def test_the_least_loaded_goes_first_and_the_ledger_decides_among_equals() -> None:
    """Load is measured by capacity; the others are told how busy they are, and are next as backups."""
    people = roster(
        pool("least_loaded"), ana={"backup": None, "capacity": 20}, ben={"capacity": 10}, cho={"capacity": 10}
    )
    loads = {"ana": 4, "ben": 2, "cho": 3}

    first = chosen(people, loads=loads)
    second = chosen(people, loads=loads, balances={"all": first.turn.balances_after if first.turn else {}})

    assert {"ana": None, "ben": None, "cho": "busier: 3 of 10 open"} == excluded(first.trace)
    assert ({"ana": 1, "ben": 1}, 16 + 8 + 7) == (first.weights, first.places)
    assert {"ana", "ben"} == {first.rep_id, second.rep_id}
    assert first.turn is not None
    assert {"ana", "ben"} == set(first.turn.moves)
    assert ("ben", "cho") == (
        chosen(people, loads=loads).backup_id,
        chosen(people, loads={"ana": 1, "ben": 5, "cho": 3}).backup_id,
    )


FIT: list[dict[str, Any]] = [
    {"name": "language", "points": 3, "match": "language"},
    {"name": "industry", "points": 2, "match": "industry"},
    {"name": "enterprise", "points": 4, "when": "company.employees >= 1000", "skills": ["procurement"]},
    {"name": "certified", "points": 1, "certifications": ["iso27001", "soc2"]},
    {"name": "won", "points": 10, "won": True},
]


def fits(employees: int = 20, records: Mapping[tuple[str, str | None], Record] | None = None, **reps: Any) -> Chosen:
    """Ask a pool that chooses by fit for a Turkish retail lead."""
    facts = lead({"industry": "retail", "employees": employees}, language="tr")
    return chosen(roster(pool("best_fit"), **reps), compiled(best_fit=FIT), facts, records=records or {})


@pytest.mark.parametrize(
    ("employees", "reps", "records", "expected"),
    [
        (20, {"ben": {"languages": ["tr"]}}, {}, {"ana": 5, "ben": 8, "cho": 5}),
        (20, {"ben": {"languages": ["tr"]}, "cho": {"industries": ["RETAIL"]}}, {}, {"ana": 5, "ben": 8, "cho": 7}),
        (20, {"ben": {"skills": ["procurement"]}}, {}, {"ana": 5, "ben": 5, "cho": 5}),
        (2000, {"ben": {"skills": ["Procurement"]}}, {}, {"ana": 5, "ben": 9, "cho": 5}),
        (20, {"ben": {"certifications": ["SOC2"]}}, {}, {"ana": 5, "ben": 6, "cho": 5}),
        (20, {}, {("ben", "retail"): Record(8, 0), ("ben", None): Record(0, 8)}, {"ana": 5, "ben": 9, "cho": 5}),
        (20, {}, {("ben", "media"): Record(8, 0), ("ben", None): Record(1, 5)}, {"ana": 5, "ben": 2.5, "cho": 5}),
        (20, {}, {("ben", "retail"): Record(1, 0)}, {"ana": 5, "ben": 6.666667, "cho": 5}),
    ],
    ids=["language", "industry", "when-not", "when", "certified", "won-here", "won-elsewhere", "won-once"],
)
def test_points_say_whom_a_lead_suits(employees: int, reps: Any, records: Any, expected: dict[str, float]) -> None:
    """Words in common, skills where they count, and the smoothed share of like leads won (R22)."""
    answer = fits(employees, records, **reps)

    found = {one.rep_id: one.fit for one in answer.trace.candidates}
    best = max(expected.values())
    assert expected == found
    assert expected[answer.rep_id] == best
    assert {rep_id for rep_id, points in expected.items() if points == best} == set(answer.weights)


def test_a_trace_says_what_gave_the_points_and_who_suits_less() -> None:
    """Each rule that gave points is named; who has fewer is told so, and is next as a backup."""
    answer = fits(ben={"languages": ["tr"], "industries": ["retail"]}, cho={"industries": ["retail"]})

    by_id = {one.rep_id: one for one in answer.trace.candidates}
    assert ("ben", "cho") == (answer.rep_id, answer.backup_id)
    assert ("language +3", "industry +2", "won +5") == by_id["ben"].fits
    assert {"ana": "suits less: 5 points, best has 10", "ben": None, "cho": "suits less: 7 points, best has 10"} == (
        excluded(answer.trace)
    )


def test_the_best_fit_is_looked_for_among_those_who_are_there() -> None:
    """Who suits best but is on leave is no measure for the others."""
    answer = fits(ben={"languages": ["tr"]} | OFF)

    assert {"ana": None, "ben": "on leave until 3 Mar", "cho": None} == excluded(answer.trace)


RULES = [{"name": "all of it", "when": "true", "pool": "one", "overflow": ["west", "all"]}]


@pytest.mark.parametrize(
    ("off", "routing", "expected", "overflow"),
    [
        ([], {"rules": RULES}, ("cho", "one"), ()),
        (["cho"], {"rules": RULES}, ("ana", "all"), ("one", "west")),
        (["cho"], {"default_pool": "one", "overflow": ["all"]}, ("ana", "all"), ("one",)),
        (["cho"], {"rules": [RULES[0] | {"overflow": []}], "overflow": ["all"]}, ("ana", "all"), ("one",)),
        (["cho"], {"default_pool": "one", "overflow": ["lost", "one", "all", "all"]}, ("ana", "all"), ("one",)),
    ],
)
def test_other_pools_take_over_in_their_order(
    off: list[str], routing: Any, expected: tuple[str, str], overflow: tuple[str, ...]
) -> None:
    """Only when nobody of the pool may be offered it now; each pool has its own members and ledger (R30)."""
    people = roster(ana={"weight": 1000}, **dict.fromkeys(off, OFF))

    answer = chosen(people, compiled(**routing), balances={"all": {"ana": UNIT // 2}, "one": {"cho": UNIT}})

    assert (*expected, overflow) == (answer.rep_id, answer.pool, answer.trace.overflow)
    assert answer.trace.pool == answer.pool
    if overflow:
        assert f"nobody in {' or '.join(overflow)} could be offered it) and it is your turn in all." in answer.sentence
        assert "on leave until 3 Mar" == excluded(answer.trace)["cho"]
        assert 0.5 == next(one.balance for one in answer.trace.candidates if one.rep_id == "ana")


def test_who_takes_over_is_of_the_level_and_has_what_it_needs() -> None:
    """An enterprise lead does not land with juniors because seniors are away (R46)."""
    rules = [{"name": "big", "when": "true", "pool": "west", "levels": ["senior"], "overflow": ["all"]}]

    answer = chosen(policy=compiled(rules=rules))
    nobody = waits(roster(ana={"level": "mid"}), compiled(rules=rules))

    assert ("ana", "all") == (answer.rep_id, answer.pool)
    assert {"dee": "off hours until Tue 09:00", "ana": None, "ben": "mid, not senior"}.items() <= excluded(
        answer.trace
    ).items()
    assert ("west", berlin(3, 17)) == (nobody.pool, nobody.until)
    assert nobody.because.startswith("nobody in west or all may be offered it now: dee is off hours until Tue 09:00, ")
    assert {"ana", "ben", "cho", "dee"} == set(excluded(nobody.trace))


def test_a_lead_waits_for_whoever_is_back_first_anywhere() -> None:
    """With pools that take over, the next to come may be of another pool."""
    policy = compiled(default_pool="one", overflow=["west"])

    answer = waits(roster(cho=OFF), policy)

    assert (berlin(3, 17), "one") == (answer.until, answer.pool)
    assert "dee" == chosen(roster(cho=OFF), policy, at=answer.until).rep_id


@pytest.mark.parametrize(
    "routing",
    [
        {"nobody": "manager", "default_pool": "west"},
        {"rules": [{"name": "x", "when": "true", "pool": "west", "nobody": "manager"}]},
    ],
)
def test_a_manager_may_decide_at_once(routing: dict[str, Any]) -> None:
    """Where the policy says so, a lead that nobody can be offered does not wait for the next shift."""
    answer = no_one(policy=compiled(**routing))

    assert answer.because == (
        "nobody in west may be offered it now, and a manager is to decide: dee is off hours until Tue 09:00"
    )
    assert "max" == answer.manager_id


@pytest.mark.parametrize(("charges", "charged"), [([], False), (["backup"], True), (["tie"], False)])
def test_a_backup_who_covers_is_charged_where_policy_says_so(charges: list[str], charged: bool) -> None:
    """Charged, it counts as a turn of the backup in the pool's ledger."""
    wanted = order(Target.BACKUP, holder="ana", asked=("ana",), backup="ben")

    answer = chosen(policy=compiled(charge=charges), wanted=wanted)

    assert ("ben", charged) == (answer.rep_id, answer.turn is not None)
    if answer.turn:
        assert {"ben": -UNIT // 2, "cho": UNIT // 2} == answer.turn.moves
        assert "ben is the backup of ana; ben is charged a turn" in answer.trace.because


def test_a_charged_turn_is_a_turn() -> None:
    """It credits everybody their share and debits who had it, and the next turn makes up for it."""
    weights = {"ana": 2, "ben": 1, "cho": 1}

    forced = charge({}, weights, "cho")

    assert ("cho", Rule.CHARGED, 0) == (forced.chosen, forced.rule, sum(forced.moves.values()))
    assert {"ana": UNIT // 2, "ben": UNIT // 4, "cho": -3 * UNIT // 4} == forced.balances_after
    assert {"cho", "ben", "ana"} == set(forced.order)
    assert "cho" != turn(forced.balances_after, weights).chosen
    with pytest.raises(ValueError, match="dee has no part in this rotation"):
        charge({}, weights, "dee")


def test_rules_count_for_a_time() -> None:
    """A rule that does not count yet, or any more, is passed over and says since when (R51)."""
    rules = [
        {"name": "spring", "when": "true", "pool": "one", "from": "2026-03-04"},
        {"name": "winter", "when": "true", "pool": "one", "until": "2026-03-02"},
        {"name": "now", "when": "true", "pool": "all", "from": "2026-03-03", "until": "2026-03-03"},
    ]

    answer = chosen(policy=compiled(rules=rules))

    assert [
        ("spring", False, "counts from 2026-03-04 on"),
        ("winter", False, "counted until 2026-03-02"),
        ("now", True, "always"),
    ] == [(one.rule, one.matched, one.because) for one in answer.trace.rules]


@pytest.mark.parametrize(("place", "listed", "untold"), [(99, 100, 0), (100, 100, 1), (499, 100, 400), (None, 99, 401)])
def test_a_trace_lists_a_hundred_rules_and_counts_the_rest(place: int | None, listed: int, untold: int) -> None:
    """The rule that matched is always among them."""
    rules = [{"name": f"r{n}", "when": str(n == place).lower(), "pool": "all"} for n in range(500)]

    trace = chosen(policy=compiled(rules=rules)).trace

    assert (listed, untold) == (len(trace.rules), trace.untold)
    assert [f"r{place}"] * (place is not None) == [one.rule for one in trace.rules if one.matched]
    assert (place or 499) + 1 == len(trace.rules) + trace.untold


def test_a_rule_may_ask_for_levels_of_its_own() -> None:
    """They go before what matrix and tier ask for, and a way's go before the rule's."""
    rules = [{"name": "grow", "when": "true", "pool": "all", "levels": ["junior"]}]

    by_rule = chosen(policy=compiled(rules=rules))
    assert ("cho", (Level.JUNIOR,)) == (by_rule.rep_id, by_rule.trace.levels)
    by_way = chosen(policy=compiled(rules=rules), judged=score(levels=("mid",)))
    anybody = chosen(policy=compiled(rules=rules), judged=score(levels=(), pool="one"))
    assert ("ben", (Level.MID,), "grow") == (by_way.rep_id, by_way.trace.levels, by_way.rule)
    assert ("cho", ()) == (anybody.rep_id, anybody.trace.levels)


def test_nobody_is_asked_twice_by_overflow_either() -> None:
    """Who was asked in one pool is not asked in the next."""
    wanted = order(Target.NEXT, asked=("cho", "ana", "ben"), holder="ben")

    assert not isinstance(ask(policy=compiled(default_pool="one", overflow=["all"]), wanted=wanted), Chosen)


def test_a_lead_waits_for_whoever_comes_first_of_those_who_will_count() -> None:
    """A junior is on leave for days and a senior comes tonight: it is looked at tonight, and goes to the senior."""
    leave = {"time_off": [{"from": "2026-03-01", "to": "2026-03-08"}]}
    people = roster(pools={"all": {"members": ["cho"]}, "both": {"members": ["cho", "dee"]}}, cho=leave)
    for policy in (compiled(default_pool="both"), compiled(overflow=["both"])):
        held = waits(people, policy, judged=score(levels=("junior",)))
        assert berlin(3, 17) == held.until
        assert ("junior", "mid", "senior") == held.trace.levels, "whose place comes free wakes it"
        assert "dee" == chosen(people, policy, judged=score(levels=("junior",)), at=held.until).rep_id
    strict = no_one(people, compiled(default_pool="both", widen="none"), judged=score(levels=("junior",)))
    assert ("junior",) == strict.trace.levels

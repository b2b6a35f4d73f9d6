"""Touches fade, and count once, within a time, up to a bound; the reasons add up to the points exactly (R33-R38)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.load import SHIPPED, read_policy
from models.decisions import Reason
from models.facts import LeadFacts
from models.lead import LeadType, Touch
from models.market import Segment
from models.policy import Policy
from models.qualifying import AttributeRule, Scoring, Way, WayRule
from policy.compiled import CompiledPolicy, compile_policy
from policy.scoring import score

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
POLICY, _ = read_policy(SHIPPED / "default.yaml")
FACTS = LeadFacts(lead_id="L1", source="web", type=LeadType.OTHER, received_at=NOW - 400 * DAY)


def rules(**scoring: Any) -> CompiledPolicy:
    """Compile the shipped policy with another model."""
    model = Scoring.model_validate(scoring, strict=False)
    return compile_policy(POLICY.model_copy(update={"scoring": model, "ways": [], "triggers": []}), "v")


def did(*days_ago: float, kind: str = "visit", **properties: Any) -> list[Touch]:
    """Touches of a kind, so many days ago each."""
    return [Touch(kind=kind, at=NOW - days * DAY, properties=properties) for days in days_ago]


def by_hand(points: float, days_ago: float = 0) -> Touch:
    """Points that mia gave."""
    (touch,) = did(days_ago, kind="points_by_hand", points=points, by="mia", reason="met them")
    return touch


def told(compiled: CompiledPolicy, touches: list[Touch], at: datetime = NOW) -> list[tuple[str, float]]:
    """Give the reasons by rule and points."""
    return [(reason.rule, reason.points) for reason in score(compiled, FACTS, touches, at)[1]]


@pytest.mark.parametrize(
    ("rule", "days_ago", "expected"),
    [
        ({"points": 5}, (0, 100), 10),
        ({"points": 5, "within": "30d"}, (0, 100), 5),
        ({"points": 5, "within": "30d"}, (30,), 5),
        ({"points": 5, "within": "30d"}, (30.1,), 0),
        ({"points": 5, "once_per": "1d"}, (0, 0.5, 0.9, 3), 10),
        ({"points": 5, "once_per": "1d"}, (0, 1, 2), 15),
        ({"points": 8, "half_life": "10d"}, (10,), 4),
        ({"points": 8, "half_life": "10d"}, (20,), 2),
        ({"points": 8, "half_life": "10d"}, (0, 10), 12),
        ({"points": 8, "half_life": "10d", "again": 0}, (0, 10), 8),
        ({"points": 8, "half_life": "10d", "again": 0}, (10, 20), 4),
        ({"points": -8, "half_life": "10d"}, (10,), -4),
        ({"points": 8, "half_life": "10d", "cap": 10}, (0, 10), 10),
        ({"points": 10, "half_life": "7d"}, (1,), 9.06),
        ({"points": 5, "half_life": "1d"}, (3000,), 0),
    ],
)
def test_what_a_touch_is_worth_later(rule: dict[str, Any], days_ago: tuple[float, ...], expected: float) -> None:
    """Windows, repeats and half-lives, each by the book; half a hundredth is nothing."""
    compiled = rules(behaviour=[{"kind": "visit"} | rule])
    assert expected == score(compiled, FACTS, did(*days_ago), NOW)[0]


def test_a_groups_half_life_is_for_touches_that_have_none() -> None:
    """The rule's own goes before it."""
    compiled = rules(
        behaviour=[
            {"kind": "visit", "points": 8, "group": "social"},
            {"kind": "click", "points": 8, "group": "social", "half_life": "20d"},
            {"kind": "call", "points": 8},
        ],
        groups={"social": {"half_life": "10d"}},
    )
    done = [*did(20), *did(20, kind="click"), *did(20, kind="call")]
    assert [("visit", 2), ("click", 4), ("call", 8)] == told(compiled, done)


def test_bounds_of_a_model_are_reasons_of_their_own() -> None:
    """What is above `most` or below `least` is taken back, and said."""
    compiled = rules(
        behaviour=[
            {"kind": "mail", "points": 12, "group": "email"},
            {"kind": "visit", "points": -20},
            {"kind": "post", "points": 3, "group": "social"},
        ],
        groups={"email": {"most": 15}, "online": {"least": -30}, "social": {"counts": False}},
    )
    done = [*did(0, 1, kind="mail"), *did(0, 1), *did(0, kind="post")]
    total, reasons = score(compiled, FACTS, done, NOW)
    assert -15 == total
    assert (
        Reason(rule="email at most 15", points=-9, because="its points come to 24", group="email"),
        Reason(rule="online at least -30", points=10, because="its points come to -40", group="online"),
    ) == reasons[-2:]
    assert "social" not in {reason.group for reason in reasons}


def test_points_by_hand_say_who_gave_them_and_are_bounded() -> None:
    """A person's word counts, within the policy's bound, either way (R38)."""
    compiled = rules(by_hand_at_most=20)
    total, reasons = score(compiled, FACTS, [by_hand(15), by_hand(10)], NOW)
    assert 20 == total
    assert Reason(rule="by hand", points=15, because="mia: met them", group="hand") == reasons[0]
    assert Reason(rule="by hand at most 20", points=-5, because="25 in sum", group="hand") == reasons[-1]
    assert -20 == score(compiled, FACTS, [by_hand(-30)], NOW)[0]
    assert 5 == score(compiled, FACTS, [by_hand(-10), by_hand(15)], NOW)[0]
    bare = Touch(kind="points_by_hand", at=NOW)  # of a workflow that took anything for an event
    assert (0, ()) == score(compiled, FACTS, [bare], NOW)


def test_nobody_is_scored_by_their_age_before_a_policy_turns_that_on() -> None:
    """The shipped rule on age is there, and counts for nothing; turned on, it is warned about (R34)."""
    facts = FACTS.model_copy(update={"custom": {"age": 30}})
    names = [rule.name for rule in POLICY.scoring.attributes]
    assert "age 25 to 45" in names
    scoring = POLICY.scoring.model_copy(update={"personal_attributes": True})
    on = compile_policy(POLICY.model_copy(update={"scoring": scoring}), "on")
    points = [{one.rule: one.points for one in score(which, facts, [], NOW)[1]} for which in (compiled_default(), on)]
    assert [None, 1] == [one.get("age 25 to 45") for one in points]
    assert ((), 1) == (compiled_default().warnings, len(on.warnings))
    assert "scores people by custom.age" in on.warnings[0]


@pytest.mark.parametrize(
    "when",
    [
        "custom.age > 60",
        "custom . Age > 60",
        'custom["age_group"] == "60+"',
        "custom.year_of_birth < 1960",
        'custom.gender == "f"',
    ],
)
def test_whoever_goes_by_age_or_gender_is_warned_wherever_it_is(when: str) -> None:
    """As points it is off; as a way or a segment it decides about people, too (R34)."""
    rule = AttributeRule(name="x", when=when, points=5)
    way = WayRule(name="x", when=when, do=Way.DISQUALIFY, because="so")
    scoring = POLICY.scoring.model_copy(update={"attributes": [rule]})
    changed = POLICY.model_copy(
        update={"scoring": scoring, "ways": [way], "segments": [Segment(name="old", when=when)]}
    )
    compiled = compile_policy(changed, "v")
    assert () == compiled.attribute_rules
    assert ["segments[0] (old) goes by", "ways[0] (x) goes by"] == [
        said.partition(" custom.")[0] for said in compiled.warnings
    ]


def compiled_default() -> CompiledPolicy:
    """The shipped policy."""
    return compile_policy(POLICY, "default")


KINDS = [*sorted({rule.kind for rule in POLICY.scoring.behaviour}), "points_by_hand", "something_else"]
TOUCHES = st.lists(
    st.tuples(st.sampled_from(KINDS), st.floats(0, 400), st.integers(-30, 30)).map(
        lambda one: Touch(
            kind=one[0], at=NOW - one[1] * DAY, properties={"points": one[2], "by": "mia", "reason": "so"}
        )
    ),
    max_size=40,
)
DEFAULT = compiled_default()


@given(TOUCHES, st.randoms())
def test_reasons_add_up_exactly_and_order_does_not_matter(touches: list[Touch], dice: Any) -> None:
    """To the last digit, whatever was capped, faded or given by hand; and however the touches came."""
    total, reasons = score(DEFAULT, FACTS, touches, NOW)
    assert Decimal(str(total)) == sum((Decimal(str(reason.points)) for reason in reasons), Decimal(0))
    shuffled = list(touches)
    dice.shuffle(shuffled)
    again, others = score(DEFAULT, FACTS, shuffled, NOW)
    assert total == again
    assert sorted(reasons, key=str) == sorted(others, key=str)


@given(TOUCHES)
def test_no_model_leaves_its_bounds(touches: list[Touch]) -> None:
    """Whatever people do, each model brings and costs what the policy lets it, and by hand no more than that."""
    _, reasons = score(DEFAULT, FACTS, touches, NOW)
    for group, rule in POLICY.scoring.groups.items():
        points = round(sum(reason.points for reason in reasons if reason.group == group), 6)
        assert rule.most is None or points <= rule.most
        assert rule.least is None or points >= rule.least
    assert abs(round(sum(one.points for one in reasons if one.group == "hand"), 6)) <= POLICY.scoring.by_hand_at_most


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=10),
    st.floats(0, 50),
    st.floats(0, 50),
    st.sampled_from([None, "1h", "10d"]),
    st.sampled_from([None, "5d", "50d"]),
    st.floats(0, 100),
)
def test_what_nobody_repeats_is_never_worth_more_later(
    days: list[float], points: float, again: float, half_life: str | None, within: str | None, later: float
) -> None:
    """With time alone, good points only fade."""
    rule = {"kind": "visit", "points": points, "again": again, "half_life": half_life, "within": within, "cap": 60}
    compiled = rules(behaviour=[rule])
    now, then = (score(compiled, FACTS, did(*days), at)[0] for at in (NOW, NOW + later * DAY))
    assert then <= now


def test_policies_of_before_judge_as_they_did() -> None:
    """A policy without groups, windows or half-lives adds up what it always did."""
    document = {"behaviour": [{"kind": "visit", "points": 1, "again": 2, "cap": 15}]}
    assert isinstance(POLICY, Policy)
    assert [("visit", 15)] == told(rules(**document), did(*range(9)))

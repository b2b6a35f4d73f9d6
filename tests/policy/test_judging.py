"""Judging anybody: the same question has the same answer, and no lead and no policy makes it stumble (invariant 8)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import inf, isfinite, nan
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.load import SHIPPED, read_policy
from models.decisions import Route, Score
from models.facts import EmailKind, LeadFacts
from models.lead import Company, DealValue, LeadType, Touch
from models.market import Segment
from models.policy import Policy
from models.qualifying import AttributeRule, Way, WayRule
from policy.compiled import PolicyError, compile_policy
from policy.conditions import cel as condition_cel
from policy.qualification import judge

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SHIPPED_POLICY: Policy = read_policy(SHIPPED / "default.yaml")[0]
SHARP = compile_policy(
    SHIPPED_POLICY.model_copy(
        update={
            "segments": [Segment(name="odd", when='custom.exists(key, key == "a") || custom.a.b == 3')],
            "ways": [
                WayRule(name="odd", when='"odd" in segments && custom.a > 3', do=Way.REVIEW, because="odd"),
                WayRule(
                    name="text", when='title + "x" == message || custom.list[0] == "y"', do=Way.ROUTE, because="so"
                ),
                WayRule.model_validate(
                    {"name": "season", "when": "!known(title)", "do": Way.MONITOR, "because": "so", "from": NOW}
                ),
                *SHIPPED_POLICY.ways,
            ],
        }
    ),
    "v1",
)

TEXT = st.none() | st.text(max_size=30) | st.sampled_from(["CEO", "DE", "US", "emea", "software", "ß"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "list"]), inner, max_size=3),
    max_leaves=6,
)
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
FACTS = st.builds(
    LeadFacts,
    lead_id=st.just("L1"),
    source=st.text(max_size=9),
    type=st.sampled_from(LeadType),
    email_kind=st.sampled_from(EmailKind),
    title=TEXT,
    seniority=TEXT,
    decision_maker=st.none() | st.booleans(),
    company=st.builds(
        Company,
        name=TEXT,
        domain=TEXT,
        employees=st.none() | st.integers(0, 10_000_000),
        industry=TEXT,
        country=TEXT,
        tech=st.lists(st.text(max_size=9), max_size=3),
    ),
    country=TEXT,
    region=TEXT,
    deal_value=st.none()
    | st.builds(DealValue, amount=st.floats(0, 1e12), currency=st.sampled_from(["EUR", "USD", "TRY", "XYZ"])),
    use_case=TEXT,
    message=TEXT,
    campaign=st.dictionaries(st.text(max_size=5), JSON, max_size=2),
    tags=st.lists(st.text(max_size=9), max_size=3),
    custom=st.dictionaries(st.sampled_from(["a", "b", "role", "list", "age"]), JSON, max_size=4),
    received_at=INSTANTS,
    origin=st.dictionaries(st.sampled_from(["country", "region", "custom"]), st.text(max_size=5), max_size=2),
)
TOUCHES = st.lists(
    st.builds(Touch, kind=st.sampled_from(["email_open", "webinar", "task_created", "no such"]), at=INSTANTS),
    max_size=5,
)


@settings(max_examples=150, deadline=None)
@given(FACTS, TOUCHES, INSTANTS)
def test_judging_never_raises_and_always_says_the_same(facts: LeadFacts, touches: list[Touch], at: datetime) -> None:
    """Whatever is known of a lead, it is judged; asked again, with everything remembered forgotten, just so."""
    first = judge(SHARP, facts, touches, at)
    assert first == judge(SHARP, facts, touches, at)
    assert first.model_copy(update={"facts": ()}) == judge(SHARP, facts, touches, at, whole=False)
    condition_cel.forget()
    again = judge(SHARP, facts.model_copy(deep=True), list(reversed(touches)), at)
    assert first.model_dump_json() == again.model_dump_json()
    assert isfinite(first.points)
    assert first == Score.model_validate_json(first.model_dump_json())


@settings(max_examples=100, deadline=None)
@given(FACTS, TOUCHES, INSTANTS)
def test_rules_see_what_was_judged(facts: LeadFacts, touches: list[Touch], at: datetime) -> None:
    """What routing rules look at later is just what the SLA class was found by, and never raises either."""
    score = judge(SHARP, facts, touches, at)
    known = SHARP.known(facts, touches, at, score)
    way = score.qualification
    if isinstance(way, Route):
        assert way.tier == known.value("tier")
    for fact in score.facts:
        if fact.field in ("points", "intent", "fit", "region"):
            assert fact.value == known.value(fact.field)


def test_nothing_lingers_from_the_lead_before() -> None:
    """Another instant, another lead and a list of touches that has grown are looked at afresh."""
    facts = LeadFacts(lead_id="L1", source="x", type=LeadType.OTHER, received_at=NOW)
    done = [Touch(kind="webinar", at=NOW)]
    seen = [SHARP.known(facts, touches, NOW).value("touches.webinar") for touches in (tuple(done), done, ())]
    done.append(done[0])
    seen += [SHARP.known(facts, touches, NOW).value("touches.webinar") for touches in (done, tuple(done))]
    assert [1, 1, None, 2, 2] == seen
    days = [SHARP.known(facts, (), NOW + timedelta(days=n)).value("days_since.received") for n in (0, 3, 3, 0)]
    assert [0, 3, 3, 0] == days
    other = facts.model_copy(update={"title": "CEO"})
    assert [None, "CEO", None] == [SHARP.known(one, (), NOW).value("title") for one in (facts, other, facts)]


def test_depth_is_bounded() -> None:
    """What is nested deeper than a door lets in counts as empty, and judges no differently."""
    deep: Any = "end"
    for _ in range(3000):
        deep = {"a": deep}
    facts = LeadFacts(lead_id="L1", source="x", type=LeadType.OTHER, received_at=NOW, custom={})
    nested = facts.model_copy(update={"custom": {"b": deep}})
    assert judge(SHARP, facts, [], NOW).qualification == judge(SHARP, nested, [], NOW).qualification


def changed_scoring(**rule: Any) -> Policy:
    """Give the shipped policy with one attribute's points changed."""
    one = SHIPPED_POLICY.scoring.attributes[0].model_copy(update=rule)
    return SHIPPED_POLICY.model_copy(
        update={"scoring": SHIPPED_POLICY.scoring.model_copy(update={"attributes": [one]})}
    )


WILD: dict[str, Callable[[float], Policy]] = {
    "scoring.attributes[0].points": lambda number: changed_scoring(points=number),
    "currencies.USD": lambda number: SHIPPED_POLICY.model_copy(update={"currencies": {"USD": number}}),
    "scoring.qualified_above": lambda number: SHIPPED_POLICY.model_copy(
        update={"scoring": SHIPPED_POLICY.scoring.model_copy(update={"qualified_above": number})}
    ),
}


@pytest.mark.parametrize("field", WILD)
@pytest.mark.parametrize("number", [nan, inf, -inf, 1e300, -1_000_001.0])
def test_numbers_that_cannot_be_reckoned_with_are_refused(field: str, number: float) -> None:
    """Points and rates without end would break a judgement when a lead comes; they are found before."""
    with pytest.raises(PolicyError) as caught:
        compile_policy(WILD[field](number), "v")
    assert [f"{field}: {number:g} is no sensible number: 1,000,000 at most"] == list(map(str, caught.value.problems))


def test_the_largest_policy_judges() -> None:
    """A thousand rules of the largest points, on a lead that all of them match, add up to a number."""
    rules = [AttributeRule(name=f"r{n}", when="true", points=1e6) for n in range(1000)]
    scoring = SHIPPED_POLICY.scoring.model_copy(update={"attributes": rules})
    compiled = compile_policy(SHIPPED_POLICY.model_copy(update={"scoring": scoring}), "v")
    facts = LeadFacts(lead_id="L1", source="x", type=LeadType.OTHER, received_at=NOW - timedelta(days=1))
    score = judge(compiled, facts, [], NOW)
    assert 1e9 == score.points
    assert "route" == score.qualification.way

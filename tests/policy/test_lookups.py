"""What a judgement rests on: each fact once, as it was known, with who said so, and never a word of a message (R29)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.load import SHIPPED, read_policy
from models.base import parse
from models.decisions import Fact, Score
from models.explanation import FactUsed
from models.facts import LeadFacts
from models.lead import LeadInput, Touch
from models.market import Segment
from models.policy import Policy
from models.qualifying import Way, WayRule
from policy.cleaning.hygiene import clean, fill
from policy.compiled import CompiledPolicy, compile_policy
from policy.conditions.condition import Condition, compile_condition
from policy.conditions.vocabulary import Scope
from policy.lookups import facts_used
from policy.placing import localise
from policy.qualification import judge

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SHIPPED_POLICY: Policy
SHIPPED_POLICY, DEFAULT = read_policy(SHIPPED / "default.yaml")


def lead(**raw: Any) -> LeadFacts:
    """Make a lead that says just this."""
    return clean(parse(LeadInput, {"source": "web", "type": "demo_request", "email": "a@gmail.com", **raw}), "L1", NOW)


def asking(*conditions: str, segments: tuple[tuple[str, str], ...] = ()) -> CompiledPolicy:
    """Write the shipped policy with ways that ask just this, and never match."""
    ways = [
        WayRule(name=f"w{n}", when=f"({when}) && false", do=Way.REVIEW, because="so")
        for n, when in enumerate(conditions)
    ]
    own = [Segment(name=name, when=when) for name, when in segments]
    return compile_policy(SHIPPED_POLICY.model_copy(update={"ways": ways, "segments": own}), "v1")


def fact(score: Score, field: str) -> FactUsed:
    """Give the one fact of this name."""
    (found,) = [fact for fact in score.facts if fact.field == field]
    return found


def told(condition: str, facts: LeadFacts, *done: str, segments: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
    """Give what one way looked at, as it is told: value and source by field."""
    compiled = asking(condition, segments=segments)
    score = judge(compiled, facts, [Touch(kind=kind, at=NOW) for kind in done], NOW)
    fields = compiled.way_rules[0][1].fields
    return {one.field: (one.value, one.source) for one in score.facts if one.field in fields}


@pytest.mark.parametrize(
    ("condition", "raw", "expected"),
    [
        ('title == "x"', {"title": "CEO"}, {"title": ("CEO", "lead")}),
        ('seniority == "c_level"', {"title": "CEO"}, {"seniority": ("c_level", "title")}),
        ("decision_maker", {"title": "CEO"}, {"decision_maker": (True, "seniority")}),
        ("decision_maker", {"decision_maker": False}, {"decision_maker": (False, "lead")}),
        ('region == "emea"', {"country": "DE"}, {"region": ("emea", "country")}),
        ('region == "emea"', {"company": {"country": "DE"}}, {"region": ("emea", "company.country")}),
        ('region == "emea"', {"region": "EMEA", "country": "US"}, {"region": ("emea", "lead")}),
        ('region == "emea"', {"region": "Atlantis"}, {"region": (None, "")}),
        ('company.domain == "x"', {"email": "kim@lake.example"}, {"company.domain": ("lake.example", "email")}),
        ("company.employees > 5", {}, {"company.employees": (None, "")}),
        ("company.employees > 5", {"company": {"employees": 0}}, {"company.employees": (0, "lead")}),
        ("deal.amount > 5", {"deal_value": {"amount": 100.0, "currency": "USD"}}, {"deal.amount": (92, "lead")}),
        ("deal.amount > 5", {"deal_value": {"amount": 100.0, "currency": "XYZ"}}, {"deal.amount": (None, "")}),
        ("custom.age > 5", {"custom": {"age": 31}}, {"custom.age": (31, "lead")}),
        ("custom.age > 5", {"custom": {"shoe": 43}}, {"custom.age": (None, "")}),
        ("touches.webinar == 0", {}, {"touches.webinar": (0, "events")}),
        ("touches.demo_request == 0", {}, {"touches.demo_request": (1, "events")}),
        ("days_since.webinar > 2", {}, {"days_since.webinar": (None, "")}),
        ("days_since.received > 2", {}, {"days_since.received": (0, "events")}),
        ('"a" in tags', {"tags": ["b", "c"]}, {"tags": ("b, c", "lead")}),
        ('"a" in company.tech', {}, {"company.tech": (None, "")}),
        ("company.domain in lists.competitors", {}, {"company.domain": (None, "")}),
        ('intent == "high" && points > 5', {}, {"intent": ("high", "policy"), "points": (15, "policy")}),
        ('message.contains("x")', {"message": "my secret x"}, {"message": ("withheld", "lead")}),
        ('message.contains("x")', {}, {"message": (None, "")}),
        ('title == "x"', {"title": "t" * 90}, {"title": ("t" * 57 + "...", "lead")}),
        ("known(custom)", {"custom": {"a": ["x" * 99]}}, {"custom": ("{'a': ['" + "x" * 49 + "...", "lead")}),
    ],
)  # fmt: skip
def test_each_fact_is_told_with_its_source(condition: str, raw: dict[str, Any], expected: dict[str, Any]) -> None:
    """Who supplied it, or what it follows from; what is not known has neither value nor source."""
    facts = lead(**raw)
    assert expected == told(condition, facts)
    assert expected == told(condition, localise(facts, SHIPPED_POLICY))


def test_what_enrichment_found_is_told_as_its() -> None:
    """A provider is named as the source of what it supplied, also of a region that follows from it."""
    facts = fill(lead(), [Fact(field="company.employees", value=120, source="directory")])
    assert {"company.employees": (120, "directory")} == told("company.employees > 5", facts)


def test_segments_tell_what_they_rest_on() -> None:
    """A rule that asks for a segment rests on the facts that make it, so they are told, too."""
    segments = (("big", "company.employees >= 5 && known(use_case)"), ("eager", 'tags.exists(tag, tag == "now")'))
    score = judge(asking('"big" in segments', segments=segments), lead(company={"employees": 9}), [], NOW)
    assert FactUsed(field="segments", value="empty", source="policy") == fact(score, "segments")
    assert FactUsed(field="company.employees", value=9, source="lead") == fact(score, "company.employees")
    assert [FactUsed(field=name) for name in ("use_case", "tags")] == [fact(score, n) for n in ("use_case", "tags")]
    silent = judge(asking("true", segments=segments), lead(), [], NOW)
    assert [] == [one for one in silent.facts if one.field in ("segments", "use_case")]


def test_tier_and_levels_are_the_policys() -> None:
    """What SLA classes look at beside facts comes from the policy; the deal's size stands beside every tier."""
    sla = [
        SHIPPED_POLICY.sla[0].model_copy(update={"when": 'tier == "mid" && "mid" in levels'}),
        SHIPPED_POLICY.sla[-1],
    ]
    compiled = compile_policy(SHIPPED_POLICY.model_copy(update={"sla": sla}), "v1")
    facts = lead(company={"employees": 100, "industry": "software"}, deal_value={"amount": 20_000.0})
    score = judge(compiled, facts, [], NOW)
    assert FactUsed(field="tier", value="mid", source="policy") == fact(score, "tier")
    assert FactUsed(field="levels", value="mid", source="policy") == fact(score, "levels")
    assert FactUsed(field="deal.amount", value=20_000, source="lead") == fact(score, "deal.amount")


def test_routing_rules_tell_the_same_way() -> None:
    """Whoever tries other conditions later asks with them, and gets each field once, in their order."""
    facts = lead(country="DE")
    score = judge(DEFAULT, facts, [], NOW)
    words = DEFAULT.vocabulary(Scope.QUALIFIED)
    conditions: list[Condition] = [
        compile_condition(text, "", words)
        for text in ('region == "emea" && points > 5', 'region == "apac"', '"senior" in levels', "true")
    ]
    expected = (
        FactUsed(field="region", value="emea", source="country"),
        FactUsed(field="points", value=15, source="policy"),
        FactUsed(field="levels", value="sdr", source="policy"),
    )
    assert expected == facts_used(DEFAULT, conditions, DEFAULT.known(facts, [], NOW, score), facts)
    assert () == facts_used(DEFAULT, [], DEFAULT.known(facts, [], NOW, score), facts)


SECRET = "unlisted-pony"


@given(
    st.dictionaries(st.sampled_from(["title", "use_case", "product"]), st.text(max_size=120)),
    st.lists(st.sampled_from(["email_open", "page_visit", "webinar"]), max_size=4),
)
def test_facts_are_few_short_and_discreet(raw: dict[str, str], done: list[str]) -> None:
    """Each once, none longer than a line, and what somebody wrote to us is in none of it."""
    compiled = asking('message.contains("pony") && known(message)', 'title == "x" && product == "x"')
    said = {name: text.replace("\x00", "") for name, text in raw.items()}
    score = judge(compiled, lead(message=f"{SECRET} {SECRET}", **said), [Touch(kind=k, at=NOW) for k in done], NOW)
    fields = [one.field for one in score.facts]
    assert len(set(fields)) == len(fields)
    assert not [one for one in score.facts if len(str(one.value)) > 60]
    assert SECRET not in score.model_dump_json()

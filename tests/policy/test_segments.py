"""Segments: parts of the market by a condition, which later rules ask for by name (R1, R10)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from config.load import SHIPPED, read_policy
from models.base import parse
from models.facts import LeadFacts
from models.lead import LeadInput, Touch
from models.market import Segment
from models.policy import Policy
from models.qualifying import Way, WayRule
from models.routing import PoolRule
from policy.cleaning.hygiene import clean
from policy.compiled import CompiledPolicy, PolicyError, compile_policy
from policy.conditions.vocabulary import Scope
from policy.qualification import judge

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SHIPPED_POLICY: Policy = read_policy(SHIPPED / "default.yaml")[0]
SEGMENTS = {
    "enterprise": 'company.employees >= 1000 || "key-account" in tags',
    "keen": "touches.pricing_visit >= 2",
    "european-software": 'region == "emea" && company.industry in lists.target_industries',
    "large-deals": "deal.amount >= 50000",
}


def policy(segments: dict[str, str], ways: dict[str, str] | None = None, **update: Any) -> Policy:
    """Write the shipped policy with segments, and with ways by their conditions."""
    own = [Segment(name=name, when=when) for name, when in segments.items()]
    rules = [WayRule(name=name, when=when, do=Way.REVIEW, because="so") for name, when in (ways or {}).items()]
    return SHIPPED_POLICY.model_copy(update={"segments": own, "ways": rules, **update})


COMPILED = compile_policy(policy(SEGMENTS), "v1")


def lead(**raw: Any) -> LeadFacts:
    """Make a lead that says just this."""
    return clean(parse(LeadInput, {"source": "x", "type": "other", "email": "a@gmail.com", **raw}), "L1", NOW)


def segments_of(facts: LeadFacts, *touches: str, compiled: CompiledPolicy = COMPILED) -> list[str]:
    """Give the segments that routing rules see."""
    done = [Touch(kind=kind, at=NOW) for kind in touches]
    score = judge(compiled, facts, done, NOW)
    found = compiled.known(facts, done, NOW, score).value("segments")
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(
    ("raw", "done", "expected"),
    [
        ({"company": {"employees": 1000}}, [], ["enterprise"]),
        ({"company": {"employees": 999}}, [], []),
        ({"tags": ["key-account"]}, ["pricing_visit"] * 2, ["enterprise", "keen"]),
        ({"type": "pricing_visit"}, ["pricing_visit"], ["keen"]),
        ({"country": "DE", "company": {"industry": "software"}}, [], ["european-software"]),
        ({"company": {"country": "DE", "industry": "software"}}, [], ["european-software"]),
        ({"deal_value": {"amount": 55_000.0, "currency": "USD"}}, [], ["large-deals"]),
        ({"deal_value": {"amount": 50_000.0, "currency": "USD"}}, [], []),
        ({}, [], []),
    ],
)
def test_a_lead_is_in_the_segments_whose_condition_holds(
    raw: dict[str, Any], done: list[str], expected: list[str]
) -> None:
    """Facts, touches, lists, region and the deal's size divide the market; what is unknown is in no segment."""
    assert expected == segments_of(lead(**raw), *done)


def test_later_rules_ask_for_segments() -> None:
    """Ways, SLA classes and pools can go by them, in the policy's own names."""
    rule = PoolRule(name="big", when='"enterprise" in segments && !("keen" in segments)', pool="enterprise-emea")
    routing = SHIPPED_POLICY.routing.model_copy(update={"rules": [rule]})
    sla = [SHIPPED_POLICY.sla[0].model_copy(update={"when": '"keen" in segments'}), SHIPPED_POLICY.sla[-1]]
    compiled = compile_policy(policy(SEGMENTS, {"big": '"large-deals" in segments'}, routing=routing, sla=sla), "v2")
    facts = lead(type="demo_request", company={"employees": 5000})
    done = [Touch(kind="pricing_visit", at=NOW)] * 2
    judged, keen = judge(compiled, facts, [], NOW), judge(compiled, facts, done, NOW)
    slas = [one.qualification.model_dump()["sla"] for one in (judged, keen)]
    assert ["standard", "inbound-demo"] == slas
    ((_, condition),) = compiled.pool_rules
    known = [compiled.known(facts, touches, NOW, score) for touches, score in (([], judged), (done, keen))]
    assert [True, False] == [condition.holds(one) for one in known]
    assert "segments is enterprise" == condition.because(known[0])
    large = lead(deal_value={"amount": 60_000.0})
    assert "review" == judge(compiled, large, [], NOW).qualification.way


LATER = "is not known yet here; conditions may ask for it from `ways` on"


@pytest.mark.parametrize(
    ("segments", "ways", "expected"),
    [
        (
            {"enterprise": "true"},
            {"x": '"enterprize" in segments'},
            'ways[0].when: segments is never "enterprize", did you mean enterprise? (character 1)',
        ),
        (
            {},
            {"x": '"a" in segments'},
            "ways[0].when: segments are not there: the policy has no segments (character 8)",
        ),
        (
            {"a": "company.employes > 5"},
            {},
            "segments[0].when: unknown field company.employes, did you mean company.employees? (character 1)",
        ),
        ({"a": "points > 5"}, {}, f"segments[0].when: points {LATER} (character 1)"),
        ({"a": "true", "b": '"a" in segments'}, {}, f"segments[1].when: segments {LATER} (character 8)"),
    ],
)
def test_segments_that_cannot_be_are_refused(segments: dict[str, str], ways: dict[str, str], expected: str) -> None:
    """A misspelt segment, and one that rests on what is judged later, are named with their place."""
    with pytest.raises(PolicyError) as caught:
        compile_policy(policy(segments, ways), "v")
    assert [expected] == list(map(str, caught.value.problems))


def test_points_cannot_rest_on_segments() -> None:
    """Segments are there once a lead is judged, not while its points are added up."""
    rule = SHIPPED_POLICY.scoring.attributes[0].model_copy(update={"when": '"enterprise" in segments'})
    scoring = SHIPPED_POLICY.scoring.model_copy(update={"attributes": [rule]})
    with pytest.raises(PolicyError, match=rf"scoring.attributes\[0\].when: segments {LATER}"):
        compile_policy(policy(SEGMENTS, scoring=scoring), "v")
    assert tuple(SEGMENTS) == COMPILED.vocabulary(Scope.JUDGED).fields["segments"].values

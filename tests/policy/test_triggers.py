"""Triggers: what changed since the last judgement, and nothing else, sets one off (R21, R33)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.load import SHIPPED, read_policy
from models.decisions import Fired, Learned, Nurture, Route, Score
from models.facts import LeadFacts
from models.lead import Company, LeadType, Touch
from models.market import Segment
from models.policy import Policy
from models.qualifying import LearnedRule, Trigger, Way, WayRule
from models.routing import PoolRule
from policy.compiled import CompiledPolicy, PolicyError, compile_policy
from policy.qualification import judge

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
POLICY, _ = read_policy(SHIPPED / "default.yaml")
FACTS = LeadFacts(lead_id="L1", source="web", type=LeadType.NEWSLETTER, received_at=NOW, company=Company(employees=8))


def policy(*triggers: dict[str, Any], **changes: Any) -> Policy:
    """Write the shipped policy with other triggers."""
    made = [
        Trigger.model_validate({"name": f"t{n}", "do": "alert"} | one, strict=False) for n, one in enumerate(triggers)
    ]
    keen = Segment(name="keen", when="touches.pricing_visit >= 2")
    large = Segment(name="large", when="company.employees >= 1000")
    return POLICY.model_copy(update={"triggers": made, "segments": [keen, large]} | changes)


def compiled(*triggers: dict[str, Any], version: str = "v") -> CompiledPolicy:
    """Compile it."""
    return compile_policy(policy(*triggers), version)


def did(*kinds: str, **properties: Any) -> tuple[Touch, ...]:
    """Make touches, each with the same properties."""
    return tuple(Touch(kind=kind, at=NOW, properties=properties) for kind in kinds)


LATE = did("enriched", fields=["company.city", "company.employees"], provider="slow")
"""What a provider said late."""


def fired(rules: CompiledPolicy, before: tuple[Touch, ...], after: tuple[Touch, ...], **facts: Any) -> list[Fired]:
    """Judge twice, and say what the second judgement sets off."""
    first = judge(rules, FACTS, before, NOW)
    assert () == first.fired, "a first judgement has nothing to compare with"
    return list(judge(rules, FACTS.model_copy(update=facts), (*before, *after), LATER, before=first).fired)


@pytest.mark.parametrize(
    ("trigger", "after", "because"),
    [
        ({"on": "tag_added"}, did("tag_added", tag="vip"), "tag added: vip"),
        ({"on": "tag_added", "what": "VIP"}, did("tag_added", tag="vip"), "tag added: vip"),
        ({"on": "tag_added", "what": "vip"}, did("tag_added", tag="new"), None),
        ({"on": "tag_added"}, did("tag_removed", tag="vip"), None),
        ({"on": "tag_added"}, did("tag_added", tag="vip", no_news=True), None),
        ({"on": "tag_removed", "what": "vip"}, did("tag_removed", tag="vip"), "tag removed: vip"),
        ({"on": "field_changed", "what": "title"}, did("field_changed", field="title"), "field changed: title"),
        ({"on": "field_changed", "what": "title"}, did("field_changed", field="country"), None),
        ({"on": "field_changed", "what": "company.employees"}, LATE, "field changed: company.employees"),
        ({"on": "field_changed", "what": "title"}, LATE, None),
        ({"on": "tag_added"}, LATE, None),
        ({"on": "field_changed"}, did("enriched"), None),
        ({"on": "segment_entered"}, did("pricing_visit", "pricing_visit"), "entered the segment keen"),
        ({"on": "segment_entered", "what": "large"}, did("pricing_visit", "pricing_visit"), None),
        ({"on": "above_threshold"}, did("call_booked"), "22 points, more than 20"),
        ({"on": "above_threshold"}, did("case_study"), None),
        ({"on": "above_threshold", "when": 'type == "webinar"'}, did("call_booked"), None),
        ({"on": "above_threshold", "when": "points > 21"}, did("call_booked"), "22 points, more than 20"),
        ({"on": "tag_added"}, (), None),
    ],
)
def test_what_sets_a_trigger_off(trigger: dict[str, Any], after: tuple[Touch, ...], because: str | None) -> None:
    """Tags, fields, segments, the threshold: of the kind and name asked for, and where its condition holds."""
    expected = [] if because is None else [Fired(trigger="t0", do="alert", because=because)]
    assert expected == fired(compiled(trigger), (), after)


BY_SIZE = PoolRule(name="large", when="company.employees >= 1000", pool="anywhere")
ROUTED = {"type": LeadType.DEMO_REQUEST, "company": Company()}


@pytest.mark.parametrize(
    ("company", "rules", "do", "goes_off"),
    [
        (Company(employees=9), [], "requalify", False),
        (Company(employees=9), [], "alert", True),
        (Company(employees=9), [BY_SIZE], "requalify", True),
        (Company(employees=5000, industry="electronics"), [], "requalify", True),
    ],
)
def test_a_late_answer_that_changes_nothing_takes_no_offer_away(
    company: Company, rules: list[PoolRule], do: str, goes_off: bool
) -> None:
    """Only where the judgement is another one, or routing goes by the field; the manager hears of it in any case."""
    size = {"on": "field_changed", "what": "company.employees", "do": do}
    routing = POLICY.routing.model_copy(update={"rules": [*POLICY.routing.rules, *rules]})
    compiled = compile_policy(policy(size, routing=routing), "v")
    facts = FACTS.model_copy(update=ROUTED)
    first = judge(compiled, facts, (), NOW)
    again = judge(compiled, facts.model_copy(update={"company": company}), LATE, LATER, before=first)
    assert goes_off == bool(again.fired)


def test_what_happened_before_sets_nothing_off_again() -> None:
    """A tag of yesterday, a segment it is in already, a threshold that was crossed already."""
    rules = compiled({"on": "tag_added"}, {"on": "segment_entered"}, {"on": "above_threshold"})
    before = did("tag_added", "pricing_visit", "pricing_visit", "call_booked", tag="vip")
    assert [] == fired(rules, before, did("page_visit"))


def test_a_segment_may_be_left() -> None:
    """By what is known of it now."""
    rules, large = (
        compiled({"on": "segment_left", "what": "large"}),
        FACTS.company.model_copy(update={"employees": 5000}),
    )
    first = judge(rules, FACTS.model_copy(update={"company": large}), (), NOW)
    assert ("large",) == first.segments
    (one,) = judge(rules, FACTS, (), LATER, before=first).fired
    assert "left the segment large" == one.because


def test_versions_are_not_compared_by_their_segments_or_points() -> None:
    """What another version said of the lead is no change of the lead's; what happened since is."""
    rules = compiled({"on": "above_threshold"}, {"on": "segment_entered"}, {"on": "tag_added"}, version="new")
    first = judge(compiled(version="old"), FACTS, (), NOW)
    after = did("call_booked", "pricing_visit", "pricing_visit", "tag_added", tag="vip")
    assert ["t2"] == [one.trigger for one in judge(rules, FACTS, after, LATER, before=first).fired]


def test_each_trigger_goes_off_once() -> None:
    """However many changes of its kind there were."""
    assert ["t0"] == [one.trigger for one in fired(compiled({"on": "tag_added"}), (), did(*["tag_added"] * 3, tag="a"))]


@pytest.mark.parametrize(
    ("trigger", "said"),
    [
        ({"on": "above_threshold", "what": "20"}, "triggers[0].what: there is one threshold only; leave it out"),
        ({"on": "segment_left", "what": "kean"}, "triggers[0].what: no segment 'kean'; did you mean keen?"),
    ],
)
def test_triggers_that_nothing_could_set_off_are_refused(trigger: dict[str, Any], said: str) -> None:
    """With their place."""
    with pytest.raises(PolicyError) as refused:
        compiled(trigger)
    assert said == str(refused.value)


def test_segment_triggers_need_segments() -> None:
    """Or they would wait for ever."""
    with pytest.raises(PolicyError, match=r"triggers\[0\]\.on: the policy has no segments"):
        compile_policy(policy({"on": "segment_entered"}, segments=[]), "v")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"behaviour": [{"kind": "enriched", "points": 1}]}, "scoring.behaviour[0].kind"),
        ({"behaviour": [{"kind": "visit", "points": 1, "half_life": "0s"}]}, "scoring.behaviour[0].half_life"),
        ({"groups": {"email": {"half_life": "0s"}}}, "scoring.groups.email.half_life"),
        ({"groups": {"email": {"most": 1e12}}}, "scoring.groups.email.most"),
    ],
)
def test_models_that_cannot_be_meant_are_refused(changes: dict[str, Any], field: str) -> None:
    """The house's own kinds, spans of nothing, points beyond reason."""
    scoring = type(POLICY.scoring).model_validate(changes, strict=False)
    with pytest.raises(PolicyError) as refused:
        compile_policy(policy(scoring=scoring, ways=[]), "v")
    assert [field] == [problem.field for problem in refused.value.problems]


def judged(likelihood: float, *, trusted: bool = True, above: float | None = 60) -> Score:
    """Judge a newsletter reader whom a model calls so likely."""
    scoring = POLICY.scoring.model_copy(update={"learned": LearnedRule(promote_above=above)})
    ways = [WayRule(name="sure", when="likelihood >= 90", do=Way.REVIEW, because="so")]
    learned = Learned(model="m1", likelihood=likelihood, log_odds=0, base=0, trusted=trusted)
    return judge(compile_policy(policy(scoring=scoring, ways=ways), "v"), FACTS, (), NOW, learned=learned)


def test_a_likely_lead_is_promoted_where_the_policy_lets_it() -> None:
    """Above its bound, by a model that is to be trusted; otherwise the likelihood is only shown (R38)."""
    promoted = judged(0.61)
    assert isinstance(promoted.qualification, Route)
    assert "promoted: 61 % likely by model m1, more than 60 %" in promoted.qualification.because
    for kept in (judged(0.6), judged(0.99, trusted=False), judged(0.89, above=None)):
        assert isinstance(kept.qualification, Nurture)
        assert kept.learned is not None
    assert "review" == judged(0.9).qualification.way

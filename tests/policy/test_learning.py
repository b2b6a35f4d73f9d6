"""The learned score as arithmetic: what it sees, what it says and why, and how good that was."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from math import fsum, isclose
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.facts import Department, EmailKind, LeadFacts
from models.lead import Company, LeadType, Touch
from models.learning import BayesModel, Count, LogisticModel, ModelReport, ScoreModel, Term
from policy.learning import bayes
from policy.learning.evaluating import Evaluation, bayes_weight, logistic, too_little
from policy.learning.examining import Learnt, examine
from policy.learning.features import as_it_was, features, often_enough
from policy.learning.measures import advise, auc, bands, brier, calibration, lifts

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def lead(**changes: Any) -> LeadFacts:
    """A fictional lead after hygiene."""
    known: dict[str, Any] = {
        "lead_id": "one",
        "source": "Website",
        "type": LeadType.DEMO_REQUEST,
        "email": "kim@acme.example",
        "email_kind": EmailKind.WORK,
        "received_at": AT,
    }
    return LeadFacts(**(known | changes))


def touch(kind: str, hours: float, **properties: Any) -> Touch:
    """Something the prospect did so many hours after the lead came in."""
    return Touch(kind=kind, at=AT + hours * HOUR, properties=properties)


def model(body: LogisticModel | BayesModel, trained_on: int = 1000, conversions: int = 200) -> ScoreModel:
    """Wrap a body up as a version."""
    report = ModelReport(trained_on=trained_on, conversions=conversions, tested_on=0, test_conversions=0)
    return ScoreModel(version="m1", trained_at=AT, body=body, report=report)


LOGISTIC = LogisticModel(
    base=-2.0,
    terms=(
        Term(feature="decides", weight=0.7),
        Term(feature="phone missing", weight=-0.4),
        Term(feature="decides", and_also="type trial_signup", weight=1.1),
    ),
    slope=0.5,
    shift=0.25,
)


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({"phone": "+49301"}, "phone given"),
        ({}, "phone missing"),
        ({"email": None, "email_kind": EmailKind.NONE, "phone": "+49301"}, "e-mail missing"),
        ({"company": Company(employees=24)}, "employees 5-24"),
        ({"company": Company(employees=25)}, "employees 25-49"),
        ({"company": Company(employees=4)}, "employees under 5"),
        ({"company": Company(employees=5000)}, "employees 5000 or more"),
        ({}, "employees missing"),
        ({"decision_maker": False}, "does not decide"),
        ({"department": Department.MARKETING}, "department marketing"),
        ({"country": "DE", "company": Company(country="US")}, "country us"),
        ({"tags": ["VIP"]}, "tag vip"),
        ({"source": "Website"}, "source website"),
    ],
)
def test_what_holds_of_a_lead_is_said_in_words(changes: dict[str, Any], holds: str) -> None:
    """What is missing is said, too: that a phone is not there tells something."""
    assert holds in features(lead(**changes), (), AT)


def test_nothing_that_names_a_person_or_tells_the_outcome_is_seen() -> None:
    """Names, addresses, titles, messages, `custom` and long texts are no features; nor is what the house did."""
    canary = "quetzal"
    held = features(
        lead(
            email=f"{canary}@{canary}.example",
            first_name=canary,
            last_name=canary,
            title=canary,
            message=canary,
            custom={"age": canary, canary: "x"},
            company=Company(name=canary, domain=f"{canary}.example"),
            tags=["disqualified", f"{canary}@mail.example", canary * 9],
        ),
        (touch("points_by_hand", 1, by=canary), touch("tag_added", 1, tag=canary)),
        AT + 2 * HOUR,
    )
    assert [] == [one for one in held if canary in one]
    assert not {"tag disqualified", "did points_by_hand", "did tag_added"} & held
    assert "did nothing since" in held


def test_behaviour_is_seen_as_of_an_instant() -> None:
    """Touches after it are not seen; three of a kind are many, and a week ago is recent."""
    touches = (*(touch("email_open", hours) for hours in (1, 2, 3)), touch("booked_call", 50))
    assert {"did email_open", "did email_open 3 times or more", "active in the last 7 days"} <= features(
        lead(), touches, AT + 4 * HOUR
    )
    late = features(lead(), touches, AT + timedelta(days=30))
    assert ("did booked_call" in late, "active in the last 7 days" in late) == (True, False)
    assert "did booked_call" not in features(lead(), touches, AT + 4 * HOUR)


def test_a_lead_is_taken_as_it_was_known_then() -> None:
    """What a provider said later is unknown again, and a tag that was added later is not there."""
    later = lead(
        company=Company(employees=300, industry="retail"),
        seniority="vp",
        tags=["won-deal", "vip"],
        as_of={"company.employees": AT + 9 * HOUR, "seniority": AT + 9 * HOUR, "company.industry": AT + HOUR},
    )
    then = as_it_was(later, (touch("tag_added", 9, tag="won-deal"),), AT + 2 * HOUR)
    assert (None, "retail", None, ["vip"]) == (
        then.company.employees,
        then.company.industry,
        then.seniority,
        then.tags,
    )
    assert later is as_it_was(later, (), AT + 10 * HOUR)


def test_what_events_changed_later_is_not_seen_nor_what_followed_from_it() -> None:
    """A field that was told anew after somebody got the lead is unknown, with what was derived; tags are as then."""
    later = lead(
        title="CFO",
        seniority="c_level",
        product="suite",
        country="DE",
        tags=["won-deal"],
        origin={"title": "event", "seniority": "title", "product": "event"},
    )
    since = (
        touch("field_changed", 1, field="country", value="DE"),
        touch("field_changed", 9, field="title", value="CFO"),
        touch("field_changed", 9, field="product", value="suite"),
        touch("tag_removed", 9, tag="Trial"),
        touch("tag_added", 10, tag="Won-Deal"),
    )
    held = features(as_it_was(later, since, AT + 2 * HOUR), since, AT + 2 * HOUR)
    assert {"seniority missing", "product missing", "country de", "tag trial"} <= held
    assert not {"seniority c_level", "product suite", "tag won-deal"} & held


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("kim lee wants it", False),
        ("for quetzal", False),
        ("0048 600 700 800", False),
        ("call 555 12 34", False),
        ("rollout 2027", True),
        ("data sync", True),
    ],
)
def test_what_people_write_freely_names_nobody(written: str, seen: bool) -> None:
    """A tag, product or use case with the lead's own name, its company's, or a number somebody can be called at."""
    held = features(
        lead(
            first_name="Kim",
            last_name="Lee",
            company=Company(name="Quetzal GmbH", city="Lyon"),
            tags=[written],
            product=written,
            use_case=written,
        ),
        (),
        AT,
    )
    expected = {f"tag {written}", f"product {written}", f"use case {written}"} if seen else set()
    assert expected == {one for one in held if written in one}
    assert not {one for one in held if "lyon" in one}


def test_a_logistic_model_says_how_likely_and_why() -> None:
    """Weights of what holds, and of what holds together, after calibration; the weightiest reason first."""
    learned = Evaluation(model(LOGISTIC)).learned({"decides", "type trial_signup", "other"}, needs=50)
    assert isclose(0.5 * (-2.0 + 0.7 + 1.1) + 0.25, learned.log_odds)
    assert ["decides and type trial_signup", "decides"] == [one.feature for one in learned.reasons]
    assert ("m1", True, "") == (learned.model, learned.trusted, learned.because)
    assert isclose(logistic(learned.log_odds), learned.likelihood)


_WORDS = st.sampled_from(["a", "b", "c", "d", "e"])
_WEIGHT = st.floats(-5, 5)


@given(
    terms=st.lists(st.tuples(_WORDS, st.none() | _WORDS, _WEIGHT), max_size=12),
    numbers=st.tuples(_WEIGHT, st.floats(0.1, 3), _WEIGHT),
    held=st.frozensets(_WORDS),
)
def test_reasons_and_base_add_up_to_the_log_odds_exactly(
    terms: list[tuple[str, str | None, float]], numbers: tuple[float, float, float], held: frozenset[str]
) -> None:
    """Whatever the model, not a hair is left over; and asked again it says the same."""
    base, slope, shift = numbers
    body = LogisticModel(
        base=base, slope=slope, shift=shift, terms=tuple(Term(feature=a, and_also=b, weight=w) for a, b, w in terms)
    )
    evaluation = Evaluation(model(body))
    learned = evaluation.learned(held, needs=1)
    assert learned.log_odds == fsum((learned.base, *(one.weight for one in learned.reasons)))
    assert learned.log_odds == evaluation.log_odds(held)
    assert 0 <= learned.likelihood <= 1
    stored = ScoreModel.model_validate_json(evaluation.model.model_dump_json())
    assert learned == Evaluation(stored).learned(held, needs=1)


def test_too_little_data_is_said() -> None:
    """Fewer conversions, or fewer others, than are needed make it untrusted, with the reason."""
    few = model(LOGISTIC, trained_on=60, conversions=49)
    assert "too little data: it learned from 49 conversions and 11 others, and needs 50 of each" == too_little(few, 50)
    assert "" == too_little(few, 11)
    learned = Evaluation(model(bayes.count([]))).learned({"a"}, needs=1)
    assert (False, 0.5) == (learned.trusted, learned.likelihood)
    assert learned.because.startswith("too little data")


def test_counting_learns_what_tells() -> None:
    """A feature of those who convert makes it likelier, one of the others less likely, and a rare one says nothing."""
    leads = [({"good"}, True)] * 20 + [({"bad"}, False)] * 20 + [({"rare"}, True)] * 4
    evaluation = Evaluation(model(bayes.count(leads)))
    assert evaluation.likelihood({"bad"}) < evaluation.likelihood({"rare"}) < evaluation.likelihood({"good"})
    assert evaluation.likelihood({"rare"}) == evaluation.likelihood(set())


@given(st.lists(st.tuples(st.frozensets(_WORDS), st.booleans()), max_size=5))
def test_the_order_of_outcomes_does_not_matter(leads: list[tuple[frozenset[str], bool]]) -> None:
    """Counted in any order, the model is the same."""
    first = bayes.count(leads)
    assert all(first == bayes.count(order) for order in permutations(leads))


@given(good=st.integers(0, 10**6), bad=st.integers(0, 10**6), more=st.integers(0, 10**6))
def test_no_feature_says_more_than_the_clamp(good: int, bad: int, more: int) -> None:
    """However lopsided the counts; without any count it says nothing."""
    total = Count(good=good + more, bad=bad + more)
    assert abs(bayes_weight(Count(good=good, bad=bad), total, 1.0, 2.0)) <= 2.0
    assert 0.0 == bayes_weight(Count(), Count(), 1.0, 2.0)


@pytest.mark.parametrize(
    ("said", "came", "expected"),
    [
        ([0.1, 0.2, 0.3, 0.4], [False, False, True, True], 1.0),
        ([0.4, 0.3, 0.2, 0.1], [False, False, True, True], 0.0),
        ([0.5, 0.5, 0.5, 0.5], [False, True, False, True], 0.5),
        ([0.1, 0.4, 0.35, 0.8], [False, False, True, True], 0.75),
        ([0.1, 0.2], [True, True], None),
    ],
)
def test_ranking_is_measured(said: list[float], came: list[bool], expected: float | None) -> None:
    """How often the converted one of two was said to be likelier; ties count half."""
    assert expected == auc(said, came)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=30))
def test_turning_a_score_round_turns_its_ranking_round(pairs: list[tuple[float, bool]]) -> None:
    """The AUC of what says the opposite is what is missing to one."""
    said, came = [one for one, _ in pairs], [one for _, one in pairs]
    forward, backward = auc(said, came), auc([-one for one in said], came)
    assert (forward is None) == (backward is None)
    assert forward is None or backward is None or isclose(1, forward + backward)


def test_errors_calibration_and_lift_are_measured() -> None:
    """Brier by hand; parts of as many leads each; the likeliest part first, as times the average."""
    said, came = [0.9, 0.8, 0.2, 0.1], [True, True, False, True]
    assert isclose((0.01 + 0.04 + 0.04 + 0.81) / 4, brier(said, came) or 0)
    assert [(0.15, 0.5, 2), (0.85, 1.0, 2)] == [
        (round(one.said, 9), one.came, one.n) for one in calibration(said, came, 2)
    ]
    assert [(1, 2, 2, 1 / 0.75), (2, 2, 1, 0.5 / 0.75)] == [
        (one.part, one.leads, one.converted, one.lift) for one in lifts(said, came, 2)
    ]
    assert None is brier([], [])


def test_bands_hold_every_lead_once() -> None:
    """From a bound up to under the next one, with how sure the rate is."""
    found = bands([0.0, 0.1, 0.1, 0.9], [False, True, False, True], [0.1, 0.5])
    assert [(1, 0), (2, 1), (1, 1)] == [(one.counted.leads, one.counted.converted) for one in found]
    assert all(one.interval.low <= (one.counted.rate or 0) <= one.interval.high for one in found)


def test_thresholds_are_advised_next_to_the_points() -> None:
    """As much work finds more conversions; as many conversions take less work."""
    came = [True, True, True, False, False, False]
    advice = advise([30, 0, 0, 30, 30, 0], [0.9, 0.8, 0.7, 0.3, 0.2, 0.1], came, 20)
    assert (3, 1) == (advice.points.leads, advice.points.converted)
    assert advice.same_work is not None
    assert (3, 3, 0.3) == (advice.same_work.leads, advice.same_work.converted, advice.same_work.above)
    assert advice.same_yield is not None
    assert (1, 1, 0.8) == (advice.same_yield.leads, advice.same_yield.converted, advice.same_yield.above)


def test_an_examination_holds_the_points_beside() -> None:
    """The base rate is that of the leads that were learned from; without points nothing is said of them."""
    examined = examine(Learnt(100, 25), [0.2, 0.9], [False, True], points=[5, 1], threshold=2)
    report = examined.report
    assert (1.0, 0.0, 100, 25, 2, 1) == (
        report.auc,
        report.auc_points,
        report.trained_on,
        report.conversions,
        report.tested_on,
        report.test_conversions,
    )
    assert isclose((0.0625 + 0.5625) / 2, report.brier_base or 0)
    assert examined.advice is not None
    assert None is examine(Learnt(0, 0), [], []).report.auc_points


def test_the_commonest_features_are_kept() -> None:
    """Rare ones are left out, and of too many the commonest stay, in alphabetical order."""
    assert ("b", "c") == often_enough({"a": 1, "b": 7, "c": 9, "d": 5}, 2, 2)

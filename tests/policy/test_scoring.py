"""Points: the shipped model value by value, each with its reason, and none for what is not known (R33-R35, R39)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.load import SHIPPED, read_policy
from models.base import parse
from models.decisions import Reason
from models.facts import LeadFacts
from models.lead import LeadInput, Touch
from models.qualifying import TouchRule
from policy.cleaning.hygiene import clean
from policy.scoring import score, touch_points

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_, SHIPPED_POLICY = read_policy(SHIPPED / "default.yaml")


def lead(**raw: Any) -> LeadFacts:
    """Make a lead that gives no points by itself but what `raw` says."""
    return clean(parse(LeadInput, {"source": "x", "type": "other", "email": "a@gmail.com", **raw}), "L1", NOW)


def touches(*kinds: str, ago: timedelta = timedelta()) -> list[Touch]:
    """Make touches of these kinds."""
    return [Touch(kind=kind, at=NOW - ago) for kind in kinds]


def points(facts: LeadFacts, *kinds: str, at: datetime = NOW) -> dict[str, float]:
    """Give the points by rule."""
    return {reason.rule: reason.points for reason in score(SHIPPED_POLICY, facts, touches(*kinds), at)[1]}


@pytest.mark.parametrize(
    ("raw", "rule", "expected"),
    [
        ({"country": "USA"}, "country US or UK", 1),
        ({"company": {"country": "UK"}}, "country US or UK", 1),
        ({"company": {"city": "London"}}, "city New York or London", 1),
        ({"title": "CEO"}, "CEO or marketing manager", 5),
        ({"title": "Marketing Manager"}, "CEO or marketing manager", 5),
        ({"company": {"employees": 25}}, "25 employees or more", 10),
        ({"decision_maker": True}, "decision maker", 10),
        ({"title": "VP Sales"}, "right title", 3),
        ({"source": "partner"}, "right lead source", 3),
        ({"tags": ["has-budget"]}, "buying authority", 5),
        ({"custom": {"budget_approved": True}}, "buying authority", 5),
        ({"decision_maker": False}, "not a decision maker", -5),
        ({"title": "Warehouse Supervisor"}, "other department", -5),
        ({"title": "HR Manager"}, "other department", -5),
        ({"title": "Leiterin Rechtsabteilung"}, "other department", -5),
        ({"company": {"employees": 4}}, "fewer than 5 employees", -10),
        ({"email": "x@mailinator.com"}, "throw-away address", -10),
    ],
)
def test_what_is_known_gives_the_shipped_points(raw: dict[str, Any], rule: str, expected: float) -> None:
    """Each attribute of R34 and R35 gives its points."""
    assert expected == points(lead(**raw))[rule]


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["nurture_click"], 1), (["email_reply"], 5), (["trial_signup"], 15), (["task_created"], 1),
        (["task_created"] * 3, 5), (["project_created"] * 2, 10), (["active_subscriber"], 5), (["call_booked"], 20),
        (["linkedin_click"], 2), (["facebook_click"], 1), (["email_open"], 3), (["ebook_download"], 5),
        (["meeting_cancelled"], -10), (["unsubscribed"], -10), (["flow_activated"], 10), (["demo_cancelled"], -10),
        (["newsletter"], 2), (["demo_booked"] * 2, 15), (["pricing_visit"], 5), (["chat_request"], 5),
        (["careers_visit"], -3), (["careers_visit"] * 9, -9), (["email_open"] * 9, 15), (["trial_signup"] * 2, 15),
        (["something_else"], 0), ([], 0),
    ],
)  # fmt: skip
def test_what_people_did_gives_the_shipped_points(kinds: list[str], expected: float) -> None:
    """Each behaviour of R34 and R35 gives its points, the first time, again, and up to its cap."""
    assert expected == score(SHIPPED_POLICY, lead(), touches(*kinds), NOW)[0]


def test_a_lead_of_whom_nothing_is_known_gets_nothing() -> None:
    """No rule, positive or negative, matches what is not known: unknown size is neither large nor small."""
    assert (0, ()) == score(SHIPPED_POLICY, lead(), [], NOW)


def test_nobody_is_scored_by_age_or_gender_unless_a_policy_says_so() -> None:
    """The guides' age criterion is off as shipped."""
    assert score(SHIPPED_POLICY, lead(), [], NOW) == score(
        SHIPPED_POLICY, lead(custom={"age": 30, "gender": "f"}), [], NOW
    )


@pytest.mark.parametrize(
    ("days", "opened_ago", "expected"),
    [(29, None, False), (30, None, True), (40, 29, False), (40, 30, True), (30, 0, False)],
)
def test_silence_costs_points_after_thirty_days(days: int, opened_ago: int | None, expected: bool) -> None:
    """No e-mail opened for 30 days counts only once there were 30 days to open one (R35)."""
    at = NOW + timedelta(days=days)
    opened = [] if opened_ago is None else [Touch(kind="email_open", at=at - timedelta(days=opened_ago))]
    _, reasons = score(SHIPPED_POLICY, lead(), opened, at)
    assert expected is ("no email opened for 30 days" in [reason.rule for reason in reasons])


def test_the_way_in_is_the_first_touch() -> None:
    """A trial is worth its points as a lead type and as an event alike, and once."""
    as_type = points(lead(type="trial_signup"))
    as_event = points(lead(), "trial_signup")
    assert {"trial_signup": 15} == as_type == as_event
    assert {"trial_signup": 15} == points(lead(type="trial_signup"), "trial_signup")


def test_each_reason_says_what_it_rests_on() -> None:
    """A reason holds the fact or how often it happened, so that anybody can check it (R39)."""
    facts = lead(company={"employees": 120}, type="webinar")
    total, reasons = score(SHIPPED_POLICY, facts, touches("email_open", "email_open", *["careers_visit"] * 5), NOW)
    assert (
        Reason(rule="25 employees or more", points=10, because="company.employees is 120", group="profile"),
        Reason(rule="email_open", points=6, because="email_open twice, half as much after 60d", group="email"),
        Reason(rule="webinar", points=5, because="webinar once", group="online"),
        Reason(rule="careers_visit", points=-9, because="careers_visit 5 times in 180d, capped at 9", group="online"),
    ) == reasons
    assert 12 == total


POINTS = st.integers(-50, 50).map(float)


@given(POINTS, st.none() | POINTS, st.none() | st.integers(0, 100).map(float), st.integers(1, 500))
def test_touch_points_never_leave_the_cap(points: float, again: float | None, cap: float | None, times: int) -> None:
    """However often something happens, its points stay within the cap on either side, and add up without one."""
    rule = TouchRule(kind="x", points=points, again=again, cap=cap)
    given_points = touch_points(rule, times)
    total = sum([points, *[points if again is None else again] * (times - 1)])
    assert total == given_points if cap is None else abs(given_points) <= cap
    assert cap is None or abs(total) > cap or total == given_points


@given(st.lists(st.sampled_from(["email_open", "webinar", "unsubscribed", "other_thing"]), max_size=12))
def test_the_score_is_the_sum_of_its_reasons(kinds: list[str]) -> None:
    """Points without a reason do not exist, and the order of touches does not matter."""
    total, reasons = score(SHIPPED_POLICY, lead(decision_maker=True), touches(*kinds), NOW)
    assert total == sum(reason.points for reason in reasons)
    assert (total, reasons) == score(SHIPPED_POLICY, lead(decision_maker=True), touches(*reversed(kinds)), NOW)

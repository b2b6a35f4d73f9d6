"""A policy's own examples: what holds is silent, and what does not says what came out instead, and why."""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from config.load import SHIPPED, read_policy, read_roster
from models.lead import LeadType
from models.roster import Roster
from policy.trials.comparison import written
from policy.trials.examples import NO_ROSTER, WEDNESDAY, run_examples

SHIPPED_POLICY = written(read_policy(SHIPPED / "default.yaml")[0])
ROSTER = read_roster("""
calendars:
  day: {tz: UTC, week: {wed: [["08:00", "18:00"]]}}
  night: {tz: UTC, week: {wed: [["20:00", "24:00"]]}}
managers: [{id: mia, name: Mia Moor}]
teams: [{id: one, name: One, manager: mia, calendar: day, region: world}]
reps:
  - {id: ana, name: Ana Abel, team: one, level: senior, backup: ben}
  - {id: ben, name: Ben Bach, team: one, level: senior}
  - {id: cam, name: Cam Cole, team: one, level: sdr, calendar: night}
  - {id: dee, name: Dee Dorn, team: one, level: mid}
pools:
  big: {members: [ana]}
  small: {members: [cam]}
  rest: {members: [dee]}
""")
ROUTING = {
    "rules": [
        {"name": "large ones", "when": "company.employees >= 1000", "pool": "big"},
        {"name": "small ones", "when": "company.employees < 50", "pool": "small"},
    ],
    "default_pool": "rest",
    "widen": "none",
}
ACCOUNTS = [{"id": "acme", "name": "Acme Ltd", "domains": ["acme.example"], "owner": "ben"}]
BANK = {"type": "demo_request", "company": {"employees": 5000, "industry": "banking", "country": "DE"}}
SHOP = {"type": "demo_request", "company": {"employees": 20, "industry": "retail"}}
"""No fit of its own: 20 employees are neither many nor few."""


def failures(
    given: Mapping[str, Any], expect: Mapping[str, Any], roster: Roster | None = ROSTER, **more: Any
) -> dict[str, str]:
    """Run one example and give what failed, by key."""
    example = {"name": "one", "given": given, "expect": expect, **more}
    document = SHIPPED_POLICY | {"routing": ROUTING, "accounts": ACCOUNTS, "examples": [example]}
    compiled = read_policy(yaml.safe_dump(document))[1]
    found = run_examples(compiled, roster)
    assert {"one"} >= {one.example for one in found}
    return {one.field.removeprefix("examples[0]."): one.what for one in found}


@pytest.mark.parametrize(
    ("given", "expect"),
    [
        (BANK, {"way": "route", "intent": "high", "fit": "strong", "points": 25, "sla": "inbound-demo"}),
        (BANK, {"rule": "large ones", "pool": "big", "levels": ["senior"], "owner": "ana", "backup": "ben"}),
        (BANK, {"reason": "because it IS a demo   request"}),
        (BANK, {"reason": "company.employees is 5000"}),
        (SHOP, {"fit": "weak", "levels": ["sdr"], "rule": "small ones", "pool": "small", "owner": "held"}),
        ({"type": "demo_request"}, {"rule": "default", "pool": "rest", "owner": "dee"}),
        ({"type": "demo_request", "company": {"name": "ACME  ltd"}}, {"tie": "named_account", "owner": "ben"}),
        ({"type": "webinar", "email": "kim@acme.example"}, {"way": "nurture"}),
        ({"type": "newsletter", "company": {"employees": 5000, "industry": "banking"}}, {"way": "monitor"}),
        ({"type": "referral", "phone": "+49 30 901820"}, {"way": "review", "reason": "put their name"}),
        ({"type": "demo_request", "company": {"domain": "rival-router.example"}}, {"way": "disqualify"}),
        (BANK | {"deal_value": {"amount": 60000}}, {"tier": "enterprise", "levels": ["senior"]}),
    ],
)
def test_what_comes_out_as_expected_is_silent(given: Mapping[str, Any], expect: Mapping[str, Any]) -> None:
    """Every key of `expect`, on the way to sales and beside it."""
    assert {} == failures(given, expect)


@pytest.mark.parametrize(
    ("given", "key", "expected", "says"),
    [
        (BANK, "way", "review", "expected review, got route: high intent, strong fit"),
        (BANK, "intent", "low", "expected low, got high: type is demo_request, there are no touches"),
        (BANK, "fit", "weak", "expected weak, got strong: 25 employees or more, 1000 employees or more, a target"),
        (BANK, "points", 20, "expected 20, got 25: +10 25 employees or more, +15 demo_request"),
        (BANK, "tier", "mid", "expected mid, got none: "),
        (BANK, "levels", ["sdr", "mid"], "expected sdr or mid, got senior: rule large ones matched"),
        (BANK, "sla", "standrad", "expected standrad (there is none of that name; did you mean standard?), got inbou"),
        (BANK, "rule", "big ones", "expected big ones (there is none of that name; did you mean large ones?), got"),
        (
            BANK,
            "pool",
            "small",
            "expected small, got big: rule large ones matched (company.employees is 5000)",
        ),
        (
            SHOP,
            "pool",
            "big",
            (
                "expected big, got small: rule small ones matched (company.employees is 20); "
                "rule large ones did not match (company.employees is 20)"
            ),
        ),
        (SHOP, "rule", "large ones", "expected large ones, got small ones: rule small ones matched"),
        (BANK, "tie", "parent", "expected parent, got none: "),
        (BANK, "owner", "dee", "expected dee, got ana: "),
        (SHOP, "owner", "cam", "expected cam, got held: nobody in small may be offered it now: cam is off hours"),
        (SHOP, "owner", "camm", "expected camm (there is none of that name; did you mean cam?), got held"),
        (BANK, "backup", "dee", "expected dee, got ben: "),
        (BANK, "reason", "it rained", 'expected "it rained" in the reason, which is: '),
        ({"type": "referral"}, "pool", "big", "expected big, got none: it is not routed, but goes to review: intro"),
    ],
)
def test_what_does_not_says_what_came_out_and_why(
    given: Mapping[str, Any], key: str, expected: object, says: str
) -> None:
    """The key, what was expected, what came out, and the reason of what happened."""
    found = failures(given, {key: expected})
    assert [f"expect.{key}"] == list(found)
    assert found[f"expect.{key}"].startswith(says), found


@pytest.mark.parametrize("key", ["owner", "backup", "tie"])
def test_what_depends_on_people_needs_a_roster(key: str) -> None:
    """The rest does not: rule, pool and levels are the policy's own."""
    placed = {"rule": "large ones", "pool": "big", "levels": ["senior"]}
    assert {f"expect.{key}": NO_ROSTER} == failures(BANK, {key: "parent", **placed}, roster=None)


def test_a_lead_that_is_not_routed_needs_no_roster() -> None:
    """It goes to nobody, whoever there is."""
    found = failures({"type": "referral"}, {"owner": "ana"}, roster=None)
    assert found["expect.owner"].startswith("expected ana, got none: it is not routed")


@pytest.mark.parametrize(
    ("given", "key", "says"),
    [
        ({}, "given.type", "is required"),
        ({"type": "demo"}, "given.type", "should be"),
        ({**BANK, "compnay": {}}, "given.compnay", "is not a known field; did you mean company?"),
        (
            {**BANK, "company": {"employes": 5}},
            "given.company.employes",
            "is not a known field; did you mean employees?",
        ),
        ({**BANK, "company": {"employees": -5}}, "given.company.employees", "greater than or equal to 0"),
        ({**BANK, "email": "nobody"}, "given.email", "is not an e-mail address"),
        ({**BANK, "custom": {"a": "x" * 300_000}}, "given", "bytes long; 262,144 are taken"),
    ],
)
def test_a_broken_lead_is_told_by_its_field(given: Mapping[str, Any], key: str, says: str) -> None:
    """As a door would tell it."""
    found = failures(given, {"way": "route"})
    assert [key] == list(found)
    assert says in found[key]


def test_a_made_up_address_tells_nothing() -> None:
    """A lead without an address is of no company by it; with its company's domain it has an address there."""
    told = "the company is no account"
    assert {} == failures({"type": "demo_request"}, {"points": 15, "owner": "dee", "reason": told})
    assert {} == failures({"type": "demo_request", "company": {"name": "Acme Ltd"}}, {"owner": "ben"})
    assert {} == failures({"type": "demo_request", "company": {"domain": "acme.example"}}, {"owner": "ben"})


def test_an_example_takes_place_when_it_says() -> None:
    """Left out, on a Wednesday at noon; touches and the time since are counted from there."""
    assert (2, 12) == (WEDNESDAY.weekday(), WEDNESDAY.hour)
    night = "2026-03-04T21:00:00Z"
    assert {} == failures(SHOP, {"owner": "cam"}, at=night)
    touch = {"kind": "call_booked", "at": "2026-03-04T11:00:00Z"}
    assert {} == failures({"type": "other"}, {"way": "nurture", "intent": "low"})
    assert {} == failures({"type": "other"}, {"way": "route", "points": 20, "intent": "high"}, touches=[touch])


@pytest.mark.parametrize("kind", LeadType)
def test_the_same_example_always_comes_out_the_same(kind: LeadType) -> None:
    """No clock, no dice."""
    wrong = {"points": -99, "reason": "no such words"}
    assert failures({"type": kind.value}, wrong) == failures({"type": kind.value}, wrong) != {}

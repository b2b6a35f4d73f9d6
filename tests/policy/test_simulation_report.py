"""What verdicts come to: sums, shares, lost promises, silent rules, and what two policies differ in."""

from datetime import timedelta
from typing import Any

import pytest

from models.lead import LeadType
from policy.compiled import CompiledPolicy
from policy.simulation.diff import Difference, difference_of, differences
from policy.simulation.report import Report, report
from policy.simulation.verdicts import Fate, Verdict
from tests.policy.toytown import at, lead, rules, simulated, town

ROSTER = town(
    {"id": "ana", "weight": 3, "capacity": 40},
    {"id": "ben", "capacity": 40},
    {"id": "cy", "active": False},
    pools={"all": {"team": "crew"}, "one": {"members": ["ben"], "strategy": "round_robin"}},
)


def summed(policy: CompiledPolicy, verdicts: dict[str, Verdict], **peaks: int) -> Report:
    """Sum up what a simulation said."""
    return report(verdicts.values(), policy.policy, ROSTER, peaks)


def verdict(**known: Any) -> Verdict:
    """A verdict on a lead that was offered to somebody at noon, promptly."""
    values: dict[str, Any] = {
        "lead_id": "x",
        "received_at": at(12),
        "fate": Fate.OFFERED,
        "because": "it was their turn",
        "region": "emea",
        "sla": "hour",
        "pool": "all",
        "owner": "ana",
        "routed_at": at(12),
        "offered_at": at(12),
        "promise_due_at": at(13),
    }
    return Verdict(**(values | known))


def test_shares_stand_beside_those_of_the_weights() -> None:
    """Per pool and over all pools; who is inactive and had nothing is not listed."""
    policy = rules(routing={"rules": [{"name": "big", "when": "company.employees >= 1000", "pool": "one"}]})
    leads = [lead(n, at(10), employees=5000 if n % 5 == 0 else None) for n in range(10)]
    found = summed(policy, simulated(policy, ROSTER, leads), ana=6)
    assert [("ana", 6, 0.6, 0.6, 6, 40), ("ben", 4, 0.4, 0.4, 0, 40)] == [
        (one.rep, one.leads, one.share, one.weight_share, one.peak_load, one.capacity) for one in found.reps
    ]
    assert [("all", "ana", 6, 0.75, 0.75), ("all", "ben", 2, 0.25, 0.25), ("one", "ben", 2, 1.0, 1.0)] == [
        (one.pool, one.rep, one.leads, one.share, one.weight_share) for one in found.shares
    ]
    assert [("all", 8, 8), ("one", 2, 2)] == [(one.pool, one.leads, one.offered) for one in found.pools]


@pytest.mark.parametrize(("reviewed", "healthy"), [(0, False), (1, True), (2, True), (3, False)])
def test_the_share_that_people_decide_on_is_healthy_or_not(reviewed: int, healthy: bool) -> None:
    """Ten to twenty in a hundred; folded leads were not judged, and a lead for nobody is a manager's to decide."""
    kinds = [Fate.REVIEW] * reviewed + [Fate.NURTURE] * (10 - reviewed) + [Fate.FOLDED] * 5
    found = report([verdict(fate=kind, owner=None) for kind in kinds], rules().policy, ROSTER, {})
    assert (reviewed / 10, 1 - reviewed / 10, healthy) == (found.review_share, found.automatic_share, found.healthy)
    lost = report([verdict(fate=Fate.NOBODY), verdict()], rules().policy, ROSTER, {})
    assert (0, 0.5) == (lost.review_share, lost.automatic_share)


def test_what_took_no_lead_is_named() -> None:
    """Ways, ties, rules and SLA classes, and how often the others did (R53)."""
    policy = rules(
        routing={
            "ties": [{"to": "open_lead"}],
            "rules": [
                {"name": "big", "when": "company.employees >= 1000", "pool": "all"},
                {"name": "never", "when": "company.employees >= 2000", "pool": "one"},
            ],
        }
    )
    leads = [lead(1, at(10), employees=5000), lead(2, at(10)), lead(3, at(10), type=LeadType.REFERRAL)]
    found = summed(policy, simulated(policy, ROSTER, leads))
    assert {
        "ways": ["job seekers"],
        "routing.ties": ["open_lead"],
        "routing.rules": ["never"],
        "sla": [],
    } == found.never_fired
    assert ({"big": 1}, {"introductions": 1}, {"hour": 2}) == tuple(
        found.fired[key] for key in ("routing.rules", "ways", "sla")
    )


def test_why_nobody_got_a_lead_is_counted() -> None:
    """By the reason without the people in it, the commonest first."""
    away = town({"id": "ana", "time_off": [{"from": "2026-03-01", "to": "2026-03-20"}]})
    policy = rules(routing={"rules": [{"name": "big", "when": "company.employees >= 1000", "pool": "moon"}]})
    leads = [lead(1, at(10), employees=5000), lead(2, at(10)), lead(3, at(15))]
    found = summed(policy, simulated(policy, away, leads))
    assert [
        ("nobody in all may be offered it within 4 days", 2),
        ("rule big sends it to pool 'moon', which the roster does not have", 1),
    ] == list(found.nobody.items())


def test_promises_are_told_by_hour_and_by_region() -> None:
    """An offer at the due instant is in time, one after it is late, and so is none at all."""
    verdicts = [
        verdict(offered_at=at(13), held=True),
        verdict(offered_at=at(13.01), held=True),
        verdict(routed_at=at(3), offered_at=at(9), promise_due_at=at(4), region=None),
        verdict(fate=Fate.NOBODY, owner=None, offered_at=None, region="apac"),
        verdict(fate=Fate.NURTURE, owner=None, offered_at=None, routed_at=None),
    ]
    found = report(verdicts, rules().policy, ROSTER, {})
    late = timedelta(hours=1.01)
    assert [("03", 1, 1, timedelta(hours=6)), ("12", 3, 2, late)] == [
        (one.where, one.leads, one.late, one.longest_wait) for one in found.hours
    ]
    assert [("", 1, 1), ("apac", 1, 1), ("emea", 2, 1)] == [(one.where, one.leads, one.late) for one in found.regions]
    assert [("ana", 2, 2), ("ben", 0, 0)] == [(one.rep, one.held, one.late) for one in found.reps]


def test_no_leads_come_to_nothing() -> None:
    """All sums are zero, and nothing is divided by it."""
    found = report([], rules().policy, ROSTER, {})
    assert (0, 0.0, 0.0, [], []) == (found.leads, found.review_share, found.automatic_share, found.pools, found.hours)


def test_what_of_a_policy_does_nothing_here_is_said() -> None:
    """Rungs behind the first offer, who is set aside and who is paged: no offer of a simulation runs out."""
    ladder = [{"do": "offer", "to": "primary"}, {"do": "remind", "after": "5m"}, {"do": "triage", "after": "1h"}]
    promise = {"name": "hour", "response": "1h", "ladder": ladder, "late": {"do": "page"}}
    full = rules(routing={"aside": {}}, sla=[promise])
    assert [
        "rungs behind the first offer (remind, triage): everybody takes the first offer they get, and makes contact",
        "routing.aside: no offer runs out, so nobody is set aside",
        "late, page: the lead waits as it would, and whoever is paged does nothing about it",
    ] == summed(full, {}).left_out
    assert 1 == len(summed(rules(), {}).left_out)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"because": "another word for it"}, None),
        ({"owner": "ben"}, Difference.TURN),
        ({"owner": "ben", "sla": "day"}, Difference.PROMISE),
        ({"sla": "day"}, Difference.PROMISE),
        ({"owner": "ben", "rule": "big"}, Difference.OWNER),
        ({"owner": "ben", "tie": "open_lead"}, Difference.OWNER),
        ({"rule": "big"}, None),
        ({"owner": "ben", "pool": "one"}, Difference.POOL),
        ({"pool": "one"}, Difference.POOL),
        ({"fate": Fate.REVIEW, "owner": None, "pool": None}, Difference.WAY),
        ({"fate": Fate.WAITING, "owner": None}, Difference.WAY),
        ({"way_rule": "introductions"}, None),
        ({"way_rule": "introductions", "owner": "ben"}, Difference.OWNER),
    ],
)
def test_the_weightiest_difference_is_told(changes: dict[str, Any], expected: Difference | None) -> None:
    """Another way, pool, reason, promise; and apart from all of them, only another turn."""
    assert expected is difference_of(verdict(), verdict(**changes))
    assert expected is difference_of(verdict(**changes), verdict())


def test_only_what_differs_is_listed() -> None:
    """In the order in which the leads came; verdicts on different leads are not compared."""
    before = [verdict(lead_id="a"), verdict(lead_id="b"), verdict(lead_id="c")]
    after = [verdict(lead_id="a"), verdict(lead_id="b", pool="one"), verdict(lead_id="c", owner="ben")]
    assert [("b", Difference.POOL), ("c", Difference.TURN)] == [
        (pair.before.lead_id, pair.difference) for pair in differences(before, after)
    ]
    with pytest.raises(ValueError, match="lead c is compared with lead b"):
        list(differences(before[2:], after[1:2]))
    with pytest.raises(ValueError, match="zip"):
        list(differences(before, after[:2]))


def test_a_stricter_rule_moves_the_leads_it_is_about() -> None:
    """And for the others only the turn differs: the rotation they are in has moved on otherwise."""
    before, after = rules(), rules("stricter", routing={"rules": [{"name": "big", "when": BIG, "pool": "one"}]})
    leads = [lead(n, at(10), employees=5000 if n == 3 else None) for n in range(8)]
    both = [simulated(policy, ROSTER, leads).values() for policy in (before, after)]
    found = {pair.before.lead_id: pair.difference for pair in differences(*both)}
    assert Difference.POOL is found.pop("l3")
    assert {Difference.TURN} >= set(found.values())


BIG = "company.employees >= 1000"

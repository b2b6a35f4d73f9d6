"""Replaying leads: who is offered what and when, as the real system would, on a clock of its own."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from models.facts import LeadFacts
from models.lead import LeadType, Touch
from policy.compiled import CompiledPolicy
from policy.simulation.verdicts import Fate, Verdict
from tests.policy.toytown import LADDER, OFFICE, WEEK, at, lead, rules, simulated, town

HOUR = timedelta(hours=1)


def test_each_way_a_lead_can_go() -> None:
    """To sales, to marketing, to a person who decides, out; and why, with what way decided it."""
    kinds = (LeadType.DEMO_REQUEST, LeadType.NEWSLETTER, LeadType.REFERRAL, LeadType.OTHER)
    found = simulated(rules(), town({"id": "ana"}), [lead(n, at(10), type=kind) for n, kind in enumerate(kinds)])
    assert [
        (Fate.OFFERED, None, "ana"),
        (Fate.NURTURE, None, None),
        (Fate.REVIEW, "introductions", None),
        (Fate.DISQUALIFIED, "job seekers", None),
    ] == [(one.fate, one.way_rule, one.owner) for one in found.values()]
    assert "introductions: a person decides" == found["l2"].because
    first = found["l0"]
    assert ("emea", "all", None, "hour") == (first.region, first.pool, first.rule, first.sla)
    assert (at(10), at(10), at(11)) == (first.routed_at, first.offered_at, first.promise_due_at)
    assert not first.held
    assert not first.late


def test_a_lead_of_the_night_waits_for_the_opening() -> None:
    """It is offered at nine, held for that long, and late by its promise of an hour."""
    one = simulated(rules(), town({"id": "ana"}), [lead(1, at(3))])["l1"]
    assert (at(9), 6 * HOUR, True, True) == (one.offered_at, one.held_for, one.held, one.late)


def test_the_best_score_goes_first_at_the_opening() -> None:
    """Of three who wait for two places the worst waits on, whoever came first."""
    leads = [lead(1, at(1)), lead(2, at(2), employees=5000), lead(3, at(3), employees=200)]
    found = simulated(rules(), town({"id": "ana", "capacity": 2}), leads)
    assert {"l1": at(11), "l2": at(9), "l3": at(9)} == {name: one.offered_at for name, one in found.items()}


def test_a_place_that_comes_free_is_the_best_waiting_leads() -> None:
    """After two hours' work, at once and not at the next look; then the next best after two more."""
    leads = [lead(1, at(9.5)), lead(2, at(10)), lead(3, at(10.2), employees=5000)]
    found = simulated(rules(), town({"id": "ana", "capacity": 1}), leads)
    assert {"l1": at(9.5), "l3": at(11.5), "l2": at(13.5)} == {name: one.offered_at for name, one in found.items()}


def test_handling_counts_the_hours_that_are_worked() -> None:
    """An offer at four in the afternoon is handled by ten next morning, and no place is free before."""
    found = simulated(rules(), town({"id": "ana", "capacity": 1}), [lead(1, at(16)), lead(2, at(16.5))])
    assert at(10, day=1) == found["l2"].offered_at


def test_nobody_gets_more_than_their_cap() -> None:
    """Two a day: the third of the day is next day's."""
    roster = town({"id": "ana", "caps": [{"leads": 2}]})
    found = simulated(rules(), roster, [lead(n, at(9 + n)) for n in range(4)])
    assert [at(9), at(10), at(9, day=1), at(9, day=1)] == [one.offered_at for one in found.values()]


def test_a_span_of_a_cap_frees_its_place_to_the_minute() -> None:
    """One in three hours: the next one comes three hours after the last was offered."""
    roster = town({"id": "ana", "caps": [{"leads": 1, "per": "3h"}]})
    found = simulated(rules(), roster, [lead(1, at(9.25)), lead(2, at(10))])
    assert at(12.25) == found["l2"].offered_at


@pytest.mark.parametrize(("hour", "tie"), [(10.5, "open_lead"), (13, "relationship")])
def test_a_company_stays_with_who_has_it(hour: float, tie: str) -> None:
    """By the open lead, and after contact by the relationship, though it would be somebody else's turn."""
    policy = rules(routing={"ties": [{"to": "relationship"}, {"to": "open_lead"}]})
    leads = [lead(1, at(10), domain="acme.example"), lead(2, at(hour), domain="acme.example")]
    found = simulated(policy, town({"id": "ana"}, {"id": "ben"}), leads)
    assert ("ana", None, "ana", tie) == (found["l1"].owner, found["l1"].tie, found["l2"].owner, found["l2"].tie)


def test_a_held_lead_learns_that_somebody_knows_its_company_now() -> None:
    """Two of a company wait; the worse one follows the better to whom that one went."""
    policy = rules(routing={"ties": [{"to": "open_lead"}]})
    leads = [
        lead(1, at(1), domain="acme.example", employees=5000),
        lead(2, at(2), domain="acme.example"),
        lead(3, at(2), employees=200),
    ]
    found = simulated(policy, town({"id": "ana"}, {"id": "ben"}), leads)
    assert found["l1"].owner == found["l2"].owner != found["l3"].owner
    assert "open_lead" == found["l2"].tie


def test_whose_it_is_by_a_tie_may_be_away() -> None:
    """Held for the owner of the account until they are back, though others are there; not for ever."""
    account = {"id": "acme", "name": "Acme", "domains": ["acme.example"], "owner": "ana"}
    policy = rules(accounts=[account], routing={"ties": [{"to": "named_account", "away": "hold"}]})
    away = {"id": "ana", "time_off": [{"from": "2026-03-02", "to": "2026-03-03"}]}
    for_long = {"id": "ana", "time_off": [{"from": "2026-03-02", "to": "2026-03-20"}]}
    leads = [lead(1, at(10), domain="acme.example"), lead(2, at(10))]
    held = simulated(policy, town(away, {"id": "ben"}), leads)
    assert ("ana", at(9, day=2), "named_account") == (held["l1"].owner, held["l1"].offered_at, held["l1"].tie)
    assert at(10) == held["l2"].offered_at
    assert "ben" == simulated(policy, town(for_long, {"id": "ben"}), leads)["l1"].owner


def test_who_is_kept_for_somebody_full_is_had_by_others_in_the_end() -> None:
    """The owner's places never come free: four days after it came, the lead is the pool's."""
    account = {"id": "acme", "name": "Acme", "domains": ["acme.example"], "owner": "ana"}
    policy = rules(accounts=[account], routing={"ties": [{"to": "named_account", "away": "hold"}]})
    roster = town({"id": "ana", "capacity": 1}, {"id": "ben"}, week={day: [["00:00", "24:00"]] for day in WEEK})
    leads = [lead(n, at(10 + n), domain="acme.example", email=f"p{n}@acme.example") for n in range(2)]
    found = simulated(policy, roster, leads, handling=timedelta(days=30), after=timedelta(days=10))
    assert "ben" == found["l1"].owner
    assert at(11, day=4) - timedelta(minutes=15) <= (found["l1"].offered_at or at(0)) <= at(11, day=4)


def test_the_same_person_is_folded_while_their_lead_is_in_flight() -> None:
    """Known by e-mail or by source and id; after contact they come as a new lead, to whom they know."""
    policy = rules(routing={"ties": [{"to": "relationship"}]})
    person = {"email": "kim@acme.example", "domain": "acme.example"}
    leads = [
        lead(1, at(10), **person),
        lead(2, at(11), **person),
        lead(3, at(13), email="kim@gone.example", domain=None),
        lead(4, at(14), **person),
    ]
    found = simulated(policy, town({"id": "ana"}, {"id": "ben"}), leads)
    assert [Fate.OFFERED, Fate.FOLDED, Fate.OFFERED, Fate.OFFERED] == [one.fate for one in found.values()]
    assert "the same person is in flight (same email): l1" == found["l2"].because
    assert ("ana", "relationship") == (found["l4"].owner, found["l4"].tie)


def test_who_comes_back_after_long_is_not_folded() -> None:
    """A nurtured lead that is older than the policy folds into is another matter."""
    policy = rules(duplicates_within="2d")
    leads = [
        lead(n, at(10, day=day), type=LeadType.NEWSLETTER, email="kim@acme.example") for n, day in ((1, 0), (2, 3))
    ]
    assert [Fate.NURTURE, Fate.NURTURE] == [one.fate for one in simulated(policy, town({"id": "ana"}), leads).values()]


def test_a_nurtured_lead_is_promoted_by_what_its_prospect_does() -> None:
    """Its promise counts from then; what came before it was let in counted at once."""
    touch = Touch(kind="call_booked", at=at(12, day=1))
    leads = [lead(1, at(10), type=LeadType.NEWSLETTER), lead(2, at(11), type=LeadType.NEWSLETTER)]
    early = {"l1": [touch], "l2": [Touch(kind="call_booked", at=at(9))]}
    found = simulated(rules(), town({"id": "ana"}), leads, early)
    one = found["l1"]
    assert (at(12, day=1), at(12, day=1), at(13, day=1)) == (one.routed_at, one.offered_at, one.promise_due_at)
    assert at(11) == found["l2"].offered_at


def test_asking_again_promotes_a_nurtured_lead() -> None:
    """The new touch goes to the lead in flight, and that one goes to sales."""
    policy = rules(intent={"high": {"types": [], "touches": {"demo_request": 1}}, "medium": {}, "low": {}})
    leads = [lead(1, at(10), type=LeadType.NEWSLETTER, email="kim@a.example"), lead(2, at(11), email="kim@a.example")]
    found = simulated(policy, town({"id": "ana"}), leads)
    assert (Fate.OFFERED, at(11)) == (found["l1"].fate, found["l1"].offered_at)
    assert Fate.FOLDED is found["l2"].fate


def test_a_held_lead_gains_by_what_its_prospect_does() -> None:
    """It overtakes those who scored more when it was held."""
    leads = [lead(1, at(1)), lead(2, at(2), employees=5000)]
    touches = {"l1": [Touch(kind="call_booked", at=at(4))]}
    found = simulated(rules(), town({"id": "ana", "capacity": 1}), leads, touches)
    assert {"l1": at(9), "l2": at(11)} == {name: one.offered_at for name, one in found.items()}


def test_what_nobody_may_be_offered_says_so() -> None:
    """Nobody within what it may be held, and a pool the roster lacks: a manager's, and their promise is lost."""
    away = {"id": "ana", "time_off": [{"from": "2026-03-01", "to": "2026-03-20"}]}
    nobody = simulated(rules(), town(away), [lead(1, at(10))])["l1"]
    assert (Fate.NOBODY, None, True) == (nobody.fate, nobody.owner, nobody.late)
    assert "nobody in all may be offered it within 4 days: ana is on leave until 20 Mar" == nobody.because
    lacking = simulated(rules(routing={"default_pool": "moon"}), town(away), [lead(1, at(10))])["l1"]
    assert "routing.default_pool sends it to pool 'moon', which the roster does not have" == lacking.because


@pytest.mark.parametrize(("hours", "late"), [(0.5, False), (1, False), (1.5, True)])
def test_who_is_still_waiting_at_the_end_is_said_to_wait(hours: float, late: bool) -> None:
    """Without an owner, in its pool, for so long; late once its promise could not be kept any more."""
    roster = town({"id": "ana", "capacity": 1})
    one = simulated(rules(), roster, [lead(1, at(9.5)), lead(2, at(9.9))], after=hours * HOUR)["l2"]
    assert (Fate.WAITING, "all", None, hours * HOUR, late) == (one.fate, one.pool, one.owner, one.held_for, one.late)


def test_an_overflow_pool_takes_over() -> None:
    """The pool in which it ended is told, with the reason."""
    roster = town(
        {"id": "ana", "capacity": 1}, {"id": "ben"}, pools={"one": {"members": ["ana"]}, "two": {"members": ["ben"]}}
    )
    policy = rules(routing={"default_pool": "one", "overflow": ["two"]})
    found = simulated(policy, roster, [lead(1, at(10)), lead(2, at(10.5))])
    assert [("ana", "one"), ("ben", "two")] == [(one.owner, one.pool) for one in found.values()]


def test_a_region_that_another_policy_gave_is_given_anew() -> None:
    """What the sender said stands where the policy has such a region; what followed from the country follows again."""
    derived = lead(1, at(10), country="JP", region="emea", origin={"region": "country"})
    stated = lead(2, at(10), country="JP", region="emea")
    found = simulated(rules(), town({"id": "ana"}), [derived, stated])
    assert ["apac", "emea"] == [one.region for one in found.values()]


def test_leads_come_in_order() -> None:
    """A lead from before the clock's time is refused: it could not be told truly what came of it."""
    with pytest.raises(ValueError, match=r"lead l2 was received at .* shows .* already"):
        simulated(rules(), town({"id": "ana"}), [lead(1, at(10)), lead(2, at(9))])


def test_the_same_again() -> None:
    """Two runs over the same leads say the same, word for word."""
    leads = [lead(n, at(n / 5), employees=n * 97 % 2000) for n in range(60)]
    roster = town({"id": "ana", "capacity": 2, "weight": 3}, {"id": "ben", "capacity": 3})

    def once() -> list[Verdict]:
        return list(simulated(rules(), roster, leads).values())

    assert once() == once()


NIGHT = {day: [["16:00", "24:00"]] for day in WEEK}
SUNS = {"calendars": {"office": {"tz": "UTC", "week": OFFICE}, "night": {"tz": "UTC", "week": NIGHT}}}
TWO_POOLS = SUNS | {"pools": {"all": {"members": ["ana"]}, "far": {"members": ["ben"]}}}


def promised(late: Mapping[str, Any], **first: Any) -> CompiledPolicy:
    """An hour is promised by the wall's clock; the first rung may name whom it is offered to."""
    ladder = [{"do": "offer", "to": "primary"} | first, *LADDER[1:]]
    clocks = {"clock": "wall", "response_clock": "wall"}
    return rules(sla=[{"name": "hour", "response": "1h", "ladder": ladder, "late": late} | clocks])


def test_a_late_lead_follows_the_sun() -> None:
    """Each for itself: what is due before the opening goes to whoever works elsewhere, what is not waits."""
    people = town({"id": "ana"}, {"id": "ben", "calendar": "night"}, **TWO_POOLS)
    leads = [lead(1, at(20)), lead(2, at(8.5, day=1)), lead(3, at(3, day=1))]
    follow = simulated(promised({"do": "follow", "pools": ["far"]}), people, sorted(leads, key=_received))
    hold = simulated(promised({"do": "hold"}), people, sorted(leads, key=_received))

    assert [("ben", at(20)), ("ana", at(9, day=1)), ("ana", at(9, day=1))] == [_given(follow, n) for n in (1, 2, 3)]
    assert [("ana", at(9, day=1))] * 3 == [_given(hold, n) for n in (1, 2, 3)]


def test_a_full_pool_follows_the_sun_once_it_has_gone_home() -> None:
    """While somebody is there a place may come free; when all have left, and it is due, others are asked."""
    people = town({"id": "ana", "capacity": 1}, {"id": "ben", "calendar": "night"}, **TWO_POOLS)
    policy = promised({"do": "follow", "pools": ["far"]})
    told = simulated(policy, people, [lead(1, at(15)), lead(2, at(15.5))], handling=timedelta(hours=7))
    assert [("ana", at(15)), ("ben", at(17))] == [_given(told, n) for n in (1, 2)]


def test_whoever_is_on_duty_is_offered_it_first() -> None:
    """A rep or a manager, who makes contact in the hours of their team; the pool is asked when they cannot be."""
    rotas = {"duty": {"members": ["ben", "mia"], "turn": "1d", "from": "2026-03-02"}}
    people = town({"id": "ana"}, {"id": "ben"}, pools={"all": {"members": ["ana"]}}, rotas=rotas)
    policy = promised({"do": "hold"}, to="on_duty", who="duty")
    told = simulated(policy, people, [lead(1, at(10)), lead(2, at(10, day=1)), lead(3, at(20, day=1))])
    assert ["ben", "mia", "ben"] == [told[f"l{number}"].owner for number in (1, 2, 3)]
    assert at(9, day=2) == told["l3"].offered_at


def test_a_lead_held_for_somebody_takes_their_free_place() -> None:
    """As soon as there is one, not only when it is looked at again."""
    account = {"id": "acme", "name": "Acme", "domains": ["acme.example"], "owner": "ana"}
    policy = rules(accounts=[account], routing={"ties": [{"to": "named_account", "away": "hold"}], "recheck": "8h"})
    people = town({"id": "ana", "capacity": 1}, {"id": "ben"})
    leads = [lead(number, at(9), domain="acme.example") for number in (1, 2)]
    told = simulated(policy, people, leads)
    assert [("ana", at(9)), ("ana", at(11))] == [_given(told, n) for n in (1, 2)]


def _received(facts: LeadFacts) -> datetime:
    return facts.received_at


def _given(told: Mapping[str, Verdict], number: int) -> tuple[str | None, datetime | None]:
    return told[f"l{number}"].owner, told[f"l{number}"].offered_at

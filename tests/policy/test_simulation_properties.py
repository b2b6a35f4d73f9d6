"""Whatever leads, roster and policy: what a simulation says keeps to the invariants (2, 6, 8), and misses nobody."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.facts import LeadFacts
from models.lead import LeadType
from models.roster import Rep, Roster
from policy.compiled import CompiledPolicy
from policy.hours.calendars import due, is_open
from policy.routing.crew import calendar_of
from policy.simulation.lookout import Lookout
from policy.simulation.simulator import HANDLING, Simulator
from policy.simulation.verdicts import Fate, Verdict
from tests.policy.toytown import ALWAYS, MONDAY, OFFICE, WEEK, at, lead, rules, simulated, town

NAMES = ("ana", "ben", "cho", "dee")
KINDS = (LeadType.DEMO_REQUEST, LeadType.DEMO_REQUEST, LeadType.DEMO_REQUEST, LeadType.NEWSLETTER, LeadType.REFERRAL)
MINUTE = timedelta(minutes=1)
NIGHT = {day: [["16:00", "24:00"]] for day in WEEK}


@st.composite
def reps(draw: st.DrawFn) -> Roster:
    """Some reps with weights, capacities, levels, caps, backups and days off; two pools."""
    names = NAMES[: draw(st.integers(1, 4))]
    people: list[dict[str, Any]] = []
    for name in names:
        person: dict[str, Any] = {
            "id": name,
            "weight": draw(st.integers(1, 3)),
            "capacity": draw(st.integers(0, 3)),
            "level": draw(st.sampled_from(["junior", "mid", "senior"])),
            "languages": draw(st.sampled_from([[], ["de"], ["de", "fr"]])),
            "calendar": draw(st.sampled_from(["office", "office", "night"])),
        }
        if draw(st.booleans()):
            person["caps"] = [{"leads": draw(st.integers(1, 3)), "per": draw(st.sampled_from(["day", "5h"]))}]
        if len(names) > 1 and draw(st.booleans()):
            person["backup"] = draw(st.sampled_from([one for one in names if one != name]))
        if draw(st.booleans()):
            person["time_off"] = [{"from": "2026-03-03", "to": draw(st.sampled_from(["2026-03-03", "2026-03-11"]))}]
        people.append(person)
    pools = {"all": {"team": "crew"}, "first": {"members": [names[0]]}}
    calendars = {"office": {"tz": "UTC", "week": OFFICE}, "night": {"tz": "UTC", "week": NIGHT}}
    return town(*people, pools=pools, calendars=calendars, rotas={"duty": {"members": names, "from": "2026-03-02"}})


@st.composite
def policies(draw: st.DrawFn) -> CompiledPolicy:
    """Policies with ties, needs, levels by size of company, an overflow and accounts."""
    away = draw(st.sampled_from(["cover", "hold", "rules"]))
    ties = [{"to": tie, "away": away} for tie in ("named_account", "relationship", "open_lead") if draw(st.booleans())]
    first = {
        "name": "large",
        "when": "company.employees >= 1000",
        "pool": draw(st.sampled_from(["first", "all"])),
        "levels": draw(st.sampled_from([[], ["senior"]])),
        "overflow": draw(st.sampled_from([[], ["all"]])),
        "needs": draw(st.sampled_from([[], ["language"]])),
    }
    routing = {"ties": ties, "rules": [first], "widen": draw(st.sampled_from(["none", "senior", "any"]))}
    account = {"id": "acme", "name": "Acme", "domains": ["d0.example"], "owner": "ana"}
    primary = {"do": "offer", "to": "primary"}
    opening = draw(st.sampled_from([primary, primary, {"do": "offer", "to": "on_duty", "who": "duty"}]))
    late = draw(st.sampled_from([{"do": "hold"}, {"do": "page"}, {"do": "follow", "pools": ["all"]}]))
    promise = {"response": "1h", "clock": "wall", "response_clock": draw(st.sampled_from(["wall", "team"]))}
    sla = {"name": "hour", "late": late, "ladder": [opening, {"do": "triage", "after": "1d"}]} | promise
    within = draw(st.sampled_from(["1d", "90d"]))
    return rules(routing=routing, accounts=[account], duplicates_within=within, sla=[sla])


@st.composite
def arrivals(draw: st.DrawFn) -> list[LeadFacts]:
    """Leads within three days, some of the same companies and people."""
    minutes = sorted(draw(st.lists(st.integers(0, 3 * 24 * 60), min_size=1, max_size=25)))
    return [
        lead(
            number,
            MONDAY + minute * MINUTE,
            type=draw(st.sampled_from(KINDS)),
            domain=f"d{draw(st.integers(0, 6))}.example",
            email=f"p{draw(st.integers(0, 20))}@x.example",
            employees=draw(st.sampled_from([None, 10, 200, 5000])),
            language=draw(st.sampled_from([None, "de", "fr"])),
        )
        for number, minute in enumerate(minutes)
    ]


@given(policies(), reps(), arrivals())
def test_no_lead_is_lost_and_none_told_of_twice(
    policy: CompiledPolicy, roster: Roster, leads: Sequence[LeadFacts]
) -> None:
    """Each has one verdict, in the order in which they came; who was offered one has exactly one owner."""
    found = simulated(policy, roster, leads)
    assert [facts.lead_id for facts in leads] == list(found)
    for one in found.values():
        assert (one.fate is Fate.OFFERED) == (one.owner is not None) == (one.offered_at is not None)
        assert one.because


@given(policies(), reps(), arrivals())
def test_nobody_is_offered_more_than_they_may_have(
    policy: CompiledPolicy, roster: Roster, leads: Sequence[LeadFacts]
) -> None:
    """At no instant above capacity or over a cap, never off hours or on leave."""
    verdicts = [one for one in simulated(policy, roster, leads).values() if one.offered_at is not None]
    for rep in roster.reps:
        theirs = sorted(one.offered_at for one in verdicts if one.owner == rep.id and one.offered_at)
        calendar = calendar_of(roster, rep)
        ends = [due(calendar, offered_at, HANDLING).due_at for offered_at in theirs]
        for place, offered_at in enumerate(theirs):
            assert is_open(calendar, offered_at)
            assert not _on_leave(rep, offered_at)
            assert sum(end > offered_at for end in ends[: place + 1]) <= rep.capacity
            for cap in rep.caps:
                since = offered_at - cap.span if cap.span else offered_at.replace(hour=0, minute=0, second=0)
                counted = [one for one in theirs[: place + 1] if one > since or (cap.span is None and one == since)]
                assert len(counted) <= cap.leads


def _on_leave(rep: Rep, instant: datetime) -> bool:
    return any(str(off.start) <= f"{instant:%Y-%m-%d}" <= str(off.end) for off in rep.time_off)


@settings(deadline=None)
@given(policies(), reps(), arrivals())
def test_looking_less_often_finds_the_same(policy: CompiledPolicy, roster: Roster, leads: Sequence[LeadFacts]) -> None:
    """Where the lookout spares a look, looking would have found nobody: owners and instants are the same without it."""

    def results() -> list[tuple[str, Fate, str | None, datetime | None]]:
        verdicts = simulated(policy, roster, leads).values()
        return [(one.lead_id, one.fate, one.owner, one.offered_at) for one in verdicts]

    spared = results()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Lookout, "in_vain", lambda *_: None)
        assert spared == results()


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(1, 80))
def test_while_nothing_changes_everybody_has_their_share(weights: Sequence[int], count: int) -> None:
    """At every prefix, less than one lead from it."""
    people = [{"id": f"r{n}", "weight": weight, "capacity": 10_000} for n, weight in enumerate(weights)]
    leads = [lead(n, at(0) + n * MINUTE) for n in range(count)]
    had: Counter[str | None] = Counter()
    for number, one in enumerate(simulated(rules(), town(*people, week=ALWAYS), leads).values(), start=1):
        had[one.owner] += 1
        for n, weight in enumerate(weights):
            assert abs(had[f"r{n}"] - number * weight / sum(weights)) < 1


@given(reps(), arrivals())
def test_two_at_once_are_each_as_if_alone(roster: Roster, leads: Sequence[LeadFacts]) -> None:
    """Simulators that are fed with the same leads do not see each other."""
    policy, other = rules(), rules("other", routing={"default_pool": "first"})
    both = [Simulator(policy, roster), Simulator(other, roster)]
    for facts in leads:
        for simulator in both:
            simulator.take(facts)
    for simulator, compiled in zip(both, (policy, other), strict=True):
        simulator.close(leads[-1].received_at + timedelta(days=4))
        alone: list[Verdict] = list(simulated(compiled, roster, leads).values())
        assert alone == list(simulator.verdicts())

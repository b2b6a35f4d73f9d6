"""Nobody is on shift before a lead is due: it is held and says so, follows the sun, or somebody is paged (R19, R30)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.ladder import Target
from models.roster import Roster
from policy.compiled import CompiledPolicy
from policy.hours.calendars import is_open
from policy.routing.availability import objections
from policy.routing.choices import Choice, Chosen, NoOne, Waits
from policy.routing.crew import crew_of
from tests.policy.floor import GLOBEX, INITECH, NOON, ask, berlin, compiled, excluded, order, roster

EVENING = berlin(3, 19)  # Berlin has gone home; it is 11:00 in Denver and 03:00 in Tokyo
SENIORS = {"all": {"members": ["ana"]}, "east": {"members": ["eri"]}}
ERI = {"level": "senior", "calendar": "tokyo"}
FOLLOW = {"do": "follow", "pools": ["east", "west"]}


def late(rule: dict[str, Any], clock: str = "wall", **routing: Any) -> CompiledPolicy:
    """A quarter of an hour is promised, on the wall's clock unless said otherwise."""
    return compiled(sla={"response_clock": clock, "late": rule}, **routing)


def floor(**reps: Any) -> Roster:
    """Ana works in Berlin, dee in Denver, eri in Tokyo."""
    return roster(SENIORS, {"nights": {"members": ["max"]}}, **({"eri": ERI} | reps))


def ask_late(policy: CompiledPolicy, people: Roster | None = None, *, at: datetime = EVENING, **how: Any) -> Choice:
    """Ask for a lead that came in just now."""
    wanted = order(**({"sla_from": at, "ordered_at": at} | how.pop("changes", {})))
    return ask(people or floor(), policy, at=at, wanted=wanted, in_time=True, **how)


NOBODY = "nobody in all may be offered it now: ana is off hours until Wed 09:00"
SAYS = [
    ({"do": "hold"}, False, None, f"{NOBODY}; nobody is on shift before it is due, so it waits"),
    (
        {"do": "page"},
        True,
        None,
        f"{NOBODY}; nobody is on shift before it is due, so the manager is to hear of it now",
    ),
    (
        {"do": "page", "who": "nights"},
        True,
        "nights",
        f"{NOBODY}; nobody is on shift before it is due, so whoever is on duty (nights) is to hear of it now",
    ),
    (
        {"do": "page", "who": "max"},
        True,
        "max",
        f"{NOBODY}; nobody is on shift before it is due, so max is to hear of it now",
    ),
]


@pytest.mark.parametrize(("rule", "page", "who", "because"), SAYS)
def test_it_waits_and_says_so(rule: dict[str, Any], page: bool, who: str | None, because: str) -> None:
    """Until the opening, and whoever is to hear of it is named; the trace says the same."""
    answer = ask_late(late(rule))

    assert isinstance(answer, Waits)
    assert (berlin(4, 9), page, who) == (answer.until, answer.page, answer.page_who)
    assert (because, because) == (answer.because, answer.trace.because)


def test_it_follows_the_sun() -> None:
    """The next pool of another region in which somebody works, in the order of the policy; and they read why."""
    answer = ask_late(late(FOLLOW))

    assert isinstance(answer, Chosen)
    assert ("dee", "west", ("all", "east")) == (answer.rep_id, answer.pool, answer.trace.overflow)
    assert answer.sentence == (
        "You get this lead because it is a demo request from a company in DE "
        "(no rule matched, so the default pool; nobody in all or east could be offered it; "
        "nobody is on shift before it is due, so it follows the sun) and you are the only one available in west."
    )
    assert "nobody is on shift before it is due, so it follows the sun" in answer.trace.because
    assert {"ana": "off hours until Wed 09:00", "eri": "off hours until Wed 09:00", "dee": None} == excluded(
        answer.trace
    )


IN_TIME = [
    # what is promised when, who is there -> nothing is late
    ("team", EVENING, {}),  # in its own hours the promise lasts until after the opening
    ("wall", berlin(4, 8, 50), {}),  # the shift opens before it is due
    ("wall", berlin(4, 8, 45), {}),  # and at the very instant
    ("wall", NOON, {"loads": {"ana": 10}}),  # somebody is there, and only full
]


@pytest.mark.parametrize(("clock", "at", "how"), IN_TIME)
def test_what_is_in_time_waits_for_its_own(clock: str, at: datetime, how: dict[str, Any]) -> None:
    """Nobody of another region is asked, and nothing is said."""
    answer = ask_late(late(FOLLOW, clock), at=at, **how)

    assert isinstance(answer, Waits)
    assert "on shift" not in answer.because
    assert "dee" not in excluded(answer.trace)


def test_a_promise_that_is_over_follows_the_sun_as_well() -> None:
    """Full all day, then closed: whoever works elsewhere gets it."""
    overdue = {"sla_from": NOON}
    assert isinstance(ask_late(late(FOLLOW), at=berlin(3, 17), loads={"ana": 10}, changes=overdue), Waits)
    answer = ask_late(late(FOLLOW), changes=overdue)
    assert isinstance(answer, Chosen)
    assert "dee" == answer.rep_id


def test_where_nobody_can_have_it_anywhere_it_waits_for_the_first() -> None:
    """It is looked at again as soon as somebody of any region is there."""
    people = floor(dee={"active": False})
    answer = ask_late(late(FOLLOW), people)

    assert isinstance(answer, Waits)
    assert berlin(4, 1) == answer.until  # 09:00 in Tokyo
    assert answer.because.endswith("; nobody is on shift before it is due, and in east or west nobody can have it yet")
    then = ask_late(late(FOLLOW), people, at=berlin(4, 1), changes={"sla_from": EVENING})
    assert isinstance(then, Chosen)
    assert "eri" == then.rep_id


def test_a_lead_that_waits_for_whose_it_is_is_followed_nowhere() -> None:
    """A named account's owner who is off: it is theirs, and says that nobody is there in time."""
    accounts = [INITECH, GLOBEX | {"owner": "ana"}]
    ties = [{"to": "named_account", "away": "hold"}]
    policy = compiled(accounts, sla={"response_clock": "wall", "late": FOLLOW}, ties=ties)
    answer = ask_late(policy)

    assert isinstance(answer, Waits)
    assert ("ana", berlin(4, 9)) == (answer.rep_id, answer.until)
    assert answer.because.endswith("; nobody is on shift before it is due, so it waits")


def test_a_region_on_holiday_for_longer_than_a_lead_may_wait_is_followed_too() -> None:
    """Whether it would wait, go to a manager, or stay with who has not answered: who works elsewhere is asked."""
    leave = floor(ana={"time_off": [{"from": "2026-03-01", "to": "2026-03-20"}]})
    manager = late(FOLLOW, nobody="manager")
    holder = {"to": Target.NEXT, "holder": "cho", "asked": ("cho",), "offer": 2}

    for answer in (ask_late(late(FOLLOW), leave), ask_late(manager), ask_late(late(FOLLOW), changes=holder)):
        assert isinstance(answer, Chosen)
        assert "dee" == answer.rep_id
    assert isinstance(ask_late(late({"do": "page"}), leave), NoOne)


def test_who_was_asked_is_not_what_is_late() -> None:
    """Everybody of the pool was asked: that is for the ladder to widen, not for the sun."""
    answer = ask_late(late(FOLLOW), changes={"to": Target.NEXT, "asked": ("ana",), "holder": "ana", "offer": 2})
    assert isinstance(answer, NoOne)
    assert "dee" not in excluded(answer.trace)


def test_whom_the_lead_names_by_hand_gets_it_at_any_hour() -> None:
    """A human overrules all of it."""
    answer = ask_late(late(FOLLOW), changes={"to": Target.NAMED, "rep_id": "ana", "by": "vera"})
    assert isinstance(answer, Chosen)
    assert "ana" == answer.rep_id


REP = st.fixed_dictionaries(
    {
        "level": st.sampled_from(["senior", "mid"]),
        "calendar": st.sampled_from(["berlin", "denver", "tokyo"]),
        "capacity": st.integers(0, 2),
        "active": st.sampled_from([True, True, False]),
        "time_off": st.sampled_from([[], [{"from": "2026-03-02", "to": "2026-03-04"}]]),
    }
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.fixed_dictionaries(dict.fromkeys(("ana", "ben", "dee", "eri"), REP)),
    st.sampled_from([FOLLOW, {"do": "hold"}, {"do": "page"}]),
    st.integers(0, 7 * 24 * 4).map(lambda quarters: berlin(2, 0) + timedelta(minutes=15 * quarters)),
    st.integers(0, 48).map(lambda hours: timedelta(hours=hours)),
    st.dictionaries(st.sampled_from(["ana", "ben", "dee", "eri"]), st.integers(0, 2)),
)
def test_whatever_is_late_nobody_is_asked_who_may_not_be(
    reps: dict[str, Any], rule: dict[str, Any], at: datetime, since: timedelta, loads: dict[str, int]
) -> None:
    """Only who is there with a place; and while somebody of the pool may be asked nobody of another region is."""
    people = roster({"all": {"members": ["ana", "ben"]}, "east": {"members": ["eri"]}}, **reps)
    answer = ask_late(late(rule), people, at=at, loads=loads, changes={"sla_from": at - since})
    plain = ask(people, late(rule), at=at, loads=loads, wanted=order(sla_from=at - since))

    if not isinstance(answer, Chosen):
        assert not isinstance(plain, Chosen)
        return
    rep = crew_of(people).reps[answer.rep_id]
    calendar = crew_of(people).calendar(rep)
    assert () == objections(rep, calendar, at, load=loads.get(rep.id, 0))
    if isinstance(plain, Chosen):
        assert plain == answer
        return
    own = [crew_of(people).reps[one] for one in ("ana", "ben")]
    assert rule is FOLLOW
    assert rep not in own
    assert [] == [one.id for one in own if one.active and one.capacity and is_there(people, one.id, at)]


def is_there(people: Roster, rep_id: str, at: datetime) -> bool:
    """Say whether somebody is at work, and not on leave."""
    rep = crew_of(people).reps[rep_id]
    calendar = crew_of(people).calendar(rep)
    return is_open(calendar, at) and not objections(rep, calendar, at)

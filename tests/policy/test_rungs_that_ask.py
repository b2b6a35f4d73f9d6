"""Rungs that name who is asked: a person, whoever is on duty, or more pools than the rule's (contract, section 4)."""

from typing import Any

import pytest

from models.ladder import Target
from models.orders import AssignLead
from models.roster import Roster
from tests.policy.floor import GLOBEX, INITECH, berlin, chosen, compiled, excluded, lead, no_one, order, roster, waits

ROTAS = {"nights": {"members": ["cho", "max", "ben"], "turn": "1d"}}
SENIORS = {"all": {"members": ["ana"]}}
NIGHT = berlin(3, 5)
ON_DUTY = order(Target.ON_DUTY, who="nights", asked=("ana",), holder="ana", offer=2)


def floor(**reps: Any) -> Roster:
    """Make ana a pool of her own; cho, max and ben are on duty by turns, a day each, from Monday on."""
    return roster(SENIORS, ROTAS, **reps)


def person(who: str | None, **changes: Any) -> AssignLead:
    """Order an offer to whom a rung names."""
    return order(Target.PERSON, **({"who": who, "asked": ("ana",), "holder": "ana", "offer": 2} | changes))


def test_a_rung_may_name_somebody_outside_the_pool_and_of_any_level() -> None:
    """They get it past the rotation, read why, and it costs nobody a turn."""
    answer = chosen(floor(), wanted=person("cho"))

    assert ("cho", None, True) == (answer.rep_id, answer.turn, answer.by_rung)
    assert answer.sentence == (
        "You get this lead because the policy names you for it: it is a demo request from a company in DE "
        "(no rule matched, so the default pool)."
    )
    assert "cho is named by the rung" == answer.trace.because


@pytest.mark.parametrize(
    ("day", "rep_id", "manager"),
    [(2, "cho", "vera"), (3, "max", "max"), (4, "ben", "vera"), (5, "cho", "vera")],
)
def test_whoever_is_on_duty_gets_it(day: int, rep_id: str, manager: str) -> None:
    """Members by turns, a manager among them; each works at that hour."""
    answer = chosen(floor(), wanted=ON_DUTY, at=berlin(day, 17, 30))

    assert (rep_id, manager, True) == (answer.rep_id, answer.manager_id, answer.by_rung)
    assert f"{rep_id} is on duty (nights)" == answer.trace.because
    assert answer.sentence.startswith("You get this lead because you are on duty (nights): it is a demo request")


def test_who_is_on_leave_is_covered_by_the_next_of_the_rota() -> None:
    """Duty passes on to the next member."""
    away = {"time_off": [{"from": "2026-03-02", "to": "2026-03-02"}]}
    assert "max" == chosen(floor(cho=away), wanted=ON_DUTY, at=berlin(2, 17, 30)).rep_id


@pytest.mark.parametrize(
    ("people", "wanted", "why"),
    [
        ({"cho": {"active": False}}, person("cho"), "cho, who is named by the rung, is inactive"),
        ({"cho": {"capacity": 1}}, person("cho"), "cho, who is named by the rung, has 1 of 1 leads open"),
        ({}, person("cho", asked=("cho", "ana")), "cho, who is named by the rung, was offered it before"),
        ({}, person("dee"), "dee, who is named by the rung, is off hours until Tue 09:00"),
        ({}, person("max"), "max, who is named by the rung, is off hours until Tue 09:00"),
        ({}, person("max", asked=("max",)), "max, who is named by the rung, is off hours until Tue 09:00"),
        ({}, person("gone"), "gone, who is named by the rung, is not in the roster any more"),
        ({}, person(None), "the rung names nobody"),
        ({}, order(Target.ON_DUTY, who="days", asked=("ana",)), "the roster has no rota days"),
        ({}, order(Target.ON_DUTY, who="nights", asked=("ana",)), "max, who is on duty (nights), is off hours"),
    ],
)
def test_who_may_not_be_asked_is_passed_over_for_the_next(people: Any, wanted: Any, why: str) -> None:
    """The machine asks nobody who is off, away, full or was asked: it goes on as to the next one, and says why."""
    pool = {"all": {"members": ["ana", "ben"]}}
    answer = chosen(roster(pool, ROTAS, **people), wanted=wanted, loads={"cho": 1})

    assert ("ben", False) == (answer.rep_id, answer.by_rung)
    assert why in answer.trace.because


def test_a_manager_without_a_team_has_no_hours() -> None:
    """They can be asked at any hour; a manager who was asked is not asked again."""
    people = floor(dee={"team": "emea"})
    teams = [one.model_copy(update={"manager": "vera"}) for one in people.teams]
    people = people.model_copy(update={"teams": teams})

    assert "max" == chosen(people, wanted=person("max"), at=NIGHT).rep_id
    again = no_one(people, wanted=person("max", asked=("max", "ana")), at=NIGHT)
    assert "max, who is named by the rung, was offered it before" in again.trace.because


def test_nobody_at_all_is_an_answer() -> None:
    """Nobody on duty may be asked and the pool has nobody else: who holds it keeps it, and the trace says why."""
    answer = no_one(floor(), wanted=ON_DUTY, at=berlin(3, 10))

    assert "nobody else is in all" == answer.because
    assert "nobody else is in all; max, who is on duty (nights), is off hours until Tue 09:00" == answer.trace.because


@pytest.mark.parametrize("first", [{"to": "person", "who": "cho"}, {"to": "on_duty", "who": "days"}])
def test_the_first_rung_may_name_whom_it_is_offered_to(first: dict[str, str]) -> None:
    """Before the rotation, but not before whose account it is; while they are off, the pool is asked."""
    ladder = [{"do": "offer"} | first, {"do": "triage"}]
    policy, owned = (
        compiled(sla={"ladder": ladder}),
        compiled([INITECH, GLOBEX | {"owner": "ben"}], sla={"ladder": ladder}),
    )
    people = roster(SENIORS, {"days": {"members": ["cho"]}})
    leave = people.model_copy(
        update={"reps": [rep.model_copy(update={"active": rep.id != "cho"}) for rep in people.reps]}
    )

    assert ("cho", True) == ((one := chosen(people, policy)).rep_id, one.by_rung)
    assert "ben" == chosen(people, owned).rep_id
    assert "ana" == chosen(leave, policy).rep_id


WIDER = order(Target.NEXT, asked=("ana",), holder="ana", offer=2, pools=("west", "one"))


def test_a_wider_search_asks_more_pools_for_anybody() -> None:
    """In the order of the rung, any level; who may not be asked is not asked there either."""
    answer = chosen(floor(), wanted=WIDER)

    assert ("cho", "one", ("all", "west")) == (answer.rep_id, answer.pool, answer.trace.overflow)
    assert "the ladder has widened the search" in answer.trace.because
    assert "nobody in all or west could be offered it; the ladder has widened the search" in answer.sentence
    assert "off hours until Tue 09:00" == excluded(answer.trace)["dee"]


def test_the_pool_and_its_own_overflow_go_first() -> None:
    """Wider is only where nobody else could be offered it."""
    policy = compiled(overflow=["emea"])
    people = roster(SENIORS | {"emea": {"members": ["ben"]}}, ben={"level": "senior"})

    assert "ben" == chosen(people, policy, wanted=WIDER).rep_id
    assert "ana" == chosen(people, policy, wanted=order(pools=("one",))).rep_id


def test_a_wider_search_may_take_anybody_of_the_same_pool() -> None:
    """Naming the rule's own pool lifts the level there."""
    rules = [{"name": "top", "when": "true", "pool": "all", "levels": ["senior"]}]
    policy, people = compiled(widen="none", rules=rules), roster({"all": {"members": ["ana", "cho"]}})
    full = {"ana": 10}

    assert "cho is junior, not senior" in waits(people, policy, wanted=order(), loads=full).because
    answer = chosen(people, policy, wanted=order(pools=("all",)), loads=full)
    assert ("cho", "all", ()) == (answer.rep_id, answer.pool, answer.trace.overflow)


def test_a_wider_search_still_asks_what_the_lead_needs() -> None:
    """Any level, but nobody without its language."""
    rules = [{"name": "turkish", "when": "true", "pool": "all", "needs": ["language"]}]
    people = roster(SENIORS, dee={"calendar": "always", "languages": ["tr"]}, ana={"languages": ["tr"]})
    answer = chosen(people, compiled(rules=rules), lead(language="tr"), wanted=WIDER)
    other = no_one(people, compiled(rules=rules), lead(language="fr"), wanted=WIDER)

    assert ("dee", "west") == (answer.rep_id, answer.pool)
    assert "does not speak fr" == excluded(other.trace)["cho"]


def test_a_pool_that_is_gone_is_told_of() -> None:
    """The rung names a pool which the roster does not have (any more): the others are asked all the same."""
    answer = chosen(floor(), wanted=order(Target.NEXT, asked=("ana",), offer=2, pools=("lost", "one")))

    assert "cho" == answer.rep_id
    assert "the roster has no pool lost" in answer.trace.because


def test_a_hand_over_is_the_machines_choice() -> None:
    """Who hands a lead over by routing names nobody: nobody full or away gets it, and never who leaves.

    Neither does a tie bring it back to them.
    """
    handed = order(Target.NEXT, by="vera", asked=("ana",), holder="ana", offer=2, ended="withdrawn", cause="leaves")
    people = roster({"all": {"members": ["ana", "ben", "cho"]}}, ben={"level": "senior", "capacity": 1})
    answer = chosen(people, compiled([INITECH, GLOBEX | {"owner": "ana"}]), wanted=handed, loads={"ben": 1})

    assert "cho" == answer.rep_id
    assert ["Globex is ana's account (named account); ana was offered it before"] == [
        one.because for one in answer.trace.ties if one.tie == "named_account"
    ]
    gone = roster({"all": {"members": ["ben", "cho"]}}, ana={"active": False})
    assert "ben" == chosen(gone, wanted=order(Target.NEXT, by="vera", asked=("ana",), holder="ana")).rep_id

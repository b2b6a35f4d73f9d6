"""When nobody may be offered a lead: until when it waits, and who hears of it (R19; invariant 6)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from models.ladder import Target
from models.orders import AssignLead
from policy.compiled import CompiledPolicy
from policy.routing.choosing import NoOne, Waits
from tests.policy.asking import ANYBODY, NOON, POLICY, ask, berlin, compiled, order, roster


@pytest.mark.parametrize(
    ("changes", "loads", "at", "until", "because"),
    [
        (
            {},
            {},
            berlin(6, 18),
            berlin(9, 9),
            "ana is off hours until Mon 09:00, ben is off hours until Mon 09:00, cho is off hours until Mon 09:00",
        ),
        (
            {"ana": {"time_off": [{"from": "2026-03-02", "to": "2026-03-04"}]}, "ben": {"active": False}},
            {},
            NOON,
            berlin(5, 9),
            "ana is on leave until 4 Mar, ben is inactive, cho is junior, not senior",
        ),
        (
            {"ana": {"capacity": 1}, "ben": {"capacity": 2}},
            {"ana": 1, "ben": 2},
            NOON,
            NOON + timedelta(minutes=15),
            "ana has 1 of 1 leads open, ben has 2 of 2 leads open, cho is junior, not senior",
        ),
        (
            {"ana": {"capacity": 1}, "ben": {"time_off": [{"from": "2026-03-02", "to": "2026-03-03"}]}},
            {"ana": 1},
            NOON,
            NOON + timedelta(minutes=15),
            "ana has 1 of 1 leads open, ben is on leave until 3 Mar, cho is junior, not senior",
        ),
        (
            {"ana": {"capacity": 1}, "ben": {"time_off": [{"from": "2026-03-03", "to": "2026-03-03T11:05:00Z"}]}},
            {"ana": 1},
            NOON,
            NOON + timedelta(minutes=5),
            "ana has 1 of 1 leads open, ben is on leave until 3 Mar 12:05, cho is junior, not senior",
        ),
    ],
    ids=["closed", "on-leave", "full", "full-or-away", "back-before-the-next-look"],
)
def test_a_lead_nobody_holds_waits(changes: Any, loads: Any, at: datetime, until: datetime, because: str) -> None:
    """It waits for the first who could be asked, and is looked at again when only places are missing."""
    answer = ask(roster(**changes), loads=loads, at=at)

    assert isinstance(answer, Waits)
    assert until == answer.until
    assert f"nobody in enterprise-emea may be offered it now: {because}" == answer.because == answer.trace.because
    assert ("enterprise-emea", "vera", None) == (answer.pool, answer.manager_id, answer.trace.chosen)


LONG = {"time_off": [{"from": "2026-03-01", "to": "2026-03-07"}]}


@pytest.mark.parametrize(
    ("changes", "wanted", "policy", "because"),
    [
        (
            {"ana": LONG, "ben": LONG},
            order(),
            POLICY,
            (
                "nobody in enterprise-emea may be offered it within 4 days: ana is on leave until 7 Mar, "
                "ben is on leave until 7 Mar, cho is junior, not senior"
            ),
        ),
        (
            {"ana": {"time_off": [{"from": "2026-03-01", "to": "9999-12-31"}]}},
            order(asked=("ben",)),
            POLICY,
            (
                "nobody in enterprise-emea may be offered it: ana is on leave until further notice, "
                "ben was offered it before, cho is junior, not senior"
            ),
        ),
        (
            {"ben": {"capacity": 0}},
            order(Target.NEXT, asked=("ana",), holder="ana"),
            POLICY,
            "nobody else may be offered it: ben has 0 of 0 leads open, cho is junior, not senior",
        ),
        (
            {"ben": LONG, "cho": {"level": "senior", "time_off": [{"from": "2026-03-03", "to": "2026-03-03"}]}},
            order(Target.BACKUP, asked=("ana",), holder="ana", backup="dee"),
            POLICY,
            (
                "nobody else is on shift: ben is on leave until 7 Mar, cho is on leave until 3 Mar, "
                "dee is off hours until Tue 09:00"
            ),
        ),
        ({}, order(), compiled(rules=[], default_pool="nobody"), "nobody is in nobody"),
        (
            {},
            order(),
            compiled(rules=[], default_pool="lost"),
            "routing.default_pool sends it to pool 'lost', which the roster does not have",
        ),
        (
            {},
            order(),
            compiled(rules=[{"name": "all", "when": "true", "pool": "lost"}]),
            "rule all sends it to pool 'lost', which the roster does not have",
        ),
        (
            {},
            order(Target.NEXT, asked=("dee",), holder="dee"),
            compiled(rules=[], default_pool="solo"),
            "nobody else is in solo",
        ),
    ],
    ids=["too-long", "for-good", "holder-stays", "backup-too", "empty-pool", "no-default-pool", "no-pool", "alone"],
)
def test_nobody_is_an_answer(changes: Any, wanted: AssignLead, policy: CompiledPolicy, because: str) -> None:
    """Nobody has a name, reasons and a manager who hears of it; it is never an exception."""
    answer = ask(roster(**changes), wanted=wanted, policy=policy)

    assert isinstance(answer, NoOne)
    assert because == answer.because
    assert answer.trace.because.startswith(because)


@pytest.mark.parametrize(
    ("wanted", "pool", "manager"),
    [
        (order(), "nobody", "zoe"),
        (order(), "lost", "vera"),
        (order(Target.NEXT, asked=("dee",), holder="dee"), "lost", "max"),
        (order(Target.NEXT, asked=("dee",), holder="dee"), "solo", "max"),
    ],
    ids=["the-pool's-team", "who-answers-for-triage", "the-holder's", "the-members'"],
)
def test_a_manager_hears_of_it(wanted: AssignLead, pool: str, manager: str) -> None:
    """The holder's manager first, then the pool's, then whoever answers for triage."""
    answer = ask(wanted=wanted, policy=compiled(rules=[], default_pool=pool), judged=ANYBODY)

    assert isinstance(answer, NoOne)
    assert manager == answer.manager_id


def test_a_recheck_of_nothing_does_not_spin() -> None:
    """A full pool is never looked at again at the very same instant."""
    people = roster(ana={"capacity": 1}, ben={"capacity": 1})
    answer = ask(people, policy=compiled(recheck="0s"), loads={"ana": 1, "ben": 1})

    assert isinstance(answer, Waits)
    assert NOON + timedelta(seconds=1) == answer.until


def test_who_takes_no_leads_at_all_is_not_waited_for() -> None:
    """A capacity of nothing is never free: nobody is an answer at once, and a manager hears of it."""
    answer = ask(roster(ana={"capacity": 0}, ben={"capacity": 0}, cho={"level": "senior", "capacity": 0}))

    assert isinstance(answer, NoOne)
    assert answer.because == (
        "nobody in enterprise-emea may be offered it: "
        "ana has 0 of 0 leads open, ben has 0 of 0 leads open, cho has 0 of 0 leads open"
    )

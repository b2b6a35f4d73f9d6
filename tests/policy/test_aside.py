"""Who keeps missing offers is set aside for a while, and says so; a human may overrule it (R32, invariant 6)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import parse
from models.ladder import Target
from models.routing import AsideRule
from policy.routing.aside import aside_of
from policy.routing.availability import Against
from policy.routing.choices import Chosen
from tests.policy.floor import (
    GLOBEX,
    INITECH,
    NOON,
    ask,
    berlin,
    chosen,
    compiled,
    excluded,
    no_one,
    order,
    roster,
    waits,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TWICE = {"misses": 2, "within": "2d", "lasts": "1d"}
ANA_ALONE = {"all": {"members": ["ana"]}}


def rule(misses: int = 3, within: str = "7d", lasts: str = "1d") -> AsideRule:
    """Three offers within a week set somebody aside for a day, unless said otherwise."""
    return parse(AsideRule, {"misses": misses, "within": within, "lasts": lasts})


def ago(*hours: float) -> list[datetime]:
    """Give instants so many hours before noon, oldest first."""
    return [NOON - timedelta(hours=one) for one in hours]


@pytest.mark.parametrize(
    ("misses", "until"),
    [
        ([], None),
        (ago(3, 2), None),
        (ago(3, 2, 1), NOON - HOUR + DAY),
        (ago(30, 29, 25), None),  # a day after the last of them it is over
        (ago(30, 29, 24), None),  # at its end, not after it
        (ago(30, 29, 23), NOON + HOUR),
        (ago(24 * 8, 2, 1), None),  # the first of them is too long ago
        (ago(24 * 7, 2, 0), NOON + DAY),  # a week to the second still counts
        (ago(30, 29, 28, 2), NOON + 22 * HOUR),  # each further one begins it anew
        (ago(24 * 7 + 20, 24 * 7 + 19, 24 * 7 + 18, 2), None),  # one miss long after is the first of a new week
    ],
)
def test_so_many_misses_within_so_long_last_so_long(misses: Sequence[datetime], until: datetime | None) -> None:
    """`misses` offers within `within` set aside for `lasts` from the last of them on."""
    found = aside_of(rule(), "Europe/Berlin", misses, NOON)
    assert until == (found.ends_at if found else None)


@pytest.mark.parametrize(
    ("how", "misses", "says"),
    [
        ({}, ago(3, 2, 1), "set aside until Wed 11:00 (3 offers ran out within 7 days)"),
        ({}, ago(5, 4, 3, 2, 1), "set aside until Wed 11:00 (5 offers ran out within 7 days)"),
        (
            {"misses": 1, "within": "1h", "lasts": "90m"},
            ago(1),
            "set aside until Tue 12:30 (1 offer ran out within 1 h)",
        ),
    ],
)
def test_it_says_until_when_and_why(how: dict[str, Any], misses: Sequence[datetime], says: str) -> None:
    """In the rep's own wall time, with what they missed."""
    found = aside_of(rule(**how), "Europe/Berlin", misses, NOON)
    assert found is not None
    assert (Against.ASIDE, says, f"is {says}") == (
        found.objection.kind,
        found.objection.says,
        found.objection.predicate,
    )


def test_who_is_set_aside_is_passed_over() -> None:
    """The next one gets it, and the trace says why; where no rule says so the same misses count for nothing."""
    misses = {"ana": ago(3, 2)}
    people = roster({"all": {"members": ["ana", "ben"]}}, ben={"level": "senior"})
    answer = chosen(people, compiled(aside=TWICE), misses=misses)

    assert "ben" == answer.rep_id
    assert "set aside until Wed 10:00 (2 offers ran out within 2 days)" == excluded(answer.trace)["ana"]
    assert "ana" == chosen(people, compiled(), misses=misses).rep_id


def test_a_lead_waits_until_somebody_is_set_aside_no_more() -> None:
    """Held until then, or until they are at work after it."""
    assert berlin(4, 10) == waits(roster(ANA_ALONE), compiled(aside=TWICE), misses={"ana": ago(3, 2)}).until
    nightly = {"misses": 2, "within": "2d", "lasts": "12h"}
    assert berlin(4, 9) == waits(roster(ANA_ALONE), compiled(aside=nightly), misses={"ana": ago(3, 2)}).until


def test_who_is_set_aside_for_too_long_is_not_waited_for() -> None:
    """Longer than a lead may be held: nobody is an answer, and a manager hears of it."""
    answer = no_one(roster(ANA_ALONE), compiled(aside=TWICE | {"lasts": "5d"}), misses={"ana": ago(3, 2)})
    assert answer.because == (
        "nobody in all may be offered it within 4 days: "
        "ana is set aside until Sun 10:00 (2 offers ran out within 2 days)"
    )


@pytest.mark.parametrize(("away", "expected"), [("cover", "ben"), ("rules", "cho"), ("hold", berlin(4, 10))])
def test_whose_account_it_is_may_be_set_aside_too(away: str, expected: Any) -> None:
    """Then the tie's `away` decides, as for any other absence."""
    people = roster({"all": {"members": ["ana", "cho"]}}, cho={"level": "senior"})
    policy = compiled([INITECH, GLOBEX | {"owner": "ana"}], ties=[{"to": "named_account", "away": away}], aside=TWICE)
    answer = ask(people, policy, misses={"ana": ago(3, 2)})

    if isinstance(answer, Chosen):
        assert expected == answer.rep_id
    else:
        assert expected == waits(people, policy, misses={"ana": ago(3, 2)}).until


def test_a_backup_who_is_set_aside_covers_for_nobody() -> None:
    """Whoever would be next does; and it is they who are reserved if the backup is set aside for long."""
    people = roster({"all": {"members": ["ana", "ben", "cho"]}}, cho={"level": "senior"})
    policy = compiled(aside=TWICE)
    covered = order(Target.BACKUP, asked=("ana",), holder="ana", backup="ben", offer=2)

    assert "cho" == chosen(people, policy, wanted=covered, misses={"ben": ago(3, 2)}).rep_id
    assert "ben" == chosen(people, policy, misses={"ben": ago(3, 2), "cho": ago(3, 2)}).backup_id
    longer = compiled(aside=TWICE | {"lasts": "5d"})
    assert None is chosen(people, longer, misses={"ben": ago(3, 2), "cho": ago(3, 2)}).backup_id


def test_a_human_may_overrule_it() -> None:
    """Whom a manager names gets it, and reads what was overruled."""
    named = order(Target.NAMED, rep_id="ana", by="vera")
    answer = chosen(roster(), compiled(aside=TWICE), wanted=named, misses={"ana": ago(3, 2)})

    assert "ana" == answer.rep_id
    assert "although you are set aside until Wed 10:00 (2 offers ran out within 2 days)" in answer.sentence
    assert "overruling: set aside until Wed 10:00" in answer.trace.because


@given(
    st.integers(1, 4),
    st.integers(0, 72),
    st.integers(1, 72),
    st.lists(st.integers(0, 200), max_size=8).map(lambda hours: sorted(hours, reverse=True)),
)
def test_it_is_as_if_each_miss_were_looked_at_when_it_happened(
    misses: int, within: int, lasts: int, hours: list[int]
) -> None:
    """Whoever counts at each miss how many there were before it comes to the same instants."""
    asked = rule(misses, f"{within}h", f"{lasts}h")
    instants = ago(*hours)
    ends = []
    for number, instant in enumerate(instants, 1):
        before = [one for one in instants[:number] if instant - one <= timedelta(hours=within)]
        if len(before) >= misses:
            ends.append(instant + timedelta(hours=lasts))
    expected = max((end for end in ends if end > NOON), default=None)

    found = aside_of(asked, "UTC", instants, NOON)
    assert expected == (found.ends_at if found else None)

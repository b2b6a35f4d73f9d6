"""What a lead asks of who gets it, and how many leads somebody may get in a while (R11, R19, R22, R46)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import parse
from models.ladder import Target
from models.roster import Cap, Rep, Roster
from policy.routing import caps
from policy.routing.choices import Chosen, Impossible, NoOne
from policy.routing.crew import crew_of
from policy.routing.needs import common_hours
from tests.policy.floor import NOON, ask, berlin, chosen, compiled, excluded, lead, no_one, order, roster, waits

RETAIL = {"industry": "retail"}


def asking(**asked: Any) -> Any:
    """Make a policy whose one rule asks something of who gets the lead."""
    return compiled(rules=[{"name": "asks", "when": "true", "pool": "all"} | asked], widen="none")


@pytest.mark.parametrize(
    ("asked", "facts", "has", "lacking"),
    [
        ({"needs": ["language"]}, lead(language="tr"), {"languages": ["TR"]}, "does not speak tr"),
        ({"needs": ["industry"]}, lead(RETAIL), {"industries": ["Retail"]}, "does not cover retail"),
        ({"needs": ["product"]}, lead(product="CRM Pro"), {"products": ["crm  pro"]}, "does not cover CRM Pro"),
        ({"needs": ["region"]}, lead(country="JP", region=None), {"regions": ["apac"]}, "does not cover apac"),
        ({"needs": ["use_case"]}, lead(use_case="Accounting"), {"skills": ["accounting"]}, "does not know Accounting"),
        ({"skills": ["CFO talk"]}, lead(), {"skills": ["cfo talk", "api"]}, "lacks the skill CFO talk"),
        (
            {"certifications": ["iso27001"]},
            lead(),
            {"certifications": ["ISO27001"]},
            "lacks the certification iso27001",
        ),
    ],
)
def test_who_lacks_what_the_lead_needs_is_not_asked(
    asked: dict[str, Any], facts: Any, has: dict[str, Any], lacking: str
) -> None:
    """Only who has it is eligible; the words are compared in small letters, and the others read what they lack."""
    answer = chosen(roster(ben=has), asking(**asked), facts)

    assert "ben" == answer.rep_id
    assert {"ana": lacking, "ben": None, "cho": lacking} == excluded(answer.trace)


@pytest.mark.parametrize(
    ("timezone", "overlap", "asleep"),
    [
        ("Asia/Tokyo", "5h", {"cho"}),
        ("Europe/Berlin", "5h", set()),
        ("Europe/Berlin", "6h", {"ben"}),
        ("Asia/Dubai", "24h", {"ben"}),
        ("Asia/Dubai", "26h", {"ben", "cho"}),
    ],
)
def test_a_rep_works_while_the_lead_does(timezone: str, overlap: str, asleep: set[str]) -> None:
    """An Asian lead is not for who works European hours, whoever is awake just now (R11, R46)."""
    people = roster({"all": {"members": ["ben", "cho"]}}, ben={"calendar": "tokyo"})
    policy = compiled(rules=[{"name": "asks", "when": "true", "pool": "all", "needs": ["hours"]}], overlap=overlap)

    answer = ask(people, policy, lead(timezone=timezone), at=berlin(3, 9, 30))

    assert not isinstance(answer, Impossible)
    said = {one.rep_id for one in answer.trace.candidates if one.excluded == "works when the lead sleeps"}
    assert asleep == said
    assert isinstance(answer, NoOne if asleep == {"ben", "cho"} else Chosen)


@pytest.mark.parametrize("need", ["language", "industry", "product", "region", "use_case", "hours"])
def test_what_is_not_known_of_a_lead_asks_nothing(need: str) -> None:
    """A lead does not wait because a field is empty, and the trace says that nothing was asked."""
    answer = chosen(policy=asking(needs=[need]), facts=lead({"country": None}))

    noun = {"hours": "time zone", "use_case": "use case"}.get(need, need)
    assert {None} == set(excluded(answer.trace).values())
    assert f"its {noun} is not known, so none is asked for" in answer.trace.because


def test_waiting_does_not_teach_a_language() -> None:
    """Nobody who speaks it: nobody at once, with each reason; not a lead that waits for ever."""
    answer = no_one(policy=asking(needs=["language"]), facts=lead(language="tr"))

    assert answer.because == (
        "nobody in all may be offered it: ana does not speak tr, ben does not speak tr, cho does not speak tr"
    )


def test_of_the_level_but_without_the_language_is_nobody_of_the_level() -> None:
    """The pool's only senior does not speak Turkish, so any level counts; the language is still asked for."""
    policy = asking(needs=["language"], levels=["senior"])

    answer = chosen(roster(cho={"languages": ["tr"]}), policy, lead(language="tr"))

    assert {"ana": "does not speak tr", "ben": "does not speak tr", "cho": None} == excluded(answer.trace)
    assert "nobody in all who is senior has what it needs, so any level counts" in answer.trace.because


def test_a_reserved_backup_has_what_the_lead_needs() -> None:
    """Ana's backup does not speak Turkish, so who would be next does it."""
    speaks = {"languages": ["tr"]}

    answer = chosen(roster(ana=speaks, cho=speaks), asking(needs=["language"]), lead(language="tr"))

    assert {"ana", "cho"} == {answer.rep_id, answer.backup_id}


def test_a_human_reads_what_they_overrule() -> None:
    """Needs, too, give way to a person, visibly."""
    wanted = order(Target.NAMED, rep_id="cho", by="vera")

    answer = chosen(policy=asking(needs=["language"], skills=["api"]), facts=lead(language="tr"), wanted=wanted)

    assert answer.sentence.endswith("although you do not speak tr and lack the skill api.")


@pytest.mark.parametrize(
    ("zone", "tz", "hours"),
    [
        ("Europe/Berlin", "Europe/Berlin", 40),
        ("Europe/Istanbul", "Europe/Berlin", 30),
        ("Asia/Tokyo", "Europe/Berlin", 0),
        ("America/New_York", "Europe/Berlin", 15),
        ("Asia/Tokyo", "Asia/Tokyo", 40),
        ("Pacific/Auckland", "America/Denver", 20),
    ],
)
def test_hours_in_common_are_counted_over_a_week(zone: str, tz: str, hours: float) -> None:
    """The lead's day is 09:00 to 17:00, Monday to Friday, in its zone; the rep works 09:00 to 18:00 in theirs.

    In March 2026 Berlin is UTC+1, Istanbul +3, Tokyo +9, New York -5, Denver -7, Auckland +13.
    """
    crew = crew_of(roster(ana={"tz": tz}))

    assert timedelta(hours=hours) == common_hours(crew, crew.reps["ana"], zone, NOON)


def test_a_holiday_week_makes_nobody_the_wrong_person() -> None:
    """Common hours are those of an ordinary week."""
    raw = roster().model_dump(mode="json", by_alias=True)
    raw["calendars"]["berlin"]["holidays"] = [f"2026-03-{day:02}" for day in range(2, 9)]

    crew = crew_of(parse(Roster, raw))

    assert timedelta(hours=40) == common_hours(crew, crew.reps["ana"], "Europe/Berlin", NOON)


def at_hours(*hours: float) -> list[datetime]:
    """Give instants so many hours before noon."""
    return [NOON - timedelta(hours=hour) for hour in hours]


@pytest.mark.parametrize(
    ("cap", "recent", "says", "frees_at"),
    [
        ({"leads": 2}, at_hours(1), None, None),
        ({"leads": 2}, at_hours(1, 2), "has had 2 of 2 leads today", berlin(4, 0)),
        ({"leads": 2}, at_hours(1, 12.5), None, None),
        ({"leads": 2}, at_hours(1, 12), "has had 2 of 2 leads today", berlin(4, 0)),
        ({"leads": 1, "per": "12h"}, at_hours(12), None, None),
        ({"leads": 1, "per": "12h"}, at_hours(11), "has had 1 of 1 leads within 12h", NOON + timedelta(hours=1)),
        (
            {"leads": 2, "per": "7d"},
            at_hours(160, 100, 1),
            "has had 3 of 2 leads within 7d",
            NOON + timedelta(hours=68),
        ),
    ],
)
def test_a_cap_counts_leads_in_a_day_of_theirs_or_a_span(
    cap: dict[str, Any], recent: list[datetime], says: str | None, frees_at: datetime | None
) -> None:
    """A day is the rep's calendar day; a span ends exactly that long after the lead."""
    rep = roster(ana={"caps": [cap]}).reps[0]

    found = caps.reached(rep, "Europe/Berlin", recent, NOON)

    assert [(says, frees_at)] * (says is not None) == [(one.objection.predicate, one.frees_at) for one in found]


@given(
    st.lists(st.integers(-60, 400), max_size=12),
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["day", "1h", "5h", "1d"])), min_size=1, max_size=3),
)
def test_a_cap_frees_exactly_when_it_says(minutes: list[int], given_caps: list[tuple[int, str]]) -> None:
    """At the instant told no cap is reached by the same leads any more, and a moment before some cap still is."""
    people = roster(ana={"caps": [{"leads": leads, "per": per} for leads, per in given_caps]})
    rep: Rep = people.reps[0]
    recent = [NOON - timedelta(minutes=minute) for minute in minutes if minute >= 0]

    found = caps.reached(rep, "Europe/Berlin", recent, NOON)

    if found:
        free = max(one.frees_at for one in found)
        assert free > NOON
        assert () == caps.reached(rep, "Europe/Berlin", recent, free)
        assert () != caps.reached(rep, "Europe/Berlin", recent, free - timedelta(microseconds=1))


def test_a_capped_pool_waits_until_a_cap_frees() -> None:
    """Not until the next quarter of an hour: the cap is known to hold until then; a day's, until the next shift."""
    one_a_day, one_in_3h = {"caps": [{"leads": 1}]}, {"caps": [Cap(leads=1, per="3h").model_dump()]}
    recent = dict.fromkeys(("ana", "ben", "cho"), at_hours(1))

    over_the_day = waits(roster(ana=one_a_day, ben=one_a_day, cho=one_a_day), recent=recent)
    in_two_hours = waits(roster(ana=one_a_day, ben=one_a_day, cho=one_in_3h), recent=recent)

    assert (berlin(4, 9), NOON + timedelta(hours=2)) == (over_the_day.until, in_two_hours.until)
    assert "cho has had 1 of 1 leads within 3h" in in_two_hours.because
    assert (
        "cho"
        == chosen(roster(ana=one_a_day, ben=one_a_day, cho=one_in_3h), recent=recent, at=in_two_hours.until).rep_id
    )

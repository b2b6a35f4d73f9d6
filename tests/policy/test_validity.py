"""Rules that count for a time only: before, from the first instant on, through the last day, and after (R51)."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.load import compile_text
from models.base import parse
from models.decisions import Score
from models.explanation import RuleTried
from models.facts import LeadFacts
from models.lead import LeadInput
from models.qualifying import PointRule
from policy.cleaning.hygiene import clean
from policy.qualification import judge, sla_of
from policy.scoring import score

DAYS = "from: 2026-12-01, until: 2026-12-24"
FROM = datetime(2026, 12, 1, tzinfo=UTC)
OVER = datetime(2026, 12, 25, tzinfo=UTC)
TICK = timedelta(microseconds=1)
OWN = f"""
name: own
segments: [{{name: anybody, when: "true"}}]
scoring:
  attributes: [{{name: season, points: 3, when: "true", {DAYS}}}, {{name: always, points: 1, when: "true"}}]
intent: {{high: {{types: [demo_request]}}}}
fit:
  strong_from: 2
  criteria: [{{name: season, points: 2, when: "true", {DAYS}}}]
matrix:
  - {{intent: high, fit: strong, do: route}}
  - {{intent: high, fit: weak, do: route}}
  - {{intent: medium, fit: strong, do: route}}
  - {{intent: medium, fit: weak, do: route}}
  - {{intent: low, fit: strong, do: route}}
  - {{intent: low, fit: weak, do: route}}
ways:
  - {{name: closing day, when: 'use_case == "wake"', do: review, because: nobody is there, from: 2026-12-24T12:00:00Z}}
  - {{name: season, when: "true", do: route, pool: elves, because: it is the season, {DAYS}}}
tiers: [{{name: all, levels: [sdr]}}]
routing:
  default_pool: anywhere
  rules: [{{name: season, when: "true", pool: elves, {DAYS}}}]
sla:
  - {{name: season, when: "true", response: 1h, ladder: [{{do: offer}}, {{do: triage}}], {DAYS}}}
  - {{name: rest, response: 1bd, ladder: [{{do: offer}}, {{do: triage}}]}}
"""
COMPILED = compile_text(OWN, "v1")


def lead(**raw: Any) -> LeadFacts:
    """Make a lead of whom nothing is known."""
    raw = {"source": "web", "type": "other", "email": "a@gmail.com", **raw}
    return clean(parse(LeadInput, raw), "L1", FROM - timedelta(days=9))


def judged(at: datetime) -> Score:
    """Judge a lead as of an instant."""
    return judge(COMPILED, lead(), [], at)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (FROM - timedelta(days=1), False),
        (FROM - TICK, False),
        (FROM, True),
        (FROM + timedelta(days=10), True),
        (OVER - timedelta(days=1), True),
        (OVER - TICK, True),
        (OVER, False),
        (OVER + timedelta(days=300), False),
        (FROM.astimezone(timezone(timedelta(hours=-11))), True),
        ((FROM - TICK).astimezone(timezone(timedelta(hours=14))), False),
    ],
)
def test_rules_count_while_they_are_valid(at: datetime, expected: bool) -> None:
    """Points, fit, ways, SLA classes and pools all go by the instant of the decision; days are whole ones, in UTC."""
    judgement = judged(at)
    assert (expected, True) == tuple(name in [one.rule for one in judgement.reasons] for name in ("season", "always"))
    assert judgement.points == score(COMPILED, lead(), [], at)[0] == (4 if expected else 1)
    assert ("strong" if expected else "weak") == judgement.fit
    assert ("elves" if expected else None) == judgement.qualification.model_dump()["pool"]
    assert ("season" if expected else "rest") == judgement.qualification.model_dump()["sla"]
    known = COMPILED.known(lead(), [], at, judgement)
    assert ("season" if expected else "rest") == sla_of(COMPILED, known).name


def test_ways_out_of_season_say_so() -> None:
    """Whoever wonders why a way did not match reads when it counts."""
    expected = {
        FROM - TICK: RuleTried(rule="season", matched=False, because="counts from 2026-12-01 on"),
        FROM: RuleTried(rule="season", matched=True, because="always"),
        OVER: RuleTried(rule="season", matched=False, because="counted until 2026-12-24"),
    }
    assert expected == {at: judged(at).ways[-1] for at in expected}
    before = RuleTried(rule="closing day", matched=False, because="counts from 2026-12-24 12:00:00+00:00 on")
    assert before == judged(FROM).ways[0]
    noon = datetime(2026, 12, 24, 12, tzinfo=UTC)
    assert RuleTried(rule="closing day", matched=False, because="use_case is not known") == judged(noon).ways[0]


def test_what_was_not_asked_is_no_fact() -> None:
    """A way that does not count looks at nothing, so what it would have looked at is no ground of the decision."""
    noon = datetime(2026, 12, 24, 12, tzinfo=UTC)
    asked = {at: "use_case" in [fact.field for fact in judged(at).facts] for at in (noon - TICK, noon)}
    assert {noon - TICK: False, noon: True} == asked


INSTANTS = st.datetimes(datetime(2026, 11, 20), datetime(2027, 1, 9), timezones=st.just(UTC))  # noqa: DTZ001


@given(INSTANTS, INSTANTS, INSTANTS)
def test_a_window_is_half_open(one: datetime, other: datetime, at: datetime) -> None:
    """Its first instant is within, `until` is not; and it says why it does not count exactly when it does not."""
    starts, ends = sorted([one, other + TICK])
    if starts == ends:
        ends += TICK
    rule = PointRule.model_validate({"name": "x", "when": "true", "points": 1.0, "from": starts, "until": ends})
    assert (starts <= at < ends) is rule.counts(at) is (not rule.why_not(at))

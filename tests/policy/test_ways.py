"""Where leads go: every crossing of matrix and ways, tiers at their very bounds, and who may get the lead."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from config.load import compile_text
from models.base import parse
from models.decisions import Disqualified, Nurture, Review, Route, Score
from models.explanation import RuleTried
from models.facts import LeadFacts
from models.lead import Fit, Intent, LeadInput, Touch
from models.roster import Level
from policy.cleaning.hygiene import clean
from policy.qualification import judge, sla_of

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
OWN = """
name: own
scoring:
  qualified_above: 20
  behaviour: [{kind: email_open, points: 7}]
intent:
  high: {types: [demo_request, expansion, contact_sales]}
  medium: {types: [webinar]}
fit:
  strong_from: 2
  criteria: [{name: big, points: 2, when: company.employees >= 100}]
matrix:
  - {intent: high, fit: strong, do: route, levels: [senior], deal_first: true}
  - {intent: high, fit: weak, do: route, levels: [sdr]}
  - {intent: medium, fit: strong, do: route}
  - {intent: medium, fit: weak, do: nurture, levels: [sdr]}
  - {intent: low, fit: strong, do: monitor, levels: [mid]}
  - {intent: low, fit: weak, do: nurture, levels: [sdr]}
ways:
  - {name: renewals, when: 'type == "renewal"', do: route, via: success, pool: care, because: customer success has it}
  - {name: support, when: 'type == "support"', do: route, via: success, because: customer success has it}
  - {name: expansion, when: 'type == "expansion"', do: route, via: relationship, because: a customer wants more}
  - {name: partners, when: 'source == "partner"', do: route, levels: [mid, senior], because: partners are heard}
  - {name: board, when: 'source == "board"', do: route, pool: board, levels: [senior], because: the board asks}
  - {name: introductions, when: 'type == "executive_intro"', do: review, answerable: grace, because: a person decides}
  - {name: VIPs, when: '"vip" in tags', do: review, because: an important person}
  - {name: rivals, when: 'source == "rival"', do: disqualify, because: a rival}
  - {name: events, when: 'type == "event_scan"', do: monitor, because: met at an event}
  - {name: readers, when: 'type == "newsletter"', do: nurture, answerable: nora, because: reads along}
tiers:
  - {name: small, below: 10000, levels: [sdr, junior]}
  - {name: mid, up_to: 50000, levels: [mid]}
  - {name: large, levels: [senior]}
routing: {default_pool: anywhere}
sla:
  - {name: care, when: 'levels.size() == 0 && tier == "small"', response: 1h,
     ladder: &ladder [{do: offer}, {do: triage}]}
  - {name: senior, when: '"senior" in levels', response: 1h, ladder: *ladder}
  - {name: rest, response: 1bd, ladder: *ladder}
"""
COMPILED = compile_text(OWN, "v1")
KINDS = {Intent.HIGH: "demo_request", Intent.MEDIUM: "webinar", Intent.LOW: "other"}
SIZES = {Fit.STRONG: 100, Fit.WEAK: 99}


def lead(kind: str = "other", employees: int | None = None, euro: float | None = None, **raw: Any) -> LeadFacts:
    """Make a lead of a kind, of a company and a deal of some size."""
    deal = {} if euro is None else {"deal_value": {"amount": euro}}
    raw = {"source": "web", "type": kind, "email": "a@gmail.com", "company": {"employees": employees}, **deal, **raw}
    return clean(parse(LeadInput, raw), "L1", NOW)


def judged(*args: Any, opened: int = 0, **raw: Any) -> Score:
    """Judge such a lead, whose person opened so many e-mails."""
    return judge(COMPILED, lead(*args, **raw), [Touch(kind="email_open", at=NOW)] * opened, NOW)


def who(score: Score, facts: LeadFacts) -> tuple[Level, ...]:
    """Give the levels that routing goes by."""
    return COMPILED.levels_for(score, COMPILED.tier_for(facts, score))


CELLS = {
    (Intent.HIGH, Fit.STRONG): ("route", (Level.SENIOR,)),
    (Intent.HIGH, Fit.WEAK): ("route", (Level.SDR,)),
    (Intent.MEDIUM, Fit.STRONG): ("route", ()),
    (Intent.MEDIUM, Fit.WEAK): ("nurture", (Level.SDR,)),
    (Intent.LOW, Fit.STRONG): ("nurture", (Level.MID,)),
    (Intent.LOW, Fit.WEAK): ("nurture", (Level.SDR,)),
}


@pytest.mark.parametrize(("intent", "fit"), CELLS)
def test_every_cell_of_the_matrix(intent: Intent, fit: Fit) -> None:
    """Each crossing of intent and fit goes its own way, and above the threshold all go to a person (R6, R7, R33)."""
    facts = lead(KINDS[intent], SIZES[fit])
    score = judge(COMPILED, facts, [], NOW)
    way, levels = CELLS[intent, fit]
    assert (intent, fit, way, levels) == (score.intent, score.fit, score.qualification.way, who(score, facts))
    if isinstance(score.qualification, Nurture):
        assert score.qualification.monitored is (fit is Fit.STRONG)
    promoted = judged(KINDS[intent], SIZES[fit], opened=3).qualification
    assert isinstance(promoted, Route)
    assert (None, None, None) == (promoted.pool, promoted.via, promoted.levels)


WAYS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "renewals": ({"kind": "renewal"}, {"way": "route", "pool": "care", "via": "success", "levels": ()}),
    "support": ({"kind": "support"}, {"way": "route", "pool": None, "via": "success", "levels": None}),
    "expansion": ({"kind": "expansion"}, {"way": "route", "pool": None, "via": "relationship", "levels": None}),
    "partners": ({"source": "partner"}, {"way": "route", "pool": None, "via": None, "levels": ("mid", "senior")}),
    "board": ({"source": "board"}, {"way": "route", "pool": "board", "via": None, "levels": ("senior",)}),
    "introductions": ({"kind": "executive_intro"}, {"way": "review", "answerable": "grace"}),
    "VIPs": ({"tags": ["vip"]}, {"way": "review", "answerable": "henrik", "due_at": NOW + timedelta(hours=24)}),
    "rivals": ({"source": "rival"}, {"way": "disqualify", "because": "rivals: a rival"}),
    "events": ({"kind": "event_scan"}, {"way": "nurture", "monitored": True, "answerable": "henrik"}),
    "readers": ({"kind": "newsletter"}, {"way": "nurture", "monitored": False, "answerable": "nora"}),
}


@pytest.mark.parametrize(("name", "fit", "opened"), list(product(WAYS, Fit, (0, 3))))
def test_every_way_goes_before_the_matrix(name: str, fit: Fit, opened: int) -> None:
    """A way that matches decides, whatever fit and points say, and is the last that was tried (R26, R27, R36)."""
    raw, expected = WAYS[name]
    opens = [Touch(kind="email_open", at=NOW)] * opened
    score = judge(COMPILED, lead(**{"employees": SIZES[fit], **raw}), opens, NOW, answerable="henrik")
    way = score.qualification.model_dump()
    assert expected == {key: way[key] for key in expected}
    assert way["because"].startswith(f"{name}: ")
    order = [rule.name for rule in COMPILED.policy.ways]
    assert order[: order.index(name) + 1] == [tried.rule for tried in score.ways]
    assert [name] == [tried.rule for tried in score.ways if tried.matched]


def test_ways_that_did_not_match_say_why() -> None:
    """What was looked at stands beside each way, up to the one that matched, and beside all when none did (R29)."""
    assert (
        RuleTried(rule="renewals", matched=False, because="type is support"),
        RuleTried(rule="support", matched=True, because="type is support"),
    ) == judged("support").ways
    assert [way.name for way in COMPILED.policy.ways] == [tried.rule for tried in judged("webinar").ways]


@pytest.mark.parametrize(
    ("kind", "employees", "euro", "tier", "levels", "sla"),
    [
        ("renewal", 100, None, None, (), "rest"),
        ("renewal", 100, 5_000.0, "small", (), "care"),
        ("renewal", 99, 90_000.0, "large", (), "rest"),
        ("support", 100, 5_000.0, "small", (Level.MID,), "rest"),
        ("expansion", 100, 90_000.0, "large", (Level.SENIOR,), "senior"),
        ("demo_request", 100, 9_999.99, "small", (Level.SDR, Level.JUNIOR), "rest"),
        ("demo_request", 100, 10_000.0, "mid", (Level.MID,), "rest"),
        ("demo_request", 100, 50_000.0, "mid", (Level.MID,), "rest"),
        ("demo_request", 100, 50_000.01, "large", (Level.SENIOR,), "senior"),
        ("demo_request", 100, 0.0, "small", (Level.SDR, Level.JUNIOR), "rest"),
        ("demo_request", 99, 90_000.0, "large", (Level.SDR,), "rest"),
        ("webinar", 100, 9_999.99, "small", (Level.SDR, Level.JUNIOR), "rest"),
        ("webinar", 100, None, None, (), "rest"),
    ],
)
def test_who_may_get_it_is_one_answer(
    kind: str, employees: int, euro: float | None, tier: str | None, levels: tuple[Level, ...], sla: str
) -> None:
    """What SLA classes and pool rules see as `tier` and `levels` is what routing goes by (R6, R8)."""
    facts = lead(kind, employees, euro)
    score = judge(COMPILED, facts, [], NOW)
    way = score.qualification
    assert isinstance(way, Route)
    assert (tier, sla) == (way.tier, way.sla)
    assert levels == who(score, facts)
    known = COMPILED.known(facts, [], NOW, score)
    assert (tier, [level.value for level in levels]) == (known.value("tier"), known.value("levels"))
    assert sla == sla_of(COMPILED, known).name


def test_the_way_names_whose_matter_it_is() -> None:
    """One sentence says pool, levels and whom the account names first."""
    said = [judged(kind).qualification.because for kind in ("renewal", "expansion")]
    assert [
        "renewals: customer success has it; deal of unknown size, in care, first for the account's customer success",
        "expansion: a customer wants more; deal of unknown size, for sdr, first for who looks after the account",
    ] == said
    board = judged(source="board", euro=60_000.0).qualification
    assert "board: the board asks; deal tier large, for senior, in board" == board.because


def test_a_judged_tier_stays_while_the_lead_is_routed() -> None:
    """What is learned of the deal later on changes no decision that was made by it: conditions see the judged tier."""
    score = judged("demo_request", 100, 5_000.0)
    later = lead("demo_request", 100, 90_000.0)
    tier = COMPILED.tier_for(later, score)
    assert tier is not None
    assert ("small", (Level.SDR, Level.JUNIOR)) == (tier.name, COMPILED.levels_for(score, tier))
    assert "small" == COMPILED.known(later, [], NOW, score).value("tier")


def test_nobody_is_answerable_for_a_disqualified_lead() -> None:
    """A disqualified lead has a reason and nothing else."""
    assert Disqualified(because="rivals: a rival") == judged(source="rival").qualification
    assert isinstance(judged(tags=["vip"]).qualification, Review)

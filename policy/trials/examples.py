"""A policy's own examples, run: the lead that is given, what is made of it, and where that is not what was expected.

Each is judged and placed like any lead, at an instant of its own and among nobody's other leads. This room refuses to
say where in a file an example stands (`config/load.py`).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from models.account import AccountMatch, MatchedBy
from models.base import UNREADABLE, Problem, Refused, bounded, parse
from models.decisions import Route, Score
from models.example import Example
from models.facts import EmailKind, LeadFacts
from models.ladder import Target
from models.lead import DEEPEST_LEAD, LARGEST_LEAD, LeadInput, LeadType
from models.orders import AssignLead
from models.roster import Roster
from policy.cleaning.addresses import read_domain
from policy.cleaning.hygiene import clean
from policy.compiled import CompiledPolicy
from policy.placing import localise
from policy.qualification import judge
from policy.routing.choices import Choice
from policy.routing.late import choose_in_time, promise
from policy.routing.opening import open_case
from policy.routing.situation import Situation
from policy.spelling import did_you_mean
from policy.trials.example_words import Outcome, field_hint

WEDNESDAY = datetime(2026, 3, 4, 12, tzinfo=UTC)
"""When an example without `at` takes place: an ordinary working day, at noon."""

NO_ROSTER = "needs a roster: load one (roster load FILE), or name one (policy check FILE --roster FILE)"
PEOPLE = ("owner", "backup", "tie")
"""What can be expected only where there are people."""

_NOBODY = Roster(calendars={}, managers=[], teams=[], reps=[], pools={})
_SOURCE = "example"
_DOMAIN = "sample.example"


class Failure(NamedTuple):
    """One way in which an example does not come out: its name, the key that says so, and what came out and why."""

    example: str
    field: str
    what: str

    @property
    def problem(self) -> Problem:
        """Give it as a problem of the policy."""
        return Problem(field=self.field, what=self.what)


def run_examples(compiled: CompiledPolicy, roster: Roster | None) -> tuple[Failure, ...]:
    """Run every example of a policy on a roster, or as far as that goes on none; give what failed."""
    return tuple(
        Failure(example.name, f"examples[{place}].{key}", what)
        for place, example in enumerate(compiled.policy.examples)
        for key, what in _run(compiled, roster, example)
    )


def _run(compiled: CompiledPolicy, roster: Roster | None, example: Example) -> Iterator[tuple[str, str]]:
    at = example.at or WEDNESDAY
    try:
        facts = localise(_known(example, at), compiled.policy)
    except Refused as error:
        for problem in error.problems:
            yield f"given.{problem.field}" if problem.field else "given", _told(problem, example)
        return
    outcome = _outcome(compiled, roster, _Lead(example, facts, at))
    for key, expected in example.expect.model_dump(exclude_none=True).items():
        if roster is None and key in PEOPLE and outcome.routed:
            yield f"expect.{key}", NO_ROSTER
        elif not outcome.is_as(key, expected):
            yield f"expect.{key}", outcome.instead_of(key, expected)


def _told(problem: Problem, example: Example) -> str:
    what = problem.what.removeprefix(f"{UNREADABLE}: ").replace("Input should", "should", 1)
    kind = example.given.get("type")
    return what + (did_you_mean(kind, LeadType) if problem.field == "type" and isinstance(kind, str) else "")


class _Lead(NamedTuple):
    example: Example
    facts: LeadFacts
    at: datetime


def _known(example: Example, at: datetime) -> LeadFacts:
    facts = _facts(example, at)
    if example.account is None:
        return facts
    found = AccountMatch(by=MatchedBy.HAND, score=100, because="the example says so", accounts=(example.account,))
    return facts.model_copy(update={"account": found})


def _facts(example: Example, at: datetime) -> LeadFacts:
    """Clean the lead that is given, as a door would; without an address its domain's, or none that tells anything.

    Raises Refused with each wrong field.
    """
    raw = bounded({"source": _SOURCE, **example.given}, LARGEST_LEAD, DEEPEST_LEAD)
    domain = _domain_in(raw)
    if made_up := raw.get("email") is None and raw.get("phone") is None:
        raw = {**raw, "email": f"someone@{domain or _DOMAIN}"}
    lead = parse(LeadInput, raw, field_hint)
    facts = clean(lead, lead.lead_id or "example", lead.received_at or at)
    if not made_up or domain:
        return facts
    company = facts.company.model_copy(update={"domain": None})
    origin = {name: source for name, source in facts.origin.items() if name != "company.domain"}
    nothing = {"email": None, "email_kind": EmailKind.NONE, "company": company, "origin": origin}
    return facts.model_copy(update=nothing)


def _domain_in(raw: Mapping[str, Any]) -> str | None:
    company = raw.get("company")
    domain = company.get("domain") if isinstance(company, dict) else None
    return read_domain(domain) if isinstance(domain, str) else None


def _outcome(compiled: CompiledPolicy, roster: Roster | None, lead: _Lead) -> Outcome:
    example, facts, at = lead
    score = judge(compiled, facts, example.touches, at)
    order = _order(compiled, score, facts, at)
    if order is None:
        return Outcome(compiled, facts, tuple(example.touches), at, score)
    situation = Situation(at, roster or _NOBODY)
    case = open_case(compiled, facts, score, order, situation, example.touches)
    choice = _choice(compiled, roster, lead, score, order) if roster else None
    return Outcome(compiled, facts, tuple(example.touches), at, score, case, choice)


def _choice(compiled: CompiledPolicy, roster: Roster, lead: _Lead, score: Score, order: AssignLead) -> Choice:
    promised = promise(compiled, order.sla or "", roster, lead.facts.timezone, order.sla_from)
    situation = Situation(lead.at, roster)
    return choose_in_time(compiled, lead.facts, score, order, situation, promised, lead.example.touches)


def _order(compiled: CompiledPolicy, score: Score, facts: LeadFacts, at: datetime) -> AssignLead | None:
    """Ask for the first offer, as the workflow would; None when the lead goes another way."""
    way = score.qualification
    if not isinstance(way, Route):
        return None
    return AssignLead(
        lead_id=facts.lead_id,
        offer=1,
        policy=compiled.version,
        to=Target.PRIMARY,
        sla=way.sla,
        cause="an example",
        ordered_at=at,
        sla_from=facts.received_at,
    )

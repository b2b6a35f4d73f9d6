"""Why a lead is where it is, as its page shows it: people and why not, rules in their turn, points (R29).

A pure view of what was stored with each decision: it refuses to judge anew, to look anything up and to write HTML.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from api.console.lead_known import Known, name_of
from api.console.words import span
from db.tables.words import DecisionKind
from models.decisions import Assignment, Held, Offered, Route, Score
from models.explanation import Candidate, RoutingTrace
from models.qualifying import PointGroup

_ASSIGNMENT: TypeAdapter[Assignment] = TypeAdapter(Assignment)
_MODELS: dict[str, str] = {
    PointGroup.PROFILE: "Who they are",
    PointGroup.APP: "What they do in the product",
    PointGroup.ONLINE: "What they do on our pages",
    PointGroup.EMAIL: "How they answer mail",
    PointGroup.SOCIAL: "What they do elsewhere",
    PointGroup.HAND: "Given by hand",
    "": "Other",
}


@dataclass(frozen=True, slots=True)
class Person:
    """One of ours who was looked at. `chosen`: they got it; `could`: they could have had it."""

    name: str
    chosen: bool
    could: bool
    why: str
    books: str


@dataclass(frozen=True, slots=True)
class Tried:
    """One rule or tie in its turn."""

    name: str
    matched: bool
    because: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One routing decision, whole. `terms` are (label, value)."""

    at: datetime | None
    title: str
    sentence: str
    terms: tuple[tuple[str, str], ...]
    ties: tuple[Tried, ...]
    rules: tuple[Tried, ...]
    untold: int
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Points:
    """Points of one model: `reasons` are (points, rule, because)."""

    name: str
    points: float
    reasons: tuple[tuple[float, str, str], ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """The score with its reasons. `effects` of the learned score: (effect, feature, makes it more likely)."""

    points: float
    at: datetime | None
    intent: str
    fit: str
    goes: str
    groups: tuple[Points, ...]
    ways: tuple[Tried, ...]
    segments: tuple[str, ...]
    learned: str
    likely: float | None
    effects: tuple[tuple[str, str, bool], ...]


def choices(known: Known) -> tuple[Choice | None, tuple[Choice, ...]]:
    """Tell the decision by which whoever has the lead got it, else the latest; and all others, the last first."""
    made = [(_ASSIGNMENT.validate_python(one.body), one.at) for one in known.decided if one.kind is DecisionKind.ASSIGN]
    latest = known.why.assignment
    if latest is not None and (not made or made[-1][0] != latest):
        made.append((latest, known.at))  # the workflow knows it a moment before the database does
    mine = known.standing.owner and known.standing.offer
    gave = (place for place, (one, _) in enumerate(made) if isinstance(one, Offered) and one.offer == mine)
    place = next(gave, len(made) - 1)
    told = [_choice(known, one, at) for one, at in made]
    return (told[place] if told else None), tuple(reversed(told[:place] + told[place + 1 :]))


def rule_of(trace: RoutingTrace | None) -> str:
    """Name what sent a lead to whoever got it: the rule that matched, else the tie; empty for the default pool."""
    if trace is None:
        return ""
    if trace.tie is not None:
        return trace.tie
    return next((rule.rule for rule in trace.rules if rule.matched), "")


def _choice(known: Known, made: Assignment, at: datetime | None) -> Choice:
    trace: RoutingTrace | None = getattr(made, "trace", None)
    when = trace.at if trace else getattr(made, "at", None)
    titles = {
        "held": "Nobody could be asked just then",
        "nobody": "Nobody could be asked",
        "not_allowed": "Not allowed",
    }
    to = f"Offer {made.offer} to {name_of(known.eyes, made.rep_id)}" if isinstance(made, Offered) else ""
    return Choice(
        when or at,
        to or titles[made.outcome],
        _sentence(known, made) if isinstance(made, Offered) else made.because,
        tuple(_terms(known, made, trace)) if trace else (),
        tuple(Tried(one.tie.replace("_", " "), one.decided, one.because) for one in trace.ties) if trace else (),
        tuple(Tried(one.rule, one.matched, one.because) for one in trace.rules) if trace else (),
        trace.untold if trace else 0,
        tuple(_people(known, trace)) if trace else (),
    )


def _sentence(known: Known, made: Offered) -> str:
    """Give the sentence by which an offer said why; to others than whom it spoke to, as what they were told."""
    if made.rep_id == known.viewer.person_id:
        return made.sentence
    return f"{name_of(known.eyes, made.rep_id)} was told: “{made.sentence}”"


def _terms(known: Known, made: Assignment, trace: RoutingTrace) -> Iterator[tuple[str, str]]:
    told = (
        ("Pool", trace.pool or ""),
        ("Came by", (trace.tie or "").replace("_", " ") or rule_of(trace) or "the default pool"),
        ("Chosen by", (trace.strategy or "").replace("_", " ")),
        ("Deal size", trace.tier or ""),
        ("For", ", ".join(trace.levels)),
        ("Nobody free in", ", ".join(trace.overflow)),
        ("Backup", name_of(known.eyes, trace.backup)),
        ("Because", trace.because.removeprefix(getattr(made, "because", "")).lstrip("; ")),
        ("Promise", made.sla if isinstance(made, Offered) else ""),
        ("Looked at again", f"in {span(made.until - trace.at)} from then" if isinstance(made, Held) else ""),
    )
    yield from ((label, value) for label, value in told if value)


def _people(known: Known, trace: RoutingTrace) -> Iterator[Person]:
    def order(one: Candidate) -> tuple[bool, bool]:
        return one.rep_id != trace.chosen, one.excluded is not None

    for one in sorted(trace.candidates, key=order):
        chosen = one.rep_id == trace.chosen
        could = one.excluded is None
        why = one.excluded or ("chosen" if chosen else "could have had it, and it was not their turn")
        share = f", {abs(one.balance):.2f} {'behind' if one.balance > 0 else 'ahead of'} their share" * bool(
            one.balance
        )
        suits = "" if one.fit is None else f", suits {one.fit:g} ({', '.join(one.fits) or 'nothing'})"
        books = f"{one.load} of {one.capacity} in hand, weight {one.weight}{share}{suits}"
        yield Person(name_of(known.eyes, one.rep_id), chosen, could, why, books)


def judged(known: Known) -> Judged | None:
    """Tell the score, what gave it, and what follows from it; None before the first."""
    score = known.why.score
    if score is None:
        return None
    way = score.qualification
    goes = f"To sales, with the promise {way.sla}" if isinstance(way, Route) else _GOES[way.way]
    learned = score.learned
    return Judged(
        score.points,
        score.at,
        score.intent.value,
        score.fit.value,
        f"{goes}: {way.because}.",
        tuple(_groups(score)),
        tuple(Tried(one.rule, one.matched, one.because) for one in score.ways),
        score.segments,
        "" if learned is None else (learned.because or f"Told by the model {learned.model}."),
        None if learned is None else learned.likelihood,
        ()
        if learned is None
        else (
            (f"{learned.base:+.2f}", "any lead", learned.base > 0),
            *((f"{one.weight:+.2f}", one.feature, one.weight > 0) for one in learned.reasons),
        ),
    )


_GOES = {"nurture": "To marketing, who keep it warm", "review": "To a person, who decides", "disqualify": "Not a lead"}


def _groups(score: Score) -> Iterator[Points]:
    groups: dict[str, list[tuple[float, str, str]]] = {}
    for one in score.reasons:
        groups.setdefault(one.group or "", []).append((one.points, one.rule, one.because))
    for name, reasons in groups.items():
        reasons.sort(key=lambda one: -abs(one[0]))
        yield Points(_MODELS.get(name, name), sum(points for points, _, _ in reasons), tuple(reasons))

"""Why one offer went to one person, in a few lines that they can read: from what was stored with the decision (R29).

This room refuses to judge anew: what is not stored is not said.
"""

from collections.abc import Iterator

from pydantic import TypeAdapter

from db.tables.words import DecisionKind
from models.decisions import Assignment, Offered, Score
from models.explanation import Candidate, RoutingTrace
from runtime.store import Store
from runtime.whose import Eyes

MOST_REASONS = 6
MOST_PEOPLE = 8

_ASSIGNMENT: TypeAdapter[Assignment] = TypeAdapter(Assignment)


async def why(store: Store, lead_id: str, offer: int, eyes: Eyes) -> tuple[str, ...]:
    """Say why an offer was made: the sentence, the rules that matched, who else was looked at, what gave the score.

    Empty where no such offer was decided here.
    """
    decided = [one for one in await store.decisions.of(lead_id) if one.offer == offer]
    bodies = [one.body for one in decided if one.kind is DecisionKind.ASSIGN]
    made = _ASSIGNMENT.validate_python(bodies[-1]) if bodies else None
    if not isinstance(made, Offered):
        return ()
    score = await store.leads.score(lead_id)
    return tuple(_lines(made, score, eyes))


def _lines(made: Offered, score: Score | None, eyes: Eyes) -> Iterator[str]:
    yield made.sentence
    if made.trace is not None:
        yield from _routing(made.trace, eyes)
    if score is not None:
        reasons = sorted(score.reasons, key=lambda one: -abs(one.points))[:MOST_REASONS]
        told = ", ".join(f"{one.points:+g} {one.because}" for one in reasons)
        yield f"Score {score.points:g}: {told}." if told else f"Score {score.points:g}."


def _routing(trace: RoutingTrace, eyes: Eyes) -> Iterator[str]:
    tie = next((one for one in trace.ties if one.decided), None)
    if tie is not None:
        yield f"Whose it is already: {tie.because}."
    for rule in trace.rules:
        if rule.matched:
            yield f"Rule {rule.rule}: {rule.because}."
    others = [one for one in trace.candidates if one.rep_id != trace.chosen]
    if others:
        told = "; ".join(f"{eyes.name(one.rep_id)}: {_why_not(one)}" for one in others[:MOST_PEOPLE])
        more = f"; and {len(others) - MOST_PEOPLE} more" if len(others) > MOST_PEOPLE else ""
        yield f"Who else was looked at: {told}{more}."


def _why_not(one: Candidate) -> str:
    return one.excluded or "could have had it, and it was not their turn"

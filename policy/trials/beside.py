"""Two policies' answers for one lead, side by side: what each would do, and where they differ.

This room refuses to say which of the two is right.
"""

from dataclasses import dataclass
from enum import StrEnum

from models.decisions import Route, Score
from models.explanation import RoutingTrace


class Difference(StrEnum):
    """Where two answers differ first.

    `way`: to sales, nurture, review or nowhere. `pool`: who is asked from. `owner`: whose it is, by a tie, or because
    one of the two found nobody. `turn`: the same pool, and only whose turn it was, which the two ledgers say. `sla`:
    only the promise. `pending`: nothing was decided by the published policy yet.
    """

    NONE = "none"
    TURN = "turn"
    SLA = "sla"
    OWNER = "owner"
    POOL = "pool"
    WAY = "way"
    PENDING = "pending"


AGREEING = frozenset({Difference.NONE, Difference.TURN})
"""Not more than the rotation's turn differs."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a policy does with a lead: the way, and for one that goes to sales the pool, the rule or tie, and whose.

    `owner` is None where nobody could be offered it at once.
    """

    way: str
    points: float
    sla: str | None = None
    pool: str | None = None
    rule: str | None = None
    tie: str | None = None
    owner: str | None = None
    because: str = ""
    sentence: str = ""


def answer_of(score: Score, trace: RoutingTrace | None, because: str = "", sentence: str = "") -> Answer:
    """Put a judgement and the routing that followed it together; without a trace the judgement stands alone."""
    way = score.qualification
    sla = way.sla if isinstance(way, Route) else None
    if trace is None:
        return Answer(way.way, score.points, sla=sla, because=because or way.because, sentence=sentence)
    return Answer(
        way=way.way,
        points=score.points,
        sla=sla,
        pool=trace.pool,
        rule=next((one.rule for one in trace.rules if one.matched), None),
        tie=trace.tie,
        owner=trace.chosen,
        because=trace.because or because,
        sentence=sentence,
    )


def difference(live: Answer | None, draft: Answer) -> Difference:
    """Say where a draft's answer differs first from what was done."""
    if live is None:
        return Difference.PENDING
    if live.way != draft.way:
        return Difference.WAY
    if live.owner != draft.owner and (live.tie or draft.tie):
        return Difference.OWNER
    if live.pool != draft.pool:
        return Difference.POOL
    if (live.owner is None) != (draft.owner is None):
        return Difference.OWNER
    if live.sla != draft.sla:
        return Difference.SLA
    return Difference.NONE if live.owner == draft.owner else Difference.TURN

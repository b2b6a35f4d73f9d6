"""What a new judgement sets off: triggers on tags, fields, segments and the threshold (R21, R33).

Only what changed since the judgement before sets anything off. This room refuses to do what a trigger asks for: that is
`workflows/ladder/judgements.py`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from models.decisions import Fired, Score
from models.lead import Touch
from models.messages import HouseEvent
from models.provider import EnrichedField
from models.qualifying import Trigger, TriggerDo, TriggerOn
from policy.cleaning.changing import NO_NEWS
from policy.compiled import CompiledPolicy
from policy.conditions.condition import Known

CHANGES = frozenset({TriggerOn.TAG_ADDED, TriggerOn.TAG_REMOVED, TriggerOn.FIELD_CHANGED})
"""Triggers on what an event of that kind says."""

NAMED_BY = {TriggerOn.TAG_ADDED: "tag", TriggerOn.TAG_REMOVED: "tag", TriggerOn.FIELD_CHANGED: "field"}
"""Which property of an event names the tag or field."""


_ELSEWHERE = frozenset({EnrichedField.EMPLOYEES, EnrichedField.INDUSTRY, EnrichedField.TECH, EnrichedField.CITY})
"""What nothing else follows from that routing goes by, as the region and the account do from country and domain."""

_JUDGED = frozenset({"points", "likelihood"})
"""What a judgement says of a lead by the number, which any fact may change."""


class Change(NamedTuple):
    """One thing that changed since the judgement before: what kind, which one, and how it is told.

    `idle`: nothing follows from it for who should have the lead.
    """

    on: TriggerOn
    what: str
    because: str
    idle: bool = False


def changes(
    compiled: CompiledPolicy, known: Known, touches: Sequence[Touch], points: float, before: Score, same: bool
) -> Iterator[Change]:
    """Find what changed since the judgement `before`, in the order of `TriggerOn`.

    Segments and the threshold are compared with a judgement by the same version of the policy only: whatever another
    version said of them was said in other words.
    """
    later = touches[before.touches :]
    for on in NAMED_BY:
        for touch in later:
            for what in _changed(on, touch):
                idle = same and touch.kind == HouseEvent.ENRICHED and not _routed_by(compiled, what)
                yield Change(on, what, f"{on.replace('_', ' ')}: {what}" if what else on.replace("_", " "), idle)
    if before.policy != compiled.version:
        return
    now = tuple(known.value("segments") or ())
    for on, names, verb in (
        (TriggerOn.SEGMENT_ENTERED, [name for name in now if name not in before.segments], "entered"),
        (TriggerOn.SEGMENT_LEFT, [name for name in before.segments if name not in now], "left"),
    ):
        yield from (Change(on, name, f"{verb} the segment {name}") for name in names)
    threshold = compiled.policy.scoring.qualified_above
    if before.points <= threshold < points:
        yield Change(TriggerOn.ABOVE_THRESHOLD, "", f"{points:g} points, more than {threshold:g}")


def fired(
    compiled: CompiledPolicy,
    known: Known,
    touches: Sequence[Touch],
    points: float,
    before: Score | None,
    *,
    same: bool = False,
) -> tuple[Fired, ...]:
    """Give the triggers that this judgement sets off, each once, in the policy's order; none without one `before`.

    `same`: the lead is judged as it was before. Then what a provider says late takes it from nobody who has it, unless
    a rule of routing goes by it: most late answers change nothing, and an offer is not to change hands for them.
    """
    if before is None or not compiled.trigger_rules:
        return ()
    found = tuple(changes(compiled, known, touches, points, before, same))
    rules: list[Fired] = []
    for trigger, condition in compiled.trigger_rules:
        change = next(filter(_meant_by(trigger), found), None)
        if change is not None and condition.holds(known):
            rules.append(Fired(trigger=trigger.name, do=trigger.do, because=change.because))
    return tuple(rules)


def _changed(on: TriggerOn, touch: Touch) -> Sequence[str]:
    """Name what a touch changed of this kind: an event says one tag or field, a late answer its fields (R43)."""
    if touch.kind == on and not touch.properties.get(NO_NEWS):
        return (str(touch.properties.get(NAMED_BY[on], "")),)
    if on is TriggerOn.FIELD_CHANGED and touch.kind == HouseEvent.ENRICHED:
        return tuple(map(str, touch.properties.get("fields") or ()))
    return ()


def _meant_by(trigger: Trigger) -> Callable[[Change], bool]:
    what = trigger.what.casefold() if trigger.what else None
    moves = trigger.do is TriggerDo.REQUALIFY
    return lambda change: (
        change.on is trigger.on and (what is None or change.what.casefold() == what) and not (moves and change.idle)
    )


def _routed_by(compiled: CompiledPolicy, field: str) -> bool:
    """Say whether who gets a lead may go by a field, also where its judgement is the same."""
    if field not in _ELSEWHERE:
        return True
    rules = (*(one for _, one in compiled.pool_rules), *(one for _, one in compiled.best_fit_rules))
    return any({field, *_JUDGED} & set(condition.fields) for condition in rules)

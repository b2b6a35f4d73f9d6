"""A policy's page, first part: what we look for in a lead, and what becomes of it (R4-R8, R26, R33)."""

from collections.abc import Iterator

from models.lead import Fit, Intent
from models.policy import Policy
from models.qualifying import (
    AttributeRule,
    MatrixCell,
    PointGroup,
    PointRule,
    Scoring,
    TouchRule,
    Trigger,
    TriggerDo,
    TriggerOn,
    Via,
    Way,
    WayRule,
)
from policy.flaws import personal
from runtime.telling_policy.spans import span
from runtime.telling_policy.words import (
    Item,
    Items,
    Part,
    Reader,
    Rows,
    Say,
    Section,
    counts,
    every,
    levels_words,
    on_one_line,
    pairs,
    rows,
)

WAYS = {
    Way.ROUTE: "to sales",
    Way.NURTURE: "marketing keeps it warm",
    Way.MONITOR: "marketing keeps it warm, and it is watched",
    Way.REVIEW: "a person decides",
    Way.DISQUALIFY: "not a lead for us",
}
"""What becomes of a lead that goes each way."""

_VIA = {
    Via.RELATIONSHIP: "to whoever looks after the customer",
    Via.SUCCESS: "to whoever looks after the customer's success",
}


def leads(policy: Policy, reader: Reader) -> Iterator[Section]:
    """Tell what leads are worth, and where they go."""
    yield Section("points", "What we look for", tuple(_points(policy)))
    yield Section("intent", "How strongly they ask (intent)", (rows(_intent(policy)),))
    title = f"How well they suit us (fit): strong from {policy.fit.strong_from:g} points on"
    yield Section("fit", title, (rows(map(_point_rule, policy.fit.criteria), "criteria"),))
    yield Section("ways", "What becomes of them", tuple(_ways(policy, reader)))
    tiers = rows((tier.name, _bound(tier.below, tier.up_to), levels_words(tier.levels)) for tier in policy.tiers)
    yield Section("tiers", "Who is ready for which deal", (tiers,))


def _points(policy: Policy) -> Iterator[Part]:
    scoring = policy.scoring
    yield Say(
        f"With more than {scoring.qualified_above:g} points a lead goes to sales where it would have been nurtured."
    )
    yield rows((name, how) for name, how in _models(scoring) if how)
    if scoring.attributes:
        yield Say("What is known of it:")
        yield rows((_attribute_rule(one, scoring) for one in scoring.attributes), "rules", deep=True)
    if scoring.behaviour:
        yield Say("What they do:")
        yield rows(map(_touch_rule, scoring.behaviour), "kinds", deep=True)
    if policy.triggers:
        yield Say("What changes while it waits:")
        yield rows(map(_trigger, policy.triggers), "triggers", deep=True)


def _models(scoring: Scoring) -> Iterator[tuple[str, str]]:
    """Tell the bounds of each model, and what else may give points."""
    for group, rule in scoring.groups.items():
        said = [] if rule.counts else ["does not count"]
        said += [f"{rule.most:g} points at most"] if rule.most is not None else []
        said += [f"{rule.least:g} at least"] if rule.least is not None else []
        said += [f"worth half after {span(rule.half_life)}"] if rule.half_life else []
        yield group, ", ".join(said)
    yield "by hand", f"{scoring.by_hand_at_most:g} points at most, given or taken"
    yield "anew", f"at least every {span(scoring.refresh)}, and with everything they do"
    above = scoring.learned.promote_above
    yield "learned", f"above {above:g} % a lead goes to sales, too" if above is not None else ""


def _attribute_rule(rule: AttributeRule, scoring: Scoring) -> tuple[str, str, str]:
    points, name, when = _point_rule(rule)
    said = [rule.group.value] if rule.group is not PointGroup.PROFILE else []
    said += ["off: personal"] if personal(rule) and not scoring.personal_attributes else []
    return points, name, f"{when} ({', '.join(said)})" if said else when


def _point_rule(rule: PointRule) -> tuple[str, str, str]:
    return f"{rule.points:+g}", rule.name, "; ".join(filter(None, [on_one_line(rule.when), counts(rule)]))


def _touch_rule(rule: TouchRule) -> tuple[str, str, str]:
    again = rule.points if rule.again is None else rule.again
    often = "each time" if again == rule.points else "once" if again == 0 else f"then {again:+g} each further time"
    most = "" if rule.cap is None or again == 0 else f", {rule.cap:g} at most"
    bounds = [f"within {span(rule.within)}"] if rule.within else []
    bounds += [f"once per {span(rule.once_per)}"] if rule.once_per else []
    bounds += [f"worth half after {span(rule.half_life)}"] if rule.half_life else []
    return f"{rule.points:+g}", rule.kind, f"{', '.join([often + most, *bounds])} ({rule.group})"


_CHANGES = {
    TriggerOn.TAG_ADDED: "the tag {} is added",
    TriggerOn.TAG_REMOVED: "the tag {} is removed",
    TriggerOn.FIELD_CHANGED: "the field {} changes",
    TriggerOn.SEGMENT_ENTERED: "it enters the segment {}",
    TriggerOn.SEGMENT_LEFT: "it leaves the segment {}",
    TriggerOn.ABOVE_THRESHOLD: "its points cross the threshold{}",
}
_DOES = {TriggerDo.REQUALIFY: "judged anew, unless accepted", TriggerDo.ALERT: "the manager hears of it"}


def _trigger(rule: Trigger) -> tuple[str, str]:
    what = rule.what or ("" if rule.on is TriggerOn.ABOVE_THRESHOLD else "(any)")
    when = f", if {on_one_line(rule.when)}" if rule.when else ""
    return rule.name, f"{_CHANGES[rule.on].format(what)}{when}: {_DOES[rule.do]}"


def _intent(policy: Policy) -> Iterator[tuple[str, str]]:
    for level in Intent:
        if (signals := policy.intent.get(level)) is not None:
            touches = [kind if times == 1 else f"{times} of {kind}" for kind, times in signals.touches.items()]
            seen = [f"came as {', '.join(signals.types)}"] * bool(signals.types)
            did = [f"did {', '.join(touches)}"] * bool(touches)
            yield level.value, "; or ".join([*seen, *did]) or "everything else"


def _ways(policy: Policy, reader: Reader) -> Iterator[Part]:
    if policy.ways:
        yield Say("First, in this order; the first that matches:")
        yield Items(tuple(_way(number, way, reader) for number, way in enumerate(policy.ways, 1)), "ways")
        yield Say("Otherwise, by intent and fit:")
    yield _matrix(policy)


def _way(number: int, way: WayRule, reader: Reader) -> Item:
    goes = [_VIA[way.via] if way.via else WAYS[way.do]]
    if way.pool:
        goes.append(f"pool {way.pool}")
    if way.levels:
        goes.append(f"for {levels_words(way.levels)}")
    if way.answerable:
        goes.append(reader.name(way.answerable))
    about = pairs(("because", way.because), ("when", on_one_line(way.when)), ("", counts(way)))
    return Item(f"{way.name} -> {', '.join(goes)}", (about,), number)


def _matrix(policy: Policy) -> Rows:
    cells = {(cell.intent, cell.fit): _cell(cell) for cell in policy.matrix}
    head = ("", *(f"{fit.value} fit" for fit in Fit))
    body = ((f"{intent.value} intent", *(cells[intent, fit] for fit in Fit)) for intent in Intent)
    return Rows((head, *body), deep=True, headed=True)


def _cell(cell: MatrixCell) -> str:
    if cell.do is not Way.ROUTE:
        return WAYS[cell.do]
    if not cell.levels:
        return "to sales: by deal size"
    first = ": by deal size where it is known, else " if cell.deal_first else ": "
    return f"to sales{first}{levels_words(cell.levels)}"


def _bound(below: float | None, up_to: float | None) -> str:
    if below is not None:
        return f"below {below:,.10g} EUR"
    return "anything above" if up_to is None else f"up to {up_to:,.10g} EUR"


def queues(policy: Policy, reader: Reader) -> Iterator[Section]:
    """Tell who answers for leads that wait for a person, and the manners of everybody."""
    manners, put_off = policy.manners, span(policy.manners.snooze_at_most)
    said = (
        f"An answer can be taken back for {span(manners.undo)}.",
        f"A lead can be put off by {put_off} at most, and paused for {span(manners.pause_at_most)} at most.",
        f"The same person within {span(policy.duplicates_within)} is the same lead.",
    )
    yield Section("manners", "Manners", tuple(map(Say, said)))
    waits = [
        ("nobody took it", policy.triage.answerable, f"hears of it {every(policy.triage.every)}"),
        ("a person decides", policy.review.answerable, f"within {span(policy.review.within)}"),
        (
            "marketing has it",
            policy.nurture.answerable,
            f"in {policy.nurture.programme}, for {span(policy.nurture.lasts)}",
        ),
    ]
    told = rows((what, reader.name(who) or "the manager", how) for what, who, how in waits)
    yield Section("queues", "Leads that wait for somebody to decide", (told,))
    if policy.first_answers:
        told = rows(
            (answer.name, f'"{answer.subject}"', on_one_line(answer.when) or "every other lead with a person's address")
            for answer in policy.first_answers
        )
        yield Section("first-answers", "First answers that prospects get by mail", (told,))

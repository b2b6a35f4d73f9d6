"""What managers may do with a lead from its page, by its state. A pure view: it refuses to do anything."""

from collections.abc import Iterator
from datetime import timedelta

from activities.addressees import person_of
from api.console.lead_doable import SPANS, Doable, Input, Part, lengths, minutes, when
from api.console.lead_known import Known, Standing
from models.access import Right
from models.lead import Stage

UNJUDGED = frozenset({Stage.RECEIVED, Stage.ENRICHING, Stage.SCORING})
WITH_A_PERSON = frozenset({Stage.OFFERED, Stage.ACCEPTED})
NOBODYS = frozenset({Stage.TRIAGE, Stage.REVIEW})


def orders(known: Known) -> Iterator[Doable]:
    """List what the viewer may order, if they manage."""
    standing, viewer = known.standing, known.viewer
    if not viewer.may(Right.MANAGE) or standing.ended or not standing.admitted:
        return
    alone, judged = standing.stage in NOBODYS, standing.stage not in UNJUDGED
    first = Part.NOW if alone else Part.MANAGER
    if judged and not known.holds and person_of(known.eyes.roster, viewer.person_id) is not None:
        yield Doable(
            "take", "Take it yourself", first, sure="It is yours at once, whoever has it now.", style="primary" * alone
        )
    if judged:
        late = standing.breached and standing.accepted_at is None
        yield _reassign(known, Part.NOW if alone or late else Part.MANAGER)
    yield from _of_its_time(standing, known.zone, known.manners.pause_at_most)
    if standing.owner is not None:
        nobody = ("", "whoever routing finds")
        yield Doable(
            "handover",
            "Hand it over",
            Part.MANAGER,
            sure=f"{known.eyes.name(standing.owner)} is not asked for it again.",
            inputs=(Input("rep_id", "To", "select", options=(nobody, *_people(known))), _REASON),
        )
    if judged and standing.accepted_at is None:
        yield Doable(
            "requalify",
            "Judge it anew",
            Part.MANAGER,
            sure="It is scored and routed from the beginning by the policy that is published now.",
            inputs=(_REASON,),
        )
    yield Doable("adjust", "Give or take points", Part.MANAGER, inputs=(_POINTS, _REASON))
    yield Doable(
        "disqualify",
        "Not a lead",
        Part.GOOD,
        sure="It ends for good: nobody is asked any more.",
        button="End it",
        style="danger",
        inputs=(_REASON,),
    )


_REASON = Input("reason", "Why", required=True, hint="Everybody who looks at the lead reads it: name no prospect.")
_POINTS = Input("points", "Points", "number", hint="With a minus to take them away.", required=True)


def _of_its_time(standing: Standing, zone: str, most: timedelta) -> Iterator[Doable]:
    """List what managers may do to the time that runs."""
    alone = standing.stage in NOBODYS
    until = (
        Input("for", "For", "select", options=(("", "until the time below"), *lengths(most)), value=minutes(SPANS[2])),
        when("until", "Or until", f"Times are {zone}."),
    )
    if standing.paused is not False and standing.paused is not None:
        yield Doable("resume", "Let its time run on", Part.NOW, at_once=True)
    elif standing.stage in WITH_A_PERSON:
        yield Doable(
            "pause",
            "Pause it",
            Part.MANAGER,
            sure="The time that is left is kept. Answers are still taken.",
            inputs=(_REASON, *until),
        )
        yield Doable("extend", "Give more time", Part.MANAGER, sure="What comes next is put off.", inputs=until)
    if standing.paused is None and standing.stage in WITH_A_PERSON:
        yield Doable("resume", "Let its time run on", Part.MANAGER, sure="If it is paused, it runs on.")
    if standing.stage in WITH_A_PERSON:
        what = f"“{standing.ahead[0].says}” happens now." if standing.ahead else "The next step is taken now."
        yield Doable("escalate", "Escalate now", Part.MANAGER, sure=what)
    yield Doable(
        "acknowledge",
        "I see to it",
        Part.NOW if alone else Part.MANAGER,
        at_once=alone,
        sure="Nothing of it is told again for a while. What moves it on runs on.",
    )


def _reassign(known: Known, part: Part) -> Doable:
    inputs = (Input("rep_id", "To", "select", options=_people(known), required=True), _REASON)
    return Doable("reassign", "Give it to somebody", part, sure="They are asked at once.", inputs=inputs)


def _people(known: Known) -> tuple[tuple[str, str], ...]:
    """List everybody who could get it, who is there now first, with how much they have in hand."""
    presence, roster = known.presence, known.eyes.roster
    if presence is None:
        return ()
    reps = [rep for rep in roster.reps if rep.id != known.standing.owner and rep.active]
    reps.sort(key=lambda rep: (presence.reasons[rep.id] is not None, presence.loads[rep.id] / max(rep.capacity, 1)))
    told = [
        (rep.id, f"{rep.name}, {presence.reasons[rep.id] or 'available'}, {presence.loads[rep.id]} of {rep.capacity}")
        for rep in reps
    ]
    managers = [(one.id, f"{one.name}, manager") for one in roster.managers if one.id != known.standing.owner]
    return (*told, *managers)

"""What may be done with a lead from its page, by its state and by whoever looks: buttons and what they ask for.

A pure view: it refuses to do anything. Whether somebody may is judged once more when they do it; whether it can be done
is the lead's own to say.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from activities.addressees import person_of
from activities.letter import REASONS
from api.console.lead_known import Known, Standing
from api.console.words import span
from db.acts import Act
from db.tables.words import ActOutcome
from models.access import Right
from models.lead import Stage
from models.outcome import OutcomeResult

UNJUDGED = frozenset({Stage.RECEIVED, Stage.ENRICHING, Stage.SCORING})
WITH_A_PERSON = frozenset({Stage.OFFERED, Stage.ACCEPTED})
NOBODYS = frozenset({Stage.TRIAGE, Stage.REVIEW})
CHANNELS = ("phone", "e-mail", "video call", "chat", "in person", "letter")
SPANS = tuple(timedelta(minutes=minutes) for minutes in (15, 30, 60, 120, 240, 480, 1440, 2880, 10080))


class Part(StrEnum):
    """Where on the page an action stands."""

    NOW = "Now"
    OWNER = "If you have it"
    MANAGER = "For managers"
    GOOD = "For good"


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that a form asks. `kind`: text, area, select, number, when, email or tel; `options` (value, label)."""

    name: str
    label: str
    kind: str = "text"
    value: str = ""
    hint: str = ""
    required: bool = False
    options: tuple[tuple[str, str], ...] = ()
    longest: int = 500
    error: str = ""


@dataclass(frozen=True, slots=True)
class Doable:
    """One action. `at_once`: one tap; `sure` says what will happen where it asks first; `hidden` goes with its form."""

    name: str
    label: str
    part: Part
    sure: str = ""
    button: str = ""
    style: str = ""
    at_once: bool = False
    inputs: tuple[Input, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    problem: str = ""

    @property
    def wrong(self) -> bool:
        """Say whether something of its form was refused."""
        return bool(self.problem) or any(one.error for one in self.inputs)


def doables(known: Known) -> tuple[Doable, ...]:
    """List what this viewer may do with the lead as it stands, what matters most first."""
    if known.standing.stage is Stage.ERASED:
        return ()
    found = [*_answers(known), *_of_managers(known), *_of_both(known)]
    if known.viewer.may(Right.ERASE):
        found.append(_erase(known.lead_id))
    return tuple(found)


def marked(
    found: tuple[Doable, ...], name: str, typed: Mapping[str, str], errors: Mapping[str, str]
) -> tuple[Doable, ...]:
    """Give them back with what was typed into one of them, and what is wrong with it."""
    return tuple(_marked(one, typed, errors) if one.name == name else one for one in found)


def undoable(known: Known) -> Act | None:
    """Give the viewer's own last answer while it may be taken back."""
    done = (one for one in known.acts if one.outcome is ActOutcome.DONE)
    answers = (one for one in done if one.what in ("accept", "decline", "undo"))
    last = next((one for one in answers if one.who == known.viewer.member_id), None)
    fresh = last is not None and known.at <= last.at + known.manners.undo_within
    return last if last and fresh and last.what != "undo" and last.detail.get("key") else None


def _marked(one: Doable, typed: Mapping[str, str], errors: Mapping[str, str]) -> Doable:
    inputs = tuple(
        replace(each, value=typed.get(each.name, ""), error=errors.get(each.name, "")) for each in one.inputs
    )
    others = [what for field, what in errors.items() if field not in {each.name for each in one.inputs}]
    return replace(one, inputs=inputs, problem="; ".join(others), at_once=False)


def _answers(known: Known) -> Iterator[Doable]:
    """List what whoever is asked, or has it, may say."""
    standing, viewer = known.standing, known.viewer
    if viewer.person_id is None or not viewer.may(Right.ANSWER):
        return
    last = undoable(known)
    if last is not None and not standing.ended:
        yield Doable(
            "undo", f"Take back your {_SAID[last.what]}", Part.NOW, at_once=True, hidden=(("act", str(last.id)),)
        )
    offer = (("offer", str(standing.offer)),)
    asked = known.mine and standing.accepted_at is None and not standing.ended
    if asked:
        yield Doable("accept", "Accept", Part.NOW, style="primary", at_once=True, hidden=offer)
    elif known.may_take and not standing.ended:
        yield Doable("accept", "Take it after all", Part.NOW, style="primary", at_once=True)
    if asked or (known.holds and not standing.ended):
        yield _contacted(known, "" if asked else "primary")
        yield _decline(offer, accepted=known.holds)
        yield _snooze(known)
    if known.asked and standing.admitted:
        yield Doable("complaint", "Wrong lead for me", Part.NOW, at_once=True)


_SAID = {"accept": "acceptance", "decline": "passing it on"}


def _contacted(known: Known, style: str) -> Doable:
    return Doable(
        "contacted",
        "I reached out",
        Part.NOW if style else Part.OWNER,
        style=style,
        button="Note it",
        inputs=(
            Input("channel", "How", "select", options=_same(CHANNELS)),
            _when("at", "When", f"Left empty: now. Times are {known.zone}."),
        ),
    )


def _decline(offer: tuple[tuple[str, str], ...], *, accepted: bool) -> Doable:
    return Doable(
        "decline",
        "Give it back" if accepted else "Pass it on",
        Part.NOW,
        sure="It goes to the next one at once, and you are not asked again.",
        button="Give it back" if accepted else "Pass it on",
        hidden=offer,
        inputs=(
            Input("why", "Why", "select", options=(*_same(REASONS), ("", "Something else"))),
            Input("reason", "In your own words", hint="Needed where nothing above fits."),
        ),
    )


def _snooze(known: Known) -> Doable:
    until = tuple((_minutes(length), span(length)) for length in SPANS if length <= known.manners.snooze_at_most)
    return Doable(
        "snooze",
        "Remind me later",
        Part.OWNER,
        sure="What comes next is put off as long, and you are asked again then.",
        inputs=(Input("for", "In", "select", options=until),),
    )


def _of_both(known: Known) -> Iterator[Doable]:
    """List what whoever has the lead, and every manager, may say of its prospect."""
    standing = known.standing
    manages, answers = known.viewer.may(Right.MANAGE), known.viewer.may(Right.ANSWER)
    has_a_say = manages or (known.holds and answers)
    if not standing.admitted:
        return
    if has_a_say and not standing.ended:
        yield Doable(
            "no_answer",
            "They do not answer",
            Part.OWNER,
            sure="Whoever else of the company is best to try becomes a task of whoever has the lead.",
            button="Note it",
        )
        yield Doable("referred_on", "They named somebody else", Part.OWNER, button="Note it", inputs=_PERSON)
    if has_a_say or (known.had and answers):
        results = tuple((one.value, _RESULTS[one]) for one in OutcomeResult)
        yield Doable(
            "outcome",
            "What became of it",
            Part.NOW if standing.stage is Stage.CONTACTED and not known.outcomes else Part.OWNER,
            button="Note it",
            style="primary" if standing.stage is Stage.CONTACTED and known.holds and not known.outcomes else "",
            inputs=(
                Input("result", "It", "select", options=results, required=True),
                Input("value", "Worth", "number", hint="Where it is known."),
                Input("currency", "In", value="EUR", longest=3),
            ),
        )


_RESULTS = {
    OutcomeResult.QUALIFIED: "is an opportunity, still open",
    OutcomeResult.WON: "was won",
    OutcomeResult.LOST: "was lost",
    OutcomeResult.DISQUALIFIED: "turned out to be none for us",
    OutcomeResult.BAD: "was no lead at all",
    OutcomeResult.UNREACHABLE: "could never be reached",
}
_PERSON = (
    Input("name", "Name", longest=240),
    Input("email", "E-mail", "email", longest=320),
    Input("phone", "Phone", "tel", longest=64),
    Input("title", "Title", longest=200),
)


def _of_managers(known: Known) -> Iterator[Doable]:
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
    lengths = tuple((_minutes(length), span(length)) for length in SPANS if length <= most)
    until = (
        Input("for", "For", "select", options=(("", "until the time below"), *lengths), value=_minutes(SPANS[2])),
        _when("until", "Or until", f"Times are {zone}."),
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


def _erase(lead_id: str) -> Doable:
    return Doable(
        "erase",
        "Erase it",
        Part.GOOD,
        sure="Everything that is kept of this lead and its person is forgotten, here and in its workflow. "
        "Nobody can bring it back. What was sent out before stays with whoever got it, and is listed.",
        button="Erase it for good",
        style="danger",
        inputs=(
            Input("confirm", f"Type {lead_id} to confirm", required=True, longest=64),
            Input("reason", "Why", required=True, hint="It is kept: name nobody in it."),
        ),
    )


def _same(words: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((word, word) for word in words)


def _when(name: str, label: str, hint: str) -> Input:
    return Input(name, label, "when", hint=hint)


def _minutes(length: timedelta) -> str:
    return str(round(length.total_seconds() / 60))

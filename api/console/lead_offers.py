"""What may be done with a lead from its page, by its state and by whoever looks: buttons and what they ask for.

A pure view: it refuses to do anything. Whether somebody may is judged once more when they do it; whether it can be done
is the lead's own to say.
"""

from collections.abc import Iterator

from activities.letter import REASONS
from api.console.lead_doable import Doable, Input, Part, lengths, same, when
from api.console.lead_known import Known
from api.console.lead_orders import orders
from db.acts import Act
from db.tables.words import ActOutcome
from models.access import Right
from models.lead import Stage
from models.outcome import OutcomeResult

CHANNELS = ("phone", "e-mail", "video call", "chat", "in person", "letter")


def doables(known: Known) -> tuple[Doable, ...]:
    """List what this viewer may do with the lead as it stands, what matters most first."""
    if known.standing.stage is Stage.ERASED:
        return ()
    found = [*_answers(known), *orders(known), *_of_both(known)]
    if known.viewer.may(Right.ERASE):
        found.append(_erase(known.lead_id))
    return tuple(found)


def undoable(known: Known) -> Act | None:
    """Give the viewer's own last answer while it may be taken back."""
    done = (one for one in known.acts if one.outcome is ActOutcome.DONE)
    answers = (one for one in done if one.what in ("accept", "decline", "undo"))
    last = next((one for one in answers if one.who == known.viewer.member_id), None)
    fresh = last is not None and known.at <= last.at + known.manners.undo_within
    return last if last and fresh and last.what != "undo" and last.detail.get("key") else None


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
            Input("channel", "How", "select", options=same(CHANNELS)),
            when("at", "When", f"Left empty: now. Times are {known.zone}."),
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
            Input("why", "Why", "select", options=(*same(REASONS), ("", "Something else"))),
            Input("reason", "In your own words", hint="Needed where nothing above fits."),
        ),
    )


def _snooze(known: Known) -> Doable:
    until = lengths(known.manners.snooze_at_most)
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

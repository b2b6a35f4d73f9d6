"""What a lead's page does: each form says one message to the lead, as everybody does, and the page tells what came.

Whoever is asked answers for themselves only. Who has it, and every manager, may say what the prospect did and what
became of it. This room refuses to judge whether the lead can: its workflow does, and its verdict is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Request, Response

from api.console import frame
from api.console.lead import shown
from api.console.lead_forms import Typed, Wrong, event_of, message_of, outcome_of
from api.console.lead_known import eyes_of, last_offer
from api.console.lead_why import rule_of
from api.console.viewing import Form, Untellable, Viewer, acted, console
from api.doors import FrontDep
from db.complaints import complain as said_wrong
from db.decisions import Decided
from db.holding import UnknownLead
from db.leads import LeadCard
from db.outcomes import Noted
from db.tables.words import ActOutcome, DecisionKind
from models.access import Right
from models.base import Refused
from models.decisions import Offered
from models.lead import LEAD_ID
from runtime.front import Front
from runtime.talking.answers import Answer, NoSuchLead, Outcome
from runtime.talking.outcomes import NothingBecame, note, read_outcome

router = console()

Asked = Annotated[Viewer, acted(Right.ANSWER)]
OfProspect = Annotated[Viewer, acted(Right.ANSWER, Right.MANAGE)]
Officer = Annotated[Viewer, acted(Right.ERASE)]

ANSWERS = ("accept", "decline", "snooze", "contacted")
"""What whoever is asked says in their own name."""

ORDERS = ("adjust", "reassign", "take", "extend", "pause", "resume", "escalate", "requalify", "disqualify")
MANAGED = (*ORDERS, "acknowledge", "handover")
"""What managers say."""

EVENTS = ("no_answer", "referred_on")
"""What is noted of the prospect."""

_OUTCOMES = {
    Outcome.DONE: ActOutcome.DONE,
    Outcome.REFUSED: ActOutcome.REFUSED,
    Outcome.RECORDED: ActOutcome.RECORDED,
}
_KEPT = ("offer", "until", "at", "channel", "points", "rep_id", "kind", "key")
"""What the log keeps of a message: nothing that somebody typed about a person."""


@dataclass(frozen=True, slots=True)
class Before:
    """What has to be known of a lead before something is said to it."""

    card: LeadCard | None
    decided: tuple[Decided, ...]
    outcome: Noted | None
    viewer: Viewer

    @property
    def owns(self) -> bool:
        """Say whether the viewer has it, offered or taken."""
        return self.card is not None and self.card.owner is not None and self.card.owner == self.viewer.person_id

    @property
    def holds(self) -> bool:
        """Say whether the viewer took it."""
        return self.owns and self.card is not None and self.card.accepted_at is not None

    @property
    def had(self) -> bool:
        """Say whether the viewer had it when it was noted what became of it; a final outcome takes it from them."""
        return (
            self.outcome is not None
            and self.outcome.rep_id is not None
            and self.outcome.rep_id == self.viewer.person_id
        )

    @property
    def offer(self) -> int:
        """Give the number of the last offer to the viewer; 0 where they were never asked."""
        return last_offer(self.decided, self.viewer.person_id)


async def before(front: Front, viewer: Viewer, lead_id: str) -> Before:
    """Look at a lead before something is said to it. Raises `NoSuchLead`."""
    if not LEAD_ID.fullmatch(lead_id) or await front.store.leads.source_of(lead_id) is None:
        raise NoSuchLead(lead_id)
    store = front.store
    return Before(
        await store.leads.get(lead_id), await store.decisions.of(lead_id), await store.outcomes.of(lead_id), viewer
    )


async def typed_by(front: Front, viewer: Viewer, form: Form) -> Typed:
    """Give what was typed, with the zone that its times are in."""
    return Typed(form, viewer, (await eyes_of(front, viewer))[1], front.clock())


async def told(
    front: Front, viewer: Viewer, lead_id: str, what: str, answer: Answer, said: Mapping[str, Any]
) -> Response:
    """Note what came of a message, and lead back to the page that tells it."""
    kept = {name: value for name, value in said.items() if name in _KEPT}
    because = _sentence(answer)
    act = await frame.note(front, viewer, what, _OUTCOMES[answer.outcome], because, lead_id=lead_id, detail=kept)
    return frame.back(f"/leads/{lead_id}", act)


def _sentence(answer: Answer) -> str:
    because: str = answer.document["because"]
    return f"{because[:1].upper()}{because[1:].rstrip('.')}."


def _asked(was: Before) -> None:
    """Let somebody answer who was asked: nobody answers for others. Raises `Untellable`."""
    if was.viewer.person_id is None:
        sentence = "You are nobody in the roster, so no lead is offered to you. Nothing was changed."
        raise Untellable(403, "This is not yours to answer", sentence)
    if not (was.owns or was.offer):
        sentence = "You were never asked to take this lead. Nothing was changed."
        raise Untellable(403, "This is not yours to answer", sentence)


def _holds(was: Before, *, or_had: bool = False) -> None:
    """Let a manager, or whoever has the lead, say what its prospect did. Raises `Untellable`."""
    if not (was.viewer.may(Right.MANAGE) or was.holds or (or_had and was.had)):
        sentence = "Whoever has the lead says this, or a manager. Nothing was changed."
        raise Untellable(403, "This is not yours to say", sentence)


def _say(name: str, right: Right) -> None:
    """Give one message its route."""

    async def route(
        lead_id: str, request: Request, form: Form, front: FrontDep, viewer: Annotated[Viewer, acted(right)]
    ) -> Response:
        was = await before(front, viewer, lead_id)
        if name in ANSWERS:
            _asked(was)
        typed = await typed_by(front, viewer, form)
        try:
            said = message_of(name, typed)
            answer = await front.speaker.say(name, lead_id, said)
        except Wrong as wrong:
            return await shown(request, front, viewer, lead_id, wrong=(name, typed.texts(), wrong.errors))
        except Refused as refused:
            errors = Wrong.of(refused).errors
            return await shown(request, front, viewer, lead_id, wrong=(name, typed.texts(), errors))
        return await told(front, viewer, lead_id, name, answer, said)

    route.__name__ = f"say_{name}"
    router.add_api_route(f"/leads/{{lead_id}}/{name}", route, methods=["POST"])


for _name in ANSWERS:
    _say(_name, Right.ANSWER)
for _name in MANAGED:
    _say(_name, Right.MANAGE)


@router.post("/leads/{lead_id}/undo")
async def undo(lead_id: str, form: Form, front: FrontDep, viewer: Asked) -> Response:
    """Take back what the viewer said a moment ago; the policy says for how long one may."""
    _asked(await before(front, viewer, lead_id))
    number = str(form.get("act", ""))
    known = number.isascii() and number.isdigit() and len(number) <= 9
    act = await front.store.acts.get(int(number)) if known else None
    key = act.detail.get("key") if act and (act.who, act.lead_id) == (viewer.member_id, lead_id) else None
    if not key:
        raise Untellable(422, "There is nothing to take back", "Nothing was changed. Open the lead anew.")
    said = {"rep_id": viewer.person_id, "key": key}
    return await told(front, viewer, lead_id, "undo", await front.speaker.say("undo", lead_id, said), said)


def _note_event(kind: str) -> None:
    """Give what is noted of the prospect its route."""

    async def route(lead_id: str, request: Request, form: Form, front: FrontDep, viewer: OfProspect) -> Response:
        _holds(await before(front, viewer, lead_id))
        typed = await typed_by(front, viewer, form)
        try:
            said = event_of(kind, typed)
        except Wrong as wrong:
            return await shown(request, front, viewer, lead_id, wrong=(kind, typed.texts(), wrong.errors))
        return await told(front, viewer, lead_id, kind, await front.speaker.say("event", lead_id, said), said)

    route.__name__ = f"note_{kind}"
    router.add_api_route(f"/leads/{{lead_id}}/{kind}", route, methods=["POST"])


for _kind in EVENTS:
    _note_event(_kind)


@router.post("/leads/{lead_id}/outcome")
async def outcome(lead_id: str, request: Request, form: Form, front: FrontDep, viewer: OfProspect) -> Response:
    """Note what became of a lead, also long after its workflow ended."""
    _holds(await before(front, viewer, lead_id), or_had=True)
    typed = await typed_by(front, viewer, form)
    try:
        said = read_outcome(outcome_of(typed).model_dump(mode="json"), typed.at)
    except Wrong as wrong:
        return await shown(request, front, viewer, lead_id, wrong=("outcome", typed.texts(), wrong.errors))
    try:
        noted = await note(front.store, lead_id, said, now=typed.at)
    except NothingBecame as nothing:
        came, because = ActOutcome.REFUSED, f"{nothing}."
    else:
        worth = "" if noted.value is None else f", worth {noted.value:,.2f} {noted.currency}"
        came, because = ActOutcome.DONE, f"It is noted{' already' * noted.repeat} as {noted.result}{worth}."
    detail = {"result": said.result.value, "value": said.value, "currency": said.currency}
    act = await frame.note(front, viewer, "outcome", came, because, lead_id=lead_id, detail=detail)
    return frame.back(f"/leads/{lead_id}", act)


@router.post("/leads/{lead_id}/complaint")
async def complain(lead_id: str, front: FrontDep, viewer: Asked) -> Response:
    """Note that the lead was the wrong one for whoever got it, for the rule that sent it; once an offer (R29)."""
    was = await before(front, viewer, lead_id)
    _asked(was)
    offer = was.offer or (was.card.offer if was.card else 0)
    rule = _rule(was.decided, offer)
    told_to = f"the rule “{rule}”" if rule else "the default pool"
    stays = " The lead stays with you until you pass it on." if was.owns else ""
    because = f"It is counted for {told_to}, and whoever writes the rules sees it.{stays}"
    try:
        act = await said_wrong(
            front.store.database, viewer, lead_id, offer, rule=rule, because=because, at=front.clock()
        )
    except UnknownLead:
        raise NoSuchLead(lead_id) from None
    return frame.back(f"/leads/{lead_id}", act)


def _rule(decided: tuple[Decided, ...], offer: int) -> str:
    """Name what sent an offer to whom it was made; empty for the default pool, and where nothing tells."""
    made = (one for one in reversed(decided) if one.kind is DecisionKind.ASSIGN and one.offer == offer)
    body = next((one.body for one in made if one.body.get("outcome") == "offered"), None)
    return "" if body is None else rule_of(Offered.model_validate(body).trace)


@router.post("/leads/{lead_id}/erase")
async def erase(lead_id: str, request: Request, form: Form, front: FrontDep, viewer: Officer) -> Response:
    """Forget a lead for good, once its id was typed; a worker ends its workflow and compacts the files."""
    await before(front, viewer, lead_id)
    typed = await typed_by(front, viewer, form)
    errors = {}
    if typed.text("confirm") != lead_id:
        errors["confirm"] = f"This is not {lead_id}."
    if not typed.text("reason"):
        errors["reason"] = "This is needed."
    if errors:
        return await shown(request, front, viewer, lead_id, wrong=("erase", typed.texts(), errors))
    erased = await front.store.erasing.erase(lead_id, by=viewer.signs, reason=typed.text("reason")[:500], at=typed.at)
    if erased is None:
        raise NoSuchLead(lead_id)
    because = "It was erased before." if erased.repeat else "It is erased. Its workflow goes in a minute or so."
    act = await frame.note(front, viewer, "erase", ActOutcome.DONE, because, lead_id=lead_id)
    return frame.back(f"/leads/{lead_id}", act)

"""What people and tools say to a lead, and what became of it: each message of `models.messages`, and the outcome.

An answer is a verdict, or `recorded`: durable, and the verdict follows over the channel of whoever said it.
"""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import Body, Path, Response
from pydantic import BaseModel, Field

from api.document import refusals
from api.doors import Caller, FrontDep, KeyHeader, allowed, door, read_as, speaks_for
from api.problems import Problem, nothing_here
from models.access import Scope
from models.base import Instant
from models.messages import MESSAGES, Message, VerdictKind
from models.outcome import Outcome as OutcomeSaid
from models.outcome import OutcomeResult
from runtime.front import Front
from runtime.talking.answers import Answer, NoSuchLead, Outcome
from runtime.talking.outcomes import NothingBecame, document, note, read_outcome
from runtime.talking.repeating import answered_before, asked_for, once
from runtime.talking.saying import ANSWERS

router = door("messages")

LeadId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", description="A lead's id.", examples=["7h2kqv9m3xwzpd"])
]

EXAMPLES: Mapping[str, dict[str, Any]] = {
    "accept": {"rep_id": "ana", "offer": 1, "key": "click-1"},
    "decline": {"rep_id": "ana", "reason": "I am on the road all day", "offer": 1},
    "snooze": {"rep_id": "ana", "until": "2026-03-02T11:00:00Z"},
    "undo": {"rep_id": "ana", "key": "click-1"},
    "contacted": {"rep_id": "ana", "at": "2026-03-02T09:12:00Z", "channel": "phone"},
    "event": {"kind": "pricing_visit", "properties": {"page": "/pricing"}, "key": "visit-88121"},
    "adjust": {"by": "mia", "points": 10, "reason": "we met at the fair, and they have the budget"},
    "reassign": {"rep_id": "ben", "by": "mia", "reason": "knows the company"},
    "take": {"by": "mia"},
    "extend": {"by": "mia", "until": "2026-03-02T15:00:00Z"},
    "pause": {"by": "mia", "reason": "the prospect is away", "until": "2026-03-09T08:00:00Z"},
    "resume": {"by": "mia"},
    "escalate": {"by": "mia"},
    "requalify": {"by": "mia", "reason": "the rules are better now"},
    "disqualify": {"by": "mia", "reason": "a student"},
    "acknowledge": {"by": "mia"},
    "handover": {"by": "mia", "reason": "leaves us", "rep_id": "ben"},
}
"""One of each message, as a tool may send it."""


class VerdictShown(BaseModel):
    """The verdict, and who has the lead now; `repeat`: this key was answered before, and nothing changed."""

    verdict: VerdictKind
    because: str
    lead_id: str
    stage: str
    owner: str | None
    offer: int
    since: Instant | None = Field(description="since when the owner has it")
    repeat: bool
    key: str = Field(description="what a repeat, and `undo`, name it by")


class RecordedShown(BaseModel):
    """It is kept durably, and nobody has judged it yet."""

    verdict: str = Field(Outcome.RECORDED.value, examples=[Outcome.RECORDED.value])
    because: str
    lead_id: str
    key: str


class OutcomeNoted(BaseModel):
    """An outcome as it is kept; `rep_id` is who held the lead then."""

    lead_id: str
    result: OutcomeResult
    value: float | None
    currency: str | None
    rep_id: str | None
    industry: str | None
    by: str | None
    at: Instant
    recorded_at: Instant
    key: str
    repeat: bool


async def hear(
    name: str, front: Front, caller: Caller, lead_id: str, message: Message, key: str | None
) -> tuple[int, Answer]:
    """Say a message for a caller, and give the answer with its status. Raises `Problem`."""
    said = message.model_dump(mode="json", exclude_none=True, exclude={"report"})
    speaks_for(caller, said.get("by") or said.get("rep_id"))
    if name != "undo":  # whose key is that of what it takes back, and names no request
        said.setdefault("key", key)
        key = key or said["key"]
    asked = asked_for(caller.key_id, lead_id, name, key, said)
    say = partial(front.speaker.say, name, lead_id, said)
    try:
        answer = await once(front.store.answered, asked, lead_id, say, now=front.clock())
    except NoSuchLead as nobody:
        raise nothing_here(str(nobody)) from None
    if answer.outcome is Outcome.REFUSED:
        raise Problem(409, "refused", "The lead says no", answer.document["because"], **answer.document)
    return 202 if answer.outcome is Outcome.RECORDED else 200, answer


def _scope_of(name: str) -> Scope:
    if name in ANSWERS:
        return Scope.ANSWER
    return Scope.EVENTS_WRITE if name == "event" else Scope.MANAGE


def _add_route(name: str, model: type[Message]) -> None:
    """Give a message its route."""

    async def say(
        front: FrontDep, caller: Any, lead_id: LeadId, message: Any, response: Response, key: KeyHeader = None
    ) -> dict[str, Any]:
        response.status_code, answer = await hear(name, front, caller, lead_id, message, key)
        return answer.document

    say.__name__, say.__doc__ = name, model.__doc__
    examples: Any = {"example": {"value": EXAMPLES[name]}}
    say.__annotations__ |= {
        "caller": Annotated[Caller, allowed(_scope_of(name))],
        "message": Annotated[model, read_as(model), Body(openapi_examples=examples)],
    }
    router.add_api_route(
        f"/v1/leads/{{lead_id}}/{name}",
        say,
        methods=["POST"],
        summary=f"Say `{name}` to a lead",
        response_model=None,
        responses={
            200: {"model": VerdictShown, "description": "Done"},
            202: {"model": RecordedShown, "description": "Recorded: durable, and the verdict follows"},
            **refusals(404, 409),
        },
    )


for _name, _model in MESSAGES.items():
    _add_route(_name, _model)


@router.post(
    "/v1/leads/{lead_id}/outcome",
    summary="Note what became of a lead",
    responses={200: {"description": "Noted; the newest counts"}, **refusals(404, 409)},
)
async def outcome(
    front: FrontDep,
    caller: Annotated[Caller, allowed(Scope.ANSWER, Scope.MANAGE)],
    lead_id: LeadId,
    said: Annotated[
        OutcomeSaid,
        read_as(OutcomeSaid),
        Body(openapi_examples={"example": {"value": {"result": "won", "value": 12000, "by": "ana", "key": "crm-77"}}}),
    ],
    key: KeyHeader = None,
) -> OutcomeNoted:
    """Note what became of a lead, also long after its workflow ended. The same key again gets the first answer."""
    speaks_for(caller, said.by or ("" if caller.people else None))
    wanted = said.model_copy(update={"key": said.key or key})
    now, as_said = front.clock(), wanted.model_dump(mode="json")
    try:
        wanted = read_outcome(as_said, now)
        asked = asked_for(caller.key_id, lead_id, "outcome", wanted.key, as_said)
        await answered_before(front.store.answered, asked, lead_id, now=now)
        noted = await note(front.store, lead_id, wanted, now=now)
    except NoSuchLead as nobody:
        raise nothing_here(str(nobody)) from None
    except NothingBecame as nothing:
        raise Problem(409, "no_outcome", "Nothing can be noted of it", f"{nothing}.", lead_id=lead_id) from None
    return OutcomeNoted(**document(noted))

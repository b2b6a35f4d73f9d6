"""What became of somebody's lead, said by a tool that knows the person and not the lead's id."""

from typing import Annotated

from fastapi import Body

from api.document import refusals
from api.doors import Caller, FrontDep, KeyHeader, allowed, door, read_as, speaks_for
from api.messages import OutcomeNoted
from api.problems import Problem, nothing_here
from models.access import Scope
from models.door import Ended
from runtime.hearsay import Hearsay, NobodyKnown
from runtime.talking.outcomes import NothingBecame, document

router = door("outcomes")

EXAMPLES = {
    "by e-mail": {
        "value": {"email": "mona.lind@acme.example", "result": "won", "value": 12000, "by": "ana", "key": "deal-77"}
    },
    "by lead": {"value": {"lead_id": "7h2kqv9m3xwzpd", "result": "disqualified"}},
    "by the CRM's number": {"value": {"crm_id": "3234574", "result": "lost", "at": "2026-03-02T09:00:00Z"}},
}


@router.post(
    "/v1/outcomes",
    summary="Note what became of somebody's lead",
    responses={200: {"description": "Noted; the newest counts"}, **refusals(404, 409)},
)
async def take_outcome(
    front: FrontDep,
    caller: Annotated[Caller, allowed(Scope.ANSWER, Scope.MANAGE)],
    said: Annotated[Ended, read_as(Ended), Body(openapi_examples=EXAMPLES)],
    key: KeyHeader = None,
) -> OutcomeNoted:
    """Note what became of a lead that is named by its id, its person's e-mail address, an external id or the CRM's.

    Where only the person is named it is their latest lead, also one that ended long ago. The same key again gets the
    first answer.
    """
    speaks_for(caller, said.by or ("" if caller.people else None))
    try:
        noted = await Hearsay(front.store).note(said, key=said.key or key, sources=caller.sources, now=front.clock())
    except NobodyKnown as nobody:
        raise nothing_here(str(nobody)) from None
    except NothingBecame as nothing:
        raise Problem(409, "no_outcome", "Nothing can be noted of it", f"{nothing}.") from None
    return OutcomeNoted(**document(noted))

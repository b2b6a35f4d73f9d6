"""People of accounts: who else there is, whom to try next and why, which parts of a purchase nobody has (R45).

These doors show how to reach people, so they have scopes of their own, and no key for certain sources opens them.
"""

from typing import Annotated

from fastapi import Path, Response
from pydantic import BaseModel, Field

from api.document import refusals
from api.doors import Caller, FrontDep, allowed, door, read_as, speaks_for
from api.messages import LeadId
from api.problems import Problem, nothing_here, unreadable
from db.contacts import UnknownAccount, UnknownContact
from db.holding import UnknownLead
from models.access import Scope
from models.base import Instant, Outside, Refused
from models.contact import BuyingRole, ContactEntry, ContactState, Coverage
from models.market import AccountId
from runtime.people import contact_document, group_document

router = door("contacts")

LARGEST_ID = 2**31 - 1

Reader = Annotated[Caller, allowed(Scope.CONTACTS_READ, everywhere=True)]
Writer = Annotated[Caller, allowed(Scope.CONTACTS_WRITE, everywhere=True)]
Officer = Annotated[Caller, allowed(Scope.PRIVACY, everywhere=True)]
ContactId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="A contact's id.", examples=[12])]
OfAccount = Annotated[AccountId, Path(description="An account's id.", examples=["acme"])]


class ContactShown(BaseModel):
    """One person. `role`: the part they have; `role_said`: somebody said so, else their title tells.

    `points` and `because`: how much say they have beside others; `not_now`: why they are not to be tried.
    """

    id: int
    account_id: str | None
    company: str | None = Field(description="the domain of their company")
    email: str | None
    phone: str | None
    first_name: str | None
    last_name: str | None
    title: str | None
    seniority: str | None
    department: str | None
    decision_maker: bool | None
    language: str | None
    state: ContactState
    role: BuyingRole | None
    role_said: bool
    points: int | None
    because: list[str]
    not_now: str | None
    referred_by: int | None = Field(description="who named them to us")
    source: str
    lead_id: str | None = Field(description="their latest lead")
    created_at: Instant
    changed_at: Instant


class PeopleShown(BaseModel):
    """The people of one company: whoever asked, the others in the order to try them, and who is next."""

    account_id: str | None
    company: str | None
    asked: ContactShown | None
    others: list[ContactShown]
    next_best: ContactShown | None = Field(description="whom to try when whoever asked does not answer")
    coverage: Coverage


class ContactSaid(Outside):
    """How far one got with somebody. `active`: one got through to them; `by` is who says so, left out: the key."""

    state: ContactState
    by: str | None = Field(None, min_length=1, max_length=64, pattern=r"\S")


class NextShown(BaseModel):
    """The person as they are kept now, and who is to be tried instead (null: nobody, or nobody has to be)."""

    contact: ContactShown
    next_contact_id: int | None


@router.get("/v1/leads/{lead_id}/contacts", summary="Whom else of the company to try", responses=refusals(404))
async def show_people(front: FrontDep, _caller: Reader, lead_id: LeadId) -> PeopleShown:
    """Give the people of a lead's company, and why whom to try when whoever asked does not answer."""
    try:
        return PeopleShown(**group_document(await front.store.contacts.of_lead(lead_id, front.clock())))
    except UnknownLead as unknown:
        raise nothing_here(str(unknown)) from None


@router.get("/v1/accounts/{account_id}/contacts", summary="The people of an account", responses=refusals(404))
async def list_people(front: FrontDep, _caller: Reader, account_id: OfAccount) -> PeopleShown:
    """Give everybody we know of an account, who has most say first."""
    try:
        return PeopleShown(**group_document(await front.store.contacts.of_account(account_id)))
    except UnknownAccount as unknown:
        raise nothing_here(str(unknown)) from None


@router.get("/v1/accounts/{account_id}/coverage", summary="Which parts nobody has", responses=refusals(404))
async def show_coverage(front: FrontDep, _caller: Reader, account_id: OfAccount) -> Coverage:
    """Say which parts of a purchase are taken by somebody we know, and which by nobody."""
    try:
        return (await front.store.contacts.of_account(account_id)).coverage
    except UnknownAccount as unknown:
        raise nothing_here(str(unknown)) from None


@router.post(
    "/v1/contacts",
    status_code=201,
    summary="Keep a person",
    responses={200: {"model": ContactShown, "description": "They were known already"}, **refusals(422)},
)
async def add_contact(
    front: FrontDep,
    caller: Writer,
    entry: Annotated[ContactEntry, read_as(ContactEntry)],
    response: Response,
) -> ContactShown:
    """Keep somebody once, by their address; what is not said stays as it was."""
    speaks_for(caller, "")
    try:
        contact, new = await front.store.contacts.add(entry, source=caller.name, at=front.clock())
    except Refused as refused:
        raise unreadable([{"field": one.field, "what": one.what} for one in refused.problems]) from None
    if not new:
        response.status_code = 200
    return ContactShown(**contact_document(contact))


@router.post("/v1/contacts/{contact_id}/state", summary="Say how far one got", responses=refusals(404))
async def say_state(
    front: FrontDep, caller: Writer, contact_id: ContactId, said: Annotated[ContactSaid, read_as(ContactSaid)]
) -> NextShown:
    """Note it; whoever has a lead of theirs gets the task to try the next one."""
    speaks_for(caller, said.by)
    who = said.by or caller.name
    try:
        contact, best = await front.store.contacts.say(contact_id, said.state, by=who, at=front.clock())
    except UnknownContact as unknown:
        raise nothing_here(str(unknown)) from None
    next_one = None if best is None else best.contact_id
    return NextShown(contact=ContactShown(**contact_document(contact)), next_contact_id=next_one)


@router.delete("/v1/contacts/{contact_id}", status_code=204, summary="Forget a person", responses=refusals(404, 409))
async def forget_contact(front: FrontDep, _caller: Officer, contact_id: ContactId) -> None:
    """Forget somebody who came with no lead of their own; who did is forgotten with it."""
    try:
        await front.store.contacts.forget(contact_id, at=front.clock())
    except UnknownContact as unknown:
        raise nothing_here(str(unknown)) from None
    except Refused as refused:
        raise Problem(409, "has_a_lead", "They go with their lead", str(refused.problems[0])) from None

"""Accounts: the companies that we know, and whose a lead's company might be, for somebody to say.

No personal data is here. Which account a lead has is told with its explanation.
"""

from typing import Annotated, Any

from fastapi import Path, Query, Request
from pydantic import BaseModel, Field

from api.document import refusals
from api.doors import Caller, FrontDep, allowed, door, read_as
from api.problems import Problem, nothing_here, of_status, refused, unreadable
from db.accounts import AccountCard, Saved
from db.possible import AlreadySaid, PossibleCard
from models.access import Scope
from models.account import MatchState
from models.base import Refused
from models.market import Account, AccountStatus
from runtime.accounts import COLUMNS, Books, text_of
from runtime.intake.importing import spool, spooling
from runtime.intake.rows import FileFlaw

router = door("accounts")

ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
LARGEST_ID = 2**31 - 1
TYPES = frozenset({"text/csv", "application/csv"})
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"CSV with these columns, of which id and name are needed: {', '.join(COLUMNS)}.",
        "content": {
            "text/csv": {
                "schema": {"type": "string", "minLength": 1},
                "example": "id,name,domains,owner,status\nacme,Acme GmbH,acme.example,ana,customer\n",
            }
        },
    }
}

Reader = Annotated[Caller, allowed(Scope.LEADS_READ, Scope.MANAGE, Scope.OPS, everywhere=True)]
Writer = Annotated[Caller, allowed(Scope.MANAGE, Scope.OPS, everywhere=True)]
AccountPath = Annotated[str, Path(pattern=ID, description="An account's id.", examples=["acme"])]
MatchPath = Annotated[int, Path(ge=1, le=LARGEST_ID, description="The id of a possible match.")]
Limit = Annotated[int, Query(ge=1, le=200, description="At most so many.")]


class AccountPage(BaseModel):
    """A page of accounts, by id; `after` goes on (null: that was all)."""

    accounts: list[AccountCard]
    after: str | None


class AccountShown(BaseModel):
    """One account and those above it, the nearest first. One that was merged names who stays."""

    account: AccountCard
    above: list[Account]


class AccountSaved(BaseModel):
    """An account as it is now, and what saving it did."""

    saved: Saved
    account: AccountCard


class LineProblem(BaseModel):
    """What is wrong with one line."""

    line: int
    field: str = Field(description="empty: the whole line")
    what: str


class AccountsLoaded(BaseModel):
    """What became of the lines of a file; `errors` are the first thousand complaints."""

    new: int
    changed: int
    same: int
    refused: int
    errors: list[LineProblem]


class Merging(BaseModel):
    """Which account stays."""

    into: str = Field(pattern=ID, examples=["globex"])


class PossiblePage(BaseModel):
    """A page of possible matches, the oldest first; `after` goes on (null: that was all)."""

    possible_matches: list[PossibleCard]
    after: int | None


@router.get("/v1/accounts", summary="The companies that we know")
async def list_accounts(
    front: FrontDep,
    _caller: Reader,
    owner: Annotated[str | None, Query(max_length=64, description="Of this owner only.")] = None,
    status: Annotated[AccountStatus | None, Query(description="Of this status only.")] = None,
    like: Annotated[str | None, Query(min_length=1, max_length=200, description="With this in their name.")] = None,
    limit: Limit = 50,
    after: Annotated[str | None, Query(max_length=64, description="The last id of the page before.")] = None,
) -> AccountPage:
    """Give accounts by id, without those that were merged into another."""
    found = await front.store.accounts.list(owner=owner, status=status, like=like, limit=limit, after=after)
    return AccountPage(accounts=list(found), after=found[-1].id if len(found) == limit else None)


@router.post("/v1/accounts", summary="Take an account over, new or changed")
async def save_account(front: FrontDep, caller: Writer, account: Annotated[Account, read_as(Account)]) -> AccountSaved:
    """Keep an account as it is sent, whole. A repeat changes nothing. Its parent has to be there, and above it."""
    try:
        saved = await front.store.accounts.save(account, source="http", by=caller.name, at=front.clock())
    except Refused as no:
        raise refused(no) from None
    return AccountSaved(saved=saved, account=await _card(front, account.id))


@router.post(
    "/v1/accounts/import",
    summary="Take a file of accounts",
    responses=refusals(415, 422),
    openapi_extra=BODY,
)
async def take_accounts(front: FrontDep, caller: Writer, request: Request) -> AccountsLoaded:
    """Check a CSV line by line and keep the good ones. A file whose header is wrong is refused, and nothing is kept."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in TYPES:
        raise of_status(415, "Send text/csv.", {"Accept": "text/csv"})
    with spooling() as file:
        try:
            await spool(request.stream(), file)
            file.seek(0)
            books = Books(front.store.database, front.clock)
            with text_of(file) as text:
                loaded = await books.load(text, source="http", by=caller.name)
        except FileFlaw as flaw:
            wrong = {"field": f"line {flaw.line}", "what": flaw.what}
            raise unreadable([wrong], "The file cannot be taken; nothing of it is kept.") from None
    errors = [LineProblem(**error) for error in loaded.errors]
    counts = {"new": loaded.new, "changed": loaded.changed, "same": loaded.same, "refused": loaded.refused}
    return AccountsLoaded(**counts, errors=errors)


@router.get("/v1/accounts/{account_id}", summary="One account and those above it", responses=refusals(404))
async def show_account(front: FrontDep, _caller: Reader, account_id: AccountPath) -> AccountShown:
    """Give one account, also one that was merged: then those it was merged into."""
    card = await _card(front, account_id)
    chain = await front.store.accounts.chain(account_id)
    return AccountShown(account=card, above=[one for one in chain if one.id != account_id])


@router.post("/v1/accounts/{account_id}/merge", summary="Make two accounts one", responses=refusals(404))
async def merge_accounts(
    front: FrontDep, caller: Writer, account_id: AccountPath, merging: Annotated[Merging, read_as(Merging)]
) -> AccountCard:
    """Merge an account into another, which goes by both names and has both domains, children and leads."""
    await _card(front, account_id)
    try:
        return await front.store.accounts.merge(account_id, merging.into, by=caller.name, at=front.clock())
    except Refused as no:
        raise refused(no) from None


@router.get("/v1/possible-matches", summary="Which accounts leads' companies might be")
async def list_possible(
    front: FrontDep,
    _caller: Reader,
    state: Annotated[MatchState, Query(description="In this state.")] = MatchState.OPEN,
    limit: Limit = 50,
    after: Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="The last id of the page before.")] = None,
) -> PossiblePage:
    """Give what somebody has to say, or said: nothing of it is taken for granted."""
    found = await front.store.possible_matches.list(state, limit=limit, after=after)
    return PossiblePage(possible_matches=list(found), after=found[-1].id if len(found) == limit else None)


@router.post("/v1/possible-matches/{match_id}/confirm", summary="It is the account", responses=refusals(404, 409))
async def confirm_match(front: FrontDep, caller: Writer, match_id: MatchPath) -> PossibleCard:
    """Take a person's word: the account learns the company's name and domain, and the lead is judged anew."""
    return await _decide(front, caller, match_id, MatchState.CONFIRMED)


@router.post("/v1/possible-matches/{match_id}/reject", summary="It is another company", responses=refusals(404, 409))
async def reject_match(front: FrontDep, caller: Writer, match_id: MatchPath) -> PossibleCard:
    """Take a person's word: it is not asked again."""
    return await _decide(front, caller, match_id, MatchState.REJECTED)


async def _decide(front: FrontDep, caller: Caller, match_id: int, state: MatchState) -> PossibleCard:
    try:
        said = await Books(front.store.database, front.clock).decide(match_id, state, by=caller.name)
    except AlreadySaid as before:
        raise Problem(409, "already_said", "Somebody said otherwise", str(before)) from None
    if said is None:
        raise nothing_here(f"there is no possible match {match_id}")
    return said


async def _card(front: FrontDep, account_id: str) -> AccountCard:
    card = await front.store.accounts.get(account_id)
    if card is None:
        raise nothing_here(f"there is no account {account_id}")
    return card

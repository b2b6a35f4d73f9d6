"""Accounts: the companies that we know, their people, and whose a lead's company might be, for somebody to say (R44).

How people are called is shown to whoever may see contact details; to others their part in deciding, no name.
"""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from api.console.frame import back, note, page
from api.console.ops_frame import numbered, zone_for
from api.console.policy_frame import opened
from api.console.viewing import Untellable, Viewer, acted, console, seen
from api.doors import FrontDep
from db.account_leads import AccountLeads
from db.contacts import UnknownAccount
from db.next_contact import Group
from db.possible import AlreadySaid
from db.tables.words import ActOutcome
from models.access import Right
from models.account import MatchState
from models.contact import KnownContact, Standing
from models.market import AccountStatus
from models.routing import Tied
from runtime.accounts import Books
from runtime.front import Front

router = console()

PAGE = 50
TABS = (("Accounts", "/accounts"), ("Possible matches", "/accounts/possible"))

Keeper = Annotated[Viewer, seen(Right.ACCOUNTS)]
Keeping = Annotated[Viewer, acted(Right.ACCOUNTS)]
Words = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person of an account. `name` is empty for whoever may not see how people are called."""

    name: str
    title: str
    part: str
    said: bool
    standing: Standing
    lead_id: str | None


@router.get("/accounts")
async def accounts(
    request: Request,
    front: FrontDep,
    viewer: Keeper,
    like: Words = "",
    owner: Words = "",
    status: Annotated[str, Query(max_length=20)] = "",
    after: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """List accounts by id, found by name, owner or what they are to us."""
    wanted = AccountStatus(status) if status in set(AccountStatus) else None
    found = await front.store.accounts.list(
        owner=owner or None, status=wanted, like=like.strip() or None, limit=PAGE + 1, after=after
    )
    shown, here = found[:PAGE], {"like": like, "owner": owner, "status": status}
    names = await _names(front)
    return await page(
        request, viewer, "accounts.html", title="Accounts", tabs=TABS, tab="/accounts", accounts=shown, like=like,
        owner=owner, chosen=status, statuses=[one.value for one in AccountStatus], names=names,
        many=await front.store.accounts.count(), possible=await _open(front),
        next=f"/accounts?{urlencode({**here, 'after': shown[-1].id})}" if len(found) > PAGE else "",
    )  # fmt: skip


@router.get("/accounts/possible")
async def possible(
    request: Request,
    front: FrontDep,
    viewer: Keeper,
    state: MatchState = MatchState.OPEN,
    after: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """List which accounts leads' companies might be, the oldest first."""
    found = await front.store.possible_matches.list(state, limit=PAGE + 1, after=after)
    shown = found[:PAGE]
    return await page(
        request, viewer, "accounts_possible.html", title="Possible matches", tabs=TABS, tab="/accounts/possible",
        matches=shown, state=state, states=[(one.value, SAYS[one]) for one in MatchState],
        zone=await zone_for(front, viewer),
        next=f"/accounts/possible?state={state}&after={shown[-1].id}" if len(found) > PAGE else "",
    )  # fmt: skip


SAYS = {
    MatchState.OPEN: "somebody has to say",
    MatchState.CONFIRMED: "it is the account",
    MatchState.REJECTED: "it is another company",
}


@router.post("/accounts/possible/{match_id}/confirm")
async def confirm(front: FrontDep, viewer: Keeping, match_id: int) -> Response:
    """Say that it is the account: it learns the company's name and domain, and the lead is judged anew."""
    return await _decided(front, viewer, match_id, MatchState.CONFIRMED)


@router.post("/accounts/possible/{match_id}/reject")
async def reject(front: FrontDep, viewer: Keeping, match_id: int) -> Response:
    """Say that it is another company; it is not asked again."""
    return await _decided(front, viewer, match_id, MatchState.REJECTED)


@router.get("/accounts/{account_id}")
async def account(request: Request, front: FrontDep, viewer: Keeper, account_id: str) -> Response:
    """Show one account: what it is to us, who looks after it, its people, and which parts nobody we know has."""
    card = await front.store.accounts.get(account_id)
    if card is None:
        raise Untellable(404, "There is no such account", "It may be known by another id.")
    chain = await front.store.accounts.chain(account_id)
    around, group = AccountLeads(front.store.database), await _people(front, account_id)
    return await page(
        request, viewer, "account.html", title=card.name, tabs=TABS, tab="/accounts", card=card,
        above=[one for one in chain if one.id != account_id], below=await around.below(account_id),
        leads=await around.latest(account_id), group=group, names=await _names(front),
        people=_lines(group, named=viewer.may(Right.CONTACT_DETAILS)) if group else (),
        named=viewer.may(Right.CONTACT_DETAILS), tied=await _tied(front),
        maybe=await front.store.possible_matches.other_leads(account_id),
        zone=await zone_for(front, viewer),
    )  # fmt: skip


async def _decided(front: Front, viewer: Viewer, match_id: int, state: MatchState) -> Response:
    try:
        said = await Books(front.store.database, front.clock).decide(numbered(match_id), state, by=viewer.signs)
    except AlreadySaid as before:
        outcome, because, card = ActOutcome.REFUSED, f"Somebody was quicker: {before}.", before.card
    else:
        if said is None:
            raise Untellable(404, "There is no such match", "The lead's company was recognised otherwise since.")
        outcome, card = ActOutcome.DONE, said
        because = f"It is not {card.account}, and is not asked again."
        if state is MatchState.CONFIRMED:
            because = f"It is {card.account}. The account knows the name and the domain now; the lead is judged anew."
    detail = {"account": card.account_id, "match": match_id}
    act = await note(
        front, viewer, f"match.{state}", outcome, because, lead_id=card.lead_id, about=card.account_id, detail=detail
    )
    return back("/accounts/possible", act)


async def _people(front: Front, account_id: str) -> Group | None:
    try:
        return await front.store.contacts.of_account(account_id)
    except UnknownAccount:
        return None


def _lines(group: Group, *, named: bool) -> tuple[PersonLine, ...]:
    """List the people in the order to try them."""
    known = {one.id: one for one in group.people}
    return tuple(_line(known[one.contact_id], one, named) for one in group.others if one.contact_id in known)


def _line(one: KnownContact, standing: Standing, named: bool) -> PersonLine:
    name = " ".join(filter(None, (one.first_name, one.last_name))) if named else ""
    part = standing.role.value.replace("_", " ") if standing.role else ""
    title = (standing.title if named else None) or ", ".join(filter(None, (standing.seniority, standing.department)))
    return PersonLine(name, title or "", part, standing.role_said, standing, one.lead_id)


async def _names(front: Front) -> dict[str, str]:
    roster = await front.store.rosters.load()
    return {} if roster is None else {one.id: one.name for one in (*roster.managers, *roster.reps)}


async def _tied(front: Front) -> bool:
    """Say whether the published policy gives a named account's leads to its owner."""
    active = await front.store.policies.active()
    policy = await opened(active) if active else None
    return policy is not None and any(tie.to is Tied.NAMED_ACCOUNT for tie in policy.routing.ties)


async def _open(front: Front) -> int:
    """Count what somebody has to say, up to a page of it."""
    return len(await front.store.possible_matches.list(MatchState.OPEN, limit=PAGE))

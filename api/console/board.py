"""The board: leads by stage, who has them, and how much time is left. Every view of it is an address.

What somebody types to find a lead by comes as a form, so that an e-mail address is never part of an address here.
"""

from dataclasses import replace
from typing import Annotated

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from api.console.board_bulk import DOABLE
from api.console.board_view import offered, view_of
from api.console.board_wanted import SORTS, WITHIN, wanted_of
from api.console.frame import page
from api.console.viewing import Form, Untellable, Viewer, acted, console, seen
from api.doors import FrontDep
from models.access import Right
from models.lead import LEAD_ID, LeadType
from policy.cleaning.addresses import Unreadable, read_email

router = console()

FOUND_AT_MOST = 20


@router.get("/")
async def board(request: Request, front: FrontDep, viewer: Annotated[Viewer, seen(Right.SEE)]) -> Response:
    """Show the leads that the address asks for."""
    wanted = wanted_of(request.query_params.multi_items())
    return await page(
        request,
        viewer,
        "board.html",
        title="Board",
        view=await view_of(front, viewer, wanted),
        wanted=wanted,
        offered=await offered(front, viewer, wanted),
        types=[(kind.value, kind.value.replace("_", " ")) for kind in LeadType],
        withins=[(name, words) for name, (words, _) in WITHIN.items()],
        bulk=[(one.name, one.words) for one in DOABLE.values()],
        sorts=[(name.value, words) for name, words in SORTS.items()],
    )


@router.post("/find")
async def find(front: FrontDep, form: Form, viewer: Annotated[Viewer, acted(Right.SEE)]) -> Response:
    """Lead to what was typed: a lead by its id or its prospect's whole e-mail address, else leads by their words."""
    typed = str(form.get("q", "")).strip()[:500]
    wanted = wanted_of((name, str(value)) for name, value in form.multi_items() if name not in ("q", "csrf", "ids"))
    if "@" in typed:
        return RedirectResponse(await _by_address(front, viewer, typed), 303)
    if LEAD_ID.fullmatch(typed) and await front.store.leads.get(typed) is not None:
        return RedirectResponse(f"/leads/{typed}", 303)
    return RedirectResponse(replace(wanted, words=typed, page=1, leads=()).address(), 303)


async def _by_address(front: FrontDep, viewer: Viewer, typed: str) -> str:
    """Find the leads of an e-mail address. Raises `Untellable` for whoever may not, and where there is none."""
    if not viewer.may(Right.CONTACT_DETAILS):
        told = "Leads are found by e-mail address by those who may see contact details. Type a company or a lead's id."
        raise Untellable(403, "This is not for you", told)
    try:
        address = read_email(typed)
    except Unreadable as error:
        raise Untellable(422, "This is no e-mail address", f"{error}. Type all of it.") from None
    found = await front.store.boards.of_address(address, limit=FOUND_AT_MOST)
    if not found:
        raise Untellable(404, "No lead has this address", "Type all of it; leads that were erased are gone.")
    if len(found) == 1:
        return f"/leads/{found[0]}"
    return f"/?ids={','.join(found)}"

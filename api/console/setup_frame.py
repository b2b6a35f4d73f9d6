"""What all pages of the room Setup share: their tabs by right, the roster they show, and who may change how much of it.

Operations and administrators change everything. A manager changes who of their own teams is active, and when they are
away. This room refuses to know what a roster means.
"""

from typing import Annotated, Any

from fastapi import Request, Response

from api.console.frame import page
from api.console.mine_desk import leads_teams
from api.console.ops_frame import zone_for
from api.console.viewing import Untellable, Viewer, acted, seen
from models.access import Right
from models.roster import Rep, Roster
from policy.routing.crew import crew_of
from runtime.front import Front

SetupReader = Annotated[Viewer, seen(Right.ROSTER)]
SetupEditor = Annotated[Viewer, acted(Right.ROSTER)]

_TABS = (
    ("People", "/setup", Right.ROSTER),
    ("Teams and pools", "/setup/teams", Right.ROSTER),
    ("Calendars", "/setup/calendars", Right.ROSTER),
    ("Roster as text", "/setup/text", Right.ROSTER),
    ("Members", "/setup/members", Right.MEMBERS),
    ("API keys", "/setup/keys", Right.KEYS),
)


def setup_tabs(viewer: Viewer) -> list[tuple[str, str]]:
    """List the pages of this room that somebody may enter."""
    return [(name, path) for name, path, right in _TABS if viewer.may(right)]


async def setup_page(
    request: Request, front: Front, viewer: Viewer, template: str, *, title: str, tab: str, **values: Any
) -> Response:
    """Write a page of this room."""
    return await page(
        request,
        viewer,
        template,
        title=title,
        tabs=setup_tabs(viewer),
        tab=tab,
        zone=await zone_for(front, viewer),
        whole=edits_all(viewer),
        **values,
    )


def edits_all(viewer: Viewer) -> bool:
    """Say whether somebody may change the whole roster: operations and administrators, not managers."""
    return viewer.may(Right.OPS)


def edits_days(viewer: Viewer, roster: Roster, rep: Rep) -> bool:
    """Say whether somebody may change when a rep is there: managers those of the teams that they answer for."""
    return edits_all(viewer) or (viewer.person_id is not None and rep.team in leads_teams(roster, viewer.person_id))


def must_edit_all(viewer: Viewer) -> None:
    """Refuse whoever may not change the whole roster. Raises `Untellable`."""
    if not edits_all(viewer):
        raise Untellable(
            403, "Operations change this", "You may change who of your teams is active and away. Nothing was changed."
        )


def must_edit_days(viewer: Viewer, roster: Roster, rep: Rep) -> None:
    """Refuse whoever does not answer for a rep. Raises `Untellable`."""
    if not edits_days(viewer, roster, rep):
        raise Untellable(403, "Not one of your people", f"{rep.name} is in another team. Nothing was changed.")


async def roster_of(front: Front) -> Roster:
    """Give the roster. Raises `Untellable` before the first."""
    roster = await front.store.rosters.load()
    if roster is None:
        raise Untellable(404, "There is no roster yet", "Write one under Setup, Roster as text.")
    return roster


def rep_in(roster: Roster, rep_id: str) -> Rep:
    """Find a rep. Raises `Untellable`."""
    rep = crew_of(roster).reps.get(rep_id)
    if rep is None:
        raise Untellable(404, "There is no such rep", "Nothing was changed.")
    return rep

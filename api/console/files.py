"""What pages are made of besides words: style, scripts, and in which colours somebody likes them."""

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from api.console.frame import THEME_COOKIE, THEMES
from api.console.paper import static_file
from api.console.viewing import Form, Viewer, acted, console, secure
from models.access import Right

router = console()

Anybody = acted(*Right)


@router.get("/static/console/{name:path}")
async def file(name: str) -> Response:
    """Give a file of ours; its address changes with it."""
    found = static_file(name)
    if found is None:
        raise HTTPException(404)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(found[0], media_type=found[1], headers=headers)


@router.post("/theme")
async def theme(request: Request, form: Form, _viewer: Viewer = Anybody) -> Response:
    """Keep in this browser whether it shows the console light, dark or as the system does."""
    answer = RedirectResponse(ours(str(form.get("back", ""))), 303)
    chosen = str(form.get("theme", ""))
    if chosen in THEMES:
        answer.set_cookie(
            THEME_COOKIE, chosen, max_age=31_536_000, secure=secure(request), httponly=True, samesite="lax"
        )
    else:
        answer.delete_cookie(THEME_COOKIE, secure=secure(request), httponly=True, samesite="lax")
    return answer


def ours(where: str) -> str:
    """Give back an address of ours; the board for any other, which no link may send people to."""
    plain = where.startswith("/") and not where.startswith("//") and "\\" not in where
    return where if plain and where.isprintable() else "/"

"""Making a link that signs somebody in at the console on this machine."""

from datetime import datetime

from cli import reach
from cli.exits import BadInput, Code, RefusedByBusiness
from cli.output import complain, say, say_json, stamp
from cli.typed import read_person
from config.settings import Settings
from db.sign_in_links import LASTS, Invited
from models.access import Role
from policy.spelling import did_you_mean
from runtime import clock
from runtime.signing_in import NobodyThere, NotHere, invited, link_for

BY = "command line"


def signin(person: str | None, roles: list[str], name: str | None, as_json: bool) -> int:
    """Make a link and print it. Raises BadInput, and RefusedByBusiness where links do not sign in."""
    wanted, called = read_roles(roles), None if name is None else read_person(name, "--name")
    at = clock.now()
    who, link = reach.carry_out(_link(reach.settings(), person, wanted, called, at))
    if as_json:
        document = {"link": link, "member": who.member_id, "roles": list(who.roles), "expires_at": stamp(at + LASTS)}
        say_json(document)
        return Code.DONE
    say(link)
    complain(f"It signs {who.name} in as {', '.join(who.roles)}, once, within {LASTS.seconds // 60} minutes.")
    return Code.DONE


async def _link(
    settings: Settings, person: str | None, roles: list[Role], name: str | None, at: datetime
) -> tuple[Invited, str]:
    async with reach.store(settings, migrate=True) as store:
        try:
            who = await invited(store, person, roles, name, BY)
            return who, await link_for(settings, store, who, at=at)
        except NobodyThere:
            raise BadInput(f"--as: there is no {person} in the roster (roster show)") from None
        except NotHere as refused:
            raise RefusedByBusiness(f"refused: {refused}") from None


def read_roles(words: list[str]) -> list[Role]:
    """Read the names of roles. Raises BadInput."""
    known = [role.value for role in Role]
    for word in words:
        if word not in known:
            hint = did_you_mean(word, known) or f"; there are {', '.join(known)}"
            raise BadInput(f"--role: {word} is none{hint}")
    return sorted({Role(word) for word in words})

"""Who may sign in at the console: listed, added, changed, closed out and let in again at the command line."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from cli import reach
from cli.exits import BadInput, Code, RefusedByBusiness
from cli.output import instant, say, say_json, show, stamp, table
from cli.signing_in import read_roles
from cli.typed import read_person
from config.settings import Settings
from db.members import KnownMember, UnknownMember, Wanted
from models.base import Refused
from runtime import clock
from runtime.signing_in import in_roster
from runtime.store import Store


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed; None where it was not."""

    name: str | None
    email: str | None
    roles: list[str] | None
    person: str | None


def show_members(as_json: bool) -> int:
    """Show every member."""
    known = reach.carry_out(_list(reach.settings()))
    if as_json:
        say_json([_document(one) for one in known])
    elif known:
        rows = [
            (one.member_id, one.name, ", ".join(one.roles), one.person_id, one.email, instant(one.seen_at), _state(one))
            for one in known
        ]
        show(table(("member", "name", "roles", "in the roster", "e-mail", "came last", "state"), rows))
    else:
        say('there is no member yet: members add "Mia Stone" --email mia@company.example --role admin --by YOU')
    return Code.DONE


def _state(one: KnownMember) -> str:
    return "may come in" if one.disabled_at is None else f"closed out {instant(one.disabled_at)}"


def _document(one: KnownMember) -> dict[str, Any]:
    return {name: stamp(value) if isinstance(value, datetime) else value for name, value in asdict(one).items()}


async def _list(settings: Settings) -> tuple[KnownMember, ...]:
    async with reach.store(settings) as store:
        return await store.members.list()


def add(typed: Typed, by: str, as_json: bool) -> int:
    """Add a member and print their id. Raises BadInput."""
    who, roles = read_person(by), tuple(read_roles(typed.roles or []))
    wanted = Wanted(typed.name or "", typed.email, roles, typed.person or None)
    member_id = reach.carry_out(_add(reach.settings(), wanted, who, clock.now()))
    if as_json:
        say_json({"member_id": member_id, "roles": list(wanted.roles)})
    else:
        say(member_id)
    return Code.DONE


async def _add(settings: Settings, wanted: Wanted, by: str, at: datetime) -> str:
    async with reach.store(settings, migrate=True) as store:
        await _known_person(store, wanted.person_id)
        try:
            return await store.members.add(wanted, by=by, at=at)
        except Refused as refused:
            raise BadInput(*_options(refused)) from None


def change(member_id: str, typed: Typed, as_json: bool) -> int:
    """Change a member. Raises BadInput, and RefusedByBusiness when nothing changes."""
    if not reach.carry_out(_change(reach.settings(), member_id, typed, clock.now())):
        raise RefusedByBusiness(f"refused: {member_id} is so already")
    return _say(member_id, f"{member_id} has changed, and is signed out.", as_json)


async def _change(settings: Settings, member_id: str, typed: Typed, at: datetime) -> bool:
    async with reach.store(settings) as store:
        known = await store.members.get(member_id)
        if known is None:
            raise _nobody(member_id)
        person = known.person_id if typed.person is None else typed.person or None
        if typed.person:
            await _known_person(store, person)
        wanted = Wanted(
            known.name if typed.name is None else typed.name,
            known.email if typed.email is None else typed.email or None,
            known.roles if typed.roles is None else tuple(read_roles(typed.roles)),
            person,
        )
        try:
            return await store.members.set(member_id, wanted, at=at)
        except Refused as refused:
            raise BadInput(*_options(refused)) from None


def disable(member_id: str, as_json: bool) -> int:
    """Close a member out. Raises BadInput, and RefusedByBusiness when they were."""
    if not reach.carry_out(_switch(reach.settings(), member_id, clock.now())):
        raise RefusedByBusiness(f"refused: {member_id} is closed out already")
    return _say(member_id, f"{member_id} may not sign in any more, and is signed out.", as_json)


def enable(member_id: str, as_json: bool) -> int:
    """Let a member in again. Raises BadInput, and RefusedByBusiness when they were not closed out."""
    if not reach.carry_out(_switch(reach.settings(), member_id, None)):
        raise RefusedByBusiness(f"refused: {member_id} may sign in already")
    return _say(member_id, f"{member_id} may sign in again.", as_json)


async def _switch(settings: Settings, member_id: str, off_at: datetime | None) -> bool:
    """Close out at an instant, or let in again (None); say whether that is new."""
    async with reach.store(settings) as store:
        try:
            if off_at is None:
                return await store.members.enable(member_id)
            return await store.members.disable(member_id, at=off_at)
        except UnknownMember:
            raise _nobody(member_id) from None


async def _known_person(store: Store, person: str | None) -> None:
    roster = None if person is None else await store.rosters.load()
    if person is not None and (roster is None or in_roster(roster, person) is None):
        raise BadInput(f"--person: there is no {person} in the roster (roster show)")


def _say(member_id: str, words: str, as_json: bool) -> int:
    if as_json:
        say_json({"member_id": member_id, "said": words})
    else:
        say(words)
    return Code.DONE


def _options(refused: Refused) -> list[str]:
    names = {"name": "NAME", "roles": "--role"}
    return [f"{names.get(one.field, f'--{one.field}')}: {one.what}" for one in refused.problems]


def _nobody(member_id: str) -> BadInput:
    return BadInput(f"MEMBER: there is no member {member_id} (members list)")

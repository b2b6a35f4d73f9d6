"""People of accounts at the command line: loaded, listed, added; whom to try next, and which parts nobody has (R45)."""

import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cli import reach
from cli.exits import BadInput, Code, RefusedByBusiness
from cli.output import complain, say, say_json, show, table
from cli.typed import read_lead_id, read_person
from config.settings import Settings
from db.contacts import UnknownAccount, UnknownContact
from db.holding import UnknownLead
from db.next_contact import Group
from models.base import Refused, parse
from models.contact import ContactEntry, ContactState, KnownContact, Standing
from policy.authority import in_short
from policy.spelling import did_you_mean
from runtime import clock
from runtime.people import Loaded, NoFileOfPeople, contact_document, group_document, load
from runtime.talking.answers import NoSuchLead

LARGEST_ID = 2**31 - 1


def load_contacts(file: str, as_json: bool) -> int:
    """Take in a CSV of people; bad lines are told, the others kept. Raises Stop."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "is not UTF-8 text; save the file as UTF-8"
        raise BadInput(f"{file}: {why}") from None
    try:
        done = reach.carry_out(_load(reach.settings(), text))
    except NoFileOfPeople as flaw:
        raise BadInput(f"{file}:{flaw.line}: {flaw}; nothing of it is kept") from None
    complain(*(f"{file}:{line}: {problem}" for line, problem in done.wrong))
    if as_json:
        wrong = [{"line": line, "field": one.field, "what": one.what} for line, one in done.wrong]
        say_json({"new": done.new, "known": done.known, "refused": wrong})
    else:
        say(f"{file}: {done.new} new, {done.known} known already, {len({line for line, _ in done.wrong})} refused.")
    return Code.BAD_INPUT if done.wrong else Code.DONE


async def _load(settings: Settings, text: str) -> Loaded:
    async with reach.store(settings, migrate=True) as store:
        return await load(store, io.StringIO(text, newline=""), now=clock.now())


def list_contacts(lead_id: str | None, account: str | None, company: str | None, as_json: bool) -> int:
    """List the people of one company in the order to try them. Raises Stop."""
    group = reach.carry_out(_group(reach.settings(), lead_id, account, company))
    if as_json:
        say_json(group_document(group))
        return Code.DONE
    people = {one.id: one for one in group.people}
    rows = [_line(people[one.contact_id], one) for one in group.others]
    if group.asked is not None:
        rows.insert(0, (group.asked.id, _name(group.asked), _reach(group.asked), group.asked.title, "asked", "", ""))
    show(table(("contact", "name", "reached at", "title", "state", "points", "because"), rows))
    best = group.next_best
    say(f"next: contact {best.contact_id} ({in_short(best)})" if best else "next: we know nobody else to try")
    say(group.coverage.sentence)
    return Code.DONE


def coverage(lead_id: str | None, account: str | None, company: str | None, as_json: bool) -> int:
    """Tell which parts of a purchase are taken by somebody we know. Raises Stop."""
    group = reach.carry_out(_group(reach.settings(), lead_id, account, company))
    if as_json:
        say_json(group.coverage.model_dump(mode="json"))
        return Code.DONE
    rows = [(role.replace("_", " "), ", ".join(map(str, ids))) for role, ids in group.coverage.known.items()]
    rows += [(role.replace("_", " "), "nobody") for role in group.coverage.missing]
    show(table(("part", "contacts"), rows))
    say(group.coverage.sentence)
    return Code.DONE


async def _group(settings: Settings, lead_id: str | None, account: str | None, company: str | None) -> Group:
    if [lead_id, account, company].count(None) != 2:
        raise BadInput("say whose people: one of --lead, --account and --company")
    async with reach.store(settings) as store:
        try:
            if lead_id is not None:
                return await store.contacts.of_lead(read_lead_id(lead_id), clock.now())
            if account is not None:
                return await store.contacts.of_account(account)
            return await store.contacts.at((company or "").lower().removeprefix("www."))
        except UnknownLead:
            raise NoSuchLead(lead_id or "") from None
        except UnknownAccount as unknown:
            raise BadInput(f"--account: {unknown}") from None


def add(given: Mapping[str, Any], referred_by: int | None, as_json: bool) -> int:
    """Keep a person. Raises Stop."""
    raw = {name: value for name, value in given.items() if value is not None}
    try:
        contact, new = reach.carry_out(_add(reach.settings(), parse(ContactEntry, raw), referred_by))
    except Refused as refused:
        raise BadInput(*map(str, refused.problems)) from None
    if as_json:
        say_json(contact_document(contact) | {"new": new})
    else:
        say(
            f"contact {contact.id} is kept." if new else f"contact {contact.id} was known already, and is kept as said."
        )
    return Code.DONE


async def _add(settings: Settings, entry: ContactEntry, referred_by: int | None) -> tuple[KnownContact, bool]:
    async with reach.store(settings, migrate=True) as store:
        try:
            return await store.contacts.add(entry, source="by hand", referred_by=referred_by, at=clock.now())
        except UnknownContact as unknown:
            raise BadInput(f"--referred-by: {unknown}") from None


def say_state(number: int, word: str, by: str, as_json: bool) -> int:
    """Note how far one got with somebody. Raises Stop."""
    try:
        state = ContactState(word.lower().replace("-", "_"))
    except ValueError:
        hint = did_you_mean(word.lower(), ContactState) or f" ({', '.join(ContactState)})"
        raise BadInput(f"STATE: {word} is not one{hint}") from None
    contact, best = reach.carry_out(_say(reach.settings(), _number(number), state, read_person(by)))
    if as_json:
        say_json({"contact": contact_document(contact), "next_contact_id": best.contact_id if best else None})
        return Code.DONE
    say(f"contact {contact.id} is {contact.state.replace('_', ' ')} now.")
    if best is not None:
        say(f"next: contact {best.contact_id} ({in_short(best)})")
    return Code.DONE


async def _say(settings: Settings, number: int, state: ContactState, by: str) -> tuple[KnownContact, Standing | None]:
    async with reach.store(settings) as store:
        try:
            return await store.contacts.say(number, state, by=by, at=clock.now())
        except UnknownContact as unknown:
            raise BadInput(f"CONTACT: {unknown}") from None


def forget(number: int, as_json: bool) -> int:
    """Forget somebody who came with no lead. Raises Stop."""
    reach.carry_out(_forget(reach.settings(), _number(number)))
    if as_json:
        say_json({"forgotten": number})
    else:
        say(f"contact {number} is forgotten.")
    return Code.DONE


async def _forget(settings: Settings, number: int) -> None:
    async with reach.store(settings) as store:
        try:
            await store.contacts.forget(number, at=clock.now())
        except UnknownContact as unknown:
            raise BadInput(f"CONTACT: {unknown}") from None
        except Refused as refused:
            raise RefusedByBusiness(f"refused: {refused.problems[0]}") from None


def _line(one: KnownContact, standing: Standing) -> tuple[object, ...]:
    state = standing.not_now or one.state.value
    return one.id, _name(one), _reach(one), one.title or "", state, standing.points, "; ".join(standing.because)


def _name(one: KnownContact) -> str:
    return " ".join(filter(None, (one.first_name, one.last_name)))


def _reach(one: KnownContact) -> str:
    return ", ".join(filter(None, (one.email, one.phone)))


def _number(number: int) -> int:
    if not 0 < number <= LARGEST_ID:
        raise BadInput(f"CONTACT: {number} is no such number")
    return number

"""Accounts at the command line: from files, one by one, and a person's word on whose a lead's company is."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from cli import reach
from cli.exits import BadInput, Code, RefusedByBusiness
from cli.output import complain, facts, instant, say, say_json, show, table
from cli.typed import read_person
from config.settings import Settings
from db.accounts import AccountCard, Saved
from db.possible import AlreadySaid, PossibleCard
from models.account import MatchState
from models.base import Refused
from models.market import Account, AccountStatus
from policy.spelling import did_you_mean
from runtime import clock
from runtime.accounts import COLUMNS, Books, Loaded, account_of, check_text, text_of
from runtime.intake.importing import spooling
from runtime.intake.rows import FileFlaw

EVERY_STATE = "all"


def load(path: Path, by: str, as_json: bool) -> int:
    """Take accounts over from a CSV. Raises Stop."""
    by, name = read_person(by), "standard input" if str(path) == "-" else str(path)
    try:
        with _opened(path) as file:
            check_text(file)
            loaded = reach.carry_out(_load(reach.settings(), file, name, by))
    except OSError as error:
        raise BadInput(f"{name}: cannot be read: {error.strerror}") from None
    except FileFlaw as flaw:
        raise BadInput(f"{name}:{flaw.line}: {flaw.what}") from None
    if as_json:
        kept = {"new": loaded.new, "changed": loaded.changed, "same": loaded.same, "refused": loaded.refused}
        say_json(kept | {"errors": loaded.errors})
    else:
        say(f"{loaded.new} new, {loaded.changed} changed, {loaded.same} as they were, {loaded.refused} refused")
        complain(*(f"{name}:{one['line']}: {_wrong(one)}" for one in loaded.errors))
    return Code.BAD_INPUT if loaded.refused else Code.DONE


def _wrong(error: dict[str, Any]) -> str:
    return f"{error['field']}: {error['what']}" if error["field"] else str(error["what"])


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file; what comes on standard input is put on disk first, for it is read twice."""
    if str(path) != "-":
        with path.open("rb") as file:
            yield file
        return
    with spooling() as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
        file.seek(0)
        yield file


async def _load(settings: Settings, file: IO[bytes], name: str, by: str) -> Loaded:
    async with reach.store(settings, migrate=True) as store:
        with text_of(file) as text:
            return await Books(store.database, clock.now).load(text, source=Path(name).name, by=by)


def list_all(
    owner: str | None, status: str | None, like: str | None, limit: int, after: str | None, as_json: bool
) -> int:
    """List accounts. Raises Stop."""
    wanted = None if status is None else _status(status)
    found = reach.carry_out(_list(reach.settings(), owner, wanted, like, limit, after))
    if as_json:
        say_json([one.model_dump(mode="json") for one in found])
        return Code.DONE
    rows = [(one.id, one.name, one.status, one.owner, one.country, one.parent, one.open_deals) for one in found]
    show(table(("account", "name", "status", "owner", "country", "parent", "open deals"), rows))
    if len(found) == limit:
        say(f"There may be more: --after {found[-1].id}")
    return Code.DONE


def _status(word: str) -> AccountStatus:
    known = [status.value for status in AccountStatus]
    if word not in known:
        raise BadInput(f"--status: {word} is none{did_you_mean(word, known) or '; there are ' + ', '.join(known)}")
    return AccountStatus(word)


async def _list(
    settings: Settings,
    owner: str | None,
    status: AccountStatus | None,
    like: str | None,
    limit: int,
    after: str | None,
) -> tuple[AccountCard, ...]:
    async with reach.store(settings) as store:
        return await store.accounts.list(owner=owner, status=status, like=like, limit=limit, after=after)


def show_one(account_id: str, as_json: bool) -> int:
    """Show one account and those above it. Raises Stop."""
    card, above = reach.carry_out(_one(reach.settings(), account_id))
    if as_json:
        say_json(card.model_dump(mode="json") | {"above": [one.model_dump(mode="json") for one in above]})
        return Code.DONE
    told = card.model_dump()
    told |= {"names": ", ".join(card.names), "domains": ", ".join(card.domains), "changed_at": instant(card.changed_at)}
    show(facts(told))
    if above:
        show(table(("above it", "name", "owner"), [(one.id, one.name, one.owner) for one in above]))
    return Code.DONE


async def _one(settings: Settings, account_id: str) -> tuple[AccountCard, tuple[Account, ...]]:
    async with reach.store(settings) as store:
        card = await store.accounts.get(account_id)
        if card is None:
            raise BadInput(f"ACCOUNT: there is no account {account_id}")
        return card, (await store.accounts.chain(account_id))[1:]


def change(account_id: str, said: Sequence[str], by: str, as_json: bool) -> int:
    """Make an account or change some of its fields. Raises Stop."""
    by, cells = read_person(by), {}
    for one in said:
        name, equals, value = one.partition("=")
        if not equals or name not in COLUMNS or name == "id":
            hint = did_you_mean(name, COLUMNS) or f"; there are {', '.join(COLUMNS[1:])}"
            raise BadInput(f"{name}: write FIELD=VALUE with a field of an account{hint}")
        cells[name] = value
    saved, card = reach.carry_out(_change(reach.settings(), account_id, cells, by))
    if as_json:
        say_json(card.model_dump(mode="json") | {"saved": saved})
    else:
        say(f"{card.id} ({card.name}): {'as it was' if saved is Saved.SAME else saved}")
    return Code.DONE


async def _change(settings: Settings, account_id: str, cells: dict[str, str], by: str) -> tuple[Saved, AccountCard]:
    async with reach.store(settings, migrate=True) as store:
        before = await store.accounts.get(account_id)
        known = _cells(before) if before else {}
        try:
            account = account_of({**known, **cells, "id": account_id})
            saved = await store.accounts.save(account, source="command line", by=by, at=clock.now())
        except Refused as refused:
            raise BadInput(*(str(one) for one in refused.problems)) from None
        card = await store.accounts.get(account_id)
        if card is None:
            raise RuntimeError(f"account {account_id} was saved and is not there")
        return saved, card


def _cells(card: AccountCard) -> dict[str, str]:
    """Write an account as the cells of a file."""
    own = card.model_dump(mode="json", include=set(COLUMNS), exclude_none=True)
    return {name: ";".join(value) if isinstance(value, list) else str(value) for name, value in own.items()}


def merge(account_id: str, into: str, by: str, as_json: bool) -> int:
    """Make two accounts one. Raises Stop."""
    card = reach.carry_out(_merge(reach.settings(), account_id, into, read_person(by)))
    if as_json:
        say_json(card.model_dump(mode="json"))
    else:
        say(f"{account_id} is {card.id} ({card.name}) from now on; it goes by {', '.join((card.name, *card.names))}")
    return Code.DONE


async def _merge(settings: Settings, account_id: str, into: str, by: str) -> AccountCard:
    async with reach.store(settings) as store:
        try:
            return await store.accounts.merge(account_id, into, by=by, at=clock.now())
        except Refused as refused:
            raise RefusedByBusiness(*(f"refused: {one}" for one in refused.problems)) from None


def possible(state: str, limit: int, after: int | None, as_json: bool) -> int:
    """List possible matches. Raises Stop."""
    known = [one.value for one in MatchState]
    if state not in (*known, EVERY_STATE):
        raise BadInput(f"--state: {state} is none; there are {', '.join(known)}, {EVERY_STATE}")
    wanted = None if state == EVERY_STATE else MatchState(state)
    found = reach.carry_out(_possible(reach.settings(), wanted, limit, after))
    if as_json:
        say_json([one.model_dump(mode="json") for one in found])
        return Code.DONE
    rows = [
        (
            one.id,
            one.lead_id,
            one.company,
            f"{one.account} ({one.account_id})",
            f"{one.score:g}",
            one.because,
            one.state,
        )
        for one in found
    ]
    show(table(("id", "lead", "its company", "might be", "alike", "because", "state"), rows))
    if len(found) == limit:
        say(f"There may be more: --after {found[-1].id}")
    return Code.DONE


def _named(one: PossibleCard) -> str:
    return f"{one.account} ({one.account_id})"


async def _possible(
    settings: Settings, state: MatchState | None, limit: int, after: int | None
) -> tuple[PossibleCard, ...]:
    async with reach.store(settings) as store:
        return await store.possible_matches.list(state, limit=limit, after=after)


def confirm(match_id: int, by: str, as_json: bool) -> int:
    """Take a person's word that it is the account. Raises Stop."""
    return _decide(match_id, MatchState.CONFIRMED, by, as_json)


def reject(match_id: int, by: str, as_json: bool) -> int:
    """Take a person's word that it is another company. Raises Stop."""
    return _decide(match_id, MatchState.REJECTED, by, as_json)


def _decide(match_id: int, state: MatchState, by: str, as_json: bool) -> int:
    said = reach.carry_out(_said(reach.settings(), match_id, state, read_person(by)))
    if as_json:
        say_json(said.model_dump(mode="json"))
    else:
        verb = "is" if said.state is MatchState.CONFIRMED else "is not"
        say(f"the company of lead {said.lead_id} {verb} {_named(said)}")
    return Code.DONE


async def _said(settings: Settings, match_id: int, state: MatchState, by: str) -> PossibleCard:
    async with reach.store(settings) as store:
        try:
            said = await Books(store.database, clock.now).decide(match_id, state, by=by)
        except AlreadySaid as before:
            raise RefusedByBusiness(f"refused: {before}") from None
        if said is None:
            raise BadInput(f"ID: there is no possible match {match_id}")
        return said

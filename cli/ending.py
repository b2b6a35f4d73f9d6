"""Saying what became of a lead: kept on the database, whether or not its workflow still runs."""

from datetime import timedelta
from typing import Any

from cli import reach
from cli.answers import no_such_lead
from cli.exits import BadInput, Code, RefusedByBusiness
from cli.inbox_view import inbox_row
from cli.output import complain, say, say_json
from cli.typed import read_instant, read_lead_id
from config.settings import Settings
from db.holding import UnknownLead
from db.outcomes import NoOutcome, Noted
from models.base import Refused, parse
from models.outcome import Outcome, OutcomeResult
from policy.spelling import did_you_mean
from runtime import clock
from runtime.intake.taking import mint_lead_id

AHEAD = timedelta(minutes=5)
"""How far another machine's clock may be ahead of ours."""

_OPTIONS = {"result": "RESULT"}
_WANTED = {
    "value": "has to be 0 or more, and at most 1,000,000,000,000",
    "currency": "has to be three capital letters (ISO 4217), for example USD",
    "by": "has to be 1 to 64 characters long",
    "key": "has to be 1 to 200 characters long",
}
"""What is right for an option, in words of the command line."""


def outcome(lead_id: str, said: dict[str, Any], as_json: bool) -> int:
    """Note what became of a lead and tell it. Raises Stop."""
    lead_id = read_lead_id(lead_id)
    known = _read(said)
    noted = reach.carry_out(_record(reach.settings(), lead_id, known))
    if as_json:
        say_json(document(noted))
        return Code.DONE
    worth = "" if noted.value is None else f", {noted.value:,.2f} {noted.currency}"
    who = f"held by {noted.rep_id}" if noted.rep_id else "nobody held it"
    again = " (as before: this key was answered already)" if noted.repeat else ""
    say(f"lead {lead_id}: {noted.result}{worth}, {who}{again}. Key {noted.key}.")
    if noted.rep_id is None:
        complain("nobody's record changes: no rep held it")
    return Code.DONE


def document(noted: Noted) -> dict[str, Any]:
    """Lay an outcome out for a program."""
    words = {name: getattr(noted, name) for name in ("lead_id", "key", "value", "currency", "rep_id", "industry", "by")}
    instants = {name: getattr(noted, name).isoformat().replace("+00:00", "Z") for name in ("at", "recorded_at")}
    return words | {"result": noted.result.value, **instants, "repeat": noted.repeat}


def _read(said: dict[str, Any]) -> Outcome:
    """Make of the options what is to be noted, under a key. Raises BadInput naming the option."""
    given = {name: value for name, value in said.items() if value is not None}
    if given["result"] not in set(OutcomeResult):
        hint = did_you_mean(given["result"], OutcomeResult) or f" ({', '.join(OutcomeResult)})"
        raise BadInput(f"RESULT: {given['result']} is not one{hint}")
    now = clock.now()
    if "at" in given:
        at = read_instant(given["at"], now, "--at")
        if at > now + AHEAD:
            raise BadInput("--at: lies ahead of us; an outcome is noted once it is there")
        given["at"] = at.isoformat()
    try:
        return parse(Outcome, given)
    except Refused as refused:
        raise BadInput(
            *(
                f"{_OPTIONS.get(one.field, f'--{one.field}')}: {_WANTED.get(one.field, one.what)}"
                for one in refused.problems
            )
        ) from None


async def _record(settings: Settings, lead_id: str, said: Outcome) -> Noted:
    async with reach.store(settings) as store:
        try:
            return await store.outcomes.record(lead_id, said, key=said.key or mint_lead_id(), now=clock.now())
        except UnknownLead:
            if await inbox_row(store, lead_id) is None:
                raise no_such_lead(lead_id) from None
            raise RefusedByBusiness(f"refused: lead {lead_id} is in the inbox, and nothing became of it yet") from None
        except NoOutcome as no:
            raise RefusedByBusiness(f"refused: lead {lead_id} has no outcome: {no}") from None

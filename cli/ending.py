"""Saying what became of a lead: kept on the database, whether or not its workflow still runs."""

from typing import Any

from cli import reach
from cli.exits import BadInput, Code, RefusedByBusiness
from cli.output import complain, say, say_json
from cli.typed import read_instant, read_lead_id
from config.settings import Settings
from db.outcomes import Noted
from models.base import Refused, parse
from models.door import KnownToCrm
from models.outcome import Outcome, OutcomeResult
from policy.spelling import did_you_mean
from runtime import clock
from runtime.hearsay import Hearsay, NobodyKnown
from runtime.talking.outcomes import NothingBecame, document, note, read_outcome

_OPTIONS = {"result": "RESULT"}
_WANTED = {
    "value": "has to be 0 or more, and at most 1,000,000,000,000",
    "currency": "has to be three capital letters (ISO 4217), for example USD",
    "by": "has to be 1 to 64 characters long",
    "key": "has to be 1 to 200 characters long",
}
"""What is right for an option, in words of the command line."""


def outcome(lead: str, source: str | None, said: dict[str, Any], as_json: bool) -> int:
    """Note what became of a lead, named by its id or as its person is known, and tell it. Raises Stop."""
    whose = _whose(lead, source)
    known = _read(said)
    noted = reach.carry_out(_record(reach.settings(), whose, known))
    lead_id = noted.lead_id
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


def _whose(lead: str, source: str | None) -> str | KnownToCrm:
    """Read whom LEAD names: a lead's id, an e-mail address, or what a source calls them. Raises BadInput."""
    if source is None and "@" not in lead:
        return read_lead_id(lead)
    named = {"email": lead} if source is None else {"source": source, "external_id": lead}
    try:
        return parse(KnownToCrm, named)
    except Refused as refused:
        raise BadInput(
            *(f"{'--source' if one.field == 'source' else 'LEAD'}: {one.what}" for one in refused.problems)
        ) from None


def _read(said: dict[str, Any]) -> Outcome:
    """Make of the options what is to be noted, under a key. Raises BadInput naming the option."""
    given = {name: value for name, value in said.items() if value is not None}
    if given["result"] not in set(OutcomeResult):
        hint = did_you_mean(given["result"], OutcomeResult) or f" ({', '.join(OutcomeResult)})"
        raise BadInput(f"RESULT: {given['result']} is not one{hint}")
    now = clock.now()
    if "at" in given:
        given["at"] = read_instant(given["at"], now, "--at").isoformat()
    try:
        return read_outcome(given, now)
    except Refused as refused:
        raise BadInput(
            *(
                f"{_OPTIONS.get(one.field, f'--{one.field}')}: {_WANTED.get(one.field, one.what)}"
                for one in refused.problems
            )
        ) from None


async def _record(settings: Settings, whose: str | KnownToCrm, said: Outcome) -> Noted:
    async with reach.store(settings) as store:
        try:
            lead_id = whose if isinstance(whose, str) else await Hearsay(store).find(whose)
            return await note(store, lead_id, said, now=clock.now())
        except NobodyKnown:
            raise BadInput("LEAD: no lead of that e-mail address or external id is known") from None
        except Refused as refused:
            raise BadInput(*(f"LEAD: {one.what}" for one in refused.problems)) from None
        except NothingBecame as nothing:
            raise RefusedByBusiness(f"refused: {nothing}") from None

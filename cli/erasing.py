"""Erasing a lead at the command line, and what is said of it. It needs the database only; a worker does the rest."""

from cli import reach
from cli.confirming import confirm
from cli.exits import Code
from cli.output import complain, instant, say, say_json, show, table
from cli.typed import read_lead_id, read_person, read_reason
from config.settings import Settings
from models.erasure import Erased
from runtime import clock
from runtime.talking.answers import NoSuchLead


def erase(lead_id: str, by: str, reason: str, yes: bool, as_json: bool) -> int:
    """Forget a lead for good. Raises Stop, and NoSuchLead."""
    lead_id, by, reason = read_lead_id(lead_id), read_person(by), read_reason(reason)
    if not yes:
        confirm(f"erase the lead {lead_id} for good, with its workflow and whatever was folded into it")
    erased = reach.carry_out(_erase(reach.settings(), lead_id, by, reason))
    if as_json:
        say_json(erased.model_dump(mode="json"))
    else:
        _tell(erased)
    return Code.DONE


async def _erase(settings: Settings, lead_id: str, by: str, reason: str) -> Erased:
    async with reach.store(settings) as store:
        erased = await store.erasing.erase(lead_id, by=by, reason=reason, at=clock.now())
    if erased is None:
        raise NoSuchLead(lead_id)
    return erased


def _tell(erased: Erased) -> None:
    if erased.repeat:
        say(f"{erased.lead_id} was erased by {erased.by} at {instant(erased.at)} already: {erased.reason}")
    else:
        say(f"{erased.lead_id} is erased: the database holds nothing of it any more.")
    if erased.done_at is None:
        say("A worker ends and deletes its workflow and compacts the files, in a minute or so; ask again to see.")
    else:
        say(f"Its workflow is deleted and the files are compacted since {instant(erased.done_at)}.")
    if erased.sent_out:
        rows = [(one.what, one.kind, one.channel, one.to, one.provider_id, instant(one.at)) for one in erased.sent_out]
        show(table(("sent out", "kind", "over", "to", "known there as", "at"), rows, "Others still have this:"))
    else:
        say("Nothing had been sent out.")
    if erased.same_person:
        complain(f"Other leads of the same person are not erased: {', '.join(erased.same_person)}.")

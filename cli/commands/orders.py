"""What managers and ops say to a lead."""

from typing import Annotated

import typer

from cli.commands.answers import _say
from cli.options import AsJson, By, Key, LeadId, Reason, Until


def reassign(
    lead: LeadId,
    rep: Annotated[str, typer.Option("--rep", metavar="REP", help="Who gets it: an id of the roster.")],
    by: By,
    reason: Reason,
    key: Key = None,
    as_json: AsJson = False,
) -> int:
    """Give the lead to somebody else, whoever has it."""
    return _say("reassign", lead, {"rep_id": rep, "by": by, "reason": reason, "key": key}, as_json)


def take(lead: LeadId, by: By, key: Key = None, as_json: AsJson = False) -> int:
    """Take the lead yourself, whoever has it."""
    return _say("take", lead, {"by": by, "key": key}, as_json)


def handover(
    lead: LeadId,
    by: By,
    reason: Reason,
    rep: Annotated[
        str | None, typer.Option("--rep", metavar="REP", help="Who gets it. Left out: whoever routing finds.")
    ] = None,
    key: Key = None,
    as_json: AsJson = False,
) -> int:
    """Take the lead from whoever holds it and give it to somebody else (`roster handover`: all of a rep's)."""
    return _say("handover", lead, {"by": by, "reason": reason, "rep_id": rep, "key": key}, as_json)


def acknowledge(lead: LeadId, by: By, key: Key = None, as_json: AsJson = False) -> int:
    """Say that you have seen the alert and see to it: it is not repeated for a while."""
    return _say("acknowledge", lead, {"by": by, "key": key}, as_json)


def extend(lead: LeadId, by: By, until: Until, key: Key = None, as_json: AsJson = False) -> int:
    """Give the present owner longer before the ladder goes on."""
    return _say("extend", lead, {"by": by, "until": until, "key": key}, as_json)


def pause(
    lead: LeadId,
    by: By,
    reason: Reason,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="WHEN", help="An instant or a time from now. Left out: the policy's bound."),
    ] = None,
    key: Key = None,
    as_json: AsJson = False,
) -> int:
    """Freeze the remaining time; answers are still taken."""
    return _say("pause", lead, {"by": by, "reason": reason, "until": until, "key": key}, as_json)


def resume(lead: LeadId, by: By, key: Key = None, as_json: AsJson = False) -> int:
    """Let a paused lead's time run on."""
    return _say("resume", lead, {"by": by, "key": key}, as_json)


def escalate(lead: LeadId, by: By, key: Key = None, as_json: AsJson = False) -> int:
    """Climb the ladder's next rung now."""
    return _say("escalate", lead, {"by": by, "key": key}, as_json)


def requalify(lead: LeadId, by: By, reason: Reason, key: Key = None, as_json: AsJson = False) -> int:
    """Judge the lead anew, under the policy published now."""
    return _say("requalify", lead, {"by": by, "reason": reason, "key": key}, as_json)


def adjust(
    lead: LeadId,
    points: Annotated[float, typer.Option("--points", metavar="N", help="How many; negative ones take some away.")],
    by: By,
    reason: Reason,
    key: Key = None,
    as_json: AsJson = False,
) -> int:
    """Give the lead points by hand, or take some away; the policy says how many at most."""
    return _say("adjust", lead, {"points": points, "by": by, "reason": reason, "key": key}, as_json)


def disqualify(lead: LeadId, by: By, reason: Reason, key: Key = None, as_json: AsJson = False) -> int:
    """Say that this is not a lead."""
    return _say("disqualify", lead, {"by": by, "reason": reason, "key": key}, as_json)

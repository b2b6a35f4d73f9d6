"""What reps say to a lead, and what prospects do."""

from typing import Annotated, Any

import typer

from cli.options import AsJson, Key, LeadId, Offer, Reason, RepId, Until


def _say(name: str, lead_id: str, said: dict[str, Any], as_json: bool) -> int:
    from cli.saying import say_to_lead  # noqa: PLC0415

    return say_to_lead(name, lead_id, said, as_json)


def accept(lead: LeadId, rep: RepId, offer: Offer = None, key: Key = None, as_json: AsJson = False) -> int:
    """Take the lead you were offered."""
    return _say("accept", lead, {"rep_id": rep, "offer": offer, "key": key}, as_json)


def decline(
    lead: LeadId, rep: RepId, reason: Reason, offer: Offer = None, key: Key = None, as_json: AsJson = False
) -> int:
    """Pass the lead on to the next person at once."""
    return _say("decline", lead, {"rep_id": rep, "reason": reason, "offer": offer, "key": key}, as_json)


def contacted(
    lead: LeadId,
    rep: RepId,
    at: Annotated[str | None, typer.Option("--at", metavar="WHEN", help="When. Left out: now.")] = None,
    channel: Annotated[str | None, typer.Option("--channel", metavar="TEXT", help="How: phone, e-mail, ...")] = None,
    key: Key = None,
    as_json: AsJson = False,
) -> int:
    """Report the first touch: you reached out to the prospect."""
    return _say("contacted", lead, {"rep_id": rep, "at": at, "channel": channel, "key": key}, as_json)


def snooze(lead: LeadId, rep: RepId, until: Until, key: Key = None, as_json: AsJson = False) -> int:
    """Be asked again later; the policy says how late at most."""
    return _say("snooze", lead, {"rep_id": rep, "until": until, "key": key}, as_json)


def undo(
    lead: LeadId,
    rep: RepId,
    key: Annotated[str, typer.Option("--key", metavar="KEY", help="The key of what is to be taken back.")],
    as_json: AsJson = False,
) -> int:
    """Take back an accept or a decline, within the policy's grace."""
    return _say("undo", lead, {"rep_id": rep, "key": key}, as_json)


def event(
    lead: LeadId,
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="What they did: pricing_visit, email_open, ...")],
    at: Annotated[str | None, typer.Option("--at", metavar="WHEN", help="When. Left out: now.")] = None,
    properties: Annotated[
        str | None, typer.Option("--properties", metavar="JSON", help='More about it: {"page": "/pricing"}')
    ] = None,
    key: Key = None,
    as_json: AsJson = False,
) -> int:
    """Note that the prospect did something; it is scored again."""
    return _say("event", lead, {"kind": kind, "at": at, "properties": properties, "key": key}, as_json)


def outcome(
    lead: Annotated[
        str,
        typer.Argument(
            metavar="LEAD", help="The lead's id, or its person's e-mail address: then their latest lead is meant."
        ),
    ],
    result: Annotated[
        str,
        typer.Argument(metavar="RESULT", help="qualified, won, lost, disqualified, bad or unreachable."),
    ],
    value: Annotated[float | None, typer.Option("--value", metavar="AMOUNT", help="What it is worth.")] = None,
    currency: Annotated[
        str | None, typer.Option("--currency", metavar="CODE", help="Of the value (ISO 4217). Left out: EUR.")
    ] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="WHEN", help="When. Left out: now.")] = None,
    by: Annotated[str | None, typer.Option("--by", metavar="WHO", help="Who says so; it is recorded.")] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="SOURCE", help="LEAD is the external id that this source uses.")
    ] = None,
    key: Key = None,
    as_json: AsJson = False,
) -> int:
    """Note what became of the lead, also long after its workflow ended; the newest counts."""
    from cli import ending  # noqa: PLC0415

    said = {"result": result, "value": value, "currency": currency, "at": at, "by": by, "key": key}
    return ending.outcome(lead, source, said, as_json)

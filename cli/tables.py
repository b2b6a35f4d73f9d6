"""Documents about leads as tables that a person reads at a glance. The same documents are what --json prints."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import RenderableType

from cli.output import countdown, facts, instant, plain, table
from db.leads import LeadCard
from models.lead import SETTLED

Document = Mapping[str, Any]


def status(lead: Document, now: datetime) -> list[RenderableType]:
    """Lay out where one lead stands, and the rungs ahead."""
    score = None
    if lead["score"] is not None:
        score = f"{lead['score']:g} points, intent {lead['intent']}, fit {lead['fit']}"
    parts: list[RenderableType] = [
        facts(
            {
                "lead": f"{lead['lead_id']}: {lead['headline']}",
                "stage": lead["stage"] + (", paused" if lead["paused"] else ""),
                "owner": _owner(lead),
                "answerable": lead["answerable"],
                "next": f"{lead['next_step']}{_when(lead['due_at'], now)}",
                "promise": _promise(lead, now),
                "score": score,
                "received": _at(lead["received_at"]),
                "accepted": _at(lead["accepted_at"]),
                "contacted": _at(lead["contacted_at"]),
                "folded into": lead.get("folded_into"),
                "came back from": lead.get("follows"),
                "policy": lead["policy"],
                "told by": lead["told_by"],
            }
        )
    ]
    if lead["next_steps"]:
        rows = [
            (
                rung["n"],
                rung["says"] + (" (if nothing happens before)" if rung["projected"] else ""),
                _at(rung["due_at"]),
                countdown(_instant(rung["due_at"]), now),
                rung["clock"],
            )
            for rung in lead["next_steps"]
        ]
        parts += ["", table(("rung", "what", "when", "", "clock"), rows, "Ladder")]
    return parts


def _owner(lead: Document) -> str:
    if lead["owner"] is None:
        return "nobody"
    state = "has made contact" if lead["contacted_at"] else "accepted" if lead["accepted_at"] else "asked"
    return f"{lead['owner']} ({state}, offer {lead['offer']})"


def _promise(lead: Document, now: datetime) -> str | None:
    if lead["response_due_at"] is None:
        return None
    broken = ": broken" if lead["breached"] else ""
    return f"accepted by {_at(lead['response_due_at'])}{broken or _when(lead['response_due_at'], now, '')}"


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _at(text: str | None) -> str:
    return instant(_instant(text))


def _when(text: str | None, now: datetime, before: str = ", at ") -> str:
    if text is None:
        return ""
    return f"{f'{before}{_at(text)}' if before else ''} ({countdown(_instant(text), now)})"


def explanation(lead: Document) -> list[RenderableType]:
    """Lay out facts, score and routing, each with its reasons."""
    parts = [*_facts(lead), *_score(lead["score"]), *_routing(lead["assignment"])]
    return [*parts, facts({"policy": lead["policy"], "told by": lead["told_by"]})]


def _facts(lead: Document) -> list[RenderableType]:
    known = lead["facts"] or {}
    origin = known.get("origin", {})
    rows = [
        (name, value, origin.get(name, "the lead"))
        for name, value in _leaves(known, "")
        if name not in ("lead_id", "notes")
    ]
    learned = {fact["field"] for fact in (lead["enrichment"] or {}).get("facts", [])}
    rows += [
        (fact["field"], fact["value"], fact["source"])
        for fact in (lead["enrichment"] or {}).get("facts", [])
        if fact["field"] not in {name for name, _, _ in rows}
    ]
    unknown = [
        (one["field"], "unknown", one["because"])
        for one in (lead["enrichment"] or {}).get("unknown", [])
        if one["field"] not in learned
    ]
    parts: list[RenderableType] = []
    if rows or unknown:
        parts += [table(("fact", "value", "who says so, or why not known"), [*rows, *unknown], "Facts"), ""]
    if notes := known.get("notes"):
        parts += [table(("noted",), [(note,) for note in notes]), ""]
    return parts


def _leaves(known: Document, above: str) -> Iterable[tuple[str, object]]:
    """List values by their dotted names; what is empty is left out."""
    for name, value in known.items():
        if name == "origin" or value in (None, [], {}, ""):
            continue
        if isinstance(value, dict):
            yield from _leaves(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", ", ".join(map(str, value)) if isinstance(value, list) else value


def _score(score: Document | None) -> list[RenderableType]:
    if score is None:
        return []
    way = score["qualification"]
    goes = f"to sales, promise {way['sla']}, tier {way['tier'] or 'none'}" if way["way"] == "route" else way["way"]
    reasons = [(f"{one['points']:+g}", one["rule"], one["because"]) for one in score["reasons"]]
    return [
        table(("points", "rule", "because"), reasons, f"Score: {score['points']:g} points"),
        facts({"intent": score["intent"], "fit": score["fit"], "so it goes": f"{goes}: {way['because']}"}),
        "",
    ]


def _routing(made: Document | None) -> list[RenderableType]:
    if made is None:
        return []
    trace = made.get("trace") or {}
    rules = [("yes" if one["matched"] else "no", one["rule"], one["because"]) for one in trace.get("rules", [])]
    people = [
        (
            one["rep_id"],
            one["excluded"] or ("chosen" if one["rep_id"] == trace.get("chosen") else "could have had it"),
            f"{one['load']} of {one['capacity']}",
            one["weight"],
            f"{one['balance']:+.2f}",
        )
        for one in trace.get("candidates", [])
    ]
    parts: list[RenderableType] = [
        facts(
            {
                "routing": made["outcome"].replace("_", " "),
                "at": _at(made.get("at") or trace.get("at")),
                "to": made.get("rep_id"),
                "backup": made.get("backup_id"),
                "pool": trace.get("pool"),
                "tier": trace.get("tier"),
                "levels": ", ".join(trace.get("levels", [])),
                "because": trace.get("because") or made.get("because"),
                "until": _at(made.get("until")),
            }
        ),
        "",
    ]
    if rules:
        parts += [table(("matched", "rule", "because"), rules, "Rules tried"), ""]
    if people:
        parts += [table(("rep", "why", "open", "weight", "behind share"), people, "Who was looked at"), ""]
    return parts


def cards(leads: Sequence[LeadCard], now: datetime) -> RenderableType:
    """Lay leads out, one a row."""
    rows = [
        (
            card.lead_id,
            card.headline,
            card.stage.value + (" (late)" if card.breached else ""),
            card.owner or (f"({card.answerable})" if card.answerable else ""),
            "" if card.stage in SETTLED else card.rung,
            card.next_step,
            countdown(card.due_at, now),
            "" if card.points is None else f"{card.points:g}",
            instant(card.received_at),
        )
        for card in leads
    ]
    if not rows:
        return plain("no leads")
    return table(("lead", "what", "stage", "owner", "rung", "next", "due", "points", "received"), rows)

"""Why a lead is where it is, as tables: facts and who said so, points, ways, ties, rules, people (R29, R39).

The same document is what --json prints. This module refuses to know where it came from.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import RenderableType

from cli.output import facts, table
from cli.tables import at, people

Document = Mapping[str, Any]

_PEOPLE = ("rep", "why (times are their own)", "open", "weight", "behind share", "suits")


def explanation(lead: Document) -> list[RenderableType]:
    """Lay out facts, score and routing, each with its reasons."""
    parts = [*_facts(lead), *_score(lead["score"]), *_routing(lead["assignment"])]
    return [*parts, facts({"people": people(lead.get("people")), "policy": lead["policy"], "told by": lead["told_by"]})]


def _facts(lead: Document) -> list[RenderableType]:
    known = lead["facts"] or {}
    used = {fact["field"]: fact for fact in _used(lead)}
    rows = {
        name: (value, _said_by(known, name))
        for name, value in _leaves(known, "")
        if name not in ("lead_id", "notes", "conflicts") and not name.startswith("account.")
    }
    for fact in (lead["enrichment"] or {}).get("facts", []):
        rows.setdefault(fact["field"], (fact["value"], fact["source"]))
    for unknown in (lead["enrichment"] or {}).get("unknown", []):
        rows.setdefault(unknown["field"], ("unknown", unknown["because"]))
    for name, fact in used.items():
        told = ("unknown", "") if fact["value"] is None else (_flat(fact["value"]), fact["source"] or "the lead")
        rows.setdefault(name, told)
    parts: list[RenderableType] = []
    if rows:
        lines = [(name, value, says, "yes" if name in used else "") for name, (value, says) in rows.items()]
        parts += [table(("fact", "value", "who says so, or why not known", "rules looked at it"), lines, "Facts"), ""]
    parts += _account(known.get("account"), lead["enrichment"] or {})
    if conflicts := known.get("conflicts"):
        says = [(one["field"], _from(one, "kept"), _from(one, "other"), one["because"]) for one in conflicts]
        parts += [table(("field", "kept", "against", "because"), says, "Contradictions"), ""]
    if asked := (lead["enrichment"] or {}).get("asked"):
        rows_of = [(one["provider"], one["outcome"].replace("_", " "), one["because"]) for one in asked]
        parts += [table(("provider", "outcome", "because"), rows_of, "Who was asked about the company"), ""]
    if notes := known.get("notes"):
        parts += [table(("noted",), [(note,) for note in notes]), ""]
    return parts


def _account(match: Document | None, enrichment: Document) -> list[RenderableType]:
    """Lay out which account the company is, by what it was recognised, and those above it."""
    if match is None:
        possible = enrichment.get("possible")
        waits = f"the company might be one of {possible}: see `accounts possible`" if possible else ""
        return [facts({"account": waits}), ""] if waits else []
    own, *above = match["accounts"]
    how = f"{match['by'].replace('_', ' ')}, score {match['score']:g}: {match['because']}"
    rows = [(one["name"], one["id"], one["status"], one["owner"], "above it") for one in above]
    rows.insert(0, (own["name"], own["id"], own["status"], own["owner"], how))
    return [table(("account", "id", "status", "owner", "matched by"), rows, "Account"), ""]


def _said_by(known: Document, name: str) -> str:
    """Name who said a field, and the day on which a provider did."""
    who: str = known.get("origin", {}).get(name, "the lead")
    said_at = known.get("as_of", {}).get(name)
    return f"{who}, {said_at[:10]}" if said_at else who


def _from(conflict: Document, side: str) -> str:
    return f"{conflict[side]} ({conflict[f'{side}_from']})"


def _used(lead: Document) -> Iterable[Document]:
    trace = (lead["assignment"] or {}).get("trace") or {}
    return [*(lead["score"] or {}).get("facts", []), *trace.get("facts", [])]


def _leaves(known: Document, above: str) -> Iterable[tuple[str, object]]:
    """List values by their dotted names; what is empty is left out."""
    for name, value in known.items():
        if name in ("origin", "as_of") or value in (None, [], {}, ""):
            continue
        if isinstance(value, dict):
            yield from _leaves(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", _flat(value)


def _flat(value: object) -> object:
    """Write a value as conditions' reasons do: lists with commas, yes and no, round numbers without a point."""
    if isinstance(value, bool):
        return _yes(value)
    if isinstance(value, float):
        return f"{value:.10g}"
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _score(score: Document | None) -> list[RenderableType]:
    if score is None:
        return []
    way = score["qualification"]
    goes = f"to sales, promise {way['sla']}, tier {way['tier'] or 'none'}" if way["way"] == "route" else way["way"]
    reasons = [(f"{one['points']:+g}", one["rule"], one.get("group"), one["because"]) for one in score["reasons"]]
    ways = [(_yes(one["matched"]), one["rule"], one["because"]) for one in score.get("ways", [])]
    parts: list[RenderableType] = [
        table(("points", "rule", "model", "because"), reasons, f"Score: {score['points']:g} points"),
        facts({"intent": score["intent"], "fit": score["fit"], "so it goes": f"{goes}: {way['because']}"}),
        "",
    ]
    parts += _learned(score.get("learned"))
    if ways:
        parts += [table(("matched", "way", "because"), ways, "Ways before the matrix"), ""]
    return parts


def _learned(said: Document | None) -> list[RenderableType]:
    """Lay out how likely the learned score calls it, and what makes it so: more likely, or less."""
    if said is None:
        return []
    doubt = f"; {said['because']}" if said["because"] else ""
    likely = f"{said['likelihood']:.0%} likely by {said['model']}{doubt}"
    rows = [(f"{said['base']:+.2f}", "any lead")]
    rows += [(f"{one['weight']:+.2f}", one["feature"]) for one in said["reasons"]]
    return [facts({"learned": likely}), table(("log-odds", "because"), rows), ""]


def _routing(made: Document | None) -> list[RenderableType]:
    if made is None:
        return []
    trace = made.get("trace") or {}
    parts: list[RenderableType] = [
        facts(
            {
                "routing": made["outcome"].replace("_", " "),
                "at": at(made.get("at") or trace.get("at")),
                "to": made.get("rep_id"),
                "backup": made.get("backup_id"),
                "account": trace.get("account"),
                "tie": (trace.get("tie") or "").replace("_", " ") or None,
                "pool": trace.get("pool"),
                "chosen by": (trace.get("strategy") or "").replace("_", " ") or None,
                "nobody in": ", ".join(trace.get("overflow", [])) or None,
                "tier": trace.get("tier"),
                "levels": ", ".join(trace.get("levels", [])),
                "because": trace.get("because") or made.get("because"),
                "until": at(made.get("until")),
            }
        ),
        "",
    ]
    if ties := [
        (_yes(one["decided"]), one["tie"].replace("_", " "), one["rep_id"], one["because"])
        for one in trace.get("ties", [])
    ]:
        parts += [table(("decided", "tie", "whose", "because"), ties, "Whose it is already"), ""]
    if rules := [(_yes(one["matched"]), one["rule"], one["because"]) for one in trace.get("rules", [])]:
        more = trace.get("untold", 0)
        rules += [("no", f"{more} more", "not listed")] if more else []
        parts += [table(("matched", "rule", "because"), rules, "Rules tried"), ""]
    if people := list(_people(trace)):
        parts += [table(_PEOPLE, people, "Who was looked at"), ""]
    return parts


def _people(trace: Document) -> Iterable[tuple[object, ...]]:
    for one in trace.get("candidates", []):
        chosen = "chosen" if one["rep_id"] == trace.get("chosen") else "could have had it"
        suits = "" if one.get("fit") is None else f"{one['fit']:g} ({', '.join(one['fits']) or 'nothing'})"
        load = f"{one['load']} of {one['capacity']}"
        yield one["rep_id"], one["excluded"] or chosen, load, one["weight"], f"{one['balance']:+.2f}", suits


def _yes(true: bool) -> str:
    return "yes" if true else "no"

"""Documents about leads as tables that a person reads at a glance. The same documents are what --json prints."""

from collections.abc import Mapping, Sequence
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
                "routing": _stopped(lead.get("routing_stopped")),
                "promise": _promise(lead, now),
                "score": score,
                "received": at(lead["received_at"]),
                "accepted": at(lead["accepted_at"]),
                "contacted": at(lead["contacted_at"]),
                "outcome": _outcome(lead.get("outcome")),
                "task": _task(lead.get("task"), now),
                "nurture": _enrolment(lead.get("enrolment")),
                "people": people(lead.get("people")),
                **hygiene(lead.get("hygiene")),
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
                rung_words(rung),
                at(rung["due_at"]),
                countdown(_instant(rung["due_at"]), now),
                rung["clock"],
            )
            for rung in lead["next_steps"]
        ]
        parts += ["", table(("rung", "what", "when", "", "clock"), rows, "Ladder")]
    return parts


def rung_words(rung: Document) -> str:
    """Say what a rung does, and what of it its own words leave out."""
    says: str = rung["says"]
    more = [
        f"goes on at {at(rung['until_at'])}" if rung.get("until_at") else "",
        f"over {', '.join(rung['channels'])}" if rung.get("channels") else "",
        "in quiet hours too" if rung.get("urgent") else "",
        "if nothing happens before" if rung["projected"] else "",
    ]
    told = ", ".join(filter(None, more))
    return f"{says} ({told})" if told else says


def _owner(lead: Document) -> str:
    if lead["owner"] is None:
        return "nobody"
    state = "has made contact" if lead["contacted_at"] else "accepted" if lead["accepted_at"] else "asked"
    return f"{lead['owner']} ({state}, offer {lead['offer']})"


def _stopped(switch: Document | None) -> str | None:
    if switch is None:
        return None
    return f"all of it is stopped by {switch['by']} since {at(switch['at'])}: {switch['reason']}"


def _outcome(noted: Document | None) -> str | None:
    if noted is None:
        return None
    worth = "" if noted["value"] is None else f", {noted['value']:,.2f} {noted['currency']}"
    who = f", held by {noted['rep_id']}" if noted["rep_id"] else ""
    return f"{noted['result']}{worth}{who}, at {at(noted['at'])}"


def _task(task: Document | None, now: datetime) -> str | None:
    if task is None:
        return None
    if task["state"] != "open":
        return f"{task['rep_id']}'s is {task['state']} since {at(task['closed_at'])}: {task['because']}"
    late = ": overdue" if task["overdue"] else _when(task["due_at"], now, "")
    due = f", due {at(task['due_at'])}{late}" if task["due_at"] else ""
    what = f"try contact {task['contact_id']}" if task.get("contact_id") else "reach out"
    return f"{task['rep_id']} has to {what}{due}"


def hygiene(known: Document | None) -> dict[str, str | None]:
    """Say what somebody does in their company, and what of the lead cannot all be so, in one line each."""
    if known is None:
        return {}
    decides = {True: "decides", False: "does not decide", None: None}[known["decision_maker"]]
    role = [known["seniority"], known["department"], decides]
    return {
        "role": ", ".join(part.replace("_", " ") for part in role if part) or None,
        "contradictions": "; ".join(map(contradiction, known["conflicts"])) or None,
    }


def contradiction(conflict: Document) -> str:
    """Say of which field which value was kept against which other: "country: DE (lead), not GB (phone)"."""
    kept, other = (f"{conflict[side]} ({conflict[f'{side}_from']})" for side in ("kept", "other"))
    return f"{conflict['field']}: {kept}, not {other}"


def people(group: Document | None) -> str | None:
    """Say how many others of the company are known, and whom to try next; None: nobody else is known."""
    if group is None or not group["others"]:
        return None
    known = f"{group['others']} more of the company known"
    if (best := group["next_best"]) is None:
        return f"{known}, nobody to try next"
    what = (best["title"] or best["seniority"] or "title unknown").replace("_", " ")
    return f"{known}; next: contact {best['contact_id']}, {what} ({'; '.join(best['because']) or 'nothing else known'})"


def _enrolment(enrolment: Document | None) -> str | None:
    if enrolment is None:
        return None
    if enrolment["state"] == "sent":
        return f"enrolled in {enrolment['programme']} since {at(enrolment['sent_at'])}"
    because = f": {enrolment['because']}" if enrolment["because"] else ""
    return f"to be enrolled, {enrolment['state']}{because}"


def _promise(lead: Document, now: datetime) -> str | None:
    if lead["response_due_at"] is None:
        return None
    broken = ": broken" if lead["breached"] else ""
    return f"accepted by {at(lead['response_due_at'])}{broken or _when(lead['response_due_at'], now, '')}"


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def at(text: str | None) -> str:
    """Say an instant of a document, in UTC; nothing for none."""
    return instant(_instant(text))


def _when(text: str | None, now: datetime, before: str = ", at ") -> str:
    if text is None:
        return ""
    return f"{f'{before}{at(text)}' if before else ''} ({countdown(_instant(text), now)})"


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

"""What rungs do, and how they moved, in words for a timeline. This room refuses to plan them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from models.ladder import Rung, RungKind, Target
from models.lead import Stage
from models.sla import RungRule
from policy.routing.moments import moment

_GOES = {
    Stage.NURTURING: "let marketing nurture it",
    Stage.REVIEW: "have a person review it",
    Stage.CLOSED: "close it",
}
_TOLD = 3
"""So many moved rungs are told in a cause; nobody reads more."""


@dataclass(frozen=True, slots=True)
class Names:
    """Who is known to be meant: the reserved backup, the manager, and whom the manager answers to."""

    backup: str | None = None
    manager: str | None = None
    chief: str | None = None


NOBODY_KNOWN = Names()


def says(rule: RungRule, to: Target | None, names: Names) -> str:
    """Say what a rung does: "offer it to the backup, ben"."""
    match rule.do:
        case RungKind.REMIND:
            return "remind the owner"
        case RungKind.ALERT:
            return f"tell {_told(rule, to, names)}"
        case RungKind.OFFER:
            return f"offer it to {_asked(rule, to, names)}"
        case RungKind.REASSIGN:
            return f"give it to {_asked(rule, to, names)}"
        case RungKind.WIDEN:
            return f"widen to {', '.join(rule.pools)}"
        case RungKind.PAUSE:
            return f"pause until {rule.until}"
        case RungKind.STAGE:
            return _GOES.get(rule.stage, "triage") if rule.stage else "triage"
        case RungKind.TRIAGE:
            return "triage"
        case RungKind.REPEAT:
            return f"the {rule.rungs} rungs above again, {rule.times} times"


def _asked(rule: RungRule, to: Target | None, names: Names) -> str:
    match to:
        case Target.BACKUP:
            return f"the backup, {names.backup}" if names.backup else "the backup"
        case Target.PRIMARY:
            return "the one whose turn it is"
        case Target.PERSON | Target.ON_DUTY:
            return _by_name(rule, to)
        case _:
            return "the next one available"


def _told(rule: RungRule, to: Target | None, names: Names) -> str:
    match to:
        case Target.PERSON | Target.ON_DUTY | Target.ROOM:
            return _by_name(rule, to)
        case Target.MANAGERS_MANAGER if names.manager and names.chief:
            return f"{names.manager}'s manager, {names.chief}"
        case Target.MANAGERS_MANAGER if names.manager:
            return f"the manager, {names.manager}, who has none above"
        case Target.MANAGERS_MANAGER:
            return "the manager's manager"
        case _:
            return f"the manager, {names.manager}" if names.manager else "the manager"


def _by_name(rule: RungRule, to: Target | None) -> str:
    match to:
        case Target.ON_DUTY:
            return f"whoever is on duty ({rule.who})"
        case Target.ROOM:
            return f"the room {rule.who}"
        case _:
            return f"{rule.who}"


def moves(before: Sequence[Rung], after: Sequence[Rung], zone: str, at: datetime) -> str:
    """Tell which rungs moved, old and new in wall times of a zone; nothing when none did."""
    moved = [(was, now) for was, now in zip(before, after, strict=True) if was.due_at != now.due_at]
    if not moved:
        return ""
    told = [f"{now.says} {_from_to(was.due_at, now.due_at, zone, at)}" for was, now in moved[:_TOLD]]
    if more := len(moved) - _TOLD:
        told += [f"{more} more"] if more > 0 else []
    return f"{', '.join(told)} ({zone})"


def _from_to(old_at: datetime, new_at: datetime, zone: str, seen_from: datetime) -> str:
    old, new = (one.astimezone(ZoneInfo(zone)) for one in (old_at, new_at))
    said = moment(new_at, zone, seen_from)
    if old.date() == new.date():
        said = said.rsplit(" ", 1)[-1]
    return f"{moment(old_at, zone, seen_from)} -> {said}"

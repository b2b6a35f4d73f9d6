"""The coaching list: whose offers ran out, who declined, whose promises broke, and who is set aside (R32)."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from cli import reach
from cli.exits import Code
from cli.known import roster_in
from cli.output import instant, say, say_json, show, span, stamp, table
from config.settings import Settings
from db.coaching import Tally
from runtime import clock
from runtime.coached import Listed, coached


def show_coaching(days: int | None, as_json: bool) -> int:
    """Show the coaching list. Raises BadInput when no roster is loaded."""
    listed = reach.carry_out(_listed(reach.settings(), days, clock.now()))
    if as_json:
        say_json([_document(listed, one) for one in listed.tallies])
        return Code.DONE
    number = sum(map(listed.to_coach, listed.tallies))
    rows = [_row(listed, one) for one in listed.tallies if one.offers or one.rep_id in listed.aside]
    if not rows:
        say(f"nobody was offered anything since {instant(listed.since)}")
        return Code.DONE
    columns = (
        "rep", "offers", "accepted", "declined", "ran out", "untouched", "promise broke", "missed", "last", "set aside",
        "",
    )  # fmt: skip
    show(table(columns, rows, f"Offers made since {instant(listed.since)}"))
    say(f"{number} to coach: {listed.rule.misses} or more missed within {span(listed.rule.within)} (policy).")
    return Code.DONE


async def _listed(settings: Settings, days: int | None, at: datetime) -> Listed:
    async with reach.store(settings) as store:
        return await coached(store, await roster_in(store), at, None if days is None else timedelta(days=days))


def _row(listed: Listed, one: Tally) -> tuple[object, ...]:
    aside = listed.aside.get(one.rep_id)
    return (
        one.rep_id, one.offers, one.accepted, one.declined, one.ran_out, one.untouched, one.breached, one.missed,
        instant(one.last_missed_at), f"until {instant(aside.ends_at)}" if aside else None,
        "coach" if listed.to_coach(one) else "forgiven" if one.forgiven_at else None,
    )  # fmt: skip


def _document(listed: Listed, one: Tally) -> dict[str, Any]:
    aside = listed.aside.get(one.rep_id)
    return asdict(one) | {
        "last_missed_at": stamp(one.last_missed_at),
        "forgiven_at": stamp(one.forgiven_at),
        "aside_until": stamp(aside.ends_at) if aside else None,
        "coach": listed.to_coach(one),
    }

"""Somebody leaves: all that they hold goes to others, and the command waits and tells to whom and why.

The acts are the database's and each lead's own workflow's. Whoever is not waited for moves all the same.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic

from cli import handing_over_lines as lines
from cli import reach
from cli.confirming import confirm
from cli.exits import BadInput, Code
from cli.handing_over_lines import Became, Moved
from cli.known import roster_in
from cli.output import complain, say, say_json, stamp
from cli.progress import Bar
from cli.roster_edits import unknown_rep
from cli.typed import read_duration, read_person, read_reason
from config.settings import Settings
from db.handovers import CannotTakeOver, Handover, InHand
from db.ledger import Booked
from db.rosters import UnknownRep
from db.tables.words import Posting
from models.decisions import Held, Nobody, Offered
from models.lead import ENDED, Stage
from models.roster import Roster
from policy.spelling import did_you_mean
from runtime import clock
from runtime.store import Store

LOOK = timedelta(milliseconds=300)
"""Between two looks at what has moved."""

LINES = 1000
"""How many of the ledger's last lines are looked through for those that settle."""

_IN_HAND = frozenset({Stage.OFFERED, Stage.ACCEPTED})
"""A lead that says so and that nobody holds is between two hands: its record follows."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for: who leaves, who says so and why, who gets what they hold, and how long to wait for it."""

    rep_id: str
    by: str
    reason: str
    to: str | None
    keep_active: bool
    dry_run: bool
    yes: bool
    wait: str
    as_json: bool


def hand_over(asked: Request) -> int:
    """Give all that a rep holds to others; exit code 1 when some could not be given. Raises Stop."""
    asked = replace(asked, by=read_person(asked.by), reason=read_reason(asked.reason))
    patience, settings = read_duration(asked.wait, "--wait"), reach.settings()
    held = reach.carry_out(_held(settings, asked))
    if asked.dry_run:
        if asked.as_json:
            say_json({"rep_id": asked.rep_id, "leads": lines.held_document(held)})
        else:
            lines.held_table(asked.rep_id, held)
        return Code.DONE
    if not asked.yes:
        if not asked.as_json:
            lines.held_table(asked.rep_id, held)
        confirm(_act(asked, len(held)))
    at = clock.now()
    moved, settled = reach.carry_out(_carry_out(settings, asked, at, patience))
    _tell(asked, at, moved, settled)
    return Code.REFUSED if any(one.became in (Became.NOBODY, Became.STAYS) for one in moved) else Code.DONE


def _act(asked: Request, number: int) -> str:
    stays = "" if asked.keep_active else f", and take {asked.rep_id} out of the rotation"
    return f"give {_leads(number)} of {asked.rep_id} to {asked.to or 'whoever routing finds'}{stays}"


async def _held(settings: Settings, asked: Request) -> tuple[InHand, ...]:
    """List what they hold. Raises BadInput for somebody whom the roster does not know."""
    async with reach.store(settings) as store:
        try:
            held = await store.handovers.held_by(asked.rep_id)
        except UnknownRep:
            raise await unknown_rep(store, asked.rep_id) from None
        if asked.to is not None:
            _check_heir(asked.rep_id, asked.to, await roster_in(store))
        return held


def _check_heir(leaver: str, to: str, roster: Roster) -> None:
    known = {one.id: one for one in roster.reps}
    if to not in known:
        raise BadInput(f"--to: {to} is no rep of the roster{did_you_mean(to, known)}")
    if to == leaver:
        raise BadInput(f"--to: {to} is who leaves")
    if not known[to].active:
        raise BadInput(f"--to: {to} is not active")


async def _carry_out(
    settings: Settings, asked: Request, at: datetime, patience: timedelta
) -> tuple[list[Moved], list[Booked]]:
    async with reach.store(settings) as store:
        try:
            held = await store.handovers.held_by(asked.rep_id)
            begun = await store.handovers.begin(
                asked.rep_id,
                by=asked.by,
                reason=asked.reason,
                at=at,
                to=asked.to,
                keep_active=asked.keep_active,
            )
        except CannotTakeOver as no:
            raise BadInput(f"--to: {no}") from None
        moved = await _wait(store, asked.rep_id, held, begun, patience)
        booked = await store.ownerships.booked(limit=LINES)
        return moved, [one for one in booked if one.posting is Posting.SETTLE and one.at == at]


async def _wait(store: Store, rep_id: str, held: Sequence[InHand], begun: Handover, patience: timedelta) -> list[Moved]:
    """Wait until each lead has moved, or for so long; give them in the order in which they were held."""
    found = {one.lead_id: _in_contact(lead, one.to, one.because) for one in begun.given for lead in held
             if lead.lead_id == one.lead_id}  # fmt: skip
    deadline = monotonic() + patience.total_seconds()
    with Bar("handing over", len(held)) as bar:
        while True:
            theirs = {one.lead_id: one for one in await store.handovers.held_by(rep_id)}
            for lead in held:
                if lead.lead_id not in found:
                    became = await _became(store, rep_id, lead, theirs.get(lead.lead_id))
                    if became is not None:
                        found[lead.lead_id] = became
            bar.reach(len(found))
            if len(found) == len(held) or monotonic() > deadline:
                break
            await asyncio.sleep(LOOK.total_seconds())
    still = "it moves on by itself, once a worker and Temporal are there"
    return [
        found.get(lead.lead_id) or Moved(lead, lead.state.value, Became.UNDER_WAY, rep_id, because=still)
        for lead in held
    ]


def _in_contact(lead: InHand, to: str | None, because: str) -> Moved:
    return Moved(lead, Stage.CONTACTED.value, Became.STAYS if to is None else Became.GIVEN, to, because=because)


async def _became(store: Store, rep_id: str, lead: InHand, still: InHand | None) -> Moved | None:
    """Say what became of a lead that is theirs no more, or that they made contact with meanwhile; None while open."""
    if still is not None:
        met = "they made contact just now: hand it over again"
        return None if still.running else Moved(lead, Stage.CONTACTED.value, Became.STAYS, rep_id, because=met)
    card = await store.leads.get(lead.lead_id)
    if card is None or (card.owner in (None, rep_id) and card.stage in _IN_HAND):
        return None
    stage = card.stage.value
    if card.stage in ENDED:
        return Moved(lead, stage, Became.ENDED, card.owner, because=f"it is {stage}")
    decided = await store.decisions.assignment(lead.lead_id)
    if card.owner is not None:
        why = decided.sentence if isinstance(decided, Offered) and decided.rep_id == card.owner else ""
        return Moved(lead, stage, Became.GIVEN, card.owner, because=why)
    if isinstance(decided, Held) and card.stage is Stage.ROUTING:
        return Moved(lead, stage, Became.HELD, until=decided.until, because=decided.because)
    why = decided.because if isinstance(decided, Nobody) else card.next_step
    return Moved(lead, stage, Became.NOBODY, because=why)


def _tell(asked: Request, at: datetime, moved: Sequence[Moved], settled: Sequence[Booked]) -> None:
    if asked.as_json:
        said = {"rep_id": asked.rep_id, "by": asked.by, "reason": asked.reason, "to": asked.to, "at": stamp(at)}
        leads, ledger = lines.moved_document(moved), lines.settled_document(settled)
        say_json({**said, "retired": not asked.keep_active, "leads": leads, "settled": ledger})
        return
    lines.moved_tables(asked.rep_id, moved, settled)
    counts = {became: sum(one.became is became for one in moved) for became in Became}
    told = ", ".join(f"{number} {became.replace('_', ' ')}" for became, number in counts.items() if number)
    say(f"{asked.rep_id}: {_leads(len(moved))}{f' ({told})' if told else ''}.")
    if not asked.keep_active:
        say(f"{asked.rep_id} is inactive: nobody's routing finds them. Change the roster file, too.")
    if counts[Became.NOBODY] or counts[Became.STAYS]:
        complain("some could not be given to anybody: reassign them, or name with --to who gets them")


def _leads(number: int) -> str:
    return "1 lead" if number == 1 else f"{number} leads"

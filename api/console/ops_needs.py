"""What needs whoever runs the house: one sentence first, then each thing with what to do about it.

Arithmetic on what was looked at, so that every case can be told by a test. This room refuses to look by itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.console.words import at as said_at
from api.console.words import span
from db.choosing import Stopped
from db.upkeep import Backlog, Queue, Schema
from models.audit import Audit
from runtime.engine_room import Engine, Planned, Standing

LATE = timedelta(seconds=60)
"""How long past its due time a lead is simply being worked on."""

SLOW = timedelta(minutes=5)
"""How long something may wait for a worker while everything runs."""

PATIENT = timedelta(minutes=30)
"""How long something may wait for another house's tool before somebody should look."""

APART = timedelta(seconds=10)
"""How far two machines' clocks may be apart before what is said of seconds and minutes is wrong."""

ERASED_WITHIN = timedelta(hours=1)
PERIODS = 3
"""An audit that is older than so many of the periods between audits is a sign that none runs any more."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What was looked at. `secrets_lost`: sources whose secrets no key of the ring opens."""

    now: datetime
    zone: str
    backlog: Backlog
    schema: Schema
    engine: Engine
    audit: Audit | None
    audit_every: timedelta
    stopped: Stopped | None
    held: int
    secrets_lost: tuple[str, ...] = ()

    @property
    def ahead(self) -> timedelta:
        """Say how far this process's clock is ahead of others', as far as that shows; behind is less than nothing."""
        if self.schema.clock is not None and abs(self.now - self.schema.clock) > APART:
            return self.now - self.schema.clock
        ended_at = self.audit.ended_at if self.audit else None
        others = [one for one in (self.engine.latest, ended_at) if one is not None]
        return min(self.now - max(others), timedelta()) if others else timedelta()


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that needs somebody, now (`urgent`) or in the morning. `short` goes into a list of several."""

    urgent: bool
    short: str
    says: str
    remedy: str
    path: str = ""
    label: str = ""


def needs_of(looks: Looks) -> tuple[Need, ...]:
    """Say what needs somebody, what cannot wait first."""
    found = [*_engine(looks), *_audit(looks), *_routing(looks), *_leads(looks), *_outside(looks)]
    return tuple(sorted(found, key=lambda need: not need.urgent))


def sentence(looks: Looks, needs: tuple[Need, ...]) -> str:
    """Say in one sentence whether anything needs whoever looks."""
    urgent = [need.short for need in needs if need.urgent]
    later = len(needs) - len(urgent)
    if urgent:
        count = "One thing needs" if len(urgent) == 1 else f"{len(urgent)} things need"
        return f"{count} you now: {_listed(urgent)}."
    if later:
        count = "one thing" if later == 1 else f"{later} things"
        return f"Nothing needs you now. There {'is' if later == 1 else 'are'} {count} to look at in the morning."
    proof = f"the audit of {said_at(looks.audit.ended_at, looks.zone)}" if looks.audit else "the last audit"
    leads = _count(looks.backlog.open_leads, "open lead")
    return f"Nothing needs you: every part answers, and {proof} found none of {leads} forgotten."


def mismatch(schema: Schema) -> str:
    """Say of which release the tables are, and of which they should be."""
    return f"The tables are of release {schema.has or 'none'}, this program needs {schema.needs}."


def remedy(schema: Schema) -> str:
    """Say what brings tables and program together."""
    if schema.has is not None and schema.has > schema.needs:
        return "This program is the older one: start the release that the worker is of."
    return "Start the worker of this release once: it brings the tables up to date."


def _engine(looks: Looks) -> Iterator[Need]:
    engine, schema = looks.engine, looks.schema
    if schema.has != schema.needs:
        yield Need(
            True,
            "the database is of another release",
            mismatch(schema),
            remedy(schema),
        )
    if abs(looks.ahead) > APART:
        side = "ahead of" if looks.ahead > timedelta() else "behind"
        says = f"The clock of this process is {span(abs(looks.ahead))} {side} the others'."
        yield Need(
            True, "clocks are apart", f"{says} Until they agree, do not believe how long anything is said to wait.",
            "Set the machines' clocks by one server (NTP): timedatectl says whether that runs.",
        )  # fmt: skip
    if engine.away is not None:
        yield Need(
            True,
            "Temporal is away",
            f"Temporal at {engine.address}: {engine.away}. Leads are still taken and kept; none moves on.",
            "Bring it back, or mend TEMPORAL_ADDRESS. What was kept starts by itself.",
        )
        return
    if not engine.working(looks.now - looks.ahead):
        last = max((one.seen_at for one in engine.workers), default=None)
        seen = f"; the last one asked at {said_at(last, looks.zone)}" if last else ""
        yield Need(True, "no worker runs", f"No worker asks for work{seen}.", "Start one: python worker.py")
    yield from filter(None, (_queue(one.kind, one.waiting, one.oldest) for one in engine.queues))
    yield from filter(None, (_schedule(one, engine.namespace) for one in engine.schedules))


def _queue(kind: str, waiting: int, oldest: timedelta) -> Need | None:
    if oldest <= SLOW or not waiting:
        return None
    says = f"{waiting} {kind} wait for a worker, the oldest for {span(oldest)}."
    return Need(True, "workers do not keep up", says, "Start another worker, or look at what keeps this one.")


def _schedule(one: Planned, namespace: str) -> Need | None:
    what = "The audit" if one.is_audit else f"The schedule {one.id}"
    if one.standing is Standing.RUNS:
        return None
    because = {
        Standing.PAUSED: f"is paused{f': {one.note}' if one.note else ''}",
        Standing.MISSING: "is not there",
        Standing.FOREIGN: "starts something that is not ours",
    }[one.standing]
    short = "no audit is scheduled" if one.is_audit else f"{one.id} does not come"
    toggle = f"temporal schedule toggle --unpause --schedule-id {one.id} --namespace {namespace}"
    remedy = {
        Standing.PAUSED: f"Let it go on: {toggle}",
        Standing.MISSING: "A worker makes it within a minute; its log says why not.",
        Standing.FOREIGN: "Another installation has the name: give one of them another BATON_TASK_QUEUE.",
    }[one.standing]
    return Need(one.is_audit, short, f"{what} {because}.", remedy)


def _audit(looks: Looks) -> Iterator[Need]:
    audit, allowed = looks.audit, PERIODS * looks.audit_every
    run = "Is a worker running? An audit can be had at once below."
    if audit is None:
        yield Need(True, "no audit has ended yet", "No audit has ended yet: nothing proves that no lead waits.", run)
    elif looks.now - audit.ended_at > allowed:
        age = span(looks.now - audit.ended_at)
        says = f"The last audit ended {age} ago; one is due every {span(looks.audit_every)}."
        yield Need(True, "audits have stopped", says, run)
    elif audit.unhealed:
        who = _count(audit.unhealed, "lead")
        says = f"The last audit could not put {who} right."
        yield Need(True, f"{who} the audit could not heal", says, "Look at each; the list is below.", "#audit", "Which")
    elif not audit.healthy:
        says = f"The last audit looked at {len(audit.found)} of {audit.suspects} suspects only."
        yield Need(True, "an audit that was not finished", says, "The next one goes on; if it does not, add workers.")


def _routing(looks: Looks) -> Iterator[Need]:
    if looks.stopped is not None:
        by, why = looks.stopped.by, looks.stopped.reason
        since = said_at(looks.stopped.at, looks.zone)
        waits = f"{_count(looks.held, 'lead')} {'waits' if looks.held == 1 else 'wait'}"
        says = f"{by} stopped all routing on {since}: {why}. {waits} meanwhile."
        yield Need(True, "routing is stopped", says, "Start it below once the reason is gone.", "#routing", "Start it")


def _leads(looks: Looks) -> Iterator[Need]:
    log, now = looks.backlog, looks.now
    if log.late:
        says = f"{_count(log.late, 'open lead')} {_is(log.late)} past the time at which something was to happen."
        yield Need(
            True, "leads are late", says, "If workers run, the next audit moves them on.", "/?within=late", "Which"
        )
    for queue, what in ((log.door, "lead"), (log.errands, "errand")):
        if _old(queue, now, SLOW):
            says = f"{_count(queue.waiting, what)} {_is(queue.waiting)} kept and not started, since {_ago(queue, now)}."
            yield Need(True, f"{what}s do not start", says, "Workers start them: look at the workers' log.")
    if log.dead.waiting:
        count = _count(log.dead.waiting, "webhook")
        says = f"{count} could not be read; a lead may be in {'it' if log.dead.waiting == 1 else 'each'}."
        yield Need(True, f"{count} unread", says, "Mend the source's mapping, then replay.", "/ops/sources", "Sources")
    if _old(log.received, now, SLOW):
        came = _count(log.received.waiting, "webhook")
        says = f"{came} came and nobody went on with it, since {_ago(log.received, now)}."
        yield Need(True, "webhooks are left lying", says, "A worker goes on with them.", "/ops/sources", "Sources")
    for source in looks.secrets_lost:
        says = f"No key of BATON_SECRET_KEYS opens the secret of {source}: what it sends is refused."
        yield Need(
            True, f"{source} is locked out", says, "Put the former key back, or add the secret again.",
            f"/ops/sources/{source}", "The source",
        )  # fmt: skip


def _outside(looks: Looks) -> Iterator[Need]:
    log, now = looks.backlog, looks.now
    if log.alerts.refused:
        says = f"{_count(log.alerts.refused, 'alert')} could not be sent within the last day."
        yield Need(
            False, "alerts were not told", says, "Mend the channel, then tell them.", "/ops/messages", "Messages"
        )
    if log.messages.refused or log.messages.waiting:
        says = (
            f"Of the last day's messages {log.messages.refused} were refused and {log.messages.waiting} are in trouble."
        )
        yield Need(False, "messages fail", says, "Test the channel.", "/ops/messages", "Messages")
    for queue, what, path in (
        (log.hand_offs, "hand-off", "/ops/hand-offs"),
        (log.crm, "lead the CRM should hear of", "/ops/crm"),
    ):
        if queue.refused:
            says = f"{queue.refused} × {what}: refused by the other side, and not tried again."
            yield Need(False, f"refused: {what}", says, "Mend what it says, then retry.", path, "Look")
        if _old(queue, now, PATIENT):
            says = f"{queue.waiting} × {what}: waiting since {_ago(queue, now)}."
            yield Need(False, f"waiting: {what}", says, "It is tried again by itself.", path, "Look")
    if _old(log.erasures, now, ERASED_WITHIN):
        says = f"{_count(log.erasures.waiting, 'erasure')} not complete since {_ago(log.erasures, now)}."
        yield Need(False, "erasures are not complete", says, "They are tried again; the worker's log says why.")


def _old(queue: Queue, now: datetime, allowed: timedelta) -> bool:
    return queue.since is not None and now - queue.since > allowed


def _ago(queue: Queue, now: datetime) -> str:
    return f"{span(now - queue.since)} ago" if queue.since else "now"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"

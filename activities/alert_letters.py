"""What managers are told of leads that need them: of one, or of several in one message.

Each says in one line what happened, who has the lead, what comes next and when, and how to act. This room refuses to
look anything up.
"""

from collections.abc import Iterable, Mapping

from activities.letter import COMMAND, Letter, Reader, company_of, filled, headline_of
from adapters.channels.base import Answerable, Kind
from db.alerts import Alert
from models.facts import LeadFacts
from models.orders import AlertManager
from models.roster import Manager, Person, Rep

LISTED = 40
"""So many leads one message tells of line by line; the keys of all are in it."""

NO_LINKS: Mapping[str, str] = {}
NO_NAMES: Mapping[str, str] = {}

LONGEST = 200
"""Characters of what happened, in a line of several."""


def happened(order: AlertManager, facts: LeadFacts | None, reader: Reader, owner_name: str) -> str:
    """Say what happened: in the policy's words where it has some."""
    if not order.text:
        return order.what
    due = reader.when(order.due_at) if order.due_at else ""
    return filled(order.text, facts, owner=owner_name, due=due, next_step=order.next_step)


def about_one(
    order: AlertManager,
    facts: LeadFacts | None,
    reader: Reader,
    what: str,
    note: str = "",
    link: str | None = None,
    names: Mapping[str, str] = NO_NAMES,
) -> Letter:
    """Write of one lead: what happened in one line, who has it, what comes next, what can be done.

    What the page behind the `link` does needs no command. `names` are people's, by their ids.
    """
    due = reader.when(order.due_at) if order.due_at else ""
    by, lead = _signature(reader), order.lead_id
    said = [what, f"{names.get(order.owner, order.owner)} has it now." if order.owner else "Nobody holds it now.", note]
    if order.next_step or due:
        said.append(f"Next: {', '.join(part for part in (order.next_step, due) if part)}.")
    commands = [
        "" if link else f"Take it: {COMMAND} take {lead} --by {by}",
        f"Give it to somebody: {COMMAND} reassign {lead} --rep REP --by {by} --reason WHY",
        f"Give them longer: {COMMAND} extend {lead} --by {by} --until 2h" if order.owner else "",
        "" if link else f"See to it, and hear no more of it for now: {COMMAND} acknowledge {lead} --by {by}",
    ]
    fields = (("Company", company_of(facts)), ("Lead", order.lead_id), ("Due", due))
    return Letter(
        lead_id=order.lead_id,
        offer=order.offer,
        rung=order.rung,
        kind=Kind.ALERT,
        subject=f"Needs you: {headline_of(facts)}",
        text="\n".join(filter(None, said)) + "\n\n" + "\n".join(filter(None, commands)),
        fields=tuple((label, value) for label, value in fields if value),
        actions=(("Take it or see to it", link),) if link else (),
        answers=tuple(_buttons(order.lead_id, order.owner, reader)),
        due_at=order.due_at,
    )


def about_several(
    first: Alert,
    alerts: tuple[Alert, ...],
    reader: Reader,
    links: Mapping[str, str] = NO_LINKS,
    names: Mapping[str, str] = NO_NAMES,
) -> Letter:
    """Write of several leads, each in a line, under the key of `first`; `links` are theirs, by the keys of alerts.

    `names` are people's, by their ids.
    """
    leads: dict[str, list[Alert]] = {}
    for alert in alerts:
        leads.setdefault(alert.lead_id, []).append(alert)
    listed = list(leads.values())[:LISTED]
    by = _signature(reader)
    more = [f"And {len(leads) - LISTED} more: {COMMAND} status LEAD tells of each."] if len(leads) > LISTED else []
    lines = [
        *(_line(about, reader, names) for about in listed),
        *more,
        "",
        *([] if links else [f"Take one: {COMMAND} take LEAD --by {by}"]),
        f"Give one to somebody: {COMMAND} reassign LEAD --rep REP --by {by} --reason WHY",
        f"Give somebody longer: {COMMAND} extend LEAD --by {by} --until 2h",
        *([] if links else [f"See to one, and hear no more of it for now: {COMMAND} acknowledge LEAD --by {by}"]),
    ]
    return Letter(
        lead_id=first.lead_id,
        offer=first.offer,
        rung=first.rung,
        kind=Kind.ALERT,
        subject=f"{len(leads)} {'lead needs' if len(leads) == 1 else 'leads need'} you",
        text="\n".join(lines),
        actions=tuple(linked(listed, links)),
        answers=tuple(button for about in listed for button in _buttons(about[0].lead_id, about[0].owner, reader)),
        bundled=tuple(alert.key for alert in alerts),
    )


def linked(listed: Iterable[list[Alert]], links: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Give the link of each lead that has one, by what it is about."""
    for about in listed:
        last = max(about, key=lambda alert: (alert.offer, alert.rung))
        if last.key in links:
            yield last.headline or last.lead_id, links[last.key]


def _line(about: list[Alert], reader: Reader, names: Mapping[str, str]) -> str:
    """Tell of one lead; of one that several things happened to, in their order."""
    last = max(about, key=lambda alert: (alert.offer, alert.rung))
    told = dict.fromkeys(shortened(alert.what) for alert in sorted(about, key=lambda alert: (alert.offer, alert.rung)))
    owner = f"{names.get(last.owner, last.owner)} has it now" if last.owner else "nobody holds it now"
    due = f"; next {reader.when(last.due_at)}" if last.due_at else ""
    headline = f"{last.headline}: " if last.headline else ""
    return f"- {last.lead_id}: {headline}{'; then '.join(told)}; {owner}{due}"


def shortened(what: str) -> str:
    """Put what happened into a line of several."""
    line = " ".join(what.split()).rstrip(".")
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _buttons(lead_id: str, owner: str | None, reader: Reader) -> Iterable[Answerable]:
    known: tuple[tuple[str, str | int], ...] = ()
    asks: tuple[str, ...] = ("by",)
    if signs(reader.person):
        known, asks = (("by", reader.person.id),), ()
    yield Answerable(label="Take it", lead_id=lead_id, says="take", fields=known, asks=asks)
    asks_whom = (*asks, "rep_id", "reason")
    yield Answerable(label="Give it to somebody", lead_id=lead_id, says="reassign", fields=known, asks=asks_whom)
    if owner:
        yield Answerable(label="Give them longer", lead_id=lead_id, says="extend", fields=known, asks=(*asks, "until"))
    yield Answerable(label="I see to it", lead_id=lead_id, says="acknowledge", fields=known, asks=asks)


def signs(person: Person) -> bool:
    """Tell a person, who answers in their own name, from a room that many read."""
    return isinstance(person, Manager | Rep)


def _signature(reader: Reader) -> str:
    return reader.person.id if signs(reader.person) else "YOU"

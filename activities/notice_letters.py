"""What a rep is told of several leads in one message: each in a line, with buttons of its own.

This room refuses to look anything up.
"""

from collections.abc import Mapping

from activities.alert_letters import LISTED, NO_LINKS, linked, shortened
from activities.letter import COMMAND, Letter, Reader, reached, taking
from adapters.channels.base import Answerable, Kind
from db.alerts import CONTACT, WITHDRAWN, Alert

_SAYS = {
    "offer": "please take it",
    "remind": "nobody has taken it yet",
    CONTACT: "no contact is noted yet",
    WITHDRAWN: "somebody else has it now",
}


def of_several(first: Alert, notices: tuple[Alert, ...], reader: Reader, links: Mapping[str, str] = NO_LINKS) -> Letter:
    """Write of several leads, under the key of `first`; `links` are theirs, by the keys of notices."""
    leads: dict[str, list[Alert]] = {}
    for notice in notices:
        leads.setdefault(notice.lead_id, []).append(notice)
    listed = list(leads.values())[:LISTED]
    lasts = [_last(about) for about in listed]
    more = [f"And {len(leads) - LISTED} more: {COMMAND} status LEAD tells of each."] if len(leads) > LISTED else []
    rep = reader.person.id
    commands = [
        "",
        f"Take one: {COMMAND} accept LEAD --rep {rep}",
        f"Pass one on: {COMMAND} decline LEAD --rep {rep} --reason WHY",
    ]
    return Letter(
        lead_id=first.lead_id,
        offer=first.offer,
        rung=first.rung,
        kind=Kind.BUNDLE,
        subject=f"{len(leads)} {'lead' if len(leads) == 1 else 'leads'} of yours",
        text="\n".join([*(_line(last, reader) for last in lasts), *more, *([] if links else commands)]),
        actions=tuple(linked([[last] for last in lasts if last.kind != WITHDRAWN], links)),
        answers=tuple(answer for last in lasts for answer in _answers(last)),
        bundled=tuple(notice.key for notice in notices),
    )


def _last(about: list[Alert]) -> Alert:
    return max(about, key=lambda notice: (notice.offer, notice.rung))


def _line(notice: Alert, reader: Reader) -> str:
    """Tell of one lead: which, what is asked, by when, and why it is theirs."""
    due = f" by {reader.when(notice.due_at)}" if notice.due_at else ""
    why = f": {shortened(notice.what)}" if notice.what else ""
    offer = f" (offer {notice.offer})"
    return f"- {notice.headline or notice.lead_id}{offer}: {_SAYS.get(notice.kind, notice.kind)}{due}{why}"


def _answers(notice: Alert) -> tuple[Answerable, ...]:
    if notice.kind == WITHDRAWN:
        return ()
    if notice.kind == CONTACT:
        return (reached(notice.lead_id, notice.person_id),)
    label = f"Take {notice.headline}" if notice.headline else "Take it"
    return taking(notice.lead_id, notice.person_id, notice.offer, label)

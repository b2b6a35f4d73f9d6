"""What a rep is told of several leads in one message: each in a line, with buttons of its own.

This room refuses to look anything up.
"""

from collections.abc import Mapping

from activities.alert_letters import LISTED, NO_LINKS, linked, shortened
from activities.letter import COMMAND, Letter, Reader, reached, taking, who_of
from adapters.channels.base import Answerable, Kind
from db.alerts import CONTACT, WITHDRAWN, Alert

_SAYS = {
    "offer": ("please take it", " by "),
    "remind": ("nobody has taken it yet: please do", " by "),
    CONTACT: ("you took it and no contact is noted yet", ", due "),
    WITHDRAWN: ("somebody else has it now", ""),
}
"""What is asked, and how its due time is put; what is gone has none."""


NOTHING_NEW: Mapping[str, str] = {}


def of_several(
    first: Alert,
    notices: tuple[Alert, ...],
    reader: Reader,
    links: Mapping[str, str] = NO_LINKS,
    news: Mapping[str, str] = NOTHING_NEW,
) -> Letter:
    """Write of several leads, under the key of `first`; `links` are theirs, by the keys of notices.

    `news`, by the same keys, is what is so now of those that ask for nothing any more.
    """
    leads: dict[str, list[Alert]] = {}
    for notice in notices:
        leads.setdefault(notice.lead_id, []).append(notice)
    listed = list(leads.values())[:LISTED]
    lasts = [_last(about) for about in listed]
    more = [f"And {len(leads) - LISTED} more: {COMMAND} status LEAD tells of each."] if len(leads) > LISTED else []
    rep = reader.person.id
    typed_not = links or all(last.key in news for last in lasts)
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
        text="\n".join([*(_line(last, reader, news) for last in lasts), *more, *([] if typed_not else commands)]),
        actions=tuple(linked([[last] for last in lasts if last.kind != WITHDRAWN], links)),
        answers=tuple(answer for last in lasts if last.key not in news for answer in _answers(last)),
        bundled=tuple(notice.key for notice in notices),
    )


def _last(about: list[Alert]) -> Alert:
    return max(about, key=lambda notice: (notice.offer, notice.rung))


def _line(notice: Alert, reader: Reader, news: Mapping[str, str]) -> str:
    """Tell of one lead: which, who asks, what is to be done, by when, and why it is theirs."""
    says, by = _SAYS[notice.kind]
    due = f"{by}{reader.when(notice.due_at)}" if notice.due_at and by else ""
    why = f": {shortened(notice.what)}" if notice.what and notice.kind != CONTACT else ""
    which = "; ".join(part for part in (notice.headline or notice.lead_id, who_of(notice.facts)) if part)
    return f"- {which} (offer {notice.offer}): {news.get(notice.key) or f'{says}{due}{why}'}"


def _answers(notice: Alert) -> tuple[Answerable, ...]:
    if notice.kind == WITHDRAWN:
        return ()
    if notice.kind == CONTACT:
        return (reached(notice.lead_id, notice.person_id),)
    label = f"Take {notice.headline}" if notice.headline else "Take it"
    return taking(notice.lead_id, notice.person_id, notice.offer, label)

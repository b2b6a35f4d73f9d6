"""An alert that could not be sent, told again because a person asks: now, over the real channels, and once.

It goes through the very claims that a lead's own messages go through. This room refuses to wake somebody in their quiet
hours, and to tell of a lead that needs nobody any more.
"""

from datetime import datetime

import structlog

from activities.addressees import reader_of
from activities.alert_letters import about_several, signs
from activities.letter import Letter, Reader
from activities.sending import address_of, addressed
from adapters.channels.base import Channel, ChannelError, PermanentFailure
from config.settings import Settings
from db.alerts import Alert, Alerts, Turn
from db.notifications import AlreadySent, Key, Notifications
from db.upkeep import Upkeep
from models.roster import ChannelName, Person, Roster
from policy.quiet import quiet_until, zone_of
from runtime.reaching import channels_of, links_of
from runtime.store import Store

log = structlog.stdlib.get_logger("baton.notices")


class NotTold(Exception):
    """The alert is not out; says why. `lead_id`: whose it is, where that is known."""

    def __init__(self, because: str, lead_id: str | None = None) -> None:
        super().__init__(because)
        self.lead_id = lead_id


async def tell_again(settings: Settings, store: Store, alert_id: int, *, at: datetime) -> tuple[str, str, ChannelName]:
    """Send it; give whose lead it is of, who was told, and over what. Raises `NotTold`, `DatabaseUnreachable`."""
    upkeep, alerts = Upkeep(store.database), Alerts(store.database)
    roster, known = await store.rosters.load(), await upkeep.untold_one(alert_id)
    if known is None:
        raise NotTold(f"Alert {alert_id} is not one that could not be sent, or its lead needs nobody any more")
    person = reader_of(roster, known.person_id) if roster is not None else None
    if roster is None or person is None:
        raise NotTold(f"{known.person_id} is not in the roster any more: tell somebody else", known.lead_id)
    if quiet_until(roster, person, at) is not None:
        raise NotTold(f"{person.id} has quiet hours now: tell it once they are over", known.lead_id)
    if not await upkeep.reopen(alert_id):
        raise NotTold(f"Somebody has had alert {alert_id} told already", known.lead_id)
    decided = await alerts.ask(known, at=at)
    if not isinstance(decided, Turn):
        raise NotTold(f"Alert {alert_id} goes out with others", known.lead_id)
    letter = _letter(settings, known, roster, person)
    async with channels_of(settings) as channels:
        over, because = await _send(channels, store.notifications, person, letter, at)
    if over is None:
        await alerts.undeliverable(decided, because)
        raise NotTold(f"{person.id} could not be told: {because}", known.lead_id)
    await alerts.sent(decided, at=at)
    return known.lead_id, person.id, over


def _letter(settings: Settings, alert: Alert, roster: Roster, person: Person) -> Letter:
    links = links_of(settings)
    link = links.url(alert.lead_id, alert.offer, person.id, "alert") if links is not None and signs(person) else None
    owner = reader_of(roster, alert.owner) if alert.owner else None
    names = {owner.id: owner.name} if owner is not None else {}
    reader = Reader(person, zone_of(roster, person))
    return about_several(alert, (alert,), reader, {alert.key: link} if link else {}, names)


async def _send(
    channels: dict[ChannelName, Channel], notifications: Notifications, person: Person, letter: Letter, at: datetime
) -> tuple[ChannelName | None, str]:
    """Try their channels in turn; give the one it is out over, else why over none."""
    reasons, to = list[str](), address_of(person)
    for name in person.channels:
        channel, key = channels.get(name), Key(letter.lead_id, letter.offer, letter.rung, name)
        if channel is None or not channel.can_reach(to):
            reasons.append(f"{name} is not set up" if channel is None else f"{name}: they have no address there")
            continue
        claim = await notifications.claim(key, person_id=person.id, at=at, kind=letter.kind.value)
        if isinstance(claim, AlreadySent):
            return name, ""
        try:
            receipt = await channel.send(addressed(key, person, letter))
        except ChannelError as error:
            settle = notifications.refused if isinstance(error, PermanentFailure) else notifications.failed
            await settle(key, error.detail, at=at)
            log.warning("notification_in_trouble", key=str(key), person_id=person.id, because=error.detail, tries=1)
            reasons.append(f"{name}: {error.detail}")
            continue
        await notifications.sent(key, provider_id=receipt.provider_id, at=at)
        log.info("notification_sent", key=str(key), person_id=person.id)
        return name, ""
    return None, "; ".join(reasons) or "no channel is named for them"

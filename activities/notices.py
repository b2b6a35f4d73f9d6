"""Telling people: the rep an offer goes to, and whoever is to hear that a lead needs somebody.

A send looks first whether its offer still stands, and whether the reader wants to hear of it now: in their quiet hours,
and while alerts to them are bundled, the answer is "later", and nothing was claimed. This room refuses to know
channels (`activities.sending`) and words (`activities.letter`).
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.addressees import addressee, person_of, reader_of
from activities.alert_letters import about_one, about_several, happened, signs
from activities.contract import Notices
from activities.letter import Letter, Reader, to_rep
from activities.notice_letters import of_several
from activities.policybook import Policybook
from activities.sending import Sender, alive
from adapters.channels.base import Channel
from adapters.links import AcceptLinks, LinkKind
from db.alerts import Alert, Alerts, Decided, Dropped, Told, Turn, UnderWay, Untold, Waits
from db.leads import Leads
from db.notifications import Notifications
from db.ownership import Ownerships
from db.rosters import Rosters
from models.decisions import Delivery, DeliveryState
from models.orders import AlertManager, Tell
from models.roster import ChannelName, Manager, Person, Roster
from policy.quiet import quiet_until, zone_of

IN_A_MOMENT = timedelta(seconds=1)
"""After which one asks again whether somebody else has sent one's alert with theirs."""

COLLECTED = "it goes out with what else there is by then"


class Messenger(Notices):
    """Tells people over their own channels, in their order of preference, or over those that a rung names."""

    def __init__(
        self,
        leads: Leads,
        ownerships: Ownerships,
        rosters: Rosters,
        notifications: Notifications,
        channels: Mapping[ChannelName, Channel],
        alerts: Alerts | None = None,
        policybook: Policybook | None = None,
        links: AcceptLinks | None = None,
    ) -> None:
        """Without `alerts` and the `policybook` nothing waits for others: each message goes out by itself.

        Without `links` a message names commands instead of a page.
        """
        self._leads, self._ownerships, self._rosters = leads, ownerships, rosters
        self._alerts, self._policybook, self._links = alerts, policybook, links
        self._sender = Sender(notifications, channels)

    @activity.defn(name="notify")
    async def notify(self, order: Tell) -> Delivery:
        """Tell the rep, unless the offer no longer stands, or they were never told of what is withdrawn.

        Raises `ApplicationError` while a channel that may yet work is in trouble and none has delivered: Temporal
        tries again for as long as the policy says (`tell_within`).
        """
        if (stale := await self._stale(order)) is not None:
            return Delivery(state=DeliveryState.STALE, person_id=order.rep_id, because=stale)
        roster = await self._roster()
        person = person_of(roster, order.rep_id)
        if person is None:
            return _undeliverable(order.rep_id, "not in the roster any more")
        if self._alerts is not None and (bundle := await self._collected(order)):
            return await self._among_others(self._alerts, order, roster, person, bundle)
        key = (order.lead_id, order.offer, order.rung)
        if _may_wait(order) and (later := await self._kept_quiet(roster, person, key)) is not None:
            return later
        return await self._sender.send(person, await self._letter(order, roster, person), order.channels)

    @activity.defn(name="alert_manager")
    async def alert_manager(self, order: AlertManager) -> Delivery:
        """Tell whom the rung names, else the manager, what happened; by itself or with what else waits for them.

        Without a named manager it is the first of the roster. Raises as `notify`.
        """
        roster, at = await self._roster(), _now()
        to = addressee(order, roster, at)
        if to is None:
            return _undeliverable(order.manager_id, "the roster names no manager")
        if order.channels and not order.urgent:
            # Over these only: it waits by itself, for others would take it along over theirs.
            key = (order.lead_id, order.offer, order.rung)
            if (later := await self._kept_quiet(roster, to.person, key)) is not None:
                return later
        facts = await self._leads.facts(order.lead_id)
        what = happened(order, facts, _reader(roster, to.person), _name(roster, order.owner))
        quiet = None if order.urgent else quiet_until(roster, to.person, at)
        told = f"{what} {to.note}".rstrip()
        alert = Alert(order.lead_id, order.offer, order.rung, to.person.id, told, order.owner, order.due_at)
        decided = await self._decided(order, alert, at, quiet)
        if isinstance(decided, Turn):
            # A message that was begun goes to whom it was begun for.
            person = reader_of(roster, decided.first.person_id) or to.person
            reader = _reader(roster, person)
            if len(decided.alerts) > 1:
                links = self._links_of(decided.alerts, person)
                names = {one.owner: _name(roster, one.owner) for one in decided.alerts if one.owner}
                letter = about_several(decided.first, decided.alerts, reader, links, names)
            else:
                link = self._link(order.lead_id, order.offer, person, "alert")
                names = {order.owner: _name(roster, order.owner)} if order.owner else {}
                letter = about_one(order, facts, reader, what, to.note, link, names)
            return await self._send(decided, person, letter, order.channels)
        because = _quiet(roster, to.person, quiet) if quiet else COLLECTED
        return await self._without_sending(decided, to.person, because)

    async def deliver(self, person: Person, letter: Letter) -> Delivery:
        """Send one letter to one person over their own channels, within an activity; its key is claimed before.

        What is out under that key already is delivered; in their quiet hours it is `LATER`. Raises as `notify`.
        """
        key = (letter.lead_id, letter.offer, letter.rung)
        later = await self._kept_quiet(await self._roster(), person, key)
        return later or await self._sender.send(person, letter)

    async def _letter(self, order: Tell, roster: Roster, person: Person) -> Letter:
        link = self._link(order.lead_id, order.offer, person, "alert" if isinstance(person, Manager) else "offer")
        return to_rep(order, await self._leads.facts(order.lead_id), _reader(roster, person), link)

    def _link(self, lead_id: str, offer: int, person: Person, kind: LinkKind) -> str | None:
        """Link to the page where somebody answers; a room has none, for many read what is sent to it."""
        if self._links is None or not signs(person) or (kind == "offer" and offer < 1):
            return None
        return self._links.url(lead_id, offer, person.id, kind)

    def _links_of(self, alerts: Collection[Alert], person: Person, kind: LinkKind = "alert") -> dict[str, str]:
        """Link to a page for each alert, by their keys."""
        links = {alert.key: self._link(alert.lead_id, alert.offer, person, kind) for alert in alerts}
        return {key: link for key, link in links.items() if link is not None}

    async def _among_others(
        self, alerts: Alerts, order: Tell, roster: Roster, person: Person, bundle: timedelta
    ) -> Delivery:
        """Tell a rep by itself or with what else waits for them, as their lead's policy has it."""
        at = _now()
        quiet = quiet_until(roster, person, at)
        notice = Alert(
            order.lead_id, order.offer, order.rung, person.id, order.sentence, person.id, order.due_at, kind=order.kind
        )
        async with alive():  # others may be writing
            decided = await alerts.ask(notice, at=at, bundle=bundle, quiet_until=quiet)
        if isinstance(decided, Turn):
            if len(decided.alerts) > 1:
                links = self._links_of(decided.alerts, person, "offer")
                letter = of_several(decided.first, decided.alerts, _reader(roster, person), links)
            else:
                letter = await self._letter(order, roster, person)
            return await self._send(decided, person, letter, ())
        return await self._without_sending(decided, person, _quiet(roster, person, quiet) if quiet else COLLECTED)

    async def _collected(self, order: Tell) -> timedelta:
        """Say how long what a rep is told is collected, by the policy of the lead."""
        if not _may_wait(order) or order.channels or self._policybook is None:
            return timedelta(0)
        lead = await self._leads.get(order.lead_id)
        return (await self._policybook.version(lead.policy)).policy.notices.bundle if lead else timedelta(0)

    async def _stale(self, order: Tell) -> str | None:
        """Say why the rep is not to be told (any more)."""
        if order.kind == "verdict":
            return None
        if order.kind == "withdrawn":
            of = (order.lead_id, order.offer, order.rep_id)
            told = await self._sender.was_told(*of) or (self._alerts is not None and await self._alerts.may_know(*of))
            return None if told else "they were not told of the offer"
        holder = await self._ownerships.open_owner(order.lead_id)
        if holder is None or holder.offer != order.offer or holder.rep_id != order.rep_id:
            return f"{holder.rep_id} has it now" if holder else "nobody holds the lead now"
        return "accepted already" if order.kind != "contact" and holder.accepted else None

    async def _kept_quiet(self, roster: Roster, person: Person, key: tuple[str, int, int]) -> Delivery | None:
        """Answer for who wants to hear nothing now; what had gone out before is out."""
        until = quiet_until(roster, person, _now())
        if until is None:
            return None
        if (channel := await self._sender.sent_over(*key)) is not None:
            return Delivery(state=DeliveryState.DELIVERED, person_id=person.id, channel=channel)
        return _later(person, until, _quiet(roster, person, until))

    async def _send(self, turn: Turn, person: Person, letter: Letter, over: Collection[ChannelName]) -> Delivery:
        delivery = await self._sender.send(person, letter, over)
        if self._alerts is not None and delivery.state is DeliveryState.DELIVERED:
            await self._alerts.sent(turn, at=_now())
        elif self._alerts is not None:
            await self._alerts.undeliverable(turn, delivery.because)
        return delivery

    async def _without_sending(
        self, decided: Waits | UnderWay | Told | Untold | Dropped, person: Person, waits_because: str
    ) -> Delivery:
        """Answer for an alert that is not ours to send now."""
        match decided:
            case Waits(until):
                return _later(person, until, waits_because)
            case UnderWay():
                raise ApplicationError(
                    "it is about to go out with others",
                    type="UnderWay",
                    next_retry_delay=IN_A_MOMENT,
                    category=ApplicationErrorCategory.BENIGN,
                )
            case Told(person_id, first):
                channel = await self._sender.sent_over(*first)
                return Delivery(state=DeliveryState.DELIVERED, person_id=person_id, channel=channel)
            case Untold(person_id, because):
                return _undeliverable(person_id, because)
            case Dropped(because):
                return Delivery(state=DeliveryState.STALE, person_id=person.id, because=because)

    async def _decided(self, order: AlertManager, alert: Alert, at: datetime, quiet: datetime | None) -> Decided:
        if self._alerts is None:
            return Waits(quiet) if quiet else Turn(alert.key, alert, (alert,))
        async with alive():  # others may be writing
            return await self._alerts.ask(alert, at=at, bundle=await self._bundle(order), quiet_until=quiet)

    async def _bundle(self, order: AlertManager) -> timedelta:
        """Say how long alerts to one person are collected, by the policy of the lead."""
        if order.urgent or order.channels or order.policy is None or self._policybook is None:
            return timedelta(0)
        return (await self._policybook.version(order.policy)).policy.alerts.bundle

    async def _roster(self) -> Roster:
        roster = await self._rosters.load()
        if roster is None:
            raise ApplicationError("no roster is loaded: `python starter.py roster load FILE`")
        return roster


def _may_wait(order: Tell) -> bool:
    """Say whether a message may wait: not what is urgent, nor the answer to what somebody has just said."""
    return not order.urgent and order.kind != "verdict"


def _now() -> datetime:
    return activity.info().started_time


def _reader(roster: Roster, person: Person) -> Reader:
    return Reader(person, zone_of(roster, person))


def _name(roster: Roster, person_id: str | None) -> str:
    person = person_of(roster, person_id)
    return person.name if person else person_id or ""


def _quiet(roster: Roster, person: Person, until: datetime) -> str:
    zone = zone_of(roster, person)
    return f"quiet until {until.astimezone(ZoneInfo(zone)):%H:%M} ({zone})"


def _later(person: Person, until: datetime, because: str) -> Delivery:
    return Delivery(state=DeliveryState.LATER, person_id=person.id, because=because, until=until)


def _undeliverable(person_id: str | None, because: str) -> Delivery:
    return Delivery(state=DeliveryState.UNDELIVERABLE, person_id=person_id, because=because)

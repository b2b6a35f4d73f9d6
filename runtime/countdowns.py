"""How much time is left until something is due, counted as that instant was: in business time, or on the wall.

Which clock it was follows from the policy that the lead keeps: its class, and the rung that comes next. This room
refuses to plan anything, and to know how the words are shown.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from config.load import compile_text
from config.yaml_marks import FileError
from db.leads import LeadCard
from db.policies import Policies
from models.calendar import Calendar
from models.ladder import Clock
from models.lead import Stage
from models.policy import Policy
from models.sla import RungRule, SlaClass
from policy.hours.calendars import NeverOpens, is_open, next_opening
from policy.ladder.clocks import left

SOON = timedelta(minutes=15)
"""Less than this left is soon."""

POLICIES_KEPT = 16
"""Policies that stay opened, each for all the leads that keep it."""

_NOT_A_RUNG = ("paused by ", "move on, because ", "try again: ")
"""How `workflows.telling.next_step` begins where no rung comes next, but an instant on the wall."""


class Urgency(StrEnum):
    """How pressing it is."""

    CALM = "calm"
    SOON = "soon"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Countdown:
    """How far away a due instant is. `business`: `left` counts the hours of a calendar only, else every second.

    `left` is how late it is where it is late. `opens_at`: when those hours go on, where they rest now.
    """

    due_at: datetime
    left: timedelta
    urgency: Urgency
    business: bool
    opens_at: datetime | None = None

    @property
    def words(self) -> str:
        """Say it: `12 m of business time left`, `late by 5 m`."""
        of_what = " of business time" if self.business else ""
        if self.urgency is Urgency.LATE:
            return f"late by {rough(self.left)}{of_what}"
        if not self.left and self.opens_at is not None:
            return "due when business opens"
        return f"{rough(self.left)}{of_what} left"


@dataclass(frozen=True, slots=True)
class Steps:
    """The ladder of one SLA class, written out: on which clock each rung counts, before acceptance and after."""

    ladder: tuple[Clock, ...]
    contact: tuple[Clock, ...]

    def clock(self, card: LeadCard) -> Clock:
        """Say on which clock the instant was counted at which a lead's next step is due."""
        if card.next_step.startswith(_NOT_A_RUNG):
            return Clock.WALL
        match card.stage:
            case Stage.OFFERED:
                ahead = self.ladder[card.rung : card.rung + 1]
            case Stage.ACCEPTED:
                climbed = max(card.rung - len(self.ladder), 0)
                ahead = self.contact[climbed : climbed + 1]
            case _:
                ahead = ()
        return ahead[0] if ahead else Clock.WALL

    def rung(self, card: LeadCard) -> str:
        """Say on which rung a lead stands: `rung 2 of 4`, and after acceptance `contact rung 1 of 3`."""
        if card.stage is Stage.ACCEPTED:
            climbed = max(card.rung - len(self.ladder), 0)
            return f"contact rung {climbed} of {len(self.contact)}" if climbed else "accepted, not contacted yet"
        return f"rung {min(card.rung, len(self.ladder))} of {len(self.ladder)}"


class Ladders:
    """The ladders of published policies, each policy opened once."""

    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._open: OrderedDict[str, Policy | None] = OrderedDict()

    async def policy(self, version: str) -> Policy | None:
        """Give a policy by its version; None where nobody knows it, or can read it. Raises `DatabaseUnreachable`."""
        if version not in self._open:
            published = await self._policies.get(version)
            if published is None:
                return None  # it may be published any moment
            self._open[version] = await asyncio.to_thread(_read, published.text, version)
            while len(self._open) > POLICIES_KEPT:
                self._open.popitem(last=False)
        self._open.move_to_end(version)
        return self._open[version]


def steps_of(policy: Policy, sla: str) -> Steps | None:
    """Write out the ladder of an SLA class; None where the policy has no such class."""
    found = next((one for one in policy.sla if one.name == sla), None)
    if found is None:
        return None
    return Steps(_clocks(found, found.ladder), _clocks(found, found.contact))


def count_down(due_at: datetime, at: datetime, calendar: Calendar) -> Countdown:
    """Count how much of a calendar's time is left until `due_at`, or has passed since; late is strictly after it."""
    late = at > due_at
    span = left(calendar, due_at, at) if late else left(calendar, at, due_at)
    business = not calendar.always_open
    urgency = Urgency.LATE if late else Urgency.SOON if span < SOON else Urgency.CALM
    return Countdown(due_at, span, urgency, business, _opens_at(calendar, at) if business and not late else None)


def rough(length: timedelta) -> str:
    """Say a span in whole minutes, hours or days, never more than there is: `12 m`, `4 h 05 m`, `3 d 2 h`."""
    minutes = int(length.total_seconds()) // 60
    if minutes < 1:
        return "under a minute"
    hours, days = minutes // 60, minutes // 1440
    if days:
        return f"{days} d {hours % 24} h"
    return f"{hours} h {minutes % 60:02d} m" if hours else f"{minutes} m"


def _read(text: str, version: str) -> Policy | None:
    """Read a published policy; None for one that this release cannot read: its leads then count on the wall."""
    try:
        return compile_text(text, version).policy
    except FileError:
        return None


def _clocks(sla: SlaClass, rungs: list[RungRule]) -> tuple[Clock, ...]:
    written_out: Sequence[RungRule] = SlaClass.written_out(rungs)
    return tuple(rule.clock or sla.clock for rule in written_out for _ in range(rule.times))


def _opens_at(calendar: Calendar, at: datetime) -> datetime | None:
    """Say when a calendar that is closed now opens; None where it is open, or never opens again."""
    if is_open(calendar, at):
        return None
    try:
        return next_opening(calendar, at)
    except NeverOpens:
        return None

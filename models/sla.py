"""Promises and ladders as a policy file writes them: durations, rungs, SLA classes (R30, R31)."""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from models.base import Outside
from models.calendar import TimeOfDay
from models.durations import LONGEST, Duration
from models.ladder import ALERTED, LAST, NAMES_WHO, OFFERED_TO, OFFERING, Clock, RungKind, Target
from models.lead import Stage
from models.roster import ChannelName, Slug
from models.validity import Timed

Condition = Annotated[str, Field(min_length=1, max_length=4000)]
"""CEL text over the fields of `policy.conditions.vocabulary`."""


PLACEHOLDERS = ("lead", "company", "owner", "due", "next")
"""What a rung's `text` may hold in braces: `{company}` becomes the company's name when the message is written."""

_BRACES = re.compile(r"\{([^{}]*)\}")


def check_placeholders(text: str, known: Iterable[str]) -> None:
    """Raise ValueError for braces around anything but `known` words, or without their other half."""
    if unknown := sorted(set(_BRACES.findall(text)) - set(known)):
        raise ValueError(f"{{{unknown[0]}}} is not known; there are {', '.join(f'{{{name}}}' for name in known)}")
    if re.search(r"[{}]", _BRACES.sub("", text)):
        raise ValueError("has a brace without its other half")


SETTLES = frozenset({Stage.NURTURING, Stage.REVIEW, Stage.CLOSED})
"""Where a rung may let a lead go."""


class RungRule(Outside):
    """One rung: what, and how long after the offer before it, on which clock.

    What a rung does not take is refused: `to` and `who` say who is asked or told, `pools` belong to `widen`, `until` to
    `pause`, `stage` to `stage`, `rungs` to `repeat`; `channels`, `text` and `urgent` to what is told to somebody.
    """

    do: RungKind
    to: Target | None = None
    who: Slug | None = Field(None, description="for `to`: person, on_duty (a rota), room")
    after: Duration = timedelta(0)
    clock: Clock | None = Field(None, description="left out: the class's clock")
    times: int = Field(1, ge=1, le=20, description="the rung repeated, each `after` the one before")
    rungs: int | None = Field(None, ge=1, le=20, description="for `repeat`: how many rungs above, `times` more")
    pools: list[Slug] = Field(default_factory=list, max_length=20, description="for `widen`")
    until: TimeOfDay | None = Field(None, description="for `pause`: the next such time of day on the rung's clock")
    stage: Stage | None = Field(None, description="for `stage`: nurturing, review or closed")
    channels: list[ChannelName] = Field(default_factory=list, description="over these only, most preferred first")
    text: str = Field("", max_length=500, description="in place of our words; {lead} {company} {owner} {due} {next}")
    urgent: bool = Field(False, description="told in the quiet hours of whoever it is for, too")

    @model_validator(mode="after")
    def _aimed(self) -> "RungRule":
        allowed = {RungKind.OFFER: OFFERED_TO, RungKind.REASSIGN: OFFERED_TO, RungKind.ALERT: ALERTED}.get(self.do)
        if self.to is not None:
            if allowed is None:
                raise ValueError(f"to: {self.do} goes to nobody else; leave it out")
            if self.to not in allowed:
                raise ValueError(f"to: {self.do} does not go to {self.to}; write {', '.join(sorted(allowed))}")
        if (self.to in NAMES_WHO) != (self.who is not None):
            raise ValueError("who: goes with `to: person`, `on_duty` (a rota) or `room`, and only with these")
        return self

    @model_validator(mode="after")
    def _takes_what_it_says(self) -> "RungRule":
        for name, value, kind in (
            ("pools", self.pools, RungKind.WIDEN),
            ("until", self.until, RungKind.PAUSE),
            ("stage", self.stage, RungKind.STAGE),
            ("rungs", self.rungs, RungKind.REPEAT),
        ):
            if self.do is kind and not value:
                raise ValueError(f"{name}: {kind} needs it")
            if self.do is not kind and value:
                raise ValueError(f"{name}: belongs to {kind}, not to {self.do}")
        if self.stage is not None and self.stage not in SETTLES:
            raise ValueError(f"stage: {self.stage} is not one of {', '.join(sorted(SETTLES))}")
        tells = self.do in (RungKind.OFFER, RungKind.REASSIGN, RungKind.REMIND, RungKind.ALERT)
        if not tells and (self.channels or self.text or self.urgent):
            raise ValueError(f"{self.do} tells nobody anything: channels, text and urgent have no place there")
        if self.do is RungKind.REPEAT and (self.after or self.clock):
            raise ValueError("after: the rungs above come again as they are; leave `after` and `clock` out")
        try:
            check_placeholders(self.text, PLACEHOLDERS)
        except ValueError as wrong:
            raise ValueError(f"text: {wrong}") from None
        return self


class Late(StrEnum):
    """What becomes of a lead nobody of whose pool comes on shift before its promise is over.

    `hold`: it waits for the opening, and says so. `follow`: pools of other regions are asked, in order. `page`: it
    waits, and whoever is on duty hears of it at once.
    """

    HOLD = "hold"
    FOLLOW = "follow"
    PAGE = "page"


class LateRule(Outside):
    """Nobody is on shift before the lead is due: what then. Never somebody who is off."""

    do: Late
    pools: list[Slug] = Field(default_factory=list, max_length=20, description="for `follow`, in this order")
    who: Slug | None = Field(None, description="for `page`: a rota or a person; left out: the manager")

    @model_validator(mode="after")
    def _whole(self) -> "LateRule":
        if (self.do is Late.FOLLOW) != bool(self.pools):
            raise ValueError("pools: `follow` needs them, and nothing else does")
        if self.who is not None and self.do is not Late.PAGE:
            raise ValueError("who: belongs to `page`")
        return self


MOST_RUNGS = 200
"""Of one ladder, with every repetition written out."""


class SlaClass(Timed):
    """A promise and what happens when it is about to break (R30, R31). The first class whose `when` holds is taken."""

    name: Slug
    when: Condition | None = Field(None, description="left out: every lead (must stand last)")
    response: Duration = Field(description="the promise: received to accepted, on `response_clock`")
    clock: Clock = Clock.TEAM
    response_clock: Clock = Clock.TEAM
    late: LateRule = Field(
        default_factory=lambda: LateRule(do=Late.HOLD), description="nobody is on shift before it is due"
    )
    ladder: list[RungRule] = Field(max_length=50)
    contact: list[RungRule] = Field(
        default_factory=list, max_length=50, description="rungs after acceptance, until contact"
    )

    @model_validator(mode="after")
    def _climbs(self) -> "SlaClass":
        if not self.ladder or self.ladder[0].do is not RungKind.OFFER:
            raise ValueError("ladder: the first rung has to be an offer")
        for place, rung in enumerate(self.ladder):
            if rung.to is Target.PRIMARY and place:
                raise ValueError(f"ladder[{place}]: only the first rung goes to the primary")
            if rung.do in LAST and place < len(self.ladder) - 1:
                raise ValueError(f"ladder[{place}]: {rung.do} stands last and once")
        if self.ladder[-1].do not in LAST:
            raise ValueError(f"ladder[{len(self.ladder) - 1}]: the last rung has to be triage or stage")
        return self

    @model_validator(mode="after")
    def _can_be_written_out(self) -> "SlaClass":
        written_out = _monotone("ladder", self.ladder)
        if any(rung.to is Target.PRIMARY for rung in written_out[1:]):
            raise ValueError("ladder: only the first rung goes to the primary, so `repeat` may not reach it")
        _bounded("ladder", written_out)
        return self

    @model_validator(mode="after")
    def _contacts(self) -> "SlaClass":
        for place, rung in enumerate(self.contact):
            if rung.do in (RungKind.OFFER, RungKind.WIDEN, RungKind.STAGE, RungKind.TRIAGE):
                what = f"{rung.do} has no place after acceptance (remind, alert, reassign, pause, repeat)"
                raise ValueError(f"contact[{place}]: {what}")
        _bounded("contact", _monotone("contact", self.contact))
        return self

    @staticmethod
    def written_out(rungs: list[RungRule]) -> list[RungRule]:
        """Write each `repeat` out as the rungs it repeats. Raises ValueError where it reaches above the first."""
        return [rung for _, rung in _written_out("ladder", rungs)]


def _written_out(where: str, rungs: list[RungRule]) -> Iterator[tuple[int, RungRule]]:
    """Give the rungs with each `repeat` written out, and the place in the file that each comes from."""
    for place, rung in enumerate(rungs):
        if rung.do is not RungKind.REPEAT:
            yield place, rung
            continue
        wanted = rung.rungs or 0
        above = rungs[max(0, place - wanted) : place]
        if len(above) < wanted or any(one.do is RungKind.REPEAT for one in above):
            raise ValueError(f"{where}[{place}]: there are not {wanted} rungs above it to repeat")
        if all(one.do not in OFFERING for one in above):
            raise ValueError(f"{where}[{place}]: needs an offer among what it repeats")
        for _ in range(rung.times):
            yield from ((place, one) for one in above)


def _monotone(where: str, rungs: list[RungRule]) -> list[RungRule]:
    """Write rungs out, and check that each is due at or after the one above it. Raises ValueError."""
    last, found = timedelta(0), []
    for place, rung in _written_out(where, rungs):
        if rung.after < last:
            which = f"the {rung.do} it repeats would be" if rungs[place].do is RungKind.REPEAT else "is"
            raise ValueError(
                f"{where}[{place}]: {which} due before the rung above it; `after` counts from the offer before"
            )
        last = timedelta(0) if rung.do in OFFERING else rung.after * rung.times
        found.append(rung)
    return found


def _bounded(where: str, written_out: list[RungRule]) -> None:
    if (length := sum(rung.times for rung in written_out)) > MOST_RUNGS:
        raise ValueError(f"{where}: {length} rungs when all repetitions are written out; {MOST_RUNGS} at most")
    opened = latest = timedelta(0)
    for rung in written_out:
        latest = max(latest, opened + rung.after * rung.times)
        opened = latest if rung.do in OFFERING else opened
    if latest > LONGEST:
        raise ValueError(f"{where}: takes longer than anybody waits from end to end (ten years at most)")

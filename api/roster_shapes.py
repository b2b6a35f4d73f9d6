"""The shapes that the roster and the switch for all routing are told in."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from models.base import Outside

By = Annotated[str, Field(min_length=1, max_length=64, pattern=r"\S", description="who does it")]
Reason = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S", description="why; others read it")]


class Order(Outside):
    """Somebody does something, and says why."""

    by: By
    reason: Reason


class Leaver(Order):
    """Somebody's leads go to others; `to` gets them all, else whoever routing finds."""

    to: str | None = Field(None, max_length=64)
    keep_active: bool = Field(False, description="they stay in the rotation")


class Restart(Outside):
    """Somebody lets routing go on."""

    by: By


class RepShown(BaseModel):
    """A rep, what they have in hand, and why they are offered nothing now; null: they may be."""

    id: str
    name: str
    team: str
    level: str
    role: str
    active: bool
    weight: int
    capacity: int
    open_leads: int
    backup: str | None
    languages: list[str]
    regions: list[str]
    time_off: list[dict[str, Any]]
    unavailable_because: str | None


class TeamShown(BaseModel):
    """A team and whom it answers to."""

    id: str
    name: str
    manager: str
    calendar: str
    region: str
    countries: list[str]
    reps: list[str]


class AvailableShown(BaseModel):
    """Whether somebody may be offered a lead, or why not."""

    rep_id: str
    available: bool
    because: str | None
    open_leads: int


class Availability(BaseModel):
    """Who may be offered a lead at an instant."""

    at: datetime
    reps: list[AvailableShown]


class RosterTaken(BaseModel):
    """What a roster that was taken over changed. `warnings`: what the published policy misses in it."""

    reps: int
    new: list[str]
    inactive: list[str]
    warnings: list[str]


class AbsenceNoted(BaseModel):
    """An absence that is noted, or not any more; `changed`: that is new."""

    rep_id: str
    start: str = Field(alias="from", serialization_alias="from")
    end: str = Field(alias="to", serialization_alias="to")
    reason: str
    noted: bool
    changed: bool


class ActiveSet(BaseModel):
    """Whether somebody may be offered leads; `changed`: that is new."""

    rep_id: str
    active: bool
    changed: bool


class Holding(BaseModel):
    """One lead that somebody who leaves still holds, or who has it now."""

    lead_id: str
    state: str
    to: str | None = None
    because: str = ""


class HandoverBegun(BaseModel):
    """A hand-over: leads that move on by themselves, and leads in contact, which went over at once."""

    rep_id: str
    moving: list[Holding]
    given: list[Holding]
    retired: bool


class Holdings(BaseModel):
    """What somebody holds."""

    rep_id: str
    leads: list[Holding]


class StoppedShown(BaseModel):
    """Who has stopped routing, since when and why."""

    by: str
    at: datetime
    reason: str


class WaitsShown(BaseModel):
    """A lead that waits for somebody of `pool`, or for `rep_id` alone."""

    lead_id: str
    headline: str
    points: float
    pool: str | None
    rep_id: str | None
    since: datetime
    until: datetime


class RoutingShown(BaseModel):
    """Whether routing runs (`stopped` is null), and what waits, best score first."""

    stopped: StoppedShown | None
    waiting: int
    since: datetime | None
    first: list[WaitsShown]
    woken: int | None = Field(None, description="of a start: how many leads look for somebody now")

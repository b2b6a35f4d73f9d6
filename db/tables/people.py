"""Tables of who may get leads, a row each, so that one of them can be edited without the file."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field

from db.columns import Document, Prose, Utc, Word
from db.tables.base import Table
from db.tables.words import Origin
from models.roster import Level, Strategy

_NONE_YET = {"server_default": text("'[]'")}
_NOTHING_YET = {"server_default": text("'{}'")}


class RosterState(Table, table=True):
    """The one row that says when anything of the roster last changed; every change counts `revision` up."""

    __tablename__ = "roster_state"

    id: int = Field(default=1, primary_key=True)
    revision: int
    changed_at: datetime = Field(sa_type=Utc)


class CalendarRow(Table, table=True):
    """One calendar; `listed` is whether the latest roster file names it."""

    __tablename__ = "calendar"

    name: str = Field(sa_type=Prose, primary_key=True)
    body: dict[str, Any] = Field(sa_type=Document)
    listed: bool = True


class ManagerRow(Table, table=True):
    """One manager."""

    __tablename__ = "manager"

    id: str = Field(sa_type=Prose, primary_key=True)
    place: int
    name: str = Field(sa_type=Prose)
    email: str | None = Field(default=None, sa_type=Prose)
    webhook_url: str | None = Field(default=None, sa_type=Prose)
    slack: str | None = Field(default=None, sa_type=Prose)
    teams_url: str | None = Field(default=None, sa_type=Prose)
    crm: str | None = Field(default=None, sa_type=Prose)
    channels: list[str] = Field(sa_type=Document)
    tz: str | None = Field(default=None, sa_type=Prose)
    quiet: list[str] | None = Field(default=None, sa_type=Document)
    manager: str | None = Field(default=None, sa_type=Prose)
    listed: bool = True


class RoomRow(Table, table=True):
    """One place that many read."""

    __tablename__ = "room"

    id: str = Field(sa_type=Prose, primary_key=True)
    place: int
    name: str = Field(sa_type=Prose)
    email: str | None = Field(default=None, sa_type=Prose)
    webhook_url: str | None = Field(default=None, sa_type=Prose)
    slack: str | None = Field(default=None, sa_type=Prose)
    teams_url: str | None = Field(default=None, sa_type=Prose)
    crm: str | None = Field(default=None, sa_type=Prose)
    channels: list[str] = Field(sa_type=Document)
    tz: str | None = Field(default=None, sa_type=Prose)
    quiet: list[str] | None = Field(default=None, sa_type=Document)
    listed: bool = True


class RotaRow(Table, table=True):
    """One rota, as the file has it."""

    __tablename__ = "rota"

    name: str = Field(sa_type=Prose, primary_key=True)
    place: int
    body: dict[str, Any] = Field(sa_type=Document)
    listed: bool = True


class TeamRow(Table, table=True):
    """One team."""

    __tablename__ = "team"

    id: str = Field(sa_type=Prose, primary_key=True)
    place: int
    name: str = Field(sa_type=Prose)
    manager: str = Field(sa_type=Prose)
    calendar: str = Field(sa_type=Prose)
    region: str = Field(sa_type=Prose)
    countries: list[str] = Field(sa_type=Document)
    listed: bool = True


class RepRow(Table, table=True):
    """One rep; who is not `listed` any more is inactive, and stays because of what they once had."""

    __tablename__ = "rep"
    __table_args__ = (Index("ix_rep_team", "team"),)

    id: str = Field(sa_type=Prose, primary_key=True)
    place: int
    name: str = Field(sa_type=Prose)
    email: str | None = Field(default=None, sa_type=Prose)
    webhook_url: str | None = Field(default=None, sa_type=Prose)
    slack: str | None = Field(default=None, sa_type=Prose)
    teams_url: str | None = Field(default=None, sa_type=Prose)
    crm: str | None = Field(default=None, sa_type=Prose)
    channels: list[str] = Field(sa_type=Document)
    team: str = Field(sa_type=Prose)
    level: Level = Field(sa_type=Word(Level))
    role: str = Field(default="", sa_type=Prose)
    weight: int = 1
    capacity: int
    tz: str | None = Field(default=None, sa_type=Prose)
    quiet: list[str] | None = Field(default=None, sa_type=Document)
    calendar: str | None = Field(default=None, sa_type=Prose)
    languages: list[str] = Field(sa_type=Document)
    regions: list[str] = Field(sa_type=Document)
    industries: list[str] = Field(sa_type=Document)
    products: list[str] = Field(sa_type=Document)
    skills: list[str] = Field(sa_type=Document, sa_column_kwargs=_NONE_YET)
    certifications: list[str] = Field(sa_type=Document, sa_column_kwargs=_NONE_YET)
    caps: list[dict[str, Any]] = Field(sa_type=Document, sa_column_kwargs=_NONE_YET)
    backup: str | None = Field(default=None, sa_type=Prose)
    active: bool = True
    listed: bool = True


class TimeOffRow(Table, table=True):
    """One absence, its ends as written: dates (inclusive) or instants with an offset."""

    __tablename__ = "time_off"

    id: int | None = Field(default=None, primary_key=True)
    rep_id: str = Field(sa_type=Prose, foreign_key="rep.id", index=True)
    starts: str = Field(sa_type=Prose)
    ends: str = Field(sa_type=Prose)
    reason: str = Field(default="", sa_type=Prose)
    origin: Origin = Field(sa_type=Word(Origin))


class Forgiven(Table, table=True):
    """Somebody's offers that ran out do not count any more against them from `at` back. Rows are only added."""

    __table_args__ = (Index("ix_forgiven_rep_id", "rep_id", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    rep_id: str = Field(sa_type=Prose)
    at: datetime = Field(sa_type=Utc)
    by: str = Field(sa_type=Prose)
    reason: str = Field(sa_type=Prose)


class PoolRow(Table, table=True):
    """One pool: named members, or a team's people of some levels."""

    __tablename__ = "pool"

    name: str = Field(sa_type=Prose, primary_key=True)
    place: int
    members: list[str] = Field(sa_type=Document)
    team: str | None = Field(default=None, sa_type=Prose)
    levels: list[str] = Field(sa_type=Document)
    strategy: Strategy = Field(sa_type=Word(Strategy))
    weights: dict[str, int] = Field(sa_type=Document, sa_column_kwargs=_NOTHING_YET)
    listed: bool = True

"""Why a lead went where it went, kept with each decision so that it can be told from stored data alone (R29)."""

from typing import Any

from pydantic import Field

from models.base import Inside, Instant


class FactUsed(Inside):
    """One fact that a decision looked at: its value (None: not known) and who said so."""

    field: str
    value: Any = None
    source: str = Field("", description="`lead`: it came with the lead; else who supplied it, or what it follows from")


class TieTried(Inside):
    """One tie in its turn: whose the lead is by it, if anybody's, and whether that decided."""

    tie: str = Field(description="a `models.routing.Tied`, or a `Via`")
    rep_id: str | None = None
    decided: bool = False
    because: str


class RuleTried(Inside):
    """One rule in its turn: whether it matched, and on what."""

    rule: str
    matched: bool
    because: str


class Candidate(Inside):
    """One person who was looked at; `excluded` is the first reason against them, None for the eligible."""

    rep_id: str
    excluded: str | None = None
    load: int = 0
    capacity: int = 0
    weight: int = 1
    balance: float = Field(0, description="leads behind (+) or ahead (-) of their share before this turn")
    fit: float | None = Field(None, description="how well the lead suits them, in the points of `best_fit`")
    fits: tuple[str, ...] = Field((), description="what gave them the points of `best_fit`")


class RoutingTrace(Inside):
    """One routing decision, whole."""

    at: Instant
    policy: str
    pool: str | None
    tier: str | None
    levels: tuple[str, ...] = ()
    any_level: bool = Field(False, description="the pool has nobody (left) of those levels, so anybody counts")
    facts: tuple[FactUsed, ...] = Field((), description="what the routing rules looked at")
    account: str | None = Field(None, description="the policy's account of the company")
    ties: tuple[TieTried, ...] = ()
    tie: str | None = Field(None, description="the tie by which it is somebody's; None: by rules")
    rules: tuple[RuleTried, ...] = ()
    untold: int = Field(0, description="how many rules more were tried in vain, and are not listed")
    strategy: str | None = None
    overflow: tuple[str, ...] = Field((), description="pools in which nobody could be offered it, before `pool`")
    candidates: tuple[Candidate, ...] = ()
    chosen: str | None = None
    backup: str | None = None
    because: str = ""

"""Why a lead went where it went, kept with each decision so that it can be told from stored data alone (R29)."""

from pydantic import Field

from models.base import Inside, Instant


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


class RoutingTrace(Inside):
    """One routing decision, whole."""

    at: Instant
    policy: str
    pool: str | None
    tier: str | None
    levels: tuple[str, ...] = ()
    any_level: bool = Field(False, description="the pool has nobody (left) of those levels, so anybody counts")
    rules: tuple[RuleTried, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    chosen: str | None = None
    backup: str | None = None
    because: str = ""

"""What the figures of a while say: speed, promises, hours, conversion, the funnel, automation, load.

Every answer is of the leads that `Filters` let through. Shares carry how many they are of and how sure they are, so
that nobody has to take 1 of 2 for a half. Spans are seconds of wall time. This room refuses to count.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from models.base import Inside
from models.trial import Goal

TOO_FEW = 5
"""Of fewer leads than these a share says nothing: pages write "too few to tell"."""

HEALTHY = (0.8, 0.9)
"""The share of leads that is routed by rules alone where rules and people go well together (R28)."""

UNKNOWN = ""
"""The value of a dimension that a lead has none of, in filters and in answers."""


class Dimension(StrEnum):
    """By what leads are told apart. `rep`: who has it, or had it last. `band`: the tens of its points, as text."""

    SOURCE = "source"
    TYPE = "type"
    REGION = "region"
    TEAM = "team"
    REP = "rep"
    RULE = "rule"
    POLICY = "policy"
    INTENT = "intent"
    FIT = "fit"
    BAND = "band"


class Step(StrEnum):
    """How far a lead comes, counted from when it was received."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    CONTACTED = "contacted"


class Filters(Inside):
    """Which leads are counted: received on the days from `since` to `until` (UTC, both counted), and of these values.

    An empty tuple lets all through; `UNKNOWN` in one stands for leads without a value. Imports of old leads
    (`backfill`) count only where they are asked for.
    """

    since: date
    until: date
    source: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    rep: tuple[str, ...] = ()
    rule: tuple[str, ...] = ()
    policy: tuple[str, ...] = ()
    intent: tuple[str, ...] = ()
    fit: tuple[str, ...] = ()
    band: tuple[str, ...] = ()
    backfill: bool = Field(False, description="count imports of old leads, too")

    def of(self, dimension: Dimension) -> tuple[str, ...]:
        """Give the values of one dimension that are let through; none: all of them."""
        values: tuple[str, ...] = getattr(self, dimension.value)
        return values


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `of`; `low` to `high` is Wilson's interval, 95 %."""

    part: int
    of: int
    low: float
    high: float

    @property
    def rate(self) -> float | None:
        """Give the share, 0 to 1; None of nothing."""
        return self.part / self.of if self.of else None

    @property
    def tells(self) -> bool:
        """Say whether there are enough of them to say anything."""
        return self.of >= TOO_FEW


@dataclass(frozen=True, slots=True)
class Measured:
    """What there is: leads that are measured, their first and last day (None: none), and how fresh that is.

    `until`: the last change that is in; None where nobody has measured yet. `behind`: leads that changed since.
    """

    leads: int
    first: date | None
    last: date | None
    until: datetime | None
    behind: int = 0


@dataclass(frozen=True, slots=True)
class Fresh:
    """How fresh the figures are. `until`: the last change that is in; None where nobody has measured yet.

    `waits_since`: the first change that is not in yet; None where every one is.
    """

    until: datetime | None
    waits_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Bin:
    """Leads that took `low_s` seconds or more and less than `high_s` (None: without end)."""

    low_s: int
    high_s: int | None
    leads: int


@dataclass(frozen=True, slots=True)
class Point:
    """A step of a survival curve: from `at_s` on the share `left` still waits; `low` to `high` is its interval, 95 %.

    `at_risk`: how many were waiting just before.
    """

    at_s: int
    left: float
    low: float
    high: float
    at_risk: int


@dataclass(frozen=True, slots=True)
class Curve:
    """Who still waits after which time (Kaplan-Meier): leads that wait now count as waiting as long as they have.

    It begins at 0 s with 1.0, and ends where too few have been seen for so long. `came`: leads that came to the step;
    `waiting`: leads that wait for it; `left`: leads that went another way before (nurture, disqualified, closed) and
    count until they did.
    """

    points: tuple[Point, ...]
    came: int
    waiting: int
    left: int

    def within(self, share: float) -> int | None:
        """Say by when `share` of the leads (0 to 1) have come to the step, in seconds; None: not yet seen."""
        return next((point.at_s for point in self.points if 1 - point.left >= share - 1e-12), None)


@dataclass(frozen=True, slots=True)
class Timing:
    """How long leads take to one step: those that came to it in bins, and the curve in which those that wait count.

    `half_s`, `nine_tenths_s`: by when half and nine tenths of all have come to it (None: not yet seen), read off the
    curve; `mean_s` is of those alone that came. Times are known to 5 %.
    """

    step: Step
    bins: tuple[Bin, ...]
    curve: Curve
    half_s: int | None
    nine_tenths_s: int | None
    mean_s: float | None


@dataclass(frozen=True, slots=True)
class Speed:
    """Speed to lead, of leads that were promised an answer. `kept`: answered by the promise's own instant."""

    leads: int
    offered: Timing
    accepted: Timing
    contacted: Timing
    kept: Share
    target_s: int | None
    """The promise that most of the latest of them have, in seconds of wall time; None where there is none."""


@dataclass(frozen=True, slots=True)
class SpeedRow:
    """Speed to lead of one value: `half_s` and `nine_tenths_s` to accept, `contact_half_s` to contact."""

    value: str
    leads: int
    half_s: int | None
    nine_tenths_s: int | None
    contact_half_s: int | None
    kept: Share


@dataclass(frozen=True, slots=True)
class KeptRow:
    """Promises of one value of a dimension. `kept` is of those that are decided; `open`: still within their time.

    By `rep`, a promise belongs to whoever had the lead when it was kept or broke, not to who got it later (R32).
    """

    value: str
    kept: Share
    open: int

    @property
    def broken(self) -> int:
        """Give how many were broken."""
        return self.kept.of - self.kept.part


@dataclass(frozen=True, slots=True)
class KeptDay:
    """Promises of the leads of one day."""

    day: date
    kept: Share


@dataclass(frozen=True, slots=True)
class Kept:
    """Promises: all of them, day by day (days without leads are left out), and by each dimension that R32 names.

    Rows come with the most decided promises first. `nobody`: leads that broke theirs in nobody's hands.
    """

    all: KeptRow
    days: tuple[KeptDay, ...]
    by: dict[Dimension, tuple[KeptRow, ...]]
    nobody: int


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One hour of the week where the leads' teams are; 0 is Monday 00:00.

    `received`: leads that came in it; `answered`: leads that were first accepted in it; `kept`: the promises of those
    that came in it; `half_s`: by when half of these were accepted (None: too few came so far). `people`: how many
    active reps are on shift then, in the present week's calendars; None without a roster.
    """

    hour: int
    received: int
    answered: int
    kept: Share
    half_s: int | None
    people: int | None

    @property
    def gap(self) -> bool:
        """Say whether leads come while nobody is on shift (R50)."""
        return self.people == 0 and self.received > 0


@dataclass(frozen=True, slots=True)
class HeatMap:
    """168 cells, Monday 00:00 first. `unstaffed`: leads that came while nobody was on shift, of all."""

    cells: tuple[HeatCell, ...]
    unstaffed: Share | None


@dataclass(frozen=True, slots=True)
class ConversionRow:
    """How leads of one value of a dimension convert.

    `share`: of all that were offered to somebody; `settled`: of those alone that are decided: converted, or ended with
    another result. `worth`: what the won ones were worth as they were said to be, summed up by currency, never across.
    """

    value: str
    share: Share
    settled: Share
    worth: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Conversion:
    """Conversion to one goal (R49): all of them, and by a dimension, most leads first."""

    goal: Goal
    by: Dimension
    all: ConversionRow
    rows: tuple[ConversionRow, ...]


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One step of the funnel: `share` of all received, `of_before` of the step before."""

    name: str
    leads: int
    share: Share
    of_before: Share


@dataclass(frozen=True, slots=True)
class Funnel:
    """How far leads come: received, for sales, offered, accepted, contacted, qualified, won; and where others went.

    `aside`: leads that are not on their way to sales, by stage (nurturing, review, disqualified, ...).
    """

    steps: tuple[FunnelStep, ...]
    aside: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class AutomationRow:
    """One value (a rule; a week's Monday as ISO text): how many of its offered leads went by rules alone."""

    value: str
    automatic: Share


@dataclass(frozen=True, slots=True)
class Automation:
    """How many leads found their way by rules alone, and how many a person moved (R28): all, by week, by rule (R29).

    `by_hand`: leads that a person moved or gave to somebody; every lead that was offered is one or the other.
    """

    all: Share
    by_hand: int
    weeks: tuple[AutomationRow, ...]
    rules: tuple[AutomationRow, ...]


@dataclass(frozen=True, slots=True)
class RepLoad:
    """What one rep was offered in the while, and what they have now.

    `share`: their offers of all offers by rules in their team; `expected`: their part by weight among the team's
    active reps (None: not in the roster, or not active). `accepted` is of the offers that are answered or over.
    `half_s`: how long they take to accept, of offers they accepted. `in_hand`: leads that count now against `capacity`.
    """

    rep_id: str
    team: str
    offers: int
    share: Share
    expected: float | None
    accepted: Share
    declined: int
    ran_out: int
    half_s: int | None
    in_hand: int
    capacity: int | None


@dataclass(frozen=True, slots=True)
class Fairness:
    """Load and fairness: each rep that is active or was offered something, by team, most offers first."""

    reps: tuple[RepLoad, ...]
    offers: int
    """Offers in all; leads may be offered more than once."""


@dataclass(frozen=True, slots=True)
class Overview:
    """The first page: one number of each, and leads by day (`day`, received, accepted)."""

    received: int
    accepted: Timing
    kept: Share
    automatic: Share
    qualified: Share
    waiting: int
    days: tuple[tuple[date, int, int], ...]

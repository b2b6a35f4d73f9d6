"""Whether the points still tell who converts (R40): per band of points, at the threshold, and rule by rule.

Leads are held against their outcomes with their points as of when somebody got them. What so few leads show that it may
be chance is said to be unsure. This room refuses to change a policy: what follows is for people to decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from models.policy import Policy
from policy.scoring import BY_HAND
from policy.trials.experiment import Counted, Interval, newcombe, wilson

ENOUGH = 30
"""Fewer leads than these, on either side of a comparison, show nothing."""

ENOUGH_CONVERTED = 10
"""Fewer conversions than these among all leads show nothing, either."""

MANY = 200
"""So many leads with and without a rule have to be there before it is said to make no difference."""

STRICT = 0.99
"""How sure a word on a single rule has to be: of forty rules, chance makes two look wrong at 95 %."""


class AtThreshold(StrEnum):
    """What the leads next to the threshold say of it.

    `too_late`: those just below it convert certainly better than the average lead, and are held back. `too_early`:
    those just above it convert certainly worse, and are sent to sales.
    """

    FITS = "fits"
    TOO_LATE = "too_late"
    TOO_EARLY = "too_early"
    UNSURE = "unsure"


class OfRule(StrEnum):
    """What its leads say of a rule. `against`: they convert the other way round. `idle`: it makes no difference."""

    FITS = "fits"
    AGAINST = "against"
    IDLE = "idle"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Seen:
    """One lead whose outcome is known: its points, what each rule gave, and whether it converted."""

    points: float
    converted: bool
    rules: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Band:
    """Leads with more than `low` points and `high` at most (None: without end); `interval` is Wilson's, 95 %."""

    low: float | None
    high: float | None
    counted: Counted
    interval: Interval


@dataclass(frozen=True, slots=True)
class Threshold:
    """The leads above and not above the threshold, those next to it on either side, and what they say of it."""

    at: float
    above: Counted
    below: Counted
    just_above: Band
    just_below: Band
    says: AtThreshold


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it gave on average, how its leads converted, and the others; `difference` is Newcombe's, 99 %."""

    name: str
    points: float
    having: Counted
    others: Counted
    difference: Interval
    says: OfRule


@dataclass(frozen=True, slots=True)
class Review:
    """One look at the points of a policy. `enough`: there are leads enough to say anything at all."""

    leads: Counted
    interval: Interval
    bands: tuple[Band, ...]
    threshold: Threshold
    rules: tuple[Rule, ...]
    enough: bool


@dataclass
class Reviewer:
    """Takes leads in one by one, and says what they show together; their order does not matter."""

    policy: Policy
    _seen: list[tuple[float, bool]] = field(default_factory=list)
    _rules: dict[str, list[float]] = field(default_factory=dict)

    def take(self, lead: Seen) -> None:
        """Count one lead."""
        self._seen.append((lead.points, lead.converted))
        for name, points in lead.rules.items():
            tally = self._rules.setdefault(name, [0.0, 0.0, 0.0])
            tally[0] += 1
            tally[1] += lead.converted
            tally[2] += points

    def review(self) -> Review:
        """Say what all of them show."""
        leads = _count(self._seen)
        enough = leads.leads >= 2 * ENOUGH and leads.converted >= ENOUGH_CONVERTED
        return Review(
            leads=leads,
            interval=wilson(leads),
            bands=tuple(self._band(low, high) for low, high in pairwise([None, *self._bounds(), None])),
            threshold=self._threshold(leads, enough),
            rules=tuple(self._rule(name, leads, enough) for name in self._names()),
            enough=enough,
        )

    @property
    def _step(self) -> float:
        """Give how wide a band is: half the threshold, and five points at least."""
        return max(abs(self.policy.scoring.qualified_above) / 2, 5.0)

    def _bounds(self) -> Sequence[float]:
        at, step = self.policy.scoring.qualified_above, self._step
        return [at + n * step for n in range(-3, 5)]

    def _band(self, low: float | None, high: float | None) -> Band:
        inside = [one for one in self._seen if (low is None or one[0] > low) and (high is None or one[0] <= high)]
        counted = _count(inside)
        return Band(low, high, counted, wilson(counted))

    def _threshold(self, leads: Counted, enough: bool) -> Threshold:
        at, step = self.policy.scoring.qualified_above, self._step
        above = _count([one for one in self._seen if one[0] > at])
        below = Counted(leads.leads - above.leads, leads.converted - above.converted)
        just_below, just_above = self._band(at - step, at), self._band(at, at + step)
        says = AtThreshold.UNSURE
        if enough and leads.rate is not None and min(just_below.counted.leads, just_above.counted.leads) >= ENOUGH:
            says = AtThreshold.FITS
            if just_below.interval.low > leads.rate:
                says = AtThreshold.TOO_LATE
            elif just_above.interval.high < leads.rate:
                says = AtThreshold.TOO_EARLY
        return Threshold(at, above, below, just_above, just_below, says)

    def _names(self) -> Sequence[str]:
        """Name the rules in the policy's order; what people gave by hand is held against outcomes, too."""
        scoring = self.policy.scoring
        named = [*(rule.name for rule in scoring.attributes), *(rule.kind for rule in scoring.behaviour), BY_HAND]
        return [name for name in dict.fromkeys(named) if name in self._rules]

    def _rule(self, name: str, leads: Counted, enough: bool) -> Rule:
        times, converted, points = self._rules[name]
        having = Counted(int(times), int(converted))
        others = Counted(leads.leads - having.leads, leads.converted - having.converted)
        difference = newcombe(having, others, STRICT)
        mean = points / times
        return Rule(name, mean, having, others, difference, _says(mean, having, others, difference, enough))


def _says(points: float, having: Counted, others: Counted, difference: Interval, enough: bool) -> OfRule:
    if not enough or min(having.leads, others.leads) < ENOUGH:
        return OfRule.UNSURE
    if (points > 0 and difference.high < 0) or (points < 0 and difference.low > 0):
        return OfRule.AGAINST
    if difference.low <= 0 <= difference.high:
        return OfRule.IDLE if min(having.leads, others.leads) >= MANY else OfRule.UNSURE
    return OfRule.FITS


def _count(leads: Sequence[tuple[float, bool]]) -> Counted:
    return Counted(len(leads), sum(converted for _, converted in leads))

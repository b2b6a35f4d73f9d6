"""What a lead asks of whoever gets it: its language, industry, product, region, use case and working day (R11-R22).

Words are compared in small letters, whole. What is not known of the lead asks nothing, and that is noted. Working
hours are compared by ordinary weeks: a holiday makes nobody the wrong person. This room refuses to choose.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from models.calendar import Calendar, Week, known_zone
from models.facts import LeadFacts
from models.roster import Rep
from models.routing import Asked, Need
from policy.compiled import CompiledPolicy
from policy.hours.opening_hours import opening_hours
from policy.placing import region_of
from policy.routing.availability import Against, Objection
from policy.routing.crew import Crew, Trait, as_compared

_NINE_TO_FIVE = (("09:00", "17:00"),)
_LEADS_WEEK = Week(mon=_NINE_TO_FIVE, tue=_NINE_TO_FIVE, wed=_NINE_TO_FIVE, thu=_NINE_TO_FIVE, fri=_NINE_TO_FIVE)
_ASLEEP = Objection(Against.HOURS, "works when the lead sleeps")
_ZERO, _WEEK = timedelta(0), timedelta(days=7)
_OVERLAPS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Skill:
    """One word that a rep has to have, and what is said of who does not: "does not speak tr"."""

    trait: Trait
    word: str
    lacking: Objection


@dataclass(frozen=True, slots=True)
class Demands:
    """All that one lead asks under one rule; `tz` is the zone in whose working day they have to meet.

    `fields` are those of the lead that were looked at.
    """

    skills: tuple[Skill, ...] = ()
    tz: str | None = None
    overlap: timedelta = _ZERO
    notes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    def against(self, crew: Crew, rep: Rep, at: datetime) -> Sequence[Objection]:
        """List what a rep lacks; nothing for who suits."""
        if not self.skills and self.tz is None:
            return ()
        found = [one.lacking for one in self.skills if one.word not in crew.has(rep, one.trait)]
        if self.tz is not None and common_hours(crew, rep, self.tz, at) < self.overlap:
            found.append(_ASLEEP)
        return found


NONE = Demands()
"""Nothing is asked."""


def demands_of(asked: Asked, compiled: CompiledPolicy, facts: LeadFacts) -> Demands:
    """Work out what a rule asks of a rep for this lead."""
    skills, notes, tz = [], [], None
    for need in asked.needs:
        value = lead_value(need, compiled, facts)
        if value is None:
            notes.append(f"its {_NOUNS[need]} is not known, so none is asked for")
        elif need is Need.HOURS:
            tz = value
        else:
            skills.append(Skill(TRAITS[need], as_compared(value), _lacks(need, value)))
    for skill in asked.skills:
        skills.append(Skill("skills", as_compared(skill), Objection(Against.SKILL, f"lacks the skill {skill}")))
    for paper in asked.certifications:
        lacking = Objection(Against.SKILL, f"lacks the certification {paper}")
        skills.append(Skill("certifications", as_compared(paper), lacking))
    if not skills and tz is None and not notes:
        return NONE
    fields = tuple(FIELDS[need] for need in asked.needs)
    return Demands(tuple(skills), tz, compiled.policy.routing.overlap, tuple(notes), fields)


TRAITS: dict[Need, Trait] = {
    Need.LANGUAGE: "languages",
    Need.INDUSTRY: "industries",
    Need.PRODUCT: "products",
    Need.REGION: "regions",
    Need.USE_CASE: "skills",
}
"""Where a rep has what a lead needs."""

FIELDS: dict[Need, str] = {
    Need.LANGUAGE: "language",
    Need.INDUSTRY: "company.industry",
    Need.PRODUCT: "product",
    Need.REGION: "region",
    Need.USE_CASE: "use_case",
    Need.HOURS: "timezone",
}
"""The lead's field of a need, as conditions name it."""

_NOUNS = {need: need.replace("_", " ") for need in Need} | {Need.HOURS: "time zone"}


def lead_value(need: Need, compiled: CompiledPolicy, facts: LeadFacts) -> str | None:
    """Give the lead's own value of a need: "tr", "retail", its time zone; None when it is not known."""
    if need is Need.HOURS:
        return _zone(facts.timezone)
    known = {
        Need.LANGUAGE: facts.language,
        Need.INDUSTRY: facts.company.industry,
        Need.PRODUCT: facts.product,
        Need.USE_CASE: facts.use_case,
    }
    value = region_of(facts, compiled.policy, compiled.regions)[0] if need is Need.REGION else known[need]
    return value if value and as_compared(value) else None


def common_hours(crew: Crew, rep: Rep, tz: str, at: datetime) -> timedelta:
    """Add up the hours of an ordinary week, the one `at` is in, that a rep's day and the lead's have in common."""
    calendar = crew.calendar(rep)
    monday = at.astimezone(UTC).date().toordinal() - at.astimezone(UTC).weekday()
    key = (rep.id, tz, monday)
    known = crew.overlaps.get(key)
    if known is None:
        if len(crew.overlaps) >= _OVERLAPS_KEPT:
            crew.overlaps.clear()
        known = crew.overlaps[key] = _in_common(calendar, tz, datetime.fromordinal(monday).replace(tzinfo=UTC))
    return known


def _in_common(calendar: Calendar, tz: str, start: datetime) -> timedelta:
    ordinary = calendar.model_copy(update={"holidays": (), "exceptions": {}})
    theirs = opening_hours(ordinary if any(map(ordinary.week.of, range(7))) else calendar)
    leads = opening_hours(Calendar(tz=tz, week=_LEADS_WEEK))
    days = list(leads.slices_until(start, start + _WEEK))
    total = _ZERO
    for one in theirs.slices_until(start, start + _WEEK):
        for day in days:
            total += max(_ZERO, min(one.closes_at, day.closes_at) - max(one.opens_at, day.opens_at))
    return total


def _zone(name: str | None) -> str | None:
    try:
        return known_zone(name) if name else None
    except ValueError:
        return None


def _lacks(need: Need, value: str) -> Objection:
    match need:
        case Need.LANGUAGE:
            says = f"does not speak {value}"
        case Need.USE_CASE:
            says = f"does not know {value}"
        case _:
            says = f"does not cover {value}"
    return Objection(Against.SKILL, says)

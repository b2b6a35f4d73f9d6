"""Who is believed about a company: the lead first, then providers in their order, while their word is fresh."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.decisions import Fact
from models.facts import Conflict, LeadFacts
from models.lead import Company, LeadType, Touch
from models.provider import EnrichedField
from policy.believing import LEAD, Trust, believe, changed, stale_fields, wanted
from policy.cleaning.changing import changed as with_touch

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
EMPLOYEES, COUNTRY, CITY = EnrichedField.EMPLOYEES, EnrichedField.COUNTRY, EnrichedField.CITY
TRUST = Trust(providers=("a", "b"), fresh_for={"a": 30 * DAY, "b": 10 * DAY})
BIG_FIRST = TRUST.model_copy(update={"precedence": {EMPLOYEES: ("b", LEAD)}})


def known(**company: Any) -> LeadFacts:
    """What is known of a lead of this company."""
    return LeadFacts(
        lead_id="one", source="web", type=LeadType.DEMO_REQUEST, received_at=AT, company=Company(**company)
    )


def said(source: str, field: str, value: Any, at: datetime = AT) -> Fact:
    """What a provider said."""
    return Fact(field=field, value=value, source=source, as_of=at)


def company(facts: LeadFacts) -> dict[str, Any]:
    """What is known of the company."""
    return {name: value for name, value in facts.company.model_dump().items() if value not in (None, [])}


def test_gaps_are_filled_with_who_said_it_and_when() -> None:
    """Origin and age stand beside each fact."""
    facts = believe(known(), [said("a", CITY, "Bremen"), said("b", EMPLOYEES, 420)], TRUST, AT)
    assert {"city": "Bremen", "employees": 420} == company(facts)
    assert ({CITY: "a", EMPLOYEES: "b"}, {CITY: AT, EMPLOYEES: AT}) == (facts.origin, facts.as_of)


def test_the_leads_own_word_stands_and_the_contradiction_is_kept() -> None:
    """Who writes 20 and works at a company of 90,000 keeps the 20; whoever judges it sees both."""
    facts = believe(known(employees=20), [said("a", EMPLOYEES, 90_000)], TRUST, AT)
    assert ({"employees": 20}, {}) == (company(facts), facts.as_of)
    conflict = Conflict(
        field=EMPLOYEES, kept="20", kept_from=LEAD, other="90000", other_from="a",
        because="what came with the lead goes first",
    )  # fmt: skip
    assert (conflict,) == facts.conflicts


def test_what_followed_from_a_fact_follows_from_the_new_one() -> None:
    """A lead of acme.fr is not looked after in Germany because acme.de was said before; a German's own word stands."""
    first = believe(known(), [said("b", EnrichedField.DOMAIN, "acme.de")], TRUST, AT)
    first = first.model_copy(update={"region": "dach", "origin": first.origin | {"region": "country"}})
    then = believe(first, [said("a", EnrichedField.DOMAIN, "acme.fr"), said("a", EMPLOYEES, 1)], TRUST, AT)
    assert ("DE", "Europe/Berlin") == (first.country, first.timezone)
    assert ("FR", "Europe/Paris", None) == (then.country, then.timezone, then.region)
    none = believe(first, [said("a", EnrichedField.DOMAIN, "no domain")], TRUST, AT)
    assert first == none.model_copy(update={"notes": first.notes, "conflicts": first.conflicts})
    german = known().model_copy(update={"country": "DE"})
    assert "DE" == believe(german, [said("a", EnrichedField.DOMAIN, "acme.fr")], TRUST, AT).country


def test_a_policy_may_believe_a_provider_rather() -> None:
    """Precedence by field: the provider's word takes the lead's place, and the lead's is kept as the conflict."""
    facts = believe(
        known(employees=20, city="Bonn"), [said("b", EMPLOYEES, 90_000), said("b", CITY, "x")], BIG_FIRST, AT
    )
    assert {"employees": 90_000, "city": "Bonn"} == company(facts)
    (conflict,) = facts.conflicts
    assert ("b", "20", LEAD, "b is rather believed than lead") == (
        conflict.kept_from, conflict.other, conflict.other_from, conflict.because,
    )  # fmt: skip


def test_who_is_not_named_in_a_precedence_comes_after_the_lead() -> None:
    """`[b, lead]` says nothing of a: the lead goes before it."""
    assert {"employees": 20} == company(believe(known(employees=20), [said("a", EMPLOYEES, 90_000)], BIG_FIRST, AT))


@pytest.mark.parametrize(
    ("kept", "other", "contradicts"), [(100, 199, False), (100, 201, True), (100, 49, True), (100, 51, False)]
)
def test_rough_counts_do_not_contradict_each_other(kept: int, other: int, contradicts: bool) -> None:
    """Head counts are estimates: only half or double says something else."""
    assert contradicts is bool(believe(known(employees=kept), [said("a", EMPLOYEES, other)], TRUST, AT).conflicts)


@pytest.mark.parametrize(("days", "value"), [(9, 100), (11, 240)])
def test_a_stale_fact_gives_way_to_a_fresh_one(days: int, value: int) -> None:
    """Fresh, b's word stands against nobody but b; stale, whoever is asked anew is believed."""
    facts = believe(known(), [said("b", EMPLOYEES, 100)], TRUST, AT)
    later = AT + days * DAY
    trust = TRUST.model_copy(update={"providers": ("b", "a")})
    assert value == believe(facts, [said("a", EMPLOYEES, 240, later)], trust, later).company.employees


def test_a_provider_may_correct_itself() -> None:
    """What it says now replaces what it said, without a contradiction."""
    facts = believe(known(), [said("a", EMPLOYEES, 100)], TRUST, AT)
    again = believe(facts, [said("a", EMPLOYEES, 900, AT + DAY)], TRUST, AT + DAY)
    assert (900, AT + DAY, ()) == (again.company.employees, again.as_of[EMPLOYEES], again.conflicts)
    assert (EMPLOYEES,) == changed(facts, again)


def test_what_an_event_says_is_the_leads_own_word() -> None:
    """A correction that somebody makes stands against the provider whose word it corrected."""
    learned = believe(known(), [said("a", EMPLOYEES, 9)], TRUST, AT)
    event = Touch(kind="field_changed", at=AT, properties={"field": EMPLOYEES, "value": 900})
    corrected = with_touch(learned, event)
    assert 900 == believe(corrected, [said("a", EMPLOYEES, 9)], TRUST, AT).company.employees


def test_what_cannot_be_a_value_takes_nothing_away() -> None:
    """A trusted provider's nonsense leaves what the lead said."""
    facts = believe(known(employees=20), [said("b", EMPLOYEES, "many")], BIG_FIRST, AT)
    assert ({"employees": 20}, {}, {}) == (company(facts), facts.origin, facts.as_of)


def test_what_is_asked_for_is_missing_stale_or_better_known_elsewhere() -> None:
    """Nobody pays for what is known, fresh, and not to be overruled."""
    full = known(name="Acme", domain="acme.example", employees=1, industry="x", country="DE", city="y", tech=["z"])
    assert ([], [EMPLOYEES]) == (list(wanted(full, TRUST, AT)), list(wanted(full, BIG_FIRST, AT)))
    learned = believe(known(), [said("a", CITY, "Bremen"), said("b", COUNTRY, "DE")], TRUST, AT)
    later = AT + 11 * DAY
    assert {COUNTRY} == stale_fields(learned, TRUST, later)
    assert set(EnrichedField) - {CITY} == wanted(learned, TRUST, AT)  # a is rather believed about the country
    assert set(EnrichedField) - {CITY} == wanted(learned, TRUST, later)


_facts = st.lists(
    st.one_of(
        st.builds(said, st.sampled_from("ab"), st.just(EMPLOYEES), st.integers(0, 10_000_000)),
        st.builds(said, st.sampled_from("ab"), st.just(COUNTRY), st.sampled_from(["DE", "FR", "PL"])),
        st.builds(said, st.sampled_from("ab"), st.just(CITY), st.sampled_from(["Bremen", "Bonn"])),
    ),
    unique_by=lambda one: (one.field, one.source),
)
_lead = st.builds(known, employees=st.none() | st.integers(0, 1000), country=st.none() | st.just("DE"))
_trust = st.sampled_from([TRUST, BIG_FIRST])


@given(_lead, _facts, _trust, st.randoms())
def test_the_order_of_arrival_does_not_matter(lead: LeadFacts, found: list[Fact], trust: Trust, random: Any) -> None:
    """Whoever answers first, the same is believed in the end."""
    shuffled = random.sample(found, len(found))
    one, other = believe(lead, found, trust, AT), believe(lead, shuffled, trust, AT)
    assert (company(one), one.origin, one.as_of) == (company(other), other.origin, other.as_of)
    assert set(map(str, one.conflicts)) == set(map(str, other.conflicts))


@given(_lead, _facts, _trust)
def test_believing_twice_changes_nothing(lead: LeadFacts, found: list[Fact], trust: Trust) -> None:
    """An answer that comes again is the same answer."""
    once = believe(lead, found, trust, AT)
    assert (company(once), once.origin) == (company(twice := believe(once, found, trust, AT)), twice.origin)


@given(_lead, _facts)
def test_without_a_precedence_nothing_that_came_is_lost(lead: LeadFacts, found: list[Fact]) -> None:
    """Enrichment only adds."""
    assert company(lead).items() <= company(believe(lead, found, TRUST, AT)).items()

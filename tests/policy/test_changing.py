"""What events change of what is known: tags and fields, read as a lead's own are, and noted where they cannot be."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import parse
from models.facts import LeadFacts
from models.lead import LeadInput, Touch
from policy.cleaning.changing import CHANGEABLE, MOST_CUSTOM, MOST_TAGS, changed
from policy.cleaning.hygiene import clean

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
RAW = {
    "source": "web",
    "type": "demo_request",
    "email": "eva@acme.example",
    "title": "VP Sales",
    "country": "DE",
    "tags": ["old"],
    "custom": {"age": 30},
}
FACTS = clean(parse(LeadInput, RAW), "L1", NOW)


def after(kind: str, facts: LeadFacts = FACTS, **properties: Any) -> LeadFacts:
    """Give what is known after one event."""
    return changed(facts, Touch(kind=kind, at=NOW, properties=properties))


def test_tags_come_and_go() -> None:
    """In small letters, each once; what is not there cannot go."""
    tagged = after("tag_added", tag=" Has-Budget ")
    assert ["old", "has-budget"] == tagged.tags
    assert tagged == after("tag_added", tagged, tag="HAS-BUDGET")
    assert FACTS.tags == after("tag_removed", tagged, tag="has-budget").tags
    assert FACTS == after("tag_removed", tag="nowhere")
    assert FACTS == after("pricing_visit", tag="has-budget")


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("country", "Poland", "PL"),
        ("company.employees", 120, 120),
        ("company.employees", "50-100", 75),
        ("company.industry", "Banking", "banking"),
        ("company.country", "Türkiye", "TR"),
        ("language", "German", "de"),
        ("title", "  Chief   Executive Officer ", "Chief Executive Officer"),
        ("product", " Routing ", "Routing"),
        ("region", "emea", "emea"),
        ("decision_maker", "no", False),
        ("decision_maker", False, False),
        ("custom.role", "student", "student"),
    ],
)
def test_a_field_is_read_as_a_leads_own(field: str, value: Any, read: Any) -> None:
    """One spelling, and who said it."""
    new = after("field_changed", field=field, value=value)
    holder, _, name = field.rpartition(".")
    found = new.custom[name] if holder == "custom" else getattr(getattr(new, holder) if holder else new, name)
    assert (read, "event") == (found, new.origin[field])
    assert new == after("field_changed", new, field=field, value=value), "said twice it is the same"


def test_what_follows_from_a_field_follows_again() -> None:
    """A new title brings its own seniority; a new country its own time zone; none is kept from before."""
    assert ("vp", True, "Europe/Berlin") == (FACTS.seniority, FACTS.decision_maker, FACTS.timezone)
    intern = after("field_changed", field="title", value="Student")
    assert ("student", False) == (intern.seniority, intern.decision_maker)
    assert "Asia/Tokyo" == after("field_changed", field="country", value="Japan").timezone
    nothing = after("field_changed", field="title", value=None)
    assert (None, None, None) == (nothing.title, nothing.seniority, nothing.decision_maker)
    given = FACTS.model_copy(update={"timezone": "Europe/Zurich", "origin": {}})
    assert "Europe/Zurich" == after("field_changed", given, field="country", value="Japan").timezone


@pytest.mark.parametrize(
    "said",
    [
        {"field": "country", "value": "Atlantis"},
        {"field": "company.employees", "value": "n/a"},
        {"field": "company.employees", "value": -1},
        {"field": "decision_maker", "value": "perhaps"},
        {"field": "product", "value": 7},
        {"field": "email", "value": "other@acme.example"},
        {"field": "lead_id", "value": "L2"},
        {"field": "custom.", "value": 1},
        {"field": 7, "value": 1},
        {},
    ],
)
def test_what_cannot_be_read_or_is_not_for_events_changes_nothing(said: dict[str, Any]) -> None:
    """A note says so, without the value."""
    new = after("field_changed", **said)
    assert FACTS == new.model_copy(update={"notes": FACTS.notes})
    assert 1 == len(new.notes) - len(FACTS.notes)
    assert str(said.get("value", "?")) not in new.notes[-1]


def test_events_cannot_fill_a_lead_without_end() -> None:
    """Tags and custom fields are bounded."""
    full = FACTS.model_copy(update={"tags": [f"t{n}" for n in range(MOST_TAGS)]})
    assert full.tags == after("tag_added", full, tag="one more").tags
    many = FACTS.model_copy(update={"custom": {f"c{n}": n for n in range(MOST_CUSTOM)}})
    assert many.custom == after("field_changed", many, field="custom.more", value=1).custom
    assert 7 == after("field_changed", many, field="custom.c1", value=7).custom["c1"]


@given(
    st.sampled_from([*sorted(CHANGEABLE), "custom.x", "email", "?"]),
    st.none() | st.booleans() | st.integers() | st.text(max_size=40) | st.lists(st.text(max_size=4), max_size=3),
)
def test_whatever_is_said_facts_stay_facts(field: str, value: Any) -> None:
    """They can be stored and read again, and the person is who they were."""
    new = after("field_changed", field=field, value=value)
    assert new == LeadFacts.model_validate(new.model_dump(mode="json"))
    assert (FACTS.lead_id, FACTS.email, FACTS.received_at) == (new.lead_id, new.email, new.received_at)

"""What a door lets in: nothing that a later room could not carry, and what is refused is named."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from models.base import Refused
from models.lead import DEEPEST_LEAD, LARGEST_LEAD
from runtime.intake.rows import Row
from runtime.intake.taking import take

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def taken(**fields: Any) -> dict[str, Any]:
    """Bring a lead to the door; give what the inbox keeps."""
    lead = {"source": "web", "type": "other", "email": "ann@acme.example"} | fields
    raw: dict[str, Any] = json.loads(take(Row(7, lead), NOW, import_id=None, paced=False).raw)
    return raw


def nested(levels: int, inside: Any = 1) -> Any:
    """Put a value into so many objects and lists."""
    for level in range(levels):
        inside = {"a": inside} if level % 2 else [inside]
    return inside


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"custom": {"note": "x" * LARGEST_LEAD}}, "custom: makes the lead too large: 262,2"),
        ({"message": "ä" * (LARGEST_LEAD // 2)}, "message: makes the lead too large: 262,2"),
        ({f"field_{n}": n for n in range(45_000)}, "makes the lead too large: "),
        ({"x" * LARGEST_LEAD: 1}, "makes the lead too large: 262,1"),
        ({"tags": ["x" * 9_000] * 99}, "tags: makes the lead too large: "),
        ({"custom": {"a": nested(DEEPEST_LEAD)}}, "custom: is nested too deep: a lead may have 32 levels"),
        ({"custom": nested(800, {})}, "custom: is nested too deep: a lead may have 32 levels"),
        ({"custom": nested(DEEPEST_LEAD, {})}, "custom: is nested too deep: a lead may have 32 levels"),
    ],
    ids=["one value", "two bytes a letter", "many fields", "a long name", "a list", "deep", "800", "33"],
)
def test_what_no_room_could_carry_is_refused_by_name(fields: dict[str, Any], complaint: str) -> None:
    """One problem, the field at fault, the bound; never what the field holds, nor a stranger's name for it."""
    with pytest.raises(Refused) as caught:
        taken(**fields)
    assert 1 == len(caught.value.problems)
    assert str(caught.value).startswith(complaint)
    assert len(str(caught.value)) < 150


def test_what_is_just_within_bounds_is_taken() -> None:
    """Up to the bound it is a lead like any other."""
    custom = {"a": nested(DEEPEST_LEAD - 2), "note": "x" * (LARGEST_LEAD - 1000)}
    assert custom == taken(custom=custom)["custom"]
    assert LARGEST_LEAD - 1000 < len(json.dumps(taken(custom=custom))) <= LARGEST_LEAD


@pytest.mark.parametrize(
    "said", ["1899-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "2000-01-01T00:30:00+01:00", "2101-01-01T00:00:00Z"]
)
def test_a_year_that_cannot_be_is_refused(said: str) -> None:
    """A sender's zero is no instant; the line is named instead of counting a promise from there."""
    with pytest.raises(Refused, match="received_at: lies outside the years 2000 to 2100; leave it out for now"):
        taken(received_at=said)


@pytest.mark.parametrize("said", ["2000-01-01T00:00:00Z", "2026-03-02T10:00:00+01:00", "2100-12-31T23:59:59Z"])
def test_any_other_instant_is_kept(said: str) -> None:
    """An import may bring leads of last year."""
    assert datetime.fromisoformat(said) == datetime.fromisoformat(taken(received_at=said)["received_at"])


def test_words_where_numbers_belong_lose_nobody_and_are_kept() -> None:
    """The door takes what hygiene reads or notes, and keeps it as it came (R42)."""
    said = {"company": {"employees": "many"}, "decision_maker": "evet", "deal_value": {"amount": "€ 5k"}}
    assert said.items() <= taken(**said, country="Atlantis", phone="n/a").items()

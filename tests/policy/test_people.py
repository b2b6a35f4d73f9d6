"""People as forms, files and referrals give them (R42, R45)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from models.base import Refused, parse
from models.contact import BuyingRole, ContactEntry
from policy.people import read_person, referred

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_a_person_is_read_as_a_lead_is() -> None:
    """One spelling of the address; what the title tells; the company by its domain; the part as it was said."""
    entry = parse(ContactEntry, {"email": "Eva.Bauer@ACME.example", "title": "Chief Financial Officer"})
    found = read_person(entry.model_copy(update={"role": BuyingRole.CHAMPION}), AT)
    assert ("eva.bauer@acme.example", "c_level", True, "acme.example", BuyingRole.CHAMPION) == (
        found["email"],
        found["seniority"],
        found["decision_maker"],
        found["company"],
        found["role"],
    )


@pytest.mark.parametrize(
    ("raw", "company"),
    [
        ({"email": "eva@gmail.com"}, None),
        ({"email": "eva@gmail.com", "domain": "acme.example"}, "acme.example"),
        ({"phone": "+49 30 901820", "domain": "gmail.com"}, None),
    ],
)
def test_a_free_address_tells_of_no_company(raw: dict[str, Any], company: str | None) -> None:
    """Unless somebody says which."""
    assert company == read_person(parse(ContactEntry, raw), AT)["company"]


def test_nobody_who_cannot_be_reached() -> None:
    """An address that is none, and no number, is refused by name."""
    with pytest.raises(Refused) as refused:
        read_person(parse(ContactEntry, {"email": "eva at acme", "account": "acme"}), AT)
    assert ["email"] == [one.field for one in refused.value.problems]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"email": "b@acme.example", "name": "Bo van Berg"}, {"first_name": "Bo van", "last_name": "Berg"}),
        ({"email": "b@acme.example", "name": "Bo"}, {"first_name": "Bo", "last_name": None}),
        ({"email": "b@acme.example", "name": "X Y", "last_name": "Berg"}, {"first_name": None, "last_name": "Berg"}),
        ({"email": "b@acme.example", "account": "other", "page": 7}, {"account": "acme", "domain": None}),
        ({"phone": "+4930901820"}, {"account": "acme", "phone": "+4930901820"}),
    ],
)
def test_whom_a_referral_names(said: dict[str, Any], expected: dict[str, Any]) -> None:
    """A name is taken apart; they belong to the account of whoever named them, whatever the event says."""
    entry = referred(said, "acme", None)
    assert entry is not None
    assert expected == entry.model_dump(include=set(expected))


def test_a_referral_to_nobody() -> None:
    """Without a way to reach them, or a number of nobody's company, nobody is named; what is no text is refused."""
    assert referred({"name": "Bo Berg"}, "acme", "acme.example") is None
    assert referred({"phone": "+4930901820"}, None, None) is None
    assert (found := referred({"phone": "+4930901820"}, None, "acme.example")) is not None
    assert "acme.example" == found.domain
    with pytest.raises(Refused):
        referred({"email": 7}, "acme", None)

"""Addresses and numbers as lists, mail programs and phones put them: whoever can be reached comes in (R42)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from models.base import Refused
from models.facts import LeadFacts
from policy.cleaning.hygiene import clean
from policy.cleaning.reading import read

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def cleaned(**raw: Any) -> LeadFacts:
    """Read and clean a lead that says just this."""
    lead, notes = read({"source": "website", "type": "demo_request", **raw})
    return clean(lead, "L1", NOW, *notes)


@pytest.mark.parametrize(
    "text",
    [
        "Ann Lee <ann@acme.example>", "<ann@acme.example>", "ann@acme.example;", "ann@acme.example.",
        "ann @ acme.example", "ann@acme.example, bob@acme.example", "ann@acme.example / bob@acme.example",
        "ann@acme.example bob@acme.example", "MAILTO:ann@acme.example?subject=Hi", "'ann@acme.example'",
        "ann@acme.example (work)", "E-Mail: ann@acme.example", "ann(at)acme.example", "ann [at] acme [dot] example",
        "ＡＮＮ＠ａｃｍｅ．ｅｘａｍｐｌｅ",
    ],
)  # fmt: skip
def test_an_address_is_found_in_what_is_around_it(text: str) -> None:
    """Brackets, labels and a second address refuse nobody; the first address counts."""
    assert "ann@acme.example" == cleaned(email=text).email


def test_a_turkish_capital_is_no_other_letter() -> None:
    """Caps lock on a Turkish keyboard makes "İNFO@" of a shared mailbox."""
    assert "info@acme.example" == cleaned(email="İNFO@ACME.EXAMPLE").email


@pytest.mark.parametrize(
    "text", ["ann lee@acme.example", "ann@acme,example", "ann@@acme.example", "ann at acme", ";,<>"]
)
def test_words_are_never_joined_to_an_address(text: str) -> None:
    """Another person's address is worse than none."""
    with pytest.raises(Refused, match="is not an e-mail address"):
        cleaned(email=text)


@pytest.mark.parametrize(
    ("phone", "more", "expected"),
    [
        ("030-1234567 oder 0170 1234567", {"country": "DE"}, "+49301234567"),
        ("0170 1234567 / 030 1234567", {"country": "DE"}, "+491701234567"),
        ("n/a; +49 30 1234567", {"country": "DE"}, "+49301234567"),
        ("+49 30 1234567 +49 170 1234567", {}, "+49301234567"),
        ("+1 415 555 2671 (office), +1 415 555 2672 (mobile), please call after 5 p.m.", {}, "+14155552671"),
        ("030 1234567 mobil", {"country": "DE"}, "+49301234567"),
        ("Büro 030 1234567 (abends)", {"country": "DE"}, "+49301234567"),
        ("1-800-FLOWERS", {"country": "US"}, "+18003569377"),
        ("415 555 2671 ext. 12", {"country": "US"}, "+14155552671"),
        ("020 7946 0958", {"timezone": "Europe/London"}, "+442079460958"),
        ("020 7946 0958", {"company": {"domain": "acme.co.uk"}}, "+442079460958"),
        ("030 1234567", {"email": "ann@acme.de"}, "+49301234567"),
        ("4155552671", {"region": "California"}, "+14155552671"),
        ("1 415 555 2671", {}, "+14155552671"),
        ("4917012345678", {}, "+4917012345678"),
        ("030 1234567", {"email": "ann@gmail.com"}, None),
        ("4155552671", {"region": "NL", "email": "ann@gmail.com"}, None),
        ("123", {"timezone": "Europe/Berlin", "email": "ann@gmail.com"}, None),
    ],
)
def test_a_number_is_read_by_whatever_tells_its_country(phone: str, more: dict[str, Any], expected: str | None) -> None:
    """The first of several; zone, domain and state stand in for a country, but only for a number that is handed out."""
    assert expected == cleaned(phone=phone, **more).phone

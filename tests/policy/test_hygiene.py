"""Cleaning leads: one spelling for everything, nothing guessed, nobody unreachable let in (R42)."""

import csv
import warnings
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import Refused, parse
from models.decisions import Fact
from models.facts import EmailKind, LeadFacts
from models.lead import LeadInput
from policy.cleaning.addresses import belongs_to_nobody
from policy.cleaning.hygiene import clean, fill, receipt
from policy.cleaning.places import read_country
from policy.cleaning.states import ZONE_OF_STATE
from policy.cleaning.titles import decides, seniority_of
from policy.cleaning.zones import COUNTRY_OF, ZONE_OF

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
COMPANIES = Path(__file__).parents[2] / "adapters" / "enrichers" / "data" / "companies.csv"


def cleaned(**raw: Any) -> LeadFacts:
    """Clean a lead that says just this."""
    given = {"source": "website", "type": "demo_request", **raw}
    if "phone" not in raw:
        given.setdefault("email", "ann@acme.example")
    return clean(parse(LeadInput, given), "L1", NOW)


@pytest.mark.parametrize(
    ("text", "expected", "kind"),
    [
        ("  Ann.Lee@ACME.example ", "ann.lee@acme.example", EmailKind.WORK),
        ("ann@müller.de", "ann@xn--mller-kva.de", EmailKind.WORK),
        ("mailto:ann@acme.example", "ann@acme.example", EmailKind.WORK),
        ("Ann+crm@gmail.com", "ann+crm@gmail.com", EmailKind.FREE),
        ("ann@mail.gmx.de", "ann@mail.gmx.de", EmailKind.FREE),
        ("ann@mailinator.com", "ann@mailinator.com", EmailKind.DISPOSABLE),
        ("info@gmail.com", "info@gmail.com", EmailKind.FREE),
        ("Info@acme.example", "info@acme.example", EmailKind.ROLE),
        ("vertrieb+messe@acme.example", "vertrieb+messe@acme.example", EmailKind.ROLE),
        ("Secretariat@acme.example", "secretariat@acme.example", EmailKind.ROLE),
        ("satinalma@acme.example", "satinalma@acme.example", EmailKind.ROLE),
        ("ksiegowosc@acme.example", "ksiegowosc@acme.example", EmailKind.ROLE),
        ("information@acme.example", "information@acme.example", EmailKind.WORK),
    ],
)
def test_an_address_has_one_spelling_and_a_kind(text: str, expected: str, kind: EmailKind) -> None:
    """Addresses are folded to lower case and ASCII domains; free, throw-away and shared ones are told apart."""
    facts = cleaned(email=text)
    assert (expected, kind) == (facts.email, facts.email_kind)


STARTED = NOW - timedelta(seconds=3)
BEFORE = "received_at: lies before the year 2000; it counts from its start"
AHEAD_OF_US = "received_at: lies ahead of us; it counts from its start"


@pytest.mark.parametrize(
    ("said", "expected", "note"),
    [
        (None, STARTED, ""),
        (NOW - timedelta(days=400), NOW - timedelta(days=400), ""),
        (NOW + timedelta(minutes=5), NOW + timedelta(minutes=5), ""),
        (NOW + timedelta(minutes=5, seconds=1), STARTED, AHEAD_OF_US),
        (datetime(9999, 12, 31, tzinfo=UTC), STARTED, AHEAD_OF_US),
        (datetime(2000, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC), ""),
        (datetime(1999, 12, 31, 23, 59, tzinfo=UTC), STARTED, BEFORE),
        (datetime(1, 1, 1, tzinfo=UTC), STARTED, BEFORE),
    ],
)
def test_a_lead_is_received_when_that_can_be(said: datetime | None, expected: datetime, note: str) -> None:
    """A sender's word stands within what calendars can count; else the start does, and the lead says so."""
    assert (expected, note) == receipt(said, STARTED, NOW)
    facts = clean(parse(LeadInput, {"source": "x", "type": "other", "email": "a@gmail.com"}), "L1", expected, note)
    assert (expected, (note,) if note else ()) == (facts.received_at, facts.notes)


@pytest.mark.parametrize(
    "text",
    ["ann", "ann@acme", "ann lee@acme.example", "ann@acme..example", "ann@printer.local", "@acme.example", "a@b@c.de"],
)  # fmt: skip
def test_without_an_address_or_number_nobody_can_be_reached(text: str) -> None:
    """A lead with nothing but a broken address is refused, and the reason does not repeat the address."""
    with pytest.raises(Refused) as caught:
        cleaned(email=text)
    assert ["email"] == [problem.field for problem in caught.value.problems]
    assert "is not an e-mail address" in str(caught.value)
    assert "acme" not in str(caught.value)


def test_each_broken_contact_is_named() -> None:
    """Both are wrong, both are said."""
    with pytest.raises(Refused) as caught:
        cleaned(email="ann@", phone="12")
    assert ["email", "phone"] == [problem.field for problem in caught.value.problems]


def test_one_good_contact_is_enough() -> None:
    """The good one is kept, the other is left out and noted without repeating it."""
    facts = cleaned(email="ann[at]acme", phone="+49 30 1234567")
    assert (None, "+49301234567", EmailKind.NONE) == (facts.email, facts.phone, facts.email_kind)
    assert any(note.startswith("email: is not an e-mail address") and "acme" not in note for note in facts.notes)
    facts = cleaned(email="ann@acme.example", phone="call me")
    assert ("ann@acme.example", None) == (facts.email, facts.phone)
    assert any(note.startswith("phone: is not a phone number") and "call me" not in note for note in facts.notes)


@pytest.mark.parametrize(
    ("phone", "country", "expected"),
    [
        ("030 1234567", "Deutschland", "+49301234567"),
        ("0049 30 / 123 45 67", None, "+49301234567"),
        ("tel:+49-30-1234567", None, "+49301234567"),
        ("(415) 555-2671 ext. 12", "USA", "+14155552671"),
        ("0532 555 55 55", "Türkiye", "+905325555555"),
        ("22 123 45 67", "Polska", "+48221234567"),
        ("+48 22 123 45 67", "Germany", "+48221234567"),
    ],
)
def test_a_number_has_one_spelling(phone: str, country: str | None, expected: str) -> None:
    """Numbers are E.164; without a prefix they are read in the lead's own country."""
    assert expected == cleaned(phone=phone, country=country).phone


def test_a_number_may_be_read_in_the_companys_country() -> None:
    """Where only the company's country is known, it says how to read the number."""
    facts = cleaned(phone="030 1234567", company={"country": "germany"})
    assert ("+49301234567", "DE", "phone") == (facts.phone, facts.country, facts.origin["country"])


def test_a_number_without_prefix_or_country_is_refused_with_the_reason() -> None:
    """The sender can mend it: the country is what is missing."""
    with pytest.raises(Refused, match="no country prefix, and the lead's country is not known"):
        cleaned(phone="030 1234567")


def test_a_number_nobody_has_is_kept_and_flagged() -> None:
    """A number of the right length may be new to us; the rep is told."""
    facts = cleaned(phone="+1 212 155 0175")
    assert "+12121550175" == facts.phone
    assert any("hands out no such numbers" in note for note in facts.notes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Deutschland", "DE"), ("GERMANY", "DE"), ("de", "DE"), ("U.K.", "GB"), ("U.S.", "US"), ("Türkiye", "TR"),
        ("Wielka Brytania", "GB"), ("日本", "JP"), ("Scotland", "GB"), ("Holland", "NL"), ("Freedonia", None),
        ("İngiltere", "GB"), ("INGILTERE", "GB"), ("Amerika Birleşik Devletleri", "US"), ("EE.UU.", "US"), ("VS", "US"),
        ("Oesterreich", "AT"), ("Česko", "CZ"), ("BRD", "DE"), ("tr-TR", "TR"), ("en_US", "US"), ("Germany (DE)", "DE"),
        ("-", None), ("...", None), ("?", None), ("🇩🇪", None), ("12", None),
        ("Europe", None), ("EU", None), ("Soviet Union", None), ("CA", "CA"), ("Korea", "KR"),
    ],
)  # fmt: skip
def test_a_country_is_a_code(text: str, expected: str | None) -> None:
    """Names in any language become ISO 3166 alpha-2; what is no country is left out and noted, never guessed."""
    facts = cleaned(country=text)
    assert expected == facts.country
    noted = "country: is not the name or code of a country; left out" in facts.notes
    assert noted is (expected is None)


def test_reading_a_country_warns_nobody() -> None:
    """The library's wish for another library stays between the two."""
    read_country.cache_clear()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        assert "GR" == read_country("Ελλάδα")
    assert [] == heard


@pytest.mark.parametrize(
    ("given", "expected", "origin"),
    [
        ({"timezone": "europe/berlin"}, "Europe/Berlin", None),
        ({"timezone": "America/New York"}, "America/New_York", None),
        ({"country": "Japan"}, "Asia/Tokyo", "country"),
        ({"country": "DE", "timezone": "Middle Earth"}, "Europe/Berlin", "country"),
        ({"country": "US"}, None, None),
        ({"country": "US", "phone": "+1 415 555 2671"}, "America/Los_Angeles", "phone"),
        ({"country": "US", "region": "California", "phone": "+1 212 555 2671"}, "America/Los_Angeles", "region"),
        ({"country": "US", "region": "us-tx"}, "America/Chicago", "region"),
        ({"country": "Canada", "region": "Québec"}, "America/Toronto", "region"),
        ({"country": "US", "region": "emea"}, None, None),
        ({"country": "DE", "region": "CA"}, "Europe/Berlin", "country"),
        ({"phone": "+44 20 7946 0123"}, "Europe/London", "country"),
        ({"timezone": "localtime"}, None, None),
        ({"timezone": "posix/Europe/Berlin"}, None, None),
        ({"timezone": "posixrules"}, None, None),
        ({"timezone": "../../etc/passwd"}, None, None),
    ],
)
def test_the_zone_follows_from_country_or_number(
    given: dict[str, Any], expected: str | None, origin: str | None
) -> None:
    """The stated zone stands; else a country with one zone tells, else the number's prefix, else nobody knows."""
    facts = cleaned(**given)
    assert (expected, origin) == (facts.timezone, facts.origin.get("timezone"))


def test_the_zones_of_countries_agree_with_the_installed_time_zone_data() -> None:
    """Each country's zone is one of its own in `zone.tab`, and a country with just one zone is in the table."""
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    zones: dict[str, list[str]] = {}
    for country, _, zone, *_ in rows:
        zones.setdefault(country, []).append(zone)
    assert {} == {country: zone for country, zone in ZONE_OF.items() if zone not in zones[country]}
    assert [] == [country for country, those in zones.items() if len(those) == 1 and country not in ZONE_OF]
    assert all(ZoneInfo(zone) for zone in (*ZONE_OF.values(), *COUNTRY_OF))
    listed = {zone: country for country, those in zones.items() for zone in those}
    assert {} == {zone: country for zone, country in COUNTRY_OF.items() if listed.get(zone, country) != country}
    assert {} == {key: zone for key, zone in ZONE_OF_STATE.items() if zone not in zones[key[0]]}


@pytest.mark.parametrize(
    ("domain", "email", "expected", "origin"),
    [
        ("https://www.SAP.com/de/index.html?x=1", "ann@acme.example", "sap.com", None),
        ("emea.corp.acme.co.uk:8080", "ann@other.example", "acme.co.uk", None),
        ("müller.de", "ann@acme.example", "xn--mller-kva.de", None),
        (None, "ann@sales.acme.co.uk", "acme.co.uk", "email"),
        (None, "info@acme.example", "acme.example", "email"),
        (None, "ann@gmail.com", None, None),
        (None, "ann@mailinator.com", None, None),
        ("gmail.com", "ann@acme.example", "acme.example", "email"),
        ("not a domain", "ann@acme.example", "acme.example", "email"),
        ("co.uk", "ann@gmail.com", None, None),
        ("https://www.linkedin.com/company/acme", "ann@gmail.com", None, None),
        ("linkedin.com/company/acme/", "ann@acme.example", "acme.example", "email"),
        ("https://www.linkedin.com/", "ann@gmail.com", "linkedin.com", None),
    ],
)
def test_the_companys_domain_is_the_registered_one(
    domain: str | None, email: str, expected: str | None, origin: str | None
) -> None:
    """Schemes, paths, hosts and subdomains fall away; a work address tells the domain, a free one never does (R46)."""
    facts = cleaned(email=email, company={"domain": domain})
    assert (expected, origin) == (facts.company.domain, facts.origin.get("company.domain"))


def test_no_real_company_is_taken_for_an_email_provider() -> None:
    """None of the companies we know is on the lists of free and throw-away providers."""
    with COMPANIES.open(encoding="utf-8", newline="") as file:
        domains = [row["domain"] for row in csv.DictReader(file)]
    assert len(domains) > 1000
    assert [] == [domain for domain in domains if belongs_to_nobody(domain)]


@pytest.mark.parametrize(
    ("title", "seniority", "decision_maker"),
    [
        ("CEO", "c_level", True), ("Chief Revenue Officer", "c_level", True), ("Geschäftsführerin", "c_level", True),
        ("Genel Müdür", "c_level", True), ("Prezes Zarządu", "c_level", True), ("Co-Founder & CTO", "founder", True),
        ("VP Marketing", "vp", True), ("Senior Vice President, Sales", "vp", True), ("Wiceprezes", "vp", True),
        ("Assistant Vice President", "vp", True), ("International Sales Director", "director", True),
        ("Directrice Marketing", "director", True), ("Head of Sales", "head", True), ("Leiter Vertrieb", "head", True),
        ("Satış Müdürü", "head", True), ("Marketing Manager", "manager", None), ("Product Owner", "manager", None),
        ("Senior Engineer", "senior", None), ("Account Executive", "specialist", False), ("Intern", "junior", False),
        ("Executive Assistant to the CEO", "assistant", False), ("Werkstudentin", "junior", False),
        ("Partner Sales Representative", "specialist", False), ("PhD Student", "student", False),
        ("Öğrenci", "student", False), ("Unemployed", "unemployed", False), ("Ninja", None, None),
        ("Advisor to the CEO", None, None), ("C.E.O.", "c_level", True), ("V.P. Sales", "vp", True),
        ("Geschaeftsfuehrer", "c_level", True), ("GENEL MUDUR", "c_level", True), ("Former CEO", None, None),
        ("Genel Müdür Yardımcısı", "vp", True), ("Satış Müdür Yardımcısı", "manager", None),
        ("EA to CEO", "assistant", False), ("CEO Assistant", "assistant", False),
        ("Vorstandsassistentin", "assistant", False), ("CEO Office", None, None), ("Dir. of IT", "director", True),
        ("Director of Student Affairs", "director", True), ("Student Success Manager", "manager", None),
        ("Graduate Recruitment Manager", "manager", None), ("Partner Manager", "manager", None),
        ("Student Assistant", "student", False), ("Secretary General", "c_level", True),
        ("İK Stajyeri", "junior", False),
    ],
)  # fmt: skip
def test_a_title_says_how_senior_somebody_is(title: str, seniority: str | None, decision_maker: bool | None) -> None:
    """Ranks are read in four languages; who only serves a rank does not have it, and nobody is guessed."""
    facts = cleaned(title=title)
    assert (seniority, decision_maker) == (facts.seniority, facts.decision_maker)
    assert seniority == seniority_of(title)


def test_what_the_sender_says_about_a_person_stands() -> None:
    """A stated rank or authority is not overruled by the title."""
    facts = cleaned(title="CEO", seniority="Individual Contributor", decision_maker=False)
    assert ("specialist", False) == (facts.seniority, facts.decision_maker)
    assert cleaned(title="Intern", seniority="C-Level").decision_maker is True
    assert "seniority: is not a seniority we know; left out" in cleaned(seniority="wizard").notes
    assert decides("manager") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("DE", "de"), ("de-AT", "de"), ("Türkçe", "tr"), ("Polish", "pl"), ("zh_Hant_TW", "zh"), ("Elvish!", None),
     ("TÜRKÇE", "tr"), ("Français", "fr"), ("ger", "de"), ("eng", "en"), ("en-US,en;q=0.9", "en"),
     ("English (US)", "en"), ("de_DE.UTF-8", "de"),
     ("İngilizce", "en"), ("niemiecki", "de"), ("yes", None), ("xx", None), ("Inglés", "en")],
)  # fmt: skip
def test_a_language_is_a_code(text: str, expected: str | None) -> None:
    """Tags lose their region, names become codes, so that they meet the roster's."""
    assert expected == cleaned(language=text).language


def test_texts_are_tidy() -> None:
    """Needless space and invisible characters go, lists are lower case and say each thing once."""
    facts = cleaned(
        first_name="  Ann\u200b  Marie ",
        last_name="\t",
        message="Hello,\r\n\r\n  two   words\u202e\n",
        tags=["ABM", "abm ", "", "Named Account"],
        company={"name": " Acme\n Ltd ", "industry": " IT  Services", "tech": ["Salesforce", "salesforce"]},
    )
    assert ("Ann Marie", None, "Hello,\n\ntwo words") == (facts.first_name, facts.last_name, facts.message)
    assert ["abm", "named account"] == facts.tags
    assert ("Acme Ltd", "it services", ["salesforce"]) == (
        facts.company.name,
        facts.company.industry,
        facts.company.tech,
    )


def test_what_is_custom_passes_untouched() -> None:
    """`custom` and `campaign` are the company's own words."""
    custom = {"age": 31, "Deep": {"er": [1, None, "x"]}}
    facts = cleaned(custom=custom, campaign={"name": "Q3 Push"})
    assert (custom, {"name": "Q3 Push"}) == (facts.custom, facts.campaign)


def test_flags_for_people() -> None:
    """Throw-away and shared addresses are flagged."""
    assert "email: is a throw-away address" in cleaned(email="x@mailinator.com").notes
    assert "email: is a shared mailbox, nobody's in particular" in cleaned(email="info@acme.example").notes


def test_cleaning_twice_changes_nothing() -> None:
    """What is clean stays as it is."""
    once = cleaned(email="Ann@Acme.example", phone="030 1234567", country="germany", title="CEO", language="German")
    again = cleaned(
        email=once.email, phone=once.phone, country=once.country, title=once.title, language=once.language,
        timezone=once.timezone, seniority=once.seniority, decision_maker=once.decision_maker,
        company={"domain": once.company.domain},
    )  # fmt: skip
    ignored = {"origin", "notes"}
    assert once.model_dump(exclude=ignored) == again.model_dump(exclude=ignored)


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)


@given(email=TEXTS, phone=TEXTS, country=TEXTS, zone=TEXTS, title=TEXTS, domain=TEXTS, language=TEXTS)
def test_any_text_is_cleaned_or_refused(
    email: str, phone: str, country: str, zone: str, title: str, domain: str, language: str
) -> None:
    """Whatever is typed into a form: clean facts or a refusal that names fields, and nothing else."""
    raw = {"source": "s", "type": "other", "email": email, "phone": phone, "country": country, "timezone": zone,
           "title": title, "language": language[:20], "company": {"domain": domain}}  # fmt: skip
    try:
        facts = clean(parse(LeadInput, raw), "L1", NOW)
    except Refused as refused:
        named = {problem.field for problem in refused.problems}
        reachable = False
    else:
        named = set()
        reachable = bool(facts.email or facts.phone)
    assert named <= {"", "email", "phone"}
    assert reachable is not bool(named)


def test_enrichment_fills_only_what_is_missing() -> None:
    """Findings go where nothing was known, with their source; what the sender said stands (R43)."""
    facts = cleaned(company={"name": "Acme", "employees": 12}, title="CEO")
    filled = fill(
        facts,
        [
            Fact(field="company.employees", value=9000, source="directory"),
            Fact(field="company.industry", value="Software", source="directory"),
            Fact(field="company.country", value="Germany", source="directory"),
            Fact(field="company.tech", value=["Salesforce", "SAP CRM"], source="http"),
            Fact(field="company.industry", value="Banking", source="http"),
            Fact(field="country", value="JP", source="http"),
        ],
    )
    assert (12, "software", "DE", ["salesforce", "sap crm"]) == (
        filled.company.employees, filled.company.industry, filled.company.country, filled.company.tech
    )  # fmt: skip
    assert ("directory", "http", "http") == tuple(
        filled.origin[field] for field in ("company.industry", "company.tech", "country")
    )
    assert "company.employees" not in filled.origin
    assert ("Asia/Tokyo", "country") == (filled.timezone, filled.origin["timezone"])
    assert facts.title == filled.title


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("company.employees", "many"), ("company.employees", True), ("company.employees", -1),
        ("company.employees", 10**9), ("company.country", "Freedonia"), ("company.domain", "???"),
        ("company.domain", "gmail.com"), ("company.domain", "linkedin.com/company/acme"),
        ("company.tech", "sap"), ("title", 7),
        ("email", "ann@other.example"), ("lead_id", "L2"), ("company.shoe_size", 43), ("", ""),
    ],
)  # fmt: skip
def test_a_finding_that_does_not_fit_is_noted(field: str, value: Any) -> None:
    """A provider's nonsense, or what is not its to say, changes nothing but the notes."""
    facts = cleaned(email="ann@gmail.com")
    filled = fill(facts, [Fact(field=field, value=value, source="http")])
    assert facts.model_dump(exclude={"notes"}) == filled.model_dump(exclude={"notes"})
    assert len(facts.notes) + 1 == len(filled.notes)

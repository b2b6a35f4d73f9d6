"""Sources from files: those that are shipped read what their tools send, and a wrong one is told line by line."""

import json
from pathlib import Path
from typing import Any

import pytest

from config.source_files import SHIPPED, read_source
from config.yaml_marks import FileError
from models.base import parse
from models.source import Becomes, Scheme
from policy.mapping.compiled import Mapped, Passed
from policy.mapping.targets import MODELS

EXAMPLES = Path("examples/hooks")
NAMES = sorted(path.stem for path in SHIPPED.glob("*.yaml"))
CRMS = ("hubspot_crm", "salesforce_crm")


def _read(name: str) -> list[dict[str, Any]]:
    """Give what a shipped source makes of its example, as the doors take it."""
    made = read_source(SHIPPED / f"{name}.yaml")
    found = []
    for item in made.items(json.loads((EXAMPLES / f"{name}.json").read_text())):
        mapped = made.read(item)
        assert isinstance(mapped, Mapped)
        model = MODELS[mapped.becomes]
        found.append(parse(model, mapped.data).model_dump(mode="json", exclude_defaults=True))
    return found


@pytest.mark.parametrize("name", [name for name in NAMES if name not in CRMS])
def test_a_shipped_source_reads_what_its_tool_sends(name: str) -> None:
    """Who it is, and of which company; the source's name is the lead's source."""
    assert name == read_source(SHIPPED / f"{name}.yaml").source.name
    first = _read(name)[0]
    who = (first["source"], first["email"], first["first_name"], first["last_name"])
    assert (name, "mona.lind@acme.example", "Mona", "Lind") == who
    if name != "calendly":  # a booking says nothing of companies
        assert "Acme" == first["company"]["name"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("typeform", {"type": "demo_request", "company": {"name": "Acme", "employees": 240}}),
        ("hubspot", {"type": "contact_sales", "external_id": "3234574", "country": "Sweden"}),
        ("facebook_lead_ads", {"phone": "+46812345678", "received_at": "2026-03-02T09:00:00Z"}),
        ("linkedin_lead_gen", {"title": "Head of Operations", "received_at": "2026-03-02T09:00:00Z"}),
        ("calendly", {"message": "What would you like to see? How leads are routed.", "timezone": "Europe/Stockholm"}),
        ("slack_workflow", {"type": "executive_intro", "received_at": "2026-03-02T09:00:00Z"}),
        ("generic_form", {"type": "demo_request", "campaign": {"source": "newsletter"}}),
        ("generic_json", {"type": "demo_request", "company": {"name": "Acme", "employees": 240}}),
    ],
)
def test_the_details_come_through(name: str, expected: dict[str, Any]) -> None:
    """Ranges as numbers, labels as types, milliseconds as instants."""
    first = _read(name)[0]
    assert expected == {key: first.get(key) for key in expected}


def test_an_event_is_told_from_a_lead() -> None:
    """In one list as well as by itself."""
    assert "pricing_visit" == _read("generic_json")[1]["kind"]
    calendly = read_source(SHIPPED / "calendly.yaml")
    payload = json.loads((EXAMPLES / "calendly.json").read_text())
    cancelled = {**payload, "event": "invitee.canceled"}
    cancelled["payload"] = {**payload["payload"], "cancellation": {"reason": "ill"}}
    mapped = calendly.read(cancelled)
    assert isinstance(mapped, Mapped)
    assert (Becomes.EVENT, "meeting_cancelled", "ill") == (
        mapped.becomes,
        mapped.data["kind"],
        mapped.data["properties"]["reason"],
    )


def test_a_crm_tells_of_owners_and_outcomes() -> None:
    """HubSpot by the contact's number or the deal's property, Salesforce by the field that holds the lead's id."""
    hubspot, salesforce = _read("hubspot_crm"), _read("salesforce_crm")
    number, lead_id, first = "3234574", "7h2kqv9m3xwzpd", "2026-03-02T09:00:00Z"
    assert [
        {"key": "25-3816279340-1772442000000", "crm_id": number, "crm_owner": "41629779", "at": first},
        {
            "key": "26-3816279480-1772445600000",
            "crm_id": number,
            "result": "disqualified",
            "at": "2026-03-02T10:00:00Z",
        },
        {"lead_id": lead_id, "result": "won", "value": 12000},
    ] == hubspot
    record = {"lead_id": lead_id, "crm_id": "00Q5g00000XYZabEAH"}
    assert [
        {**record, "crm_owner": "0055g00000AbCdEAAV", "at": first},
        {**record, "result": "disqualified", "at": "2026-03-02T10:00:00Z"},
        {"lead_id": lead_id, "result": "won", "value": 12000, "at": "2026-03-09T16:30:00Z"},
    ] == salesforce


@pytest.mark.parametrize(
    ("closed", "won", "expected"),
    [
        ({"value": "false"}, {"value": "false"}, "qualified"),
        ({"value": "true"}, {"value": "false"}, "lost"),
        ("true", "true", "won"),
        (True, False, "lost"),
        (None, None, "qualified"),
    ],
)
def test_a_deal_of_a_pipeline_of_ones_own_is_lost_when_it_is_closed(closed: Any, won: Any, expected: str) -> None:
    """Its stages have numbers: a deal lost there is no conversion."""
    deal = {"dealstage": "1200341", "hs_is_closed": closed, "hs_is_closed_won": won, "baton_lead_id": "x"}
    found = read_source(SHIPPED / "hubspot_crm.yaml").read({"properties": deal})
    assert isinstance(found, Mapped)
    assert expected == found.data["result"]


@pytest.mark.parametrize(
    ("name", "item", "because"),
    [
        ("hubspot_crm", {"propertyName": "hubspot_owner_id", "propertyValue": "", "objectId": 1}, "nobody has it"),
        ("hubspot_crm", {"propertyName": "lifecyclestage", "propertyValue": "subscriber"}, "nothing has become"),
        ("hubspot_crm", {"propertyName": "hs_lead_status", "propertyValue": "NEW"}, "nothing has become"),
        ("hubspot_crm", {"propertyName": "firstname", "propertyValue": "Mona"}, "the source ignores it"),
        ("salesforce_crm", {"changed": "owner", "record": {"OwnerId": "00G5g000004Cxyz"}}, "the source ignores it"),
        ("salesforce_crm", {"changed": "owner", "record": {"OwnerId": None}}, "nobody has it"),
        ("salesforce_crm", {"changed": "status", "record": {"Status": "Working"}}, "nothing has become"),
    ],
)
def test_what_says_nothing_of_an_outcome_or_an_owner_is_passed_over(
    name: str, item: dict[str, Any], because: str
) -> None:
    """A CRM tells of every change; most of them are not for us."""
    item = {"eventId": 1, "subscriptionId": 2, "occurredAt": 1772442000000, **item}
    read = read_source(SHIPPED / f"{name}.yaml").read(item)
    assert isinstance(read, Passed)
    assert read.because.startswith(because)


def test_nothing_is_shipped_that_believes_everybody() -> None:
    """Whoever wants an open hook has to write so."""
    assert [] == [
        name for name in NAMES if read_source(SHIPPED / f"{name}.yaml").source.signature.scheme is Scheme.NONE
    ]


def test_every_mistake_is_told_with_its_line() -> None:
    """Keys that are unknown, paths that are none, fields that a lead has not."""
    text = """name: My Tool
signature:
  scheme: hmac_sha256
mappings:
  - becomes: lead
    fields:
      type: {value: demo}
"""
    with pytest.raises(FileError) as wrong:
        read_source(text, "tool.yaml")
    assert [1, 3] == [spot.line for spot in wrong.value.spots]
    text = """name: tool
signature: none
each: "a["
mappings:
  - becomes: lead
    fields:
      type: {value: demo}
      emial: x
      company.employes: y
"""
    with pytest.raises(FileError) as wrong:
        read_source(text, "tool.yaml")
    told = [(spot.line, spot.key) for spot in wrong.value.spots]
    assert [
        (3, "each"),
        (6, "mappings[0].fields"),
        (7, "mappings[0].fields.type"),
        (8, "mappings[0].fields.emial"),
        (9, "mappings[0].fields.company.employes"),
    ] == told
    assert "did you mean company.employees?" in wrong.value.lines[-1]


def test_a_file_that_is_not_there_is_told() -> None:
    """As for policies."""
    with pytest.raises(FileError, match="cannot be read"):
        read_source(Path("no-such-source.yaml"))

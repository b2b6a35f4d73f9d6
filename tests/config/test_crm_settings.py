"""A CRM is set up whole or not at all, and its token never goes over a readable line."""

import pytest

from config.settings import SettingsError, load_settings
from config.values import CrmName

SALESFORCE = {
    "BATON_CRM": "Salesforce",
    "BATON_SALESFORCE_URL": "https://acme.my.salesforce.com/",
    "BATON_SALESFORCE_CLIENT_ID": "3MVG9x",
    "BATON_SALESFORCE_CLIENT_SECRET": "hush",
}


def test_a_whole_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """In any case of letters; the address without its last slash."""
    for name, value in SALESFORCE.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert (settings.crm, settings.salesforce_url) == (CrmName.SALESFORCE, "https://acme.my.salesforce.com")
    assert "hush" not in repr(settings)


@pytest.mark.parametrize("missing", [name for name in SALESFORCE if name != "BATON_CRM"])
def test_half_a_salesforce_names_what_is_missing(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """The variable, by name."""
    for name, value in SALESFORCE.items():
        if name != missing:
            monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{missing} is missing"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("BATON_CRM", "hubspot", "BATON_HUBSPOT_TOKEN is missing"),
        ("BATON_CRM", "pipedrive", "BATON_CRM is refused"),
        ("BATON_HUBSPOT_URL", "http://api.example", "BATON_HUBSPOT_URL needs https"),
        ("BATON_SALESFORCE_URL", "acme", "BATON_SALESFORCE_URL is not a web address"),
    ],
)
def test_what_is_wrong_is_said(monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    """One sentence that names the variable."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=says):
        load_settings()


def test_this_machine_may_be_told_in_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a stand-in beside us."""
    monkeypatch.setenv("BATON_HUBSPOT_URL", "http://127.0.0.1:9/")
    assert load_settings().hubspot_url == "http://127.0.0.1:9"

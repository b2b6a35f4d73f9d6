"""The settings of the auditor: how often, and where its sign of life goes."""

from datetime import timedelta

import pytest

from config.settings import SettingsError, load_settings


def test_audits_come_every_five_minutes_and_ping_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has to be set."""
    monkeypatch.delenv("BATON_AUDIT_EVERY", raising=False)
    monkeypatch.delenv("BATON_DEADMAN_URL", raising=False)
    settings = load_settings()
    assert (timedelta(minutes=5), None) == (settings.audit_every, settings.deadman_url)


def test_both_are_read_as_people_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A duration with its unit, an address with a query."""
    monkeypatch.setenv("BATON_AUDIT_EVERY", "1m30s")
    monkeypatch.setenv("BATON_DEADMAN_URL", " https://watch.example/ping/baton?create=1 ")
    settings = load_settings()
    assert timedelta(seconds=90) == settings.audit_every
    assert "https://watch.example/ping/baton?create=1" == settings.deadman_url


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("BATON_AUDIT_EVERY", "300", "is not a duration"),
        ("BATON_AUDIT_EVERY", "0s", "1s to 1d"),
        ("BATON_AUDIT_EVERY", "2d", "1s to 1d"),
        ("BATON_DEADMAN_URL", "watch.example/ping", "give one like https://"),
        ("BATON_DEADMAN_URL", "https://watch.example/ping#part", "give one like https://"),
    ],
)
def test_a_wrong_value_says_what_is_right(monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str) -> None:
    """The start stops with the variable's name."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert name in str(caught.value)
    assert reason in str(caught.value)

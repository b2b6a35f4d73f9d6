"""The settings of the doors and of other tools: half of them, or wrong ones, stop the start and name the variable."""

import pytest

from config.settings import SettingsError, load_settings

SECRET = "a-secret-of-sixteen"


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("BATON_SLACK_BOT_TOKEN", "hunter2", "BATON_SLACK_BOT_TOKEN is no token of a Slack app"),
        ("BATON_SLACK_SIGNING_SECRETS", f"{SECRET},short", "BATON_SLACK_SIGNING_SECRETS is too short"),
        ("BATON_SLACK_URL", "slack.example", "BATON_SLACK_URL is not a web address"),
        ("BATON_NURTURE_URL", "ftp://tool.example", "BATON_NURTURE_URL is not a web address"),
        ("BATON_NURTURE_URL", "https://tool.example/hook", "BATON_WEBHOOK_SECRET is missing"),
        (
            "BATON_FORWARDED_ALLOW_IPS",
            "10.0.0.0/8,proxy",
            "BATON_FORWARDED_ALLOW_IPS names no address or network (proxy)",
        ),
        ("BATON_SIGN_IN_FROM", "docker", "BATON_SIGN_IN_FROM names no address or network (docker)"),
    ],
)
def test_what_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str) -> None:
    """And a secret is never repeated."""
    monkeypatch.delenv("BATON_WEBHOOK_SECRET", raising=False)
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as wrong:
        load_settings()
    assert says in str(wrong.value)
    assert "hunter2" not in str(wrong.value)


def test_enrolments_go_to_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file and an address are one too many."""
    monkeypatch.setenv("BATON_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("BATON_NURTURE_URL", "https://tool.example/hook")
    assert "https://tool.example/hook" == load_settings().nurture_url
    monkeypatch.setenv("BATON_NURTURE_FILE", "enrolments.jsonl")
    with pytest.raises(SettingsError, match="both set"):
        load_settings()


def test_rings_and_proxies_are_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newest first, commas between."""
    monkeypatch.setenv("BATON_SLACK_SIGNING_SECRETS", f"{SECRET}-new, {SECRET}")
    monkeypatch.setenv("BATON_FORWARDED_ALLOW_IPS", "10.0.0.7, 10.1.0.0/16")
    known = load_settings()
    assert [f"{SECRET}-new", SECRET] == [one.get_secret_value() for one in known.slack_signing_secrets]
    assert ("10.0.0.7", "10.1.0.0/16") == known.forwarded_allow_ips

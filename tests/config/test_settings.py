"""The environment becomes settings, or a sentence that says which variable is wrong."""

from datetime import timedelta
from pathlib import Path

import pytest

from config.settings import Settings, SettingsError, load_settings, variable
from config.values import Address, LogFormat, LogLevel, SmtpServer

KEY = "0123456789abcdef0123456789abcdef"
OLDER_KEY = "fedcba9876543210fedcba9876543210"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start each test without a setting, whatever the shell had."""
    for name in Settings.model_fields:
        monkeypatch.delenv(variable(name), raising=False)


def test_an_empty_environment_is_a_whole_configuration() -> None:
    """Nothing has to be set to run on one machine."""
    settings = load_settings()
    assert Path(".baton") == settings.state_dir
    assert "sqlite+aiosqlite:///.baton/baton.db" == settings.async_database_url
    assert "leads" == settings.task_queue
    assert Address("127.0.0.1", 8080) == settings.http_addr
    assert "http://127.0.0.1:8080" == settings.public_url
    assert () == settings.secret_keys
    assert settings.smtp is None
    assert timedelta(seconds=3) == settings.enrich_budget
    assert 6 == settings.import_rate
    assert settings.log_format is LogFormat.CONSOLE
    assert settings.log_level is LogLevel.INFO
    assert settings.metrics_addr is None


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """`BATON_TASK_QUEUE=` in a compose file keeps the default."""
    monkeypatch.setenv("BATON_TASK_QUEUE", "")
    assert "leads" == load_settings().task_queue


def test_the_database_follows_the_state_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moving the state moves the default database with it."""
    monkeypatch.setenv("BATON_STATE_DIR", "/srv/baton")
    assert "sqlite+aiosqlite:////srv/baton/baton.db" == load_settings().async_database_url


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("sqlite:///leads.db", "sqlite+aiosqlite:///leads.db"),
        ("sqlite:////srv/leads.db", "sqlite+aiosqlite:////srv/leads.db"),
        ("sqlite+aiosqlite:///leads.db", "sqlite+aiosqlite:///leads.db"),
        (
            "postgresql://u:p%40ss@db.example:5433/baton",
            "postgresql+asyncpg://u:p%40ss@db.example:5433/baton",
        ),
        ("postgres://db.example/baton", "postgresql+asyncpg://db.example/baton"),
        ("postgresql+asyncpg://db.example/baton", "postgresql+asyncpg://db.example/baton"),
        (
            "postgresql://db.example/baton?sslmode=require",
            "postgresql+asyncpg://db.example/baton?ssl=require",
        ),
    ],
)
def test_a_database_url_gets_its_asynchronous_driver(
    monkeypatch: pytest.MonkeyPatch, given: str, expected: str
) -> None:
    """What people write for other tools is accepted and understood."""
    monkeypatch.setenv("BATON_DATABASE_URL", given)
    assert expected == load_settings().async_database_url


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            "smtp://u%40x:p%2Fw@mail.example",
            SmtpServer(host="mail.example", port=587, implicit_tls=False, username="u@x", password="p/w"),
        ),
        ("smtps://mail.example", SmtpServer(host="mail.example", port=465, implicit_tls=True)),
        ("smtp://127.0.0.1:2525/", SmtpServer(host="127.0.0.1", port=2525, implicit_tls=False)),
    ],
)
def test_a_mail_server_is_read_from_one_url(monkeypatch: pytest.MonkeyPatch, given: str, expected: SmtpServer) -> None:
    """Ports follow the scheme and escaped credentials are unescaped."""
    monkeypatch.setenv("BATON_SMTP_URL", given)
    monkeypatch.setenv("BATON_MAIL_FROM", "Baton <leads@company.example>")
    assert expected == load_settings().smtp


def test_a_key_ring_keeps_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest key stays first: it signs, the others only verify."""
    monkeypatch.setenv("BATON_SECRET_KEYS", f"{KEY}, {OLDER_KEY}")
    assert [key.get_secret_value() for key in load_settings().secret_keys] == [KEY, OLDER_KEY]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("0.0.0.0:9000", "http://127.0.0.1:9000"),
        ("[::]:9000", "http://[::1]:9000"),
        ("baton.example:80", "http://baton.example:80"),
    ],
)
def test_links_lead_to_an_address_that_can_be_called(
    monkeypatch: pytest.MonkeyPatch, given: str, expected: str
) -> None:
    """Listening everywhere does not put `0.0.0.0` into the links."""
    monkeypatch.setenv("BATON_HTTP_ADDR", given)
    assert expected == load_settings().public_url


def test_given_values_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scratch run sets its own state folder, whatever the shell says."""
    monkeypatch.setenv("BATON_STATE_DIR", "/srv/baton")
    assert Path("/tmp/scratch") == load_settings(state_dir=Path("/tmp/scratch")).state_dir


WRONG = [
    ("BATON_HTTP_ADDR", "8080", "is not an address: give host:port"),
    ("BATON_HTTP_ADDR", "127.0.0.1:70000", "has no such port"),
    ("BATON_METRICS_ADDR", "metrics", "is not an address: give host:port"),
    (
        "BATON_DATABASE_URL",
        "mysql://u:hush@db.example/baton",
        "give sqlite:///path/to/file.db or postgresql://",
    ),
    ("BATON_DATABASE_URL", "postgresql://u:hush@db.example:port/baton", "a port that cannot be"),
    ("BATON_DATABASE_URL", "postgresql://u:hush@db.example", "names no host or no database"),
    ("BATON_DATABASE_URL", "sqlite://", "a database in memory loses leads"),
    ("BATON_DATABASE_URL", "sqlite:///:memory:", "a database in memory loses leads"),
    ("BATON_TASK_QUEUE", "two words", "is refused"),
    ("BATON_PUBLIC_URL", "baton.company.example", "give one like https://"),
    ("BATON_SECRET_KEYS", f"{KEY},hush", "too short (number 2)"),
    ("BATON_SECRET_KEYS", f"{KEY},{KEY}", "the same key twice"),
    ("BATON_SMTP_URL", "mail.example:587", "give smtp://user:password@host:587"),
    ("BATON_SMTP_URL", "smtp://u:hush@mail.example:99999", "a port that cannot be"),
    ("BATON_SMTP_URL", "smtp://u:hush@mail.example/inbox", "something after the port"),
    ("BATON_MAIL_FROM", "leads", "is not a mailbox"),
    ("BATON_MAIL_FROM", "a@company.example, b@company.example", "is not a mailbox"),
    ("BATON_MAIL_FROM", "Baton\r\nBcc: x <leads@company.example>", "is not a mailbox"),
    ("BATON_WEBHOOK_SECRET", "hush", "is too short: give 16 characters"),
    ("BATON_ENRICH_URL", "https://provider.example/companies", "must hold {domain}"),
    ("BATON_ENRICH_URL", "https://provider.example/{domain}/{token}", "no other placeholder"),
    ("BATON_ENRICH_URL", "https://provider.example/{domain", "a brace without its pair"),
    ("BATON_ENRICH_URL", "provider.example/{domain}", "is not a web address"),
    ("BATON_ENRICH_URL", "http://provider.example/{domain}", "needs https://"),
    ("BATON_ENRICH_URL", "https://me:hush@provider.example/{domain}", "carries a user name"),
    ("BATON_ENRICH_BUDGET", "3s", "is not a number of seconds"),
    ("BATON_ENRICH_BUDGET", "nan", "is not a number of seconds"),
    ("BATON_ENRICH_BUDGET", "0", "greater than 0"),
    ("BATON_ENRICH_BUDGET", "61", "at most 60"),
    ("BATON_IMPORT_RATE", "fast", "per second"),
    ("BATON_IMPORT_RATE", "inf", "is refused"),
    ("BATON_IMPORT_RATE", "0", "greater than 0"),
    ("BATON_LOG_FORMAT", "xml", "'console' or 'json'"),
    ("BATON_LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
]


@pytest.mark.parametrize(("name", "value", "reason"), WRONG)
def test_a_wrong_value_names_its_variable_and_what_is_right(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    """The start stops with one line that a person can act on, and no secret is in it."""
    monkeypatch.setenv(name, value)
    if name == "BATON_SMTP_URL":
        monkeypatch.setenv("BATON_MAIL_FROM", "leads@company.example")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    heading, *lines = str(caught.value).splitlines()
    assert "The settings are wrong:" == heading
    assert 1 == len(lines)
    assert lines[0].startswith(f"  {name} ")
    assert reason in lines[0]
    assert "hush" not in lines[0]
    assert KEY not in lines[0]


def test_every_wrong_variable_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody corrects one variable only to hear of the next."""
    monkeypatch.setenv("BATON_LOG_FORMAT", "xml")
    monkeypatch.setenv("BATON_IMPORT_RATE", "-1")
    monkeypatch.setenv("BATON_TASK_QUEUES", "leads")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    named = {line.split()[0] for line in str(caught.value).splitlines()[1:]}
    assert {"BATON_LOG_FORMAT", "BATON_IMPORT_RATE", "BATON_TASK_QUEUES"} == named


@pytest.mark.parametrize(
    ("name", "hint"),
    [("BATON_TASKQUEUE", "did you mean BATON_TASK_QUEUE?"), ("BATON_ZZZZZZ", "there are BATON_STATE_DIR, ")],
)
def test_an_unknown_variable_is_refused_with_a_hint(monkeypatch: pytest.MonkeyPatch, name: str, hint: str) -> None:
    """A misspelt setting stops the start; silently ignored it would cost an afternoon."""
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError, match=f"{name} is not a setting") as caught:
        load_settings()
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "missing"),
    [
        ("BATON_SMTP_URL", "smtp://mail.example", "BATON_MAIL_FROM is missing"),
        ("BATON_ENRICH_TOKEN", "hush", "BATON_ENRICH_URL is missing"),
    ],
)
def test_half_a_configuration_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str, missing: str) -> None:
    """A setting that needs another says which."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=missing) as caught:
        load_settings()
    assert "hush" not in str(caught.value)


def test_printed_settings_hold_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings may be logged at start: every credential is masked."""
    for name, value in {
        "BATON_DATABASE_URL": "postgresql://u:hush@db.example/baton",
        "BATON_SMTP_URL": "smtp://u:hush@mail.example",
        "BATON_MAIL_FROM": "leads@company.example",
        "BATON_SECRET_KEYS": "hush" * 8,
        "BATON_WEBHOOK_SECRET": "hush" * 4,
        "BATON_ENRICH_URL": "https://provider.example/{domain}",
        "BATON_ENRICH_TOKEN": "hush",
    }.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert "hush" not in f"{settings!r} {settings} {settings.model_dump()} {settings.smtp!r}"
    assert settings.smtp is not None
    assert "hush" == settings.smtp.password

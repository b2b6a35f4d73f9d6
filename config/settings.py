"""The settings of one process, read from `BATON_*` environment variables.

The only module that reads the environment. It refuses wrong values, unknown names and half a configuration,
each with a sentence that names the variable, and never prints a secret. Where Temporal is comes from the
SDK's own variables (`TEMPORAL_ADDRESS` and so on): they are read in `runtime`, not here.
"""

import difflib
import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from config.values import (
    Address,
    CrmName,
    LogFormat,
    LogLevel,
    SmtpServer,
    check_base_url,
    check_bot_token,
    check_database_url,
    check_enrich_url,
    check_keys,
    check_mailbox,
    check_networks,
    check_ping_url,
    check_secret,
    check_secure_url,
    parse_address,
    parse_seconds,
    parse_smtp,
    split_keys,
)
from models.durations import Duration

PREFIX = "BATON_"

_NEEDED_BY = {
    CrmName.HUBSPOT: ("hubspot_token",),
    CrmName.SALESFORCE: ("salesforce_url", "salesforce_client_id", "salesforce_client_secret"),
}

_OIDC = ("oidc_issuer", "oidc_client_id", "oidc_client_secret")

# NoDecode: pydantic-settings would read a compound value as JSON before we see the text.
AddressSetting = Annotated[Address, NoDecode, BeforeValidator(parse_address)]


class SettingsError(Exception):
    """Say which environment variables are wrong, why, and what would be right. Holds no secret."""


class Settings(BaseSettings):
    """Hold everything the environment decides; each field is `BATON_` and its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        env_ignore_empty=True,
        hide_input_in_errors=True,
        validate_default=True,
        extra="forbid",
    )

    state_dir: Path = Field(
        default=Path(".baton"),
        description="Folder of what this machine keeps: SQLite files, the embedded server's data, logs.",
    )
    database_url: SecretStr = Field(
        default_factory=lambda known: SecretStr(f"sqlite:///{known['state_dir']}/baton.db"),
        description="Database: `sqlite:///file`, or for more than one machine `postgresql://user:password@host/name`.",
    )
    task_queue: str = Field(
        default="leads",
        pattern=r"^[A-Za-z0-9._-]{1,200}$",
        description="Temporal task queue of workers and starts.",
    )
    http_addr: AddressSetting = Field(
        default=Address("127.0.0.1", 8080), description="Where the HTTP app listens, `host:port`."
    )
    forwarded_allow_ips: Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_keys)] = Field(
        default=(),
        description="Proxies whose X-Forwarded-For and -Proto are believed: addresses or networks, commas between.",
    )
    sign_in_from: Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_keys)] = Field(
        default=(),
        description="Networks besides this machine whose browsers one-time links sign in; for a container whose port"
        " is open on this machine only.",
    )
    public_url: Annotated[str, AfterValidator(check_base_url)] = Field(
        default_factory=lambda known: f"http://{known['http_addr'].reachable}",
        description="The address people reach the HTTP app by; it begins the links in messages to reps.",
    )
    secret_keys: Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(split_keys)] = Field(
        default=(),
        description="Key ring for the links in messages and for sealed secrets: newest first, commas between.",
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        description="Mail server, `smtp://user:password@host:587` or `smtps://...:465`. Unset: no e-mail.",
    )
    mail_from: Annotated[str, AfterValidator(check_mailbox)] | None = Field(
        default=None, description="Sender of our mail; needed once `BATON_SMTP_URL` is set."
    )
    webhook_secret: SecretStr | None = Field(
        default=None,
        description="Secret from which the key that signs outgoing webhooks is derived. Unset: no webhook is sent.",
    )
    slack_bot_token: SecretStr | None = Field(
        default=None, description="The Slack app's bot token, `xoxb-...`. Unset: nothing is told over Slack."
    )
    slack_signing_secrets: Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(split_keys)] = Field(
        default=(),
        description="Signing secrets of the Slack app whose buttons are answered: newest first, commas between.",
    )
    slack_url: Annotated[str, AfterValidator(check_base_url)] = Field(
        default="https://slack.com/api", description="Where Slack's Web API is."
    )
    nurture_url: Annotated[str, AfterValidator(check_ping_url)] | None = Field(
        default=None,
        description="The marketing tool's address that takes enrolments as signed webhooks. Unset: none is sent there.",
    )
    nurture_file: Path | None = Field(
        default=None, description="File to which enrolments are appended, one JSON object a line. Unset: none is."
    )
    crm: CrmName | None = Field(
        default=None, description="The CRM that hears of leads: `hubspot` or `salesforce`. Unset: none does."
    )
    crm_fields: Path | None = Field(
        default=None, description="YAML file of what the CRM's fields are called. Unset: as the documentation says."
    )
    hubspot_token: SecretStr | None = Field(default=None, description="The HubSpot app's access token, `pat-...`.")
    hubspot_url: Annotated[str, AfterValidator(check_secure_url)] = Field(
        default="https://api.hubapi.com", description="Where HubSpot's API is."
    )
    salesforce_url: Annotated[str, AfterValidator(check_secure_url)] | None = Field(
        default=None, description="The organisation's own address, `https://acme.my.salesforce.com`."
    )
    salesforce_client_id: str | None = Field(
        default=None, description="The Salesforce app's consumer key (client credentials flow)."
    )
    salesforce_client_secret: SecretStr | None = Field(
        default=None, description="The Salesforce app's consumer secret."
    )
    enrich_url: Annotated[str, AfterValidator(check_enrich_url)] | None = Field(
        default=None,
        description="HTTP provider of company data, `{domain}` in its address. Unset: built-in data only.",
    )
    enrich_token: SecretStr | None = Field(default=None, description="Bearer token for `BATON_ENRICH_URL`.")
    providers: Path | None = Field(
        default=None,
        description="YAML file of enrichment providers. Unset: built-in data, and `BATON_ENRICH_URL`.",
    )
    enrich_budget: Annotated[timedelta, BeforeValidator(parse_seconds)] = Field(
        default=timedelta(seconds=3),
        gt=timedelta(0),
        le=timedelta(seconds=60),
        description="Seconds after which a lead goes on without enrichment: more than 0, at most 60.",
    )
    temporal_ui_url: Annotated[str, AfterValidator(check_base_url)] | None = Field(
        default=None,
        description="Where Temporal's Web UI is, `http://127.0.0.1:8233`: lead pages lead there. Unset: none does.",
    )
    oidc_issuer: Annotated[str, AfterValidator(check_secure_url)] | None = Field(
        default=None,
        description="The identity provider that signs people in at the console, `https://login.company.example`.",
    )
    oidc_client_id: str | None = Field(default=None, description="What the identity provider calls this console.")
    oidc_client_secret: SecretStr | None = Field(default=None, description="The secret that goes with it.")
    oidc_roles_claim: str | None = Field(
        default=None,
        pattern=r"^[^\s]{1,200}$",
        description="Where its token says somebody's roles, `roles` or `realm_access.roles`. Unset: members' own hold.",
    )
    oidc_name: str = Field(
        default="your company account",
        min_length=1,
        max_length=60,
        description="What the button to sign in calls the provider: `Sign in with ...`.",
    )
    import_rate: float = Field(
        default=6,
        gt=0,
        le=1000,
        allow_inf_nan=False,
        description="Leads started per second from imports, by all workers together.",
    )
    audit_every: Duration = Field(
        default=timedelta(minutes=5),
        ge=timedelta(seconds=1),
        le=timedelta(days=1),
        description="How often an audit proves that no lead is forgotten, like `5m`: 1s to 1d.",
    )
    deadman_url: Annotated[str, AfterValidator(check_ping_url)] | None = Field(
        default=None,
        description="Fetched after each healthy audit, with `/fail` behind it after any other. Unset: nothing is.",
    )
    log_format: LogFormat = Field(default=LogFormat.CONSOLE, description="`console` for people, `json` for machines.")
    log_level: LogLevel = Field(
        default=LogLevel.INFO, description="Least severity logged: `debug`, `info`, `warning` or `error`."
    )
    metrics_addr: AddressSetting | None = Field(
        default=None, description="Where Prometheus metrics are served, `host:port`. Unset: nowhere."
    )

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: SecretStr) -> SecretStr:
        return SecretStr(check_database_url(url.get_secret_value()))

    @field_validator("smtp_url")
    @classmethod
    def _readable_mail_server(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            parse_smtp(url.get_secret_value())
        return url

    @field_validator("webhook_secret")
    @classmethod
    def _long_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            check_secret(secret.get_secret_value())
        return secret

    @field_validator("slack_signing_secrets")
    @classmethod
    def _long_secrets(cls, ring: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for secret in ring:
            check_secret(secret.get_secret_value())
        return ring

    @field_validator("slack_bot_token")
    @classmethod
    def _a_bot_token(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None:
            check_bot_token(token.get_secret_value())
        return token

    @field_validator("forwarded_allow_ips", "sign_in_from")
    @classmethod
    def _networks(cls, named: tuple[str, ...]) -> tuple[str, ...]:
        check_networks(named)
        return named

    @field_validator("secret_keys")
    @classmethod
    def _strong_keys(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        check_keys([key.get_secret_value() for key in keys])
        return keys

    @field_validator("log_level", "log_format", "crm", mode="before")
    @classmethod
    def _any_case(cls, word: object) -> object:
        return word.lower() if isinstance(word, str) else word

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.smtp_url is not None and self.mail_from is None:
            raise ValueError(f"{PREFIX}MAIL_FROM is missing: mail that {PREFIX}SMTP_URL sends needs a sender")
        if self.enrich_token is not None and self.enrich_url is None:
            raise ValueError(f"{PREFIX}ENRICH_URL is missing: {PREFIX}ENRICH_TOKEN alone names no provider")
        if self.providers is not None and self.enrich_url is not None:
            raise ValueError(f"{PREFIX}PROVIDERS and {PREFIX}ENRICH_URL are both set: put that address into the file")
        if self.nurture_url is not None and self.nurture_file is not None:
            raise ValueError(
                f"{PREFIX}NURTURE_URL and {PREFIX}NURTURE_FILE are both set: enrolments go to one of the two"
            )
        if self.nurture_url is not None and self.webhook_secret is None:
            raise ValueError(f"{PREFIX}WEBHOOK_SECRET is missing: what goes to {PREFIX}NURTURE_URL is signed with it")
        given = [name for name in _OIDC if getattr(self, name) is not None]
        if given and (missing := [variable(name) for name in _OIDC if name not in given]):
            raise ValueError(f"{missing[0]} is missing: nobody can sign in with {variable(given[0])} alone")
        if self.oidc_roles_claim is not None and self.oidc_issuer is None:
            raise ValueError(f"{PREFIX}OIDC_ISSUER is missing: {PREFIX}OIDC_ROLES_CLAIM is about its tokens")
        needs = _NEEDED_BY[self.crm] if self.crm else ()
        if missing := [variable(name) for name in needs if getattr(self, name) is None]:
            raise ValueError(f"{missing[0]} is missing: {PREFIX}CRM is {self.crm}, and cannot be told without it")
        return self

    @property
    def async_database_url(self) -> str:
        """Give the database URL with its asynchronous driver, as SQLAlchemy takes it. Holds the password."""
        return self.database_url.get_secret_value()

    @property
    def smtp(self) -> SmtpServer | None:
        """Give the mail server's parts, or None when no mail is sent."""
        return None if self.smtp_url is None else parse_smtp(self.smtp_url.get_secret_value())


def load_settings(**given: Any) -> Settings:
    """Read the environment; `given` values (field names) win over it.

    Raises SettingsError naming each wrong, half or unknown `BATON_*` variable.
    """
    unknown = _unknown_names(list(os.environ))
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise SettingsError(_as_sentences(unknown + _wrong_values(error))) from None
    if unknown:
        raise SettingsError(_as_sentences(unknown))
    return settings


def variable(field_name: str) -> str:
    """Name the environment variable of a field of `Settings`."""
    return PREFIX + field_name.upper()


def _as_sentences(problems: list[str]) -> str:
    return "\n".join(["The settings are wrong:", *(f"  {problem}" for problem in problems)])


def _unknown_names(names: list[str]) -> list[str]:
    known = [variable(name) for name in Settings.model_fields]
    problems = []
    for name in sorted(names):
        if not name.upper().startswith(PREFIX) or name.upper() in known:
            continue
        near = difflib.get_close_matches(name.upper(), known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
        problems.append(f"{name} is not a setting: {hint}")
    return problems


def _right(field_name: str) -> str:
    field = Settings.model_fields.get(field_name)
    return "" if field is None or field.description is None else f": {field.description.rstrip('.')}"


def _wrong_values(error: ValidationError) -> list[str]:
    problems = []
    for wrong in error.errors(include_input=False, include_url=False):
        if wrong["type"] == "default_factory_not_called":
            continue  # It depends on a field that is wrong itself and named already.
        sentence = wrong["msg"].removeprefix("Value error, ")
        if not wrong["loc"]:
            problems.append(f"{sentence}.")
            continue
        name = str(wrong["loc"][0])
        if wrong["type"] != "value_error":
            sentence = f"is refused ({sentence[0].lower()}{sentence[1:]}){_right(name)}"
        problems.append(f"{variable(name)} {sentence}.")
    return problems

"""A source of leads: how its webhooks are believed, and how what they carry becomes a lead or an event.

It is what a file under `config/sources/` says and the table `source` keeps. Paths are JMESPath; whether they parse and
whether a field exists is checked by `policy.mapping`.
"""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Any

from pydantic import Field, field_validator, model_validator

from models.base import Outside
from models.durations import Duration

SOURCE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""What a source's name looks like: it stands in its hook's address and in its leads' `source`."""

LONGEST_PATH = 1000
"""Characters that one path may have."""

MOST_ITEMS = 1000
"""Leads and events that one webhook may carry."""

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


class Scheme(StrEnum):
    """How a source's webhooks are signed. `token`: the secret itself stands in a header; `none`: anybody may post."""

    NONE = "none"
    TOKEN = "token"
    HMAC_SHA256 = "hmac_sha256"
    STANDARD_WEBHOOKS = "standard_webhooks"
    SLACK = "slack"
    HUBSPOT_V3 = "hubspot_v3"


class Encoding(StrEnum):
    """How a digest is written."""

    HEX = "hex"
    BASE64 = "base64"


class SignatureParts(Outside):
    """One header that carries both (`t=1690000000,v1=5257a8...`): under which names the two stand in it."""

    signature: str = Field("v1", min_length=1, max_length=20)
    timestamp: str | None = Field("t", min_length=1, max_length=20)


class Signature(Outside):
    """How a webhook is believed.

    `header`, `prefix`, `encoding`, `signed`, `timestamp_header` and `parts` describe `hmac_sha256` (`token`: `header`
    and `prefix`); the vendors' schemes have theirs fixed. `tolerance` is how far its instant may be from ours.
    """

    scheme: Scheme
    header: str | None = None
    prefix: str = Field("", max_length=40)
    encoding: Encoding = Encoding.HEX
    signed: str = Field("{body}", max_length=100)
    timestamp_header: str | None = None
    parts: SignatureParts | None = None
    tolerance: Duration = Field(timedelta(minutes=5), gt=timedelta(0), le=timedelta(hours=1))

    @property
    def timed(self) -> bool:
        """Say whether an instant is signed with the body, so that a replay can be told."""
        return self.timestamp_header is not None or (self.parts is not None and self.parts.timestamp is not None)

    @field_validator("header", "timestamp_header")
    @classmethod
    def _a_header(cls, name: str | None) -> str | None:
        if name is not None and not _HEADER.fullmatch(name):
            raise ValueError("is not the name of a header")
        return name

    @model_validator(mode="after")
    def _whole(self) -> "Signature":
        described = {Scheme.HMAC_SHA256: _OF_HMAC, Scheme.TOKEN: _OF_TOKEN}.get(self.scheme, frozenset())
        if extra := (self.model_fields_set & _OF_HMAC) - described:
            raise ValueError(f"{self.scheme} has its own {min(extra)}: leave it out")
        if self.scheme in {Scheme.HMAC_SHA256, Scheme.TOKEN} and self.header is None:
            raise ValueError(f"{self.scheme} needs the header in which it stands")
        if self.timestamp_header is not None and self.parts is not None and self.parts.timestamp is not None:
            raise ValueError(
                "has two places for the timestamp: leave out timestamp_header, or make parts.timestamp null"
            )
        if self.signed.count("{body}") != 1:
            raise ValueError("signed has to hold {body} once")
        if self.scheme is Scheme.HMAC_SHA256 and ("{timestamp}" in self.signed) != self.timed:
            raise ValueError("a timestamp has to be signed, and one that is signed has to come in a header")
        return self


_OF_HMAC = frozenset({"header", "prefix", "encoding", "signed", "timestamp_header", "parts"})
_OF_TOKEN = frozenset({"header", "prefix"})


class Handshake(StrEnum):
    """What a tool asks of an address before it sends webhooks there."""

    NONE = "none"
    SLACK = "slack"
    FACEBOOK = "facebook"
    LINKEDIN = "linkedin"


class Reading(Outside):
    """Where one field comes from: a `path`, or a fixed `value`; `table` translates what was found.

    `table` is looked up without regard to case. What it lacks is `otherwise`; a path that finds nothing is `default`.
    """

    path: str | None = Field(None, min_length=1, max_length=LONGEST_PATH)
    value: Any = None
    default: Any = None
    table: dict[str, Any] | None = Field(None, max_length=1000)
    otherwise: Any = None

    @model_validator(mode="after")
    def _one_way(self) -> "Reading":
        if (self.path is None) == ("value" not in self.model_fields_set):
            raise ValueError("needs either a path or a value")
        if self.path is None and self.model_fields_set & {"default", "table", "otherwise"}:
            raise ValueError("default, table and otherwise are for a path")
        if "otherwise" in self.model_fields_set and self.table is None:
            raise ValueError("otherwise is for a table")
        return self


class Becomes(StrEnum):
    """What an item of a payload becomes. `outcome`: what became of a lead; `owner`: somebody else has it in the CRM."""

    LEAD = "lead"
    EVENT = "event"
    OUTCOME = "outcome"
    OWNER = "owner"


class Mapping(Outside):
    """How one kind of item becomes what it is: the first mapping whose `when` holds is used.

    `fields`: of a lead, the fields of the contract with dots (`company.name`, `custom.budget`); of an event, `kind`,
    `at`, `properties.*`, `key`, and whose it is (`lead_id`, or `email`, or `external_id` and `source`). Of an outcome
    those of `models.door.Ended`, of a change of owner those of `models.door.OwnerChanged`.
    """

    becomes: Becomes = Becomes.LEAD
    when: str | None = Field(None, min_length=1, max_length=LONGEST_PATH)
    fields: dict[str, Reading] = Field(min_length=1, max_length=200)

    @field_validator("fields", mode="before")
    @classmethod
    def _short_forms(cls, fields: Any) -> Any:
        """Let a bare text stand for a path."""
        if not isinstance(fields, dict):
            return fields
        return {name: {"path": how} if isinstance(how, str) else how for name, how in fields.items()}


class Source(Outside):
    """One source of leads and how its payloads are read.

    `each`: a path to the items of a payload (left out: the payload, or each entry of a list). `ignore`: a path; where
    it holds, an item is noted and nothing else. `let`: names for what paths find in an item, which every path after it
    may use. `delivery_header` or `delivery_path`: where the tool says which
    delivery this is; one that was seen before is answered as the first time.
    """

    name: str
    description: str = Field("", max_length=500)
    signature: Signature
    handshake: Handshake = Handshake.NONE
    delivery_header: str | None = None
    delivery_path: str | None = Field(None, min_length=1, max_length=LONGEST_PATH)
    each: str | None = Field(None, min_length=1, max_length=LONGEST_PATH)
    let: dict[str, str] = Field(default_factory=dict, max_length=20)
    ignore: str | None = Field(None, min_length=1, max_length=LONGEST_PATH)
    mappings: list[Mapping] = Field(min_length=1, max_length=50)

    @field_validator("signature", mode="before")
    @classmethod
    def _short_form(cls, signature: Any) -> Any:
        """Let a bare word stand for a scheme that needs nothing else said."""
        return {"scheme": signature} if isinstance(signature, str) else signature

    @field_validator("name")
    @classmethod
    def _plain(cls, name: str) -> str:
        if not SOURCE_NAME.fullmatch(name):
            raise ValueError("may hold small letters, digits, - and _ only, 64 at most")
        return name

    @field_validator("delivery_header")
    @classmethod
    def _a_header(cls, name: str | None) -> str | None:
        if name is not None and not _HEADER.fullmatch(name):
            raise ValueError("is not the name of a header")
        return name

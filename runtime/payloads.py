"""The bytes of a webhook as plain data: JSON, form fields, or a multipart form. It refuses to know any tool.

A tool that names no content type, or a wrong one, is read as JSON: so most of them mean it.
"""

import email.message
import io
import json
from typing import Any
from urllib.parse import parse_qsl

import python_multipart
from python_multipart.exceptions import FormParserError

from models.base import Problem, Refused, too_deep

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

DEEPEST = 64
"""Levels of lists and objects in one payload."""

MOST_FIELDS = 1000
"""Fields of one form."""

_PAYLOAD = "payload"
"""The one form field in which some tools put JSON."""


def read_payload(content_type: str, raw: bytes) -> Any:
    """Read what a webhook carries. Raises Refused: it is neither JSON nor a form."""
    kind = _media_type(content_type)
    if kind == FORM:
        return _fields(_read_form(raw))
    if kind == MULTIPART:
        return _fields(_read_multipart(content_type, raw))
    return _json(raw)


def _media_type(content_type: str) -> str:
    message = email.message.Message()
    message["content-type"] = content_type or "application/json"
    return message.get_content_type()


def _json(raw: bytes) -> Any:
    try:
        data = json.loads(raw.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise _unreadable("is neither JSON nor a form: it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _unreadable(f"is neither JSON nor a form: {error.msg.lower()} ({where})") from None
    except (ValueError, RecursionError) as error:
        raise _unreadable(f"cannot be read as JSON ({type(error).__name__})") from None
    if too_deep(data, DEEPEST):
        raise _unreadable(f"is nested too deep: {DEEPEST} levels of lists and objects are taken")
    return data


def _no_constant(_name: str) -> Any:
    raise ValueError("no JSON number")


def _read_form(raw: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(raw.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace")
    except UnicodeDecodeError:
        raise _unreadable("is no form: it is not UTF-8 text") from None
    except ValueError:
        raise _unreadable(f"has too many fields: {MOST_FIELDS:,} are taken") from None


def _read_multipart(content_type: str, raw: bytes) -> list[tuple[str, str]]:
    """Read the fields; of a file only its name, as a lead has no place for more (the raw payload has it all)."""
    fields: list[tuple[str, str]] = []

    def on_field(field: Any) -> None:
        fields.append((_text(field.field_name), _text(field.value)))

    def on_file(file: Any) -> None:
        fields.append((_text(file.field_name), _text(file.file_name)))
        file.close()

    headers: dict[str, bytes] = {"Content-Type": content_type.encode("latin-1", "replace")}
    try:
        python_multipart.parse_form(headers, io.BytesIO(raw), on_field, on_file)
    except (FormParserError, ValueError) as error:
        raise _unreadable(f"is no multipart form ({type(error).__name__})") from None
    if len(fields) > MOST_FIELDS:
        raise _unreadable(f"has too many fields: {MOST_FIELDS:,} are taken")
    return fields


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")


def _fields(pairs: list[tuple[str, str]]) -> Any:
    """Make an object of a form; a name that is there several times has a list."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    if set(found) == {_PAYLOAD} and isinstance(found[_PAYLOAD], str) and found[_PAYLOAD].lstrip()[:1] in ("{", "["):
        return _json(found[_PAYLOAD].encode("utf-8", "replace"))
    return found


def _unreadable(what: str) -> Refused:
    return Refused((Problem(field="", what=what),))

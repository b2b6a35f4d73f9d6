"""A roster as the text of a file, to be read, changed and taken over again: what `config.load.read_roster` reads back.

What has its default is left out, as people leave it out. Dates of public holidays are left out, too: they are looked up
when the text is read, as those of any file. Comments are not kept anywhere, so there are none.
"""

import re
from typing import Any

import yaml

from models.roster import Roster

WIDTH = 110
"""Columns after which a line is broken."""

_LOOKS_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./@ -]*[A-Za-z0-9_]|[A-Za-z_]", re.ASCII)
_IS_A_WORD = re.compile(r"null|true|false|yes|no|on|off|y|n", re.IGNORECASE)


class _Dumper(yaml.SafeDumper):
    """Writes texts in quotes unless nobody could read anything else, and short lists on one line."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 (its name is PyYAML's)
        """Indent lists below their key."""
        super().increase_indent(flow, False)

    def ignore_aliases(self, _data: Any) -> bool:
        """Write everything where it stands."""
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    plain = _LOOKS_PLAIN.fullmatch(value) and not _IS_A_WORD.fullmatch(value)
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')


def _list(dumper: yaml.SafeDumper, values: list[Any]) -> yaml.SequenceNode:
    short = not any(isinstance(one, dict) for one in values)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=short)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)


def roster_text(roster: Roster) -> str:
    """Write a roster as YAML."""
    document = roster.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for calendar in document["calendars"].values():
        calendar.pop("frozen", None)
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)

"""What an operator can set is documented, with its default."""

import re
from datetime import timedelta
from enum import Enum
from pathlib import Path

from pydantic_core import PydanticUndefined

from config.settings import Settings, variable

ROW = re.compile(r"^\| `(?P<name>BATON_[A-Z_]+)` \| (?P<default>.+?) \| (?P<meaning>.+) \|$", re.MULTILINE)


def documented(root: Path) -> dict[str, str]:
    """Read the table rows of the settings page: variable to default."""
    page = (root / "docs/reference/settings.md").read_text(encoding="utf-8")
    return {found["name"]: found["default"] for found in ROW.finditer(page)}


def written(default: object) -> str:
    """Write a default as one would set it."""
    if isinstance(default, timedelta):
        return f"{default.total_seconds():g}"
    return str(default.value if isinstance(default, Enum) else default)


def test_each_setting_is_documented_and_nothing_else(root: Path) -> None:
    """A new setting without a row, or a row without a setting, fails here."""
    assert {variable(name) for name in Settings.model_fields} == set(documented(root))


def test_the_documented_defaults_are_the_real_ones(root: Path) -> None:
    """Nobody is told a default that is not so."""
    rows = documented(root)
    for name, field in Settings.model_fields.items():
        if field.default is PydanticUndefined:
            continue  # It is made from other settings; the row says from which.
        expected = "none" if field.default in (None, ()) else f"`{written(field.default)}`"
        assert rows[variable(name)].startswith(expected), f"{variable(name)}: {expected}"


def test_each_setting_explains_itself() -> None:
    """The sentence of a refused value ends with what is right, so every field has one."""
    assert [] == [name for name, field in Settings.model_fields.items() if not field.description]

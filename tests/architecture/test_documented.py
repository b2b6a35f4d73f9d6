"""What an operator can set is documented, with its default."""

import re
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from config.settings import Settings, load_settings, variable

ROW = re.compile(r"^\| `(?P<name>BATON_[A-Z_]+)` \| (?P<default>.+?) \| (?P<meaning>.+) \|$", re.MULTILINE)


def documented(root: Path) -> dict[str, str]:
    """Read the table rows of the settings page: variable to default."""
    page = (root / "docs/reference/settings.md").read_text(encoding="utf-8")
    return {found["name"]: found["default"] for found in ROW.finditer(page)}


def test_each_setting_is_documented_and_nothing_else(root: Path) -> None:
    """A new setting without a row, or a row without a setting, fails here."""
    assert {variable(name) for name in Settings.model_fields} == set(documented(root))


def test_the_documented_defaults_are_the_real_ones(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is told a default that is not so: setting it changes nothing."""
    for name in Settings.model_fields:
        monkeypatch.delenv(variable(name), raising=False)
    rows = documented(root)
    for name, field in Settings.model_fields.items():
        if field.default is PydanticUndefined:
            continue  # It is made from other settings; the row says from which.
        default = rows[variable(name)]
        if field.default in (None, ()):
            assert default.startswith("none"), variable(name)
            continue
        told = re.match(r"`([^`]+)`", default)
        assert told, f"{variable(name)}: {default}"
        with monkeypatch.context() as setting:
            setting.setenv(variable(name), told[1])
            assert getattr(load_settings(), name) == field.default, variable(name)


def test_each_setting_explains_itself() -> None:
    """The sentence of a refused value ends with what is right, so every field has one."""
    assert [] == [name for name, field in Settings.model_fields.items() if not field.description]

"""Finding a browser: one that is there, or the one command that gets one."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.browser import chromium
from tests.browser.chromium import find_chromium


def playwright(path: Path) -> Any:
    """Stand in for a Playwright whose own browser would be here."""
    return SimpleNamespace(chromium=SimpleNamespace(executable_path=str(path)))


def test_without_any_the_command_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody has to search for what is missing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(chromium, "DEBIAN", ())
    with pytest.raises(pytest.fail.Exception, match="playwright install --with-deps chromium"):
        find_chromium(playwright(tmp_path / "none"))


def test_the_systems_goes_before_playwrights_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is there is used, in this order."""
    own, system = tmp_path / "own", tmp_path / "chromium"
    own.touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert str(own) == find_chromium(playwright(own))
    system.touch(mode=0o755)
    assert str(system) == find_chromium(playwright(own))

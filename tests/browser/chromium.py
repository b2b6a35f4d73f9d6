"""Finds a Chromium that is there: the system's, else Playwright's own, else Debian's package; it downloads none."""

import shutil
from pathlib import Path

import pytest
from playwright.async_api import Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DEBIAN = ("/usr/lib/chromium/chromium", "/usr/lib/chromium-browser/chromium-browser")
REMEDY = "there is no Chromium to test the pages with; type: .venv/bin/playwright install --with-deps chromium"


def find_chromium(playwright: Playwright) -> str:
    """Give the path of a Chromium, or fail with the one command to type."""
    system = (shutil.which(name) for name in NAMES)
    own = playwright.chromium.executable_path
    found = next((path for path in (*system, own, *DEBIAN) if path and Path(path).exists()), None)
    if found is None:
        pytest.fail(REMEDY, pytrace=False)
    return found

"""One running system for each module of kills, and what was measured, printed at the end."""

from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median

import pytest

from tests.chaos.harness import MEASURED, Site, running_site


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A whole Baton in processes of its own, with one worker."""
    folder: Path = tmp_path_factory.mktemp("site")
    async with running_site(folder) as running:
        yield running


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured."""
    if not MEASURED:
        return
    terminalreporter.section("measured by the chaos tests")
    for what, values in sorted(MEASURED.items()):
        spread = f"min {min(values):.2f}, median {median(values):.2f}, max {max(values):.2f}"
        terminalreporter.line(f"{what}: {spread} ({len(values)} measured)")

"""Files that pages name in backticks are there."""

import re
from pathlib import Path

from tests.docs.pages import pages

ROOMS = (
    "activities", "adapters", "api", "cli", "config", "db", "docs", "examples", "models", "policy", "runtime", "tests",
    "tools", "workflows",
)  # fmt: skip
PATH = re.compile(rf"`((?:{'|'.join(ROOMS)})/[\w./-]*)`")
MADE = re.compile(r"tests/replay/histories/v")
"""What a reader makes themselves."""


def test_each_path_is_there(root: Path) -> None:
    """A renamed module is renamed in the pages, too."""
    missing = [
        f"{page.relative_to(root)}: {path}"
        for page in pages(root)
        for path in PATH.findall(page.read_text(encoding="utf-8"))
        if not (root / path).exists() and not MADE.match(path)
    ]
    assert [] == missing


def test_the_way_of_a_lead_names_functions_that_are_there(root: Path) -> None:
    """Where a step names a function behind its module, that module has it."""
    page = root / "docs/explanation/a-lead-through-the-house.md"
    named = re.findall(r"`(workflows/[\w/]+\.py)`: `(\w+)`", page.read_text(encoding="utf-8"))
    assert named
    assert [] == [(module, name) for module, name in named if f"def {name}(" not in (root / module).read_text()]


def test_pages_open_with_terms_and_non_goals(root: Path) -> None:
    """Whoever reads on knows the words, and what not to look for."""
    for folder in ("explanation", "how-to"):
        for page in sorted((root / "docs" / folder).glob("*.md")):
            opening = page.read_text(encoding="utf-8").split("\n## ")[0]
            assert "**Terms.**" in opening, page
            assert "**Non-goals.**" in opening, page

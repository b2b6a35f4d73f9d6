"""The lock files install on a fresh machine: every package pinned and hashed, from no particular place."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = ("requirements.lock", "requirements-dev.lock")
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;]+)", re.MULTILINE)


def pins(text: str) -> dict[str, set[str]]:
    """Read the pinned versions; a package may have one for each Python."""
    found: dict[str, set[str]] = {}
    for pin in PIN.finditer(text):
        found.setdefault(canonicalize_name(pin["name"]), set()).add(pin["version"])
    return found


def project(root: Path) -> dict[str, Any]:
    """Read pyproject.toml."""
    with (root / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)


def wanted(project: dict[str, Any], lock: str) -> list[Requirement]:
    """List the direct dependencies that a lock file has to hold."""
    texts = list(project["project"]["dependencies"])
    if lock == "requirements-dev.lock":
        groups = project["dependency-groups"]
        texts += [text for group in groups.values() for text in group if isinstance(text, str)]
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place(root: Path, lock: str) -> None:
    """Which index a machine uses is its own business."""
    text = (root / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*(-i|--index-url|--extra-index-url|--find-links|-f|-e)\b", text, re.MULTILINE)
    assert " @ " not in text


@pytest.mark.parametrize("lock", LOCKS)
def test_each_pin_has_its_hashes(root: Path, lock: str) -> None:
    """`pip --require-hashes` refuses the whole file for one that has none."""
    blocks = re.split(r"\n(?=[A-Za-z0-9])", (root / lock).read_text(encoding="utf-8").strip())
    assert [] == [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block]
    assert len(blocks) > 30


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_answers_the_direct_dependencies(root: Path, lock: str) -> None:
    """Whoever edits pyproject.toml runs `make lock`."""
    pinned = pins((root / lock).read_text(encoding="utf-8"))
    missing = [
        str(requirement)
        for requirement in wanted(project(root), lock)
        if not any(
            requirement.specifier.contains(version)
            for version in pinned.get(canonicalize_name(requirement.name), set())
        )
    ]
    assert [] == missing


def test_both_locks_agree(root: Path) -> None:
    """What is tested is what runs."""
    runtime, development = (pins((root / lock).read_text(encoding="utf-8")) for lock in LOCKS)
    assert {} == {name: versions for name, versions in runtime.items() if versions != development.get(name)}

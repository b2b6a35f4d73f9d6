"""What the architecture tests look at: the rooms of the house, as far as they are there."""

from pathlib import Path

import pytest

ROOMS = ("models", "policy", "workflows", "activities", "adapters", "db", "config", "runtime", "cli", "api")
ENTRANCES = ("worker.py", "starter.py")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return Path(__file__).parents[2]


@pytest.fixture(scope="session")
def modules(root: Path) -> list[str]:
    """Every module of the product that one imports; what is run (`__main__`, migrations) is not imported."""
    files = [path for room in ROOMS for path in sorted((root / room).rglob("*.py"))]
    files += [root / name for name in ENTRANCES if (root / name).exists()]
    names = []
    for path in files:
        parts = path.relative_to(root).with_suffix("").parts
        if "migrations" not in parts and parts[-1] != "__main__":
            names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names

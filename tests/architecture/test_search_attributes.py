"""The search attributes are those of the contract, in every place that has to name them."""

import re
from pathlib import Path

from temporalio.common import SearchAttributeKey

from runtime.namespace import type_word
from tests.engines.temporal import LEAD_ATTRIBUTES
from workflows import names


def test_the_workflow_sets_what_the_contract_names() -> None:
    """Other tools search by these names: a renamed one breaks them."""
    keys = [value for value in vars(names).values() if isinstance(value, SearchAttributeKey)]
    assert dict(LEAD_ATTRIBUTES) == {key.name: key.indexed_value_type for key in keys}


def test_the_compose_file_registers_them(root: Path) -> None:
    """On a cluster nobody else does."""
    text = (root / "docker-compose.yml").read_text(encoding="utf-8")
    expected = {f"{name}={type_word(kind)}" for name, kind in LEAD_ATTRIBUTES.items()}
    assert expected == set(re.findall(r"\bLead\w+=\w+", text))

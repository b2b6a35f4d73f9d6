"""The contract `only` refuses every import that is not listed, and the house's contracts are really there."""

import tomllib
from pathlib import Path

from grimp import ImportGraph

from tools.import_rules import OnlyContract


def graph_of(*imports: tuple[str, str]) -> ImportGraph:
    """Build a graph of direct imports by hand."""
    graph = ImportGraph()
    for name in dict.fromkeys(name for pair in imports for name in pair):
        graph.add_module(name)
    for number, (importer, imported) in enumerate(imports, start=1):
        graph.add_import(importer=importer, imported=imported, line_number=number, line_contents=f"import {imported}")
    return graph


def refused(graph: ImportGraph, source: str, allowed: list[str]) -> list[tuple[str, str, int]]:
    """Check a graph against the contract and give what it refuses."""
    contract = OnlyContract(
        name="test",
        session_options={},
        contract_options={"source_modules": [source], "allowed_modules": allowed},
    )
    result = contract.check(graph=graph, verbose=False)
    wrong: list[tuple[str, str, int]] = result.metadata["wrong"]
    assert result.kept is not bool(wrong)
    return wrong


def test_what_is_listed_is_allowed_with_everything_below_it() -> None:
    """A package stands for its modules, on both sides."""
    graph = graph_of(("workflows.lead", "models.lead"), ("workflows.lead", "workflows.ladder"), ("workflows", "typing"))
    assert [] == refused(graph, "workflows", ["workflows", "models", "typing"])


def test_what_is_not_listed_is_refused_with_its_line() -> None:
    """The sentence tells where to look."""
    graph = graph_of(("workflows.lead", "models"), ("workflows.lead", "policy.ladder"))
    assert [("workflows.lead", "policy.ladder", 2)] == refused(graph, "workflows", ["workflows", "models"])


def test_a_module_of_a_package_does_not_stand_for_the_package() -> None:
    """`activities.contract` is allowed; `activities` and its bodies are not."""
    graph = graph_of(
        ("workflows.lead", "activities.contract"),
        ("workflows.lead", "activities"),
        ("workflows.lead", "activities.contractual"),
    )
    assert [("workflows.lead", "activities", 2), ("workflows.lead", "activities.contractual", 3)] == refused(
        graph, "workflows", ["workflows", "activities.contract"]
    )


def test_what_an_allowed_module_imports_is_its_own_business() -> None:
    """Only direct imports count: the menu of activities has a contract of its own."""
    graph = graph_of(("workflows.lead", "activities.contract"), ("activities.contract", "db"))
    assert [] == refused(graph, "workflows", ["workflows", "activities.contract"])


def test_every_room_is_under_the_contracts(root: Path) -> None:
    """A new room that nobody listed would escape all the rules."""
    with (root / "pyproject.toml").open("rb") as file:
        rules = tomllib.load(file)["tool"]["importlinter"]
    rooms = {path.parent.name for path in root.glob("*/__init__.py")} - {"tools", "bench", "tests"}
    assert rooms == set(rules["root_packages"])

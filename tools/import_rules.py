"""A contract for import-linter that lists what a room may import; everything else is refused.

import-linter's own contracts list what is forbidden, and a list of everything else in the world is never complete.
It looks at direct imports: what an allowed module imports in turn is the business of that module's contract.
"""

from collections.abc import Iterable
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.imports import Module


class OnlyContract(Contract):
    """Refuse every direct import of the source packages that is not of an allowed package."""

    source_modules = fields.SetField(subfield=fields.ModuleField())
    allowed_modules = fields.SetField(subfield=fields.ModuleField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """List the imports that are not allowed, each with its line."""
        allowed = _names(self.allowed_modules)
        wrong = []
        for importer in sorted(_members(graph, _names(self.source_modules))):
            for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                if not any(_inside(imported, package) for package in allowed):
                    details = graph.get_import_details(importer=importer, imported=imported)
                    wrong.append((importer, imported, details[0]["line_number"] if details else 0))
        output.verbose_print(verbose, f"{len(allowed)} packages are allowed, {len(wrong)} imports are not.")
        return ContractCheck(kept=not wrong, metadata={"wrong": wrong})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line for each import."""
        for importer, imported, line in check.metadata["wrong"]:
            output.print_error(f"{importer} (line {line}) may not import {imported}", bold=False)
        output.new_line()


def _names(given: object) -> set[str]:
    # A declared field holds the parsed modules once the contract is made.
    return {module.name for module in cast("Iterable[Module]", given)}


def _members(graph: ImportGraph, packages: set[str]) -> set[str]:
    return {module for module in graph.modules for package in packages if _inside(module, package)}


def _inside(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")

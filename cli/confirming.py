"""Asking before something that cannot be taken back with one word."""

import sys

from cli.exits import RefusedByBusiness
from cli.output import complain


def confirm(act: str) -> None:
    """Ask on a terminal. Raises RefusedByBusiness for any answer but yes, and where there is nobody to ask."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise RefusedByBusiness(f"refused: this would {act}; confirm it with --yes")
    complain(f"This will {act}. Type yes to go on:")
    if sys.stdin.readline().strip().lower() != "yes":
        raise RefusedByBusiness("refused: nothing is changed")

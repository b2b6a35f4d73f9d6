"""How a command ends: four exit codes, and the exceptions that lead to them with what is to be said."""

from collections.abc import Iterable
from enum import IntEnum


class Code(IntEnum):
    """The exit codes of every command (contract, section 1)."""

    DONE = 0
    REFUSED = 1
    BAD_INPUT = 2
    UNREACHABLE = 3


INTERRUPTED = 130
"""Ended by Ctrl-C, as shells count it."""


class Stop(Exception):
    """A command cannot go on. Each of its lines is one sentence for a person."""

    code: Code

    def __init__(self, *lines: str) -> None:
        self.lines = lines
        super().__init__("\n".join(lines))


class RefusedByBusiness(Stop):
    """What was asked for is understood, and the answer is no."""

    code = Code.REFUSED


class BadInput(Stop):
    """What was typed, or a file, is not what it should be. The lines name option, field, or file and line."""

    code = Code.BAD_INPUT


class Unreachable(Stop):
    """Temporal or the database cannot be used now."""

    code = Code.UNREACHABLE


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Give `; did you mean X?` for the known word nearest to a mistyped one, else nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 (only for mistakes)

    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""

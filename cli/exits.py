"""How a command ends: four exit codes, and the exceptions that lead to them with what is to be said."""

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

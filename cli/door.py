"""From the words typed to an exit code: the one place where a command's trouble becomes sentences."""

from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from cli.app import app
from cli.exits import Code, Stop
from cli.output import complain

PROGRAM = "starter.py"


def main(arguments: Sequence[str]) -> int:
    """Carry out one command line and give its exit code. What only a bug raises is raised."""
    command = typer.main.get_command(app)
    try:
        code = command.main(args=list(arguments), prog_name=PROGRAM, standalone_mode=False)
    except Stop as stop:
        complain(*stop.lines)
        return stop.code
    except TyperException as mistake:
        complain(*_sentences(mistake))
        return Code.BAD_INPUT
    return int(code or 0)


def _sentences(mistake: TyperException) -> list[str]:
    """Say what is wrong with the words typed, and where to read what would be right."""
    said = mistake.format_message()
    context = getattr(mistake, "ctx", None)
    if not said or context is None:  # nothing was typed, and help is on the screen already
        return [said] if said else []
    return [said, f"(python {context.command_path} --help says what it takes)"]

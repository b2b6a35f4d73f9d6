"""The command line of Baton: `python starter.py --help`."""

import os
import sys
import zoneinfo
from contextlib import suppress
from io import TextIOWrapper

from cli.door import main

BUG = 70
"""Exit code of what should never happen, told from the four that mean something."""


def run() -> int:
    """Carry out the words typed; a bug is told with its trace."""
    # The time zones of the pinned tzdata, not the machine's: a due instant is the same everywhere.
    zoneinfo.reset_tzpath(())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        return main(sys.argv[1:])
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else BUG
    except Exception:  # noqa: BLE001 (the last place: it is told whole)
        sys.excepthook(*sys.exc_info())
        return BUG


if __name__ == "__main__":
    code = run()
    for stream in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError):
            stream.flush()
    # Temporal's client otherwise sometimes aborts a process that is done (exit code 134).
    os._exit(code)

"""Driving the command line: each command in a process of its own, forked from one that has loaded everything.

So a test sees what a shell sees (exit code, standard output, standard error), without a start of Python for each.
"""

import asyncio
import io
import json
import multiprocessing
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starter import run

_LOADED = ["tests.cli.loaded"]


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Read standard output as the one JSON document it has to be."""
        return json.loads(self.out)


class Cli:
    """A shell with an environment: `await cli("status", "x")`."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder
        self.env = dict(env)

    def but(self, **env: str) -> "Cli":
        """Give the same shell with other variables."""
        return Cli(self.folder, self.env | env)

    async def __call__(self, *words: object, stdin: str | bytes = "") -> Ran:
        """Carry out one command."""
        return await asyncio.to_thread(self._run, [str(word) for word in words], stdin)

    def _run(self, words: list[str], stdin: str | bytes) -> Ran:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_LOADED)
        given = stdin.encode() if isinstance(stdin, str) else stdin
        mine, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_carry_out, args=(words, self.env, str(self.folder), given, theirs))
        process.start()
        theirs.close()
        try:
            code, out, err = mine.recv()
        finally:
            mine.close()
            process.join()
            process.close()
        return Ran(code, out, err)

    def write(self, name: str, text: str | bytes) -> Path:
        """Put a file into the shell's folder."""
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path


def _carry_out(words: list[str], env: dict[str, str], folder: str, stdin: bytes, pipe: Any) -> None:
    """Be the process of one command."""
    for name in [name for name in os.environ if name.startswith(("BATON_", "TEMPORAL_"))]:
        del os.environ[name]
    os.environ.update(env)
    os.chdir(folder)
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    sys.stdin, sys.stdout, sys.stderr = io.TextIOWrapper(io.BytesIO(stdin), "utf-8"), out, err
    sys.argv = ["starter.py", *words]
    code = run()
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    pipe.send((code, *texts))
    pipe.close()
    os._exit(0)

"""What a command takes of a machine: measured by the process itself, without what its parent had in memory."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent

_ITSELF = """
import resource, sys, time
sys.path.insert(0, sys.argv.pop(1))
from starter import run
code = run()
sys.stdout.flush()
try:  # a child's ru_maxrss begins with its parent's memory: the kernel keeps the most of before the exec
    with open("/proc/self/status") as status:
        most = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
except FileNotFoundError:  # macOS, in bytes
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(time.process_time(), most // 1024, file=sys.stderr)
sys.exit(code)
"""


class Measured(NamedTuple):
    """How a command of `starter.py` ended, what it printed, its seconds on a core, and its most memory in MB."""

    code: int
    out: bytes
    err: bytes
    seconds: float
    megabytes: int


def measure(*words: object, folder: Path | None = None) -> Measured:
    """Carry out a command in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-c", _ITSELF, str(ROOT), *map(str, words)], capture_output=True, cwd=folder, check=False
    )
    *told, last = ran.stderr.splitlines(keepends=True)
    seconds, megabytes = last.split()
    return Measured(ran.returncode, ran.stdout, b"".join(told), float(seconds), int(megabytes))

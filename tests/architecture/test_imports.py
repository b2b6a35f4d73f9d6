"""Importing a module has no effect, and importing a workflow loads little."""

import json
import subprocess
import sys
from pathlib import Path

# Runs in a process of its own: it must see the first import of everything.
WATCHER = """
import importlib, json, os, sys, threading
from collections import UserDict
from pathlib import Path

root, names = Path(sys.argv[1]), json.loads(sys.argv[2])
sys.path.insert(0, str(root))
seen = []

def ours(frame):
    while frame is not None and frame.f_code.co_filename.startswith("<frozen"):
        frame = frame.f_back
    if frame is None:
        return False
    path = Path(frame.f_code.co_filename)
    inside = path.is_relative_to(root) and ".venv" not in path.parts
    return inside or "pydantic_settings" in path.parts

class Watched(UserDict):
    def __getitem__(self, key):
        if ours(sys._getframe(1)) or ours(sys._getframe(2)):
            seen.append(f"{current} reads {key} from the environment")
        return self.data[key]
    def get(self, key, default=None):
        if ours(sys._getframe(1)):
            seen.append(f"{current} reads {key} from the environment")
        return self.data.get(key, default)

def audit(event, arguments):
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        seen.append(f"{current} writes {arguments[0]}")
    elif event in {"os.mkdir", "os.remove", "os.rename", "subprocess.Popen", "os.fork", "os.system",
                   "socket.connect", "socket.bind", "sqlite3.connect"}:
        seen.append(f"{current}: {event} {arguments!r:.80}")

current = "nothing"
# What only a vendor's module does is the vendor's: it is loaded before we watch.
for vendor in json.loads(sys.argv[3]):
    importlib.import_module(vendor)
os.environ = Watched(os.environ)
sys.dont_write_bytecode = True
sys.addaudithook(audit)
# Python tells no audit hook of a new thread before 3.12.
start = threading.Thread.start
def started(thread):
    seen.append(f"{current} starts {thread.name}")
    start(thread)
threading.Thread.start = started
for name in names:
    current = name
    importlib.import_module(name)
print(json.dumps(seen))
"""
VENDORS = ("temporalio.client", "temporalio.worker", "pydantic_settings", "sqlmodel", "sqlalchemy.ext.asyncio")


def imported(root: Path, names: list[str]) -> list[str]:
    """Import the modules in a fresh process and tell what they did besides."""
    command = [sys.executable, "-c", WATCHER, str(root), json.dumps(names), json.dumps(VENDORS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stderr
    effects: list[str] = json.loads(done.stdout)
    return effects


def test_importing_any_module_has_no_effect(root: Path, modules: list[str]) -> None:
    """No module reads the environment, writes, connects, starts a thread or a process when it is imported."""
    assert [] == imported(root, modules)


def test_the_watcher_sees_what_it_should(tmp_path: Path) -> None:
    """The test above can fail: each effect is noticed."""
    effects = {
        "reads": "import os\nos.environ.get('BATON_TASK_QUEUE')\n",
        "takes": "import os\nos.environ['HOME']\n",
        "writes": f"open({str(tmp_path / 'written')!r}, 'w').close()\n",
        "threads": "import threading\nthreading.Thread(target=print).start()\n",
        "connects": "import sqlite3\nsqlite3.connect(':memory:').close()\n",
        "runs": "import subprocess\nsubprocess.run(['true'], check=True)\n",
    }
    for name, body in effects.items():
        (tmp_path / f"{name}.py").write_text(body)
    seen = imported(tmp_path, list(effects))
    assert set(effects) == {sentence.split()[0].rstrip(":") for sentence in seen}


def test_a_workflow_loads_no_policy_database_or_vendor(root: Path, modules: list[str]) -> None:
    """One table imported in a workflow file makes each workflow load 600 ms instead of 3 (measured)."""
    workflows = [name for name in modules if name.startswith("workflows")]
    assert workflows != []
    script = (
        "import importlib, json, sys\n"
        "for name in json.loads(sys.argv[1]): importlib.import_module(name)\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, json.dumps(workflows)], capture_output=True, text=True, check=True, cwd=root
    )
    heavy = {"policy", "adapters", "db", "config", "runtime", "sqlalchemy", "sqlmodel", "structlog", "httpx2", "yaml"}
    assert set() == heavy & set(json.loads(done.stdout))

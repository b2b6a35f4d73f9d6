"""The clock is read in the runtime and at the command line, the environment in the settings, and nowhere else."""

import json
import subprocess
import sys
from pathlib import Path

CLOCK_ROOMS = ("runtime/", "starter.py")
ENVIRONMENT_ROOMS = ("config/settings.py",)
OPTIONS = (
    "--select=TID251",
    "--output-format=json",
    "--ignore-noqa",
    "--no-cache",
    "--config=lint.per-file-ignores={}",
)
# Tests, benchmarks and tools are not the product.
OUTSIDE = ("tests/", "bench/", "tools/")


def banned_calls(folder: Path) -> list[tuple[str, str]]:
    """List (file, banned name) of every banned call, whatever pyproject.toml lifts the ban for."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", *OPTIONS, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode in (0, 1), done.stderr
    return [
        (Path(finding["filename"]).relative_to(folder).as_posix(), finding["message"].split("`")[1])
        for finding in json.loads(done.stdout)
    ]


def test_each_ban_is_lifted_in_its_own_room_only(root: Path) -> None:
    """The runtime may look at the clock but not at the environment, and the settings the other way round."""
    wrong = []
    for file, name in banned_calls(root):
        rooms = ENVIRONMENT_ROOMS if name.startswith("os.") else CLOCK_ROOMS
        if not file.startswith(rooms + OUTSIDE):
            wrong.append(f"{file}: {name}")
    assert [] == wrong


def test_every_disguise_is_seen(tmp_path: Path) -> None:
    """The bans hold for each way of importing the clock and the environment."""
    (tmp_path / "disguised.py").write_text(
        "import datetime, os, time\n"
        "from datetime import date, datetime as moment\n"
        "from os import environ, getenv\n"
        "datetime.datetime.now(datetime.UTC), moment.utcnow(), date.today(), time.time()\n"
        "os.environ['A'], os.getenv('A'), environ['A'], getenv('A')\n"
    )
    assert {
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.date.today",
        "time.time",
        "os.environ",
        "os.getenv",
    } == {name for _, name in banned_calls(tmp_path)}

"""`python starter.py` as a shell starts it: quick, quiet, with an exit code, and documented."""

import asyncio
import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
import typer

from cli.app import app
from tests.cli.house import ROOT, ROSTER, House, lead, new_id

STARTER = ROOT / "starter.py"
HEAVY = {"temporalio", "sqlalchemy", "sqlmodel", "structlog", "httpx2", "alembic"}


def starter(*words: str, env: dict[str, str] | None = None, **more: object) -> "subprocess.CompletedProcess[str]":
    """Run the real thing."""
    command = [sys.executable, str(STARTER), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | (env or {}), **more)  # type: ignore[call-overload, no-any-return]


def loaded_by(*words: str) -> set[str]:
    """Name the packages that a command has loaded when it ends."""
    script = (
        "import json, sys\nsys.argv = sys.argv[1:]\nfrom starter import run\nrun()\n"
        "sys.stderr.write(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "starter.py", *words], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_help_loads_nothing_heavy() -> None:
    """It answers at once, and so does `due`, which needs neither Temporal nor a database."""
    assert set() == (HEAVY | {"pydantic", "policy"}) & loaded_by("--help")


def test_business_time_loads_neither_temporal_nor_a_database(tmp_path: Path) -> None:
    """Due instants are arithmetic."""
    (tmp_path / "roster.yaml").write_text(ROSTER)
    words = ("--calendar", str(tmp_path / "roster.yaml"), "--name", "always", "--from", "now", "--budget", "1h")
    assert set() == HEAVY & loaded_by("due", *words)


@pytest.mark.parametrize(
    ("words", "code", "out", "err"),
    [
        (["--help"], 0, "Usage: starter.py", ""),
        (["accept", "--help"], 0, "Take the lead you were offered.", ""),
        (["policy", "--help"], 0, "publish", ""),
        ([], 2, "Usage: starter.py", ""),
        (["frobnicate"], 2, "", "No such command 'frobnicate'"),
        (["policy", "check", "missing.yaml"], 2, "", "missing.yaml:1: cannot be read"),
        (["list"], 3, "", "cannot be used"),
    ],
)
def test_the_exit_code_is_the_commands(
    words: list[str], code: int, out: str, err: str, tmp_path: Path, nowhere: str
) -> None:
    """Past everything that a process does at its end, and without a trace."""
    env = {"BATON_DATABASE_URL": f"sqlite:///{tmp_path}/none/baton.db", "TEMPORAL_ADDRESS": nowhere}
    done = starter(*words, env=env)
    assert (code, True) == (done.returncode, err in done.stderr), done
    assert out in done.stdout
    assert "Traceback" not in done.stderr


def test_a_bug_is_told_whole_and_not_mistaken_for_an_answer(tmp_path: Path) -> None:
    """What should never happen has its own exit code, and its trace."""
    script = tmp_path / "broken.py"
    text = STARTER.read_text().replace("return main(sys.argv[1:])", "return main(None)")
    script.write_text(f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{text}")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert (70, True) == (done.returncode, "Traceback" in done.stderr)


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    """`starter.py due --batch ... | head -1` ends without a trace."""
    calendar = {"tz": "UTC", "week": {"mon": [["09:00", "17:00"]]}}
    line = json.dumps({"calendar": calendar, "start": "2026-03-06T10:00:00Z", "budget_s": 60})
    (tmp_path / "many.jsonl").write_text(f"{line}\n" * 20_000)
    command = f"{sys.executable} {STARTER} due --batch {tmp_path / 'many.jsonl'} | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (0, "", 1) == (done.returncode, done.stderr, len(done.stdout.splitlines()))


def test_the_pinned_time_zones_are_used(tmp_path: Path) -> None:
    """A machine's own zone files change no due instant."""
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "Berlin").write_bytes((Path(os.__file__).parent / "os.py").read_bytes())
    (tmp_path / "c.json").write_text('{"tz": "Europe/Berlin", "week": {"mon": [["09:00", "17:00"]]}}')
    words = (
        "due",
        "--calendar",
        str(tmp_path / "c.json"),
        "--from",
        "2026-03-06T10:00:00Z",
        "--budget",
        "0s",
        "--json",
    )
    done = starter(*words, env={"PYTHONTZPATH": str(tmp_path)})
    assert (0, "2026-03-09T08:00:00Z") == (done.returncode, json.loads(done.stdout)["due"])


def test_a_terminal_sees_how_far_it_is(tmp_path: Path, nowhere: str) -> None:
    """A long file has a bar on a terminal; in a pipe it has none (the other tests look at standard error)."""
    (tmp_path / "long.jsonl").write_text("".join(json.dumps(lead()) + "\n" for _ in range(50)))
    command = [sys.executable, str(STARTER), "start", str(tmp_path / "long.jsonl"), "--no-wait"]
    env = {"BATON_DATABASE_URL": f"sqlite:///{tmp_path}/baton.db", "TEMPORAL_ADDRESS": nowhere, "TERM": "xterm"}
    terminal, theirs = pty.openpty()
    with os.fdopen(terminal, "rb", buffering=0) as screen:
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=theirs, env=os.environ | env)
        os.close(theirs)
        shown = screen.read(10_000).decode()
    assert (0, True) == (done.returncode, done.stdout.endswith(b"50 let in, 50 waiting in the inbox.\n"))
    assert "checking and keeping" in shown
    assert "0/50" in shown


async def test_watching_goes_on_until_ctrl_c(house: House) -> None:
    """A line a change where nobody looks; Ctrl-C ends it with exit code 0."""
    lead_id, owner = await house.offered()
    for words in (["watch"], ["watch", lead_id]):
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(STARTER), *words, env=os.environ | house.cli.env,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        while f"owner {owner}" not in (line := (await process.stdout.readline()).decode()):
            assert line, await process.communicate()
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
        assert (0, b"") == (process.returncode, err)


async def test_an_interrupted_start_says_what_is_kept(house: House) -> None:
    """Ctrl-C in the middle of an import loses nothing: a worker goes on with it."""
    ids = [new_id() for _ in range(3)]
    house.cli.write("long.jsonl", "".join(json.dumps(lead(one)) + "\n" for one in ids))
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(STARTER), "start", "long.jsonl", "--pace", "0.05", env=os.environ | house.cli.env,
        cwd=house.cli.folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    for lead_id in ids:
        await house.until(lead_id, lambda _: True)  # until it is known
    process.send_signal(signal.SIGINT)
    out, err = await process.communicate()
    assert 130 == process.returncode
    assert b"safe in the inbox" in err
    assert b"Not every line" not in err
    assert ids == [line.split()[0] for line in out.decode().splitlines()[:-1]]
    for lead_id in ids:
        await house.until(lead_id, lambda status: status["owner"])


def commands(group: Any = None) -> list[str]:
    """Name every command, groups spelt out."""
    names, root = [], group or cast("Any", typer.main.get_command(app))
    for name, command in root.commands.items():
        inner = getattr(command, "commands", None)
        names += [f"{name} {one}" for one in commands(command)] if inner else [name]
    return names


def test_each_command_is_documented_and_no_other() -> None:
    """The page has a heading for each, and for nothing else."""
    page = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    assert sorted(commands()) == sorted(re.findall(r"^### `(.+)`$", page, re.MULTILINE))


def test_each_option_is_documented() -> None:
    """Under the heading of its command."""
    page = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### `(.+?)`\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL))
    root = typer.main.get_command(app)
    for path in commands():
        command = root
        for name in path.split():
            command = command.commands[name]  # type: ignore[attr-defined]  # a group's
        options = {option for one in command.params for option in one.opts if option.startswith("--")}
        missing = {option for option in options - {"--help"} if f"`{option}" not in sections[path]}
        assert set() == missing, path

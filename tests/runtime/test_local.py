"""`make run`: what dies comes back, what was fed stays fed, and a stop is an end that one can go on from."""

import asyncio
import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from temporalio.client import Client

from config.load import SHIPPED
from config.settings import load_settings
from db.leads import Filters, LeadCard
from models.lead import Stage
from models.messages import Verdict
from runtime.conversion import data_converter
from runtime.local_system import Layout, RunsAlready, alone_in, beside, worker_command
from runtime.store import Store, open_store
from runtime.supervisor import GaveUp

ROOT = Path(__file__).parents[2]
IN_PASSING = (Stage.RECEIVED, Stage.ENRICHING, Stage.SCORING)


def is_alive(pid: int) -> bool:
    """Say whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_the_trouble_of_one_ends_all() -> None:
    """What runs beside is neither lost nor left running."""
    ended = asyncio.Event()

    async def shows() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def fails() -> None:
        raise GaveUp("the worker is no more")

    async def is_done() -> None:
        return None

    with pytest.raises(GaveUp, match="no more"):
        await beside(shows(), is_done(), fails())
    assert ended.is_set()


def test_a_folder_has_one_owner(tmp_path: Path) -> None:
    """A second one is refused, names the first, and may follow it."""
    with alone_in(tmp_path), pytest.raises(RunsAlready, match=f"process {os.getpid()}"), alone_in(tmp_path):
        pytest.fail("two owners of one folder")
    with alone_in(tmp_path):
        assert (tmp_path / "run.lock").read_text() == str(os.getpid())


async def test_the_worker_gets_our_temporal_and_nobody_elses_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the shell says about a cloud, the child works on the embedded server and this folder."""
    monkeypatch.setenv("TEMPORAL_API_KEY", "a-key-of-the-cloud")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "cloud.example:7233")
    monkeypatch.setenv("BATON_ENRICH_URL", "https://provider.example/{domain}")
    monkeypatch.setenv("SOMETHING_ELSE", "stays")
    settings = load_settings(state_dir=tmp_path)
    layout = Layout(settings, SHIPPED / "demo.yaml", ROOT / "examples/roster.yaml", dropped=("BATON_ENRICH_URL",))
    command = worker_command(layout, "127.0.0.1:9999")
    assert command[-2:] == [sys.executable, str(ROOT / "worker.py")]
    show = "import json, os; print(json.dumps(dict(os.environ)))"
    process = await asyncio.create_subprocess_exec(
        *command[:-2], sys.executable, "-c", show, stdout=asyncio.subprocess.PIPE
    )
    environment = json.loads((await process.communicate())[0])
    assert environment["TEMPORAL_ADDRESS"] == "127.0.0.1:9999"
    assert environment["BATON_STATE_DIR"] == str(tmp_path)
    assert environment["SOMETHING_ELSE"] == "stays"
    assert not {"TEMPORAL_API_KEY", "BATON_ENRICH_URL"} & set(environment)


class Running:
    """`python -m runtime.local run` in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    async def says(self, pattern: str) -> "re.Match[str]":
        """Wait for a line."""
        assert self.process.stdout is not None
        while raw := await self.process.stdout.readline():
            self.lines.append(raw.decode().rstrip())
            if found := re.search(pattern, self.lines[-1]):
                return found
        pytest.fail(f"It ended before it said {pattern!r}:\n" + "\n".join(self.lines))

    async def stopped(self) -> int:
        """Send SIGTERM and give the exit code."""
        self.process.terminate()
        rest, _ = await self.process.communicate()
        self.lines += rest.decode().splitlines()
        assert self.process.returncode is not None
        return self.process.returncode


def arguments(*more: str) -> list[str]:
    """Spell the command; 24 leads are enough to see it."""
    leads = str(ROOT / "examples/demo-leads.csv")
    return [sys.executable, "-m", "runtime.local", "run", "--leads", leads, *more]


@asynccontextmanager
async def run(folder: Path) -> AsyncIterator[Running]:
    """Run Baton on a state folder, and leave nothing running."""
    process = await asyncio.create_subprocess_exec(
        "env",
        f"BATON_STATE_DIR={folder}",
        "BATON_IMPORT_RATE=20",
        *arguments(),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    running = Running(process)
    try:
        yield running
    finally:
        if process.returncode is None:
            await running.stopped()


async def routed(store: Store) -> dict[str, LeadCard]:
    """Wait until all 24 leads are on their way; give those somebody was offered."""
    while True:
        cards = await store.leads.list(Filters(folded=True), limit=100)
        if len(cards) == 24 and all(card.stage not in IN_PASSING for card in cards):
            return {card.lead_id: card for card in cards if card.stage is Stage.OFFERED}
        await asyncio.sleep(0.2)


def lines_of(file: Path) -> list[str]:
    """Read what is in a file so far."""
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


async def enrolled(file: Path, count: int) -> set[str]:
    """Wait until the file that stands for the marketing tool has so many lines; give whose they are."""
    while True:
        lines = lines_of(file)
        if len(lines) >= count:
            return {json.loads(line)["lead_id"] for line in lines}
        await asyncio.sleep(0.2)


async def ready(folder: Path, running: Running) -> str:
    """Wait until it runs; give Temporal's address from the file that another terminal sources."""
    await running.says("Baton runs")
    exported = (folder / "run.env").read_text()
    found = re.search(r"^export TEMPORAL_ADDRESS=(\S+)$", exported, re.MULTILINE)
    assert found is not None
    assert f"export BATON_STATE_DIR={folder}" in exported
    url = re.search(r"^export DOOR_URL=(\S+)$", exported, re.MULTILINE)
    assert url is not None
    assert f"export BATON_PUBLIC_URL={url[1]}\n" in exported, "links and hooks' addresses are those of these doors"
    return found[1]


@pytest.mark.timeout(240)
async def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path) -> None:
    """The feed is routed, SIGTERM ends everything with 0, the next start changes no offer and takes the answers."""
    folder = tmp_path / "state"
    async with run(folder) as first:
        await ready(folder, first)
        await first.says("24 leads of examples/demo-leads.csv are at the door")
        async with open_store(load_settings(state_dir=folder)) as store:
            offered = await routed(store)
            nurtured = {card.lead_id for card in await store.leads.list(Filters(stages=(Stage.NURTURING,)), limit=100)}
            assert nurtured
            assert nurtured == await enrolled(folder / "nurture.jsonl", len(nurtured))
        pids = [int((folder / f"{name}.pid").read_text()) for name in ("worker", "temporal")]
        assert all(map(is_alive, pids))
        assert await first.stopped() == 0
        assert first.lines[-1] == "Stopped. Run it again and every lead goes on where it was."
        assert not any(map(is_alive, pids))
        assert not (folder / "run.env").exists()
    assert offered

    async with run(folder) as second:
        address = await ready(folder, second)
        await second.says("demo-leads.csv was fed before")
        async with open_store(load_settings(state_dir=folder)) as store:
            again = await routed(store)
            assert {lead_id: (one.owner, one.offer) for lead_id, one in offered.items()} == {
                lead_id: (again[lead_id].owner, again[lead_id].offer) for lead_id in offered
            }
            assert (await store.inbox.counts()).started == 24
        answered = next(iter(offered.values()))
        client = await Client.connect(address, data_converter=data_converter())
        handle = client.get_workflow_handle(f"lead-{answered.lead_id}")
        verdict = await handle.execute_update("accept", {"rep_id": answered.owner}, result_type=Verdict)
        assert verdict.done
        assert await second.stopped() == 0


@pytest.mark.timeout(240)
async def test_what_dies_comes_back_and_a_second_run_is_refused(tmp_path: Path) -> None:
    """Kill -9 of the worker and of Temporal cost seconds; a second `make run` on the folder ends with 1."""
    folder = tmp_path / "state"
    async with run(folder) as running:
        await ready(folder, running)
        await running.says("are at the door")
        async with run(folder) as other:
            await other.says(f"One runs already on {folder} \\(process {running.process.pid}\\)")
            assert await other.process.wait() == 1
        worker, temporal = (int((folder / f"{name}.pid").read_text()) for name in ("worker", "temporal"))
        os.kill(worker, signal.SIGKILL)
        await running.says(r"The worker died \(killed by SIGKILL\)")
        await running.says("The worker asks for work again")
        os.kill(temporal, signal.SIGKILL)
        await running.says("The Temporal server is started again")
        async with open_store(load_settings(state_dir=folder)) as store:
            await routed(store)
        assert await running.stopped() == 0


@contextmanager
def on_a_terminal(folder: Path) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """Run Baton on a terminal of its own: the process, and the terminal's other end."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["env", f"BATON_STATE_DIR={folder}", "TERM=xterm", *arguments()],
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        yield process, ours
    finally:
        process.terminate()
        process.wait()
        os.close(ours)


def read_until(terminal: int, wanted: bytes) -> bytes:
    """Read a terminal up to some words, or to its end when there are none."""
    seen = b""
    while not wanted or wanted not in seen:
        try:
            seen += os.read(terminal, 65_536)
        except OSError:  # Linux's way to say that nobody is on the other end any more
            break
    return seen


@pytest.mark.timeout(120)
def test_ctrl_c_stops_it_and_gives_the_terminal_back(tmp_path: Path) -> None:
    """The live table goes, the cursor comes back, the exit code is 0."""
    with on_a_terminal(tmp_path / "state") as (process, terminal):
        seen = read_until(terminal, b"at the door 2")
        assert b"\x1b[?25l" in seen, "a live table hides the cursor"
        assert b"Temporal Web UI" in seen
        process.send_signal(signal.SIGINT)
        seen = read_until(terminal, b"")
        assert process.wait() == 0
    assert b"\x1b[?25h" in seen
    assert b"Stopped." in seen


async def test_wrong_settings_and_files_end_with_2(tmp_path: Path) -> None:
    """The sentence names what is wrong, and nothing is left running."""
    process = await asyncio.create_subprocess_exec(
        *("env", f"BATON_STATE_DIR={tmp_path}", "BATON_IMPORT_RATE=fast", *arguments()),
        cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await process.communicate()
    assert process.returncode == 2
    assert b"BATON_IMPORT_RATE" in complaint

"""The whole system on one machine: embedded Temporal, database, a worker, the HTTP doors, kept in one state folder.

`make run` and `make demo` stand on it. It refuses a second system on the same folder, and to serve other machines.
"""

import asyncio
import fcntl
import os
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import IO, Any, TypeVar
from urllib.parse import urlsplit

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from config.settings import Settings, variable
from config.values import Address
from runtime import clock, logs
from runtime.client import RPC_PATIENCE
from runtime.conversion import data_converter
from runtime.embedded import NAMESPACE, EmbeddedTemporal, EmbeddedTemporalError
from runtime.local_keys import door_key, key_ring
from runtime.loopback import free_port
from runtime.signing_in import NotHere, invited, link_for
from runtime.store import Store, load_first_state, open_store
from runtime.supervisor import LOOK, Child, NotStarted, Post, Say, Supervisor, end_of
from workflows import names

T = TypeVar("T")

ROOT = Path(__file__).parents[1]
BY = "first start"
"""Who published the first policy."""

READY = timedelta(seconds=30)
"""How long a worker may take until it asks for work, and the doors until they open, on a busy machine."""

FOREIGN = (
    "TEMPORAL_API_KEY",
    "TEMPORAL_CONFIG_FILE",
    "TEMPORAL_PROFILE",
    "TEMPORAL_TLS",
    "TEMPORAL_TLS_CLIENT_CERT_DATA",
    "TEMPORAL_TLS_CLIENT_CERT_PATH",
    "TEMPORAL_TLS_CLIENT_KEY_DATA",
    "TEMPORAL_TLS_CLIENT_KEY_PATH",
    "TEMPORAL_TLS_SERVER_CA_CERT_DATA",
    "TEMPORAL_TLS_SERVER_CA_CERT_PATH",
    "TEMPORAL_TLS_SERVER_NAME",
)
"""What a shell may say about another Temporal: the embedded one takes neither keys nor TLS."""


class RunsAlready(Exception):
    """Another system runs in this state folder."""


class WorkerAway(Exception):
    """Say that no worker asked for work in time."""


class DoorsAway(Exception):
    """Say that the HTTP app did not listen in time."""


@dataclass(frozen=True)
class Layout:
    """What a local system is made of.

    `ports`: wishes for Temporal and its Web UI, `http_port` for the doors (None: any free one). `pinned`: `BATON_*`
    variables that worker and doors get; `dropped`: variables they must not inherit.
    """

    settings: Settings
    policy: Path
    roster: Path
    ports: tuple[int | None, int | None] = (7233, 8233)
    http_port: int | None = None
    pinned: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()

    @property
    def state(self) -> Path:
        """Give the state folder as an absolute path: the worker may not guess from where we were started."""
        return self.settings.state_dir.resolve()


class _KeptTemporal:
    """The embedded server, as the supervisor keeps it."""

    ending = ""
    crashed = False

    def __init__(self, server: EmbeddedTemporal) -> None:
        self._server = server

    @property
    def pid(self) -> int | None:
        return self._server.pid

    @property
    def log_file(self) -> Path:
        return self._server.log_file

    async def start(self) -> None:
        try:
            await self._server.start()
        except EmbeddedTemporalError as error:
            raise NotStarted(str(error)) from error


@dataclass
class LocalSystem:
    """A system that runs."""

    layout: Layout
    temporal: EmbeddedTemporal
    client: Client
    store: Store
    worker: Child
    doors: Child
    url: str
    """Where people and tools on this machine reach the doors."""
    key: str
    """A key that opens every door."""
    posts: tuple[Post, ...]
    first: tuple[str, ...]
    """What was set up because it was the first start."""
    console: str = ""
    """Where one looks at the console: a link that signs in once where links do, else its address."""
    gaps: list[tuple[float, float]] = field(default_factory=list)
    """Each death of the worker: when it was seen and when a new one asked for work (`time.monotonic`)."""

    async def worker_ready(self, within: timedelta = READY) -> None:
        """Wait until the present worker asks for work, whichever that is by then. Raises WorkerAway."""
        try:
            async with asyncio.timeout(within.total_seconds()):
                while not await self._asks_for_work():  # noqa: ASYNC110 - the server tells nobody when a poller comes
                    await asyncio.sleep(LOOK.total_seconds())
        except TimeoutError:
            within_s = f"{within.total_seconds():.0f} s"
            raise WorkerAway(f"No worker asked for work within {within_s}. {end_of(self.worker.log_file)}") from None

    async def doors_open(self, within: timedelta = READY) -> None:
        """Wait until somebody listens at the doors. Raises DoorsAway."""
        host, port = urlsplit(self.url).hostname, urlsplit(self.url).port
        try:
            async with asyncio.timeout(within.total_seconds()):
                while not await _listens(host, port):  # noqa: ASYNC110 - nobody is told when somebody listens
                    await asyncio.sleep(LOOK.total_seconds())
        except TimeoutError:
            within_s = f"{within.total_seconds():.0f} s"
            raise DoorsAway(f"The doors did not open within {within_s}. {end_of(self.doors.log_file)}") from None

    async def _asks_for_work(self) -> bool:
        request = DescribeTaskQueueRequest(
            namespace=NAMESPACE,
            task_queue=TaskQueue(name=self.layout.settings.task_queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
        try:
            answer = await self.client.workflow_service.describe_task_queue(request, timeout=RPC_PATIENCE)
        except RPCError:
            return False  # the server is away just now; who waits sets the limit
        return any(poller.identity.startswith(f"{self.worker.pid}@") for poller in answer.pollers)

    async def supervise(self, say: Say) -> None:
        """Start again what dies. Raises GaveUp."""

        async def once_back(post: Post) -> None:
            while post.kept is self.worker and self.worker.pid is not None:
                if await self._asks_for_work():
                    self.gaps.append((post.died_at, monotonic()))
                    lag = monotonic() - post.died_at
                    say(f"The worker asks for work again, {lag:.1f} s after it died: every lead goes on.")
                    return
                await asyncio.sleep(LOOK.total_seconds())

        await Supervisor(self.posts, say, once_back=once_back).run()


@asynccontextmanager
async def local_system(layout: Layout, say: Say) -> AsyncIterator[LocalSystem]:
    """Start everything, in order; end it in the other one: the worker finishes what it is sending, then the server.

    The doors close before the worker stops. Raises RunsAlready, EmbeddedTemporalError, FileError,
    DatabaseUnreachable, WorkerAway, GaveUp.
    """
    async with AsyncExitStack() as stack:
        layout.state.mkdir(parents=True, exist_ok=True)
        stack.enter_context(alone_in(layout.state))
        temporal = _server(layout)
        await temporal.start()
        stack.push_async_callback(temporal.stop)
        for notice in temporal.notices:
            say(notice)
        store = await stack.enter_async_context(open_store(layout.settings))
        await store.database.migrate()
        first = await load_first_state(store, layout.policy, layout.roster, by=BY, at=clock.now())
        key = await door_key(store.api_keys, layout.state)
        address, layout = _with_doors(layout, say)
        layout = _with_web_ui(layout, temporal)
        worker = Child("worker", worker_command(layout, temporal.address), state=layout.state, cwd=Path.cwd())
        doors = Child("doors", doors_command(layout, temporal.address), state=layout.state, cwd=Path.cwd())
        for name, child in (("worker", worker), ("HTTP app", doors)):
            await child.start()
            stack.push_async_callback(_stop, name, child, say)
        posts = (
            Post("Temporal server", _KeptTemporal(temporal)),
            Post("worker", worker),
            Post("HTTP app", doors),
        )
        client = await Client.connect(temporal.address, namespace=NAMESPACE, data_converter=data_converter())
        url = f"http://{address.reachable}"
        console = await _console(layout, store)
        yield LocalSystem(layout, temporal, client, store, worker, doors, url, key, posts, first, console)


@contextmanager
def own_log(settings: Settings) -> Iterator[None]:
    """Log what this process itself logs into the state folder: the terminal belongs to the person before it."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    with (settings.state_dir / "local.log").open("a", encoding="utf-8") as stream:
        logs.configure(settings.log_format, settings.log_level, stream)
        yield


def _server(layout: Layout) -> EmbeddedTemporal:
    attributes = {key.name: key.indexed_value_type for key in names.SEARCH_ATTRIBUTES}
    port, ui_port = layout.ports
    ui_port = ui_port or free_port().port  # None would mean: without the Web UI
    return EmbeddedTemporal(layout.state, search_attributes=attributes, port=port, ui_port=ui_port)


def _with_web_ui(layout: Layout, temporal: EmbeddedTemporal) -> Layout:
    """Let the console lead to the server's Web UI, unless somebody has said where that is."""
    if temporal.ui_url is None or layout.settings.temporal_ui_url is not None:
        return layout
    return replace(layout, pinned={**layout.pinned, variable("temporal_ui_url"): temporal.ui_url})


def _with_doors(layout: Layout, say: Say) -> tuple[Address, Layout]:
    """Choose where the doors listen; what begins the links in messages follows, unless somebody has set it."""
    settings = layout.settings
    port, was_taken = free_port(layout.http_port)
    address = Address(settings.http_addr.host, port)
    if was_taken:
        say(f"Port {layout.http_port} is taken: the doors listen at {address}.")
    own = settings.public_url == f"http://{settings.http_addr.reachable}"
    public_url = f"http://{address.reachable}" if own else settings.public_url
    given = {variable("http_addr"): str(address), variable("public_url"): public_url}
    return address, replace(layout, pinned={**layout.pinned, **given})


async def _console(layout: Layout, store: Store) -> str:
    """Give where people look at the console; on this machine with a link that lets them in, once."""
    settings = layout.settings.model_copy(update={"public_url": layout.pinned[variable("public_url")]})
    try:
        who = await invited(store, None, (), None, BY)
        return await link_for(settings, store, who, at=clock.now())
    except NotHere:
        return settings.public_url


async def _listens(host: str | None, port: int | None) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


def worker_command(layout: Layout, address: str) -> list[str]:
    """Spell the worker's command, its environment included."""
    return [*_environment(layout, address), sys.executable, str(ROOT / "worker.py")]


def doors_command(layout: Layout, address: str) -> list[str]:
    """Spell the HTTP app's command, its environment included."""
    return ["env", f"PYTHONPATH={ROOT}", *_environment(layout, address), sys.executable, "-m", "api"]


def _environment(layout: Layout, address: str) -> list[str]:
    """Spell what a child's command begins with: `env` reads our environment, so that we need not."""
    given = {
        "TEMPORAL_ADDRESS": address,
        "TEMPORAL_NAMESPACE": NAMESPACE,
        "PYTHONTZPATH": "",  # the pinned time zones, not the machine's
        variable("state_dir"): str(layout.state),
        **layout.pinned,
    }
    command = ["env"]
    for name in (*FOREIGN, *layout.dropped):
        command += ["-u", name]
    command += [f"{name}={value}" for name, value in given.items()]
    if layout.settings.secret_keys and variable("secret_keys") not in layout.dropped:
        return command  # theirs, which `env` hands on
    return [*command, "sh", "-c", '. "$0"; exec "$@"', str(key_ring(layout.state))]


async def _stop(name: str, child: Child, say: Say) -> None:
    if not await child.stop():
        say(f"The {name} did not stop in time and was killed; every lead goes on at the next start.")


@contextmanager
def alone_in(state: Path) -> Iterator[None]:
    """Keep the folder ours until the end. Raises RunsAlready, naming who has it."""
    with (state / "run.lock").open("a+") as lock:
        _claim(lock, state)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _claim(lock: IO[str], state: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise RunsAlready(f"One runs already on {state} (process {lock.read() or 'unknown'}).") from None


async def beside(main: Coroutine[Any, Any, T], *others: Coroutine[Any, Any, Any]) -> T:
    """Run `main` to its end and the others beside it as long; what one of them raises ends everything."""
    leading = asyncio.create_task(main)
    running: set[asyncio.Task[Any]] = {leading, *(asyncio.create_task(other) for other in others)}
    every = tuple(running)
    try:
        while not leading.done():
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {leading}:
                task.result()
        return leading.result()
    finally:
        for task in every:
            task.cancel()
        await asyncio.gather(*every, return_exceptions=True)

"""A port that somebody else was quicker to take costs the embedded server another start, or a sentence naming it."""

import socket
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

from runtime.embedded import EmbeddedTemporal, EmbeddedTemporalError, temporal_binary
from runtime.loopback import LOOPBACK, PortChoice, free_port

LOST = "failed listening for HTTP API on 127.0.0.1:34567: listen tcp 127.0.0.1:34567: bind: address already in use"
STARTS = 5


class Binary:
    """A server that ends with a complaint for the first so many starts, and is the real one from then on."""

    def __init__(self, folder: Path, failures: int, complaint: str) -> None:
        self._count = folder / "starts"
        self.path = folder / "temporal"
        self.path.write_text(
            f"#!/bin/sh\necho start >> '{self._count}'\n"
            f"[ $(wc -l < '{self._count}') -gt {failures} ] && exec '{temporal_binary()}' \"$@\"\n"
            f"echo '{complaint}'\nexit 1\n"
        )
        self.path.chmod(0o755)

    @property
    def starts(self) -> int:
        """Count how often it was started."""
        return len(self._count.read_text().splitlines())


def binary(folder: Path, monkeypatch: pytest.MonkeyPatch, *, failures: int, complaint: str = LOST) -> Binary:
    """Have the embedded server run this binary."""
    made = Binary(folder, failures, complaint)
    monkeypatch.setattr("runtime.embedded.temporal_binary", lambda: made.path)
    return made


def embedded(folder: Path, port: int | None = None) -> EmbeddedTemporal:
    """Make an embedded server without Web UI and attributes."""
    return EmbeddedTemporal(folder / "state", search_attributes={}, port=port, ui_port=None)


async def test_a_lost_inner_port_costs_another_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server chooses ports of its own that nobody can keep free for it; whoever starts it hears nothing of it."""
    failing = binary(tmp_path, monkeypatch, failures=STARTS - 1)
    async with embedded(tmp_path) as server:
        assert await (await Client.connect(server.address)).service_client.check_health()
        assert server.notices == ()
    assert failing.starts == STARTS


async def test_it_is_not_started_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bad luck that does not end is none: the error says what the log says, and nothing is left running."""
    failing = binary(tmp_path, monkeypatch, failures=1000)
    server = embedded(tmp_path)
    with pytest.raises(EmbeddedTemporalError, match="Another process has a port that it chose itself") as caught:
        await server.start()
    assert LOST in str(caught.value)
    assert failing.starts == STARTS
    assert server.pid is None


async def test_what_is_no_lost_port_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what this start logged counts: a port lost last week explains nothing."""
    failing = binary(tmp_path, monkeypatch, failures=1000, complaint="no space left on device")
    server = embedded(tmp_path)
    server.log_file.parent.mkdir()
    server.log_file.write_text(f"{LOST}\n")
    with pytest.raises(EmbeddedTemporalError, match="It ended while starting\\. "):
        await server.start()
    assert failing.starts == 1


@pytest.mark.parametrize("seen_free", [1, 2], ids=["before it starts", "while it starts"])
@pytest.mark.parametrize("wished", [True, False], ids=["a wish", "any port"])
async def test_a_port_lost_after_it_was_chosen_is_chosen_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wished: bool, seen_free: int
) -> None:
    """Before the first start nobody knows the port yet; a wish that got lost is said once."""
    with closing(socket.create_server((LOOPBACK, 0))) as other:
        taken = other.getsockname()[1]
        choices = [PortChoice(taken, was_taken=False)] * seen_free
        monkeypatch.setattr(
            "runtime.embedded.free_port", lambda wish=None: choices.pop() if choices else free_port(wish)
        )
        async with embedded(tmp_path, port=taken if wished else None) as server:
            assert await (await Client.connect(server.address)).service_client.check_health()
            port = int(server.address.rpartition(":")[2])
            assert port != taken
            said = (f"Port {taken} is taken, so Temporal listens on {port}.",)
            assert server.notices == (said if wished else ())


async def test_a_port_it_has_to_come_back_on_is_named(tmp_path: Path) -> None:
    """Clients know the port: a restart neither moves away from it nor waits for it without end."""
    server = embedded(tmp_path)
    await server.start()
    address = server.address
    port = int(address.rpartition(":")[2])
    server.kill()
    with (
        closing(socket.create_server((LOOPBACK, port))),
        pytest.raises(EmbeddedTemporalError, match=f"another process has port {port}\\."),
    ):
        await server.start(timeout=timedelta(seconds=20))
    assert server.pid is None
    async with server:
        assert address == server.address
        assert await (await Client.connect(address)).service_client.check_health()

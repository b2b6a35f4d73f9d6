"""Reaching Temporal: where it is comes from the SDK's own environment (`TEMPORAL_ADDRESS`, TLS, API key)."""

from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError, RPCStatusCode

from runtime.conversion import data_converter

DEFAULT_ADDRESS = "localhost:7233"

AWAY = frozenset({RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED})
"""What a call answers when Temporal itself, not the lead, is the trouble."""


class TemporalUnreachable(Exception):
    """Temporal cannot be reached, or does not let us in. Names its address."""

    def __init__(self, address: str, because: object) -> None:
        super().__init__(f"Temporal at {address} cannot be reached: {because}")
        self.address, self.because = address, because


def connection(address: str | None = None) -> dict[str, Any]:
    """Read how Temporal is reached; `address` (an embedded server's) wins over the environment."""
    config: dict[str, Any] = dict(ClientConfig.load_client_connect_config())
    config["target_host"] = address or config.get("target_host") or DEFAULT_ADDRESS
    return config


async def connect(address: str | None = None, lazy: bool = False, **more: Any) -> Client:
    """Connect to Temporal.

    `lazy` connects at the first call, for processes that have work to do while Temporal is down. Raises
    `TemporalUnreachable`.
    """
    config = connection(address)
    try:
        return await Client.connect(**config, data_converter=data_converter(), lazy=lazy, **more)
    except (RuntimeError, RPCError, ValueError, OSError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TemporalUnreachable(config["target_host"], first) from error


def is_away(error: RPCError) -> bool:
    """Tell a server that cannot be reached from one that answers no."""
    return error.status in AWAY


RPC_PATIENCE = timedelta(seconds=5)
"""How long one call to Temporal may take."""

"""How values become payloads: plain JSON by pydantic, and never a wedge when a stranger's payload does not decode."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter, pydantic_data_converter

from models.base import UNREADABLE


class ForgivingPayloadConverter(PydanticPayloadConverter):
    """Plain JSON; a payload that cannot be decoded reaches an untyped handler as a stand-in saying why.

    Without it the server would keep a workflow running that can never read its input, and drop a signal that it
    has acknowledged. Values that a type is asked for (activity answers, query results) still fail as usual.
    """

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """Decode `payloads`; `type_hints` of None is what untyped handlers ask for."""
        if type_hints is not None:
            return super().from_payloads(payloads, type_hints)
        return [self._one(payload) for payload in payloads]

    def _one(self, payload: Payload) -> Any:
        try:
            return super().from_payloads([payload])[0]
        except (RuntimeError, KeyError, ValueError) as error:
            cause = error.__cause__ or error
            return {UNREADABLE: f"{type(cause).__name__}"}


def data_converter() -> Any:
    """Make the data converter that every client and worker of Baton uses."""
    return replace(pydantic_data_converter, payload_converter_class=ForgivingPayloadConverter)

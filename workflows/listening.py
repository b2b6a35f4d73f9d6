"""How messages reach a lead: each as a signal and as an update of the same name.

Handlers take whatever was sent, parse it inside, and never wedge the workflow: a malformed update is rejected by its
validator with the fields that are wrong, a malformed signal becomes a line of the timeline.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from models.base import Problem, Refused, bounded, parse
    from models.messages import MESSAGES, Message, Verdict

LARGEST_MESSAGE = 64 * 1024
DEEPEST_MESSAGE = 16
"""Bytes and levels of one message; what is said goes on into activities and the database."""

MALFORMED = "malformed"
"""Error type of a message that does not parse."""


def read(name: str, said: Any, more: Sequence[Any]) -> Message:
    """Parse a message.

    Raises `Refused` naming each wrong field.
    """
    if more:
        raise Refused((Problem(field="", what=f"takes one JSON object, and got {1 + len(more)} arguments"),))
    return parse(MESSAGES[name], bounded(said, LARGEST_MESSAGE, DEEPEST_MESSAGE))


class Listening(ABC):
    """A workflow that hears every message of the contract."""

    @abstractmethod
    async def answer(self, name: str, message: Message) -> Verdict:
        """Give the verdict on a message, once there is one."""

    @abstractmethod
    def take_note(self, name: str, message: Message) -> None:
        """Act on a message whose sender does not wait for the verdict."""

    @abstractmethod
    def misheard(self, name: str, problem: str) -> None:
        """Write down that something was said that is no message."""

    @workflow.signal(dynamic=True)
    def something_else(self, name: str, args: Sequence[RawValue]) -> None:  # noqa: ARG002 (the SDK's signature)
        """Note a signal of a name nobody knows."""
        self.misheard(name, f"is not a message (known: {', '.join(MESSAGES)})")


def _signal(name: str) -> Callable[..., None]:
    def heard(self: Listening, said: Any = None, *more: Any) -> None:
        try:
            message = read(name, said, more)
        except Refused as refused:
            self.misheard(name, str(refused))
        else:
            self.take_note(name, message)

    heard.__name__ = heard.__qualname__ = f"{name}_signal"
    return workflow.signal(name=name, description=MESSAGES[name].__doc__)(heard)


def _update(name: str) -> Any:
    async def asked(self: Listening, said: Any = None, *more: Any) -> Verdict:
        return await self.answer(name, read(name, said, more))

    def checked(self: Listening, said: Any = None, *more: Any) -> None:  # noqa: ARG001 (the SDK's signature)
        try:
            read(name, said, more)
        except Refused as refused:
            raise ApplicationError(f"{name}: {refused}", type=MALFORMED, non_retryable=True) from None

    asked.__name__ = asked.__qualname__ = f"{name}_update"
    update = workflow.update(name=name, description=MESSAGES[name].__doc__)(asked)
    update.validator(checked)
    return update


for _name in MESSAGES:
    setattr(Listening, f"{_name}_signal", _signal(_name))
    setattr(Listening, f"{_name}_update", _update(_name))

"""What is still to happen in a simulation, and in which order at one instant.

First places come free, then prospects do something, then held leads are looked at; new leads come after all of it.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import IntEnum
from heapq import heappop, heappush
from itertools import count

from policy.simulation_waiting import Flight, Queue


class Step(IntEnum):
    """What may be due at one instant, in the order in which it happens."""

    CONTACT = 0
    TOUCH = 1
    LOOK = 2


class Agenda:
    """Everything that is due, earliest first."""

    def __init__(self) -> None:
        self._due: list[tuple[datetime, Step, int, Flight | Queue]] = []
        self._serial = count()

    def put(self, at: datetime, step: Step, what: Flight | Queue) -> None:
        """Put something on for an instant."""
        heappush(self._due, (at, step, next(self._serial), what))

    def until(self, at: datetime) -> Iterator[tuple[datetime, Step, Flight | Queue]]:
        """Take off what is due by an instant, also what is put on meanwhile."""
        while self._due and self._due[0][0] <= at:
            now, step, _, what = heappop(self._due)
            yield now, step, what

    def together_with(self, queue: Queue, at: datetime) -> list[Queue]:
        """Give a queue that is due, and take off every other one that is due at the same instant.

        Those that were put off since they were put on are left out.
        """
        found = {id(queue): queue}
        while self._due and self._due[0][:2] == (at, Step.LOOK):
            other = heappop(self._due)[3]
            if isinstance(other, Queue):
                found[id(other)] = other
        return [one for one in found.values() if one.until == at]

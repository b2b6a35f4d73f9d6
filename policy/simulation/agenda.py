"""What is still to happen in a simulation, and in which order at one instant.

First places come free, then prospects do something, then held leads are looked at; new leads come after all of it.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import IntEnum
from heapq import heappop, heappush
from itertools import count

from policy.simulation.waiting import Flight, Queue


class Step(IntEnum):
    """What may be due at one instant, in the order in which it happens."""

    CONTACT = 0
    TOUCH = 1
    LOOK = 2


class Agenda:
    """Everything that is due, earliest first; looks at one instant are one entry, for there are many."""

    def __init__(self) -> None:
        self._due: list[tuple[datetime, Step, int, Flight | None]] = []
        self._looks: dict[datetime, list[Queue]] = {}
        self._serial = count()

    def put(self, at: datetime, step: Step, flight: Flight) -> None:
        """Put something on that happens with a lead."""
        heappush(self._due, (at, step, next(self._serial), flight))

    def look(self, queue: Queue) -> None:
        """Put a look at a queue on for when it says; one that was put on for another instant is left out then."""
        together = self._looks.get(queue.until)
        if together is None:
            together = self._looks[queue.until] = []
            heappush(self._due, (queue.until, Step.LOOK, next(self._serial), None))
        together.append(queue)

    def until(self, at: datetime) -> Iterator[tuple[datetime, Step, Flight | list[Queue]]]:
        """Take off what is due by an instant, also what is put on meanwhile."""
        while self._due and self._due[0][0] <= at:
            now, step, _, flight = heappop(self._due)
            if flight is not None:
                yield now, step, flight
                continue
            queues = {id(queue): queue for queue in self._looks.pop(now) if queue.until == now}
            yield now, step, list(queues.values())

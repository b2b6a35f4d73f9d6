"""How long each order may take and how it is retried.

Short attempts, so that a worker killed in the middle of one costs seconds: the server hears of it only by the time-out.
"""

from datetime import timedelta
from typing import Any

from temporalio.common import RetryPolicy

from models.decisions import Manners

ATTEMPT = timedelta(seconds=4)
"""One try of an order that talks to our own database."""

SENDING = timedelta(seconds=15)
"""One try of an order that talks to the world."""

ALIVE = timedelta(seconds=4)
"""A send that gives no sign of life for so long died with its worker, and is done again at once."""

AGAIN = timedelta(minutes=1)
"""After which an order that the server itself gave up is given again."""

FOLDING = timedelta(minutes=1)
"""How long a lead waits to hear whether another took its touch in, before it asks again."""

TURN = timedelta(seconds=5)
"""How long somebody who asks for a lead waits for the order of the machine's that is out, before they are refused."""

PATIENT = RetryPolicy(initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=10))

UNTIL_DONE: dict[str, Any] = {"start_to_close_timeout": ATTEMPT, "retry_policy": PATIENT}
"""Without end: intake, plans and records are never given up, and are seen pending in the Web UI meanwhile."""


def deciding(manners: Manners) -> dict[str, Any]:
    """Bound scoring and assigning: past this a manager is told and the order is tried again later."""
    return {**UNTIL_DONE, "schedule_to_close_timeout": manners.assign_within}


def enriching(manners: Manners) -> dict[str, Any]:
    """Bound enrichment: the lead is never held up by a slow or dead provider (R43)."""
    return {
        "start_to_close_timeout": manners.enrich_within + timedelta(seconds=1),
        "schedule_to_close_timeout": manners.enrich_within + ATTEMPT,
        "retry_policy": RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_attempts=3),
    }


def telling(manners: Manners) -> dict[str, Any]:
    """Bound the sending of one message: past this it counts as undeliverable."""
    return {
        "start_to_close_timeout": SENDING,
        "heartbeat_timeout": ALIVE,
        "schedule_to_close_timeout": manners.tell_within,
        "retry_policy": RetryPolicy(
            initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=20), backoff_coefficient=1.5
        ),
    }

"""Orders that are never given up, and what went wrong with one that is."""

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from workflows import options


async def surely(activity: Any, order: Any, summary: str) -> Any:
    """Order what is never given up: past what the server retries by itself, again each minute."""
    while True:
        try:
            return await workflow.execute_activity_method(activity, order, summary=summary, **options.UNTIL_DONE)
        except ActivityError:
            await workflow.sleep(options.AGAIN, summary=f"try again: {summary}"[:200])


def why(error: ActivityError) -> str:
    """Name what went wrong, without a stack."""
    cause = error.cause
    while cause is not None and cause.__cause__ is not None and not isinstance(cause, ApplicationError):
        cause = cause.__cause__
    return str(cause or error)

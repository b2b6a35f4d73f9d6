"""Audits at the command line: whether every open lead was proved to go on, and what a person has to look at (R26)."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from temporalio.client import WorkflowFailureError

from cli import reach
from cli.exits import BadInput, Code, RefusedByBusiness, Unreachable
from cli.output import complain, instant, say_json, show, span, table
from config.settings import Settings
from db.audits import Audits
from models.audit import Audit, Found
from runtime import clock
from runtime.auditing import begin_audit

PATIENCE = timedelta(minutes=2)
"""How long an audit may take before the command stops waiting for it."""

PERIODS = 3
"""An audit that is older than so many of the periods between audits is a sign that none runs any more."""


def wants_now(word: str | None) -> bool:
    """Read the one word that the command takes. Raises BadInput."""
    if word not in (None, "now"):
        raise BadInput(f"audit: {word} is not known; `audit now` runs one, `audit` shows the last ones")
    return word == "now"


def show_last(limit: int, as_json: bool) -> int:
    """Show the last audits; exit code 1 when nothing is proved by them now."""
    settings = reach.settings()
    audits = reach.carry_out(_last(settings, limit))
    if as_json:
        say_json([_document(one) for one in audits])
    elif audits:
        _tell(audits)
    return _judged(audits, settings, clock.now())


async def _last(settings: Settings, limit: int) -> tuple[Audit, ...]:
    async with reach.store(settings) as store:
        return await Audits(store.database).latest(limit)


def _judged(audits: Sequence[Audit], settings: Settings, now: datetime) -> Code:
    """Say on standard error why the last audit proves nothing, if so."""
    oldest = PERIODS * settings.audit_every
    if not audits:
        complain("no audit has ended yet: does a worker run?")
    elif (age := now - audits[0].ended_at) > oldest:
        complain(f"the last audit ended {span(age)} ago, and one is due every {span(settings.audit_every)}")
    elif not audits[0].healthy:
        complain(_unhealthy(audits[0]))
    else:
        return Code.DONE
    return Code.REFUSED


def run_now(as_json: bool) -> int:
    """Run one audit, wait for it and show it; exit code 1 when it is not healthy. Raises Unreachable."""
    audit = reach.carry_out(_run(reach.settings()))
    if as_json:
        say_json(_document(audit))
    else:
        _tell([audit])
    if not audit.healthy:
        complain(_unhealthy(audit))
    return Code.DONE if audit.healthy else Code.REFUSED


async def _run(settings: Settings) -> Audit:
    client = await reach.temporal()
    handle = await begin_audit(client, settings.task_queue)
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            audit = await handle.result()
    except WorkflowFailureError as error:
        raise RefusedByBusiness(f"the audit ended without a result: {error.cause}") from None
    except TimeoutError:
        raise Unreachable(
            f"No result within {span(PATIENCE)}: does a worker run? The audit goes on, and `audit` shows it then."
        ) from None
    return audit


def _unhealthy(audit: Audit) -> str:
    """Say what keeps an audit from being healthy."""
    looked = len(audit.found)
    if audit.unhealed:
        return f"the audit of {instant(audit.ended_at)} left {audit.unhealed} of {audit.suspects} suspects to a person"
    return f"the audit of {instant(audit.ended_at)} has looked at {looked} of {audit.suspects} suspects only"


def _tell(audits: Sequence[Audit]) -> None:
    rows = [
        (
            instant(one.ended_at),
            span(one.ended_at - one.began_at),
            one.open_leads,
            one.suspects,
            one.healed,
            one.unhealed,
            "healthy" if one.healthy else "NOT HEALTHY",
        )
        for one in audits
    ]
    show(table(("ended", "took", "open leads", "suspects", "healed", "unhealed", ""), rows))
    last = audits[0]
    told = [(one.lead_id, one.suspicion, one.found, one.because) for one in last.found if one.found is not Found.FINE]
    if told:
        show("", table(("lead", "it", "found", "because"), told, f"What the audit of {instant(last.ended_at)} found"))


def _document(audit: Audit) -> dict[str, Any]:
    return {**audit.model_dump(mode="json"), "healthy": audit.healthy}

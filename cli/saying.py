"""Saying something to a lead from the command line, and telling the answer. How it is said is `runtime.talking`'s."""

from datetime import timedelta
from typing import Any

from cli import reach
from cli.exits import BadInput, Code
from cli.output import complain, say, say_json
from cli.typed import read_instant, read_lead_id, read_object
from config.settings import Settings
from models.base import Problem, Refused
from runtime import clock
from runtime.talking.answers import Answer, Outcome
from runtime.talking.saying import Speaker

PATIENCE = timedelta(seconds=3)
"""How long a worker may take to hear an update before it is left as a signal."""

VERDICT = timedelta(seconds=10)
"""How long the verdict on an update that was heard may take; the update is durable by then."""

_OPTIONS = {"rep_id": "--rep"}
_INSTANTS = ("at", "until")


def say_to_lead(name: str, lead_id: str, said: dict[str, Any], as_json: bool) -> int:
    """Say a message to a lead and tell the verdict. Raises Stop."""
    lead_id = read_lead_id(lead_id)
    message = _message(said)
    answer = reach.carry_out(_say(reach.settings(), name, lead_id, message))
    if as_json:
        say_json(answer.document)
    elif answer.outcome is Outcome.REFUSED:
        complain(answer.sentence)
    else:
        say(answer.sentence)
    return Code.REFUSED if answer.outcome is Outcome.REFUSED else Code.DONE


def _message(said: dict[str, Any]) -> dict[str, Any]:
    """Make of the options what is said. Raises BadInput naming the option."""
    message = {field: value for field, value in said.items() if value is not None}
    for field in _INSTANTS:
        if field in message:
            message[field] = read_instant(message[field], clock.now(), f"--{field}").isoformat()
    if "properties" in message:
        message["properties"] = read_object(message["properties"], "--properties")
    return message


async def _say(settings: Settings, name: str, lead_id: str, message: dict[str, Any]) -> Answer:
    async with reach.store(settings) as store:
        speaker = Speaker(reach.line(), store, keeps=False)
        try:
            return await speaker.say(name, lead_id, message, patience=PATIENCE, verdict=VERDICT)
        except Refused as refused:
            raise BadInput(*map(_in_options, refused.problems)) from None


def _in_options(problem: Problem) -> str:
    """Say what is wrong by the option it was typed in."""
    option = _OPTIONS.get(problem.field, f"--{problem.field}")
    return f"{option}: {problem.what}" if problem.field else problem.what

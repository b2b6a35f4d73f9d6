"""What the workflow asks of Temporal, command by command, while a golden history replays.

A replay notices another command or another order of two. It does not notice a timer of another length, an order with
another content, an attempt that may take longer: the fingerprint does, for it holds them, in lines that can be read and
compared. `python -m tests.replay.fingerprint` writes those of every recorded history anew, once a change is meant.

The words that people read (causes, sentences, lines of the timeline) are free to change, so they are left out.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf.duration_pb2 import Duration
from pydantic import BaseModel
from temporalio.api.common.v1 import Payload
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from temporalio.workflow import _Definition

from models import orders
from runtime.conversion import data_converter
from tests.replay.record import HISTORIES
from workflows.lead import LeadWorkflow

FINGERPRINTS = Path(__file__).parent / "fingerprints"

ORDERS: dict[str, type[BaseModel]] = {
    "admit": orders.AdmitLead,
    "enrich": orders.EnrichLead,
    "score": orders.ScoreLead,
    "assign": orders.AssignLead,
    "reassign": orders.AssignLead,
    "plan": orders.PlanRungs,
    "notify": orders.Tell,
    "alert_manager": orders.AlertManager,
    "record": orders.RecordLead,
}
"""What each activity takes."""

WORDS = frozenset(
    {"cause", "what", "sentence", "next_step", "released_because", "says", "trace", "because", "text", "data"}
)
"""Fields for people."""


@dataclass
class Listened(WorkflowInstance):
    """A workflow whose every command is written down."""

    inner: WorkflowInstance
    lines: list[str]

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """Let it act, and note what it asks for."""
        completion = self.inner.activate(act)
        self.lines += [line for command in completion.successful.commands for line in told(command)]
        return completion

    def get_serialization_context(self, command_info: Any) -> Any:
        """As the workflow itself."""
        return self.inner.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        """As the workflow itself."""
        return self.inner.get_external_store_context(command_info)

    def get_info(self) -> Any:
        """As the workflow itself."""
        return self.inner.get_info()


@dataclass
class Listener(WorkflowRunner):
    """The sandbox, with somebody at the door."""

    lines: list[str] = field(default_factory=list)
    inner: WorkflowRunner = field(default_factory=SandboxedWorkflowRunner)

    def prepare_workflow(self, defn: _Definition) -> None:
        """As the sandbox does."""
        self.inner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Listen to the one that the sandbox makes."""
        return Listened(self.inner.create_instance(det), self.lines)


def told(command: WorkflowCommand) -> Iterator[str]:
    """Write one command in a line, without the words that people read; answers to queries are none."""
    match command.WhichOneof("variant"):
        case "start_timer":
            yield f"timer {_span(command.start_timer.start_to_fire_timeout)}"
        case "schedule_activity":
            activity = command.schedule_activity
            bounds = [
                f"{name} {_span(getattr(activity, f'{name}_timeout'))}"
                for name in ("schedule_to_close", "start_to_close", "heartbeat")
                if activity.HasField(f"{name}_timeout")  # type: ignore[arg-type]
            ]
            order = ORDERS[activity.activity_type].model_validate_json(activity.arguments[0].data)
            content = _plain(order.model_dump(mode="json", exclude_defaults=True))
            yield f"activity {activity.activity_type} ({', '.join(bounds)}) {json.dumps(content, sort_keys=True)}"
        case "upsert_workflow_search_attributes":
            attributes = command.upsert_workflow_search_attributes.search_attributes.indexed_fields
            values = {name: _read(attributes[name]) for name in sorted(attributes)}
            yield f"attributes {json.dumps(values)}"
        case "set_patch_marker":
            yield f"mark {command.set_patch_marker.patch_id}"
        case "signal_external_workflow_execution":
            yield f"signal {command.signal_external_workflow_execution.signal_name}"
        case "complete_workflow_execution":
            yield f"complete {json.dumps(_plain(_read(command.complete_workflow_execution.result)), sort_keys=True)}"
        case "respond_to_query" | None:
            return
        case "update_response":
            yield f"update {command.update_response.WhichOneof('response')}"
        case other:
            yield str(other)


def _span(duration: Duration) -> str:
    return f"{duration.ToTimedelta().total_seconds():g} s"


def _read(payload: Payload) -> Any:
    return json.loads(payload.data) if payload.data else None


def _plain(value: Any) -> Any:
    """Leave out the words for people, and the lines of the story but for their kind."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if name not in WORDS}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value


def recorded(history: Path) -> WorkflowHistory:
    """Read a golden history."""
    return WorkflowHistory.from_json(f"lead-{history.stem}", history.read_text(encoding="utf-8"))


async def fingerprint(history: Path) -> str:
    """Replay a history and write down what today's code asks of Temporal on the way."""
    listener = Listener()
    replayer = Replayer(workflows=[LeadWorkflow], data_converter=data_converter(), workflow_runner=listener)
    await replayer.replay_workflow(recorded(history), raise_on_replay_failure=True)
    return "\n".join(listener.lines) + "\n"


def kept(history: Path) -> Path:
    """Name the file that keeps the fingerprint of a history."""
    return FINGERPRINTS / history.parent.name / f"{history.stem}.txt"


async def write() -> None:
    """Write the fingerprints of every recorded history."""
    for history in sorted(HISTORIES.glob("*/*.json")):
        path = kept(history)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(await fingerprint(history), encoding="utf-8")
        print(f"{path.parent.name}/{path.name}")


if __name__ == "__main__":
    asyncio.run(write())

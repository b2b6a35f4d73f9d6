"""What comes back when somebody says something to a lead, and how it is told."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cli.exits import BadInput
from cli.inbox_view import inbox_row
from cli.output import instant
from db.leads import LeadCard
from models.lead import ENDED, Stage
from models.messages import Verdict
from runtime.store import Store


class Outcome(StrEnum):
    """What became of a message. `recorded` is durable and has no verdict yet."""

    DONE = "done"
    REFUSED = "refused"
    RECORDED = "recorded"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: for a person as `sentence`, for a program as `document`."""

    outcome: Outcome
    sentence: str
    document: dict[str, Any]


def told(verdict: Verdict, key: str) -> Answer:
    """Tell the workflow's verdict, with who has the lead now."""
    outcome = Outcome.DONE if verdict.done else Outcome.REFUSED
    again = " (as before: this key was answered already)" if verdict.repeat else ""
    sentence = f"{outcome}: {verdict.because}{again}. {_standing(verdict.lead_id, verdict.stage, verdict.owner)}"
    if verdict.done:
        sentence += f" Key {key}."
    return Answer(outcome, sentence, {**verdict.model_dump(mode="json"), "key": key})


def recorded(lead_id: str, key: str) -> Answer:
    """Tell that a message is kept durably, and that nobody has judged it yet."""
    because = "no worker answered in time; it is kept durably, and the verdict follows once one does"
    sentence = f"recorded: {because}. Lead {lead_id}, key {key}."
    return Answer(
        Outcome.RECORDED,
        sentence,
        {"verdict": Outcome.RECORDED, "because": because, "lead_id": lead_id, "key": key},
    )


async def from_database(store: Store, name: str, lead_id: str, message: dict[str, Any]) -> Answer:
    """Answer for a lead whose workflow does not run. Raises BadInput for one that nobody knows."""
    card = await store.leads.get(lead_id)
    if card is None:
        if await inbox_row(store, lead_id) is None:
            raise no_such_lead(lead_id)
        because, stage, owner = "it is in the inbox, and no workflow of it runs yet", Stage.RECEIVED.value, None
        outcome = Outcome.REFUSED
    else:
        outcome, because = _late(card, name, message)
        stage, owner = card.stage.value, card.owner
    document = {
        "verdict": outcome.value,
        "because": because,
        "lead_id": lead_id,
        "stage": stage,
        "owner": owner,
        "offer": card.offer if card else 0,
        "since": None,
        "repeat": outcome is Outcome.DONE,
        "key": message["key"],
    }
    return Answer(outcome, f"{outcome}: {because}. {_standing(lead_id, stage, owner)}", document)


def no_such_lead(lead_id: str) -> BadInput:
    """Say that nobody knows this lead, and what may have been meant."""
    hint = f"; did you mean {lead_id.removeprefix('lead-')}?" if lead_id.startswith("lead-") else ""
    return BadInput(f"no lead {lead_id}{hint}")


def _late(card: LeadCard, name: str, message: dict[str, Any]) -> tuple[Outcome, str]:
    """Judge a late answer: the owner's own repeat is a success, everything else comes too late."""
    if card.folded_into:
        return Outcome.REFUSED, f"it was folded into lead {card.folded_into}"
    mine = card.owner is not None and card.owner == message.get("rep_id")
    if mine and name == "accept" and card.accepted_at:
        return Outcome.DONE, f"yours already, since {instant(card.accepted_at)}"
    if mine and name == "contacted" and card.contacted_at:
        return Outcome.DONE, f"noted already, at {instant(card.contacted_at)}"
    if card.stage in ENDED:
        others = " (`roster handover` gives leads in contact to others)" if card.owner and name == "handover" else ""
        return Outcome.REFUSED, f"the lead is {card.stage} already{others}"
    return Outcome.REFUSED, f"its workflow does not run, though the lead is {card.stage}"


def _standing(lead_id: str, stage: str, owner: str | None) -> str:
    return f"Lead {lead_id}: stage {stage}, {f'owner {owner}' if owner else 'nobody owns it'}."

"""What comes back when somebody says something to a lead, and what the database answers for one that has ended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from db.leads import LeadCard
from models.lead import ENDED, Stage
from models.messages import Verdict
from runtime.store import Store
from runtime.talking.inbox import inbox_row
from runtime.talking.instants import instant, stamp


class Outcome(StrEnum):
    """What became of a message. `recorded` is durable and has no verdict yet."""

    DONE = "done"
    REFUSED = "refused"
    RECORDED = "recorded"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: for a person as `sentence`, for a program as `document`.

    `left`: Temporal has the message, and nobody need leave it again.
    """

    outcome: Outcome
    sentence: str
    document: dict[str, Any]
    left: bool = False


class NoSuchLead(LookupError):
    """Nobody knows this lead. `silent` says why its workflow could not be asked; empty when that is certain."""

    def __init__(self, lead_id: str, silent: str = "") -> None:
        hint = f"; did you mean {lead_id.removeprefix('lead-')}?" if lead_id.startswith("lead-") else ""
        super().__init__(f"{silent} The database knows no lead {lead_id}." if silent else f"no lead {lead_id}{hint}")
        self.lead_id, self.silent = lead_id, silent


NO_WORKER = "no worker answered in time; it is kept durably, and the verdict follows once one does"
AWAY = "Temporal is away; it is kept in the database, and the verdict follows once Temporal is back"
NOT_STARTED = "the lead is acknowledged and not started yet; it is kept in the database, and is heard once it is"


def told(verdict: Verdict, key: str) -> Answer:
    """Tell the workflow's verdict, with who has the lead now."""
    outcome = Outcome.DONE if verdict.done else Outcome.REFUSED
    again = " (as before: this key was answered already)" if verdict.repeat else ""
    sentence = f"{outcome}: {verdict.because}{again}. {_standing(verdict.lead_id, verdict.stage, verdict.owner)}"
    if verdict.done:
        sentence += f" Key {key}."
    return Answer(outcome, sentence, {**verdict.model_dump(mode="json"), "key": key})


def recorded(lead_id: str, key: str, because: str = NO_WORKER) -> Answer:
    """Tell that a message is kept durably, and that nobody has judged it yet."""
    return Answer(
        Outcome.RECORDED,
        f"recorded: {because}. Lead {lead_id}, key {key}.",
        {"verdict": Outcome.RECORDED.value, "because": because, "lead_id": lead_id, "key": key},
        left=because == NO_WORKER,
    )


async def from_database(store: Store, name: str, lead_id: str, message: dict[str, Any]) -> Answer:
    """Answer for a lead whose workflow does not run. Raises `NoSuchLead`."""
    card = await store.leads.get(lead_id)
    if card is None:
        if await inbox_row(store, lead_id) is None:
            raise NoSuchLead(lead_id)
        because, stage, owner = "it is in the inbox, and no workflow of it runs yet", Stage.RECEIVED.value, None
        outcome = Outcome.REFUSED
    else:
        outcome, because = late(card, name, message)
        stage, owner = card.stage.value, card.owner
    document = {
        "verdict": outcome.value,
        "because": because,
        "lead_id": lead_id,
        "stage": stage,
        "owner": owner,
        "offer": card.offer if card else 0,
        "since": _since(card),
        "repeat": outcome is Outcome.DONE,
        "key": message["key"],
    }
    return Answer(outcome, f"{outcome}: {because}. {_standing(lead_id, stage, owner)}", document)


def _since(card: LeadCard | None) -> str | None:
    """Say since when the owner has it."""
    at: datetime | None = card.accepted_at if card and card.owner else None
    return stamp(at)


def late(card: LeadCard, name: str, message: dict[str, Any]) -> tuple[Outcome, str]:
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

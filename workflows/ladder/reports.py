"""Telling whoever left a message for a lead how it was answered: they did not wait, and were told "recorded".

Each message is reported on once, under a key outside the ladder. An event has nobody to tell.
"""

from models.messages import Message, Verdict
from models.orders import Tell
from workflows.ladder.keys import who_says
from workflows.ladder.state import KEPT_ANSWERS, LeadState
from workflows.ladder.step import Step


def reported(state: LeadState, name: str, message: Message, verdict: Verdict) -> Step:
    """Tell the verdict to whoever said it, unless they were told of this very message before."""
    step, who = Step(state), who_says(message)
    if who is None:
        return step
    if message.key is not None:
        said = (name, who, message.key)
        if said in state.reported:
            return step
        step = step.set(reported=(*state.reported, said)[-KEPT_ANSWERS:])
    return step.report(
        Tell(
            lead_id=state.lead_id,
            kind="verdict",
            done=verdict.done,
            rep_id=who,
            offer=getattr(message, "offer", None) or verdict.offer,
            rung=0,
            sentence=f"You said {name}: {verdict.because}.",
        )
    )

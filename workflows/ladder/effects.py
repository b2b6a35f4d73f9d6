"""What a step wants done beside the wait: messages, plans, a new score, verdicts. `aside` carries them out."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from models.ladder import Rung, Target
from models.lead import Touch
from models.messages import Verdict
from models.orders import Tell
from models.roster import ChannelName


class AlertCause(StrEnum):
    """What an alert is about."""

    RUNG = "rung"
    TROUBLE = "trouble"
    UNTOLD = "untold"
    TRIAGE = "triage"
    TRIGGER = "trigger"


@dataclass(frozen=True, slots=True)
class Telling:
    """Send this to the rep, beside the wait."""

    order: Tell


@dataclass(frozen=True, slots=True)
class Alerting:
    """Tell the manager, or whom a rung names, beside the wait; `offer` None is the one that stands then.

    `asked`: a person wants it told, and no rung or trouble.
    """

    what: str
    rung: int
    about: AlertCause
    offer: int | None = None
    to: Target = Target.MANAGER
    who: str | None = None
    channels: tuple[ChannelName, ...] = ()
    text: str = ""
    urgent: bool = False
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Planning:
    """Order a plan under `plan_no`; it is taken if nothing else happened meanwhile."""

    kind: Literal["contact", "shift", "anew"]
    at: datetime
    cause: str
    plan_no: int
    frozen_at: datetime | None = None
    rungs: tuple[Rung, ...] = ()


@dataclass(frozen=True, slots=True)
class Rescoring:
    """Score again because the prospect did something."""

    cause: str


@dataclass(frozen=True, slots=True)
class Touching:
    """Keep this event for scoring."""

    n: int
    touch: Touch


@dataclass(frozen=True, slots=True)
class Settling:
    """Answer whoever waits for `ticket`."""

    ticket: str
    verdict: Verdict


Effect = Telling | Alerting | Planning | Rescoring | Touching | Settling

"""A step of the pure machine: the next state, what is to be done beside the wait, and the verdict for whoever asked."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from models.ladder import Entry, EntryKind, Target
from models.messages import Verdict
from models.orders import Tell
from workflows.ladder.effects import AlertCause, Alerting, Effect, Telling
from workflows.ladder.state import KEPT_ENTRIES, LONGEST_LINE, OUTSIDE_THE_LADDER, LeadState


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from one thing that happened."""

    state: LeadState
    effects: tuple[Effect, ...] = ()
    verdict: Verdict | None = None
    ticket: str | None = field(default=None)

    def set(self, **changes: Any) -> "Step":
        """Change the state."""
        return replace(self, state=self.state.model_copy(update=changes))

    def do(self, *effects: Effect) -> "Step":
        """Add effects; each message has a key of its own, also where the same rung comes round again.

        Nobody is alarmed about history that was brought in (`backfill`), unless a person asks for it.
        """
        step = self
        for effect in effects:
            if isinstance(effect, Alerting) and self.state.backfill and not effect.asked:
                continue
            step, keyed = step._keyed(effect)
            step = step.again(keyed)
        return step

    def again(self, effect: Effect) -> "Step":
        """Add an effect under the key it has: a message that was put off is the same one, later."""
        return replace(self, effects=(*self.effects, effect))

    def report(self, order: Tell) -> "Step":
        """Tell somebody what is no rung, under a key of its own."""
        step, number = self._outside_the_ladder()
        return step.again(Telling(order.model_copy(update={"rung": number})))

    def _keyed(self, effect: Effect) -> "tuple[Step, Effect]":
        match effect:
            case Telling():
                step, rung = self._numbered(effect.order.offer, effect.order.rung)
                return step, Telling(effect.order.model_copy(update={"rung": rung}))
            case Alerting():
                holder = self.state.holder
                present = holder.offer if holder else self.state.offer
                offer = present if effect.offer is None else effect.offer
                step, rung = self._numbered(offer, effect.rung)
                return step, replace(effect, offer=offer, rung=rung)
            case _:
                return self, effect

    def _numbered(self, offer: int, rung: int) -> "tuple[Step, int]":
        """Give a message its rung as its number, or one outside the ladder if that rung was told of before."""
        if rung > OUTSIDE_THE_LADDER:
            return self, rung
        if (offer, rung) in self.state.keys:
            return self._outside_the_ladder()
        may_come_back = {one.offer for one in self.state.formers}
        kept = (key for key in self.state.keys if key[0] >= offer or key[0] in may_come_back)
        return self.set(keys=(*kept, (offer, rung))), rung

    def _outside_the_ladder(self) -> "tuple[Step, int]":
        number = self.state.alerts + 1
        return self.set(alerts=number), OUTSIDE_THE_LADDER + number

    def tell(self, at: datetime, kind: EntryKind, says: str, **data: Any) -> "Step":
        """Write a line in the timeline."""
        entry = Entry(n=self.state.told, at=at, kind=kind, says=says[:LONGEST_LINE], data=data)
        return self.set(told=entry.n + 1, entries=(*self.state.entries, entry)[-KEPT_ENTRIES:])

    def alert(
        self,
        what: str,
        about: AlertCause,
        *,
        to: Target = Target.MANAGER,
        who: str | None = None,
        urgent: bool = False,
    ) -> "Step":
        """Tell the manager, or whoever is named, something that is not a rung of the plan."""
        step, number = self._outside_the_ladder()
        return step.do(Alerting(what, number, about, to=to, who=who, urgent=urgent))

    def keyed(self, order: Tell) -> "tuple[Step, Tell]":
        """Give a message to a rep that is not a rung of the plan a key of its own."""
        step, number = self._outside_the_ladder()
        return step, order.model_copy(update={"rung": number})

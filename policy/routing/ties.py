"""What becomes of a claim on a lead: who has it gets the lead, is covered, has it held, or others may have it (R25).

Level and needs are not asked of whom a lead belongs to. But nobody who is away, set aside, full or over a cap is
offered anything, and nobody twice: then the tie's `away` decides, and who declined or slept through has lost their
claim. A lead is held for `hold_at_most` since it came, and never while somebody holds it. This room refuses to make the
choice final (`policy/routing/choosing.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from models.explanation import TieTried
from models.roster import Rep
from models.routing import Away, Tied
from policy.routing import words
from policy.routing.availability import FITNESS, Against
from policy.routing.case import Case, Looked
from policy.routing.claims import Claim, claims


@dataclass(frozen=True, slots=True)
class Belongs:
    """Somebody gets the lead by a claim: who has it, or the backup who `covers` for them, and why."""

    claim: Claim
    rep: Rep
    covers: Rep | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """The lead is held until who has a claim on it can be asked; `there_at` as in `choices.Waits`."""

    claim: Claim
    rep: Rep
    until: datetime
    there_at: datetime
    because: str


def settle(case: Case, only: Tied | None = None) -> tuple[Case, Belongs | Kept | None]:
    """Look at every claim in turn, or at those of one tie; the case afterwards knows all that was tried."""
    book = _Book(case)
    for claim in claims(case, only):
        if isinstance(claim, TieTried):
            book.tried.append(claim)
        elif outcome := book.look_at(claim):
            return book.closed(outcome), outcome
    return book.closed(None), None


class _Book:
    """Tries claims one after the other, and keeps what was seen."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self.tried = list[TieTried]()
        self._aside = list[Looked]()

    def closed(self, outcome: Belongs | Kept | None) -> Case:
        """Give the case that knows all of it."""
        case = self._case
        if not self.tried:
            return case
        tie = outcome.claim.rule.to.value if outcome else None
        return replace(case, ties=tuple(self.tried), aside=(*case.aside, *self._aside), tie=tie)

    def look_at(self, claim: Claim) -> Belongs | Kept | None:
        """Say what becomes of a claim; None when it decides nothing."""
        rep = self._case.crew.reps.get(claim.rep_id)
        if rep is None:
            self._note(claim, f"{claim.rep_id} is not in the roster any more")
            return None
        one = self._look(rep)
        either = [one]
        if not one.against:
            self._note(claim, decided=True)
            return Belongs(claim, rep)
        why = f"{rep.id} {one.against[0].predicate}"
        kinds = {objection.kind for objection in one.against}
        if not kinds.isdisjoint({Against.INACTIVE, Against.ASKED}):
            self._note(claim, why)
            return None
        if claim.rule.away is Away.COVER and (backup := self._case.crew.reps.get(rep.backup or "")):
            stands_in = self._look(backup)
            if not stands_in.against:
                self._note(claim, f"{why}, so {backup.id}, who covers, gets it", decided=True)
                return Belongs(claim, backup, rep, why)
            why += f", and {backup.id}, who covers, {stands_in.against[0].predicate}"
            either.append(stands_in)
        return self._hold(claim, either, why)

    def _hold(self, claim: Claim, either: Sequence[Looked], why: str) -> Kept | None:
        """Hold it until one of these comes back: who has the claim, or who covers."""
        case, hold = self._case, self._case.compiled.policy.routing.hold_at_most
        if claim.rule.away is Away.RULES:
            self._note(claim, f"{why}, so others may have it")
            return None
        if case.order.holder is not None:
            self._note(claim, f"{why}, and {case.order.holder} holds it meanwhile")
            return None
        until = min(filter(None, map(case.asks_again_at, either)), default=None)
        there_at = min(filter(None, map(case.there_at, either)), default=None)
        if until is None or there_at is None or until - min(case.order.sla_from, case.at) > hold:
            most = words.span(hold)
            self._note(claim, f"{why}: too long to hold it ({most} at most), so others may have it")
            return None
        self._note(claim, f"{why}, so it is held", decided=True)
        because = f"it is held for {either[0].rep.id}: {claim.because}, and {why}"
        return Kept(claim, either[0].rep, until, there_at, because)

    def _look(self, rep: Rep) -> Looked:
        one = Looked(rep, self._case.against(rep, FITNESS))
        self._aside.append(one)
        return one

    def _note(self, claim: Claim, more: str = "", *, decided: bool = False) -> None:
        because = f"{claim.because}; {more}" if more else claim.because
        self.tried.append(TieTried(tie=claim.told, rep_id=claim.rep_id, decided=decided, because=because))

"""What becomes of a claim on a lead: who has it gets the lead, is covered, has it held, or others may have it (R25).

Level and needs are not asked of whom a lead belongs to. But nobody who is away, full or over a cap is offered
anything, and nobody twice: then the tie's `away` decides, and who declined or slept through has lost their claim. A
lead is held for `hold_at_most` since it came, and never while somebody holds it. This room refuses to make the choice
final (`policy/routing.py`).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from models.explanation import TieTried
from models.roster import Rep
from models.routing import Away, Tied
from policy import routing_words as words
from policy.availability import FITNESS, Against
from policy.claims import Claim, claims
from policy.routing_case import Case, Looked


@dataclass(frozen=True, slots=True)
class Belongs:
    """Somebody gets the lead by a claim: who has it, or the backup who `covers` for them, and why."""

    claim: Claim
    rep: Rep
    covers: Rep | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """The lead is held until somebody with a claim can be asked."""

    rep: Rep
    until: datetime
    because: str


def settle(case: Case, only: Tied | None = None) -> tuple[Case, Belongs | Kept | None]:
    """Look at every claim in turn, or at those of one tie; the case afterwards knows all that was tried."""
    for claim in claims(case):
        if isinstance(claim, TieTried):
            if only is None:
                case = replace(case, ties=(*case.ties, claim))
            continue
        if only is not None and claim.told != only:
            continue
        case, outcome = _try(case, claim)
        if outcome is not None:
            return replace(case, tie=claim.rule.to.value), outcome
    return case, None


def _try(case: Case, claim: Claim) -> tuple[Case, Belongs | Kept | None]:
    rep = case.crew.reps.get(claim.rep_id)
    if rep is None:
        return _told(case, claim, f"{claim.rep_id} is not in the roster any more"), None
    one = Looked(rep, case.against(rep, FITNESS))
    case = replace(case, aside=(*case.aside, one))
    if not one.against:
        return _told(case, claim, decided=True), Belongs(claim, rep)
    why = f"{rep.id} {one.against[0].predicate}"
    kinds = {objection.kind for objection in one.against}
    if not kinds.isdisjoint({Against.INACTIVE, Against.ASKED}):
        return _told(case, claim, why), None
    if claim.rule.away is Away.COVER and (backup := case.crew.reps.get(rep.backup or "")):
        stands_in = Looked(backup, case.against(backup, FITNESS))
        case = replace(case, aside=(*case.aside, stands_in))
        if not stands_in.against:
            told = _told(case, claim, f"{why}, so {backup.id}, who covers, gets it", decided=True)
            return told, Belongs(claim, backup, rep, why)
        why += f", and {backup.id}, who covers, {stands_in.against[0].predicate}"
    return _held_or_not(case, claim, one, why)


def _held_or_not(case: Case, claim: Claim, one: Looked, why: str) -> tuple[Case, Kept | None]:
    if claim.rule.away is Away.RULES:
        return _told(case, claim, f"{why}, so others may have it"), None
    if case.order.holder is not None:
        return _told(case, claim, f"{why}, and {case.order.holder} holds it meanwhile"), None
    until, hold = case.asks_again_at(one), case.compiled.policy.routing.hold_at_most
    if until is None or until - min(case.order.sla_from, case.at) > hold:
        return _told(
            case, claim, f"{why}: too long to hold it ({words.span(hold)} at most), so others may have it"
        ), None
    because = f"it is held for {one.rep.id}: {claim.because}, and {why}"
    return _told(case, claim, f"{why}, so it is held", decided=True), Kept(one.rep, until, because)


def _told(case: Case, claim: Claim, more: str = "", *, decided: bool = False) -> Case:
    because = f"{claim.because}; {more}" if more else claim.because
    tried = TieTried(tie=claim.told, rep_id=claim.rep_id, decided=decided, because=because)
    return replace(case, ties=(*case.ties, tried))

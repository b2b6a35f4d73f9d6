"""Who has a claim on a lead before any rule, strongest first (R20, R24, R25, R27).

The way's own (`via`: customer success, the relationship) goes first of all, then the policy's ties in their order: the
account's owner, who knows the company or the person, who has another of its leads open, whose the parent company is.
This room refuses to look into the past itself: it is handed what there is; and to say what becomes of a claim
(`policy/routing/ties.py`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.explanation import TieTried
from models.market import Account
from models.qualifying import Via
from models.routing import Tied, TieRule
from policy.routing import words
from policy.routing.accounts import parents_of
from policy.routing.case import Case
from policy.routing.situation import Tie, TieKind

MOST = 5
"""So many people are looked at for what the leads of the past tell, of each kind of tie: the latest ones."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One person whose the lead is by a tie. `told` names the tie in the trace.

    `says` tells them why ("Globex is your account"), `because` tells others ("Globex is the account of ana").
    """

    rule: TieRule
    told: str
    rep_id: str
    says: str
    because: str


def claims(case: Case, only: Tied | None = None) -> Iterator[Claim | TieTried]:
    """List everybody who has a claim, strongest first, and each tie by which nobody has one.

    The same person may have several. `only`: by one tie.
    """
    ties = case.compiled.policy.routing.ties
    if (via := case.placed.via) and only is None:
        rule = next((rule for rule in ties if rule.to is Tied.RELATIONSHIP), _VIA)
        nobody = TieTried(
            tie=via.value, because=f"no account of the company says who looks after it ({words.VIA[via]})"
        )
        yield from _or(nobody, _via(case, via, rule))
    for rule in ties:
        if only is None or rule.to is only:
            find, nobody = _FINDERS[rule.to]
            yield from _or(nobody, find(case, rule))


def _or(nobody: TieTried, found: Iterator[Claim]) -> Iterator[Claim | TieTried]:
    none = True
    for claim in found:
        none = False
        yield claim
    if none:
        yield nobody


_VIA = TieRule(to=Tied.RELATIONSHIP)


def _via(case: Case, via: Via, rule: TieRule) -> Iterator[Claim]:
    """Name whom the account, else those above it, names for such a matter (R27)."""
    for account in _chain(case):
        person = account.success if via is Via.SUCCESS else account.relationship
        if person:
            how = words.VIA[via]
            because = f"{person} looks after {account.name} ({how}){_matched(case, account)}"
            yield Claim(rule, via.value, person, f"you look after {account.name} ({how})", because)
            return


def _named_account(case: Case, rule: TieRule) -> Iterator[Claim]:
    account = case.account
    if account and account.owner:
        says = f"{account.name} is your account (named account)"
        because = f"{account.name} is {account.owner}'s account (named account){_matched(case, account)}"
        yield Claim(rule, rule.to.value, account.owner, says, because)


def _relationship(case: Case, rule: TieRule) -> Iterator[Claim]:
    account = case.account
    if account and account.relationship:
        person = account.relationship
        says = f"you look after {account.name} already"
        because = f"{person} looks after {account.name}{_matched(case, account)}"
        yield Claim(rule, rule.to.value, person, says, because)
    for tie in _past(case, rule, TieKind.PERSON):
        says = "you had this contact's earlier lead"
        yield Claim(rule, rule.to.value, tie.rep_id, says, f"{tie.rep_id} had lead {tie.lead_id} of the same person")
    for tie in _past(case, rule, TieKind.COMPANY, case.companies):
        says = f"you have worked with {words.company(case.facts, case.account)} before"
        yield Claim(
            rule, rule.to.value, tie.rep_id, says, f"{tie.rep_id} had contact in lead {tie.lead_id} of the company"
        )


def _open_lead(case: Case, rule: TieRule) -> Iterator[Claim]:
    for tie in _past(case, rule, TieKind.OPEN, case.companies):
        says = "you have another open lead of the same company"
        yield Claim(rule, rule.to.value, tie.rep_id, says, f"{tie.rep_id} has open lead {tie.lead_id} of the company")


def _parent(case: Case, rule: TieRule) -> Iterator[Claim]:
    for account in _chain(case)[1:]:
        whose = f"the parent company of {words.company(case.facts, case.account)}"
        if account.owner:
            says = f"{account.name}, {whose}, is your account"
            because = f"{account.name}, {whose}, is {account.owner}'s account"
            yield Claim(rule, rule.to.value, account.owner, says, because)
        if account.relationship:
            says = f"you look after {account.name}, {whose}"
            because = f"{account.relationship} looks after {account.name}, {whose}"
            yield Claim(rule, rule.to.value, account.relationship, says, because)
    above = parents_of(case.compiled, case.facts) if len(_chain(case)) > 1 else {}
    for kind in (TieKind.COMPANY, TieKind.OPEN):
        for tie in _past(case, rule, kind, tuple(above)):
            parent = above[tie.company or ""].name
            says = f"you have worked with {parent}, its parent company"
            yield Claim(
                rule, rule.to.value, tie.rep_id, says, f"{tie.rep_id} has lead {tie.lead_id} of {parent}, its parent"
            )


def _chain(case: Case) -> tuple[Account, ...]:
    return case.compiled.accounts.chain_of(case.facts)


def _matched(case: Case, account: Account) -> str:
    """Say by what a lead's company was recognised as an account, where the policy does not name it itself."""
    match = case.facts.account
    if match is None or account.id != match.account.id or account.id in case.compiled.accounts.by_id:
        return ""
    return f"; matched {account.name} by {match.by.replace('_', ' ')} (score {match.score:g})"


def _past(case: Case, rule: TieRule, kind: TieKind, companies: Sequence[str] = ()) -> Iterator[Tie]:
    """Give the latest tie of each of a few people; an open lead is never too old.

    A way that names its own pool asks for that pool's people: a renewal is not for whoever sold to the company (R27).
    """
    found: dict[str, Tie] = {}
    by_lead = sorted(case.situation.ties, key=lambda tie: (tie.lead_id, tie.rep_id))
    for tie in sorted(by_lead, key=lambda tie: tie.last_at, reverse=True):
        if tie.kind is not kind or tie.lead_id == case.facts.lead_id or tie.rep_id in found:
            continue
        if kind is not TieKind.PERSON and tie.company not in companies:
            continue
        if kind is not TieKind.OPEN and case.at - tie.last_at > rule.within:
            continue
        if case.placed.by_way and all(tie.rep_id != one.rep.id for one in case.looked):
            continue
        found[tie.rep_id] = tie
    yield from list(found.values())[:MOST]


_NOBODY = {
    Tied.NAMED_ACCOUNT: "the company is no account with an owner",
    Tied.RELATIONSHIP: "nobody looks after the company, or has had leads of it or of the person",
    Tied.OPEN_LEAD: "nobody has another open lead of the company",
    Tied.PARENT: "no company above it is anybody's",
}
_FIND: Mapping[Tied, Callable[[Case, TieRule], Iterator[Claim]]] = {
    Tied.NAMED_ACCOUNT: _named_account,
    Tied.RELATIONSHIP: _relationship,
    Tied.OPEN_LEAD: _open_lead,
    Tied.PARENT: _parent,
}
_FINDERS = {tie: (find, TieTried(tie=tie.value, because=_NOBODY[tie])) for tie, find in _FIND.items()}

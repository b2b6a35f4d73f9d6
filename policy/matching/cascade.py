"""The cascade: what somebody said, an exact domain, a legal name, a close name in one country; else a person's word.

Each step takes an account only when it is the only one; two that fit alike are both possible matches (R46).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.account import AccountMatch, MatchedBy, MatchState, PossibleMatch
from models.market import Account
from policy.cleaning.addresses import registrable
from policy.cleaning.companies import CompanyName, telling
from policy.matching.likeness import SAME, a_slip, likeness, says_a_trade_alone
from policy.matching.sought import Sought

POSSIBLE_FROM = 82.0
"""Names less alike than this are not worth anybody's look."""

MOST_POSSIBLE = 5
"""So many accounts are put before a person for one lead, the likeliest."""

TELLS_ALONE = 4
"""A name of fewer letters ("ABC") needs the domain to speak for it, or one legal form.

So does one of trade words alone ("Consulting"). One with a "Group" more or less needs the domain; one of several words
is helped by the country, too.
"""


@dataclass(frozen=True, slots=True)
class _Near:
    """One candidate, held against what is sought: the name of it that is most alike, and what speaks against it."""

    account: Account
    name: CompanyName
    score: float
    against: str | None
    sure: bool


def match(
    sought: Sought, candidates: Sequence[Account], said: Mapping[str, MatchState] | None = None
) -> AccountMatch | tuple[PossibleMatch, ...]:
    """Say which account a company is, or which it might be, the likeliest first; empty: none of them.

    `said` is what people said of this lead's possible matches: a confirmed one is it, a rejected one is never named
    again. The answer holds the account alone; those above it are the caller's to add.
    """
    told = said or {}
    if confirmed := [one for one in candidates if told.get(one.id) is MatchState.CONFIRMED]:
        return _found(confirmed[0], MatchedBy.HAND, SAME, "a person said so")
    open_ = [one for one in candidates if told.get(one.id) is not MatchState.REJECTED]
    by_domain = _by_domain(sought, open_)
    if len(by_domain) == 1:
        (account,), domain = by_domain, _shared_domain(sought, by_domain[0])
        return _found(account, MatchedBy.DOMAIN, SAME, f"{domain} is its domain")
    if by_domain:
        return tuple(
            PossibleMatch(account_id=one.id, name=one.name, score=SAME, because="several accounts have this domain")
            for one in sorted(by_domain, key=lambda one: one.id)[:MOST_POSSIBLE]
        )
    return _by_name(sought, sought.name, open_) if sought.name else ()


def _by_domain(sought: Sought, candidates: Sequence[Account]) -> list[Account]:
    for domain in sought.domains:
        if found := [one for one in candidates if domain in one.domains]:
            return found
    return []


def _shared_domain(sought: Sought, account: Account) -> str:
    return next(domain for domain in sought.domains if domain in account.domains)


def _by_name(
    sought: Sought, name: CompanyName, candidates: Sequence[Account]
) -> AccountMatch | tuple[PossibleMatch, ...]:
    near = sorted(_nearest(sought, name, candidates), key=lambda one: (-one.score, one.account.id))
    same = [one for one in near if one.score == SAME and one.name.agrees(name)]
    sure = [one for one in _in_one_country(sought, same) if one.sure and one.against is None]
    if len(sure) == 1 and len(_in_one_country(sought, same)) == 1:
        account = sure[0].account
        return _found(account, MatchedBy.NAME, SAME, f"{account.name} is its name without the legal form")
    if not same and near and _only_a_slip(sought, name, near):
        best = near[0]
        because = f"{best.account.name} is close to its name, and both are in {sought.country}"
        return _found(best.account, MatchedBy.CLOSE_NAME, best.score, because)
    return tuple(_possible(one, name, alone=len(same) < 2) for one in near[:MOST_POSSIBLE])


def _nearest(sought: Sought, name: CompanyName, candidates: Sequence[Account]) -> Iterator[_Near]:
    for account in candidates:
        scored = [(likeness(name, other), other) for other in map(telling, (account.name, *account.names))]
        score, best = max(scored, key=lambda one: (one[0], one[1].agrees(name), one[1].stem))
        if score >= POSSIBLE_FROM:
            here = sought.country is not None and sought.country == account.country
            kin = here and _akin(sought, account)
            against = None if kin else _against(sought, account)
            tells = len(name.stem.replace(" ", "")) >= TELLS_ALONE and not says_a_trade_alone(name)
            whole = bool(name.spellings & best.spellings)
            # "Star Group" and "Star Holdings" are two companies; "Globex Energie Group" is hardly another one.
            enough = whole or " " in name.root
            sure = kin or (here and tells and enough) or (whole and (tells or bool(name.forms & best.forms)))
            yield _Near(account, best, score, against, sure)


def _in_one_country(sought: Sought, same: list[_Near]) -> list[_Near]:
    """Of several with one name, give those in the company's own country, if it is known and there are some."""
    here = [one for one in same if sought.country and one.account.country == sought.country]
    return here if len(same) > 1 and here else same


def _against(sought: Sought, account: Account) -> str | None:
    """Say what speaks against an account of the right name: its domain or its country is another (R46)."""
    if sought.domains and account.domains:
        return "its domain is another"
    if sought.country and account.country and sought.country != account.country:
        return f"it is in {account.country}, not in {sought.country}"
    return None


def _akin(sought: Sought, account: Account) -> bool:
    """Say whether both have one domain under different endings: `acme.de` and `acme.com`.

    In one country that is one company; elsewhere it is what namesakes have, for a domain is mostly the name.
    """
    return not {_label(one) for one in sought.domains}.isdisjoint({_label(one) for one in account.domains})


def _label(domain: str) -> str:
    return (registrable(domain) or domain).partition(".")[0]


def _only_a_slip(sought: Sought, name: CompanyName, near: Sequence[_Near]) -> bool:
    best = near[0]
    clear = len(near) == 1 or not a_slip(name, near[1].name)
    here = sought.country is not None and sought.country == best.account.country
    return clear and here and name.agrees(best.name) and best.against is None and a_slip(name, best.name)


def _possible(one: _Near, name: CompanyName, *, alone: bool) -> PossibleMatch:
    if one.score < SAME:
        because = one.against or "its name is close"
    elif not one.name.agrees(name):
        because = "its legal form is another"
    else:
        because = one.against or ("its name alone does not tell" if alone else "several accounts have its name")
    return PossibleMatch(account_id=one.account.id, name=one.account.name, score=one.score, because=because)


def _found(account: Account, by: MatchedBy, score: float, because: str) -> AccountMatch:
    return AccountMatch(by=by, score=score, because=because, accounts=(account,))

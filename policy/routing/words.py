"""What a routing decision says: to the rep in one sentence, to a manager in one line (R29, R48).

Nothing of the prospect's person is in it: the kind of lead, and size and country of their company. This room
refuses to decide anything.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from models.facts import LeadFacts
from models.lead import LeadType
from models.market import Account
from models.qualifying import Via
from models.roster import Person, Strategy
from policy.routing.availability import Objection
from policy.routing.rules import Placed

LISTED = 6
"""How many people a line names at most; the trace names them all."""

_KINDS = {
    LeadType.DEMO_REQUEST: "a demo request",
    LeadType.CONTACT_SALES: "a contact-sales request",
    LeadType.PRICING_VISIT: "a visit to the pricing page",
    LeadType.OUTBOUND_REPLY: "a reply to our outreach",
    LeadType.TRIAL_SIGNUP: "a trial signup",
    LeadType.WEBINAR: "a webinar attendance",
    LeadType.CASE_STUDY: "a case-study reader",
    LeadType.CONTENT_DOWNLOAD: "a content download",
    LeadType.NEWSLETTER: "a newsletter subscription",
    LeadType.EVENT_SCAN: "an event contact",
    LeadType.REFERRAL: "a referral",
    LeadType.EXECUTIVE_INTRO: "an executive introduction",
    LeadType.EXPANSION: "an expansion",
    LeadType.RENEWAL: "a renewal",
    LeadType.SUPPORT: "a support request",
    LeadType.OTHER: "an inquiry",
}
_SECOND_PERSON = {"is": "are", "has": "have", "was": "were", "does": "do", "lacks": "lack", "works": "work"}

AHEAD = {Strategy.LEAST_LOADED: "the least busy", Strategy.BEST_FIT: "those it suits best"}
"""Who alone takes part in the turn, where a strategy leaves others out."""

_ALONE = {Strategy.LEAST_LOADED: "you are the least busy", Strategy.BEST_FIT: "it suits you best"}

VIA = {Via.RELATIONSHIP: "their relationship", Via.SUCCESS: "customer success"}
"""Whose matter a customer's lead is."""


def what_it_is(facts: LeadFacts) -> str:
    """Say what kind of lead it is: "a demo request from a 12,000-employee company in DE"."""
    company, country = facts.company, facts.company.country or facts.country
    words = _KINDS[facts.type]
    if company.employees is not None:
        words += f" from {_article(company.employees)} {company.employees:,}-employee company"
    elif company.name or company.domain:
        words += " from a company"
    elif country:
        return f"{words} from {country}"
    return f"{words} in {country}" if country else words


def company(facts: LeadFacts, account: Account | None) -> str:
    """Name a lead's company: as the policy does, else as the lead does."""
    return account.name if account else facts.company.name or "the company"


def by_turn(
    facts: LeadFacts,
    placed: Placed,
    pool: str,
    passed: Sequence[str],
    *,
    how: str = "",
    alone: bool,
    narrowed: Strategy | None = None,
) -> str:
    """Tell a rep whose turn it is why they get the lead; in the pools `passed` nobody could be offered it.

    `how` says why `pool` was asked when it is not the rule's, nor takes over for it. `narrowed` by a strategy: there
    are others who could be, but it is the turn of these only.
    """
    if alone:
        turn = _ALONE[narrowed] if narrowed else "you are the only one available"
    else:
        turn = f"it is your turn among {AHEAD[narrowed]}" if narrowed else "it is your turn"
    others = f"nobody in {' or '.join(passed)} could be offered it" if passed else ""
    ways = "; ".join(filter(None, [_by_rule(placed), others, how]))
    return f"You get this lead because it is {what_it_is(facts)} ({ways}) and {turn} in {pool}."


def as_backup(facts: LeadFacts, placed: Placed, owner: Person | None) -> str:
    """Tell a backup whom they stand in for."""
    whose = f"{owner.name}'s backup" if owner else "the backup"
    return f"You get this lead as {whose}: it is {what_it_is(facts)} ({_by_rule(placed)})."


def by_rung(facts: LeadFacts, placed: Placed, duty: str | None) -> str:
    """Tell somebody whom the ladder itself names, or the rota `duty` by which they are on duty."""
    why = f"you are on duty ({duty})" if duty else "the policy names you for it"
    return f"You get this lead because {why}: it is {what_it_is(facts)} ({_by_rule(placed)})."


def by_tie(facts: LeadFacts, says: str) -> str:
    """Tell a rep whose lead it is by a tie: "Globex is your account (named account)"."""
    return f"You get this lead because {says}. It is {what_it_is(facts)}."


def as_cover(facts: LeadFacts, because: str, owner: Person) -> str:
    """Tell a backup whose lead it is, and why they cannot be asked now."""
    return f"You get this lead as {owner.name}'s backup: {because}. It is {what_it_is(facts)}."


def by_hand(facts: LeadFacts, by: str | None, overruled: Sequence[Objection]) -> str:
    """Tell a rep who gave them the lead by hand, and what that person overruled; `by` None: they took it."""
    who = f"{by} gave you this lead" if by else "You took this lead yourself"
    although = _listed([_to_you(one) for one in overruled])
    return f"{who}: it is {what_it_is(facts)}{f', although you {although}' if although else ''}."


def against_each(people: Iterable[tuple[str, Objection]]) -> str:
    """Say what speaks against each of some people: "ben is off hours until Mon 09:00, cho is inactive"."""
    each = [f"{rep_id} {objection.predicate}" for rep_id, objection in people]
    more = [f"and {len(each) - LISTED} more"] if len(each) > LISTED else []
    return ", ".join([*each[:LISTED], *more])


def span(length: timedelta) -> str:
    """Say a duration: "4 days", "1 h 30 min", "90 s"."""
    minutes, seconds = divmod(length.seconds, 60)
    parts = (
        (length.days, "day" if length.days == 1 else "days"),
        (minutes // 60, "h"),
        (minutes % 60, "min"),
        (seconds, "s"),
    )
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"


def _by_rule(placed: Placed) -> str:
    return placed.sender if placed.rule else "no rule matched, so the default pool"


def _to_you(objection: Objection) -> str:
    verb, _, rest = objection.predicate.partition(" ")
    return f"{_SECOND_PERSON[verb]} {rest}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _article(number: int) -> str:
    """Choose between "a" and "an" by how a number is spoken: eight, eleven, eighteen, eighty."""
    leading = f"{number:,}".partition(",")[0]
    return "an" if leading.startswith("8") or leading in ("11", "18") else "a"

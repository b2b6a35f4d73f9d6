"""Who of a company's people has how much say, and whom to try next when one does not answer (R45).

The same people rank the same way in whatever order they are given, and every point has its reason. This room refuses to
rank by who somebody is: names and addresses give no points, and tell only whether there is a way to reach somebody and
whether they are whoever asked, known twice.
"""

from collections.abc import Mapping, Sequence

from models.contact import BuyingRole, ContactState, Coverage, KnownContact, Standing
from models.facts import Department
from policy.cleaning.titles import Seniority, decides

_ROLES: Mapping[BuyingRole, int] = {
    BuyingRole.ECONOMIC_BUYER: 50,
    BuyingRole.DECISION_MAKER: 45,
    BuyingRole.CHAMPION: 25,
    BuyingRole.INFLUENCER: 15,
    BuyingRole.EVALUATOR: 10,
    BuyingRole.USER: 0,
    BuyingRole.BLOCKER: -50,
}
_RANKS: Mapping[str, int] = {
    Seniority.FOUNDER: 30,
    Seniority.C_LEVEL: 30,
    Seniority.VP: 25,
    Seniority.DIRECTOR: 20,
    Seniority.HEAD: 16,
    Seniority.MANAGER: 10,
    Seniority.SENIOR: 5,
    Seniority.SPECIALIST: 2,
    Seniority.JUNIOR: -5,
    Seniority.ASSISTANT: -10,
    Seniority.STUDENT: -30,
    Seniority.UNEMPLOYED: -50,
}
_DECIDES, _DOES_NOT = 20, -10
_SAME_DEPARTMENT, _PURSE = 10, 5
_REFERRED = 25
_HOLD_THE_PURSE = frozenset({Department.MANAGEMENT, Department.FINANCE, Department.PROCUREMENT})
_NOT_NOW: Mapping[ContactState, str] = {
    ContactState.NO_ANSWER: "does not answer",
    ContactState.REFERRED_ON: "referred us on",
    ContactState.DECLINED: "declined",
    ContactState.LEFT: "has left the company",
}
_THEMSELVES = "is whoever asked, known twice"
NEEDED = (
    BuyingRole.ECONOMIC_BUYER,
    BuyingRole.DECISION_MAKER,
    BuyingRole.CHAMPION,
    BuyingRole.INFLUENCER,
    BuyingRole.EVALUATOR,
    BuyingRole.USER,
)
"""The parts that somebody has in a purchase that comes about; a blocker is nobody's wish."""


def role_of(person: KnownContact) -> BuyingRole | None:
    """Give the part somebody has: as it was said, else as seniority and department tell; None: nothing tells.

    Whether somebody is for or against it no title tells, so nobody is read as a champion or a blocker.
    """
    if person.role is not None:
        return person.role
    decider = _decides(person)
    if decider and person.department in _HOLD_THE_PURSE:
        return BuyingRole.ECONOMIC_BUYER
    if decider:
        return BuyingRole.DECISION_MAKER
    if person.seniority == Seniority.MANAGER:
        return BuyingRole.INFLUENCER
    if person.seniority == Seniority.SENIOR:
        return BuyingRole.EVALUATOR
    return BuyingRole.USER if person.seniority == Seniority.SPECIALIST else None


def standing(person: KnownContact, asked: KnownContact | None = None) -> Standing:
    """Say how much say somebody has beside whoever asked us, and why they are not to be tried, if so."""
    role = role_of(person)
    parts = [*_by_role(person, role), *_by_rank(person), *_by_place(person, asked)]
    return Standing(
        contact_id=person.id,
        title=person.title,
        seniority=person.seniority,
        department=person.department,
        role=role,
        role_said=person.role is not None,
        state=person.state,
        points=sum(points for points, _ in parts),
        because=tuple(f"{why} {points:+d}" for points, why in parts),
        not_now=_THEMSELVES if asked is not None and same_person(person, asked) else _not_now(person, role),
    )


def same_person(one: KnownContact, other: KnownContact) -> bool:
    """Say whether two are one who is known twice, say by two addresses: by their whole name, or by their number.

    A number alone tells only where no names speak against it: a switchboard's is many people's.
    """
    if one.id == other.id:
        return True
    names = [(_folded(who.first_name), _folded(who.last_name)) for who in (one, other)]
    if all(first and last for first, last in names) and names[0] == names[1]:
        return True
    at_odds = any(mine and theirs and mine != theirs for mine, theirs in zip(*names, strict=True))
    return one.phone is not None and one.phone == other.phone and not at_odds


def _folded(name: str | None) -> str:
    return " ".join((name or "").casefold().split())


def ranked(people: Sequence[KnownContact], asked: KnownContact | None = None) -> tuple[Standing, ...]:
    """Order people by whom to try first; whoever asked is left out.

    Those who are not to be tried come last, each with why. Of equals, whom we have known longer comes first.
    """
    others = [standing(one, asked) for one in people if asked is None or one.id != asked.id]
    return tuple(sorted(others, key=lambda one: (one.not_now is not None, -one.points, one.contact_id)))


def next_best(people: Sequence[KnownContact], asked: KnownContact | None = None) -> Standing | None:
    """Give whom to try when whoever asked does not answer or refers us on; None: we know nobody else to try (R45)."""
    first = next(iter(ranked(people, asked)), None)
    return None if first is None or first.not_now else first


def coverage(people: Sequence[KnownContact]) -> Coverage:
    """Say which parts of a purchase are taken by somebody who is still there, and which by nobody we know."""
    there = sorted((one for one in people if one.state is not ContactState.LEFT), key=lambda one: one.id)
    roles = [(one.id, role_of(one)) for one in there]
    known = {role: tuple(i for i, has in roles if has is role) for role in BuyingRole}
    taken = {role: ids for role, ids in known.items() if ids}
    missing = tuple(role for role in NEEDED if role not in taken)
    return Coverage(
        known=taken,
        missing=missing,
        unplaced=tuple(i for i, has in roles if has is None),
        sentence=_sentence(len(there), missing),
    )


def in_short(one: Standing) -> str:
    """Say in a few words what somebody is, and never who: "CFO, economic buyer"."""
    what = one.title or (one.seniority or "title unknown").replace("_", " ")
    return what if one.role is None else f"{what}, {one.role.replace('_', ' ')}"


def _by_role(person: KnownContact, role: BuyingRole | None) -> list[tuple[int, str]]:
    if person.role is None or role is None:
        return []
    return [(_ROLES[role], f"is the {role.replace('_', ' ')}" if _ROLES[role] > 0 else role.replace("_", " "))]


def _by_rank(person: KnownContact) -> list[tuple[int, str]]:
    found = []
    decider = _decides(person)
    if decider is not None:
        found.append((_DECIDES, "decides") if decider else (_DOES_NOT, "does not decide"))
    if person.seniority is not None and person.seniority in _RANKS:
        found.append((_RANKS[person.seniority], person.seniority.replace("_", " ")))
    return found


def _by_place(person: KnownContact, asked: KnownContact | None) -> list[tuple[int, str]]:
    found = []
    if asked is not None and person.referred_by == asked.id:
        found.append((_REFERRED, "whoever asked referred us to them"))
    if asked is not None and asked.department is not None and person.department == asked.department:
        found.append((_SAME_DEPARTMENT, f"works in {person.department}, too"))
    elif person.department in _HOLD_THE_PURSE:
        found.append((_PURSE, f"works in {person.department}"))
    return found


def _decides(person: KnownContact) -> bool | None:
    if person.decision_maker is not None:
        return person.decision_maker
    return decides(person.seniority) if person.seniority else None


def _not_now(person: KnownContact, role: BuyingRole | None) -> str | None:
    if person.state is not ContactState.ACTIVE:
        return _NOT_NOW[person.state]
    if role is BuyingRole.BLOCKER:
        return "is against it"
    return None if person.email or person.phone else "cannot be reached"


def _sentence(people: int, missing: Sequence[BuyingRole]) -> str:
    known = "nobody is known" if not people else "1 person is known" if people == 1 else f"{people} people are known"
    lack = ", ".join(role.replace("_", " ") for role in missing)
    return f"{known}; missing: {lack}" if lack else f"{known}; every part is taken"

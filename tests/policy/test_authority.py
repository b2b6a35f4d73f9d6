"""Who of a company has how much say, and whom to try next (R45)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contact import BuyingRole, ContactState, KnownContact
from models.facts import Department
from policy.authority import NEEDED, coverage, in_short, next_best, ranked, role_of, same_person, standing
from policy.cleaning.titles import Seniority

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def person(number: int, **known: Any) -> KnownContact:
    """One person who can be reached."""
    given: dict[str, Any] = {"email": f"p{number}@acme.example", "source": "import", "created_at": AT, "changed_at": AT}
    return KnownContact(id=number, **(given | known))


ASKED = person(1, seniority=Seniority.MANAGER, department=Department.IT)
CFO = person(2, title="CFO", seniority=Seniority.C_LEVEL, department=Department.FINANCE)
HEAD = person(3, title="Head of IT", seniority=Seniority.HEAD, department=Department.IT)
CLERK = person(4, title="Clerk", seniority=Seniority.SPECIALIST)
EVERYBODY = [ASKED, CFO, HEAD, CLERK]

SENIORITIES = st.none() | st.sampled_from(list(Seniority)).map(str)
PEOPLE = st.lists(
    st.fixed_dictionaries(
        {
            "title": st.none() | st.just("Chief Buyer"),
            "seniority": SENIORITIES,
            "department": st.none() | st.sampled_from(list(Department)).map(str),
            "decision_maker": st.none() | st.booleans(),
            "role": st.none() | st.sampled_from(BuyingRole),
            "state": st.sampled_from(ContactState),
            "email": st.none() | st.just("p@acme.example"),
            "referred_by": st.none() | st.just(1),
        }
    ),
    max_size=8,
).map(lambda given: [person(number, **known) for number, known in enumerate(given, start=1)])


KIM = {"first_name": "Kim", "last_name": "Stone"}
LINE = {"phone": "+4930901820"}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (KIM, {"first_name": "KIM", "last_name": " stone"}, True),
        (KIM, {"first_name": "Kim"}, False),
        (KIM, {"first_name": "Kai", "last_name": "Stone"}, False),
        (LINE, LINE, True),
        ({**LINE, **KIM}, LINE, True),
        ({**LINE, **KIM}, {**LINE, "last_name": "Berg"}, False),
        ({**LINE, **KIM}, {**LINE, "first_name": "Kai", "last_name": "Stone"}, False),
        ({}, {}, False),
    ],
)
def test_who_is_known_twice_is_one(one: dict[str, str], other: dict[str, str], expected: bool) -> None:
    """By a whole name, or by a number that no names speak against: a switchboard's is many people's."""
    assert expected == same_person(person(1, **one), person(2, **other))
    assert expected == same_person(person(2, **other), person(1, **one))


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"role": BuyingRole.CHAMPION, "seniority": "c_level"}, BuyingRole.CHAMPION),
        ({"seniority": "c_level", "department": "finance"}, BuyingRole.ECONOMIC_BUYER),
        ({"seniority": "founder", "department": "management"}, BuyingRole.ECONOMIC_BUYER),
        ({"decision_maker": True, "department": "procurement"}, BuyingRole.ECONOMIC_BUYER),
        ({"seniority": "vp", "department": "sales"}, BuyingRole.DECISION_MAKER),
        ({"seniority": "vp", "decision_maker": False}, None),
        ({"decision_maker": True}, BuyingRole.DECISION_MAKER),
        ({"seniority": "manager"}, BuyingRole.INFLUENCER),
        ({"seniority": "senior"}, BuyingRole.EVALUATOR),
        ({"seniority": "specialist"}, BuyingRole.USER),
        ({"seniority": "assistant"}, None),
        ({}, None),
    ],
)
def test_what_part_somebody_has(known: dict[str, Any], expected: BuyingRole | None) -> None:
    """As it was said; else as seniority and department tell; and nobody is guessed to be for or against it."""
    assert expected == role_of(person(1, **known))


def test_those_who_decide_come_first() -> None:
    """The CFO before the head of the same department, and a clerk last; each point has its reason."""
    order = ranked(EVERYBODY, ASKED)
    assert [2, 3, 4] == [one.contact_id for one in order]
    assert ("decides +20", "c level +30", "works in finance +5") == order[0].because
    assert ("decides +20", "head +16", "works in it, too +10") == order[1].because
    assert "CFO, economic buyer" == in_short(order[0])


def test_whom_we_were_referred_to_goes_up() -> None:
    """A colleague whom whoever asked has named goes before one who ranks a little higher."""
    named = person(5, seniority=Seniority.DIRECTOR, referred_by=ASKED.id)
    vice = person(6, seniority=Seniority.VP)
    assert [5, 6] == [one.contact_id for one in ranked([vice, named], ASKED)]
    assert [6, 5] == [one.contact_id for one in ranked([vice, named])]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"state": ContactState.NO_ANSWER}, "does not answer"),
        ({"state": ContactState.REFERRED_ON}, "referred us on"),
        ({"state": ContactState.DECLINED}, "declined"),
        ({"state": ContactState.LEFT}, "has left the company"),
        ({"role": BuyingRole.BLOCKER}, "is against it"),
        ({"email": None}, "cannot be reached"),
    ],
)
def test_some_are_not_to_be_tried(change: dict[str, Any], why: str) -> None:
    """They come last and say why, however much say they have; the next one is somebody else, or nobody."""
    silent = CFO.model_copy(update=change)
    assert [(4, None), (2, why)] == [(one.contact_id, one.not_now) for one in ranked([silent, CLERK], ASKED)]
    assert (best := next_best([ASKED, silent, CLERK], ASKED)) is not None
    assert 4 == best.contact_id
    assert next_best([ASKED, silent], ASKED) is None


def test_which_parts_nobody_has() -> None:
    """Those who have left have none any more; whose part nothing tells is said."""
    gone = person(7, role=BuyingRole.CHAMPION, state=ContactState.LEFT)
    found = coverage([*EVERYBODY, gone, person(8)])
    assert {
        BuyingRole.ECONOMIC_BUYER: (2,),
        BuyingRole.DECISION_MAKER: (3,),
        BuyingRole.INFLUENCER: (1,),
        BuyingRole.USER: (4,),
    } == found.known
    assert (BuyingRole.CHAMPION, BuyingRole.EVALUATOR) == found.missing
    assert ((8,), "5 people are known; missing: champion, evaluator") == (found.unplaced, found.sentence)
    nobody = coverage([])
    assert (NEEDED, {}, "nobody is known") == (nobody.missing, nobody.known, nobody.sentence.partition(";")[0])


@given(PEOPLE, st.randoms(use_true_random=False))
def test_the_order_they_are_given_in_does_not_matter(people: list[KnownContact], random: Any) -> None:
    """The same people rank the same way, are covered the same way, and nobody is lost or there twice."""
    mixed = list(people)
    random.shuffle(mixed)
    asked = people[0] if people else None
    assert ranked(people, asked) == ranked(mixed, asked)
    assert coverage(people) == coverage(mixed)
    assert sorted(one.id for one in people[1:]) == sorted(one.contact_id for one in ranked(people, asked))


@given(PEOPLE)
def test_reasons_add_up_and_the_next_one_can_be_tried(people: list[KnownContact]) -> None:
    """Points are the sum of the reasons; the next one is active, can be reached, and nobody open has more points."""
    for one in people:
        found = standing(one, people[0])
        assert found.points == sum(int(why.rpartition(" ")[2]) for why in found.because)
    best = next_best(people, people[0] if people else None)
    can = [one for one in ranked(people, people[0] if people else None) if one.not_now is None]
    assert (best is None) == (not can)
    if best is not None:
        assert best.points == max(one.points for one in can)
        assert ContactState.ACTIVE is best.state

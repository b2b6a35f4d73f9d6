"""First answers: none unless a policy asks, none to an address that is nobody's, and no advertisement in our name."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import Refused, parse
from models.facts import EmailKind, LeadFacts
from models.lead import Company, LeadType
from models.policy import FirstAnswer, Policy
from policy.answering import first_answer, mentions_owner, worded
from policy.compiled import CompiledPolicy, PolicyError, compile_policy
from tests.policy import floor
from tests.policy.floor import NOON

HIGH = {"name": "hot", "when": 'type == "demo_request"', "subject": "Your demo", "text": "Hello {first_name}."}
ANY = {"name": "any", "subject": "Thank you", "text": "Dear {first_name} of {company}, {owner} will call."}


def policy(*answers: dict[str, Any]) -> CompiledPolicy:
    """Compile the sample policy with first answers."""
    raw = floor.compiled().policy.model_dump(mode="json", exclude_unset=True) | {"first_answers": list(answers)}
    return compile_policy(parse(Policy, raw), "test@2")


def lead(**changes: Any) -> LeadFacts:
    """A lead with an address of its own."""
    known: dict[str, Any] = {"email": "kim@acme.example", "email_kind": EmailKind.WORK, "first_name": "Kim"}
    return floor.lead(**(known | changes))


def chosen(compiled: CompiledPolicy, facts: LeadFacts) -> str | None:
    """Name the answer that is given."""
    answer = first_answer(compiled, facts, NOON)
    return answer.name if answer else None


def test_a_policy_that_asks_for_none_has_none() -> None:
    """Nobody is written to by a machine unless somebody wants it."""
    assert chosen(policy(), lead()) is None


def test_the_first_that_holds_is_given() -> None:
    """In the policy's order; one without a condition holds always."""
    compiled = policy(HIGH, ANY)
    assert "hot" == chosen(compiled, lead(type=LeadType.DEMO_REQUEST))
    assert "any" == chosen(compiled, lead(type=LeadType.NEWSLETTER))
    assert chosen(policy(HIGH), lead(type=LeadType.NEWSLETTER)) is None


@pytest.mark.parametrize(
    ("kind", "answered"),
    [
        (EmailKind.WORK, "any"),
        (EmailKind.FREE, "any"),
        (EmailKind.ROLE, None),
        (EmailKind.DISPOSABLE, None),
        (EmailKind.NONE, None),
    ],
)
def test_nobodys_address_is_not_answered(kind: EmailKind, answered: str | None) -> None:
    """`info@`, `no-reply@`, throw-aways: there a machine reads, or nobody."""
    assert answered == chosen(policy(ANY), lead(email_kind=kind))


def test_who_left_no_address_is_not_answered() -> None:
    """There is nowhere to write to."""
    assert chosen(policy(ANY), lead(email=None)) is None


@pytest.mark.parametrize(
    ("first_name", "company", "said"),
    [
        ("Kim", "Acme", "Dear Kim of Acme, Ana will call."),
        (None, None, "Dear there of your company, Ana will call."),
        ("Kim  \n Lee", " Acme  GmbH ", "Dear Kim Lee of Acme GmbH, Ana will call."),
        ("Win a prize at https://bad.example", "bad.example/now", "Dear there of your company, Ana will call."),
        ("www.bad.example", "x" * 81, "Dear there of your company, Ana will call."),
        ("{owner}", "{company}", "Dear {owner} of {company}, Ana will call."),
    ],
)
def test_words_are_filled_in(first_name: str | None, company: str | None, said: str) -> None:
    """What is unknown, or no name at all, is said in general words; braces that somebody typed stay what they are."""
    facts = lead(first_name=first_name).model_copy(update={"company": Company(name=company)})
    assert said == worded(ANY["text"], facts, "Ana")


def test_nobody_is_named_while_nobody_has_it() -> None:
    """Before there is an owner, it is the team who will."""
    assert "Dear there of your company, our team will call." == worded(ANY["text"], None, None)
    assert (True, False) == (mentions_owner("Hi", ANY["text"]), mentions_owner("Hi", HIGH["text"]))


@given(name=st.text(max_size=200), company=st.text(max_size=200))
def test_nothing_that_is_typed_becomes_a_link(name: str, company: str) -> None:
    """A stranger's form entry sends no web address to the person whose address they typed."""
    facts = lead(first_name=name).model_copy(update={"company": Company(name=company)})
    said = worded(ANY["text"], facts, None)
    assert not any(mark in said.lower() for mark in ("://", "www."))


@pytest.mark.parametrize(
    ("change", "where", "what"),
    [
        ({"text": "Hello {name}"}, "first_answers.0.text", "{name} is not known; there are {first_name}"),
        ({"subject": "Hello {"}, "first_answers.0.subject", "without its other half"),
        ({"subject": "Hello\nBcc: x@y.example"}, "first_answers.0.subject", "one line"),
        ({"text": ""}, "first_answers.0.text", "at least 1 character"),
    ],
)
def test_a_wrong_answer_is_refused_by_its_place(change: dict[str, str], where: str, what: str) -> None:
    """Whoever writes a policy is told which word of which answer is wrong."""
    with pytest.raises(Refused) as raised:
        parse(
            Policy, policy(ANY).policy.model_dump(mode="json", exclude_unset=True) | {"first_answers": [ANY | change]}
        )
    (problem,) = raised.value.problems
    assert where == problem.field
    assert what in problem.what


def test_a_wrong_condition_is_refused_by_its_place() -> None:
    """A policy whose condition cannot be judged is never published; what is only known later is not known here."""
    with pytest.raises(PolicyError) as raised:
        policy(ANY | {"when": "points > 3"})
    assert "first_answers[0].when" == raised.value.problems[0].field


def test_names_are_there_once() -> None:
    """Which answer was sent is told by its name."""
    with pytest.raises(Refused, match="'any' is there twice"):
        policy(ANY, ANY)


def test_an_answer_reads_as_written() -> None:
    """The shape of the file is the shape of the rule."""
    (answer,) = policy(ANY).policy.first_answers
    assert FirstAnswer(**ANY) == answer

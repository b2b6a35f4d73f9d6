"""Who gets the lead and why: rules, levels, turns, and what is written down of it (R9-R29; invariants 6-8)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.decisions import Disqualified, Score
from models.ladder import Target
from models.lead import Company, DealValue, Fit, Intent, LeadType, Touch
from models.roster import Level
from models.routing import Widen
from policy.compiled import compile_policy
from policy.fairness import UNIT
from policy.routing.availability import first_reason_against
from policy.routing.choosing import Chosen, Impossible, NoOne, Waits
from policy.routing.crew import calendar_of, members_of, rep_of
from tests.policy.asking import (
    ANYBODY,
    FACTS,
    NOON,
    POLICY,
    ask,
    berlin,
    chosen,
    compiled,
    order,
    reasons,
    roster,
    score,
)


def test_the_rep_reads_why_in_one_sentence() -> None:
    """Kind of lead, size and country, rule, turn and pool; nothing about the prospect's person."""
    answer = chosen()

    assert answer.sentence == (
        "You get this lead because it is a demo request from a 12,000-employee company in DE "
        "(rule enterprise-emea) and it is your turn in enterprise-emea."
    )
    assert ("ana", "Ana", "emea", "emea", "vera") == (
        answer.rep_id,
        answer.rep_name,
        answer.team,
        answer.region,
        answer.manager_id,
    )
    assert ("enterprise-emea", "enterprise-emea") == (answer.pool, answer.rule)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "a demo request from a 12,000-employee company in DE"),
        ({"company": Company(employees=8)}, "a demo request from an 8-employee company"),
        ({"company": Company(employees=18500)}, "a demo request from an 18,500-employee company"),
        ({"company": Company(employees=180)}, "a demo request from a 180-employee company"),
        ({"company": Company(domain="acme.example"), "country": "FR"}, "a demo request from a company in FR"),
        ({"company": Company(), "country": "FR"}, "a demo request from FR"),
        ({"company": Company(), "type": LeadType.OTHER}, "an inquiry"),
    ],
)
def test_the_sentence_says_what_is_known(changes: dict[str, Any], said: str) -> None:
    """What is not known of the company is left out, and the grammar holds."""
    answer = chosen(facts=FACTS.model_copy(update=changes), judged=ANYBODY)

    assert f" because it is {said} (" in answer.sentence


def test_every_kind_of_lead_has_words() -> None:
    """No lead type is without a name in a sentence."""
    for kind in LeadType:
        assert "because it is a" in chosen(facts=FACTS.model_copy(update={"type": kind})).sentence


def test_the_trace_tells_the_whole_decision() -> None:
    """Rules tried, levels asked for, each member with the first reason against them, whose turn, who covers."""
    people = roster(ana={"capacity": 3})
    trace = chosen(people, loads={"ana": 3, "ben": 1}, balances={"enterprise-emea": {"ben": -UNIT // 2}}).trace

    assert [("enterprise-emea", True)] == [(rule.rule, rule.matched) for rule in trace.rules]
    assert "region is emea, company.employees is 12000" == trace.rules[0].because
    assert ("test@1", "enterprise-emea", ("senior",)) == (trace.policy, trace.pool, trace.levels)
    assert [
        ("ana", "3 of 3 leads open", 3, 3, 2, 0),
        ("ben", None, 1, 10, 1, -0.5),
        ("cho", "junior, not senior", 0, 10, 1, 0),
    ] == [(one.rep_id, one.excluded, one.load, one.capacity, one.weight, one.balance) for one in trace.candidates]
    assert ("ben", None, "ben is the only one eligible") == (trace.chosen, trace.backup, trace.because)


def test_rules_are_tried_in_order_up_to_the_first_that_matches() -> None:
    """A rule that did not match says on what; without a match the default pool takes the lead."""
    small = FACTS.model_copy(update={"company": Company(employees=20, country="DE")})

    answer = chosen(facts=small, judged=ANYBODY)

    assert [("enterprise-emea", False), ("keen", False)] == [(one.rule, one.matched) for one in answer.trace.rules]
    assert ("everybody", None) == (answer.pool, answer.rule)
    assert "(no rule matched, so the default pool)" in answer.sentence


def test_rules_may_look_at_what_the_prospect_did() -> None:
    """Touches are among what a rule may name."""
    small = FACTS.model_copy(update={"company": Company(employees=20)})
    visits = tuple(Touch(kind="pricing_visit", at=NOON) for _ in range(2))

    answer = chosen(facts=small, judged=ANYBODY, touches=visits, at=berlin(3, 18))

    assert ("dee", "keen", "amer", "max") == (answer.rep_id, answer.rule, answer.team, answer.manager_id)
    assert "and you are the only one available in solo." in answer.sentence


def test_turns_follow_the_weights() -> None:
    """Fed back into itself, the rotation gives Ana two leads of three and Ben one."""
    balances: dict[str, Mapping[str, int]] = {}
    given: list[str] = []
    for _ in range(9):
        answer = chosen(balances=balances)
        assert answer.turn is not None
        balances = {"enterprise-emea": answer.turn.balances_after}
        given.append(answer.rep_id)

    assert {"ana": 2, "ben": 1} == chosen().weights
    assert (6, 3) == (given.count("ana"), given.count("ben"))
    assert all({"ana", "ben"} == set(given[place : place + 3]) for place in (0, 3, 6))


@pytest.mark.parametrize(
    ("judged", "deal", "asked_for", "excluded"),
    [
        (score(), None, ("senior",), {"ana": None, "ben": None, "cho": "junior, not senior"}),
        (score(), 5000, ("senior",), {"ana": None, "ben": None, "cho": "junior, not senior"}),
        (ANYBODY, None, (), {"ana": None, "ben": None, "cho": None}),
        (
            ANYBODY,
            5000,
            ("junior", "sdr"),
            {"ana": "senior, not sdr or junior", "ben": "senior, not sdr or junior", "cho": None},
        ),
        (
            score(Intent.LOW, Fit.WEAK, "enterprise"),
            5000,
            ("senior",),
            {"ana": None, "ben": None, "cho": "junior, not senior"},
        ),
    ],
    ids=["cell", "cell-before-tier", "neither", "tier-of-the-deal", "tier-as-qualified"],
)
def test_levels_come_from_the_matrix_or_the_tier(
    judged: Score, deal: float | None, asked_for: tuple[str, ...], excluded: dict[str, str | None]
) -> None:
    """The matrix cell's levels go before the deal's tier; the tier is the one that was qualified (R6, R8)."""
    facts = FACTS if deal is None else FACTS.model_copy(update={"deal_value": DealValue(amount=deal)})

    answer = chosen(facts=facts, judged=judged)

    assert (asked_for, excluded) == (answer.trace.levels, reasons(answer))


def test_a_pool_without_the_level_takes_anybody() -> None:
    """A lead does not wait for a level that the pool does not have, and the trace says so."""
    people = roster(ana={"level": "mid"}, ben={"level": "senior", "active": False})

    answer = chosen(people)

    assert {"ana": None, "ben": "inactive", "cho": None} == reasons(answer)
    assert answer.trace.because.endswith("; nobody in enterprise-emea is senior, so any level counts")


@pytest.mark.parametrize(
    ("widen", "expected"),
    [
        ("none", (None, "all of them are away")),
        ("senior", ("ana", "nobody who is junior or sdr is available, so a more senior one counts")),
        ("any", ("ana", "nobody who is junior or sdr is available, so any level counts")),
    ],
)
def test_when_nobody_of_the_level_is_available_policy_says_who_else(
    widen: str, expected: tuple[str | None, str]
) -> None:
    """A lead for juniors does not wait for days while a senior is on shift, unless the company wants it so."""
    rules = POLICY.policy.routing.model_copy(update={"widen": Widen(widen)})
    wider = compile_policy(POLICY.policy.model_copy(update={"routing": rules}), "test@2")
    people = roster(cho={"time_off": [{"from": "2026-03-01", "to": "2026-03-05"}]})
    facts = FACTS.model_copy(update={"deal_value": DealValue(amount=5000)})

    answer = ask(people, facts=facts, judged=ANYBODY, policy=wider)

    if expected[0] is None:
        assert isinstance(answer, Waits)
        assert "junior" in answer.trace.levels
    else:
        assert isinstance(answer, Chosen)
        assert expected[1] in answer.trace.because


def test_when_all_of_the_level_were_asked_the_rest_of_the_pool_is() -> None:
    """A reassignment does not end at the last senior while the pool has others."""
    answer = chosen(wanted=order(Target.NEXT, offer=3, asked=("ana", "ben"), holder="ben"))

    assert answer.rep_id == "cho"
    assert answer.trace.because.endswith("everybody in enterprise-emea who is senior was asked, so any level counts")


def test_a_disqualified_lead_that_is_routed_by_hand_falls_to_any_tier() -> None:
    """A score that is no route still gives an answer."""
    judged = ANYBODY.model_copy(update={"qualification": Disqualified(because="student")})

    assert chosen(judged=judged).trace.tier is None


def test_a_long_line_is_cut_and_the_trace_is_not() -> None:
    """Six people are named in a line; the trace names all."""
    many = {f"rep{number}": {"active": False} for number in range(8)}
    people = roster(**many, ana={"active": False}, ben={"active": False}, cho={"active": False})
    answer = ask(people, policy=compiled(rules=[]), judged=ANYBODY)

    assert isinstance(answer, NoOne)
    assert answer.because.endswith("rep2 is inactive, and 5 more")
    assert 11 == len(answer.trace.candidates)


def test_a_pool_may_name_people_and_a_team() -> None:
    """Named members come first, then the team's of the pool's levels, each once."""
    people = roster()
    pool = people.pools["everybody"].model_copy(update={"members": ["dee", "ben"], "levels": [Level.SENIOR]})

    assert ["dee", "ben", "ana"] == [rep.id for rep in members_of(people, pool)]


IDS = ("ana", "ben", "cho", "dee")
REP = st.fixed_dictionaries(
    {
        "team": st.sampled_from(["emea", "amer"]),
        "level": st.sampled_from([level.value for level in Level]),
        "weight": st.integers(1, 5),
        "capacity": st.integers(0, 3),
        "active": st.integers(0, 4).map(bool),
        "time_off": st.lists(
            st.integers(1, 9).map(lambda day: {"from": f"2026-03-{day:02}", "to": f"2026-03-{day + 1:02}"}),
            max_size=1,
        ),
    }
)


@st.composite
def questions(draw: st.DrawFn, *targets: Target) -> dict[str, Any]:
    """Make any question one may ask of four people."""
    changes: dict[str, dict[str, Any]] = {rep_id: draw(REP) for rep_id in IDS}
    for rep_id in IDS:
        changes[rep_id]["backup"] = draw(st.sampled_from([None, *(other for other in IDS if other != rep_id)]))
    asked = tuple(draw(st.lists(st.sampled_from(IDS), unique=True, max_size=3)))
    wanted = order(
        draw(st.sampled_from(targets)),
        asked=asked,
        holder=draw(st.sampled_from([None, *IDS])),
        backup=draw(st.sampled_from([None, *IDS])),
        rep_id=draw(st.sampled_from(IDS)),
        by="vera",
    )
    return {
        "people": roster(**changes),
        "at": berlin(2, 0) + timedelta(minutes=draw(st.integers(0, 8 * 24 * 60))),
        "judged": draw(st.sampled_from([score(), ANYBODY, score(Intent.LOW, Fit.WEAK, "small")])),
        "loads": draw(st.dictionaries(st.sampled_from(IDS), st.integers(0, 4))),
        "balances": {"enterprise-emea": draw(st.dictionaries(st.sampled_from(IDS), st.integers(-UNIT, UNIT)))},
        "wanted": wanted,
    }


MACHINE = (Target.PRIMARY, Target.NEXT, Target.BACKUP)


@given(questions(*MACHINE))
def test_the_machine_never_asks_anybody_who_may_not_be_asked(question: dict[str, Any]) -> None:
    """Whoever is chosen is on shift, not full and not asked before, and of the level unless they are a backup."""
    answer = ask(**question)
    if isinstance(answer, Chosen):
        people, wanted = question["people"], question["wanted"]
        rep = rep_of(people, answer.rep_id)
        assert rep is not None
        load, asked = question["loads"].get(rep.id, 0), rep.id in (*wanted.asked, wanted.holder)
        assert None is first_reason_against(rep, calendar_of(people, rep), question["at"], load=load, asked=asked)
        levels = answer.trace.levels
        assert not levels or rep.level in levels or answer.turn is None or "any level" in answer.trace.because
        assert None is reasons(answer)[rep.id]
        assert answer.backup_id not in {rep.id, *wanted.asked, wanted.holder} - {None}


@given(questions(*MACHINE, Target.NAMED))
def test_the_same_question_gets_the_same_answer(question: dict[str, Any]) -> None:
    """No dice: also when loads and balances come in another order."""
    turned = {
        **question,
        "loads": dict(reversed(question["loads"].items())),
        "balances": {"enterprise-emea": dict(reversed(question["balances"]["enterprise-emea"].items()))},
    }

    assert ask(**question) == ask(**turned)


@given(questions(*MACHINE, Target.NAMED))
def test_the_explanation_names_every_member_once(question: dict[str, Any]) -> None:
    """Each pool member stands in the trace exactly once, whatever the answer."""
    answer = ask(**question)
    if not isinstance(answer, Impossible):
        named = [one.rep_id for one in answer.trace.candidates]
        assert len(named) == len(set(named))
        assert {"ana", "ben", "cho"} <= set(named)


@given(questions(*MACHINE))
def test_waiting_is_worth_it(question: dict[str, Any]) -> None:
    """A lead waits only while nobody holds it, until later and not too long, for somebody to come or come free."""
    answer = ask(**question)
    if isinstance(answer, Waits):
        assert None is question["wanted"].holder
        assert question["at"] < answer.until <= question["at"] + timedelta(days=4)
        empty_now, empty_then = ({**question, "at": at, "loads": {}} for at in (question["at"], answer.until))
        if not any(rep.capacity == 0 for rep in question["people"].reps):
            assert isinstance(ask(**empty_now), Chosen) or isinstance(ask(**empty_then), Chosen)

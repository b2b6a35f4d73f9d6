"""Whose a lead is before any rule: the precedence of ties, and what becomes of a lead whose person is away."""

from datetime import timedelta
from typing import Any

import pytest

from models.ladder import Target
from models.lead import LeadType
from policy.routing.choices import Chosen, NoOne, Waits
from policy.routing.situation import Tie, TieKind
from tests.policy.floor import (
    GLOBEX,
    INITECH,
    NOON,
    ask,
    berlin,
    chosen,
    compiled,
    excluded,
    lead,
    order,
    roster,
    score,
    tie,
)

PERSON, COMPANY, OPEN = TieKind.PERSON, TieKind.COMPANY, TieKind.OPEN
OFF = {"time_off": [{"from": "2026-03-03", "to": "2026-03-03"}]}
"""Away until Wednesday morning."""
ALL_EMEA = {"all": {"members": ["cho"]}}
"""The rotation is Cho's alone: whoever else gets the lead has it by a tie."""
NAMED = (GLOBEX | {"owner": "ana"}, INITECH)


def account(**people: str) -> tuple[dict[str, Any], ...]:
    """Make Globex with some people, and its parent without any."""
    return (GLOBEX | people, INITECH)


@pytest.mark.parametrize(
    ("accounts", "ties", "expected", "says"),
    [
        (account(owner="ana"), [], ("ana", "named_account"), "because Globex is your account (named account). It is a"),
        (account(relationship="ben"), [], ("ben", "relationship"), "because you look after Globex already. It is a"),
        (
            account(),
            [tie(PERSON, "ben")],
            ("ben", "relationship"),
            "because you had this contact's earlier lead. It is a demo request from a company in DE.",
        ),
        (account(), [tie(COMPANY, "ben")], ("ben", "relationship"), "because you have worked with Globex before. "),
        ((), [tie(COMPANY, "ben")], ("ben", "relationship"), "because you have worked with Globex Ltd before. "),
        (account(), [tie(OPEN, "ben")], ("ben", "open_lead"), "you have another open lead of the same company. "),
        (
            (GLOBEX, INITECH | {"owner": "ben"}),
            [],
            ("ben", "parent"),
            "because Initech, the parent company of Globex, is your account. ",
        ),
        (
            (GLOBEX, INITECH | {"relationship": "ben"}),
            [],
            ("ben", "parent"),
            "because you look after Initech, the parent company of Globex. ",
        ),
        (
            account(),
            [tie(OPEN, "ben", "initech.example")],
            ("ben", "parent"),
            "because you have worked with Initech, its parent company. ",
        ),
        (account(owner="ana", relationship="ben"), [tie(OPEN, "ben")], ("ana", "named_account"), "named account"),
        (account(relationship="ana"), [tie(PERSON, "ben"), tie(COMPANY, "ben")], ("ana", "relationship"), "look after"),
        (account(), [tie(COMPANY, "ana", days=1), tie(PERSON, "ben", days=9)], ("ben", "relationship"), "contact's"),
        (account(), [tie(COMPANY, "ana", days=5), tie(OPEN, "ben", days=1)], ("ana", "relationship"), "worked with"),
        (account(), [tie(OPEN, "ana", days=5), tie(OPEN, "ben", days=2)], ("ben", "open_lead"), "open lead"),
        ((GLOBEX, INITECH | {"owner": "ana"}), [tie(OPEN, "ben")], ("ben", "open_lead"), "open lead"),
    ],
)
def test_the_strongest_tie_decides(accounts: Any, ties: list[Tie], expected: tuple[str, str], says: str) -> None:
    """Named account before relationship before open lead before parent; no turn is charged, and the rep reads why."""
    answer = chosen(roster(ALL_EMEA), compiled(accounts), ties=ties)

    assert expected == (answer.rep_id, answer.tie) == (answer.trace.chosen, answer.trace.tie)
    assert says in answer.sentence
    assert None is answer.turn
    assert [one.rep_id for one in answer.trace.ties if one.decided] == [answer.rep_id]
    assert None is excluded(answer.trace)[answer.rep_id]


@pytest.mark.parametrize(
    ("ties", "accounts", "why"),
    [
        ([], (), "nobody is tied"),
        ([tie(COMPANY, "ben", days=731)], (), "too old"),
        ([tie(PERSON, "ben", days=731)], (), "too old"),
        ([tie(COMPANY, "ben", "other.example")], (), "another company"),
        ([tie(OPEN, "ben", lead_id="l1")], (), "the lead itself"),
        ([tie(OPEN, "gone")], (), "not in the roster"),
        ([], (GLOBEX, INITECH | {"success": "ben"}), "success is for its own matters"),
    ],
)
def test_what_is_no_tie_leaves_it_to_the_rules(ties: list[Tie], accounts: Any, why: str) -> None:
    """Old, foreign and departed ties decide nothing; the rotation does, and each tie says that nobody has one."""
    answer = chosen(roster(ALL_EMEA), compiled(accounts), ties=ties)

    assert ("cho", None) == (answer.rep_id, answer.tie), why
    assert {"named_account", "relationship", "open_lead", "parent"} == {one.tie for one in answer.trace.ties}
    assert not any(one.decided for one in answer.trace.ties)


def test_a_long_chain_of_parents_is_followed_to_the_nearest_who_answers() -> None:
    """A subsidiary of a subsidiary goes to the owner of the nearest company above it (R20)."""
    accounts = (
        GLOBEX | {"parent": "mid"},
        {"id": "mid", "name": "Mid", "parent": "initech"},
        INITECH | {"owner": "ben", "parent": "top"},
        {"id": "top", "name": "Top", "owner": "ana"},
    )

    assert ("ben", "parent") == (chosen(roster(ALL_EMEA), compiled(accounts)).rep_id, "parent")


def test_a_tie_asks_no_level_and_no_skill() -> None:
    """Whose account it is gets it, though the rule asks for seniors who speak Turkish."""
    rules = [{"name": "tr", "when": "true", "pool": "all", "levels": ["senior"], "needs": ["language"]}]

    answer = chosen(roster(), compiled(account(owner="cho"), rules=rules), lead(language="tr"))

    assert ("cho", None) == (answer.rep_id, excluded(answer.trace)["cho"])
    assert "tr" == answer.rule


AWAY = [
    # away, who is off, further asks -> who gets it, or until when it is held
    ("cover", {"ana": OFF}, "ben"),
    ("cover", {"ana": OFF, "ben": OFF}, berlin(4, 9)),
    ("cover", {"ana": OFF | {"backup": None}}, berlin(4, 9)),
    ("cover", {"ana": OFF | {"backup": "dee"}}, berlin(3, 17)),
    ("cover", {"ana": {"time_off": [{"from": "2026-03-01", "to": "2026-03-20"}], "backup": "dee"}}, berlin(3, 17)),
    ("hold", {"ana": OFF}, berlin(4, 9)),
    ("rules", {"ana": OFF}, "cho"),
    ("hold", {"ana": {"capacity": 1}}, NOON + timedelta(minutes=15)),
    ("cover", {"ana": {"capacity": 1}}, "ben"),
    ("hold", {"ana": {"capacity": 0}}, "cho"),
    ("hold", {"ana": {"time_off": [{"from": "2026-03-01", "to": "2026-03-06"}]}}, "cho"),
    ("hold", {"ana": {"active": False}}, "cho"),
    ("cover", {"ana": {"active": False}}, "cho"),
]


@pytest.mark.parametrize(("away", "off", "expected"), AWAY)
def test_while_its_person_is_away_policy_says_who_gets_it(away: str, off: Any, expected: Any) -> None:
    """Cover: the backup, else held; hold: held, but not for longer than `hold_at_most`; rules: others."""
    policy = compiled(NAMED, ties=[{"to": "named_account", "away": away}])

    answer = ask(roster(ALL_EMEA, **off), policy, loads={"ana": 1})

    if isinstance(expected, str):
        assert isinstance(answer, Chosen)
        assert expected == answer.rep_id
    else:
        assert isinstance(answer, Waits)
        assert (expected, None, "ana", "vera") == (answer.until, answer.pool, answer.rep_id, answer.manager_id)
        assert answer.because.startswith("it is held for ana: Globex is ana's account (named account), and ana ")
        assert ("named_account", None) == (answer.trace.tie, answer.trace.chosen)


def test_who_covers_reads_for_whom() -> None:
    """The backup reads whose account it is and why they get it."""
    answer = chosen(roster(ALL_EMEA, ana=OFF), compiled(NAMED))

    assert answer.sentence == (
        "You get this lead as Ana's backup: Globex is ana's account (named account), and ana is on leave until 3 Mar. "
        "It is a demo request from a company in DE."
    )
    assert "on leave until 3 Mar" == excluded(answer.trace)["ana"]


def test_a_lead_is_not_held_for_ever() -> None:
    """A full owner keeps a lead waiting for `hold_at_most` since it came; then others may have it."""
    people, policy = roster(ALL_EMEA, ana={"capacity": 1, "backup": None}), compiled(NAMED)
    nearly, over = (order(sla_from=NOON - timedelta(days=4, minutes=least)) for least in (-15, -14))

    assert isinstance(ask(people, policy, wanted=nearly, loads={"ana": 1}), Waits)
    assert "cho" == chosen(people, policy, wanted=over, loads={"ana": 1}).rep_id


@pytest.mark.parametrize("to", [Target.PRIMARY, Target.NEXT, Target.BACKUP])
def test_who_declined_is_not_asked_again(to: Target) -> None:
    """The owner who declined has lost their claim: the rotation goes on, and never back to them."""
    wanted = order(to, asked=("ana",), offer=2)

    answer = chosen(roster(ALL_EMEA, ana={"backup": None}), compiled(NAMED), wanted=wanted)

    assert ("cho", None, "was offered it before") == (answer.rep_id, answer.tie, excluded(answer.trace)["ana"])


@pytest.mark.parametrize("to", [Target.PRIMARY, Target.NEXT, Target.BACKUP])
def test_while_an_owner_is_there_nobody_else_gets_it_by_machine(to: Target) -> None:
    """Not the rotation, not a reserved backup either (R25)."""
    wanted = order(to, asked=("cho",), holder="cho", backup="ben", offer=2)

    assert ("ana", "named_account") == (chosen(wanted=wanted, policy=compiled(NAMED)).rep_id, "named_account")


def test_a_backup_goes_before_weaker_ties() -> None:
    """When an offer ran out, its reserved backup is asked before who merely knows the company; then they are."""
    wanted = order(Target.BACKUP, asked=("cho",), holder="cho", backup="ben")
    known = [tie(COMPANY, "ana")]

    assert "ben" == chosen(wanted=wanted, ties=known).rep_id
    assert "ana" == chosen(wanted=wanted.model_copy(update={"backup": None}), ties=known).rep_id


def test_a_lead_that_somebody_holds_is_not_taken_away_to_wait() -> None:
    """The owner is away, and Cho holds the lead: it moves on in rotation, or stays."""
    people = roster({"all": {"members": ["ben", "cho"]}}, ana=OFF | {"backup": None})
    wanted = order(Target.NEXT, asked=("cho",), holder="cho")

    answer = chosen(people, compiled(NAMED), wanted=wanted)

    assert "ben" == answer.rep_id
    assert "holds it meanwhile" in answer.trace.ties[0].because
    assert isinstance(ask(roster(ALL_EMEA, ana=OFF | {"backup": None}), compiled(NAMED), wanted=wanted), NoOne)


def test_a_human_overrules_a_named_account() -> None:
    """R25 binds the machine; a manager may name anybody."""
    answer = chosen(policy=compiled(NAMED), wanted=order(Target.NAMED, rep_id="cho", by="vera"))

    assert ("cho", None) == (answer.rep_id, answer.tie)


SUCCESS = account(owner="ana", success="ben")


@pytest.mark.parametrize(
    ("accounts", "way", "ties", "expected"),
    [
        (SUCCESS, {"via": "success"}, [], ("ben", "relationship")),
        (SUCCESS, {"via": "success", "pool": "one"}, [], ("ben", "relationship")),
        (SUCCESS, {}, [], ("ana", "named_account")),
        (account(owner="ana", relationship="ben"), {"via": "relationship"}, [], ("ben", "relationship")),
        ((GLOBEX, INITECH | {"success": "ben"}), {"via": "success"}, [], ("ben", "relationship")),
        ((), {"via": "success", "pool": "one"}, [tie(COMPANY, "ana"), tie(OPEN, "ben")], ("cho", None)),
        ((), {"via": "success", "pool": "one"}, [tie(COMPANY, "ana"), tie(OPEN, "cho")], ("cho", "open_lead")),
        ((), {"via": "success"}, [tie(COMPANY, "ana")], ("ana", "relationship")),
    ],
)
def test_a_customers_matter_goes_to_whom_the_account_names_for_it(
    accounts: Any, way: dict[str, str], ties: list[Tie], expected: tuple[str, str | None]
) -> None:
    """A renewal is customer success's, not for whoever sold to the company, nor a new lead (R27, R46)."""
    answer = chosen(policy=compiled(accounts), facts=lead(type=LeadType.RENEWAL), judged=score(**way), ties=ties)

    assert expected == (answer.rep_id, answer.tie)


def test_policy_says_which_ties_count() -> None:
    """A policy without ties routes by rules alone."""
    answer = chosen(roster(ALL_EMEA), compiled(NAMED, ties=[]), ties=[tie(OPEN, "ben")])

    assert ("cho", ()) == (answer.rep_id, answer.trace.ties)


@pytest.mark.parametrize(
    ("owner", "charge", "charged"),
    [("ana", [], False), ("ana", ["tie"], True), ("ana", ["backup"], False), ("dee", ["tie"], False)],
)
def test_a_tie_costs_a_turn_where_policy_says_so(owner: str, charge: list[str], charged: bool) -> None:
    """Charged, it counts as one of theirs in the pool's ledger; who is not in the pool has none there."""
    policy = compiled(account(owner=owner), charge=charge)

    answer = chosen(roster(dee={"calendar": "always"}), policy)

    assert owner == answer.rep_id
    assert charged == (answer.turn is not None)
    if answer.turn:
        assert 0 == sum(answer.turn.moves.values())
        assert ["ana"] == [rep for rep, move in answer.turn.moves.items() if move < 0]
        assert "ana is charged a turn" in answer.trace.because
    elif charge == ["tie"]:
        assert "no turn is charged: dee is not in all" in answer.trace.because


def test_the_answer_does_not_depend_on_the_order_of_ties() -> None:
    """Of ties equally old, the lead's id decides."""
    equal = [tie(OPEN, "ben", lead_id="b"), tie(OPEN, "ana", lead_id="a"), tie(OPEN, "cho", lead_id="c")]

    assert chosen(ties=equal).rep_id == chosen(ties=equal[::-1]).rep_id == "ana"


def test_the_backup_reserved_for_an_owner_is_asked_when_the_owner_sleeps() -> None:
    """A tie goes past what a rule needs, for the owner and for who covers; without a tie the need stands."""
    rule = {"name": "tr", "when": "true", "pool": "all", "needs": ["language"]}
    people = roster(ana={"languages": ["tr"]}, cho={"languages": ["tr"]})
    turkish, second = lead(language="tr"), order(Target.BACKUP, asked=("ana",), holder="ana", backup="ben", offer=2)
    named = compiled(NAMED, rules=[rule])
    assert "ben" == chosen(people, named, turkish).backup_id
    covers = chosen(people, named, turkish, wanted=second)
    assert ("ben", "ben is the backup of ana") == (covers.rep_id, covers.trace.because)
    by_rule = chosen(people, compiled(rules=[rule]), turkish, wanted=second)
    assert ("cho", "does not speak tr") == (by_rule.rep_id, excluded(by_rule.trace)["ben"])


def test_a_renewal_that_customer_success_sleeps_through_goes_to_their_backup() -> None:
    """Not to sales, though the company is a named account; that is who gets it where nobody covers."""
    company = (GLOBEX | {"owner": "ana", "success": "cho"}, INITECH)
    renewal = score(pool="west", via="success", levels=())
    second = order(Target.BACKUP, asked=("cho",), holder="cho", backup="ben", offer=2)
    assert "ben" == chosen(roster(cho={"backup": "ben"}), compiled(company), judged=renewal, wanted=second).rep_id
    nobody_covers = order(Target.BACKUP, asked=("cho",), holder="cho", offer=2)
    assert "ana" == chosen(policy=compiled(company), judged=renewal, wanted=nobody_covers).rep_id
    by_owner = order(Target.BACKUP, asked=("dee",), holder="dee", backup="ben", offer=2)
    assert "ana" == chosen(policy=compiled(company), judged=renewal, wanted=by_owner).rep_id, "it was never dee's"

"""Who gets the lead and why, or why nobody does (R9-R29; invariants 6-8)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import parse
from models.decisions import Disqualified, Route, Score
from models.facts import LeadFacts
from models.ladder import Target
from models.lead import Company, DealValue, Fit, Intent, LeadType, Touch
from models.orders import AssignLead
from models.policy import Policy
from models.roster import Level, Roster
from models.routing import Widen
from policy.compiled import CompiledPolicy, compile_policy
from policy.fairness import UNIT
from policy.routing.availability import first_reason_against
from policy.routing.choosing import Choice, Chosen, Impossible, NoOne, Waits, choose
from policy.routing.crew import calendar_of, members_of, rep_of
from policy.routing.situation import Situation

OFFICE = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """Give a Berlin wall time of March 2026 as an instant."""
    return datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


NOON = berlin(3, 12)  # a Tuesday


def compiled(**routing: Any) -> CompiledPolicy:
    """Make a policy with two rules and three tiers, with changes to its routing."""
    rules = [
        {
            "name": "enterprise-emea",
            "when": 'region == "emea" && company.employees >= 1000',
            "pool": "enterprise-emea",
        },
        {"name": "keen", "when": "touches.pricing_visit >= 2", "pool": "solo"},
    ]
    matrix: list[dict[str, Any]] = [{"intent": intent, "fit": fit, "do": "route"} for intent in Intent for fit in Fit]
    matrix[0]["levels"] = ["senior"]
    raw = {
        "name": "test",
        "territories": {"emea": ["DE", "FR"]},
        "scoring": {},
        "intent": {},
        "fit": {"strong_from": 0, "criteria": []},
        "matrix": matrix,
        "tiers": [
            {"name": "small", "below": 10000, "levels": ["junior", "sdr"]},
            {"name": "mid-market", "below": 50000, "levels": ["mid"]},
            {"name": "enterprise", "levels": ["senior"]},
        ],
        "routing": {"rules": rules, "default_pool": "everybody"} | routing,
        "sla": [{"name": "demo", "response": "15m", "ladder": [{"do": "offer", "to": "primary"}, {"do": "triage"}]}],
        "triage": {"answerable": "vera"},
    }
    return compile_policy(parse(Policy, raw), "test@1")


POLICY = compiled()


def roster(**reps: Any) -> Roster:
    """Make a roster; each keyword changes a rep: `ben={"active": False}`."""
    people: dict[str, dict[str, Any]] = {
        "ana": {"team": "emea", "level": "senior", "backup": "dee", "weight": 2},
        "ben": {"team": "emea", "level": "senior"},
        "cho": {"team": "emea", "level": "junior"},
        "dee": {"team": "amer", "level": "mid"},
    }
    for rep_id, changes in reps.items():
        people[rep_id] = people.get(rep_id, {"team": "emea"}) | changes
    return parse(
        Roster,
        {
            "calendars": {
                "berlin": {"tz": "Europe/Berlin", "week": OFFICE},
                "denver": {"tz": "America/Denver", "week": OFFICE},
            },
            "managers": [{"id": "vera", "name": "Vera"}, {"id": "max", "name": "Max"}, {"id": "zoe", "name": "Zoe"}],
            "teams": [
                {"id": "emea", "name": "EMEA", "manager": "vera", "calendar": "berlin", "region": "emea"},
                {"id": "amer", "name": "AMER", "manager": "max", "calendar": "denver", "region": "americas"},
                {"id": "idle", "name": "Idle", "manager": "zoe", "calendar": "denver", "region": "americas"},
            ],
            "reps": [{"id": rep_id, "name": rep_id.title()} | changes for rep_id, changes in people.items()],
            "pools": {
                "enterprise-emea": {"members": ["ana", "ben", "cho"]},
                "solo": {"members": ["dee"]},
                "everybody": {"team": "emea"},
                "nobody": {"team": "idle"},
            },
        },
    )


FACTS = LeadFacts(
    lead_id="l1",
    source="web",
    type=LeadType.DEMO_REQUEST,
    email="jo@acme.example",
    first_name="Jo",
    company=Company(name="Acme", employees=12000, country="DE"),
    received_at=NOON,
)


def score(intent: Intent = Intent.HIGH, fit: Fit = Fit.STRONG, tier: str | None = None) -> Score:
    """Make a score; high and strong asks for seniors, any other cell leaves it to the tier."""
    route = Route(sla="demo", tier=tier, because="high intent")
    return Score(points=30, reasons=(), intent=intent, fit=fit, qualification=route, policy="test@1")


ANYBODY = score(Intent.LOW, Fit.WEAK)


def order(to: Target = Target.PRIMARY, **changes: Any) -> AssignLead:
    """Make an order for the first offer."""
    base = AssignLead(
        lead_id="l1",
        offer=1,
        policy="test@1",
        to=to,
        sla="demo",
        cause="the first offer",
        sla_from=NOON,
        ordered_at=NOON,
    )
    return base.model_copy(update=changes)


def ask(
    people: Roster | None = None,
    *,
    at: datetime = NOON,
    facts: LeadFacts = FACTS,
    judged: Score | None = None,
    loads: Mapping[str, int] | None = None,
    balances: Mapping[str, Mapping[str, int]] | None = None,
    wanted: AssignLead | None = None,
    policy: CompiledPolicy = POLICY,
    touches: tuple[Touch, ...] = (),
) -> Choice:
    """Ask who gets the lead; everything left out is the ordinary case."""
    return choose(
        policy,
        facts,
        judged or score(),
        wanted or order(),
        Situation(at, people or roster(), loads or {}, balances or {}),
        touches,
    )


def chosen(*args: Any, **kwargs: Any) -> Chosen:
    """Ask, and expect somebody."""
    answer = ask(*args, **kwargs)
    assert isinstance(answer, Chosen)
    return answer


def reasons(answer: Chosen | Waits | NoOne) -> dict[str, str | None]:
    """Give the first reason against each person in the trace."""
    return {one.rep_id: one.excluded for one in answer.trace.candidates}


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


@pytest.mark.parametrize(
    ("changes", "backup"),
    [
        ({}, "dee"),
        ({"dee": {"active": False}}, "ben"),
        ({"dee": {"time_off": [{"from": "2026-03-01", "to": "2026-03-04"}]}}, "dee"),
        ({"dee": {"time_off": [{"from": "2026-03-01", "to": "2026-03-20"}]}}, "ben"),
        ({"dee": {"capacity": 1}}, "dee"),
        ({"dee": {"capacity": 0}}, "ben"),
        ({"ana": {"backup": None}}, "ben"),
        ({"ana": {"backup": None}, "ben": {"capacity": 0}}, None),
    ],
    ids=["named", "left", "back-in-time", "away-for-long", "full-now", "takes-none", "next-in-rotation", "nobody"],
)
def test_a_backup_is_reserved_with_the_offer(changes: dict[str, Any], backup: str | None) -> None:
    """The named backup if they can be asked soon (off hours or full now is no bar), else who would be next (R30)."""
    answer = chosen(roster(**changes), loads={"dee": 1})

    assert ("ana", backup, backup) == (answer.rep_id, answer.backup_id, answer.trace.backup)


def test_a_backup_is_never_somebody_asked_before() -> None:
    """Who declined does not come back as the backup."""
    assert "ben" == chosen(wanted=order(asked=("dee",))).backup_id


def test_whoever_holds_it_is_not_asked_again() -> None:
    """The next one is never the one who has it, whether or not they are listed as asked."""
    assert "ben" == chosen(wanted=order(Target.NEXT, holder="ana")).rep_id


EVENING = berlin(3, 17)  # nine o'clock in Denver


@pytest.mark.parametrize(
    ("wanted", "changes", "at", "rep_id", "charged"),
    [
        (order(Target.BACKUP, holder="ana", asked=("ana",), backup="dee"), {}, EVENING, "dee", False),
        (order(Target.BACKUP, holder="ana", asked=("ana",), backup="ben"), {}, EVENING, "ben", False),
        (order(Target.BACKUP, holder="ana", asked=("ana",), backup="cho"), {}, EVENING, "cho", False),
        (
            order(Target.BACKUP, holder="ana", asked=("ana",), backup="cho"),
            {"cho": {"capacity": 0}},
            EVENING,
            "dee",
            False,
        ),
        (order(Target.BACKUP, holder="ana", asked=("ana",)), {}, EVENING, "dee", False),
        (order(Target.BACKUP, asked=("ana",)), {}, EVENING, "dee", False),
        (order(Target.BACKUP, holder="ana", asked=("ana",), backup="dee"), {}, NOON, "ben", True),
        (order(Target.BACKUP, holder="ana", asked=("ana", "dee"), backup="dee"), {}, EVENING, "ben", True),
        (order(Target.BACKUP, holder="ana", asked=("ana",), backup="gone"), {}, NOON, "ben", True),
        (order(Target.BACKUP), {}, NOON, "ana", True),
    ],
    ids=[
        "reserved-outside-the-pool",
        "reserved-from-the-rotation",
        "reserved-of-any-level",
        "reserved-full-so-the-roster's",
        "nobody-reserved",
        "after-a-decline",
        "off-hours-so-rotation",
        "asked-before-so-rotation",
        "left-the-company",
        "nobody-asked-yet",
    ],
)
def test_a_backup_covers(wanted: AssignLead, changes: Any, at: datetime, rep_id: str, charged: bool) -> None:
    """The reserved backup, else the owner's, else the rotation; only a turn of the rotation is charged."""
    answer = chosen(roster(**changes), wanted=wanted, at=at)

    assert (rep_id, charged) == (answer.rep_id, answer.turn is not None)
    assert reasons(answer)[rep_id] is None


def test_a_backup_reads_whom_they_stand_in_for() -> None:
    """The sentence and the trace say that it is not their turn."""
    answer = chosen(wanted=order(Target.BACKUP, holder="ana", asked=("ana",), backup="ben"))

    assert answer.sentence == (
        "You get this lead as Ana's backup: it is a demo request from a 12,000-employee company in DE "
        "(rule enterprise-emea)."
    )
    assert "ben is the backup of ana" == answer.trace.because


def test_a_backup_who_could_not_is_in_the_trace() -> None:
    """Why the reserved backup was passed over can be told later."""
    answer = chosen(wanted=order(Target.BACKUP, holder="ana", asked=("ana",), backup="dee"))
    gone = chosen(wanted=order(Target.BACKUP, holder="ben", asked=("ben",), backup="old"))

    assert {
        "ana": "was offered it before",
        "ben": None,
        "cho": "junior, not senior",
        "dee": "off hours until Tue 09:00",
    } == (reasons(answer))
    assert gone.trace.because.endswith("; old, the backup, is not in the roster any more")


@pytest.mark.parametrize(
    ("rep_id", "because"),
    [
        ("bne", "unknown rep 'bne', did you mean 'ben'?"),
        ("mex", "unknown rep 'mex', did you mean 'max'?"),
        ("quentin", "unknown rep 'quentin'"),
        (None, "nobody was named: say who is to get the lead"),
        ("cho", "cho is inactive and gets no leads"),
    ],
)
def test_a_human_cannot_name_just_anybody(rep_id: str | None, because: str) -> None:
    """Somebody unknown or gone is refused, with who was meant."""
    people = roster(cho={"active": False})

    assert Impossible(because) == ask(people, wanted=order(Target.NAMED, rep_id=rep_id, by="vera"))


def test_a_human_overrules_every_reason_and_it_is_recorded() -> None:
    """Leave, hours, level, capacity and an earlier offer give way to a person, visibly; no turn is charged."""
    people = roster(cho={"capacity": 1, "time_off": [{"from": "2026-03-01", "to": "2026-03-09"}]})
    wanted = order(Target.NAMED, rep_id="cho", by="vera", asked=("cho",))

    answer = chosen(people, wanted=wanted, loads={"cho": 1}, at=berlin(7, 12))

    assert answer.sentence == (
        "Vera gave you this lead: it is a demo request from a 12,000-employee company in DE, although you are on leave "
        "until 9 Mar, are off hours until Tue 09:00, are junior, not senior, have 1 of 1 leads open and were offered "
        "it before."
    )
    assert answer.trace.because == (
        "vera gave it to cho; overruling: on leave until 9 Mar, off hours until Tue 09:00, junior, not senior, "
        "1 of 1 leads open, was offered it before"
    )
    assert ("cho", None, "on leave until 9 Mar") == (answer.rep_id, answer.turn, reasons(answer)["cho"])


def test_a_human_may_name_somebody_outside_the_pool() -> None:
    """The trace keeps the rule whose pool was passed over, so that overrides are counted per rule (R29)."""
    answer = chosen(wanted=order(Target.NAMED, rep_id="dee", by="unlisted"), at=EVENING, judged=ANYBODY)

    assert ("dee", "enterprise-emea", "ana") == (answer.rep_id, answer.rule, answer.backup_id)
    assert ["ana", "ben", "cho", "dee"] == [one.rep_id for one in answer.trace.candidates]
    assert answer.sentence.startswith("unlisted gave you this lead: it is a demo request")


def test_a_manager_may_take_a_lead() -> None:
    """A manager needs no turn, has no backup and answers to themselves."""
    answer = chosen(wanted=order(Target.NAMED, rep_id="max", by="max", accepted=True))

    assert ("max", "Max", "amer", "americas", "max", None, None) == (
        answer.rep_id,
        answer.rep_name,
        answer.team,
        answer.region,
        answer.manager_id,
        answer.backup_id,
        answer.turn,
    )
    assert answer.sentence.startswith("You took this lead yourself: it is a demo request")
    assert "max took it" == answer.trace.because


@pytest.mark.parametrize(
    ("changes", "loads", "at", "until", "because"),
    [
        (
            {},
            {},
            berlin(6, 18),
            berlin(9, 9),
            "ana is off hours until Mon 09:00, ben is off hours until Mon 09:00, cho is off hours until Mon 09:00",
        ),
        (
            {"ana": {"time_off": [{"from": "2026-03-02", "to": "2026-03-04"}]}, "ben": {"active": False}},
            {},
            NOON,
            berlin(5, 9),
            "ana is on leave until 4 Mar, ben is inactive, cho is junior, not senior",
        ),
        (
            {"ana": {"capacity": 1}, "ben": {"capacity": 2}},
            {"ana": 1, "ben": 2},
            NOON,
            NOON + timedelta(minutes=15),
            "ana has 1 of 1 leads open, ben has 2 of 2 leads open, cho is junior, not senior",
        ),
        (
            {"ana": {"capacity": 1}, "ben": {"time_off": [{"from": "2026-03-02", "to": "2026-03-03"}]}},
            {"ana": 1},
            NOON,
            NOON + timedelta(minutes=15),
            "ana has 1 of 1 leads open, ben is on leave until 3 Mar, cho is junior, not senior",
        ),
        (
            {"ana": {"capacity": 1}, "ben": {"time_off": [{"from": "2026-03-03", "to": "2026-03-03T11:05:00Z"}]}},
            {"ana": 1},
            NOON,
            NOON + timedelta(minutes=5),
            "ana has 1 of 1 leads open, ben is on leave until 3 Mar 12:05, cho is junior, not senior",
        ),
    ],
    ids=["closed", "on-leave", "full", "full-or-away", "back-before-the-next-look"],
)
def test_a_lead_nobody_holds_waits(changes: Any, loads: Any, at: datetime, until: datetime, because: str) -> None:
    """It waits for the first who could be asked, and is looked at again when only places are missing."""
    answer = ask(roster(**changes), loads=loads, at=at)

    assert isinstance(answer, Waits)
    assert until == answer.until
    assert f"nobody in enterprise-emea may be offered it now: {because}" == answer.because == answer.trace.because
    assert ("enterprise-emea", "vera", None) == (answer.pool, answer.manager_id, answer.trace.chosen)


LONG = {"time_off": [{"from": "2026-03-01", "to": "2026-03-07"}]}


@pytest.mark.parametrize(
    ("changes", "wanted", "policy", "because"),
    [
        (
            {"ana": LONG, "ben": LONG},
            order(),
            POLICY,
            (
                "nobody in enterprise-emea may be offered it within 4 days: ana is on leave until 7 Mar, "
                "ben is on leave until 7 Mar, cho is junior, not senior"
            ),
        ),
        (
            {"ana": {"time_off": [{"from": "2026-03-01", "to": "9999-12-31"}]}},
            order(asked=("ben",)),
            POLICY,
            (
                "nobody in enterprise-emea may be offered it: ana is on leave until further notice, "
                "ben was offered it before, cho is junior, not senior"
            ),
        ),
        (
            {"ben": {"capacity": 0}},
            order(Target.NEXT, asked=("ana",), holder="ana"),
            POLICY,
            "nobody else may be offered it: ben has 0 of 0 leads open, cho is junior, not senior",
        ),
        (
            {"ben": LONG, "cho": {"level": "senior", "time_off": [{"from": "2026-03-03", "to": "2026-03-03"}]}},
            order(Target.BACKUP, asked=("ana",), holder="ana", backup="dee"),
            POLICY,
            (
                "nobody else is on shift: ben is on leave until 7 Mar, cho is on leave until 3 Mar, "
                "dee is off hours until Tue 09:00"
            ),
        ),
        ({}, order(), compiled(rules=[], default_pool="nobody"), "nobody is in nobody"),
        (
            {},
            order(),
            compiled(rules=[], default_pool="lost"),
            "routing.default_pool sends it to pool 'lost', which the roster does not have",
        ),
        (
            {},
            order(),
            compiled(rules=[{"name": "all", "when": "true", "pool": "lost"}]),
            "rule all sends it to pool 'lost', which the roster does not have",
        ),
        (
            {},
            order(Target.NEXT, asked=("dee",), holder="dee"),
            compiled(rules=[], default_pool="solo"),
            "nobody else is in solo",
        ),
    ],
    ids=["too-long", "for-good", "holder-stays", "backup-too", "empty-pool", "no-default-pool", "no-pool", "alone"],
)
def test_nobody_is_an_answer(changes: Any, wanted: AssignLead, policy: CompiledPolicy, because: str) -> None:
    """Nobody has a name, reasons and a manager who hears of it; it is never an exception."""
    answer = ask(roster(**changes), wanted=wanted, policy=policy)

    assert isinstance(answer, NoOne)
    assert because == answer.because
    assert answer.trace.because.startswith(because)


@pytest.mark.parametrize(
    ("wanted", "pool", "manager"),
    [
        (order(), "nobody", "zoe"),
        (order(), "lost", "vera"),
        (order(Target.NEXT, asked=("dee",), holder="dee"), "lost", "max"),
        (order(Target.NEXT, asked=("dee",), holder="dee"), "solo", "max"),
    ],
    ids=["the-pool's-team", "who-answers-for-triage", "the-holder's", "the-members'"],
)
def test_a_manager_hears_of_it(wanted: AssignLead, pool: str, manager: str) -> None:
    """The holder's manager first, then the pool's, then whoever answers for triage."""
    answer = ask(wanted=wanted, policy=compiled(rules=[], default_pool=pool), judged=ANYBODY)

    assert isinstance(answer, NoOne)
    assert manager == answer.manager_id


def test_a_long_line_is_cut_and_the_trace_is_not() -> None:
    """Six people are named in a line; the trace names all."""
    many = {f"rep{number}": {"active": False} for number in range(8)}
    people = roster(**many, ana={"active": False}, ben={"active": False}, cho={"active": False})
    answer = ask(people, policy=compiled(rules=[]), judged=ANYBODY)

    assert isinstance(answer, NoOne)
    assert answer.because.endswith("rep2 is inactive, and 5 more")
    assert 11 == len(answer.trace.candidates)


def test_a_recheck_of_nothing_does_not_spin() -> None:
    """A full pool is never looked at again at the very same instant."""
    people = roster(ana={"capacity": 1}, ben={"capacity": 1})
    answer = ask(people, policy=compiled(recheck="0s"), loads={"ana": 1, "ben": 1})

    assert isinstance(answer, Waits)
    assert NOON + timedelta(seconds=1) == answer.until


def test_who_takes_no_leads_at_all_is_not_waited_for() -> None:
    """A capacity of nothing is never free: nobody is an answer at once, and a manager hears of it."""
    answer = ask(roster(ana={"capacity": 0}, ben={"capacity": 0}, cho={"level": "senior", "capacity": 0}))

    assert isinstance(answer, NoOne)
    assert answer.because == (
        "nobody in enterprise-emea may be offered it: "
        "ana has 0 of 0 leads open, ben has 0 of 0 leads open, cho has 0 of 0 leads open"
    )


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

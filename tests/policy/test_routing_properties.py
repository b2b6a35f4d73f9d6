"""Whatever roster, rules, ties, caps and loads: one eligible owner, a whole trace, fair turns, the same answer again.

Invariants 2 (one owner), 6 (the machine asks nobody who may not be asked), 7 (everything is explained) and 8 (the
ledger's promises, under each strategy).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.ladder import Target
from models.roster import Level, Strategy
from policy.compiled import CompiledPolicy
from policy.fairness import UNIT
from policy.hours.calendars import is_open
from policy.routing import caps
from policy.routing.aside import aside_of
from policy.routing.availability import objections
from policy.routing.choices import Chosen, Impossible, NoOne, Waits
from policy.routing.crew import crew_of, members_of, rep_of
from policy.routing.situation import Record, Tie, TieKind
from tests.policy.floor import GLOBEX, INITECH, NOON, ask, berlin, chosen, compiled, lead, order, roster, score

IDS = ("ana", "ben", "cho", "dee")
WORDS = ("tr", "de")
ANYBODY = st.sampled_from([None, *IDS])
PEOPLE = st.sampled_from(IDS)

REP = st.fixed_dictionaries(
    {
        "team": st.sampled_from(["emea", "amer"]),
        "level": st.sampled_from([level.value for level in Level]),
        "weight": st.integers(1, 5),
        "capacity": st.sampled_from([2, 5, 5, 5, 1, 0]),
        "active": st.sampled_from([True, True, True, True, False]),
        "languages": st.lists(st.sampled_from(WORDS), unique=True),
        "caps": st.lists(
            st.fixed_dictionaries({"leads": st.integers(1, 3), "per": st.sampled_from(["day", "2h", "3d"])}), max_size=2
        ),
        "time_off": st.sampled_from([None, None, *range(1, 10)]).map(
            lambda day: [{"from": f"2026-03-{day:02}", "to": f"2026-03-{day + 1:02}"}] if day else []
        ),
    }
)
RULE = st.fixed_dictionaries(
    {
        "when": st.sampled_from(["true", "false", "company.employees > 100", 'language == "tr"']),
        "pool": st.sampled_from(["all", "one", "west"]),
        "needs": st.lists(st.sampled_from(["language", "hours"]), unique=True),
        "levels": st.lists(st.sampled_from([level.value for level in Level]), unique=True, max_size=2),
        "overflow": st.lists(st.sampled_from(["all", "one", "west"]), max_size=2),
    }
)
AWAY = st.sampled_from(["cover", "hold", "rules"])
TIE = st.builds(
    Tie,
    kind=st.sampled_from(list(TieKind)),
    rep_id=st.sampled_from([*IDS, "gone"]),
    lead_id=st.sampled_from(["l1", "l2", "l3"]),
    company=st.sampled_from(["globex.example", "initech.example", "other.example"]),
    last_at=st.integers(0, 900).map(lambda days: NOON - timedelta(days=days)),
)

FIRST = (
    {"do": "offer", "to": "primary"},
    {"do": "offer", "to": "primary"},
    {"do": "offer", "to": "person", "who": "dee"},
    {"do": "offer", "to": "on_duty", "who": "nights"},
)


@st.composite
def policies(draw: st.DrawFn) -> CompiledPolicy:
    """Make a policy with accounts, rules, pools that take over and charges."""
    named = {key: draw(ANYBODY) for key in ("owner", "relationship", "success")}
    above = {key: draw(ANYBODY) for key in ("owner", "relationship")}
    accounts = [GLOBEX | named, INITECH | above]
    ties = ("named_account", "relationship", "open_lead", "parent")
    rules = [rule | {"name": f"r{number}"} for number, rule in enumerate(draw(st.lists(RULE, max_size=3)))]
    return compiled(
        draw(st.sampled_from([(), accounts])),
        rules=rules,
        default_pool=draw(st.sampled_from(["all", "all", "one", "west"])),
        ties=[{"to": one, "away": draw(AWAY)} for one in ties if draw(st.booleans())],
        overflow=draw(st.sampled_from([[], ["west"]])),
        nobody=draw(st.sampled_from(["hold", "manager"])),
        widen=draw(st.sampled_from(["none", "senior", "any"])),
        charge=draw(st.lists(st.sampled_from(["backup", "tie"]), unique=True)),
        best_fit=[{"name": "language", "points": 2, "match": "language"}, {"name": "won", "points": 1, "won": True}],
        aside=draw(st.sampled_from([None, {"misses": 2, "within": "2d", "lasts": "1d"}])),
        sla={
            "response_clock": draw(st.sampled_from(["wall", "team"])),
            "late": draw(st.sampled_from([{"do": "hold"}, {"do": "page"}, {"do": "follow", "pools": ["west", "all"]}])),
            "ladder": [draw(st.sampled_from(FIRST)), {"do": "triage"}],
        },
    )


@st.composite
def questions(draw: st.DrawFn, *targets: Target) -> dict[str, Any]:
    """Make any question one may ask of four people."""
    reps: dict[str, dict[str, Any]] = {rep_id: draw(REP) for rep_id in IDS}
    for rep_id in IDS:
        reps[rep_id]["backup"] = draw(st.sampled_from([None, *(other for other in IDS if other != rep_id)]))
    strategy = draw(st.sampled_from([one.value for one in Strategy]))
    every = {"all": {"members": list(IDS), "strategy": strategy, "weights": {"ben": draw(st.integers(1, 9))}}}
    night, day = berlin(2, 0), berlin(draw(st.integers(2, 6)), 9)
    minutes = draw(st.one_of(st.integers(0, 10 * 60), st.integers(0, 8 * 24 * 60)))
    at = (day if minutes <= 10 * 60 else night) + timedelta(minutes=minutes)
    ago = st.lists(st.integers(0, 4000).map(lambda minutes: at - timedelta(minutes=minutes)), max_size=4)
    route = draw(st.sampled_from([{}, {}, {"via": "success"}, {"via": "relationship", "pool": "all"}, {"tier": "mid"}]))
    rotas = {"nights": {"members": ["ana", "dee", "max"], "turn": "1d", "tz": "Europe/Berlin", "at": "18:00"}}
    to = draw(st.sampled_from(targets))
    return {
        "people": roster(every, rotas, **reps),
        "policy": draw(policies()),
        "facts": lead(
            {"employees": draw(st.sampled_from([None, 5, 500]))}, language=draw(st.sampled_from([None, *WORDS]))
        ),
        "at": at,
        "judged": score(**route),
        "wanted": order(
            to,
            who={Target.PERSON: draw(st.sampled_from([*IDS, "max", "gone"])), Target.ON_DUTY: "nights"}.get(to),
            pools=tuple(draw(st.lists(st.sampled_from(["all", "west", "one"]), unique=True, max_size=2))),
            asked=tuple(draw(st.one_of(st.just([]), st.lists(PEOPLE, unique=True, max_size=3)))),
            holder=draw(st.one_of(st.none(), PEOPLE)),
            backup=draw(ANYBODY),
            rep_id=draw(PEOPLE),
            by="vera",
        ),
        "loads": draw(st.dictionaries(PEOPLE, st.integers(0, 5))),
        "balances": {"all": draw(st.dictionaries(PEOPLE, st.integers(-UNIT, UNIT)))},
        "recent": draw(st.dictionaries(PEOPLE, ago)),
        "misses": draw(st.dictionaries(PEOPLE, ago.map(sorted))),
        "in_time": draw(st.booleans()),
        "ties": draw(st.lists(TIE, max_size=4)),
        "records": draw(
            st.dictionaries(st.tuples(PEOPLE, st.none()), st.builds(Record, st.integers(0, 3), st.integers(0, 3)))
        ),
    }


MACHINE = (Target.PRIMARY, Target.NEXT, Target.BACKUP, Target.PERSON, Target.ON_DUTY)
MANY = settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(questions(*MACHINE))
def test_the_machine_never_asks_anybody_who_may_not_be_asked(question: dict[str, Any]) -> None:
    """Exactly one, who is active, there, not set aside, not full, under every cap and not asked before.

    By a tie, as cover, on duty, named by a rung, in a wider search and under another sun, too.
    """
    answer = ask(**question)

    assert isinstance(answer, Chosen | Waits | NoOne)
    if isinstance(answer, Chosen):
        people, wanted, at = question["people"], question["wanted"], question["at"]
        asked = answer.rep_id in {*wanted.asked, wanted.holder}
        rep = rep_of(people, answer.rep_id)
        if rep is None:
            assert (True, "max", False) == (answer.by_rung, answer.rep_id, asked)
            assert is_open(people.calendars["denver"], at)
            return
        calendar = crew_of(people).calendar(rep)
        if rule := question["policy"].policy.routing.aside:
            assert None is aside_of(rule, calendar.tz, question["misses"].get(rep.id, ()), at)
        assert () == objections(rep, calendar, at, load=question["loads"].get(rep.id, 0), asked=asked)
        assert () == caps.reached(rep, calendar.tz, question["recent"].get(rep.id, ()), at)
        assert answer.backup_id not in {rep.id, *wanted.asked, wanted.holder} - {None}
        if answer.turn and answer.turn.rule != "charged":
            levels, by = (
                answer.trace.levels,
                next((r for r in question["policy"].policy.routing.rules if r.name == answer.rule), None),
            )
            assert not levels or rep.level in levels or answer.trace.any_level
            if by and "language" in by.needs and question["facts"].language:
                assert question["facts"].language in rep.languages


@MANY
@given(questions(*MACHINE))
def test_while_an_account_owner_can_be_asked_nobody_else_is(question: dict[str, Any]) -> None:
    """R25: whoever else the rotation, a backup or a weaker tie would give it to; a way's own person goes before."""
    policy, people, wanted = question["policy"], question["people"], question["wanted"]
    account = policy.accounts.account_of(question["facts"])
    counts = "named_account" in {tie.to for tie in policy.policy.routing.ties}
    answer = ask(**question)

    if account and account.owner and counts and not question["judged"].qualification.via and isinstance(answer, Chosen):
        rep = people.reps[[one.id for one in people.reps].index(account.owner)]
        calendar = crew_of(people).calendar(rep)
        load, asked = question["loads"].get(rep.id, 0), rep.id in {*wanted.asked, wanted.holder}
        away = objections(rep, calendar, question["at"], load=load, asked=asked)
        full = caps.reached(rep, calendar.tz, question["recent"].get(rep.id, ()), question["at"])
        rule, misses = policy.policy.routing.aside, question["misses"].get(rep.id, ())
        aside = aside_of(rule, calendar.tz, misses, question["at"]) if rule else None
        assert away or full or aside or answer.rep_id == account.owner


@MANY
@given(questions(*MACHINE, Target.NAMED))
def test_every_decision_is_explained_whole(question: dict[str, Any]) -> None:
    """Each member of each pool looked at has one line, who is chosen has nothing against them, every rule is there."""
    answer = ask(**question)
    if isinstance(answer, Impossible):
        return
    trace, people, routing = answer.trace, question["people"], question["policy"].policy.routing
    lines = Counter(one.rep_id for one in trace.candidates)
    assert set(lines.values()) <= {1}
    for name in (trace.pool, *trace.overflow):
        assert {rep.id for rep in members_of(people, people.pools[name])} <= set(lines)
    if question["judged"].qualification.pool is None:
        matched = [place for place, one in enumerate(trace.rules) if one.matched]
        assert len(trace.rules) + trace.untold == (matched[0] + 1 if matched else len(routing.rules))
        assert [rule.name for rule in routing.rules[: len(trace.rules)]] == [one.rule for one in trace.rules]
    if isinstance(answer, Chosen) and question["wanted"].to is not Target.NAMED:
        told = [one.excluded for one in trace.candidates if one.rep_id == answer.rep_id == trace.chosen]
        assert told == ([] if answer.rep_id == "max" else [None])
        assert [] == [
            one.rep_id
            for one in trace.candidates
            if one.excluded is None and one.rep_id not in {*answer.weights, answer.rep_id}
        ]
        assert (answer.tie is None) == (not any(one.decided for one in trace.ties))
        assert answer.turn is None or 0 == sum(answer.turn.moves.values())
    if not isinstance(answer, Chosen):
        assert trace.chosen is None
        assert isinstance(answer, NoOne) or answer.rep_id or all(one.excluded for one in trace.candidates)


@MANY
@given(questions(*MACHINE, Target.NAMED))
def test_the_same_question_gets_the_same_answer(question: dict[str, Any]) -> None:
    """No dice, and nothing remembered: also for an equal roster, and when everything comes in another order."""
    turned = question | {
        "people": question["people"].model_copy(),
        "loads": dict(reversed(question["loads"].items())),
        "recent": dict(reversed(question["recent"].items())),
        "records": dict(reversed(question["records"].items())),
        "misses": dict(reversed(question["misses"].items())),
        "ties": question["ties"][::-1],
        "balances": {"all": dict(reversed(question["balances"]["all"].items()))},
    }

    assert ask(**question) == ask(**turned) == ask(**question)


@MANY
@given(questions(*MACHINE, Target.NAMED))
def test_less_is_told_and_the_same_decided(question: dict[str, Any]) -> None:
    """Without the explanation whole: the same choice, and the same trace but for facts and who else was looked at."""
    answer, brief = ask(**question), ask(**question, whole=False)
    if isinstance(answer, Impossible) or isinstance(brief, Impossible):
        assert answer == brief
        return
    left_out: dict[str, Any] = {"facts": ()} | ({"candidates": ()} if isinstance(answer, Chosen) else {})
    assert replace(answer, trace=answer.trace.model_copy(update=left_out)) == brief


@MANY
@given(questions(*MACHINE), st.lists(st.integers(-2000, 2000), max_size=4))
def test_what_is_remembered_of_a_roster_changes_no_answer(question: dict[str, Any], minutes: list[int]) -> None:
    """Asked at other instants in between, before and after, a roster answers as one that was never asked."""
    fresh = ask(**question | {"people": question["people"].model_copy()})

    for minute in minutes:
        ask(**question | {"at": question["at"] + timedelta(minutes=minute)})

    assert fresh == ask(**question)


@MANY
@given(questions(*MACHINE))
def test_waiting_is_worth_it(question: dict[str, Any]) -> None:
    """A lead waits only while nobody holds it, until later and not too long."""
    answer = ask(**question)
    if isinstance(answer, Waits):
        assert None is question["wanted"].holder
        assert question["at"] < answer.until
        since = min(question["at"], question["wanted"].sla_from) if answer.rep_id else question["at"]
        assert answer.until - since <= timedelta(days=4)
        assert (answer.pool is None) == (answer.rep_id is not None)


class Floor:
    """A pool that gives leads one after the other, with its ledger and its loads."""

    def __init__(self, strategy: str, weights: Mapping[str, int]) -> None:
        self.strategy, self.weights = strategy, weights
        self.balances: dict[str, int] = {}
        self.loads: Counter[str] = Counter()
        self.had: Counter[str] = Counter()
        self.due: dict[str, Fraction] = dict.fromkeys(weights, Fraction(0))

    def give(self, there: list[str]) -> str:
        """Give a lead to one of those who are there, and keep the books from the names alone."""
        members = {"all": {"members": list(self.weights), "strategy": self.strategy}}
        people = {
            one: {"weight": weight, "calendar": "always", "active": one in there, "capacity": 10_000}
            for one, weight in self.weights.items()
        }
        answer = chosen(roster(members, **people), compiled(), balances={"all": self.balances}, loads=self.loads)
        assert answer.turn is not None
        self.balances = dict(answer.turn.balances_after)
        total = sum(answer.weights.values())
        for one, weight in answer.weights.items():
            self.due[one] += Fraction(weight, total)
        self.had[answer.rep_id] += 1
        self.loads[answer.rep_id] += self.strategy == Strategy.LEAST_LOADED
        return answer.rep_id

    def deficit(self, one: str) -> Fraction:
        """Count by how many leads somebody is behind their shares so far."""
        return self.due[one] - self.had[one]


WEIGHTS = st.lists(st.integers(1, 9), min_size=2, max_size=4).map(lambda ones: dict(zip(IDS, ones, strict=False)))
STRATEGIES = st.sampled_from([one.value for one in Strategy])
FEW = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@FEW
@given(STRATEGIES.filter(lambda one: one != "least_loaded"), WEIGHTS, st.integers(1, 40))
def test_a_constant_shortlist_is_served_within_one_lead_of_each_share(
    strategy: str, weights: dict[str, int], leads: int
) -> None:
    """At each prefix, whoever the pool prefers; round-robin counts everybody once (invariant 8)."""
    floor = Floor(strategy, weights)
    for _ in range(leads):
        floor.give(list(weights))
        assert all(abs(floor.deficit(one)) < 1 for one in weights)
    counted = dict.fromkeys(weights, 1) if strategy == "round_robin" else weights
    shares = {one: Fraction(leads * weight, sum(counted.values())) for one, weight in counted.items()}
    assert shares == floor.due


@FEW
@given(STRATEGIES, WEIGHTS, st.lists(st.sets(PEOPLE, min_size=1), min_size=1, max_size=40))
def test_deficits_stay_below_the_size_of_the_pool_when_people_come_and_go(
    strategy: str, weights: dict[str, int], days: list[set[str]]
) -> None:
    """Whoever is there when, under each strategy: what somebody is owed or ahead never reaches the pool's size."""
    floor = Floor(strategy, weights)
    for there in days:
        if there := there & weights.keys():
            floor.give(sorted(there))
            assert all(abs(floor.deficit(one)) < len(weights) for one in weights)
            assert all(round(floor.balances.get(one, 0) / UNIT - float(floor.deficit(one)), 6) == 0 for one in weights)


@FEW
@given(WEIGHTS, st.integers(0, 20), st.integers(1, 20), st.integers(1, 20))
def test_who_comes_back_is_neither_flooded_nor_starved(
    weights: dict[str, int], before: int, away: int, turns: int
) -> None:
    """In the next k turns they get their share of k, and what was owed either way when they left, to within a lead."""
    floor = Floor("weighted", weights)
    for _ in range(before):
        floor.give(list(weights))
    owed = floor.deficit("ana")
    for _ in range(away):
        floor.give([one for one in weights if one != "ana"])
    assert owed == floor.deficit("ana")

    got = sum(floor.give(list(weights)) == "ana" for _ in range(turns))

    share = Fraction(turns * weights["ana"], sum(weights.values()))
    assert share + min(owed, Fraction(0)) - 1 <= got <= share + max(owed, Fraction(0)) + 1


@pytest.mark.parametrize("strategy", [one.value for one in Strategy])
def test_everybody_even_gets_the_same(strategy: str) -> None:
    """Four alike, forty leads: ten each, under each strategy."""
    floor = Floor(strategy, dict.fromkeys(IDS, 3))

    for _ in range(40):
        floor.give(list(IDS))

    assert dict.fromkeys(IDS, 10) == floor.had

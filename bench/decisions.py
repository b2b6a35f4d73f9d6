"""How many leads one core can score, qualify and route in a second, reasons included."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from bench import scene
from bench.harness import Contest, Figure, rate
from bench.results import Unit
from models.decisions import Route
from models.facts import LeadFacts
from models.ladder import Target
from models.lead import Touch
from models.orders import AssignLead
from policy.compiled import CompiledPolicy
from policy.qualification import judge
from policy.routing.choosing import Chosen, choose
from policy.routing.situation import Situation

SHIPPED_RULES = "shipped policy, 20 reps"
FIFTY_RULES = "fifty rules, 20 reps, no two leads alike"
ALIKE = 2000
"""Leads of which no two are alike, before they come again: more than conditions remember."""
TOUCHES = tuple(
    Touch(kind=kind, at=scene.NOON - timedelta(hours=hours))
    for hours, kind in enumerate(("email_open", "pricing_visit", "page_visit"), start=1)
)


@asynccontextmanager
async def prepare(quick: bool) -> AsyncIterator[Sequence[Contest]]:
    """Set up pools of twenty and two policies: the shipped one, and one of fifty rules with leads all different."""
    seconds = 0.05 if quick else 1.0
    subjects = (
        (SHIPPED_RULES, scene.policy(), scene.many_facts()),
        (FIFTY_RULES, scene.many_rules(), scene.different_facts(100 if quick else ALIKE)),
    )
    yield [
        Contest(
            (Figure(name, "JSON round trip of the same facts", Unit.PER_SECOND),),
            rate(name, Desk(compiled, facts).decide_all, seconds),
            rate(name, scene.round_trips(facts), seconds),
        )
        for name, compiled, facts in subjects
    ]


class Desk:
    """Decides on every lead in turn, and keeps the ledger as the database would."""

    def __init__(self, compiled: CompiledPolicy, facts: Sequence[LeadFacts]) -> None:
        self._compiled, self._facts = compiled, facts
        self._roster = scene.roster()
        # Two are at capacity; with those on leave and off hours fourteen are left to choose among.
        self._loads = {"rep-15": scene.CAPACITY, "rep-16": scene.CAPACITY}
        self._balances: dict[str, dict[str, int]] = {}

    def decide_all(self) -> int:
        """Score, qualify and route every lead; answer how many there were."""
        for facts in self._facts:
            self.decide(facts)
        return len(self._facts)

    def decide(self, facts: LeadFacts) -> Chosen:
        """Score, qualify and route one lead. Raises `ValueError` when it goes to nobody: then nothing was measured."""
        score = judge(self._compiled, facts, TOUCHES, scene.NOON)
        if not isinstance(score.qualification, Route):
            raise ValueError(f"{facts.lead_id} is not routed: {score.qualification.because}")
        order = AssignLead(
            lead_id=facts.lead_id,
            offer=1,
            policy=self._compiled.version,
            to=Target.PRIMARY,
            sla=score.qualification.sla,
            cause="qualified",
            ordered_at=scene.NOON,
            sla_from=scene.NOON,
        )
        chosen = choose(
            self._compiled,
            facts,
            score,
            order,
            Situation(scene.NOON, self._roster, self._loads, self._balances),
            TOUCHES,
        )
        if not isinstance(chosen, Chosen) or chosen.turn is None:
            raise ValueError(f"{facts.lead_id} goes to nobody: {chosen}")
        pool = self._balances.setdefault(chosen.pool, {})
        for rep_id, move in chosen.turn.moves.items():
            pool[rep_id] = pool.get(rep_id, 0) + move
        return chosen

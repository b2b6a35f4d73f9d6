"""How many leads one core can replay through a policy in a second, held ones and freed places included."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from bench import scene
from bench.harness import Contest, Figure, rate
from bench.results import Unit
from models.facts import LeadFacts
from policy.simulation.simulator import Simulator

NAME = "shipped policy, 20 reps, no two leads alike"
EVERY = timedelta(minutes=1)
PATIENCE = timedelta(days=4)


@asynccontextmanager
async def prepare(quick: bool) -> AsyncIterator[Sequence[Contest]]:
    """Set up leads that come one a minute, and a roster that keeps up with them."""
    seconds, count = (0.05, 100) if quick else (1.0, 2000)
    leads = [
        facts.model_copy(update={"received_at": scene.NOON + number * EVERY})
        for number, facts in enumerate(scene.different_facts(count))
    ]
    figure = Figure(NAME, "JSON round trip of the same facts", Unit.PER_SECOND)
    yield [Contest((figure,), rate(NAME, replay(leads), seconds), rate(NAME, scene.round_trips(leads), seconds))]


def replay(leads: Sequence[LeadFacts]) -> Callable[[], int]:
    """Make a round of a whole simulation. Raises `ValueError` when a lead has no verdict: then nothing was measured."""
    compiled, roster = scene.policy(), scene.roster()

    def work() -> int:
        simulator = Simulator(compiled, roster)
        for facts in leads:
            simulator.take(facts)
        simulator.close(leads[-1].received_at + PATIENCE)
        if len(told := simulator.verdicts()) != len(leads):
            raise ValueError(f"{len(leads)} leads, and {len(told)} verdicts")
        return len(leads)

    return work

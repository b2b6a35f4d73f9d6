"""Every benchmark there is, in the order in which they run."""

from bench import (
    analytics,
    board,
    business_time,
    database,
    decisions,
    doors,
    engine,
    learning,
    matching,
    recovery,
    simulation,
    workflow_load,
)
from bench.harness import Benchmark

BENCHMARKS = (
    Benchmark("decisions", "How many leads does one core decide on in a second?", decisions.prepare),
    Benchmark("simulation", "How many leads does one core replay through a policy in a second?", simulation.prepare),
    Benchmark("matching", "Whose is a company, by its messy name?", matching.prepare, rounds=(2, 1)),
    Benchmark("learning", "Does a learned score beat points, and what does it cost?", learning.prepare, rounds=(2, 1)),
    Benchmark("business-time", "What does a due instant in business time cost?", business_time.prepare),
    Benchmark("workflow-load", "How long does the sandbox take to load a lead?", workflow_load.prepare),
    Benchmark("database", "How many leads does a database give out in a second?", database.prepare),
    Benchmark("analytics", "How long do figures of a million leads take?", analytics.prepare, rounds=(3, 1)),
    Benchmark("board", "How soon is the board there with 5,000 open leads?", board.prepare, rounds=(3, 1)),
    Benchmark("engine", "How many leads reach a person in a second, and how soon?", engine.prepare, rounds=(3, 1)),
    Benchmark("doors", "How soon is a hot lead offered while an import runs?", doors.prepare, rounds=(1, 1)),
    Benchmark("recovery", "How soon do overdue rungs run after a crash?", recovery.prepare, rounds=(3, 1)),
)

"""What a shadow has shown: on how many leads it agrees with what was done, and where it would have done otherwise."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from db.shadows import Beside
from db.trials import Trial
from policy.trials.beside import AGREEING, Answer, Difference, difference
from runtime.store import Store

WORDS = {
    Difference.WAY: "the way",
    Difference.POOL: "the pool",
    Difference.OWNER: "whose it is",
    Difference.SLA: "the promise",
    Difference.TURN: "whose turn it was",
}
"""In what the two differ."""

_SIDE = ("way", "points", "sla", "pool", "rule", "tie", "owner", "because", "sentence")
COLUMNS = (
    "lead_id",
    "at",
    "difference",
    "failed",
    *(f"live_{name}" for name in _SIDE),
    *(f"draft_{name}" for name in _SIDE),
)
"""The columns of a file of all leads."""


@dataclass(slots=True)
class Report:
    """What a shadow has shown: counts, and the leads on which the two really differ. `cut`: there are more leads."""

    trial: Trial
    leads: int = 0
    missed: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    differences: Counter[Difference] = field(default_factory=Counter)
    live: Counter[str] = field(default_factory=Counter)
    draft: Counter[str] = field(default_factory=Counter)
    differing: list[tuple[Beside, Difference]] = field(default_factory=list)
    cut: bool = False

    @property
    def compared(self) -> int:
        """Count the leads of which both answers are known."""
        return sum(number for kind, number in self.differences.items() if kind is not Difference.PENDING)

    @property
    def agreeing(self) -> int:
        """Count the leads on which the two agree but for the turn."""
        return sum(self.differences[kind] for kind in AGREEING)

    @property
    def agreement(self) -> float | None:
        """Give the share of leads on which the two agree but for the turn; None without leads."""
        return self.agreeing / self.compared if self.compared else None

    @property
    def reps(self) -> list[str]:
        """Name everybody who has a lead by either."""
        return sorted({*self.live, *self.draft})

    def take(self, line: Beside) -> Difference | None:
        """Count one lead; give in what the two differ, None where the draft could not say."""
        self.leads += 1
        where = None if line.draft is None else difference(line.live, line.draft)
        if where is None:
            self.failed[line.failed or "unknown"] += 1
            return None
        self.differences[where] += 1
        if where is not Difference.PENDING:
            self.live.update([line.live.owner] if line.live and line.live.owner else [])
            self.draft.update([line.draft.owner] if line.draft and line.draft.owner else [])
            if where not in AGREEING:
                self.differing.append((line, where))
        return where


async def report_of(
    store: Store,
    trial: Trial,
    seen: Callable[[Beside, Difference | None], None] = lambda _line, _where: None,
    *,
    most: int | None = None,
) -> Report:
    """Sum a shadow up, lead by lead; `seen` is told each. `most`: no more leads than this are looked at."""
    made = Report(trial)
    made.missed = await store.shadows.missed(trial)
    async for line in store.shadows.lines(trial):
        if most is not None and made.leads == most:
            made.cut = True
            break
        seen(line, made.take(line))
    return made


def cells(line: Beside, where: Difference | None) -> list[Any]:
    """Give one lead as `COLUMNS` have it."""
    sides = [getattr(answer, name, None) for answer in (line.live, line.draft) for name in _SIDE]
    return [line.lead_id, line.at, where or "", line.failed or "", *sides]


def told(answer: Answer | None, names: Mapping[str, str] = MappingProxyType({})) -> tuple[str, str]:
    """Say what an answer comes to, and why; people by their names, where these are given."""
    if answer is None:
        return "", ""
    if answer.pool is None and answer.owner is None:
        return answer.way, answer.because
    by = answer.tie or answer.rule or "default pool"
    who = names.get(answer.owner, answer.owner) if answer.owner else "nobody"
    return f"{who} in {answer.pool or 'no pool'} ({by})", answer.because
